//! What a reader found wrong, and what it skipped because of it.

use std::fmt;

use crate::block::BlockError;
use crate::bytes::{Cursor, Malformed, put_name, put_varint};
use crate::layout::ItemKind;
use crate::limits::NAME_MAX;
use crate::text::count;

/// A place where evidence is missing or not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment's file name.
    pub segment: String,
    /// Where in the file it starts.
    pub offset: u64,
    /// How many bytes were skipped.
    pub bytes_skipped: u64,
    /// What it is.
    pub what: DamageKind,
}

/// Kinds of damage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// Bytes that are no item; reading went on at the next good one.
    NoItem,
    /// The file ends within an item, as after a crash while writing.
    TornTail,
    /// An item of this kind whose payload is not what was written.
    Checksum(ItemKind),
    /// Items that were written and are not there.
    MissingItems(u64),
    /// An item that stood earlier in the segment already.
    RepeatedItem(ItemKind),
    /// An item that is as it was written, and says nothing that can be.
    Malformed(ItemKind),
    /// A kind of item that this build does not know and must not ignore; the rest of the segment was skipped.
    UnknownCritical(ItemKind),
    /// A block whose event table is lost.
    NoSchema,
    /// A block that cannot be decoded.
    Block(BlockError),
    /// Segments whose numbers are missing before this one.
    MissingSegments(u64),
    /// The file holds no item at all, or its header is lost.
    NotASegment,
    /// The segment is of a newer format; all of it was skipped.
    NewerSegment,
    /// The file could not be read.
    Unreadable(String),
    /// The segment is of another boot, node or recording than the capture; it was passed over.
    OtherCapture,
    /// The number of another segment, which is in this file; this one was passed over.
    SameNumber(String),
    /// It does not name the digest of the segment before it: one of the two is not what was written.
    DoesNotFollow,
    /// What the end says of the segment is not what was read of it.
    Totals(&'static str),
    /// An item of this kind behind the segment's end.
    BehindEnd(ItemKind),
    /// Bytes that are no item behind the segment's end.
    BytesBehindEnd,
    /// The end says that the recording goes on in the next segment, and that is not there.
    MissingSequel,
    /// The file has no bytes: nothing of the segment was written, or all of it was cut off.
    Empty,
    /// The file holds the segment with this number under another name; it was passed over.
    OtherName(u64),
    /// The segment's clock is lost; its times are those of the clock of the segment in this file, or unknown.
    NoClock(Option<String>),
    /// The end of the segment is missing.
    NotSealed,
    /// What the reader of another format found, in its words.
    Foreign(String),
    /// What an earlier repair or import found here, in its words.
    Repaired(String),
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DamageKind::NoItem => write!(f, "unreadable bytes"),
            DamageKind::TornTail => write!(f, "the file ends within an item"),
            DamageKind::Checksum(kind) => {
                write!(f, "the checksum of an item {} is wrong", kind.name())
            }
            DamageKind::MissingItems(number) => {
                write!(f, "{} missing here", count(*number, "item"))
            }
            DamageKind::RepeatedItem(kind) => write!(f, "an item {} stands twice", kind.name()),
            DamageKind::Malformed(kind) => write!(f, "an item {} is malformed", kind.name()),
            DamageKind::UnknownCritical(kind) => {
                write!(
                    f,
                    "an item of the unknown kind {} forbids reading on",
                    kind.0
                )
            }
            DamageKind::NoSchema => write!(f, "the event table of a block is lost"),
            DamageKind::Block(error) => write!(f, "{error}"),
            DamageKind::MissingSegments(number) => {
                write!(f, "{} missing before it", count(*number, "segment"))
            }
            DamageKind::NotASegment => write!(f, "the file is not a segment"),
            DamageKind::NewerSegment => write!(f, "the segment is of a newer format"),
            DamageKind::Unreadable(error) => write!(f, "the file cannot be read: {error}"),
            DamageKind::OtherCapture => write!(
                f,
                "the segment is of another boot, node or recording; it was passed over"
            ),
            DamageKind::SameNumber(other) => {
                write!(
                    f,
                    "the segment's number is that of {other}; it was passed over"
                )
            }
            DamageKind::DoesNotFollow => write!(
                f,
                "the segment does not follow the one before it: one of the two was changed, cut or replaced"
            ),
            DamageKind::Totals(what) => {
                write!(f, "the end tells of other {what} than the segment has")
            }
            DamageKind::BehindEnd(kind) => {
                write!(f, "an item {} stands behind the end", kind.name())
            }
            DamageKind::BytesBehindEnd => write!(f, "bytes stand behind the end"),
            DamageKind::MissingSequel => write!(
                f,
                "the recording goes on in a next segment, which is missing"
            ),
            DamageKind::Empty => write!(
                f,
                "the file is empty: nothing of the segment was written, or all of it was cut off"
            ),
            DamageKind::OtherName(number) => write!(
                f,
                "the file holds segment {number} and is not named so; it was passed over"
            ),
            DamageKind::NoClock(Some(other)) => {
                write!(f, "the clock is lost; times are by the clock of {other}")
            }
            DamageKind::NoClock(None) => write!(f, "the clock is lost; times are unknown"),
            DamageKind::NotSealed => write!(f, "the end of the segment is missing"),
            DamageKind::Foreign(words) => f.write_str(words),
            DamageKind::Repaired(words) => write!(f, "lost before a repair or an import: {words}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.segment, self.offset, self.what)?;
        match self.bytes_skipped {
            0 => Ok(()),
            bytes => write!(f, " ({} skipped)", count(bytes, "byte")),
        }
    }
}

/// The payload of a REPAIR item.
pub(crate) fn encode_repair(damage: &Damage) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, damage.offset);
    put_varint(&mut out, damage.bytes_skipped);
    put_name(&mut out, &damage.segment, NAME_MAX);
    let words = match &damage.what {
        DamageKind::Repaired(words) => words.clone(),
        what => what.to_string(),
    };
    put_name(&mut out, &words, NAME_MAX);
    out
}

/// The damage that a REPAIR item tells of.
pub(crate) fn decode_repair(payload: &[u8]) -> Result<Damage, Malformed> {
    let mut cursor = Cursor::new(payload);
    let damage = Damage {
        offset: cursor.varint()?,
        bytes_skipped: cursor.varint()?,
        segment: cursor.name(NAME_MAX)?,
        what: DamageKind::Repaired(cursor.name(NAME_MAX)?),
    };
    cursor.finish()?;
    Ok(damage)
}
