//! How far a command is, on a terminal's stderr from its first second on, and nothing anywhere else.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use falco_analyze::completeness::grouped;
use falco_analyze::pipeline::Input;
use falco_format::text::plain;
use indicatif::{ProgressBar, ProgressStyle};

/// How often it is redrawn while a large block is worked on.
const REDRAW_MS: u64 = 200;

/// A bar over the bytes of all captures; hidden where stderr is no terminal.
pub(crate) fn bar(inputs: &[Input]) -> Bar {
    over(inputs.iter().map(Input::bytes).sum())
}

/// The same over so many bytes.
pub(crate) fn over(bytes: u64) -> Bar {
    let bar = if shows_progress() {
        drawn(
            ProgressBar::new(bytes),
            "{bar:30} {bytes}/{total_bytes}{msg}, {eta} left",
        )
    } else {
        ProgressBar::hidden()
    };
    Bar { bar, events: 0 }
}

/// How far the bytes of captures were read, and how fast their events.
pub(crate) struct Bar {
    bar: ProgressBar,
    events: u64,
}

impl Bar {
    /// So many more bytes were read.
    pub(crate) fn inc(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// So many more events were.
    pub(crate) fn events(&mut self, events: u64) {
        if self.bar.is_hidden() {
            return;
        }
        self.events = self.events.saturating_add(events);
        let seconds = self.bar.elapsed().as_secs_f64();
        if seconds >= 1.0 {
            let rate = grouped((self.events as f64 / seconds) as u64);
            self.bar.set_message(format!(", {rate} events/s"));
        }
    }

    /// Whether nothing is drawn.
    pub(crate) fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    /// Prints something else.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(crate) fn finish_and_clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over things of which so many are done; hidden where stderr is no terminal.
pub(crate) fn steps(what: &'static str, number: usize) -> ProgressBar {
    if !shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = drawn(
        ProgressBar::new(number as u64),
        "{bar:30} {pos} of {len} {msg} {elapsed}",
    );
    bar.set_message(what);
    bar
}

/// Does what nobody knows the length of, and shows that it is being done: `what`, of something that is named.
pub(crate) fn during<T>(what: &str, name: impl Display, work: impl FnOnce() -> T) -> T {
    if !shows_progress() {
        return work();
    }
    let spinner = drawn(ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}");
    spinner.set_message(format!("{what} {}", plain(&name.to_string())));
    let done = work();
    spinner.finish_and_clear();
    done
}

/// Whether progress may be drawn: stderr is a terminal.
fn shows_progress() -> bool {
    io::stderr().is_terminal()
}

fn drawn(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(REDRAW_MS));
    bar
}
