//! From the options as typed to what is recorded and how: defaults that depend on the machine, and what makes no sense together.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use falco_abi::limits::ENV_MAX;
use falco_abi::plan::Limits;

use super::arguments::{Arguments, Every};
use crate::budget::{self, Settled};
use crate::cli::notice::notice;
use crate::priority::Priority;
use crate::probe::{ProbeConfig, RING_BYTES};
use crate::retain::Budget;
use crate::selection::Selection;
use crate::session::{self, SessionConfig};
use crate::write::{FIRST_SNAPSHOT_WAIT, WriterConfig};

/// How often a line tells how it goes, where nobody said how often.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// What is recorded, and how. What the user should know of it is told.
pub(super) fn settle(arguments: Arguments, selection: &Selection) -> Result<SessionConfig> {
    let Some(directory) = arguments.output.clone() else {
        bail!("nobody says where to record: `-o DIR`, or `output` in the configuration file");
    };
    let Settled {
        bytes,
        segment_bytes,
        said,
    } = settle_budget(&arguments, &directory)?;
    if let Some(said) = said {
        notice(&said);
    }
    let limits = Limits {
        payload: arguments.payload,
        env: if arguments.env { ENV_MAX } else { 0 },
    };
    let report_every = report_every(&arguments);
    Ok(SessionConfig {
        directory,
        group: arguments.group,
        probe: ProbeConfig {
            events: selection.ids().collect(),
            limits,
            ring_bytes: arguments.rings.unwrap_or(RING_BYTES),
        },
        writer: WriterConfig {
            segment_bytes,
            segment_age: arguments.segment_age,
            budget: Budget {
                bytes,
                max_age: arguments.max_age,
            },
            snapshot: session::snapshot_of_this_machine(arguments.env),
            first_snapshot_wait: FIRST_SNAPSHOT_WAIT,
            level: arguments.level,
            latency: arguments.latency,
            priority: Priority(arguments.priority),
        },
        containers: arguments.containers.settings(),
        duration: arguments.duration,
        command: arguments.command,
        pidfile: arguments.pidfile,
        metrics: arguments.metrics,
        sign: arguments.sign,
        anchors: arguments.anchors,
        report_every,
    })
}

/// How often a line tells how it goes: where no person looks on, whoever reads the journal later wants to know that it went on.
fn report_every(arguments: &Arguments) -> Option<Duration> {
    match arguments.report_every {
        Some(Every::Off) => None,
        Some(Every::Time(time)) => Some(time),
        None => {
            let is_service = arguments.command.is_empty() && !std::io::stderr().is_terminal();
            is_service.then_some(REPORT_INTERVAL)
        }
    }
}

fn settle_budget(arguments: &Arguments, place: &Path) -> Result<Settled> {
    let file_system = budget::file_system_of(place).with_context(|| {
        format!(
            "cannot tell how large the file system of {} is",
            place.display()
        )
    })?;
    let settled = budget::settle(arguments.budget, arguments.segment_size, file_system);
    Ok(settled?)
}
