//! Signals that end a command in the middle of its output: it stops by itself and takes away what is not finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use falco_analyze::pipeline::Flow;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether somebody wants an end.
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
        if self.0.load(Ordering::Relaxed) {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}
