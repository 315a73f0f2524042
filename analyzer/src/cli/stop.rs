//! Signals that end a command in the middle of its output: it stops by itself and takes away what is not finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use falco_analyze::pipeline::{Flow, Interest};
use falco_format::text::Lines;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::Outcome;

/// Whether somebody wants an end.
#[derive(Clone)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Catches signals from now on. A second one ends the program at once, for those who do not want to wait.
    pub(crate) fn catch() -> Result<Self> {
        let is_wanted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&is_wanted))
                .and_then(|_| flag::register(signal, Arc::clone(&is_wanted)))
                .context("signals cannot be caught")?;
        }
        Ok(Stop(is_wanted))
    }

    /// Whether to go on.
    pub(crate) fn flow(&self) -> Flow {
        if self.is_wanted() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }

    /// Whether somebody wants an end.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What a pass is still interested in, when asked before a block.
    pub(crate) fn interest(&self) -> Interest {
        if self.is_wanted() {
            Interest::Nothing
        } else {
            Interest::Rows
        }
    }

    /// An answer of a part rests on evidence that is not complete.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.is_wanted() {
            Outcome::Incomplete
        } else {
            Outcome::Clean
        }
    }

    /// Tells that what follows is of a part, if somebody wanted an end.
    pub(crate) fn push_partial(&self, out: &mut Lines) {
        if self.is_wanted() {
            out.line("Stopped by a signal: what follows is of the part that was read until then");
        }
    }
}
