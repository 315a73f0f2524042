//! What a row costs on one thread: to be decoded, to change the state, to be shown, to be judged.
//!
//! `cargo bench --profile dist -p falco-benches --bench rows [-- CAPTURE [RULES]...]`.
//! Without a capture it takes the kept one, which is small; without rules the default ones.
//! Each block is gone over three times by cursors of their own, that advance, show to nobody, and judge; a stage is the difference to the one before.
//! Nanoseconds are of a row of the capture, decoded or not, in the fastest of the rounds.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Cursor, Decoded, Demand, Flow, Input, Interest, Judge, Observer, PassOptions, Seen, open_inputs,
};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_benches::programs::root;
use falco_benches::statistics::grouped;
use falco_format::Item;
use falco_rules::{RuleMatching, RuleSet, Selection};

/// How often the capture is read.
const ROUNDS: usize = 7;

/// Time of each stage, in the order in which a row goes through them.
#[derive(Clone, Copy, Default)]
struct Times {
    decode: Duration,
    advance: Duration,
    show: Duration,
    judge: Duration,
}

impl Times {
    /// What is shorter of each.
    fn best(self, other: Times) -> Times {
        Times {
            decode: self.decode.min(other.decode),
            advance: self.advance.min(other.advance),
            show: self.show.min(other.show),
            judge: self.judge.min(other.judge),
        }
    }
}

/// Is shown events and does nothing.
struct Nobody {
    shown: u64,
}

impl Observer for Nobody {
    fn event(&mut self, _: &Seen<'_>) -> io::Result<Flow> {
        self.shown += 1;
        Ok(Flow::Continue)
    }
}

/// Judges them.
struct Judging<'r> {
    judge: Judge<'r>,
    alerts: u64,
}

impl Observer for Judging<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let alerts = &mut self.alerts;
        self.judge.each(seen, |_| *alerts += 1);
        Ok(Flow::Continue)
    }
}

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1);
    let mut paths = arguments
        .filter(|argument| !argument.starts_with('-'))
        .map(PathBuf::from);
    let capture = paths.next();
    let capture = capture.unwrap_or_else(|| root().join("corpus/first-light/capture"));
    let mut rules: Vec<PathBuf> = paths.collect();
    if rules.is_empty() {
        rules.push(root().join("rules/default"));
    }
    let loaded = load_rules(&SCHEMA, &read_rule_files(&rules)?, &Selection::default());
    let rules = loaded.rules.context("the rules have errors")?;
    for input in &open_inputs(&[capture])? {
        measure(input, &rules)?;
    }
    Ok(())
}

fn measure(input: &Input, rules: &RuleSet) -> Result<()> {
    let mut best: Option<Times> = None;
    let (mut rows, mut shown, mut alerts) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let mut nobody = Nobody { shown: 0 };
        let mut judging = Judging {
            judge: Judge::new(rules, &SCHEMA, RuleMatching::First),
            alerts: 0,
        };
        let (times, count) = round(input, &Demand::of_rules(rules), &mut nobody, &mut judging)?;
        best = Some(best.map_or(times, |best| best.best(times)));
        (rows, shown, alerts) = (count, nobody.shown, judging.alerts);
    }
    let times = best.unwrap_or_default();
    println!(
        "{}: {} rows, {} shown, {} alerts by {} rules",
        input.path.display(),
        grouped(rows),
        grouped(shown),
        grouped(alerts),
        rules.rules().len()
    );
    let stages = [
        ("decoding", times.decode),
        ("state", times.advance),
        ("showing", times.show.saturating_sub(times.advance)),
        ("rules", times.judge.saturating_sub(times.show)),
        ("all", times.decode + times.judge),
    ];
    for (name, time) in stages {
        let per_row = time.as_secs_f64() * 1e9 / rows.max(1) as f64;
        println!(
            "{name:<12} {:>10.1} ms {per_row:>8.1} ns per row",
            time.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

/// Reads the capture once.
fn round(
    input: &Input,
    demand: &Demand,
    nobody: &mut Nobody,
    judging: &mut Judging<'_>,
) -> io::Result<(Times, u64)> {
    let options = PassOptions::default();
    let mut cursors = [(); 3].map(|()| Cursor::new(&options, None));
    let (mut times, mut rows) = (Times::default(), 0);
    for item in input.items() {
        let [advances, shows, judges] = &mut cursors;
        let Item::Events(block) = &item else {
            for cursor in [advances, shows, judges] {
                let _ = cursor.item(&item);
            }
            continue;
        };
        rows += block.rows() as u64;
        let started = Instant::now();
        let decoded = Decoded::new(block, demand, advances.dialect(), Interest::Rows);
        times.decode += started.elapsed();
        let started = Instant::now();
        advances.advance(block, &decoded);
        times.advance += started.elapsed();
        let started = Instant::now();
        shows.walk(block, &decoded, demand, nobody)?;
        times.show += started.elapsed();
        let started = Instant::now();
        judges.walk(block, &decoded, demand, judging)?;
        times.judge += started.elapsed();
    }
    Ok((times, rows))
}
