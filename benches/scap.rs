//! How fast `.scap` files are read and replayed, beside the captures that they are imported to.
//!
//! `cargo bench --profile dist -p falco-benches --bench scap [-- FILE.scap]`, with `FALCO_REFERENCE` for the stock rules and the largest file of the reference data.
//! One thread. The rounds of all rows take turns, so that a busy host slows them alike; the best of each and the median are printed.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Demand, Flow, Input, Judge, Observer, Opened, PassOptions, Seen, run_pass,
};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_analyze::scap::{ImportOptions, import};
use falco_benches::statistics::{grouped, median};
use falco_format::Item;
use falco_rules::{RuleMatching, RuleSet, Selection};

/// How often each row is timed.
const ROUNDS: usize = 5;
/// Bytes of a segment of the import: what the recorder writes.
const SEGMENT_BYTES: u64 = 64 << 20;
/// The stock rule files, in the order in which they are loaded.
const RULE_FILES: [&str; 3] = [
    "rules/falco_rules.yaml",
    "rules/falco-incubating_rules.yaml",
    "rules/falco-sandbox_rules.yaml",
];

fn main() -> Result<()> {
    let reference = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from);
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let file = match (given, &reference) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(reference)) => reference.join("captures/live-large.scap.gz"),
        (None, None) => {
            println!("skipped: give a .scap file, or the reference data by FALCO_REFERENCE");
            return Ok(());
        }
    };
    let directory = tempfile::tempdir()?;
    let inputs = inputs(&file, directory.path())?;
    let rules = match &reference {
        Some(reference) => vec![
            ("stock rules", rules(reference, 1)?),
            ("all rules", rules(reference, RULE_FILES.len())?),
        ],
        None => Vec::new(),
    };
    let events = read(&inputs[0].1);
    println!("{}: {} events", file.display(), grouped(events));
    let mut rows = Vec::new();
    for (from, input) in &inputs {
        rows.push(Row::new(format!("{from}: read"), input, None));
        for (name, rules) in &rules {
            rows.push(Row::new(format!("{from}: {name}"), input, Some(rules)));
        }
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.time()?;
        }
    }
    for row in &rows {
        row.print(events);
    }
    Ok(())
}

/// The file as it is, plain, and as a capture.
fn inputs(file: &Path, directory: &Path) -> Result<Vec<(&'static str, Input)>> {
    let given = Input::open(file)?;
    let Opened::Scap(scap) = &given.opened else {
        bail!("{} is no .scap file", file.display());
    };
    let capture = directory.join("capture");
    let options = ImportOptions {
        segment_bytes: SEGMENT_BYTES,
    };
    import(scap, &capture, options, |_| Flow::Continue)?;
    let plain = directory.join("plain.scap");
    io::copy(&mut scap.unpacked()?, &mut std::fs::File::create(&plain)?)?;
    Ok(vec![
        ("as given", given),
        ("plain", Input::open(&plain)?),
        ("imported", Input::open(&capture)?),
    ])
}

fn rules(reference: &Path, files: usize) -> Result<RuleSet> {
    let paths: Vec<PathBuf> = RULE_FILES
        .iter()
        .take(files)
        .map(|file| reference.join(file))
        .collect();
    let loaded = load_rules(&SCHEMA, &read_rule_files(&paths)?, &Selection::default());
    loaded.rules.context("the stock rules do not load")
}

/// Walks the items and counts events: no row is looked at.
fn read(input: &Input) -> u64 {
    input
        .items()
        .map(|item| match item {
            Item::Events(block) => block.rows() as u64,
            _ => 0,
        })
        .sum()
}

/// What is timed, and how long it took.
struct Row<'a> {
    name: String,
    input: &'a Input,
    rules: Option<&'a RuleSet>,
    seconds: Vec<f64>,
    alerts: u64,
}

impl<'a> Row<'a> {
    fn new(name: String, input: &'a Input, rules: Option<&'a RuleSet>) -> Self {
        Row {
            name,
            input,
            rules,
            seconds: Vec::new(),
            alerts: 0,
        }
    }

    fn time(&mut self) -> Result<()> {
        let started = Instant::now();
        match self.rules {
            None => {
                read(self.input);
            }
            Some(rules) => {
                let mut judging = Judging(Judge::new(rules, &SCHEMA, RuleMatching::First));
                let demand = Demand::of_rules(rules);
                run_pass(self.input, &demand, PassOptions::default(), &mut judging)?;
                self.alerts = judging.0.tally().alerts();
            }
        }
        self.seconds.push(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn print(&self, events: u64) {
        let best = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let median = median(&self.seconds);
        println!(
            "{:<24} {:>9.1} ms {:>12.0} events/s (best {:>12.0}) {:>6} alerts",
            self.name,
            median * 1e3,
            events as f64 / median,
            events as f64 / best,
            self.alerts,
        );
    }
}

struct Judging<'r>(Judge<'r>);

impl Observer for Judging<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.0.judge(seen, |_| Ok(()))?;
        Ok(Flow::Continue)
    }
}
