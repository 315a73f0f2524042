//! Maps a segment file into memory: the only unsafe code of this crate.

use std::fs::File;
use std::io;
use std::sync::Arc;

use memmap2::{Advice, Mmap};

use crate::shared::SharedBytes;

/// Maps a file as long as it is now. What is appended later is not seen.
pub(crate) fn map(file: &File) -> io::Result<SharedBytes> {
    if file.metadata()?.len() == 0 {
        return Ok(SharedBytes::from_vec(Vec::new()));
    }
    // SAFETY: segments are append-only and retention removes whole files, which leaves mappings intact.
    // Somebody who truncates a file that is being read makes the reader die with SIGBUS; that is documented in FORMAT.md, and reading copies instead of the evidence in place avoids it.
    let map = unsafe { Mmap::map(file)? };
    // Reading goes forward; without the advice it is only slower.
    let _ = map.advise(Advice::Sequential);
    Ok(SharedBytes::new(Arc::new(map)))
}
