//! What the columns of `events` cost: `cargo run --profile dist -p falco-benches --bin columns -- CAPTURE`.
//!
//! In: a capture. Out: for groups of columns the CPU time of a row on one thread, made and thrown away; the pass alone stands first, and each group without it beside.

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use falco_analyze::columns::{
    BatchSink, CaptureTables, Table, TableLayout, TableQuery, TableSource as _,
};
use falco_analyze::pipeline::{Flow, Input};
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
    fn batch(&mut self, batch: arrow_array::RecordBatch) -> io::Result<Flow> {
        std::hint::black_box(&batch);
        Ok(Flow::Continue)
    }
}

/// CPU time of the process so far, nanoseconds.
fn cpu_time() -> i64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Rows, states that were made for them, and nanoseconds of a row.
fn measure(arguments: &Arguments, layout: &TableLayout) -> Result<(u64, u64, f64)> {
    let (mut rows, mut states, mut least) = (0, 0, f64::INFINITY);
    for _ in 0..arguments.runs {
        let tables = CaptureTables::new(Input::open(&arguments.capture)?);
        let begun = cpu_time();
        let tally = tables.rows(layout, &TableQuery::default(), &mut Nowhere)?;
        let taken = (cpu_time() - begun) as f64;
        (rows, states) = (tally.rows, tally.states);
        least = least.min(taken / rows.max(1) as f64);
    }
    Ok((rows, states, least))
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let all = Table::Events.layout();
    let mut subjects: Vec<(&str, TableLayout)> = Vec::new();
    if arguments.columns.is_empty() {
        for (name, columns) in GROUPS {
            subjects.push((name, all.select(columns)?));
        }
        subjects.push(("default", all.defaults()));
        subjects.push(("all", all.select(&["all"])?));
    } else {
        subjects.push(("these", all.select(&arguments.columns)?));
    }
    println!("columns               count    ns/row  without the pass      rows/s  rows per state");
    let mut pass = None;
    for (name, layout) in &subjects {
        let (rows, states, ns) = measure(&arguments, layout)?;
        let pass = *pass.get_or_insert(ns);
        println!(
            "{name:<20} {:>6} {ns:>9.1} {:>17.1} {:>11.0} {:>15.1}",
            layout.columns().len(),
            ns - pass,
            1e9 / ns,
            rows as f64 / states.max(1) as f64,
        );
    }
    pass.context("nothing was measured")?;
    Ok(())
}
