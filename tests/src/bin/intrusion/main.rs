//! The scripted intrusion: what the live test and the quick start record.
//!
//! It does, in a fixed order, what the default rules look for, a deep process tree and thousands of opened files, and writes each act down in a ledger, so that a test can compare the capture with what happened.
//! Nothing outlives it: it writes below `/etc` only in a mount namespace of its own, runs its own containerd with its own directories, and removes its scratch directory.
//! It knows nothing of captures, rules or alerts.

mod container;
mod host;
mod ledger;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ledger::Ledger;

const USAGE: &str = "\
Usage: intrusion [--ledger FILE] [--files N] [--depth N] [--no-container]
Does what an intruder might do, harmlessly. Needs root.";

/// How many files are opened unless the command line says otherwise.
const FILES: u32 = 10_000;
/// How deep the process tree is unless the command line says otherwise.
const DEPTH: u32 = 60;

/// What the command line asks for.
struct Options {
    ledger: Option<PathBuf>,
    files: u32,
    depth: u32,
    container: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some("descend") => descend(&arguments),
        _ => parse(&arguments).and_then(|options| run(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("intrusion: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> io::Result<Options> {
    let mut options = Options {
        ledger: None,
        files: FILES,
        depth: DEPTH,
        container: true,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(usage);
        match argument.as_str() {
            "--ledger" => options.ledger = Some(value()?.into()),
            "--files" => options.files = number(value()?)?,
            "--depth" => options.depth = number(value()?)?,
            "--no-container" => options.container = false,
            _ => return Err(usage()),
        }
    }
    Ok(options)
}

fn usage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, USAGE)
}

fn number(text: &str) -> io::Result<u32> {
    text.parse().map_err(|_| usage())
}

fn run(options: &Options) -> io::Result<()> {
    let scratch = std::env::temp_dir().join(format!("falco-intrusion-{}", std::process::id()));
    fs::create_dir(&scratch)?;
    let ledger_path = options
        .ledger
        .clone()
        .unwrap_or_else(|| scratch.join("ledger"));
    let outcome = Ledger::create(&ledger_path).and_then(|ledger| {
        let acts = host::Acts::new(&ledger, &scratch);
        acts.leave_container_like_cgroups()?;
        acts.read_shadow()?;
        acts.write_below_etc()?;
        acts.connect_to_ssh()?;
        acts.start_miner()?;
        acts.descend(options.depth)?;
        acts.open_files(options.files)?;
        container::act(&ledger, &scratch, options.container)
    });
    let removed = fs::remove_dir_all(&scratch);
    outcome.and(removed)
}

/// One step down the process tree: `descend LEVELS LEDGER`. Each step writes itself down before it takes the next.
fn descend(arguments: &[String]) -> io::Result<()> {
    let [_, levels, ledger] = arguments else {
        return Err(usage());
    };
    let ledger = Ledger::append(ledger.as_ref())?;
    let argv: Vec<String> = std::env::args().collect();
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    ledger.executed(std::process::id(), &argv)?;
    host::descend_from_here(&ledger, number(levels)?)
}
