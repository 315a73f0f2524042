//! Somebody who knows the format: takes segments apart, changes them, and puts them together again with all checksums and digests right.

use crate::block::Block;
use crate::checksum::{Chain, Digest};
use crate::layout::{ItemKind, put_item};
use crate::schema::Schema;
use crate::segment::{End, Found, Index, IndexEntry, Scanner, SegmentHeader};
use crate::shared::SharedBytes;
use crate::sign::{Checkpoint, EpochKey, end_statement};

/// An item by its kind and payload.
pub(super) type Piece = (ItemKind, Vec<u8>);

/// The items of a segment.
pub(super) fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let pieces = Scanner::new(bytes).filter_map(|found| match found {
        Found::Item(raw) => Some((raw.header.kind, raw.payload.to_vec())),
        Found::Damage { .. } => None,
    });
    pieces.collect()
}

/// The tag of a segment.
pub(super) fn tag(bytes: &[u8]) -> u64 {
    Scanner::new(bytes)
        .find_map(|found| match found {
            Found::Item(raw) => Some(raw.header.tag),
            Found::Damage { .. } => None,
        })
        .expect("an item")
}

/// What becomes of signatures.
#[derive(Clone, Copy)]
pub(super) enum Signatures<'a> {
    /// They stay as they are.
    Kept,
    /// They go.
    Stripped,
    /// They are made anew with this key.
    By(&'a EpochKey),
}

/// Writes a segment of these items, with index, totals and digests as they should be. Returns its digest as well.
pub(super) fn assemble(
    tag: u64,
    pieces: &[Piece],
    signatures: Signatures<'_>,
) -> (Vec<u8>, Digest) {
    let mut forged = Forged::default();
    let header = pieces
        .iter()
        .find(|(kind, _)| *kind == ItemKind::SEGMENT)
        .map(|(_, payload)| SegmentHeader::decode(payload).expect("a header"));
    for (kind, payload) in pieces {
        match (*kind, signatures, &header) {
            (ItemKind::SIGNATURE, Signatures::Stripped, _) => {}
            (ItemKind::SIGNATURE, Signatures::By(key), Some(header)) => {
                let payload = forged.checkpoint(header, key);
                forged.put(tag, ItemKind::SIGNATURE, &payload);
            }
            (ItemKind::INDEX, ..) => {
                forged.index_offset = forged.bytes.len() as u64;
                let index = Index {
                    entries: forged.entries.clone(),
                };
                forged.put(tag, ItemKind::INDEX, &index.encode());
            }
            (ItemKind::END, ..) => {
                let payload = forged.end(payload, signatures);
                forged.put(tag, ItemKind::END, &payload);
            }
            (ItemKind::EVENTS | ItemKind::STATE, ..) => forged.block(tag, *kind, payload),
            _ => forged.put(tag, *kind, payload),
        }
    }
    (forged.bytes, forged.chain.digest())
}

struct Forged {
    bytes: Vec<u8>,
    chain: Chain,
    entries: Vec<IndexEntry>,
    index_offset: u64,
    listed: Vec<Digest>,
    rows: u64,
    first_time: u64,
    last_time: u64,
}

impl Default for Forged {
    fn default() -> Forged {
        Forged {
            bytes: Vec::new(),
            chain: Chain::start(),
            entries: Vec::new(),
            index_offset: 0,
            listed: Vec::new(),
            rows: 0,
            first_time: u64::MAX,
            last_time: 0,
        }
    }
}

impl Forged {
    fn put(&mut self, tag: u64, kind: ItemKind, payload: &[u8]) {
        let mut item = Vec::new();
        put_item(&mut item, tag, self.entries.len() as u64, kind, payload);
        self.entries.push(IndexEntry {
            kind,
            offset: self.bytes.len() as u64,
            length: item.len() as u64,
            first_time: 0,
            last_time: 0,
            event_counts: Vec::new(),
        });
        self.chain.add(&item);
        self.listed.push(Digest::of(&item));
        self.bytes.extend_from_slice(&item);
    }

    /// Puts a block, and takes note of it for the totals.
    fn block(&mut self, tag: u64, kind: ItemKind, payload: &[u8]) {
        self.put(tag, kind, payload);
        let shared = SharedBytes::from_vec(payload.to_vec());
        let block = Block::parse(shared, Schema::native()).expect("a block");
        let encoded = block.to_encoded();
        if let Some(entry) = self.entries.last_mut() {
            entry.first_time = encoded.first_time;
            entry.last_time = encoded.last_time;
            entry.event_counts = encoded.event_counts;
        }
        if kind == ItemKind::EVENTS {
            self.rows += block.rows() as u64;
            self.first_time = self.first_time.min(encoded.first_time);
            self.last_time = self.last_time.max(encoded.last_time);
        }
    }

    fn checkpoint(&mut self, header: &SegmentHeader, key: &EpochKey) -> Vec<u8> {
        let items = std::mem::take(&mut self.listed);
        let checkpoint = Checkpoint {
            boot_id: header.boot_id,
            capture: header.capture.unwrap_or(0),
            segment_number: header.segment_number,
            link: self.chain.digest(),
            first: (self.entries.len() - items.len()) as u64,
            items,
        };
        checkpoint.encode(key)
    }

    fn end(&self, payload: &[u8], signatures: Signatures<'_>) -> Vec<u8> {
        let mut end = End::decode(payload).expect("an end");
        end.items = self.entries.len() as u64;
        end.index_offset = self.index_offset;
        end.rows = self.rows;
        (end.first_time, end.last_time) = (self.first_time, self.last_time);
        end.digest = self.chain.digest();
        let mut bytes = end.encode();
        let mark = match signatures {
            Signatures::Kept => End::mark(payload),
            Signatures::Stripped => None,
            Signatures::By(key) => {
                Some(key.mark(|epoch, public| end_statement(epoch, public, &bytes)))
            }
        };
        if let Some(mark) = mark {
            mark.encode(&mut bytes);
        }
        bytes
    }
}

/// Gives a segment another number and another one before it.
pub(super) fn follow(pieces: &mut [Piece], number: u64, previous: Option<Digest>) {
    for (kind, payload) in pieces {
        if *kind == ItemKind::SEGMENT {
            let mut header = SegmentHeader::decode(payload).expect("a header");
            header.segment_number = number;
            header.previous = previous;
            *payload = header.encode();
        }
    }
}
