//! `falco-record status`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use falco_format::Directory;
use falco_format::text::{Lines, count};
use serde::Serialize;

use super::Format;
use super::place::Place;
use crate::inventory;
use crate::status::{Status, moment, page, show_seconds};
use crate::units::show_bytes;
use crate::{clock, exit};

/// After how many seconds without a word from a recorder that holds the directory that is said: it writes every second.
const SILENCE_SECONDS: f64 = 10.0;

/// What is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
It reads what the recorder writes into DIR once a second, and needs no more than to read DIR.
Behind is how old the newest event is that reached the disk: half a second where all is well.
What goes out next is told of a recording with a budget or an age, and is an estimate.

Exit codes:
  0  a recorder is at work, and has lost nothing
  1  none is at work
  2  the command line is wrong, or DIR cannot be read
  3  one is at work, and has lost events

Examples:
  falco-record status
  falco-record status /var/lib/falco/capture
  falco-record status --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Whether a recorder is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// One is.
    Recording,
    /// The last one has sealed what it had.
    Ended,
    /// The last one died.
    Died,
    /// There was none, or it could not say anything.
    None,
}

/// What is told.
#[derive(Debug, Serialize)]
struct Report {
    directory: String,
    state: State,
    /// When that recording began.
    since_time: Option<String>,
    /// When the recorder was last heard of.
    updated_time: Option<String>,
    /// How long ago that was.
    silent_seconds: Option<f64>,
    #[serde(flatten)]
    status: Option<Status>,
}

impl Report {
    fn of(root: &Directory) -> Result<Report> {
        // Asked in this order: one that ends in between has its last word on the page.
        let is_held = root.is_held();
        let status = page::read(root).context("cannot read how it goes")?;
        let state = match &status {
            _ if is_held => State::Recording,
            Some(status) if status.ended => State::Ended,
            Some(_) => State::Died,
            None => State::None,
        };
        // The page of the one before says nothing of one that just begins.
        let status = status.filter(|status| !(is_held && status.ended));
        let time = |of: fn(&Status) -> u64| status.as_ref().map(|status| moment(of(status)));
        Ok(Report {
            directory: root.path().display().to_string(),
            state,
            since_time: time(|status| status.since),
            updated_time: time(|status| status.updated),
            silent_seconds: status.as_ref().map(|status| silence(status.updated)),
            status,
        })
    }

    fn code(&self) -> u8 {
        let has_lost = self
            .status
            .as_ref()
            .is_some_and(|status| status.lost_total > 0);
        match self.state {
            State::Recording if has_lost => exit::INCOMPLETE,
            State::Recording => exit::CLEAN,
            State::Ended | State::Died | State::None => exit::NOT_RECORDING,
        }
    }

    /// The headline.
    fn says(&self) -> String {
        let Some(status) = &self.status else {
            return match self.state {
                State::Recording => "a recorder is at work, and has not told yet how it goes",
                _ => "no recorder is at work",
            }
            .to_owned();
        };
        let since = moment(status.since);
        let silent = self.silent_seconds.unwrap_or(0.0);
        match self.state {
            State::Recording => {
                let mut text = format!(
                    "recording since {since} ({}), process {}",
                    show_seconds(status.seconds),
                    status.pid
                );
                if silent > SILENCE_SECONDS {
                    let silent = show_seconds(silent);
                    text.push_str(&format!("; it has not told how it goes for {silent}"));
                }
                text
            }
            State::Ended => format!(
                "no recorder is at work; the last one recorded from {since} to {}",
                moment(status.updated)
            ),
            State::Died | State::None => format!(
                "no recorder is at work; the last one began {since} and died about {}",
                moment(status.updated)
            ),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown in seconds")]
fn silence(updated: u64) -> f64 {
    clock::realtime().0.saturating_sub(updated) as f64 / 1e9
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = arguments.place.open()?;
    let report = Report::of(&root)?;
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Format::Text => {
            let mut lines = Lines::new();
            lines.line(format_args!("{}: {}", report.directory, report.says()));
            match &report.status {
                Some(status) if report.state == State::Recording => {
                    lines.text(&status.to_string());
                }
                _ => lines.line(kept(&root)?),
            }
            write!(out, "{lines}")?;
        }
    }
    Ok(ExitCode::from(report.code()))
}

/// What is there where no recorder tells.
fn kept(root: &Directory) -> Result<String> {
    let listed = inventory::list(root).context("cannot list the segments")?;
    let bytes = listed.iter().map(|one| one.kept.bytes);
    let bytes = bytes.fold(0, u64::saturating_add);
    let pinned = listed.iter().filter(|one| one.pin.is_some()).count();
    Ok(format!(
        "  kept     {} in {}, {pinned} pinned",
        show_bytes(bytes),
        count(listed.len() as u64, "segment")
    ))
}
