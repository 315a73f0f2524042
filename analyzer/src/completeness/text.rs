//! What is missing, in words for people: the same words in every command.
//!
//! In: gaps and a tally. Out: lines. Names of nodes and files are not printed here but as damage carries them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use falco_format::UnixNanos;
use falco_format::text::{Lines, count as count_of, grouped};

use super::{Completeness, Evidence, Gap, GapKind};
use crate::pipeline::Tally;
use crate::time::iso;

/// How many damaged places are named.
const DAMAGE_SHOWN_MAX: usize = 5;
/// How many gaps are named.
const GAPS_SHOWN_MAX: usize = 5;

/// Losses and gaps; says so where there are none.
pub(super) fn push(found: &Completeness, tally: &Tally, out: &mut Lines) {
    let evidence = found.evidence(tally);
    if tally.losses.intervals > 0 {
        push_losses(tally, out);
    } else if evidence == Evidence::Whole {
        out.line("Lost: nothing");
    } else {
        out.line("Lost: nothing that the recorder counted; see below");
    }
    if tally.sampled > 0 {
        out.line(format_args!(
            "Sampled: {} the driver says that it dropped events; how many, nobody counted",
            count_of(tally.sampled, "time")
        ));
    }
    push_forgotten(tally, out);
    push_gaps(&found.gaps, out);
    if found.gaps_outside > 0 {
        out.line(format_args!(
            "Outside of what was read: {}, which this answer does not rest on",
            count_of(found.gaps_outside, "gap")
        ));
    }
}

/// What the state had no room for.
fn push_forgotten(tally: &Tally, out: &mut Lines) {
    let counters = tally.state;
    let kinds = [
        (counters.threads_evicted, "thread", ""),
        (counters.fds_refused, "descriptor", ""),
        (
            counters.rows_refused,
            "entry",
            " of accounts, containers, addresses, mounts or what was open",
        ),
    ];
    let dropped = kinds.into_iter().filter(|(number, ..)| *number > 0);
    for (number, noun, of) in dropped {
        out.line(format_args!(
            "Forgotten: {}{of}, for which the state had no room; later events miss what was known of them",
            count_of(number, noun)
        ));
    }
}

fn push_losses(tally: &Tally, out: &mut Lines) {
    out.line(format_args!(
        "Lost: {} ({}); no rule can have seen them",
        count_of(tally.losses.events(), "event"),
        count_of(tally.losses.intervals, "interval")
    ));
    let mut by_reason: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((reason, lane), count) in &tally.losses.by_reason {
        *by_reason
            .entry(reason.name())
            .or_default()
            .entry(lane.name())
            .or_default() += count;
    }
    for (reason, lanes) in by_reason {
        for (lane, count) in lanes {
            out.line(format_args!(
                "  {:>9}  {reason}, lane {lane}",
                grouped(count)
            ));
        }
    }
}

/// Gaps, the grave ones first.
pub(super) fn push_gaps(gaps: &[Gap], out: &mut Lines) {
    // What is grave first, so that it is among those that are shown.
    let mut sorted: Vec<&Gap> = gaps.iter().collect();
    sorted.sort_by_key(|gap| !gap.kind.is_loss());
    for gap in sorted.iter().take(GAPS_SHOWN_MAX) {
        push_gap(gap, out);
    }
    let more = gaps.len().saturating_sub(GAPS_SHOWN_MAX) as u64;
    if more > 0 {
        out.line(format_args!("Gaps: {} more", grouped(more)));
    }
}

fn push_gap(gap: &Gap, out: &mut Lines) {
    let number =
        |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let (before, after) = (number(gap.segment_before), number(gap.segment_after));
    let stretch = stretch(gap);
    let is_reboot = gap.next_boot_id.is_some() && gap.next_boot_id != gap.boot_id;
    match gap.kind {
        GapKind::Beginning => out.line(format_args!(
            "Begins with segment {after}: earlier ones were not given, or are of before recorders told what they drop"
        )),
        GapKind::Ending => out.line(format_args!(
            "Ends with segment {before}: the recording went on, and later ones were not given"
        )),
        GapKind::BeingWritten => out.line(format_args!(
            "Being written: segment {before}; what comes later is not in this answer"
        )),
        GapKind::Missing | GapKind::Dropped => out.line(format_args!("{}{stretch}", absent(gap))),
        GapKind::Pause => out.line(format_args!(
            "Pause: nobody recorded between segment {before} and segment {after}{}{stretch}",
            if is_reboot { " of the next boot" } else { "" }
        )),
        GapKind::Unsealed => out.line(format_args!(
            "Unsealed: the end of segment {before} is missing, and nobody knows what it held{stretch}"
        )),
    }
}

/// Which segments are not there, and whether anything explains it.
fn absent(gap: &Gap) -> String {
    let place = match (gap.segment_before, gap.segment_after) {
        (Some(before), Some(after)) => format!("between {before} and {after}"),
        (None, Some(after)) => format!("before {after}"),
        (Some(before), None) => format!("behind {before}"),
        (None, None) => "of nobody knows where".to_owned(),
    };
    match (gap.kind, gap.segments_missing) {
        (GapKind::Dropped, count) => format!(
            "Dropped by retention: {} {place}",
            count_of(count.unwrap_or(0), "segment")
        ),
        (_, Some(count)) => format!("Missing: {} {place}", count_of(count, "segment")),
        (_, None) => format!(
            "Missing: what was recorded behind segment {}, which says that the recording went on",
            gap.segment_before.unwrap_or(0)
        ),
    }
}

/// From when to when, as far as it is known.
fn stretch(gap: &Gap) -> String {
    let time = |time: Option<UnixNanos>| {
        time.map_or_else(
            || "an unknown time".to_owned(),
            |time| iso(time).to_string(),
        )
    };
    let mut text = match (gap.from_time, gap.to_time) {
        (None, None) => return String::new(),
        (from, None) if gap.segment_after.is_none() => format!(", from {}", time(from)),
        (from, to) => format!(", from {} to {}", time(from), time(to)),
    };
    if let Some((from, to)) = gap.from_time.zip(gap.to_time) {
        let seconds = to.since(from) as f64 / 1e9;
        let _ = write!(text, " ({seconds:.3} s)");
    }
    text
}

/// Damaged places, and what was skipped.
pub(super) fn push_damage(tally: &Tally, out: &mut Lines) {
    if tally.skipped_items > 0 {
        out.line(format_args!(
            "Skipped: {} of kinds that a newer version writes",
            count_of(tally.skipped_items, "item")
        ));
    }
    if tally.damaged_places == 0 {
        return;
    }
    out.line(format_args!(
        "Damaged: {}; what lies before and behind was read",
        count_of(tally.damaged_places, "place")
    ));
    for damage in tally.damage.iter().take(DAMAGE_SHOWN_MAX) {
        out.line(format_args!("  {damage}"));
    }
    let more = tally.damaged_places.saturating_sub(DAMAGE_SHOWN_MAX as u64);
    if more > 0 {
        out.line(format_args!("  and {more} more"));
    }
}
