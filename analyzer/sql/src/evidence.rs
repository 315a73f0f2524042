//! What was missing from the evidence that answers rest on.
//!
//! In: what each pass over a source came across. Out: one account, however many passes a query took.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Events lost and places damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Events that the recorder lost.
    pub lost_events: u64,
    /// Places of captures that could not be read.
    pub damaged_places: u64,
}

impl Evidence {
    /// Whether nothing is known to be missing.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self == Self::default()
    }

    fn most(self, other: Self) -> Self {
        Self {
            lost_events: self.lost_events.max(other.lost_events),
            damaged_places: self.damaged_places.max(other.damaged_places),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events lost, {} damaged places",
            self.lost_events, self.damaged_places
        )
    }
}

/// The account that passes share. A query may read a source more than once, and sees the same losses each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedEvidence(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    entries: Mutex<Entries>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct Entries {
    by_source: BTreeMap<String, Evidence>,
    /// Passes that have not told yet what they came across.
    running: usize,
}

/// A pass that is running; it ends when this is dropped.
pub(crate) struct RunningPass(SharedEvidence);

impl SharedEvidence {
    /// Adds what one reading of a source came across.
    pub(crate) fn add(&self, source: &str, seen: Evidence) {
        let mut entries = self.lock();
        let known = entries.by_source.entry(source.to_owned()).or_default();
        *known = known.most(seen);
    }

    /// Notes that a pass has begun.
    pub(crate) fn begin(&self) -> RunningPass {
        self.lock().running += 1;
        RunningPass(self.clone())
    }

    /// All sources together, once every pass has told. A pass ends soon after its query does.
    pub(crate) fn total(&self) -> Evidence {
        let entries = self.lock();
        let ended = self
            .0
            .idle
            .wait_while(entries, |entries| entries.running > 0);
        let entries = ended.unwrap_or_else(PoisonError::into_inner);
        let all = entries.by_source.values();
        all.fold(Evidence::default(), |total, seen| Evidence {
            lost_events: total.lost_events.saturating_add(seen.lost_events),
            damaged_places: total.damaged_places.saturating_add(seen.damaged_places),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningPass {
    fn drop(&mut self) {
        let mut entries = self.0.lock();
        entries.running = entries.running.saturating_sub(1);
        self.0.0.idle.notify_all();
    }
}
