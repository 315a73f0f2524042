//! From the options as typed to what is recorded and how: defaults that depend on the machine, and what makes no sense together.

use anyhow::{Context, Result};
use falco_abi::limits::ENV_MAX;
use falco_abi::plan::Limits;

use super::arguments::Arguments;
use crate::budget::{self, Settled};
use crate::cli::notice::notice;
use crate::probe::{ProbeConfig, RING_BYTES};
use crate::retain::Budget;
use crate::selection::Selection;
use crate::session::{self, SessionConfig};
use crate::write::{FIRST_SNAPSHOT_WAIT, WriterConfig};

/// What is recorded, and how. What the user should know of it is told.
pub(super) fn settle(arguments: Arguments, selection: &Selection) -> Result<SessionConfig> {
    let Settled {
        bytes,
        segment_bytes,
        said,
    } = settle_budget(&arguments)?;
    if let Some(said) = said {
        notice(&said);
    }
    let limits = Limits {
        payload: arguments.payload,
        env: if arguments.env { ENV_MAX } else { 0 },
    };
    Ok(SessionConfig {
        directory: arguments.output,
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
        },
        containers: arguments.containers.settings(),
        duration: arguments.duration,
        command: arguments.command,
    })
}

fn settle_budget(arguments: &Arguments) -> Result<Settled> {
    let place = &arguments.output;
    let file_system = budget::file_system_of(place).with_context(|| {
        format!(
            "cannot tell how large the file system of {} is",
            place.display()
        )
    })?;
    let settled = budget::settle(arguments.budget, arguments.segment_size, file_system);
    Ok(settled?)
}
