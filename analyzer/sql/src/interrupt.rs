//! Ctrl-C ends a query.
//!
//! In: signals. Out: a future that is ready when somebody wants an end.
//! Outside the shell a second signal ends the program at once, for those who do not want to wait; in the shell nothing but the query ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tokio::sync::Notify;

/// Whether somebody wants an end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts(Arc<Wanted>);

#[derive(Debug, Default)]
struct Wanted {
    is_so: AtomicBool,
    told: Notify,
}

impl Interrupts {
    /// Catches signals from now on.
    pub(crate) fn catch(is_shell: bool) -> Result<Self> {
        let caught = Self::default();
        // What ends the terminal ends the shell as well.
        let signals: &[_] = if is_shell {
            &[SIGINT]
        } else {
            &[SIGINT, SIGTERM, SIGHUP]
        };
        let mut signals = Signals::new(signals).context("signals cannot be caught")?;
        let wanted = Arc::clone(&caught.0);
        let listen = move || {
            for signal in signals.forever() {
                let was_so = wanted.is_so.swap(true, Ordering::Relaxed);
                if was_so && !is_shell {
                    // Where that fails, the first signal still counts.
                    let _ = emulate_default_handler(signal);
                }
                wanted.told.notify_one();
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        thread
            .spawn(listen)
            .context("cannot start a thread for signals")?;
        Ok(caught)
    }

    /// Forgets what was wanted before.
    pub(crate) fn clear(&self) {
        self.0.is_so.store(false, Ordering::Relaxed);
    }

    /// Ready when an end is wanted.
    pub(crate) async fn wanted(&self) {
        while !self.0.is_so.load(Ordering::Relaxed) {
            self.0.told.notified().await;
        }
    }
}
