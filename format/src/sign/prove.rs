//! Which items of a capture are what was signed, and by a key that somebody trusts.
//!
//! A checkpoint lists the digest of each item since the one before, so what was changed, removed or put in is told by its place, and what stands around it stays proven.
//! The end of a segment is signed with the digest of all its items.
//! Across segments epochs go on without a gap: each key seals one segment, so a number that is missing is a segment that is missing.

use std::collections::BTreeMap;

use super::certificates::{Certificate, Reached};
use super::checkpoint::Checkpoint;
use super::mark::Mark;
use super::public::{PublicKey, TrustedKey};
use crate::capture::{Capture, Segment};
use crate::checksum::{Chain, Digest};
use crate::layout::ItemKind;
use crate::segment::{End, Found, RawItem, Scanner};

/// How much of a segment is vouched for by signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it: its end is signed.
    Whole,
    /// Its first items, of so many: it has no signed end.
    UpTo {
        /// How many items are vouched for.
        items: u64,
        /// How many there are.
        of: u64,
    },
    /// Nothing: there is no signature in it.
    Nothing,
}

/// What signatures say of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentProof {
    /// Its file name.
    pub name: String,
    /// The key of its last signature, with the epoch.
    pub key: Option<TrustedKey>,
    /// How much of it is vouched for.
    pub extent: Extent,
    /// What is not as it was signed.
    pub faults: Vec<SignatureFault>,
}

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureFault {
    /// Offset in the file.
    pub offset: u64,
    /// What it is.
    pub what: SignatureFaultKind,
}

/// What is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFaultKind {
    /// A signature that cannot be read.
    #[error("a signature that cannot be read")]
    Malformed,
    /// A signature that is not of the key it names.
    #[error("a signature that its key did not make")]
    Wrong,
    /// A signature of another segment.
    #[error("the signature of another segment")]
    Foreign,
    /// An item is not the one that was signed.
    #[error("item {0} is not what was signed")]
    Changed(u64),
    /// An item that was signed is not there.
    #[error("item {0}, which was signed, is not there")]
    Removed(u64),
    /// An item stands where none was signed.
    #[error("an item {0} that was not signed stands among those that were")]
    Inserted(u64),
    /// The items are those that were signed, in another order or number.
    #[error("the items before this signature are not as they were signed")]
    Link,
    /// The key is not one that the trusted one leads to.
    #[error("signed with a key of epoch {0} that the given key does not lead to")]
    Untraced(u64),
    /// The epoch is older than that of the segment before.
    #[error("signed with the key of epoch {now}, after epoch {before}")]
    GoesBack {
        /// The epoch of the segment before.
        before: u64,
        /// The epoch here.
        now: u64,
    },
    /// Segments that other epochs have signed are not there.
    #[error("epoch {now} follows epoch {before}: what the keys between have sealed is not there")]
    Skips {
        /// The epoch of the segment before.
        before: u64,
        /// The epoch here.
        now: u64,
    },
    /// Nothing in it is signed, and other segments are.
    #[error("not signed, though segments before it are")]
    Unsigned,
}

/// What signatures say of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Its segments, in order.
    pub segments: Vec<SegmentProof>,
}

impl Proof {
    /// Whether nothing in it contradicts a signature.
    pub fn holds(&self) -> bool {
        self.segments
            .iter()
            .all(|segment| segment.faults.is_empty())
    }

    /// Whether every segment is vouched for to its end.
    pub fn is_whole(&self) -> bool {
        let whole = |segment: &SegmentProof| segment.extent == Extent::Whole;
        self.holds() && !self.segments.is_empty() && self.segments.iter().all(whole)
    }

    /// Whether anything in it is signed.
    pub fn is_signed(&self) -> bool {
        let signed = |segment: &SegmentProof| segment.key.is_some();
        self.segments.iter().any(signed)
    }
}

