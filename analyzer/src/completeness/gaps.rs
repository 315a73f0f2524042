//! Gaps: stretches of time, and segments, of which a capture has nothing.
//!
//! In: opened captures. Out: one row for each gap, in order, told from headers and ends alone.

use falco_format::{BootId, Capture, ClockMap, Segment, UnixNanos};

use crate::pipeline::Input;

/// What a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// The first segment is not number 1, and nobody knows what became of those before it: it was given by itself, or its recorder did not tell yet.
    Beginning,
    /// The last segment was given by itself, and its recording went on.
    Ending,
    /// A recording ended in order, and another one began later: a restart, or a reboot.
    Pause,
    /// The end of a segment is missing: its recorder was killed, the machine stopped, or the end was cut off.
    Unsealed,
    /// Segments are missing that nothing explains.
    Missing,
    /// Segments were dropped by retention.
    Dropped,
    /// The recording goes on as it is read.
    BeingWritten,
}

impl GapKind {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beginning => "beginning",
            Self::Ending => "ending",
            Self::Pause => "pause",
            Self::Unsealed => "unsealed",
            Self::Missing => "missing",
            Self::Dropped => "dropped",
            Self::BeingWritten => "being_written",
        }
    }

    /// Whether events are missing that a recording once had, or should have had.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Unsealed | Self::Missing)
    }
}

/// A gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is.
    pub kind: GapKind,
    /// The capture as it was given; that before the gap, where it lies between two.
    pub capture: String,
    /// The node's name.
    pub node: String,
    /// The boot before the gap; that after it, where there is nothing before.
    pub boot_id: Option<BootId>,
    /// The boot after the gap, where there is one.
    pub next_boot_id: Option<BootId>,
    /// The number of the segment before it.
    pub segment_before: Option<u64>,
    /// The number of the segment after it.
    pub segment_after: Option<u64>,
    /// How many segments are not there; `None` where that is not known.
    pub segments_missing: Option<u64>,
    /// The last moment before it that is recorded, in nanoseconds since that boot.
    pub from_boottime_ns: Option<u64>,
    /// When recording went on, in nanoseconds since that boot.
    pub to_boottime_ns: Option<u64>,
    /// The same in nanoseconds since the epoch, where a clock is known.
    pub from_time: Option<UnixNanos>,
    /// The same in nanoseconds since the epoch, where a clock is known.
    pub to_time: Option<UnixNanos>,
}

impl Gap {
    /// Whether it may reach into the time from one moment to another. Where nobody knows its own times, it may.
    #[must_use]
    pub fn touches(&self, from: Option<UnixNanos>, until: Option<UnixNanos>) -> bool {
        let ends_before = self.to_time.zip(from).is_some_and(|(end, from)| end < from);
        let begins_behind = self
            .from_time
            .zip(until)
            .is_some_and(|(begin, until)| begin > until);
        !ends_before && !begins_behind
    }
}

/// The gaps of captures, each capture's in order, then those between captures of one node.
#[must_use]
pub fn gaps(inputs: &[Input]) -> Vec<Gap> {
    let placed = placed_gaps(inputs.iter());
    placed.into_iter().map(|(_, gap)| gap).collect()
}

/// The same with the place of the input that each lies in; none for one between two.
pub(super) fn placed_gaps<'i>(
    inputs: impl Iterator<Item = &'i Input>,
) -> Vec<(Option<usize>, Gap)> {
    let mut gaps = Vec::new();
    let mut stretches = Vec::new();
    for (place, input) in inputs.enumerate() {
        // Only captures of our own format tell what lies between their parts.
        let Some(capture) = input.capture() else {
            continue;
        };
        let name = input.path.display().to_string();
        let within = of_capture(&name, capture).into_iter();
        gaps.extend(within.map(|gap| (Some(place), gap)));
        stretches.extend(stretch(name, capture));
    }
    stretches.sort_by(|a, b| (&a.node, a.from, a.to).cmp(&(&b.node, b.from, b.to)));
    let pairs = stretches.iter().zip(stretches.iter().skip(1));
    let between = pairs.filter_map(|(before, after)| pause(before, after));
    gaps.extend(between.map(|gap| (None, gap)));
    gaps
}

