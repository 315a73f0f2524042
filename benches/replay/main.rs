//! The table of replay: how fast captures are judged, beside `zstd -d` and `gzip -dc` of the same events in the same run.
//!
//! `cargo bench --profile dist -p falco-benches --bench replay`, with `FALCO_REFERENCE` for the stock rules and the largest capture of the reference data.
//! `FALCO_BENCH_EVENTS` is how many events the generated captures have (10M; 300K is done in a minute), `FALCO_BENCH_ROUNDS` how often each row is timed (3), `FALCO_BENCH_DIR` where captures are made (below the temporary directory; 2 GB for 10M).
//! The rounds of all rows take turns, so that a busy machine slows them alike, and the best of each is taken.
//! Loading of rules is not timed. Falco's figures are those published of Falco 0.44.1 for the first capture; it is not run.

mod measured;
mod subjects;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use falco_benches::generate::Load;
use falco_benches::programs::{Programs, run};
use falco_benches::statistics::{count_of, grouped};

use measured::{Cost, MEASURE, Rules, measure};
use subjects::{LEVEL, Subject, generated, large};

/// Threads of the rows: alone, and as many as a small machine has.
const THREADS: [usize; 2] = [1, 2];
/// Cores for which scaling is projected.
const CORES: [f64; 3] = [8.0, 16.0, 64.0];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((MEASURE, rest)) = arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return measure(rest);
    }
    let events = setting("FALCO_BENCH_EVENTS", 10_000_000)?;
    let rounds = setting("FALCO_BENCH_ROUNDS", 3)?;
    let reference = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from);
    let programs = Programs::build()?;
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
        subjects.push(generated(&programs, load, events, directory.path())?);
    }
    let mut tables: Vec<Table> = subjects
        .into_iter()
        .map(|subject| Table::of(subject, reference.is_some()))
        .collect();
    for _ in 0..rounds {
        tables.iter_mut().try_for_each(Table::time)?;
    }
    println!(
        "zstd: its library unpacks the same events as .scap of level {LEVEL}, to nowhere; x zstd: CPU seconds by its CPU seconds"
    );
    tables.iter().for_each(Table::print);
    Ok(())
}

fn setting(name: &str, default: u64) -> Result<u64> {
    let Some(text) = std::env::var_os(name) else {
        return Ok(default);
    };
    let text = text.to_string_lossy();
    count_of(&text).with_context(|| format!("{name} is a number, such as 300K, not {text}"))
}

/// A pass over a capture, and what it took at best.
struct Row {
    name: &'static str,
    capture: PathBuf,
    rules: Rules,
    threads: usize,
    cost: Option<Cost>,
}

impl Row {
    fn time(&mut self) -> Result<()> {
        let capture = self.capture.to_string_lossy();
        let threads = self.threads.to_string();
        let cost = Cost::of(&["pass", &capture, self.rules.name(), &threads])?;
        self.cost = Some(self.cost.map_or(cost, |before| before.best(cost)));
        Ok(())
    }
}

/// What is measured of one subject.
struct Table {
    subject: Subject,
    rows: Vec<Row>,
    zstd: Option<Cost>,
    /// Seconds on the wall.
    gzip: Option<f64>,
}

impl Table {
    fn of(subject: Subject, has_stock_rules: bool) -> Self {
        let mut rows = Vec::new();
        let rules = Rules::EACH.into_iter();
        for rules in rules.take(if has_stock_rules { 3 } else { 1 }) {
            let mut row = |name, capture: &Path, threads| {
                rows.push(Row {
                    name,
                    capture: capture.to_path_buf(),
                    rules,
                    threads,
                    cost: None,
                });
            };
            for threads in THREADS {
                row("capture", &subject.capture, threads);
            }
            for (gzip, threads) in subject
                .gzip
                .iter()
                .flat_map(|gzip| THREADS.map(|one| (gzip, one)))
            {
                row(".scap.gz", gzip, threads);
            }
        }
        Table {
            subject,
            rows,
            zstd: None,
            gzip: None,
        }
    }

