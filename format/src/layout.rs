//! Items: how every piece of a segment lies in its file.
//!
//! An item is a header of forty bytes, its payload, zeros up to a multiple of eight, and a trailer of sixteen bytes.
//! The header names its length and both checksums, the trailer repeats the length, and the tag ties items to their segment, so that bytes a recorded program chose are never taken for an item.

use crate::checksum::crc;
use crate::limits::ITEM_PAYLOAD_MAX;

/// The first bytes of every item. Not ASCII, and changed by any conversion of line ends.
pub(crate) const MAGIC: [u8; 8] = *b"\x89FLC\r\n\x1a\n";
/// The last bytes of every item.
pub(crate) const TAIL_MAGIC: [u8; 8] = *b"\x98flcend\n";
/// Items start at multiples of this.
pub(crate) const ALIGNMENT: usize = 8;
/// Bytes of a header.
pub(crate) const HEADER_LEN: usize = 40;
/// Bytes of a trailer.
pub(crate) const TRAILER_LEN: usize = 16;

/// Header flag: a reader that does not know the kind must not read on in this segment.
pub(crate) const CRITICAL: u8 = 1;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKind(pub u16);

impl ItemKind {
    /// The first item of a segment: format version, boot, node, number, digest of the segment before.
    pub const SEGMENT: ItemKind = ItemKind(1);
    /// The event table.
    pub const SCHEMA: ItemKind = ItemKind(2);
    /// Pairs of boot time and wall-clock time.
    pub const CLOCK: ItemKind = ItemKind(3);
    /// A block of snapshot rows.
    pub const STATE: ItemKind = ItemKind(4);
    /// Intervals of loss.
    pub const LOST: ItemKind = ItemKind(5);
    /// A block of events.
    pub const EVENTS: ItemKind = ItemKind(6);
    /// Damage that a repair found here.
    pub const REPAIR: ItemKind = ItemKind(7);
    /// Where everything is; an accelerator.
    pub const INDEX: ItemKind = ItemKind(8);
    /// The last item of a sealed segment: totals and the digest.
    pub const END: ItemKind = ItemKind(9);
    /// Segments that retention dropped.
    pub const DROPPED: ItemKind = ItemKind(10);
    /// What a derived capture was made from, and what was cut or changed.
    pub const DERIVED: ItemKind = ItemKind(11);
    /// Who wrote the items before it: their digests, signed.
    pub const SIGNATURE: ItemKind = ItemKind(12);

    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            ItemKind::SEGMENT => "SEGMENT",
            ItemKind::SCHEMA => "SCHEMA",
            ItemKind::CLOCK => "CLOCK",
            ItemKind::STATE => "STATE",
            ItemKind::LOST => "LOST",
            ItemKind::EVENTS => "EVENTS",
            ItemKind::REPAIR => "REPAIR",
            ItemKind::INDEX => "INDEX",
            ItemKind::END => "END",
            ItemKind::DROPPED => "DROPPED",
            ItemKind::DERIVED => "DERIVED",
            ItemKind::SIGNATURE => "SIGNATURE",
            _ => "unknown",
        }
    }

    /// The flags its items are written with: all that the stream rests on are critical.
    pub(crate) fn flags(self) -> u8 {
        match self {
            ItemKind::INDEX
            | ItemKind::END
            | ItemKind::REPAIR
            | ItemKind::DROPPED
            | ItemKind::DERIVED
            | ItemKind::SIGNATURE => 0,
            _ => CRITICAL,
        }
    }

    /// Whether this build reads items of this kind and payload version.
    pub(crate) fn is_known(self, version: u8) -> bool {
        version == 0 && (ItemKind::SEGMENT..=ItemKind::SIGNATURE).contains(&self)
    }
}

/// A header whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ItemHeader {
    pub(crate) tag: u64,
    pub(crate) kind: ItemKind,
    pub(crate) flags: u8,
    /// Version of the payload's layout; a reader treats one it does not know as a kind it does not know.
    pub(crate) version: u8,
    pub(crate) payload_len: u32,
    /// Position of the item in its segment, from 0.
    pub(crate) ordinal: u64,
    pub(crate) payload_crc: u32,
}

