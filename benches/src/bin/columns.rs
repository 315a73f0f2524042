//! What the columns of `events` cost: `cargo run --profile dist -p falco-benches --bin columns -- CAPTURE`.
//!
//! In: a capture. Out: for groups of columns the CPU time of a row on one thread, made and thrown away; the pass alone stands first, and each group without it beside.
//! With `--parquet` also what it takes to write ready-made rows as Parquet, and how many bytes of a file a row is; with `--each` a line for every column instead of groups.

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use arrow_array::RecordBatch;
use clap::Parser;
use falco_analyze::columns::{
    BatchSink, CaptureTables, Table, TableLayout, TableQuery, TableSource as _,
};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions, Provenance};
use falco_analyze::pipeline::{Flow, Input, Part};
use rustix::time::{ClockId, clock_gettime};

/// Measure what columns cost
#[derive(Parser)]
struct Arguments {
    /// The capture
    capture: PathBuf,
    /// These columns alone, separated by commas
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// How often each is measured; the least counts
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Also write the rows as Parquet
    #[arg(long)]
    parquet: bool,
    /// Every column by itself, instead of groups
    #[arg(long)]
    each: bool,
}

/// What is measured, by the names of columns.
const GROUPS: [(&str, &[&str]); 10] = [
    ("the pass alone", &["cpu"]),
    (
        "times and evidence",
        &[
            "evt_time",
            "node",
            "complete",
            "boot_id",
            "cpu",
            "boottime_ns",
            "capture",
            "segment",
            "position",
        ],
    ),
    (
        "event",
        &[
            "evt_type",
            "evt_category",
            "evt_res",
            "evt_rawres",
            "evt_failed",
        ],
    ),
    (
        "process",
        &[
            "thread_tid",
            "proc_pid",
            "proc_ppid",
            "proc_name",
            "proc_exepath",
            "proc_cmdline",
            "proc_pname",
        ],
    ),
    ("user", &["user_uid", "user_name"]),
    (
        "container",
        &[
            "container_id",
            "container_name",
            "container_image",
            "k8s_ns_name",
            "k8s_pod_name",
        ],
    ),
    (
        "descriptor",
        &[
            "fd_num",
            "fd_type",
            "fd_name",
            "fd_l4proto",
            "fd_cip",
            "fd_cport",
            "fd_sip",
            "fd_sport",
        ],
    ),
    ("flags", &["evt_arg_flags"]),
    (
        "paths",
        &["fs_path_name", "fs_path_source", "fs_path_target"],
    ),
    ("args", &["args"]),
];

/// Throws batches away.
struct Nowhere;

impl BatchSink for Nowhere {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        std::hint::black_box(&batch);
        Ok(Flow::Continue)
    }
}

/// Keeps batches.
#[derive(Default)]
struct Kept(Vec<RecordBatch>);

impl BatchSink for Kept {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.0.push(batch);
        Ok(Flow::Continue)
    }
}

/// CPU time of the process so far, nanoseconds.
fn cpu_time() -> i64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// What rows of some columns cost.
struct Cost {
    rows: u64,
    /// States that were made for them.
    states: u64,
    /// Nanoseconds of a row.
    ns: f64,
}

fn measure(arguments: &Arguments, layout: &TableLayout) -> Result<Cost> {
    let (mut rows, mut states, mut ns) = (0, 0, f64::INFINITY);
    for _ in 0..arguments.runs {
        let tables = CaptureTables::new(Input::open(&arguments.capture)?);
        let begun = cpu_time();
        let tally = tables.rows(layout, &TableQuery::default(), &mut Nowhere)?;
        let taken = (cpu_time() - begun) as f64;
        (rows, states) = (tally.rows, tally.states);
        ns = ns.min(taken / rows.max(1) as f64);
    }
    Ok(Cost { rows, states, ns })
}

/// What it takes to write ready-made rows: nanoseconds and bytes of a row.
fn measure_parquet(arguments: &Arguments, layout: &TableLayout) -> Result<(f64, f64)> {
    let input = Input::open(&arguments.capture)?;
    let provenance = Provenance::of(&input, &Part::whole());
    let mut kept = Kept::default();
    let tally = CaptureTables::new(input).rows(layout, &TableQuery::default(), &mut kept)?;
    let rows = tally.rows.max(1) as f64;
    let (mut ns, mut bytes) = (f64::INFINITY, 0);
    for _ in 0..arguments.runs {
        let directory = tempfile::tempdir()?;
        let layouts = std::slice::from_ref(layout);
        let begun = cpu_time();
        let mut export =
            ParquetExport::create(directory.path(), layouts, ParquetOptions::default())?;
        export.capture(&provenance)?;
        for sink in &mut export.sinks() {
            for batch in &kept.0 {
                sink.batch(batch.clone())?;
            }
        }
        bytes = export.finish()?.iter().map(|table| table.bytes).sum();
        ns = ns.min((cpu_time() - begun) as f64 / rows);
    }
    Ok((ns, bytes as f64 / rows))
}

/// What is measured: names, and columns.
fn subjects(arguments: &Arguments) -> Result<Vec<(String, TableLayout)>> {
    let all = Table::Events.layout();
    if !arguments.columns.is_empty() && !arguments.each {
        return Ok(vec![("these".to_owned(), all.select(&arguments.columns)?)]);
    }
    let mut subjects = Vec::new();
    if arguments.each {
        let [(pass, columns), ..] = GROUPS;
        subjects.push((pass.to_owned(), all.select(columns)?));
        let names = match &arguments.columns[..] {
            [] => &["all".to_owned()][..],
            names => names,
        };
        for column in all.select(names)?.columns() {
            subjects.push((column.name.clone(), all.select(&[&column.name])?));
        }
        return Ok(subjects);
    }
    for (name, columns) in GROUPS {
        subjects.push((name.to_owned(), all.select(columns)?));
    }
    subjects.push(("default".to_owned(), all.defaults()));
    subjects.push(("all".to_owned(), all.select(&["all"])?));
    Ok(subjects)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    print!("columns               count    ns/row  without the pass      rows/s  rows per state");
    println!(
        "{}",
        if arguments.parquet {
            "  Parquet ns/row   B/row"
        } else {
            ""
        }
    );
    let mut pass = None;
    for (name, layout) in &subjects(&arguments)? {
        let Cost { rows, states, ns } = measure(&arguments, layout)?;
        let pass = *pass.get_or_insert(ns);
        print!(
            "{name:<20} {:>6} {ns:>9.1} {:>17.1} {:>11.0} {:>15.1}",
            layout.columns().len(),
            ns - pass,
            1e9 / ns,
            rows as f64 / states.max(1) as f64,
        );
        if arguments.parquet {
            let (ns, bytes) = measure_parquet(&arguments, layout)?;
            print!(" {ns:>15.1} {bytes:>7.2}");
        }
        println!();
    }
    pass.context("nothing was measured")?;
    Ok(())
}
