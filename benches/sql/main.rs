//! The table of SQL: how fast tables are exported, how large they are, and what queries cost on the capture, on our Parquet, and on the same Parquet with DuckDB.
//!
//! `cargo bench --profile dist -p falco-benches --bench sql`, with `FALCO_PYTHON` for a Python that has DuckDB.
//! `FALCO_BENCH_EVENTS` is how many events the generated capture has (10M; 300K is done in a minute), `FALCO_BENCH_ROUNDS` how often each query is timed (3), `FALCO_BENCH_DIR` where captures and exports are made (below the temporary directory; 2 GB for 10M), `FALCO_BENCH_PROGRAMS` a directory with `falco-analyze` and `falco-analyze-sql` (built here in the same profile unless given, which takes long).
//! The best of the rounds is taken. Programs are measured from outside, so DataFusion is no part of this package.

mod engines;
mod export;
mod measured;
mod queries;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falco_analyze::pipeline::{Input, InputOutline};
use falco_analyze::time::iso;
use falco_benches::captures::Contents;
use falco_benches::goals::Goal;
use falco_benches::programs::built;
use falco_benches::statistics::{count_of, grouped};
use falco_format::UnixNanos;

use engines::Engines;
use measured::{Cost, MEASURE};

/// Of how much of the capture's time a query asks that asks for a time.
const PARTS: u64 = 100;
/// DuckDB keeps microseconds of what has a time zone: ends are whole milliseconds, so that the same events lie between them.
const MILLISECOND: u64 = 1_000_000;

/// What is measured.
pub(crate) struct Subject {
    /// Where everything is made.
    directory: PathBuf,
    capture: PathBuf,
    /// The export of `events`, and that of what queries ask beside them.
    tables: PathBuf,
    others: PathBuf,
    /// `falco-analyze` and `falco-analyze-sql`.
    analyzer: PathBuf,
    sql: PathBuf,
    events: f64,
    bytes: f64,
}

impl Subject {
    fn generate(events: u64, directory: &Path) -> Result<Self> {
        let programs = match std::env::var_os("FALCO_BENCH_PROGRAMS") {
            Some(programs) => PathBuf::from(programs),
            None => built(&["falco-analyze", "falco-sql"])?,
        };
        let capture = directory.join("capture");
        let named = capture.to_string_lossy();
        let generated = Cost::of(&["generate", &events.to_string(), &named])?;
        let bytes = Contents::of(&capture)?.bytes as f64;
        println!(
            "Generated, mixed load: {} events, {:.1} MB, {:.2} bytes per event",
            grouped(generated.rows as u64),
            bytes / 1e6,
            bytes / generated.rows.max(1.0),
        );
        Ok(Self {
            capture,
            tables: directory.join("tables"),
            others: directory.join("others"),
            directory: directory.to_owned(),
            analyzer: programs.join("falco-analyze"),
            sql: programs.join("falco-analyze-sql"),
            events: generated.rows,
            bytes,
        })
    }

    /// A part of the capture's time in its middle.
    fn middle(&self) -> Result<(String, String)> {
        let input = Input::open(&self.capture)?;
        let times = InputOutline::of(&input).times().context("no events")?;
        let whole = times.last.since(times.first);
        let rounded = |time: u64| UnixNanos(time / MILLISECOND * MILLISECOND);
        let since = rounded(times.first.0.saturating_add(whole / 2));
        let until = since.0.saturating_add((whole / PARTS).max(MILLISECOND));
        Ok((iso(since), iso(rounded(until))))
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((MEASURE, rest)) = arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return measured::measure(rest);
    }
    let events = setting("FALCO_BENCH_EVENTS", 10_000_000)?;
    let rounds = setting("FALCO_BENCH_ROUNDS", 3)?.max(1);
    let directory = match std::env::var_os("FALCO_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let subject = Subject::generate(events, directory.path())?;
    let mut goals: Vec<Goal> = export::table(&subject)?;
    let engines = Engines::find(&subject);
    let (since, until) = subject.middle()?;
    goals.extend(queries::table(&engines, (&since, &until), rounds)?);
    println!("\nMust reach");
    goals.iter().for_each(|goal| println!("{goal}"));
    Ok(())
}

fn setting(name: &str, default: u64) -> Result<u64> {
    let Some(text) = std::env::var_os(name) else {
        return Ok(default);
    };
    let text = text.to_string_lossy();
    count_of(&text).with_context(|| format!("{name} is a number, such as 300K, not {text}"))
}
