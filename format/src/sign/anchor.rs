//! Anchors: digests that left the node as they were made, one to a line, and what a capture says to them.
//!
//! An anchor needs no key: what was kept elsewhere cannot be changed by whoever has the node, so everything before it is proven.
//! Where they are kept is the operator's choice, and how they get there the recorder's matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::public::TrustedKey;
use crate::boot::BootId;
use crate::capture::{Capture, Segment};
use crate::checksum::{Chain, Digest};
use crate::segment::{Found, Scanner, SegmentHeader};

/// A digest of a segment, as it was at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The boot.
    pub boot_id: BootId,
    /// The number of the capture.
    pub capture: u64,
    /// The number of the segment.
    pub segment: u64,
    /// How many items it had.
    pub items: u64,
    /// The link after the last of them; of a sealed segment its digest.
    pub digest: Digest,
    /// Whether it was sealed.
    pub is_sealed: bool,
    /// The key that signed, if one did.
    pub key: Option<TrustedKey>,
}

/// A line is no anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no anchor")]
pub struct AnchorError;

#[derive(Serialize, Deserialize)]
struct Line {
    /// When it was made, for people: what it proves is the order of what came before it.
    #[serde(default)]
    time: String,
    #[serde(default)]
    node: String,
    boot: String,
    capture: String,
    segment: u64,
    items: u64,
    digest: String,
    sealed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<String>,
}

impl Anchor {
    /// The anchor of a segment as it stands.
    pub fn of(header: &SegmentHeader, items: u64, digest: Digest, is_sealed: bool) -> Anchor {
        Anchor {
            boot_id: header.boot_id,
            capture: header.capture.unwrap_or(0),
            segment: header.segment_number,
            items,
            digest,
            is_sealed,
            key: None,
        }
    }

    /// Its line, without the line's end; a time and the node's name stand in it for people.
    pub fn to_line(&self, time: &str, node: &str) -> String {
        let line = Line {
            time: time.to_owned(),
            node: node.to_owned(),
            boot: self.boot_id.to_string(),
            capture: format!("{:016x}", self.capture),
            segment: self.segment,
            items: self.items,
            digest: self.digest.to_string(),
            sealed: self.is_sealed,
            epoch: self.key.map(|key| key.epoch),
            public: self.key.map(|key| key.public.to_string()),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// What a line says. What a log puts in front of it is passed over.
    pub fn of_line(line: &str) -> Result<Anchor, AnchorError> {
        let start = line.find('{').ok_or(AnchorError)?;
        let text = line.get(start..).ok_or(AnchorError)?;
        let line: Line = serde_json::from_str(text.trim_end()).map_err(|_| AnchorError)?;
        let key = match (line.epoch, line.public) {
            (Some(epoch), Some(public)) => Some(TrustedKey {
                epoch,
                public: public.parse().map_err(|_| AnchorError)?,
            }),
            _ => None,
        };
        Ok(Anchor {
            boot_id: line.boot.parse().map_err(|_| AnchorError)?,
            capture: u64::from_str_radix(&line.capture, 16).map_err(|_| AnchorError)?,
            segment: line.segment,
            items: line.items,
            digest: line.digest.parse().map_err(|_| AnchorError)?,
            is_sealed: line.sealed,
            key,
        })
    }

    fn place(&self) -> Place {
        (self.boot_id, self.capture, self.segment)
    }
}

/// Boot, number of the capture, number of the segment.
type Place = (BootId, u64, u64);

/// What a capture says to an anchor that it does not agree with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorFault {
    /// The segment is there, and is another.
    #[error("is not what was anchored")]
    Differs,
    /// The segment has fewer items than were anchored.
    #[error("has {0} items, fewer than were anchored: its end was cut off")]
    Cut(u64),
    /// The segment is not there.
    #[error("is not there")]
    Missing,
    /// The segment is not there, and a later one says that retention dropped it.
    #[error("is not there: a later segment says that retention dropped it")]
    Dropped,
}

/// How a capture and anchors agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnchorReport {
    /// Anchors that agree.
    pub agreeing: u64,
    /// Anchors of other captures.
    pub of_others: u64,
    /// Those that do not agree.
    pub faults: Vec<(Anchor, AnchorFault)>,
    /// The names of segments that came behind the last anchor, or have none.
    pub unanchored: Vec<String>,
}

