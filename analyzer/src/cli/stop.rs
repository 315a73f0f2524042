//! What ends a command in the middle of its output: a signal, or that nobody reads the output any more. It stops by itself and takes away what is not finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use falco_analyze::pipeline::{Flow, Interest};
use falco_format::text::Lines;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::Outcome;
use super::output::Unread;

/// Whether somebody wants an end.
#[derive(Clone)]
pub(crate) struct Stop {
    signal: Arc<AtomicBool>,
    unread: Unread,
}

impl Stop {
    /// Catches signals from now on. A second one ends the program at once, for those who do not want to wait.
    pub(crate) fn catch() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&flag))
                .and_then(|_| flag::register(signal, Arc::clone(&flag)))
                .context("signals cannot be caught")?;
        }
        Ok(Stop {
            signal: flag,
            unread: Unread::default(),
        })
    }

    /// Stops as well when nobody reads the results any more.
    pub(crate) fn or_unread(self, unread: Unread) -> Self {
        Stop { unread, ..self }
    }

    /// Whether to go on.
    pub(crate) fn flow(&self) -> Flow {
        if self.is_wanted() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }

    /// Whether the command is to end before its time.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_signalled() || self.unread.is_so()
    }

    fn is_signalled(&self) -> bool {
        self.signal.load(Ordering::Relaxed)
    }

    /// What a pass is still interested in, when asked before a block.
    pub(crate) fn interest(&self) -> Interest {
        if self.is_wanted() {
            Interest::Nothing
        } else {
            Interest::Rows
        }
    }

    /// An answer of a part rests on evidence that is not complete; but whoever went away has what they wanted.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.is_signalled() {
            Outcome::Incomplete
        } else {
            Outcome::Clean
        }
    }

    /// Tells that what follows is of a part, if the command ended before its time.
    pub(crate) fn push_partial(&self, out: &mut Lines) {
        let why = if self.is_signalled() {
            "Stopped by a signal"
        } else if self.unread.is_so() {
            "Nobody reads the results any more"
        } else {
            return;
        };
        out.line(format_args!(
            "{why}: what follows is of the part that was read until then"
        ));
    }
}
