//! `falco-record seal`.

use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use falco_format::Directory;
use falco_format::text::Lines;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::place::Place;
use crate::exit;
use crate::inventory::{self, State};
use crate::status::Status;
use crate::status::page;
use crate::status::process::started_ticks;

/// How long it is waited for the segment's end: a snapshot of a large, busy host takes that long.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What is sealed.
#[derive(Debug, Args)]
#[command(after_help = "\
It asks the recorder that is at work to begin a new segment, as SIGHUP does, and waits until the
one before is sealed: its name goes to stdout, and it can be copied as it is. Recording goes on.

Exit codes:
  0  sealed
  2  the command line is wrong, no recorder is at work in DIR, or it may not be asked

Examples:
  falco-record seal
  falco-record seal /var/lib/falco/capture")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = arguments.place.open()?;
    let place = root.path().display().to_string();
    let until = Instant::now() + PATIENCE;
    let Some(before) = at_work(&root, until)? else {
        bail!(
            "no recorder is at work in {place}; what one has left unsealed is sealed by `falco-analyze repair`"
        );
    };
    ask(&before)?;
    let name = &before.store.segment;
    while Instant::now() < until {
        let listed = inventory::list(&root).context("cannot list the segments")?;
        let found = listed.iter().find(|one| one.kept.below_root() == *name);
        match found.map(|found| found.state) {
            Some(State::Sealed) => {
                let mut lines = Lines::new();
                lines.line(name);
                write!(std::io::stdout().lock(), "{lines}")?;
                return Ok(ExitCode::from(exit::CLEAN));
            }
            Some(_) => thread::sleep(LOOK_INTERVAL),
            None => {
                bail!("the segment {name} is gone: the budget dropped it, or somebody removed it")
            }
        }
    }
    bail!(
        "the segment {name} was not sealed within {} s: see what the recorder says",
        PATIENCE.as_secs()
    )
}

/// The recorder that is at work, as soon as it has said what it writes.
fn at_work(root: &Directory, until: Instant) -> Result<Option<Status>> {
    while root.is_held() {
        let status = page::read(root).context("cannot read how it goes")?;
        if let Some(status) =
            status.filter(|status| !status.ended && !status.store.segment.is_empty())
        {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            bail!("the recorder does not say what it writes");
        }
        thread::sleep(LOOK_INTERVAL);
    }
    Ok(None)
}

/// Asks a recorder to begin a new segment. Its number may be another process's by now, or in this namespace: nobody else is sent a signal.
fn ask(status: &Status) -> Result<()> {
    let pid = i32::try_from(status.pid).ok().and_then(Pid::from_raw);
    let process = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let is_the_one = started_ticks(status.pid) == Some(status.started_ticks);
    let Some(process) = process.filter(|_| is_the_one) else {
        bail!(
            "the recorder (process {}) is not to be found among the processes seen here: send it SIGHUP where it runs",
            status.pid
        );
    };
    pidfd_send_signal(&process, Signal::HUP)
        .with_context(|| format!("cannot ask the recorder (process {})", status.pid))
}
