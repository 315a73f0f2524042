//! The rows of one capture: timed in turns, printed with what they are compared with.
//!
//! In: a subject. Out: lines of the table, and which figures must reach something.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use falco_benches::programs::run;
use falco_benches::statistics::grouped;

use crate::measured::{Cost, Rules};
use crate::subjects::Subject;
use falco_benches::goals::{Bound, Goal};

/// Threads of the rows: alone, and as many as a small machine has.
const THREADS: [usize; 2] = [1, 2];
/// As many threads as show what one of them has to do alone.
const MANY: f64 = 8.0;
/// Cores for which scaling is projected.
const CORES: [f64; 3] = [8.0, 16.0, 64.0];

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

/// What the busiest thread took of one, of two and of [`MANY`].
struct Stages {
    rules: Rules,
    one: Cost,
    two: Cost,
    many: Cost,
}

impl Stages {
    /// What part cannot be spread, by Amdahl's law from the busiest of many threads: times of processors, which a busy machine does not change.
    fn serial(&self) -> f64 {
        let left = self.many.busiest / self.one.busiest;
        ((MANY * left - 1.0) / (MANY - 1.0)).clamp(0.0, 1.0)
    }
}

/// What is measured of one subject.
pub(crate) struct Table {
    subject: Subject,
    rows: Vec<Row>,
    stages: Vec<Stages>,
    zstd: Option<Cost>,
    /// Of two versions of the stock rules in one pass.
    diff: Option<Cost>,
    /// Seconds on the wall.
    gzip: Option<f64>,
}

impl Table {
    /// Its rows; those without rules alone where the stock rules are not there.
    pub(crate) fn of(subject: Subject, has_stock_rules: bool) -> Self {
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
            stages: Vec::new(),
            zstd: None,
            diff: None,
            gzip: None,
        }
    }

    /// One round of all rows.
    pub(crate) fn time(&mut self) -> Result<()> {
        let packed = self.subject.packed.to_string_lossy();
        let zstd = Cost::of(&["zstd", &packed])?;
        self.zstd = Some(self.zstd.map_or(zstd, |before| before.best(zstd)));
        if self.subject.falco.is_some() {
            let cost = Cost::of(&["diff", &self.subject.capture.to_string_lossy()])?;
            self.diff = Some(self.diff.map_or(cost, |before| before.best(cost)));
        }
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

    /// Looks at the stages of each set of rules.
    pub(crate) fn look(&mut self) -> Result<()> {
        let capture = self.subject.capture.to_string_lossy();
        let many = MANY.to_string();
        let timed = self.rows.iter().map(|row| row.rules);
        let each = Rules::EACH.into_iter();
        for rules in each.filter(|rules| timed.clone().any(|timed| timed == *rules)) {
            let of = |threads| Cost::of(&["stages", &capture, rules.name(), threads]);
            let many = of(&many)?;
            self.stages.push(Stages {
                rules,
                one: of("1")?,
                two: of("2")?,
                many,
            });
        }
        Ok(())
    }

    pub(crate) fn print(&self) {
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
        self.stages
            .iter()
            .for_each(|stages| self.print_scaling(stages));
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

    /// What a row took, where it was timed.
    fn cost(&self, capture: &Path, rules: Rules, threads: usize) -> Option<Cost> {
        let is_row =
            |row: &&Row| row.capture == capture && row.rules == rules && row.threads == threads;
        self.rows.iter().find(is_row)?.cost
    }

    /// How well two threads are used, by times on the wall.
    fn efficiency(&self, rules: Rules) -> Option<f64> {
        let of = |threads| self.cost(&self.subject.capture, rules, threads);
        Some(of(1)?.wall / of(2)?.wall / 2.0)
    }

    /// What two threads gain, what part cannot be spread, and what that leaves of more cores by Amdahl's law.
    fn print_scaling(&self, stages: &Stages) {
        let Some(efficiency) = self.efficiency(stages.rules) else {
            return;
        };
        let serial = stages.serial();
        let projected =
            CORES.map(|cores| format!("{:.1} on {cores}", 1.0 / (serial + (1.0 - serial) / cores)));
        println!(
            "{}: efficiency of two threads {efficiency:.2}, by the busiest thread's time {:.2}; serial {:.0} %, so times as fast: {}",
            stages.rules.name(),
            stages.one.busiest / stages.two.busiest / 2.0,
            serial * 100.0,
            projected.join(", ")
        );
    }

    /// What of it must reach something.
    pub(crate) fn goals(&self) -> Vec<Goal> {
        let name = &self.subject.name;
        let mut goals = Vec::new();
        let zstd = self.zstd.unwrap_or_default().cpu;
        for (rules, most) in [(Rules::Stock, 0.9), (Rules::All, 1.3)] {
            let Some(cost) = self.cost(&self.subject.capture, rules, 1) else {
                continue;
            };
            let what = format!("{name}, {}, one thread, times zstd -d", rules.name());
            goals.push(Goal::new(what, Bound::AtMost(most), cost.cpu / zstd));
            if self.subject.is_mixed && rules == Rules::All {
                let what = format!("{name}, {}, one thread, M events/s", rules.name());
                let speed = cost.events / cost.cpu / 1e6;
                goals.push(Goal::new(what, Bound::AtLeast(2.5), speed));
            }
        }
        // Without rules there is nothing to spread.
        let judged = self.stages.iter();
        for stages in judged.filter(|stages| stages.rules != Rules::None) {
            let rules = stages.rules.name();
            if let Some(efficiency) = self.efficiency(stages.rules) {
                let what = format!("{name}, {rules}, efficiency of two threads");
                goals.push(Goal::new(what, Bound::AtLeast(0.85), efficiency));
            }
            let most = if self.subject.falco.is_some() {
                30.0
            } else {
                20.0
            };
            let what = format!("{name}, {rules}, serial share, %");
            let serial = stages.serial() * 100.0;
            goals.push(Goal::new(what, Bound::AtMost(most), serial));
        }
        let one = self.cost(&self.subject.capture, Rules::Stock, 1);
        if let (Some(both), Some(one)) = (self.diff, one) {
            let what = format!("{name}, diff of two versions of 25 rules, times one replay");
            goals.push(Goal::new(what, Bound::AtMost(1.2), both.cpu / one.cpu));
        }
        let packed = self.subject.gzip.as_deref();
        let direct = packed.and_then(|gzip| self.cost(gzip, Rules::All, 2));
        if let (Some(direct), Some(gzip)) = (direct, self.gzip) {
            let what = ".scap.gz, 93 rules, two threads, times gzip -dc";
            goals.push(Goal::new(what, Bound::AtMost(1.1), direct.wall / gzip));
        }
        goals
    }
}
