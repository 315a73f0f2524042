//! One file of a capture: its header, its end, and what is known of its place among the others.
//!
//! In: the bytes of a file. Out: a [`Segment`], or the refusal of what a newer program wrote.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::beside::{After, Before};
use super::error::OpenError;
use super::segment_number;
use crate::checksum::{Chain, Digest};
use crate::derivation::Derivation;
use crate::dropped::{self, DroppedRange};
use crate::layout::{HEADER_LEN, ItemCheck, ItemHeader, ItemKind, last_item_start};
use crate::segment::{
    BadHeader, DamageKind, End, FormatVersion, Found, Index, Scanner, SegmentHeader, Sequel,
};
use crate::shared::SharedBytes;

/// One file of a capture.
#[derive(Clone, Debug)]
pub struct Segment {
    pub(super) name: Arc<str>,
    path: Option<PathBuf>,
    pub(super) bytes: SharedBytes,
    /// Why the file is no part of the stream, if it is none.
    passed_over: Option<DamageKind>,
    /// Whether a writer has it open.
    pub(super) is_live: bool,
    header: Option<Arc<SegmentHeader>>,
    end: Option<End>,
    /// Where the END item starts: at the end, unless somebody put bytes behind it.
    end_at: usize,
    /// Which of a root's directories it lies in: numbers and chains go on within one alone.
    pub(super) place: usize,
    /// What the directory that it was found in says of it; `None` for one that was given by itself.
    pub(super) listing: Option<Listing>,
    /// What is absent in front of it.
    pub(super) before: Before,
    /// What is absent behind it.
    pub(super) after: After,
}

/// A directory that was listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    /// Whether a writer was at work in it before its names were read.
    pub(super) is_held: bool,
}

impl Segment {
    /// Its file name; below a root, that of its boot's directory stands before it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path, unless it was opened from memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Its header, unless that is damaged.
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_deref()
    }

    /// The same, shared.
    pub(super) fn shared_header(&self) -> Option<Arc<SegmentHeader>> {
        self.header.clone()
    }

    /// Its [name](Self::name), shared.
    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Its end, if it was sealed.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether it was sealed: one that is still being written, or was when the recorder died, is not.
    pub fn is_sealed(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it is being written: it has no end, and its writer is alive.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Why the file is no part of the stream, if it is none.
    pub fn why_passed_over(&self) -> Option<&DamageKind> {
        self.passed_over.as_ref()
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes.as_slice().len() as u64
    }

    /// Whether it was found in a directory, and not given by itself.
    pub(crate) fn is_listed(&self) -> bool {
        self.listing.is_some()
    }

    /// The bytes themselves.
    pub(crate) fn content(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Whether it says itself that retention dropped what was before it.
    pub(crate) fn is_behind_dropped(&self, before: &Segment) -> bool {
        if self.is_beside(before) {
            self.before.dropped > 0
        } else {
            !self.dropped().is_empty()
        }
    }

    /// Its index, if it is sealed and the index is undamaged.
    pub fn index(&self) -> Option<Index> {
        let start = usize::try_from(self.end?.index_offset).ok()?;
        let (kind, payload) = item_at(self.bytes.as_slice(), start)?;
        if kind != ItemKind::INDEX {
            return None;
        }
        Index::decode(payload).ok()
    }

    /// Whether it lies in the same directory as another, so that their numbers belong together.
    pub(super) fn is_beside(&self, other: &Segment) -> bool {
        self.place == other.place
    }

    pub(crate) fn is_passed_over(&self) -> bool {
        self.passed_over.is_some()
    }

    /// Takes the file out of the stream; the first reason stays.
    pub(super) fn pass_over(&mut self, why: DamageKind) {
        self.passed_over.get_or_insert(why);
    }

    /// The digest that the next segment names, of a sealed segment, from its end alone.
    pub(super) fn sealed_digest(&self) -> Option<Digest> {
        let bytes = self.bytes.as_slice();
        let end = item_bytes(bytes, self.end_at)?;
        Some(Chain::after(self.end?.digest, end))
    }

    /// The digest that the next segment names. A segment without an end is read for it.
    pub fn digest(&self) -> Digest {
        self.sealed_digest()
            .unwrap_or_else(|| digest_of(self.bytes.as_slice()))
    }

    pub(super) fn has_items(&self) -> bool {
        let is_good = |found| matches!(found, Found::Item(_));
        self.header.is_some() || Scanner::new(self.bytes.as_slice()).any(is_good)
    }

    /// Its number, from the header or else from the file's name.
    pub fn number(&self) -> Option<u64> {
        let header = self.header.as_ref().map(|header| header.segment_number);
        header.or_else(|| self.path.as_deref().and_then(segment_number))
    }

    /// What follows it, as far as its writer knew; unknown of one without an end.
    pub fn sequel(&self) -> Sequel {
        self.end.map_or(Sequel::Unknown, |end| end.sequel)
    }

    /// Which segments it says that retention dropped: those that were told when it was begun, and since.
    pub fn dropped(&self) -> Vec<DroppedRange> {
        let payloads = self.payloads_of(ItemKind::DROPPED).into_iter();
        let ranges = payloads.filter_map(|payload| dropped::decode(payload).ok());
        ranges.flatten().collect()
    }

    /// What it was made from, where it is a segment of a derived capture. The last that it says holds, which has the counts.
    pub fn derivation(&self) -> Option<Derivation> {
        let payloads = self.payloads_of(ItemKind::DERIVED).into_iter().rev();
        payloads
            .filter_map(|payload| Derivation::decode(payload).ok())
            .next()
    }

    /// The payloads of all its items of a kind: by its index, else by a walk.
    fn payloads_of(&self, wanted: ItemKind) -> Vec<&[u8]> {
        let bytes = self.bytes.as_slice();
        let Some(index) = self.index() else {
            let payloads = Scanner::new(bytes).filter_map(|found| match found {
                Found::Item(raw) if raw.header.kind == wanted => Some(raw.payload),
                _ => None,
            });
            return payloads.collect();
        };
        let told = index.entries.iter().filter(|entry| entry.kind == wanted);
        told.filter_map(|entry| {
            let (kind, payload) = item_at(bytes, usize::try_from(entry.offset).ok()?)?;
            (kind == wanted).then_some(payload)
        })
        .collect()
    }

    /// The directory below a root that it lies in; empty without one.
    pub(super) fn directory(&self) -> &str {
        self.name
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory)
    }

    /// The run of a writer that it is of.
    pub(super) fn recording(&self) -> Option<u64> {
        self.header.as_ref()?.recording
    }
}

