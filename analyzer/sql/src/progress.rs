//! That a query runs, on a terminal's stderr from its first second on, and nothing anywhere else.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use falco_format::text::count;
use indicatif::{ProgressBar, ProgressStyle};

/// How often it is redrawn.
const REDRAW_MS: u64 = 200;

/// Does what takes a while, and shows that it is being done.
pub(crate) fn during<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let bar = spinner(what);
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
    pub(crate) fn new() -> Self {
        Self {
            bar: spinner("running"),
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

fn spinner(what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(REDRAW_MS));
    bar
}
