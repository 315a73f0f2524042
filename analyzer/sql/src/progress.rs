//! That a query runs and how far it is, on a terminal's stderr from its first second on, and nothing anywhere else.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use falco_format::text::count;
use falco_sql::Reading;
use indicatif::style::ProgressTracker;
use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};

/// How often it is redrawn.
const REDRAW_MS: u64 = 200;

/// Does what takes a while, and shows that it is being done.
pub(crate) fn during<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let bar = spinner(what, |_: &ProgressState, _: &mut dyn fmt::Write| {});
    let done = work();
    bar.finish_and_clear();
    done
}

/// How far a query is.
pub(crate) struct QueryBar {
    bar: ProgressBar,
    rows: u64,
}

impl QueryBar {
    /// Of what passes read it tells by itself, each time that it is drawn.
    pub(crate) fn new(reading: Arc<Reading>) -> Self {
        let read = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            let (read, whole) = reading.bytes();
            if whole > 0 {
                // What cannot be drawn is not missed.
                let _ = write!(out, ", {} of {}", HumanBytes(read), HumanBytes(whole));
            }
        };
        Self {
            bar: spinner("running", read),
            rows: 0,
        }
    }

    /// So many more rows came.
    pub(crate) fn rows(&mut self, rows: usize) {
        self.rows = self.rows.saturating_add(rows as u64);
        if !self.bar.is_hidden() {
            self.bar.set_message(count(self.rows, "row"));
        }
    }

    /// Takes it away: the query is done, or its result is on the terminal now.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for QueryBar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `read` tells how far it is.
fn spinner(what: &'static str, read: impl ProgressTracker + 'static) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}{read} {elapsed}") {
        bar.set_style(style.with_key("read", read));
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(REDRAW_MS));
    bar
}