pub(super) fn of_bytes(
    name: &Path,
    path: Option<&Path>,
    bytes: SharedBytes,
) -> Result<Segment, OpenError> {
    let header = match header_of(bytes.as_slice()) {
        Err(BadHeader::Newer(found)) => {
            return Err(OpenError::NewerVersion {
                path: name.to_path_buf(),
                found,
                known: FormatVersion::CURRENT,
            });
        }
        header => header.ok().map(Arc::new),
    };
    let end = end_of(bytes.as_slice());
    let segment = Segment {
        name: file_name(name),
        path: path.map(Path::to_path_buf),
        end: end.map(|(end, _)| end),
        end_at: end.map_or(0, |(_, start)| start),
        passed_over: None,
        is_live: false,
        header,
        bytes,
        place: 0,
        listing: None,
        before: Before::default(),
        after: After::default(),
    };
    // A file of other bytes was put there; one of none is a segment that was never begun.
    let is_other = segment.bytes() > 0 && !segment.has_items();
    let passed_over = is_other.then_some(DamageKind::NotASegment);
    Ok(Segment {
        passed_over,
        ..segment
    })
}

impl Segment {
    /// A file that is no part of the stream.
    pub(super) fn passed_over(path: &Path, why: DamageKind) -> Segment {
        Segment {
            name: file_name(path),
            path: Some(path.to_path_buf()),
            bytes: SharedBytes::from_vec(Vec::new()),
            passed_over: Some(why),
            is_live: false,
            header: None,
            end: None,
            end_at: 0,
            place: 0,
            listing: None,
            before: Before::default(),
            after: After::default(),
        }
    }
}

fn file_name(path: &Path) -> Arc<str> {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into()
}

fn header_of(bytes: &[u8]) -> Result<SegmentHeader, BadHeader> {
    match item_at(bytes, 0) {
        Some((ItemKind::SEGMENT, payload)) => SegmentHeader::decode(payload),
        _ => Err(BadHeader::Malformed),
    }
}

/// The end, and where its item starts.
fn end_of(bytes: &[u8]) -> Option<(End, usize)> {
    let end_at = |start| match item_at(bytes, start)? {
        (ItemKind::END, payload) => Some((End::decode(payload).ok()?, start)),
        _ => None,
    };
    last_item_start(bytes)
        .and_then(end_at)
        .or_else(|| end_at(first_end(bytes)?))
}

/// Where the first END item starts of a segment that is whole up to it: what stands behind an end does not hide it. Payloads are not looked at.
fn first_end(bytes: &[u8]) -> Option<usize> {
    let mut start = 0_usize;
    let mut tag = None;
    loop {
        let header = ItemHeader::parse(bytes.get(start..)?)?;
        if *tag.get_or_insert(header.tag) != header.tag {
            return None;
        }
        if header.kind == ItemKind::END {
            return Some(start);
        }
        start = start.checked_add(header.item_len())?;
    }
}

/// The kind and payload of the good item at this offset, if there is one that this build knows.
pub(super) fn item_at(bytes: &[u8], offset: usize) -> Option<(ItemKind, &[u8])> {
    let item = item_bytes(bytes, offset)?;
    let header = ItemHeader::parse(item)?;
    let payload = item.get(HEADER_LEN..)?.get(..header.payload_len as usize)?;
    let is_good = header.check(item) == ItemCheck::Good && header.kind.is_known(header.version);
    is_good.then_some((header.kind, payload))
}

/// The bytes of the item at this offset, by its header alone.
fn item_bytes(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let rest = bytes.get(offset..)?;
    rest.get(..ItemHeader::parse(rest)?.item_len())
}

/// The chain's digest of the good items of a segment.
pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    let mut chain = Chain::start();
    for found in Scanner::new(bytes) {
        if let Found::Item(raw) = found {
            chain.add(raw.bytes);
        }
    }
    chain.digest()
}
