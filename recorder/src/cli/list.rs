//! `falco-record list`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use falco_format::UnixNanos;
use falco_format::text::{Lines, grouped};
use serde::Serialize;

use super::Format;
use super::place::Place;
use crate::exit;
use crate::inventory::{self, Listed, State};
use crate::status::moment;
use crate::units::show_bytes;

/// What is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
Oldest first, by the names that `pin` and `unpin` take. A segment that is written has events up
to now; one that is unsealed was left behind by a recorder that died, and is readable all the same
(`falco-analyze repair` seals it). It needs no more than to read DIR.

Exit codes:
  0  listed
  2  the command line is wrong, or DIR cannot be read
  3  listed, and some segment is unsealed or cannot be read

Examples:
  falco-record list
  falco-record list /var/lib/falco/capture --pinned
  falco-record list --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only those that are pinned
    #[arg(long)]
    pinned: bool,
    /// How they are told
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A segment, for programs.
#[derive(Serialize)]
struct Row {
    segment: String,
    state: &'static str,
    bytes: u64,
    events: Option<u64>,
    begun: Option<String>,
    first_event: Option<String>,
    last_event: Option<String>,
    pinned: bool,
    reason: Option<String>,
}

impl Row {
    fn of(listed: &Listed) -> Row {
        let time = |time: UnixNanos| moment(time.0);
        Row {
            segment: listed.kept.below_root(),
            state: listed.state.name(),
            bytes: listed.kept.bytes,
            events: listed.events,
            begun: listed.begun.map(time),
            first_event: listed.times.map(|(first, _)| time(first)),
            last_event: listed.times.map(|(_, last)| time(last)),
            pinned: listed.pin.is_some(),
            reason: listed.pin.clone().filter(|reason| !reason.is_empty()),
        }
    }

    fn line(&self) -> String {
        let of = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let events = self.events.map_or_else(|| "-".to_owned(), grouped);
        let pin = match (&self.reason, self.pinned) {
            (Some(reason), _) => format!("  pinned: {reason}"),
            (None, true) => "  pinned".to_owned(),
            (None, false) => String::new(),
        };
        format!(
            "{}  {:>10}  {events:>12}  {}  {}  {}{pin}",
            self.segment,
            show_bytes(self.bytes),
            of(&self.first_event),
            of(&self.last_event),
            self.state
        )
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = arguments.place.open()?;
    let mut listed = inventory::list(&root).context("cannot list the segments")?;
    listed.retain(|one| one.pin.is_some() || !arguments.pinned);
    let rows: Vec<Row> = listed.iter().map(Row::of).collect();
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        Format::Text => {
            let mut lines = Lines::new();
            rows.iter().for_each(|row| lines.line(row.line()));
            write!(out, "{lines}")?;
        }
    }
    let is_whole = |one: &Listed| matches!(one.state, State::Sealed | State::Written);
    let code = if listed.iter().all(is_whole) {
        exit::CLEAN
    } else {
        exit::INCOMPLETE
    };
    Ok(ExitCode::from(code))
}
