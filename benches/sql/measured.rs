//! One measurement in a process of its own: what a program took is what the kernel counted of the only child of a process, and what rows took was counted around the rows.
//!
//! In: arguments. Out: one line of numbers, which [`Cost::of`] reads again.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use arrow_array::RecordBatch;
use falco_analyze::columns::{
    BatchSink, CaptureTables, Table, TableLayout, TableQuery, TableSource as _,
};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions};
use falco_analyze::pipeline::{Flow, Input};
use falco_benches::generate::Generator;
use falco_benches::programs::run;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// The first argument of a process that measures.
pub(crate) const MEASURE: &str = "measure";
/// Where a program tells what its work alone took: the seconds of user CPU stand behind it on stderr.
const TOLD: &str = "user seconds: ";
/// Rows that Parquet's writer is given: what fits into memory whole.
const READY_ROWS: u64 = 1_000_000;
/// The seed of the generated capture.
const SEED: u64 = 1;
/// A day has so many segments at least: the recorder begins one every ten minutes.
const DAY_SEGMENTS: u64 = 144;
/// About what an event of the capture takes.
const EVENT_BYTES: u64 = 9;

/// What a measurement took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Seconds on the wall.
    pub(crate) wall: f64,
    /// Seconds of CPU in the program, and in the kernel for it.
    pub(crate) user: f64,
    pub(crate) system: f64,
    /// The most memory that the process had, in bytes.
    pub(crate) peak: f64,
    /// Rows, where they were counted.
    pub(crate) rows: f64,
}

impl Cost {
    /// Measures in another process.
    pub(crate) fn of<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let said = run(command.arg(MEASURE).args(arguments))?;
        let numbers: Vec<f64> = said
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [wall, user, system, peak, rows] = numbers[..] else {
            bail!("not five numbers: {said}");
        };
        Ok(Cost {
            wall,
            user,
            system,
            peak,
            rows,
        })
    }

    /// The smaller time of each, since a neighbour only ever adds, and the greater peak.
    pub(crate) fn best(self, other: Cost) -> Cost {
        Cost {
            wall: self.wall.min(other.wall),
            user: self.user.min(other.user),
            system: self.system.min(other.system),
            peak: self.peak.max(other.peak),
            ..other
        }
    }

    /// Rows per second of CPU, in the program and in the kernel.
    pub(crate) fn rate(self) -> f64 {
        self.rows / (self.user + self.system)
    }
}

/// The process that measures: `generate EVENTS CAPTURE`, `program OUTPUT PROGRAM…`, `first PROGRAM…`, `rows CAPTURE COLUMNS`, or `writer CAPTURE COLUMNS DIRECTORY`.
pub(crate) fn measure(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cost = match words[..] {
        ["generate", events, capture] => generate(events.parse()?, Path::new(capture))?,
        ["program", output, ref program @ ..] => whole(Path::new(output), &command(program)?)?,
        ["first", ref program @ ..] => first_row(&mut command(program)?)?,
        ["rows", capture, columns] => rows(capture, &layout(columns)?)?,
        ["writer", capture, columns, directory] => {
            writer(capture, &layout(columns)?, Path::new(directory))?
        }
        _ => bail!("nothing that can be measured: {arguments:?}"),
    };
    println!(
        "{} {} {} {} {}",
        cost.wall, cost.user, cost.system, cost.peak, cost.rows
    );
    Ok(())
}

fn command(words: &[&str]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("which program")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Ok(command)
}

/// Writes the capture; where this process did it, the one that starts the others stays small, whose size they begin with.
fn generate(events: u64, capture: &Path) -> Result<Cost> {
    let begun = Instant::now();
    let mut generator = Generator::new(events, SEED);
    generator.segment_bytes = events.saturating_mul(EVENT_BYTES) / DAY_SEGMENTS;
    let generated = generator.write(capture)?;
    Ok(Cost {
        rows: generated.events as f64,
        ..of_usage(&getrusage(UsageWho::RUSAGE_SELF)?, begun)
    })
}

