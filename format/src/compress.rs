//! zstd, bounded: one frame of a known decompressed size at a time.
//!
//! A frame that would not become smaller is stored as it is; the directory that names its lengths tells the two apart by their equality.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

use crate::bytes::{Cursor, Malformed, put_length};
use crate::limits::DEFAULT_LEVEL;

/// Compresses frames, reusing its memory.
pub(crate) struct Packer {
    compressor: Option<Compressor<'static>>,
}

impl Packer {
    /// A packer of this level. Without memory for a compressor, frames are stored.
    pub(crate) fn new(level: i32) -> Self {
        Packer {
            compressor: Compressor::new(level).ok().and_then(|mut compressor| {
                compressor.include_contentsize(false).ok()?;
                compressor.include_checksum(false).ok()?;
                Some(compressor)
            }),
        }
    }

    /// Appends `raw` to `out`, compressed where that is shorter, and returns how many bytes it took.
    pub(crate) fn pack(&mut self, raw: &[u8], out: &mut Vec<u8>) -> usize {
        let packed = self
            .compressor
            .as_mut()
            .and_then(|compressor| compressor.compress(raw).ok())
            .filter(|packed| packed.len() < raw.len());
        let stored = packed.as_deref().unwrap_or(raw);
        out.extend_from_slice(stored);
        stored.len()
    }
}

/// A frame did not decompress to exactly its declared size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadFrame;

/// Decompresses frames, reusing its memory.
struct Unpacker {
    decompressor: Decompressor<'static>,
}

impl Unpacker {
    fn new() -> Result<Self, BadFrame> {
        Decompressor::new()
            .map(|decompressor| Unpacker { decompressor })
            .map_err(|_| BadFrame)
    }

    /// Appends exactly the `raw_len` bytes of a frame.
    fn unpack_onto(
        &mut self,
        stored: &[u8],
        raw_len: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), BadFrame> {
        if stored.len() == raw_len {
            out.extend_from_slice(stored);
            return Ok(());
        }
        let start = out.len();
        out.reserve(raw_len);
        let mut behind = std::io::Cursor::new(&mut *out);
        behind.set_position(start as u64);
        let length = self
            .decompressor
            .decompress_to_buffer(stored, &mut behind)
            .map_err(|_| BadFrame)?;
        if length == raw_len && out.len() == start.saturating_add(raw_len) {
            Ok(())
        } else {
            Err(BadFrame)
        }
    }
}

/// The payload of an item that is one frame: its length, then the bytes, compressed.
pub(crate) fn put_whole(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_length(&mut out, raw.len());
    Packer::new(DEFAULT_LEVEL).pack(raw, &mut out);
    out
}

/// The bytes of such a payload, of which there may be `max`.
pub(crate) fn whole(payload: &[u8], max: usize) -> Result<Vec<u8>, Malformed> {
    let mut cursor = Cursor::new(payload);
    let raw_len = cursor.length(max)?;
    let at = cursor.malformed();
    let stored = cursor.take(cursor.remaining())?;
    let mut raw = Vec::new();
    unpack_onto(stored, raw_len, &mut raw).map_err(|_| at)?;
    Ok(raw)
}

thread_local! {
    /// The thread's own decompressor: making one costs as much as a small frame.
    static UNPACKER: RefCell<Option<Unpacker>> = const { RefCell::new(None) };
}

/// Appends exactly the `raw_len` bytes of a frame, with the thread's own decompressor. The caller has checked `raw_len` against its limit.
pub(crate) fn unpack_onto(
    stored: &[u8],
    raw_len: usize,
    out: &mut Vec<u8>,
) -> Result<(), BadFrame> {
    UNPACKER.with_borrow_mut(|unpacker| {
        let unpacker = match unpacker {
            Some(unpacker) => unpacker,
            None => unpacker.insert(Unpacker::new()?),
        };
        unpacker.unpack_onto(stored, raw_len, out)
    })
}
