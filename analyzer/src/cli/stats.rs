//! `--stats`: what a command spent its time on, on stderr behind everything else.
//!
//! In: the sums of a pass. Out: a table for people, or one JSON object in a line where results are JSON.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use falco_analyze::pipeline::{Stage, Stats, Tally};
use falco_format::text::{Lines, count};
use serde_json::{Value as Json, json};

use super::args::Format;
use super::notice;
use super::summary::grouped;

/// Whether to tell what was spent.
#[derive(Args)]
pub(crate) struct StatsArgs {
    /// Tell on stderr what the time was spent on: by stage, rows walked by event type, threads, serial share
    #[arg(long)]
    stats: bool,
}

impl StatsArgs {
    /// Where it is added up.
    pub(crate) fn asked(&self) -> Option<Arc<Stats>> {
        self.stats.then(Arc::default)
    }
}

/// What stages are called.
fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Read => "read",
        Stage::Decode => "decode",
        Stage::State => "state",
        Stage::Again => "state_again",
        Stage::Clone => "clone",
        Stage::Collect => "evaluate",
        Stage::Sink => "output",
    }
}

/// What stages are, for people.
fn about(stage: Stage) -> &'static str {
    match stage {
        Stage::Read => "finding items; of .scap files decompressing and parsing them too",
        Stage::Decode => "decompressing blocks and decoding their columns",
        Stage::State => "applying rows and snapshots to the state",
        Stage::Again => "applying rows that a worker applies as well",
        Stage::Clone => "copying the state for workers",
        Stage::Collect => "rules, filters and templates",
        Stage::Sink => "printing and writing",
    }
}

/// Sums, most first.
struct Walked(Vec<(String, u64)>);

impl Walked {
    fn of(stats: &Stats) -> Walked {
        let mut walked: Vec<_> = stats.walked().into_iter().collect();
        walked.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Walked(walked)
    }

    fn rows(&self) -> u64 {
        self.0.iter().map(|(_, rows)| rows).sum()
    }
}

/// Tells.
pub(crate) fn tell(stats: &Stats, tally: &Tally, elapsed: Duration, format: Format) {
    let mut lines = Lines::new();
    match format {
        Format::Text => push_text(stats, tally, elapsed, &mut lines),
        Format::Json => lines.line(as_json(stats, tally, elapsed)),
    }
    notice::tell(&lines);
}

/// Nanoseconds of a stage for each of so many, where there are any.
fn each(time: Duration, of: u64) -> Option<u128> {
    time.as_nanos().checked_div(u128::from(of))
}

/// What a stage's time is divided by.
fn parts(stage: Stage, stats: &Stats, rows: u64) -> Option<(u64, &'static str)> {
    match stage {
        Stage::Decode | Stage::State => Some((rows, "row")),
        Stage::Collect => Some((stats.shown(), "evaluation")),
        Stage::Clone => Some((stats.windows().0, "copy")),
        Stage::Read | Stage::Again | Stage::Sink => None,
    }
}

fn push_text(stats: &Stats, tally: &Tally, elapsed: Duration, out: &mut Lines) {
    let walked = Walked::of(stats);
    let times = Stage::ALL.map(|stage| (stage, stats.time(stage)));
    let all: Duration = times.iter().map(|(_, time)| *time).sum();
    out.line("Processor time, of all threads together:");
    for (stage, time) in times {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
        let each = parts(stage, stats, walked.rows())
            .and_then(|(of, what)| Some(format!(", {} ns for each {what}", each(time, of)?)));
        out.line(format_args!(
            "  {:>8.3} s  {share:>3.0} %  {:<11}  {}{}",
            time.as_secs_f64(),
            name(stage),
            about(stage),
            each.unwrap_or_default()
        ));
    }
    let threads = stats.threads();
    let busiest = threads.iter().max().copied().unwrap_or_default();
    let (given, kept) = stats.windows();
    out.line(format_args!(
        "Threads: {}, the busiest {:.3} s of {:.3} s; {} given to workers, {} not",
        count(threads.len() as u64, "thread"),
        busiest.as_secs_f64(),
        elapsed.as_secs_f64(),
        count(given, "window"),
        grouped(kept)
    ));
    out.line(format_args!(
        "Serial share: {:.0} % of one thread's work",
        100.0 * stats.serial_share()
    ));
    out.line(format_args!(
        "Bytes of blocks: {} read, {} decompressed",
        grouped(tally.encoded_bytes),
        grouped(stats.decompressed())
    ));
    out.line(format_args!(
        "Evaluated: {}; walked: {} of {}",
        count(stats.shown(), "event"),
        count(walked.rows(), "row"),
        grouped(tally.events)
    ));
    let state = tally.state.named();
    let state = state.iter().filter(|(_, number)| *number > 0);
    let state: Vec<_> = state
        .map(|(name, number)| format!("{name} {}", grouped(*number)))
        .collect();
    if !state.is_empty() {
        out.line(format_args!("State: {}", state.join(", ")));
    }
    for (event, rows) in &walked.0 {
        out.line(format_args!("  {:>11}  {event}", grouped(*rows)));
    }
}

fn as_json(stats: &Stats, tally: &Tally, elapsed: Duration) -> impl fmt::Display {
    let seconds = |time: Duration| Json::from(time.as_secs_f64());
    let stages = Stage::ALL.map(|stage| (name(stage).to_owned(), seconds(stats.time(stage))));
    let walked = Walked::of(stats);
    let rows = walked.rows();
    let by_event = walked.0.into_iter();
    let by_event: serde_json::Map<_, _> = by_event
        .map(|(event, rows)| (event, Json::from(rows)))
        .collect();
    let (given, kept) = stats.windows();
    let state = tally.state.named().into_iter();
    let state = state.map(|(name, number)| (name.to_owned(), Json::from(number)));
    let threads: Vec<_> = stats.threads().into_iter().map(seconds).collect();
    json!({ "stats": {
        "elapsed_s": elapsed.as_secs_f64(),
        "stages_s": Json::Object(stages.into_iter().collect()),
        "threads_s": threads,
        "serial_share": stats.serial_share(),
        "windows_given": given,
        "windows_kept": kept,
        "bytes_read": tally.encoded_bytes,
        "bytes_decompressed": stats.decompressed(),
        "events": tally.events,
        "evaluations": stats.shown(),
        "rows_walked": rows,
        "rows_by_event": by_event,
        "state": Json::Object(state.collect()),
    }})
}
