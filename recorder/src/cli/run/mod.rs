//! `falco-record run`.

mod arguments;
mod help;
mod settle;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use falco_format::text::count;
use indicatif::{ProgressBar, ProgressStyle};

pub(super) use arguments::Arguments;

use super::Format;
use super::notice::{self, notice};
use crate::doctor;
use crate::exit;
use crate::selection::Selection;
use crate::session::{self, CommandEnd, Outcome, SessionConfig, Watcher};
use crate::units::show_bytes;

/// How often the line of progress is drawn anew while nothing is heard of the recording.
const REDRAW: Duration = Duration::from_millis(200);

pub(super) fn run(arguments: Arguments) -> Result<ExitCode> {
    let format = arguments.format;
    let selection = Selection::parse(&arguments.events).context("--events")?;
    warn_of(&selection);
    for check in [
        doctor::pid_namespace(),
        doctor::whole_snapshot(),
        doctor::raised_priority(),
    ] {
        let is_wanted = arguments.priority > 0 || check.name != doctor::RAISED_PRIORITY;
        if !check.met && is_wanted {
            notice(&format!(
                "{}: {}; {}",
                check.name, check.detail, check.remedy
            ));
        }
    }
    let config = settle::settle(arguments, &selection)?;
    let progress = progress(&config);
    let bar = progress.clone();
    let watcher = Watcher {
        notice,
        progress: Box::new(move |events, bytes, lost| {
            let bytes = show_bytes(bytes);
            bar.set_message(format!("{}, {bytes}, {lost} lost", count(events, "event")));
            bar.tick();
        }),
    };
    let outcome = session::run(&config, &watcher);
    progress.finish_and_clear();
    let outcome = outcome?;
    tell(&outcome, format);
    Ok(exit::of_recording(
        session::command_code(&outcome.command),
        outcome.summary.complete,
    ))
}

/// State needs some events; a user who leaves them out should know.
fn warn_of(selection: &Selection) {
    const SHOWN: usize = 5;
    let missing = selection.missing_for_state();
    if missing.is_empty() {
        return;
    }
    let more = missing.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = missing.into_iter().take(SHOWN).collect();
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    notice(&format!(
        "without {}{rest}, replay will know less of processes and files; `+` before the list adds to the default",
        shown.join(", ")
    ));
}

/// A line about how it goes, where a person looks on and no command writes to the same terminal.
fn progress(config: &SessionConfig) -> ProgressBar {
    if !config.command.is_empty() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("recording {elapsed}  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    // It moves from the start, also while the first snapshot of a large machine is taken.
    bar.enable_steady_tick(REDRAW);
    notice::keep_clear_of(&bar);
    bar
}

fn tell(outcome: &Outcome, format: Format) {
    match &outcome.command {
        CommandEnd::NotStarted(error) => {
            notice(&format!("the command could not be started: {error}"))
        }
        CommandEnd::LeftBehind(_) => notice("a second signal: the command is left running"),
        CommandEnd::None | CommandEnd::Ended(_) => {}
    }
    if !outcome.missing_fields.is_empty() {
        let fields = outcome.missing_fields.join(", ");
        notice(&format!(
            "this kernel lacks {fields}: values that need them are absent"
        ));
    }
    match format {
        Format::Text => notice::tell(outcome.summary.to_string().lines()),
        // Where nobody reads the summary, the exit code still counts.
        Format::Json => notice::tell_as_json(&outcome.summary),
    }
}
