//! `falco-analyze info`: what a capture holds.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use falco_analyze::completeness::{Completeness, Evidence, Gap};
use falco_analyze::derive::told;
use falco_analyze::pipeline::{Input, Tally};
use falco_analyze::survey::{SegmentSurvey, Survey, survey_of};
use falco_analyze::time::{Zone, full, iso};
use falco_format::Span;
use falco_format::text::{Lines, count, json_text, plain};
use serde_json::{Value as Json, json};

use super::args::{Format, ZoneArgs, open_captures, writer};
use super::exit::{EvidenceArgs, Outcome};
use super::progress;
use super::span::{Parts, SpanArgs};
use super::summary::grouped;

const EXAMPLES: &str = "\
With --since and --until the events of that time are counted; bytes are those of the blocks that have them, and what is missing is what an answer over that time would lack.
Exit codes: 0 complete, 2 error, 3 evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze info capture/
  falco-analyze info capture/ --since -15m
  falco-analyze info capture/ --format json | jq .events";

/// Tell what captures hold: segments, times, events per type, losses, sizes
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Form of the answer; JSON is one object per capture and line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Surveys.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut writer = writer();
    let zone = args.zone.zone()?;
    let asked = args.span.asked(&zone)?;
    let inputs = open_captures(&args.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let mut outcomes = Vec::new();
    for (input, part) in parts.of(&inputs) {
        let name = input.path.display();
        let (survey, completeness) = progress::during("reading", name, || {
            let completeness = parts.completeness_of(input, part);
            (survey_of(input.items_of(part), part), completeness)
        });
        let found = Found {
            input,
            survey,
            completeness,
        };
        match args.format {
            Format::Text => {
                writer.write_all(text(&found, &parts, &zone).as_str().as_bytes())?;
            }
            Format::Json => {
                let json = to_json(&found, parts.span()).to_string();
                writeln!(writer, "{}", json_text(&json))?;
            }
        }
        let evidence = found.completeness.evidence(&found.survey.total);
        outcomes.push(args.evidence.outcome(evidence));
    }
    writer.flush()?;
    Ok(Outcome::of(outcomes))
}

/// A capture, and what is known of it.
struct Found<'i> {
    input: &'i Input,
    survey: Survey,
    completeness: Completeness,
}

fn text(found: &Found<'_>, parts: &Parts, zone: &Zone) -> Lines {
    let Found {
        input,
        survey,
        completeness,
    } = found;
    let mut out = Lines::new();
    let tally = &survey.total;
    out.line(format_args!("Capture: {}", plain(&input.path)));
    if let Some(segment) = survey.segments.first() {
        out.line(format_args!("Node: {}", segment.node));
        out.line(format_args!("Boot: {}", segment.boot_id));
    }
    if let Some(capture) = input.capture() {
        told::push(capture, &mut out);
    }
    if let Some(range) = survey.realtime() {
        let seconds = range.last.since(range.first) as f64 / 1e9;
        out.line(format_args!(
            "Time: {} to {} ({seconds:.3} s)",
            full(range.first, zone),
            full(range.last, zone)
        ));
    } else if tally.events > 0 {
        out.line("Time: unknown");
    }
    parts.push_span(zone, &mut out);
    out.line(format_args!(
        "Segments: {} ({} sealed)",
        tally.segments, tally.sealed
    ));
    for segment in &survey.segments {
        let seal = if segment.is_sealed() {
            "sealed"
        } else {
            "not sealed"
        };
        let counts = &segment.tally;
        out.line(format_args!(
            "  {:>6}  {seal}{}, {} in {}, {} of state",
            segment.number,
            begun(segment, zone).map_or_else(String::new, |begun| format!(", begun {begun}")),
            count(counts.events, "event"),
            count(counts.blocks, "block"),
            count(counts.state_rows, "row")
        ));
    }
    push_events(survey, parts.span(), &mut out);
    completeness.push(tally, &mut out);
    out
}

fn push_events(survey: &Survey, span: Span, out: &mut Lines) {
    let tally = &survey.total;
    out.part(format_args!(
        "Events: {}, {}",
        grouped(tally.events),
        count(tally.encoded_bytes, "byte")
    ));
    if let Some(bytes) = survey.bytes_per_event().filter(|_| span.is_open()) {
        out.part(format_args!(
            " ({bytes:.2} per event, {} before compression)",
            grouped(tally.raw_bytes)
        ));
    }
    out.line("");
    for (name, count) in survey.events_by_name() {
        out.line(format_args!("  {:>12}  {name}", grouped(count)));
    }
}

fn to_json(found: &Found<'_>, span: Span) -> Json {
    let Found {
        input,
        survey,
        completeness,
    } = found;
    let tally = &survey.total;
    let first = survey.segments.first();
    json!({
        "capture": input.path.display().to_string(),
        "derived": input.capture().map(told::json),
        "node": first.map(|segment| &segment.node),
        "boot_id": first.map(|segment| segment.boot_id.to_string()),
        "first_time": survey.realtime().map(|range| iso(range.first)),
        "last_time": survey.realtime().map(|range| iso(range.last)),
        "since": span.since.map(iso),
        "until": span.until.map(iso),
        "complete": completeness.evidence(tally) == Evidence::Whole,
        "gaps": completeness.gaps.iter().map(gap_json).collect::<Vec<_>>(),
        "unsealed_segments": tally.unsealed,
        "sampled": tally.sampled,
        "segments": survey.segments.iter().map(segment_json).collect::<Vec<_>>(),
        "events": tally.events,
        "events_by_type": survey.events_by_name().into_iter().map(|(name, count)| (name, Json::from(count))).collect::<serde_json::Map<_, _>>(),
        "event_bytes": tally.encoded_bytes,
        "event_bytes_uncompressed": tally.raw_bytes,
        "bytes_per_event": survey.bytes_per_event().filter(|_| span.is_open()),
        "state_rows": tally.state_rows,
        "lost": lost_json(tally),
        "skipped_items": tally.skipped_items,
        "damaged_places": tally.damaged_places,
        "damage": tally.damage.iter().map(|damage| json!({
            "segment": damage.segment,
            "offset": damage.offset,
            "bytes_skipped": damage.bytes_skipped,
            "what": damage.what.to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// When a segment was begun, where anybody knows.
fn begun(segment: &SegmentSurvey, zone: &Zone) -> Option<String> {
    (segment.created.is_known()).then(|| full(segment.created, zone))
}

fn segment_json(segment: &SegmentSurvey) -> Json {
    json!({
        "number": segment.number,
        "sealed": segment.is_sealed(),
        "begun": segment.created.is_known().then(|| iso(segment.created)),
        "events": segment.tally.events,
        "blocks": segment.tally.blocks,
        "state_rows": segment.tally.state_rows,
    })
}

fn gap_json(gap: &Gap) -> Json {
    json!({
        "kind": gap.kind.name(),
        "segment_before": gap.segment_before,
        "segment_after": gap.segment_after,
        "segments_missing": gap.segments_missing,
        "from_time": gap.from_time.map(iso),
        "to_time": gap.to_time.map(iso),
        "from_boottime_ns": gap.from_boottime_ns,
        "to_boottime_ns": gap.to_boottime_ns,
    })
}

fn lost_json(tally: &Tally) -> Json {
    let reasons = tally.losses.by_reason.iter().map(|((reason, lane), count)| {
        json!({"reason": reason.name(), "lane": lane.name(), "events": count})
    });
    json!({
        "events": tally.losses.events(),
        "intervals": tally.losses.intervals,
        "by_reason": reasons.collect::<Vec<_>>(),
    })
}