/// A program from its start to its end.
fn whole(output: &Path, command: &Command) -> Result<Cost> {
    let begun = Instant::now();
    let mut again = Command::new(command.get_program());
    let done = again
        .args(command.get_args())
        .stdin(Stdio::null())
        .stdout(File::create(output)?)
        .stderr(Stdio::piped())
        .spawn()?
        .wait_with_output()?;
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    ensure!(
        done.status.success(),
        "{command:?}: {}\n{told}",
        done.status
    );
    let mut cost = of_usage(&getrusage(UsageWho::RUSAGE_CHILDREN)?, begun);
    if let Some(seconds) = told.lines().find_map(|line| line.strip_prefix(TOLD)) {
        cost.user = seconds.trim().parse()?;
    }
    Ok(cost)
}

/// A program from its start to the first row that it prints behind its header; then it is ended.
fn first_row(command: &mut Command) -> Result<Cost> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("standard output")?);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    line.clear();
    let read = lines.read_line(&mut line)?;
    let wall = begun.elapsed().as_secs_f64();
    // It may have ended by itself.
    let _ = child.kill();
    child.wait()?;
    ensure!(read > 0, "{command:?}: no row");
    Ok(Cost {
        wall,
        ..of_usage(&getrusage(UsageWho::RUSAGE_CHILDREN)?, begun)
    })
}

fn of_usage(usage: &Usage, begun: Instant) -> Cost {
    Cost {
        wall: begun.elapsed().as_secs_f64(),
        user: seconds(usage.user_time()),
        system: seconds(usage.system_time()),
        peak: usage.max_rss() as f64 * 1024.0,
        rows: 0.0,
    }
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// What a piece of this process's work takes.
fn during(work: impl FnOnce() -> Result<u64>) -> Result<Cost> {
    let before = getrusage(UsageWho::RUSAGE_SELF)?;
    let begun = Instant::now();
    let rows = work()?;
    let after = of_usage(&getrusage(UsageWho::RUSAGE_SELF)?, begun);
    Ok(Cost {
        user: after.user - seconds(before.user_time()),
        system: after.system - seconds(before.system_time()),
        rows: rows as f64,
        ..after
    })
}

/// The rows made, and thrown away.
fn rows(capture: &str, layout: &TableLayout) -> Result<Cost> {
    let mut sink = Rows::default();
    during(|| {
        scan(capture, layout, &mut sink)?;
        Ok(sink.rows)
    })
}

/// Rows that are there already, written as an export writes them.
fn writer(capture: &str, layout: &TableLayout, directory: &Path) -> Result<Cost> {
    let mut ready = Rows {
        most: READY_ROWS,
        ..Rows::default()
    };
    scan(capture, layout, &mut ready)?;
    let options = ParquetOptions {
        force: true,
        ..ParquetOptions::default()
    };
    during(|| {
        let layouts = std::slice::from_ref(layout);
        let mut export = ParquetExport::create(directory, layouts, options)?;
        let mut sinks = export.sinks();
        let sink = sinks.first_mut().context("a table")?;
        for batch in ready.batches {
            sink.batch(batch)?;
        }
        drop(sinks);
        let written = export.finish()?;
        Ok(written.first().context("a table")?.rows)
    })
}

fn layout(columns: &str) -> Result<TableLayout> {
    let all = Table::Events.layout();
    Ok(match columns {
        "default" => all.defaults(),
        columns => all.select(&columns.split(',').collect::<Vec<_>>())?,
    })
}

fn scan(capture: &str, layout: &TableLayout, sink: &mut Rows) -> Result<()> {
    let input = Input::open(Path::new(capture))?;
    let tables = CaptureTables::new(input).with_threads(NonZeroUsize::MIN);
    tables.rows(layout, &TableQuery::default(), sink)?;
    Ok(())
}

/// Counts rows, and keeps as many as are wanted.
#[derive(Default)]
struct Rows {
    batches: Vec<RecordBatch>,
    rows: u64,
    /// How many are wanted; none are kept where that is zero.
    most: u64,
}

impl BatchSink for Rows {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.rows += batch.num_rows() as u64;
        if self.most == 0 {
            std::hint::black_box(&batch);
            return Ok(Flow::Continue);
        }
        self.batches.push(batch);
        Ok(if self.rows >= self.most {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}
