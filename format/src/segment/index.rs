//! The two items at the end of a sealed segment: where everything is, and what it adds up to.
//!
//! The index is an accelerator and never evidence: readers that walk the items do not look at it, and a segment without it reads the same.

use falco_abi::EventId;

use crate::bytes::{Cursor, Malformed, put_length, put_varint};
use crate::checksum::Digest;
use crate::compress;
use crate::layout::ItemKind;
use crate::limits::{BLOCK_ROWS_MAX, INDEX_BYTES_MAX, SCHEMA_EVENTS_MAX};
use crate::sign::Mark;

/// One item, as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// What it is.
    pub kind: ItemKind,
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes of the whole item.
    pub length: u64,
    /// The smallest time of its rows, if it has rows.
    pub first_time: u64,
    /// The largest time of its rows, if it has rows.
    pub last_time: u64,
    /// How many rows each event has, by ascending id.
    pub event_counts: Vec<(EventId, u32)>,
}

/// Every item before the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The items in order.
    pub entries: Vec<IndexEntry>,
}

impl Index {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut raw = Vec::new();
        put_length(&mut raw, self.entries.len());
        for entry in &self.entries {
            put_varint(&mut raw, u64::from(entry.kind.0));
            put_varint(&mut raw, entry.offset);
            put_varint(&mut raw, entry.length);
            put_varint(&mut raw, entry.first_time);
            put_varint(&mut raw, entry.last_time.saturating_sub(entry.first_time));
            put_length(&mut raw, entry.event_counts.len());
            for (event, count) in &entry.event_counts {
                put_varint(&mut raw, u64::from(event.0));
                put_varint(&mut raw, u64::from(*count));
            }
        }
        compress::put_whole(&raw)
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Index, Malformed> {
        let raw = compress::whole(payload, INDEX_BYTES_MAX)?;
        let mut cursor = Cursor::new(&raw);
        // An entry takes six bytes at least, so the bytes bound how many there can be.
        let count = cursor.length(raw.len() / 6)?;
        let entries = (0..count)
            .map(|_| decode_entry(&mut cursor))
            .collect::<Result<_, _>>()?;
        cursor.finish()?;
        Ok(Index { entries })
    }
}

fn decode_entry(cursor: &mut Cursor<'_>) -> Result<IndexEntry, Malformed> {
    let kind = ItemKind(cursor.varint_u16()?);
    let offset = cursor.varint()?;
    let length = cursor.varint()?;
    let first_time = cursor.varint()?;
    let span = cursor.varint()?;
    let count = cursor.length(SCHEMA_EVENTS_MAX.min(BLOCK_ROWS_MAX))?;
    let mut event_counts = Vec::new();
    for _ in 0..count {
        event_counts.push((EventId(cursor.varint_u16()?), cursor.varint_u32()?));
    }
    Ok(IndexEntry {
        kind,
        offset,
        length,
        first_time,
        last_time: first_time.saturating_add(span),
        event_counts,
    })
}

/// What follows a sealed segment, as far as its writer knew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sequel {
    /// Nobody says: it was written before version 1.1, or in the words of a newer one.
    #[default]
    Unknown,
    /// The recording goes on in the next segment.
    GoesOn,
    /// The recording ended.
    Ended,
    /// The segment that this one is a copy of had no end: what was behind it is not known.
    EndMissing,
    /// The recording went on, and what followed was not there any more when this copy was made.
    Missing,
}

impl Sequel {
    const ALL: [Sequel; 5] = [
        Sequel::Unknown,
        Sequel::GoesOn,
        Sequel::Ended,
        Sequel::EndMissing,
        Sequel::Missing,
    ];

    /// Whether something follows, or did.
    pub(crate) fn is_followed(self) -> bool {
        matches!(self, Sequel::GoesOn | Sequel::Missing)
    }
}

/// The last item of a sealed segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// How many items stand before it.
    pub items: u64,
    /// How many rows all EVENTS blocks have.
    pub rows: u64,
    /// Where the index starts.
    pub index_offset: u64,
    /// The smallest time of an event; `u64::MAX` where there is none.
    pub first_time: u64,
    /// The largest time of an event; 0 where there is none.
    pub last_time: u64,
    /// The chain's digest of all items before it.
    pub digest: Digest,
    /// What follows.
    pub sequel: Sequel,
}

impl End {
    /// Its bytes: what is signed, where somebody signs.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let numbers = [
            self.items,
            self.rows,
            self.index_offset,
            self.first_time,
            self.last_time,
        ];
        let mut out: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        out.extend_from_slice(&self.digest.0);
        out.push(self.sequel as u8);
        out
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<End, Malformed> {
        End::decode_from(&mut Cursor::new(payload))
    }

    /// Who signed an end, if anybody did. What a newer writer puts behind an end is not read as a signature.
    pub(crate) fn mark(payload: &[u8]) -> Option<Mark> {
        let mut cursor = Cursor::new(payload);
        End::decode_from(&mut cursor).ok()?;
        Mark::decode(&mut cursor).ok()
    }

    fn decode_from(cursor: &mut Cursor<'_>) -> Result<End, Malformed> {
        Ok(End {
            items: cursor.u64()?,
            rows: cursor.u64()?,
            index_offset: cursor.u64()?,
            first_time: cursor.u64()?,
            last_time: cursor.u64()?,
            digest: Digest(cursor.array()?),
            sequel: match cursor.u8() {
                Ok(number) => Sequel::ALL
                    .get(usize::from(number))
                    .copied()
                    .unwrap_or_default(),
                Err(_) => Sequel::Unknown,
            },
        })
    }
}
