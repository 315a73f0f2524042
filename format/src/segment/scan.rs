//! Finds the items of a segment, whatever happened to its bytes.
//!
//! Every step either gives a good item or says which bytes were skipped and why, and always goes forward, so the work is bounded by the file's length.

use super::damage::DamageKind;
use crate::layout::{ALIGNMENT, HEADER_LEN, ItemCheck, ItemHeader, MAGIC, last_item_start};

/// A good item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawItem<'a> {
    pub(crate) header: ItemHeader,
    pub(crate) offset: usize,
    /// The whole item.
    pub(crate) bytes: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// What stands next in a segment.
#[derive(Clone, Debug)]
pub(crate) enum Found<'a> {
    /// A good item.
    Item(RawItem<'a>),
    /// Bytes that are none, or items that are missing before the next one.
    Damage {
        offset: usize,
        length: usize,
        what: DamageKind,
    },
}

/// Walks the bytes of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    offset: usize,
    /// The tag of the segment's items, known from the first good one.
    tag: Option<u64>,
    next_ordinal: u64,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        // Where the first item is damaged, the last one of a sealed segment tells the tag.
        let starts = [Some(0), last_item_start(bytes)];
        let mut headers = starts
            .into_iter()
            .flatten()
            .filter_map(|at| ItemHeader::parse(bytes.get(at..)?));
        Scanner {
            bytes,
            offset: 0,
            tag: headers.next().map(|header| header.tag),
            next_ordinal: 0,
        }
    }

    /// Skips the rest of the segment and returns from where.
    pub(crate) fn skip_rest(&mut self) -> usize {
        std::mem::replace(&mut self.offset, self.bytes.len())
    }

    /// The header of an item of this segment at this offset, if there is a good one that fits the file.
    fn header_at(&self, offset: usize) -> Option<ItemHeader> {
        let header = ItemHeader::parse(self.bytes.get(offset..)?)?;
        let is_ours = self.tag.is_none_or(|tag| tag == header.tag);
        is_ours.then_some(header)
    }

    fn at_offset(&mut self) -> Found<'a> {
        let offset = self.offset;
        let Some(header) = self.header_at(offset) else {
            let next = self.next_header(offset);
            return self.skip_to(next, self.unreadable(offset, next));
        };
        let end = offset.saturating_add(header.item_len());
        let Some(bytes) = self.bytes.get(offset..end) else {
            return self.skip_to(self.next_header(offset), DamageKind::TornTail);
        };
        self.tag = self.tag.or(Some(header.tag));
        match header.check(bytes) {
            ItemCheck::Good => self.good(header, bytes),
            ItemCheck::BadPayload => self.skip_item(&header, end),
            // The length is only believed where it leads to another item or the end.
            ItemCheck::BadTrailer if end == self.bytes.len() || self.header_at(end).is_some() => {
                self.skip_item(&header, end)
            }
            ItemCheck::BadTrailer => {
                self.skip_to(self.next_header(offset), DamageKind::Checksum(header.kind))
            }
        }
    }

    /// What bytes without a good header are: a torn tail where the file ends within a header, or in zeros that a file system put there.
    fn unreadable(&self, offset: usize, next: usize) -> DamageKind {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let is_tail = next == self.bytes.len();
        if is_tail && (rest.len() < HEADER_LEN || rest.iter().all(|byte| *byte == 0)) {
            DamageKind::TornTail
        } else {
            DamageKind::NoItem
        }
    }

    /// A good item, unless it is not the next one: then what is missing comes first.
    fn good(&mut self, header: ItemHeader, bytes: &'a [u8]) -> Found<'a> {
        let offset = self.offset;
        if header.ordinal < self.next_ordinal {
            return self.skip_to(
                offset.saturating_add(bytes.len()),
                DamageKind::RepeatedItem(header.kind),
            );
        }
        let missing = header.ordinal.saturating_sub(self.next_ordinal);
        if missing > 0 {
            self.next_ordinal = header.ordinal;
            return Found::Damage {
                offset,
                length: 0,
                what: DamageKind::MissingItems(missing),
            };
        }
        self.next_ordinal = header.ordinal.saturating_add(1);
        self.offset = offset.saturating_add(bytes.len());
        let payload = bytes
            .get(HEADER_LEN..)
            .and_then(|body| body.get(..header.payload_len as usize));
        Found::Item(RawItem {
            header,
            offset,
            bytes,
            payload: payload.unwrap_or_default(),
        })
    }

    /// Skips an item that is damaged behind its header; it is accounted for, so it is not missing.
    fn skip_item(&mut self, header: &ItemHeader, end: usize) -> Found<'a> {
        self.next_ordinal = self.next_ordinal.max(header.ordinal.saturating_add(1));
        self.skip_to(end, DamageKind::Checksum(header.kind))
    }

    fn skip_to(&mut self, end: usize, what: DamageKind) -> Found<'a> {
        let offset = std::mem::replace(&mut self.offset, end);
        Found::Damage {
            offset,
            length: end.saturating_sub(offset),
            what,
        }
    }

    /// Where the next good header behind this offset is, or the end.
    fn next_header(&self, offset: usize) -> usize {
        let mut at = offset.saturating_add(1).next_multiple_of(ALIGNMENT);
        while let Some(rest) = self.bytes.get(at..) {
            let words = rest.chunks_exact(ALIGNMENT).position(|word| word == MAGIC);
            let Some(words) = words else { break };
            at = at.saturating_add(words.saturating_mul(ALIGNMENT));
            if self.header_at(at).is_some() {
                return at;
            }
            at = at.saturating_add(ALIGNMENT);
        }
        self.bytes.len()
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        (self.offset < self.bytes.len()).then(|| self.at_offset())
    }
}
