//! The pass on several threads: blocks are decoded ahead, one thread applies them, and all of them judge.
//!
//! In: items and a collector. Out: harvests to a sink, in stream order, and a tally; both are those of the fused pass.
//!
//! ```text
//! window    a run of items that one thread walks, with its blocks decoded by whoever comes first
//! workers   decode windows that were read ahead, and walk those that they are given with a clone of the cursor
//! driver    takes windows in order: gives one away and advances over it, or walks it itself
//! delivery  takes what came of the oldest window to the sink
//! ```
//!
//! Whoever walks a window has the rows that were advanced over, from the place where the cursor was, so its events and answers are those of one thread by construction.
//! A window that is given away is applied twice, one that the driver walks is applied once: so it gives away what keeps the others busy, and no more.
//! Jobs are taken in the order in which they were given, so the oldest window is always being worked on: a worker that waits until its portions are taken waits for windows in front of its own alone.
//! What fits into one window never meets a second thread.

mod delivery;
mod driver;
mod window;
mod workers;

use std::any::Any;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) use driver::run;

use super::Input;

/// Rows after which a window ends at the next block's end. A clone of the cursor takes up to half a millisecond, and going over so many rows several.
const WINDOW_ROWS: u64 = 16_384;

/// Over how many threads a pass is spread, and where it is cut for that.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    threads: NonZeroUsize,
    window_rows: u64,
    chance: Option<u64>,
}

impl From<NonZeroUsize> for Spread {
    fn from(threads: NonZeroUsize) -> Self {
        Spread {
            threads,
            window_rows: WINDOW_ROWS,
            chance: None,
        }
    }
}

impl Spread {
    /// Cuts windows after so many rows, and has a seed decide who walks which, and what is held back: for those who test that neither changes an answer.
    #[must_use]
    pub fn by_chance(threads: NonZeroUsize, window_rows: u64, seed: u64) -> Spread {
        Spread {
            threads,
            window_rows,
            chance: Some(seed),
        }
    }

    /// The same with the threads that are left beside the one that reads an input.
    #[must_use]
    pub fn beside(self, input: &Input) -> Spread {
        Spread {
            threads: input.threads_for(self.threads),
            ..self
        }
    }

    /// How many threads work.
    #[must_use]
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }
}

/// Does a part of a pass. A fault of the program that shows in it ends the pass with an error, on whichever thread that is.
pub(super) fn caught<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // What was being changed is not looked at any more.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(fault(&said(&*panic))))
}

/// What a thread said when it panicked.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "nothing is known of it".to_owned())
}

/// The one error for a fault of the program.
fn fault(said: &str) -> io::Error {
    io::Error::other(format!("a fault of this program ended the pass: {said}"))
}
