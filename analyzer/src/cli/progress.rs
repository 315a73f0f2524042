//! A progress bar on a terminal's stderr, and nothing anywhere else.

use std::time::Duration;

use falco_analyze::pipeline::Input;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::shows_progress;

/// How often the bar is redrawn while a large block is worked on.
const REDRAW_MS: u64 = 200;

/// A bar over the bytes of all captures' events; hidden where stderr is no terminal.
pub(crate) fn bar(inputs: &[Input]) -> ProgressBar {
    if !shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(inputs.iter().map(Input::bytes).sum());
    let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(REDRAW_MS));
    bar
}