impl AnchorReport {
    /// Whether nothing contradicts an anchor.
    pub fn holds(&self) -> bool {
        let explained = |(_, fault): &(Anchor, AnchorFault)| *fault == AnchorFault::Dropped;
        self.faults.iter().all(explained)
    }
}

/// Compares a capture with anchors.
pub fn compare_anchors(capture: &Capture, anchors: &[Anchor]) -> AnchorReport {
    let segments = capture
        .segments()
        .iter()
        .filter(|one| !one.is_passed_over());
    let mut by_place: BTreeMap<Place, &Segment> = BTreeMap::new();
    let mut captures: BTreeSet<(BootId, u64)> = BTreeSet::new();
    for segment in segments {
        if let Some(header) = segment.header() {
            let number = header.capture.unwrap_or(0);
            captures.insert((header.boot_id, number));
            by_place.insert((header.boot_id, number, header.segment_number), segment);
        }
    }
    let is_whole = by_place.values().any(|segment| segment.is_listed());
    let mut wanted: BTreeMap<Place, Vec<&Anchor>> = BTreeMap::new();
    let mut report = AnchorReport::default();
    for anchor in anchors {
        if captures.contains(&(anchor.boot_id, anchor.capture)) {
            wanted.entry(anchor.place()).or_default().push(anchor);
        } else {
            report.of_others = report.of_others.saturating_add(1);
        }
    }
    for (place, anchors) in &wanted {
        match by_place.get(place) {
            Some(segment) => report.compare(segment, anchors),
            // Of a segment that was given by itself, the others were not given.
            None if !is_whole => {}
            None => {
                let fault = if is_told_dropped(&by_place, *place) {
                    AnchorFault::Dropped
                } else {
                    AnchorFault::Missing
                };
                let last = anchors.iter().max_by_key(|anchor| anchor.items);
                report
                    .faults
                    .extend(last.map(|anchor| ((*anchor).clone(), fault)));
            }
        }
    }
    let behind = by_place
        .iter()
        .filter(|(place, _)| !wanted.contains_key(*place));
    report.unanchored = behind
        .map(|(_, segment)| segment.name().to_owned())
        .collect();
    report
}

impl AnchorReport {
    fn compare(&mut self, segment: &Segment, anchors: &[&Anchor]) {
        let mut by_items: BTreeMap<u64, Vec<&Anchor>> = BTreeMap::new();
        for anchor in anchors {
            by_items.entry(anchor.items).or_default().push(anchor);
        }
        let (mut chain, mut items) = (Chain::start(), 0_u64);
        for found in Scanner::new(segment.content()) {
            let Found::Item(raw) = found else { continue };
            chain.add(raw.bytes);
            items = items.saturating_add(1);
            for anchor in by_items.remove(&items).into_iter().flatten() {
                if anchor.digest == chain.digest() {
                    self.agreeing = self.agreeing.saturating_add(1);
                } else {
                    self.faults.push((anchor.clone(), AnchorFault::Differs));
                }
            }
        }
        let cut = by_items.into_values().flatten();
        self.faults
            .extend(cut.map(|anchor| (anchor.clone(), AnchorFault::Cut(items))));
    }
}

/// Whether a segment of the capture, or of a later boot beside it, says that this one was dropped.
fn is_told_dropped(segments: &BTreeMap<Place, &Segment>, wanted: Place) -> bool {
    let (boot, capture, number) = wanted;
    segments
        .iter()
        .any(|((told_boot, told_capture, _), segment)| {
            segment.dropped().iter().any(|range| {
                let is_own =
                    (*told_boot, *told_capture) == (boot, capture) && range.directory.is_empty();
                let is_meant = is_own || range.directory.ends_with(&format!("-{}", boot.short()));
                is_meant && (range.first..=range.last).contains(&number)
            })
        })
}
