//! Which recording an export was made from: a block of ours in each section, which other readers pass over.
//!
//! In: a capture that is exported. Out: the block's body; and of a file that was exported, what its sections were made from.
//! An export that is given beside its recording would count every event twice, and nothing else in the file tells.

use std::collections::BTreeMap;
use std::io::{self, Read};

use falco_format::{BootId, Capture, SegmentHeader, UnixNanos};

use super::block::{BlockHead, BlockKind, HEAD_LEN, SECTIONS_MAX};
use super::cursor::{Cursor, Malformed};
use super::file::ScapFile;

/// The layout of the body.
const VERSION: u32 = 1;
/// The longest body that is read: a node's name has at most 65,535 bytes, and 48 stand before it.
const BODY_MAX: usize = 1 << 17;

/// A part of a recording: segments of one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    boot_id: BootId,
    node: String,
    /// The numbers of the first and the last segment.
    first: u64,
    last: u64,
    /// When the first was begun: two recordings of a boot may have the same numbers.
    begun: UnixNanos,
}

/// What a capture holds of each boot.
pub(crate) fn boots_of(capture: &Capture) -> BTreeMap<BootId, Origin> {
    let mut origins: BTreeMap<BootId, Origin> = BTreeMap::new();
    let read = capture
        .segments()
        .iter()
        .filter(|segment| segment.why_passed_over().is_none());
    for header in read.filter_map(|segment| segment.header()) {
        let number = header.segment_number;
        let origin = origins.entry(header.boot_id).or_insert_with(|| Origin {
            boot_id: header.boot_id,
            node: header.node.clone(),
            first: number,
            last: number,
            begun: header.created_realtime,
        });
        if number < origin.first {
            origin.first = number;
            origin.begun = header.created_realtime;
        }
        origin.last = origin.last.max(number);
    }
    origins
}

/// How much of an origin a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    All,
    Some,
    Nothing,
}

impl Origin {
    /// The body of the block.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let node = self.node.as_bytes();
        let length = u16::try_from(node.len()).unwrap_or(u16::MAX);
        let node = node.get(..usize::from(length)).unwrap_or(node);
        let mut body = VERSION.to_le_bytes().to_vec();
        body.extend_from_slice(&self.boot_id.0);
        for number in [self.first, self.last, self.begun.0] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(node);
        body
    }

    fn parse(body: &[u8]) -> Result<Origin, Malformed> {
        let mut cursor = Cursor::new(body);
        if cursor.u32()? != VERSION {
            return Err(Malformed);
        }
        Ok(Origin {
            boot_id: BootId(cursor.array()?),
            first: cursor.u64()?,
            last: cursor.u64()?,
            begun: UnixNanos(cursor.u64()?),
            node: String::from_utf8_lossy(cursor.string()?).into_owned(),
        })
    }

    /// How much of it a capture holds.
    pub(crate) fn share_in(&self, capture: &Capture) -> Share {
        let is_own = |header: &&SegmentHeader| {
            header.boot_id == self.boot_id
                && header.node == self.node
                && (self.first..=self.last).contains(&header.segment_number)
                && (header.segment_number != self.first || header.created_realtime == self.begun)
        };
        let headers = capture
            .segments()
            .iter()
            .filter_map(|segment| segment.header());
        let held = headers.filter(is_own).count() as u64;
        match held {
            0 => Share::Nothing,
            _ if held > self.last.saturating_sub(self.first) => Share::All,
            _ => Share::Some,
        }
    }

    /// Whether both are of a segment.
    pub(crate) fn meets(&self, other: &Origin) -> bool {
        self.boot_id == other.boot_id
            && self.node == other.node
            && self.first <= other.last
            && other.first <= self.last
    }
}

impl ScapFile {
    /// What its sections were exported from; nothing where one of them does not say, as in every file that is no export of ours.
    ///
    /// Only of an export is more read than its first blocks.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn origins(&self) -> io::Result<Vec<Origin>> {
        let mut stream = self.unpacked()?;
        let mut origins = Vec::new();
        // Whether a section began whose origin was not met.
        let mut is_open = false;
        while let Some(head) = next_head(&mut stream)? {
            let left = head.length.saturating_sub(HEAD_LEN) as u64;
            match BlockKind::of(head.number) {
                BlockKind::Origin if is_open && head.length <= BODY_MAX => {
                    let mut body = Vec::new();
                    stream.by_ref().take(left).read_to_end(&mut body)?;
                    match Origin::parse(&body) {
                        Ok(origin) => origins.push(origin),
                        Err(Malformed) => return Ok(Vec::new()),
                    }
                    is_open = false;
                    continue;
                }
                // It stands right behind the section's header, or it is not there.
                _ if is_open => return Ok(Vec::new()),
                BlockKind::Section if origins.len() as u64 >= SECTIONS_MAX => return Ok(Vec::new()),
                BlockKind::Section => is_open = true,
                _ => {}
            }
            let skipped = io::copy(&mut stream.by_ref().take(left), &mut io::sink())?;
            if skipped < left {
                break;
            }
        }
        Ok(if is_open { Vec::new() } else { origins })
    }
}

/// The head of the next block; none at the end, or where no block can be.
fn next_head(stream: &mut impl Read) -> io::Result<Option<BlockHead>> {
    let mut head = Vec::new();
    stream
        .by_ref()
        .take(HEAD_LEN as u64)
        .read_to_end(&mut head)?;
    Ok(head.first_chunk().and_then(BlockHead::parse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_it_was_written() {
        let origin = Origin {
            boot_id: BootId([7; 16]),
            node: "nöde".to_owned(),
            first: 3,
            last: 9,
            begun: UnixNanos(u64::MAX),
        };
        let body = origin.encoded();
        assert_eq!(Origin::parse(&body), Ok(origin));
        for length in 0..body.len() {
            assert_eq!(Origin::parse(&body[..length]), Err(Malformed), "{length}");
        }
        let mut later = body;
        later[0] = 2;
        assert_eq!(Origin::parse(&later), Err(Malformed));
    }
}
