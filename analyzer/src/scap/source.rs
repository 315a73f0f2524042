//! Where the bytes of a `.scap` file come from: a file or memory, plain, gzip or zstd, told apart by their first bytes.
//!
//! Out: a stream of plain bytes. Nothing is unpacked ahead of its reader, so a small file cannot take much memory.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes of a packed file that are read at once.
const PACKED_CHUNK: usize = 256 << 10;
/// The logarithm of the largest window of a zstd frame that is accepted: 128 MiB, what the zstd command accepts unasked.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// A stream of plain bytes.
pub(super) type Plain = Box<dyn Read + Send>;

/// How far a source was read, seen from outside of the stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that counts what is read of it.
struct Counted {
    stored: Plain,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.stored.read(room)?;
        self.progress.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Something that can be read from its start as often as one likes.
#[derive(Clone, Debug)]
pub(super) enum Source {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

impl Source {
    /// The bytes from their start, unpacked; how many were taken, packed, is counted.
    pub(super) fn read(&self, progress: &Progress) -> io::Result<Plain> {
        let stored: Plain = match self {
            Source::File(path) => Box::new(File::open(path)?),
            Source::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        };
        unpacked(Box::new(Counted {
            stored,
            progress: progress.clone(),
        }))
    }

    /// Bytes as they lie there.
    pub(super) fn stored_bytes(&self) -> u64 {
        match self {
            Source::File(path) => file_bytes(path),
            Source::Memory(bytes) => bytes.len() as u64,
        }
    }
}

fn file_bytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

fn unpacked(mut bytes: Plain) -> io::Result<Plain> {
    let mut magic = Vec::new();
    bytes
        .by_ref()
        .take(ZSTD_MAGIC.len() as u64)
        .read_to_end(&mut magic)?;
    let (is_gzip, is_zstd) = (magic.starts_with(&GZIP_MAGIC), magic == ZSTD_MAGIC);
    let whole = BufReader::with_capacity(PACKED_CHUNK, Cursor::new(magic).chain(bytes));
    if is_gzip {
        return Ok(Box::new(MultiGzDecoder::new(whole)));
    }
    if is_zstd {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(whole))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn check(stored: Vec<u8>, expected: &[u8]) {
        let mut plain = Vec::new();
        let mut stream = Source::Memory(stored.into())
            .read(&Progress::default())
            .expect("opens");
        stream.read_to_end(&mut plain).expect("reads");
        assert_eq!(plain, expected);
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("ends")
    }

    #[test]
    fn packed_bytes_are_told_by_their_first_ones() {
        let text = b"some bytes, some bytes";
        check(text.to_vec(), text);
        check(b"".to_vec(), b"");
        check(b"x".to_vec(), b"x");
        check(gzip(text), text);
        check([gzip(b"some bytes,"), gzip(b" some bytes")].concat(), text);
        check(zstd::encode_all(&text[..], 1).expect("packs"), text);
    }
}
