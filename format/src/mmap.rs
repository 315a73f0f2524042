//! Maps a segment file into memory: the only unsafe code of this crate.

use std::fs::File;
use std::hint;
use std::io;
use std::sync::Arc;

use memmap2::{Advice, Mmap, UncheckedAdvice};

use crate::shared::{Holder, SharedBytes};

/// How far from the end of a file its last item begins at most: an END has a tenth of it.
const END_BYTES: usize = 2 << 10;

/// How far in front of a range pages leave with it, in bytes: whoever read its first page had the kernel map those around it again, at most a huge page of them.
const AROUND_BYTES: usize = 2 << 20;

/// Maps a file as long as it is now. What is appended later is not seen.
pub(crate) fn map(file: &File) -> io::Result<SharedBytes> {
    if file.metadata()?.len() == 0 {
        return Ok(SharedBytes::from_vec(Vec::new()));
    }
    // SAFETY: segments are append-only and retention removes whole files, which leaves mappings intact.
    // Somebody who truncates a file that is being read makes the reader die with SIGBUS; that is documented in FORMAT.md, and reading copies instead of the evidence in place avoids it.
    let map = unsafe { Mmap::map(file)? };
    open_cold(&map);
    Ok(SharedBytes::new(Arc::new(Mapped(map))))
}

/// A mapped file.
struct Mapped(Mmap);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Holder for Mapped {
    /// The pages leave this process, so that its memory does not grow with what it has read; the kernel keeps them as it keeps any file's.
    fn leave(&self, start: usize, end: usize) {
        let start = start.saturating_sub(AROUND_BYTES);
        let length = end.min(self.0.len()).saturating_sub(start);
        if length == 0 {
            return;
        }
        // SAFETY: the mapping is of a file and is never written, so a page that is gone is read from the file again, with the same bytes, by whoever looks at it.
        let left = unsafe {
            self.0
                .unchecked_advise_range(UncheckedAdvice::DontNeed, start, length)
        };
        // Where the kernel does not do it, more memory is taken and nothing else.
        let _ = left;
    }
}

/// Has the pages read that opening looks at, the first and the last ones, and no others: the kernel would read megabytes ahead of them, of each of thousands of segments. Afterwards reading goes forward.
fn open_cold(map: &Mmap) {
    // Without the advice it is only slower.
    let _ = map.advise(Advice::Random);
    let ends = [
        0,
        map.len().saturating_sub(END_BYTES),
        map.len().saturating_sub(1),
    ];
    for place in ends {
        hint::black_box(map.get(place).copied());
    }
    let _ = map.advise(Advice::Sequential);
}
