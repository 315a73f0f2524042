//! One measurement in a process of its own: what it took is told by the process itself, so that loading rules stands apart and peaks are its own.
//!
//! In: arguments. Out: one line of numbers, which [`Cost::of`] reads again.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use crate::compared::compare;
use anyhow::{Context as _, Result, bail, ensure};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Alerts, Demand, Flow, Input, InputOutline, JudgeTally, Judged, PassOptions, Sink, Stats,
    collect,
};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_benches::programs::run;
use falco_format::{Span, UnixNanos};
use falco_rules::{RuleMatching, RuleSet, Selection};
use rustix::time::{ClockId, clock_gettime};

/// The first argument of a process that measures.
pub(crate) const MEASURE: &str = "measure";
/// The stock rule files below the reference data, in the order in which they are loaded.
const STOCK: [&str; 3] = [
    "rules/falco_rules.yaml",
    "rules/falco-incubating_rules.yaml",
    "rules/falco-sandbox_rules.yaml",
];

/// Minutes of a day.
const MINUTES: u64 = 24 * 60;

/// Which rules judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    None,
    /// The first of the stock files.
    Stock,
    /// All of them.
    All,
}

impl Rules {
    pub(crate) const EACH: [Rules; 3] = [Rules::None, Rules::Stock, Rules::All];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Rules::None => "no rules",
            Rules::Stock => "25 rules",
            Rules::All => "93 rules",
        }
    }

    fn of_name(name: &str) -> Result<Rules> {
        let mut each = Rules::EACH.into_iter();
        each.find(|one| one.name() == name).context("which rules")
    }

    fn files(self) -> usize {
        match self {
            Rules::None => 0,
            Rules::Stock => 1,
            Rules::All => STOCK.len(),
        }
    }

    pub(crate) fn paths(self) -> Result<Vec<PathBuf>> {
        let files = STOCK.iter().take(self.files());
        let mut paths = Vec::new();
        for file in files {
            let reference = std::env::var_os("FALCO_REFERENCE").context("FALCO_REFERENCE")?;
            paths.push(PathBuf::from(reference).join(file));
        }
        Ok(paths)
    }

    fn load(self) -> Result<RuleSet> {
        let texts = read_rule_files(&self.paths()?)?;
        let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
        loaded.rules.context("the rules do not load")
    }
}

/// What a measurement took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Seconds on the wall, and of all threads together.
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// The most memory that the process had, in bytes.
    pub(crate) peak: f64,
    pub(crate) events: f64,
    pub(crate) alerts: f64,
    /// Seconds of the busiest thread, where threads were looked at.
    pub(crate) busiest: f64,
}

impl Cost {
    /// Measures in another process.
    pub(crate) fn of(arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let said = run(command.arg(MEASURE).args(arguments))?;
        let numbers: Vec<f64> = said
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [wall, cpu, peak, events, alerts, busiest] = numbers[..] else {
            bail!("not six numbers: {said}");
        };
        Ok(Cost {
            wall,
            cpu,
            peak,
            events,
            alerts,
            busiest,
        })
    }

    /// The smaller of each, since a neighbour only ever adds.
    pub(crate) fn best(self, other: Cost) -> Cost {
        Cost {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
            peak: self.peak.max(other.peak),
            busiest: self.busiest.min(other.busiest),
            ..other
        }
    }
}

/// The process that measures: `pass CAPTURE RULES THREADS`, `stages` with the same, `minute CAPTURE RULES`, `diff CAPTURE`, or `zstd FILE`.
pub(crate) fn measure(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cost = match arguments[..] {
        ["pass", capture, rules, threads] => pass(
            capture,
            rules,
            &PassOptions {
                threads: threads.parse()?,
                ..PassOptions::default()
            },
        )?,
        ["stages", capture, rules, threads] => stages(capture, rules, threads.parse()?)?,
        ["minute", capture, rules] => minute(capture, rules)?,
        ["diff", capture] => compare(capture)?,
        ["zstd", file] => unpack(Path::new(file))?,
        _ => bail!("nothing that can be measured: {arguments:?}"),
    };
    println!(
        "{} {} {} {} {} {}",
        cost.wall, cost.cpu, cost.peak, cost.events, cost.alerts, cost.busiest
    );
    Ok(())
}

/// Times of a piece of work.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let done = work()?;
    let cost = Cost {
        wall: started.elapsed().as_secs_f64(),
        cpu: cpu_seconds() - cpu,
        peak: peak()?,
        ..Cost::default()
    };
    Ok((done, cost))
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The most bytes that this process had in memory.
fn peak() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.context("VmHWM")?.parse::<f64>()? * 1024.0)
}

/// Counts what comes of a pass.
struct Counted(JudgeTally);

impl Sink<Judged<'_>> for Counted {
    fn harvest(&mut self, harvest: Judged<'_>) -> io::Result<Flow> {
        self.0.add(&harvest.tally);
        Ok(Flow::Continue)
    }
}

fn pass(capture: &str, rules: &str, options: &PassOptions) -> Result<Cost> {
    let rules = Rules::of_name(rules)?.load()?;
    let input = Input::open(Path::new(capture))?;
    let mut counted = Counted(JudgeTally::of(&rules));
    let collector = Alerts::new(&rules, &SCHEMA, RuleMatching::First);
    let demand = Demand::of_rules(&rules);
    let (tally, cost) = timed(|| {
        let tally = collect(&input, &demand, options.clone(), &collector, &mut counted)?;
        Ok(tally)
    })?;
    ensure!(tally.damage.is_empty(), "the capture is damaged");
    Ok(Cost {
        events: tally.events as f64,
        alerts: counted.0.alerts() as f64,
        ..cost
    })
}

/// The same with a look at each thread, which costs a little.
fn stages(capture: &str, rules: &str, threads: NonZeroUsize) -> Result<Cost> {
    let stats = Arc::new(Stats::default());
    let options = PassOptions {
        threads,
        stats: Some(Arc::clone(&stats)),
        ..PassOptions::default()
    };
    let cost = pass(capture, rules, &options)?;
    let busiest = stats.threads().into_iter().max().unwrap_or_default();
    Ok(Cost {
        busiest: busiest.as_secs_f64(),
        ..cost
    })
}

/// One part of so many of a capture's time from its middle on, as one minute is of a day. What indexes tell is looked up within the time.
fn minute(capture: &str, rules: &str) -> Result<Cost> {
    let input = Input::open(Path::new(capture))?;
    let times = InputOutline::of(&input).times().context("no events")?;
    let whole = times.last.since(times.first);
    let since = UnixNanos(times.first.0.saturating_add(whole / 2));
    let span = Span {
        since: Some(since),
        until: Some(UnixNanos(since.0.saturating_add(whole / MINUTES))),
    };
    let (part, outline) = timed(|| Ok(InputOutline::of(&input).part(span, false)))?;
    let options = PassOptions {
        part,
        ..PassOptions::default()
    };
    let cost = pass(capture, rules, &options)?;
    Ok(Cost {
        wall: cost.wall + outline.wall,
        cpu: cost.cpu + outline.cpu,
        ..cost
    })
}

/// What the library of zstd takes to unpack a file to nowhere.
fn unpack(file: &Path) -> Result<Cost> {
    let file = File::open(file)?;
    let (bytes, cost) = timed(|| {
        let mut decoder = zstd::stream::read::Decoder::new(file)?;
        Ok(io::copy(&mut decoder, &mut io::sink())?)
    })?;
    ensure!(bytes > 0, "nothing was packed");
    Ok(cost)
}
