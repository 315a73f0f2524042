//! What slices and redactions cost beside a replay of the same capture, and whether their memory stays when the capture grows.
//!
//! `cargo bench --profile dist -p falco-benches --bench derive`; `FALCO_BENCH_EVENTS` is how many events the smaller capture has (2M; the larger one has four times as many), `FALCO_BENCH_DIR` where captures are made (below the temporary directory).
//! Every program runs in a process of its own, whose user time and peak the kernel counted; runs of one capture take turns, and the best time of each counts.
//! The load has a process for every forty events, more than a node has: memory of a slice grows with those.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use falco_benches::generate::{Generator, Load};
use falco_benches::goals::{Bound, Goal};
use falco_benches::programs::{built, run};
use falco_benches::statistics::{count_of, grouped};
use nix::sys::resource::{UsageWho, getrusage};

/// The first argument of a process that measures.
const MEASURE: &str = "measure";
/// The seed of the captures.
const SEED: u64 = 1;
/// How much larger the second capture is.
const LARGER: u64 = 4;
/// How often everything is run.
const ROUNDS: usize = 3;
/// How many times the user time of a replay on one thread may be taken: a slice decodes all columns of all rows twice and applies them once, and both compress what is kept anew.
const TIMES_MAX: f64 = 6.0;
/// How many times the memory of the small capture the larger one may take.
const MEMORY_MAX: f64 = 1.5;
/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

/// What is measured: a name, and arguments in front of and behind the capture.
const RUNS: [(&str, &[&str], bool); 5] = [
    ("replay", &["replay", "--jobs", "1"], false),
    (
        "slice, a condition",
        &["slice", "--where", "evt.type = execve"],
        true,
    ),
    (
        "slice, everything",
        &["slice", "--where", "evt.num > 0"],
        true,
    ),
    ("redact", &["redact", "--key", "KEY"], true),
    (
        "redact, rules kept",
        &["redact", "--key", "KEY", "--keep-rules"],
        true,
    ),
];

/// User seconds, and bytes at the peak.
#[derive(Clone, Copy, Debug)]
struct Cost {
    user: f64,
    peak: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [MEASURE, "generate", events, capture] => {
            return generate(events.parse()?, Path::new(capture));
        }
        [MEASURE, "program", ref program @ ..] => return measure(program),
        _ => {}
    }
    let analyzer = built(&["falco-analyze"])?.join("falco-analyze");
    let directory = match std::env::var_os("FALCO_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let place = directory.path();
    run(Command::new(&analyzer)
        .args(["redact", "--new-key"])
        .arg(place.join("key")))?;
    let events = events()?;
    let mut costs = Vec::new();
    for events in [events, events.saturating_mul(LARGER)] {
        let capture = place.join("capture");
        own(&["generate", &events.to_string(), &capture.to_string_lossy()])?;
        println!("{} events", grouped(events));
        costs.push(measured(&analyzer, &capture, place)?);
        std::fs::remove_dir_all(&capture)?;
    }
    println!("\nMust reach");
    goals(&costs).iter().for_each(|goal| println!("{goal}"));
    Ok(())
}

fn events() -> Result<u64> {
    const NAME: &str = "FALCO_BENCH_EVENTS";
    let Some(text) = std::env::var_os(NAME) else {
        return Ok(2_000_000);
    };
    let text = text.to_string_lossy();
    count_of(&text).with_context(|| format!("{NAME} is a number, such as 300K, not {text}"))
}

/// The best of each, and prints it.
fn measured(analyzer: &Path, capture: &Path, place: &Path) -> Result<Vec<Cost>> {
    let mut costs: Vec<Option<Cost>> = vec![None; RUNS.len()];
    for _ in 0..ROUNDS {
        for ((_, arguments, writes), best) in RUNS.iter().zip(&mut costs) {
            let cost = cost(analyzer, (arguments, *writes), capture, place)?;
            *best = Some(best.map_or(cost, |best: Cost| Cost {
                user: best.user.min(cost.user),
                peak: best.peak.max(cost.peak),
            }));
        }
    }
    let costs: Vec<Cost> = costs.into_iter().flatten().collect();
    let replay = costs.first().context("a replay")?.user;
    for ((name, ..), cost) in RUNS.iter().zip(&costs) {
        println!(
            "  {name:<20} {:>8.2} s user {:>6.2} x replay {:>8.1} MiB",
            cost.user,
            cost.user / replay,
            cost.peak / MIB
        );
    }
    Ok(costs)
}

fn cost(
    analyzer: &Path,
    (arguments, writes): (&[&str], bool),
    capture: &Path,
    place: &Path,
) -> Result<Cost> {
    let (key, output): (PathBuf, PathBuf) = (place.join("key"), place.join("output"));
    let mut words = vec!["program".to_owned(), analyzer.display().to_string()];
    words.extend(arguments.iter().map(|word| match *word {
        "KEY" => key.display().to_string(),
        word => word.to_owned(),
    }));
    words.push(capture.display().to_string());
    if writes {
        words.extend(["-o".to_owned(), output.display().to_string()]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = own(&words)?;
    if writes {
        std::fs::remove_dir_all(&output)?;
    }
    let numbers: Vec<f64> = said
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [user, peak] = numbers[..] else {
        bail!("not two numbers: {said}");
    };
    Ok(Cost { user, peak })
}

/// A process of this program, so that the one that starts the others stays small, whose size they begin with.
fn own(arguments: &[&str]) -> Result<String> {
    run(Command::new(std::env::current_exe()?)
        .arg(MEASURE)
        .args(arguments))
}

fn generate(events: u64, capture: &Path) -> Result<()> {
    let mut generator = Generator::new(events, SEED);
    generator.load = Load::Forks;
    generator.write(capture)?;
    Ok(())
}

/// Runs a program, and prints what the kernel counted of it.
fn measure(words: &[&str]) -> Result<()> {
    let (program, arguments) = words.split_first().context("which program")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let done = command.stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    // 1: rules have alerted.
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(
        matches!(done.status.code(), Some(0 | 1)),
        "{command:?}: {}\n{said}",
        done.status
    );
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let user = usage.user_time();
    let seconds = user.tv_sec() as f64 + user.tv_usec() as f64 / 1e6;
    println!("{seconds} {}", usage.max_rss() as f64 * 1024.0);
    Ok(())
}

fn goals(costs: &[Vec<Cost>]) -> Vec<Goal> {
    let mut goals = Vec::new();
    let [few, many] = costs else {
        return goals;
    };
    let replay = many.first().map_or(0.0, |replay| replay.user);
    for (((name, ..), few), many) in RUNS.iter().zip(few).zip(many).skip(1) {
        let times = format!("{name}: user time, in replays");
        goals.push(Goal::new(
            times,
            Bound::AtMost(TIMES_MAX),
            many.user / replay,
        ));
        let memory = format!("{name}: memory of {LARGER} times the events");
        goals.push(Goal::new(
            memory,
            Bound::AtMost(MEMORY_MAX),
            many.peak / few.peak,
        ));
    }
    goals
}
