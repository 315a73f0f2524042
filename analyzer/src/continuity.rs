//! Whether what the recorder says it lost is what is missing.
//!
//! In: a capture. Out: per CPU and recording, how many sequence numbers are missing and how many the LOST items account for.
//! Sequence numbers count every frame that was due, delivered or not, so the two must agree; they begin anew with each recording.

use std::collections::BTreeMap;

use falco_abi::LossReason;
use falco_format::{Capture, Item, LostInterval, SegmentHeader};

/// The rows of one CPU in one recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuContinuity {
    /// Rows that are there.
    pub rows: u64,
    /// Sequence numbers that are missing between the first row and the last.
    pub missing: u64,
    /// Sequence numbers that are missing before the first row, where the recording's beginning is there.
    pub missing_before: u64,
    /// Rows whose number is not above the one before: a writer's defect, or a forgery.
    pub repeated: u64,
    /// Lost rows that LOST items tell of, surely between the first row and the last.
    pub told: u64,
    /// Lost rows of intervals that reach beyond the first row or the last one: of those no sequence number may tell.
    pub told_at_edges: u64,
}

impl CpuContinuity {
    /// Whether LOST items account for exactly what is missing, as far as numbers can show it.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let least = self.told;
        let most = self.told.saturating_add(self.told_at_edges);
        let missing = self.missing.saturating_add(self.missing_before);
        self.repeated == 0 && least <= missing && self.missing <= most
    }

    /// The same of a copy whose notes tell that something was lost before: rows may be missing that no LOST item tells of, and none may be there twice.
    #[must_use]
    pub fn agrees_after_repair(&self) -> bool {
        let missing = self.missing.saturating_add(self.missing_before);
        self.repeated == 0 && self.told <= missing
    }

    /// All lost rows that LOST items tell of.
    #[must_use]
    pub fn told_in_all(&self) -> u64 {
        self.told.saturating_add(self.told_at_edges)
    }
}

/// A CPU in one recording of the capture, counted from 0.
pub type RecordingCpu = (usize, u16);

/// Compares sequence numbers with LOST items, per recording and CPU.
///
/// Blocks whose sequence numbers cannot be read are passed over; their rows then count as missing.
#[must_use]
pub fn continuity(capture: &Capture) -> BTreeMap<RecordingCpu, CpuContinuity> {
    let mut comparison = Comparison::default();
    for item in capture.items() {
        match item {
            Item::Segment(header) => comparison.segment(&header),
            Item::Events(block) => {
                let spans = block.sequences().unwrap_or_default();
                comparison.is_restarted(&spans);
                for span in spans {
                    comparison.span(&span, (block.first_time(), block.last_time()));
                }
            }
            Item::Lost(intervals) => comparison.lost.extend(
                intervals
                    .iter()
                    // The kernel skipped the program before it could number the frame.
                    .filter(|interval| interval.reason != LossReason::Recursion)
                    .map(|interval| (comparison.recording, *interval)),
            ),
            _ => {}
        }
    }
    comparison.finish()
}

#[derive(Default)]
struct Comparison {
    cpus: BTreeMap<RecordingCpu, CpuRows>,
    lost: Vec<(usize, LostInterval)>,
    /// The recording that is read, from 0, and its number where the capture has one.
    recording: usize,
    number: Option<u64>,
    has_segment: bool,
    /// Whether the recording's first segment is there, so that its numbers are known to begin at 0.
    has_beginning: bool,
    /// Whether a segment began and no block of events of it was read.
    is_border: bool,
}

/// What was seen of a CPU.
#[derive(Default)]
struct CpuRows {
    found: CpuContinuity,
    last: Option<u64>,
    first_time: u64,
    last_time: u64,
}

impl Comparison {
    fn segment(&mut self, header: &SegmentHeader) {
        let is_other = self.has_segment && header.recording != self.number;
        self.recording += usize::from(is_other);
        self.has_beginning |= is_other || header.segment_number == 1;
        self.number = header.recording;
        self.has_segment = true;
        self.is_border = true;
    }

    /// Captures of version 1.0 do not number recordings: there one begins with a segment whose numbers begin anew.
    fn is_restarted(&mut self, spans: &[falco_format::SequenceSpan]) {
        if !std::mem::take(&mut self.is_border) || self.number.is_some() {
            return;
        }
        let goes_back = |span: &falco_format::SequenceSpan| {
            let seen = self.cpus.get(&(self.recording, span.cpu));
            seen.and_then(|seen| seen.last)
                .is_some_and(|last| span.first <= last)
        };
        if spans.iter().any(goes_back) {
            self.recording += 1;
            self.has_beginning = true;
        }
    }

    fn span(&mut self, span: &falco_format::SequenceSpan, (first_time, last_time): (u64, u64)) {
        let seen = self.cpus.entry((self.recording, span.cpu)).or_default();
        let found = &mut seen.found;
        found.rows = found.rows.saturating_add(span.rows);
        found.missing = found.missing.saturating_add(span.missing);
        match seen.last.replace(span.last) {
            None => {
                seen.first_time = first_time;
                found.missing_before = if self.has_beginning { span.first } else { 0 };
            }
            Some(last) => match span.first.checked_sub(last) {
                None | Some(0) => found.repeated += 1,
                Some(step) => found.missing = found.missing.saturating_add(step - 1),
            },
        }
        seen.last_time = last_time;
    }

    fn finish(mut self) -> BTreeMap<RecordingCpu, CpuContinuity> {
        for (recording, interval) in self.lost {
            let seen = self.cpus.entry((recording, interval.cpu)).or_default();
            // What a block tells of time is that of all its rows: where it is too wide, the interval counts as one at the edge.
            let is_inner = interval.last_good_time >= seen.first_time
                && interval.next_good_time <= seen.last_time
                && seen.last.is_some();
            let told = if is_inner {
                &mut seen.found.told
            } else {
                &mut seen.found.told_at_edges
            };
            *told = told.saturating_add(interval.count);
        }
        let found = self.cpus.into_iter();
        found.map(|(cpu, seen)| (cpu, seen.found)).collect()
    }
}