/// Compares a capture with its signatures. Without trusted keys it is told whose they say they are, and no more.
pub fn prove(
    capture: &Capture,
    trusted: &[TrustedKey],
    beside: impl IntoIterator<Item = Certificate>,
) -> Proof {
    let read = capture
        .segments()
        .iter()
        .filter(|one| !one.is_passed_over());
    let read: Vec<(&Segment, Read)> = read.map(|segment| (segment, Read::of(segment))).collect();
    let within = read.iter().flat_map(|(_, read)| read.certificates());
    let reached = Reached::from(trusted, beside.into_iter().chain(within));
    let mut order = Order::default();
    let mut proof = Proof::default();
    for (segment, mut read) in read {
        if !trusted.is_empty() {
            read.trace(&reached);
        }
        order.look_at(segment, &mut read);
        proof.segments.push(read.into_proof(segment));
    }
    proof
}

/// A segment that was read: its marks, and what they say of its items.
#[derive(Default)]
struct Read {
    /// Marks that their key has made, with where they stand.
    marks: Vec<(u64, Mark)>,
    faults: Vec<SignatureFault>,
    items: u64,
    /// How many items the last checkpoint that holds vouches for.
    vouched: u64,
    has_signed_end: bool,
}

/// The items since the last checkpoint, by their places.
#[derive(Default)]
struct Waiting {
    by_ordinal: BTreeMap<u64, (u64, Digest)>,
    repeated: Vec<(u64, u64)>,
}

impl Waiting {
    fn add(&mut self, raw: &RawItem<'_>) {
        let place = (raw.offset as u64, Digest::of(raw.bytes));
        let ordinal = raw.header.ordinal;
        if self.by_ordinal.insert(ordinal, place).is_some() {
            self.repeated.push((ordinal, raw.offset as u64));
        }
    }

    /// What of the listed items is not here as it is listed.
    fn compare(&mut self, checkpoint: &Checkpoint, offset: u64, faults: &mut Vec<SignatureFault>) {
        for (ordinal, digest) in (checkpoint.first..).zip(&checkpoint.items) {
            let fault = match self.by_ordinal.remove(&ordinal) {
                Some((_, found)) if found == *digest => continue,
                Some((offset, _)) => (offset, SignatureFaultKind::Changed(ordinal)),
                None => (offset, SignatureFaultKind::Removed(ordinal)),
            };
            faults.push(SignatureFault {
                offset: fault.0,
                what: fault.1,
            });
        }
        let rest = std::mem::take(self);
        let extra = rest
            .by_ordinal
            .into_iter()
            .map(|(ordinal, (offset, _))| (ordinal, offset));
        // What a signature before this one lists was told of there.
        let is_here = |(ordinal, _): &(u64, u64)| *ordinal >= checkpoint.first;
        for (ordinal, offset) in extra.chain(rest.repeated).filter(is_here) {
            faults.push(SignatureFault {
                offset,
                what: SignatureFaultKind::Inserted(ordinal),
            });
        }
    }
}

impl Read {
    fn of(segment: &Segment) -> Read {
        let mut read = Read::default();
        let mut chain = Chain::start();
        let mut waiting = Waiting::default();
        for found in Scanner::new(segment.content()) {
            let Found::Item(raw) = found else { continue };
            match raw.header.kind {
                ItemKind::SIGNATURE => read.checkpoint(segment, &raw, &chain, &mut waiting),
                ItemKind::END => read.end(&raw, &chain),
                _ => {}
            }
            waiting.add(&raw);
            chain.add(raw.bytes);
            read.items = read.items.saturating_add(1);
        }
        read
    }

    fn fault(&mut self, offset: usize, what: SignatureFaultKind) {
        let offset = offset as u64;
        self.faults.push(SignatureFault { offset, what });
    }