fn of_capture(name: &str, capture: &Capture) -> Vec<Gap> {
    let gaps = capture.gaps();
    let owned = gaps.iter().map(|gap| {
        let sides = gap.before.into_iter().chain(gap.after);
        let header = sides.filter_map(Segment::header).next();
        let (kind, segments_missing) = match gap.kind {
            falco_format::GapKind::Beginning => (GapKind::Beginning, None),
            falco_format::GapKind::Ending => (GapKind::Ending, None),
            falco_format::GapKind::Pause => (GapKind::Pause, Some(0)),
            falco_format::GapKind::Unsealed => (GapKind::Unsealed, Some(0)),
            falco_format::GapKind::Missing(count) => (GapKind::Missing, Some(count)),
            falco_format::GapKind::MissingSequel => (GapKind::Missing, None),
            falco_format::GapKind::Dropped(count) => (GapKind::Dropped, Some(count)),
            falco_format::GapKind::BeingWritten => (GapKind::BeingWritten, Some(0)),
        };
        let (from_clock, to_clock) = gap.clocks();
        let realtime = |clock: &ClockMap, boottime: Option<u64>| clock.known_realtime(boottime?);
        Gap {
            kind,
            capture: name.to_owned(),
            node: header.map_or_else(String::new, |header| header.node.clone()),
            boot_id: header.map(|header| header.boot_id),
            next_boot_id: gap
                .after
                .and_then(Segment::header)
                .map(|header| header.boot_id),
            segment_before: gap.before.and_then(Segment::number),
            segment_after: gap.after.and_then(Segment::number),
            segments_missing,
            from_boottime_ns: gap.from_boottime(),
            to_boottime_ns: gap.to_boottime(),
            from_time: realtime(&from_clock, gap.from_boottime()),
            to_time: realtime(&to_clock, gap.to_boottime()),
        }
    });
    owned.collect()
}

/// The time that a capture covers.
struct Stretch {
    capture: String,
    node: String,
    /// The first boot of it, and the last one.
    boots: (BootId, BootId),
    /// The run that ended it, and the one that began it.
    recordings: (Option<u64>, Option<u64>),
    segments: (u64, u64),
    boottime: (u64, u64),
    from: UnixNanos,
    to: UnixNanos,
}

fn stretch(capture_name: String, capture: &Capture) -> Option<Stretch> {
    let read =
        |segment: &&Segment| segment.why_passed_over().is_none() && segment.header().is_some();
    let mut segments = capture.segments().iter().filter(read);
    let first = segments.next()?;
    let last = segments.next_back().unwrap_or(first);
    let (first_header, last_header) = (first.header()?, last.header()?);
    let (begin, end) = (first.moments()?.0, last.moments()?.1);
    Some(Stretch {
        capture: capture_name,
        node: first_header.node.clone(),
        boots: (first_header.boot_id, last_header.boot_id),
        recordings: (first_header.recording, last_header.recording),
        segments: (first_header.segment_number, last_header.segment_number),
        boottime: (begin, end),
        from: first.clock().known_realtime(begin)?,
        to: last.clock().known_realtime(end)?,
    })
}

/// The pause between two captures of one node, unless they are of one recording.
fn pause(before: &Stretch, after: &Stretch) -> Option<Gap> {
    let is_one_run = before.boots.1 == after.boots.0
        && (before.recordings.1 == after.recordings.0 || before.recordings.1.is_none());
    if before.node != after.node || is_one_run || before.to >= after.from {
        return None;
    }
    Some(Gap {
        kind: GapKind::Pause,
        capture: before.capture.clone(),
        node: before.node.clone(),
        boot_id: Some(before.boots.1),
        next_boot_id: Some(after.boots.0),
        segment_before: Some(before.segments.1),
        segment_after: Some(after.segments.0),
        segments_missing: Some(0),
        from_boottime_ns: Some(before.boottime.1),
        to_boottime_ns: Some(after.boottime.0),
        from_time: Some(before.to),
        to_time: Some(after.from),
    })
}
