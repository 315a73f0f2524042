//! The table of replay: how fast captures are judged, beside `zstd -d` and `gzip -dc` of the same events in the same run.
//!
//! `cargo bench --profile dist -p falco-benches --bench replay`, with `FALCO_REFERENCE` for the stock rules and the largest capture of the reference data.
//! `FALCO_BENCH_EVENTS` is how many events the generated captures have (10M; 300K is done in a minute), `FALCO_BENCH_LARGE` how many the one has whose memory is looked at (five times as many), `FALCO_BENCH_ROUNDS` how often each row is timed (3), `FALCO_BENCH_DIR` where captures are made (below the temporary directory; 2 GB for 10M).
//! The rounds of all rows take turns, so that a busy machine slows them alike, and the best of each is taken.
//! Loading of rules is not timed. Falco's figures are those published of Falco 0.44.1 for the first capture; it is not run.

mod compared;
mod measured;
mod subjects;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falco_benches::generate::Load;
use falco_benches::goals::{Bound, Goal};
use falco_benches::statistics::{count_of, grouped};

use measured::{Cost, MEASURE, Rules, measure};
use subjects::{LEVEL, SEGMENT_BYTES, alone, generated, large};
use table::Table;

/// Bytes of the capture of which the memory is asked.
const MEMORY_OF: f64 = 10e9;
/// Bytes of a segment of the capture of which one minute is read: few, so that a capture of some millions of events has as many segments as a day has.
const MINUTE_SEGMENT_BYTES: u64 = 128 << 10;
/// Rows of its blocks: those of half a second of a node that is not busy.
const MINUTE_BLOCK_ROWS: usize = 4_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((MEASURE, rest)) = arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return measure(rest);
    }
    let events = setting("FALCO_BENCH_EVENTS", 10_000_000)?;
    let many = setting("FALCO_BENCH_LARGE", events.saturating_mul(5))?;
    let rounds = setting("FALCO_BENCH_ROUNDS", 3)?;
    let reference = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from);
    let directory = match std::env::var_os("FALCO_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let mut subjects = Vec::new();
    match &reference {
        Some(reference) => subjects.push(large(reference, directory.path())?),
        None => println!("live-large and the stock rules are left out: FALCO_REFERENCE is not set"),
    }
    for load in [(Load::Mixed, "mixed"), (Load::Forks, "forks")] {
        subjects.push(generated(load, events, directory.path())?);
    }
    let mut tables: Vec<Table> = subjects
        .into_iter()
        .map(|subject| Table::of(subject, reference.is_some()))
        .collect();
    for _ in 0..rounds {
        tables.iter_mut().try_for_each(Table::time)?;
    }
    tables.iter_mut().try_for_each(Table::look)?;
    println!(
        "zstd: its library unpacks the same events as .scap of level {LEVEL}, to nowhere; x zstd: CPU seconds by its CPU seconds"
    );
    tables.iter().for_each(Table::print);
    let rules = if reference.is_some() {
        Rules::All
    } else {
        Rules::None
    };
    let mut goals: Vec<Goal> = tables.iter().flat_map(Table::goals).collect();
    goals.push(memory((events, many), rules, directory.path())?);
    goals.push(minute(events, rules, rounds, directory.path())?);
    println!("\nMust reach");
    goals.iter().for_each(|goal| println!("{goal}"));
    Ok(())
}

/// The peak of two captures of a mixed load, and what it would be of a much larger one if it went on so.
fn memory((few, many): (u64, u64), rules: Rules, directory: &Path) -> Result<Goal> {
    println!("\nMemory, {}, one thread", rules.name());
    let mut measured = [(0.0, 0.0); 2];
    for ((name, events), place) in [("few", few), ("many", many)]
        .into_iter()
        .zip(&mut measured)
    {
        let (capture, bytes) = alone(events, (SEGMENT_BYTES, None), (directory, name))?;
        let cost = Cost::of(&["pass", &capture.to_string_lossy(), rules.name(), "1"])?;
        std::fs::remove_dir_all(&capture)?;
        println!(
            "{} events in {:.0} MB: peak {:.0} MB, {:.2} s of CPU",
            grouped(events),
            bytes as f64 / 1e6,
            cost.peak / 1e6,
            cost.cpu
        );
        *place = (bytes as f64, cost.peak);
    }
    let [(small, less), (bytes, more)] = measured;
    let growth = (more - less).max(0.0) / (bytes - small).max(1.0);
    let projected = (more + growth * (MEMORY_OF - bytes).max(0.0)) / 1e6;
    println!(
        "grows by {:.1} MB for each GB: {projected:.0} MB of 10 GB, as a straight line through both",
        growth * 1e3
    );
    let what = "memory of a capture of 10 GB, projected, MB";
    Ok(Goal::new(what, Bound::AtMost(300.0), projected))
}

/// How much faster a minute of a day is than the day: 1/1440 of a capture's time from its middle on, in segments as many as a day has.
fn minute(events: u64, rules: Rules, rounds: u64, directory: &Path) -> Result<Goal> {
    let (capture, bytes) = alone(
        events,
        (MINUTE_SEGMENT_BYTES, Some(MINUTE_BLOCK_ROWS)),
        (directory, "day"),
    )?;
    let capture = capture.to_string_lossy();
    let mut best: Option<(Cost, Cost)> = None;
    for _ in 0..rounds.max(1) {
        let day = Cost::of(&["pass", &capture, rules.name(), "1"])?;
        let minute = Cost::of(&["minute", &capture, rules.name()])?;
        let (of_day, of_minute) = best.unwrap_or((day, minute));
        best = Some((of_day.best(day), of_minute.best(minute)));
    }
    let (day, minute) = best.unwrap_or_default();
    println!(
        "\nOne of 1,440 parts of {} events in {} segments at most, {}, one thread: {:.4} s of CPU for {} events; all {:.3} s",
        grouped(events),
        bytes.div_ceil(MINUTE_SEGMENT_BYTES),
        rules.name(),
        minute.cpu,
        grouped(minute.events as u64),
        day.cpu
    );
    let what = "a minute of a day, times as fast as the day";
    Ok(Goal::new(what, Bound::AtLeast(100.0), day.cpu / minute.cpu))
}

fn setting(name: &str, default: u64) -> Result<u64> {
    let Some(text) = std::env::var_os(name) else {
        return Ok(default);
    };
    let text = text.to_string_lossy();
    count_of(&text).with_context(|| format!("{name} is a number, such as 300K, not {text}"))
}
