//! Where the bytes of an input come from: a file or memory, plain or packed by gzip, zstd or xz, told apart by their first bytes.
//!
//! Out: a stream of plain bytes. Nothing is unpacked ahead of its reader, and no packer may ask for more than a stated window, so a small file cannot take much memory.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use rustix::fs::{Mode, OFlags};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const XZ_MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
/// Bytes of a packed file that are read at once.
const PACKED_CHUNK: usize = 256 << 10;
/// The logarithm of the largest window of a zstd frame that is accepted: 128 MiB, what the zstd command accepts unasked.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// Bytes of memory that unpacking xz may take: 128 MiB, twice what the highest level of the xz command asks of a reader.
const XZ_MEMORY_MAX: u64 = 128 << 20;

/// A stream of plain bytes.
pub(crate) type Plain = Box<dyn Read + Send>;

/// How far a source was read, seen from outside of the stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
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
pub(crate) enum ByteSource {
    File(PathBuf),
    /// A file that has no name, or that was opened by somebody else.
    Opened(Arc<File>),
    Memory(Arc<[u8]>),
}

impl ByteSource {
    /// The bytes from their start, unpacked; how many were taken, packed, is counted.
    pub(crate) fn read(&self, progress: &Progress) -> io::Result<Plain> {
        unpacked(Box::new(Counted {
            stored: self.stored()?,
            progress: progress.clone(),
        }))
    }

    /// Whether the bytes are packed by something that is unpacked here.
    pub(crate) fn is_packed(&self) -> io::Result<bool> {
        let mut magic = Vec::new();
        self.stored()?
            .take(XZ_MAGIC.len() as u64)
            .read_to_end(&mut magic)?;
        Ok(packing(&magic).is_some())
    }

    /// The bytes from their start as they lie there.
    pub(crate) fn stored(&self) -> io::Result<Plain> {
        Ok(match self {
            ByteSource::File(path) => Box::new(open_file(path)?),
            ByteSource::Opened(file) => Box::new(FromStart {
                file: Arc::clone(file),
                offset: 0,
            }),
            ByteSource::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    /// Bytes as they lie there.
    pub(crate) fn stored_bytes(&self) -> u64 {
        match self {
            ByteSource::File(path) => file_bytes(path),
            ByteSource::Opened(file) => file.metadata().map_or(0, |metadata| metadata.len()),
            ByteSource::Memory(bytes) => bytes.len() as u64,
        }
    }
}

/// Opens a file, and never waits: a pipe may have been put in its place since somebody looked.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no file"))
    }
}

/// A file from its start, whoever else reads it.
struct FromStart {
    file: Arc<File>,
    offset: u64,
}

impl Read for FromStart {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(room, self.offset)?;
        self.offset = self.offset.saturating_add(count as u64);
        Ok(count)
    }
}

fn file_bytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

fn unpacked(mut bytes: Plain) -> io::Result<Plain> {
    let mut magic = Vec::new();
    bytes
        .by_ref()
        .take(XZ_MAGIC.len() as u64)
        .read_to_end(&mut magic)?;
    let packed = packing(&magic);
    let whole = BufReader::with_capacity(PACKED_CHUNK, Cursor::new(magic).chain(bytes));
    Ok(match packed {
        Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(whole)),
        Some(Packing::Zstd) => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        Some(Packing::Xz) => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY_MAX, CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(whole, stream))
        }
        None => Box::new(whole),
    })
}

/// What bytes are packed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
    Xz,
}

/// What the first bytes say that a file is packed by; `None` where it is plain, or packed by what is not known here.
pub(crate) fn packing(head: &[u8]) -> Option<Packing> {
    let packings = [
        (&GZIP_MAGIC[..], Packing::Gzip),
        (&ZSTD_MAGIC, Packing::Zstd),
        (&XZ_MAGIC, Packing::Xz),
    ];
    let found = packings.iter().find(|(magic, _)| head.starts_with(magic));
    found.map(|(_, packing)| *packing)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use liblzma::stream::{Check, Filters, LzmaOptions};

    use super::*;

    fn check(stored: Vec<u8>, expected: &[u8]) {
        let mut plain = Vec::new();
        let mut stream = ByteSource::Memory(stored.into())
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
        check(xz(text, 6), text);
        check(
            [xz(b"some bytes,", 0), xz(b" some bytes", 9)].concat(),
            text,
        );
    }

    fn xz(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), level);
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("ends")
    }

    /// A packer says how much memory its reader needs; what is beyond the limit is refused before it is taken.
    #[test]
    fn a_small_file_cannot_ask_for_much_memory() {
        let mut options = LzmaOptions::new_preset(9).expect("options");
        options.dict_size(1 << 30);
        let mut filters = Filters::new();
        filters.lzma2(&options);
        let stream = Stream::new_stream_encoder(&filters, Check::Crc32).expect("an encoder");
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"small").expect("writes");
        let stored = encoder.finish().expect("ends");
        assert!(stored.len() < 200);
        let mut stream = ByteSource::Memory(stored.into())
            .read(&Progress::default())
            .expect("opens");
        let error = stream.read_to_end(&mut Vec::new()).expect_err("too much");
        assert!(error.to_string().contains("memory"), "{error}");
    }
}
