//! Recomputes everything that can be checked without trusting the writer: checksums, the chain within and between segments, and that every block decodes.

use super::items::Item;
use super::open::Capture;
use super::segment::Segment;
use crate::checksum::{Chain, Digest};
use crate::layout::ItemKind;
use crate::projection::Projection;
use crate::segment::{Damage, DamageKind, Found, Scanner};

/// What the chain says of one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Its items are those that its END item vouches for.
    Sealed,
    /// It has no END item; only the segment after it can vouch for it.
    NotSealed,
    /// Its items are not those that its END item vouches for.
    Broken,
}

/// What was found of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentVerdict {
    /// Its file name.
    pub name: String,
    /// How many good items it has.
    pub items: u64,
    /// The chain's digest over them.
    pub digest: Digest,
    /// Whether its END item vouches for them.
    pub chain: ChainState,
    /// What ties it to the segment before it.
    pub link: ChainLink,
}

/// What ties a segment to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainLink {
    /// It names none: it is the first that was written.
    First,
    /// It names the digest of the one before it.
    Follows,
    /// It names another digest than the one before it has.
    Differs,
    /// It names one that is not there (evicted, or taken away), or its header cannot be read.
    Unknown,
}

/// What was found of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Its segments in order.
    pub segments: Vec<SegmentVerdict>,
    /// Everything that is missing or not what was written.
    pub damage: Vec<Damage>,
    /// How many rows were decoded.
    pub rows: u64,
}

impl VerifyReport {
    /// Whether every item that is there is as it was written, and every link of the chain that can be checked holds.
    /// What a repair or an import noted was lost before; what a writer that died left half written is the end that is missing.
    pub fn is_intact(&self) -> bool {
        let is_harmless = |damage: &Damage| match damage.what {
            DamageKind::Repaired(_) => true,
            DamageKind::TornTail => self.segments.iter().any(|segment| {
                segment.name == damage.segment && segment.chain == ChainState::NotSealed
            }),
            _ => false,
        };
        let holds = |segment: &SegmentVerdict| {
            segment.chain != ChainState::Broken && segment.link != ChainLink::Differs
        };
        self.damage.iter().all(is_harmless) && self.segments.iter().all(holds)
    }

    /// Whether it is a copy that a repair or an import wrote, and something was lost before.
    pub fn is_repaired(&self) -> bool {
        let noted = |damage: &Damage| matches!(damage.what, DamageKind::Repaired(_));
        self.damage.iter().any(noted)
    }
}

/// Recomputes checksums and digests of a capture, and decodes every block of it.
pub fn verify(capture: &Capture) -> VerifyReport {
    let mut report = VerifyReport::default();
    let mut before: Option<(u64, Digest)> = None;
    let mut last: Option<&Segment> = None;
    let read = |segment: &&Segment| !segment.is_passed_over();
    for segment in capture.segments().iter().filter(read) {
        // Each boot of a root has a chain of its own.
        if last.is_some_and(|last| !last.is_beside(segment)) {
            before = None;
        }
        last = Some(segment);
        let verdict = verify_chain(segment, before);
        before = segment.number().map(|number| (number, verdict.digest));
        report.segments.push(verdict);
    }
    let mut items = capture.items();
    while let Some(placed) = items.next_placed() {
        match placed.item {
            Item::Damage(damage) => report.damage.push(damage),
            Item::State(block) | Item::Events(block) => match block.decode(&Projection::all()) {
                Ok(rows) => report.rows = report.rows.saturating_add(rows.len() as u64),
                Err(error) => report.damage.push(Damage {
                    segment: placed.segment.name().to_owned(),
                    offset: placed.raw.map_or(0, |raw| raw.offset as u64),
                    bytes_skipped: placed.raw.map_or(0, |raw| raw.bytes.len() as u64),
                    what: DamageKind::Block(error),
                }),
            },
            _ => {}
        }
    }
    report
}

fn verify_chain(segment: &Segment, before: Option<(u64, Digest)>) -> SegmentVerdict {
    let mut chain = Chain::start();
    let mut items = 0u64;
    let mut before_end = None;
    for found in Scanner::new(segment.bytes.as_slice()) {
        let Found::Item(raw) = found else { continue };
        if raw.header.kind == ItemKind::END {
            before_end = Some(chain.digest());
        }
        chain.add(raw.bytes);
        items = items.saturating_add(1);
    }
    let state = match (segment.end(), before_end) {
        (Some(end), Some(digest))
            if end.digest == digest && end.items.saturating_add(1) == items =>
        {
            ChainState::Sealed
        }
        (None, None) => ChainState::NotSealed,
        _ => ChainState::Broken,
    };
    let link = match (segment.header(), before) {
        (Some(header), None) if header.previous.is_none() => ChainLink::First,
        // A repaired copy keeps the numbers of what was there, and its chain goes on over those that were not.
        (Some(header), Some((_, digest))) if header.previous == Some(digest) => ChainLink::Follows,
        (Some(header), Some((number, _)))
            if number.checked_add(1) == Some(header.segment_number) =>
        {
            ChainLink::Differs
        }
        _ => ChainLink::Unknown,
    };
    SegmentVerdict {
        name: segment.name().to_owned(),
        items,
        digest: chain.digest(),
        chain: state,
        link,
    }
}
