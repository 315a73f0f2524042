//! How far a command is, on a terminal's stderr from its first second on, and nothing anywhere else.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use falco_analyze::pipeline::Input;
use falco_format::text::plain;
use indicatif::{ProgressBar, ProgressStyle};

/// How often it is redrawn while a large block is worked on.
const REDRAW_MS: u64 = 200;

/// A bar over the bytes of all captures; hidden where stderr is no terminal.
pub(crate) fn bar(inputs: &[Input]) -> ProgressBar {
    over(inputs.iter().map(Input::bytes).sum())
}

/// The same over so many bytes.
pub(crate) fn over(bytes: u64) -> ProgressBar {
    if !shows_progress() {
        return ProgressBar::hidden();
    }
    drawn(
        ProgressBar::new(bytes),
        "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    )
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