impl ItemHeader {
    fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.tag.to_le_bytes());
        bytes.extend_from_slice(&self.kind.0.to_le_bytes());
        bytes.extend_from_slice(&[self.flags, self.version]);
        bytes.extend_from_slice(&self.payload_len.to_le_bytes());
        bytes.extend_from_slice(&self.ordinal.to_le_bytes());
        bytes.extend_from_slice(&self.payload_crc.to_le_bytes());
        let checksum = crc(&[&bytes]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        let mut out = [0; HEADER_LEN];
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        out
    }

    /// The header at the start of these bytes, if there is a good one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<ItemHeader> {
        let header: &[u8; HEADER_LEN] = bytes.first_chunk()?;
        let (magic, rest) = header.split_first_chunk()?;
        if *magic != MAGIC {
            return None;
        }
        let (tag, rest) = rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let ([flags, version], rest) = rest.split_first_chunk()?;
        let (payload_len, rest) = rest.split_first_chunk()?;
        let (ordinal, rest) = rest.split_first_chunk()?;
        let (payload_crc, rest) = rest.split_first_chunk()?;
        let (checksum, _) = rest.split_first_chunk()?;
        let right = crc(&[header.get(..HEADER_LEN - 4)?]) == u32::from_le_bytes(*checksum);
        let parsed = ItemHeader {
            tag: u64::from_le_bytes(*tag),
            kind: ItemKind(u16::from_le_bytes(*kind)),
            flags: *flags,
            version: *version,
            payload_len: u32::from_le_bytes(*payload_len),
            ordinal: u64::from_le_bytes(*ordinal),
            payload_crc: u32::from_le_bytes(*payload_crc),
        };
        (right && parsed.payload_len as usize <= ITEM_PAYLOAD_MAX).then_some(parsed)
    }

    /// Bytes of the whole item.
    pub(crate) fn item_len(&self) -> usize {
        item_len(self.payload_len as usize)
    }

    fn trailer(&self) -> [u8; TRAILER_LEN] {
        let mut out = [0; TRAILER_LEN];
        let length = (self.item_len() as u32).to_le_bytes();
        let again = crc(&[&self.encode()]).to_le_bytes();
        let bytes = length.iter().chain(&again).chain(&TAIL_MAGIC);
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        out
    }

    /// What is wrong with the item at the start of these bytes, which its header says is all there.
    pub(crate) fn check(&self, item: &[u8]) -> ItemCheck {
        let parts = || {
            let (body, trailer) =
                item.split_at_checked(self.item_len().checked_sub(TRAILER_LEN)?)?;
            let (payload, padding) = body
                .get(HEADER_LEN..)?
                .split_at_checked(self.payload_len as usize)?;
            Some((payload, padding, trailer))
        };
        let Some((payload, padding, trailer)) = parts() else {
            return ItemCheck::BadTrailer;
        };
        if trailer != self.trailer() {
            ItemCheck::BadTrailer
        } else if crc(&[payload]) != self.payload_crc || padding.iter().any(|byte| *byte != 0) {
            ItemCheck::BadPayload
        } else {
            ItemCheck::Good
        }
    }
}

/// The state of an item whose header is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemCheck {
    /// Everything is right.
    Good,
    /// The trailer does not confirm the header's length.
    BadTrailer,
    /// The length is confirmed, and the payload is not what was written.
    BadPayload,
}

/// Bytes of a whole item with a payload of this length, which is at most [`ITEM_PAYLOAD_MAX`].
pub(crate) fn item_len(payload_len: usize) -> usize {
    payload_len.next_multiple_of(ALIGNMENT) + HEADER_LEN + TRAILER_LEN
}

/// Appends a whole item.
pub(crate) fn put_item(out: &mut Vec<u8>, tag: u64, ordinal: u64, kind: ItemKind, payload: &[u8]) {
    let header = ItemHeader {
        tag,
        kind,
        flags: kind.flags(),
        version: 0,
        payload_len: payload.len() as u32,
        ordinal,
        payload_crc: crc(&[payload]),
    };
    put_item_as(out, &header, payload);
}

/// Appends a whole item under a given header, whose length and checksum must be the payload's.
pub(crate) fn put_item_as(out: &mut Vec<u8>, header: &ItemHeader, payload: &[u8]) {
    out.extend_from_slice(&header.encode());
    out.extend_from_slice(payload);
    out.resize(
        out.len() + (payload.len().next_multiple_of(ALIGNMENT) - payload.len()),
        0,
    );
    out.extend_from_slice(&header.trailer());
}

/// Where the item starts whose trailer are the last bytes, if these are a trailer.
pub(crate) fn last_item_start(bytes: &[u8]) -> Option<usize> {
    let start = bytes.len().checked_sub(TRAILER_LEN)?;
    let trailer: &[u8; TRAILER_LEN] = bytes.get(start..)?.first_chunk()?;
    let (length, rest) = trailer.split_first_chunk()?;
    let (_, magic) = rest.split_first_chunk::<4>()?;
    let item = bytes
        .len()
        .checked_sub(u32::from_le_bytes(*length) as usize)?;
    (*magic == TAIL_MAGIC).then_some(item)
}
