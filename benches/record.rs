//! What recording costs and yields: time added per call, events per second, bytes per event.
//!
//! `cargo bench --profile dist -p falco-benches --bench record`, as root.
//! The same loops run with the recorder and without it, in alternation, so that the machine's drift falls on both; medians are compared.
//! The loops run in a process of their own, which the recorder starts once it is attached.

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use falco_benches::captures::Contents;
use falco_benches::generated_crate;
use falco_benches::programs::{Programs, run};
use falco_benches::statistics::{grouped, median};

/// How often each side runs; odd, so that the median is a value that was measured.
const ROUNDS: usize = 7;
/// How long the storm of opens lasts.
const STORM: Duration = Duration::from_secs(4);
/// Modules of the package that is built while recording.
const MODULES: u32 = 60;
/// The seed of that package.
const SEED: u64 = 20_260_101;

/// A loop that is measured: its name, calls per turn, turns, and one turn.
struct Measured {
    name: &'static str,
    calls: u32,
    turns: u32,
    turn: fn(&File),
}

/// `getppid` is not recorded unless asked for; the others are.
const MEASURED: [Measured; 4] = [
    Measured {
        name: "getppid (not recorded)",
        calls: 1,
        turns: 300_000,
        turn: |_| {
            black_box(rustix::process::getppid());
        },
    },
    Measured {
        name: "dup, close (recorded), per call",
        calls: 2,
        turns: 50_000,
        turn: |file| {
            // A failure would be seen as a time that is far too short.
            let _ = black_box(rustix::io::dup(file));
        },
    },
    Measured {
        name: "open, close (recorded), per call",
        calls: 2,
        turns: 30_000,
        turn: |_| {
            let _ = black_box(File::open("/dev/null"));
        },
    },
    Measured {
        name: "spawn of /bin/true and its end",
        calls: 1,
        turns: 150,
        turn: |_| {
            let _ = black_box(Command::new("/bin/true").status());
        },
    },
];

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("measure") => measure(),
        Some("storm") => storm(),
        _ => compare(),
    }
}

/// Runs the loops and prints nanoseconds per call, one line each.
fn measure() -> Result<()> {
    let file = File::open("/dev/null")?;
    for measured in &MEASURED {
        for _ in 0..measured.turns / 10 {
            (measured.turn)(&file);
        }
        let started = Instant::now();
        for _ in 0..measured.turns {
            (measured.turn)(&file);
        }
        let calls = f64::from(measured.turns) * f64::from(measured.calls);
        println!("{}", started.elapsed().as_secs_f64() * 1e9 / calls);
    }
    Ok(())
}

/// Opens and closes as fast as it can for a while; prints how many calls it made.
fn storm() -> Result<()> {
    let started = Instant::now();
    let mut calls = 0_u64;
    while started.elapsed() < STORM {
        for _ in 0..100 {
            black_box(File::open("/dev/null")?);
        }
        calls += 200;
    }
    println!("{calls}");
    Ok(())
}

fn compare() -> Result<()> {
    let programs = Programs::build()?;
    if let Some(obstacle) = programs.obstacle()? {
        println!("skipped: this host cannot record\n{obstacle}");
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    added_time(&programs, directory.path())?;
    storm_recorded(&programs, directory.path())?;
    build_recorded(&programs, directory.path())
}

fn itself(mode: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(mode);
    Ok(command)
}

/// The numbers of one round.
fn numbers(output: &str) -> Result<Vec<f64>> {
    output
        .lines()
        .map(|line| line.parse().context("a number of nanoseconds"))
        .collect()
}

fn added_time(programs: &Programs, directory: &Path) -> Result<()> {
    let (mut off, mut on) = (Vec::new(), Vec::new());
    let (mut recorded, mut lost) = (0, 0);
    for round in 0..ROUNDS {
        off.push(numbers(&run(&mut itself("measure")?)?)?);
        let capture = directory.join(format!("round-{round}"));
        on.push(numbers(&programs.record(&capture, &itself("measure")?)?)?);
        let contents = Contents::of(&capture)?;
        recorded += contents.events;
        lost += contents.lost;
    }
    println!("time per call, medians of {ROUNDS} alternating runs");
    println!(
        "{:<36} {:>10} {:>10} {:>10} {:>7}",
        "", "off", "on", "added", "ratio"
    );
    for (index, measured) in MEASURED.iter().enumerate() {
        let column = |rounds: &[Vec<f64>]| {
            let values: Vec<f64> = rounds
                .iter()
                .filter_map(|round| round.get(index).copied())
                .collect();
            median(&values)
        };
        let (off, on) = (column(&off), column(&on));
        println!(
            "{:<36} {off:>7.0} ns {on:>7.0} ns {:>+7.0} ns {:>6.2}x",
            measured.name,
            on - off,
            on / off
        );
    }
    println!(
        "recorded meanwhile: {} events, {} lost\n",
        grouped(recorded),
        grouped(lost)
    );
    Ok(())
}

fn storm_recorded(programs: &Programs, directory: &Path) -> Result<()> {
    let capture = directory.join("storm");
    let calls: u64 = programs
        .record(&capture, &itself("storm")?)?
        .trim()
        .parse()?;
    let contents = Contents::of(&capture)?;
    let seconds = STORM.as_secs_f64();
    println!("one thread that opens and closes as fast as it can, {seconds} s");
    println!(
        "{:<36} {:>14.0} per s",
        "calls made",
        calls as f64 / seconds
    );
    println!(
        "{:<36} {:>14.0} per s",
        "events recorded",
        contents.events as f64 / seconds
    );
    println!("{:<36} {:>14}", "lost", grouped(contents.lost));
    println!(
        "{:<36} {:>14.2}\n",
        "bytes per event",
        contents.bytes_per_event()
    );
    Ok(())
}

fn build_recorded(programs: &Programs, directory: &Path) -> Result<()> {
    let package = directory.join("package");
    generated_crate::write(&package, MODULES, SEED)?;
    let mut build = Command::new("cargo");
    build
        .args(["build", "--offline", "--quiet"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"));
    let capture = directory.join("build");
    let started = Instant::now();
    programs.record(&capture, &build)?;
    let elapsed = started.elapsed();
    let contents = Contents::of(&capture)?;
    println!(
        "`cargo build` of a generated package of {MODULES} modules (seed {SEED}), {:.1} s",
        elapsed.as_secs_f64()
    );
    println!("{:<36} {:>14}", "events", grouped(contents.events));
    println!("{:<36} {:>14}", "lost", grouped(contents.lost));
    println!(
        "{:<36} {:>14}",
        "bytes of the capture",
        grouped(contents.bytes)
    );
    println!(
        "{:<36} {:>14.2}",
        "bytes per event (blocks of events)",
        contents.bytes_per_event()
    );
    println!(
        "{:<36} {:>14.2}",
        "bytes per event (whole capture)",
        contents.bytes as f64 / contents.events.max(1) as f64
    );
    Ok(())
}