    fn time(&mut self) -> Result<()> {
        let packed = self.subject.packed.to_string_lossy();
        let zstd = Cost::of(&["zstd", &packed])?;
        self.zstd = Some(self.zstd.map_or(zstd, |before| before.best(zstd)));
        if let Some(file) = &self.subject.gzip {
            let started = Instant::now();
            run(Command::new("sh")
                .args(["-c", "exec gzip -dc \"$0\" >/dev/null"])
                .arg(file))?;
            let seconds = started.elapsed().as_secs_f64();
            self.gzip = Some(self.gzip.map_or(seconds, |before| before.min(seconds)));
        }
        self.rows.iter_mut().try_for_each(Row::time)
    }

    fn print(&self) {
        let zstd = self.zstd.unwrap_or_default();
        let events = self
            .rows
            .iter()
            .find_map(|row| row.cost)
            .unwrap_or_default()
            .events;
        println!(
            "\n{}: {} events; zstd {:.3} s{}",
            self.subject.name,
            grouped(events as u64),
            zstd.cpu,
            self.gzip
                .map_or_else(String::new, |seconds| format!("; gzip -dc {seconds:.3} s")),
        );
        println!(
            "{:<10} {:<9} {:>7} {:>8} {:>8} {:>9} {:>7} {:>7} {:>7} {:>8} {:>7}",
            "from",
            "",
            "threads",
            "wall s",
            "CPU s",
            "M ev/s",
            "x zstd",
            "Falco",
            "x gzip",
            "peak MB",
            "alerts"
        );
        for row in &self.rows {
            self.print_row(row, zstd);
        }
        for rules in Rules::EACH {
            self.print_scaling(rules);
        }
    }

    fn print_row(&self, row: &Row, zstd: Cost) {
        let Some(cost) = row.cost else {
            return;
        };
        let falco = match (self.subject.falco, row.rules, row.threads) {
            (Some((stock, _)), Rules::Stock, 1) => format!("{stock:.1}"),
            (Some((_, all)), Rules::All, 1) => format!("{all:.1}"),
            _ => "-".to_owned(),
        };
        let is_packed = Some(&row.capture) == self.subject.gzip.as_ref();
        let gzip = self.gzip.filter(|_| is_packed);
        println!(
            "{:<10} {:<9} {:>7} {:>8.3} {:>8.3} {:>9.2} {:>7.2} {falco:>7} {:>7} {:>8.0} {:>7.0}",
            row.name,
            row.rules.name(),
            row.threads,
            cost.wall,
            cost.cpu,
            cost.events / cost.wall / 1e6,
            cost.cpu / zstd.cpu,
            gzip.map_or_else(
                || "-".to_owned(),
                |seconds| format!("{:.2}", cost.wall / seconds)
            ),
            cost.peak / 1e6,
            cost.alerts,
        );
    }

    /// What two threads gain, and by Amdahl's law what part cannot be spread.
    fn print_scaling(&self, rules: Rules) {
        let of = |threads| {
            let mut rows = self.rows.iter();
            let found = rows.find(|row| {
                row.capture == self.subject.capture && row.rules == rules && row.threads == threads
            });
            found.and_then(|row| row.cost)
        };
        let (Some(one), Some(two)) = (of(1), of(2)) else {
            return;
        };
        let serial = (2.0 * two.wall / one.wall - 1.0).clamp(0.0, 1.0);
        let projected =
            CORES.map(|cores| format!("{:.1} on {cores}", 1.0 / (serial + (1.0 - serial) / cores)));
        println!(
            "{}: efficiency of two threads {:.2}, so serial {:.0} %, times as fast: {}",
            rules.name(),
            one.wall / two.wall / 2.0,
            serial * 100.0,
            projected.join(", ")
        );
    }
}