    fn checkpoint(
        &mut self,
        segment: &Segment,
        raw: &RawItem<'_>,
        chain: &Chain,
        waiting: &mut Waiting,
    ) {
        let Ok((checkpoint, mark, is_signed)) = Checkpoint::decode(raw.payload) else {
            return self.fault(raw.offset, SignatureFaultKind::Malformed);
        };
        if !is_signed {
            return self.fault(raw.offset, SignatureFaultKind::Wrong);
        }
        let is_ours = segment.header().is_some_and(|header| {
            header.boot_id == checkpoint.boot_id
                && header.segment_number == checkpoint.segment_number
                && header.capture.unwrap_or(0) == checkpoint.capture
        });
        if !is_ours {
            return self.fault(raw.offset, SignatureFaultKind::Foreign);
        }
        self.marks.push((raw.offset as u64, mark));
        let before = self.faults.len();
        waiting.compare(&checkpoint, raw.offset as u64, &mut self.faults);
        if checkpoint.link == chain.digest() {
            self.vouched = self.items;
        } else if self.faults.is_empty() && before == 0 {
            self.fault(raw.offset, SignatureFaultKind::Link);
        }
    }

    fn end(&mut self, raw: &RawItem<'_>, chain: &Chain) {
        let Ok(end) = End::decode(raw.payload) else {
            return;
        };
        let Some(mark) = End::mark(raw.payload) else {
            return;
        };
        if !mark.vouches_for_end(&end.encode()) {
            return self.fault(raw.offset, SignatureFaultKind::Wrong);
        }
        self.marks.push((raw.offset as u64, mark));
        if end.digest == chain.digest() {
            self.has_signed_end = true;
        } else if self.faults.is_empty() {
            self.fault(raw.offset, SignatureFaultKind::Link);
        }
    }

    /// What its marks bring of certificates.
    fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.marks.iter().filter_map(|(_, mark)| {
            Some(Certificate {
                epoch: mark.epoch,
                public: mark.public,
                signature: mark.certificate?,
            })
        })
    }

    /// Tells of keys that nobody who is trusted vouches for; each once.
    fn trace(&mut self, reached: &Reached) {
        let mut told: Vec<PublicKey> = Vec::new();
        for (offset, mark) in &self.marks {
            if reached.has(mark.epoch, &mark.public) || told.contains(&mark.public) {
                continue;
            }
            told.push(mark.public);
            self.faults.push(SignatureFault {
                offset: *offset,
                what: SignatureFaultKind::Untraced(mark.epoch),
            });
        }
    }

    fn into_proof(self, segment: &Segment) -> SegmentProof {
        let extent = if self.has_signed_end {
            Extent::Whole
        } else if self.marks.is_empty() {
            Extent::Nothing
        } else {
            Extent::UpTo {
                items: self.vouched,
                of: self.items,
            }
        };
        let key = self.marks.last().map(|(_, mark)| TrustedKey {
            epoch: mark.epoch,
            public: mark.public,
        });
        SegmentProof {
            name: segment.name().to_owned(),
            key,
            extent,
            faults: self.faults,
        }
    }
}

/// How epochs go on from segment to segment.
#[derive(Default)]
struct Order<'a> {
    /// The last segment that was signed, and its epoch.
    before: Option<(&'a Segment, u64)>,
}

impl<'a> Order<'a> {
    fn look_at(&mut self, segment: &'a Segment, read: &mut Read) {
        let Some((last, before)) = self.before else {
            self.before = read.marks.last().map(|(_, mark)| (segment, mark.epoch));
            return;
        };
        let Some((offset, first)) = read.marks.first().copied() else {
            if read.faults.is_empty() {
                read.fault(0, SignatureFaultKind::Unsigned);
            }
            return;
        };
        let now = first.epoch;
        let is_dropped = segment.is_behind_dropped(last);
        let what = if now < before {
            Some(SignatureFaultKind::GoesBack { before, now })
        } else if now > before.saturating_add(1) && !is_dropped {
            Some(SignatureFaultKind::Skips { before, now })
        } else {
            None
        };
        if let Some(what) = what {
            read.faults.push(SignatureFault { offset, what });
        }
        self.before = Some((segment, now.max(before)));
    }
}

#[cfg(test)]
mod tests;
