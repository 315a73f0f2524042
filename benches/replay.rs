//! How fast captures are replayed: events per second through the default rules.
//!
//! `cargo bench --profile dist -p falco-benches --bench replay [-- CAPTURE]`.
//! Without a capture it records one (as root) while a generated package is built, several times over; else it takes the kept one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use falco_benches::captures::Contents;
use falco_benches::generated_crate;
use falco_benches::programs::{Programs, root, run};
use falco_benches::statistics::{grouped, median};

/// How often a replay is timed.
const ROUNDS: usize = 7;
/// How often the package is built while recording: some hundred thousand events.
const BUILDS: u32 = 12;
/// Modules of the package.
const MODULES: u32 = 60;

fn main() -> Result<()> {
    let programs = Programs::build()?;
    let directory = tempfile::tempdir()?;
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let capture = match given {
        Some(capture) => PathBuf::from(capture),
        None => recorded(&programs, directory.path())?,
    };
    let contents = Contents::of(&capture)?;
    println!(
        "{}: {} events, {} bytes",
        capture.display(),
        grouped(contents.events),
        grouped(contents.bytes)
    );
    let rules = root().join("rules/default");
    let arguments = [
        (
            "replay, default rules",
            vec!["replay".into(), capture.clone(), "-r".into(), rules],
        ),
        ("info", vec!["info".into(), capture]),
    ];
    for (name, arguments) in arguments {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let _ = Command::new(&programs.analyzer).args(&arguments).output()?;
            times.push(started.elapsed().as_secs_f64());
        }
        let seconds = median(&times);
        println!(
            "{name:<28} {:>10.1} ms {:>14.0} events/s",
            seconds * 1e3,
            contents.events as f64 / seconds
        );
    }
    Ok(())
}

/// A capture of builds, or the kept one where this host cannot record.
fn recorded(programs: &Programs, directory: &Path) -> Result<PathBuf> {
    if programs.obstacle()?.is_some() {
        println!("this host cannot record: taking the kept capture, which is small");
        return Ok(root().join("corpus/first-light/capture"));
    }
    let package = directory.join("package");
    generated_crate::write(&package, MODULES, 1)?;
    let script = format!(
        "for turn in $(seq {BUILDS}); do rm -rf target; CARGO_TARGET_DIR=target cargo build --offline --quiet || exit; done"
    );
    let mut build = Command::new("sh");
    build.args(["-c", &script]).current_dir(&package);
    let capture = directory.join("capture");
    programs.record(&capture, &build)?;
    run(Command::new(&programs.analyzer).arg("info").arg(&capture))?;
    Ok(capture)
}
