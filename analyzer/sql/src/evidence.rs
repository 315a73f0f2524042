//! What was missing from the evidence that answers rest on.
//!
//! In: what each pass over a source came across. Out: one account, however many passes a query took.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use falco_analyze::completeness::{Gap, GapKind};
use falco_analyze::pipeline::Tally;

use crate::reading::Reading;

/// Events lost and places damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Events that the recorder lost.
    pub lost_events: u64,
    /// Places of captures that could not be read.
    pub damaged_places: u64,
    /// Ends and segments that are missing.
    pub missing_ends: u64,
    /// How often a driver says that it dropped events, uncounted.
    pub sampled: u64,
    /// What the state had no room for: threads, descriptors and others that later events miss.
    pub forgotten: u64,
    /// How often recording ended in order and began again later.
    pub pauses: u64,
}

impl Evidence {
    /// Whether nothing of what was recorded is known to be missing. Pauses are told, and are no loss.
    #[must_use]
    pub fn is_complete(self) -> bool {
        Self { pauses: 0, ..self } == Self::default()
    }

    /// What the gaps of a source say is missing.
    #[must_use]
    pub fn of_gaps(gaps: &[Gap]) -> Self {
        let count = |wanted: &dyn Fn(GapKind) -> bool| {
            gaps.iter().filter(|gap| wanted(gap.kind)).count() as u64
        };
        Self {
            missing_ends: count(&GapKind::is_loss),
            pauses: count(&|kind| kind == GapKind::Pause),
            ..Self::default()
        }
    }

    /// What one reading came across.
    #[must_use]
    pub fn of_reading(read: &Tally) -> Self {
        Self {
            lost_events: read.losses.events(),
            damaged_places: read.damaged_places,
            sampled: read.sampled,
            forgotten: read.state.dropped(),
            ..Self::default()
        }
    }

    /// Both, number by number.
    fn with(self, other: Self, join: fn(u64, u64) -> u64) -> Self {
        Self {
            lost_events: join(self.lost_events, other.lost_events),
            damaged_places: join(self.damaged_places, other.damaged_places),
            missing_ends: join(self.missing_ends, other.missing_ends),
            sampled: join(self.sampled, other.sampled),
            forgotten: join(self.forgotten, other.forgotten),
            pauses: join(self.pauses, other.pauses),
        }
    }

    /// What is missing of two that share nothing.
    pub(crate) fn and(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    fn most(self, other: Self) -> Self {
        self.with(other, u64::max)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events lost, {} damaged places",
            self.lost_events, self.damaged_places
        )?;
        for (count, words) in [
            (self.missing_ends, "ends or segments missing"),
            (self.sampled, "times events were dropped uncounted"),
            (self.forgotten, "facts forgotten for want of room"),
            (self.pauses, "pauses between recordings"),
        ] {
            if count > 0 {
                write!(f, ", {count} {words}")?;
            }
        }
        Ok(())
    }
}

/// The account that passes share. A query may read a source more than once, and sees the same losses each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedEvidence(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    entries: Mutex<Entries>,
    idle: Condvar,
    reading: Arc<Reading>,
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

    /// How far the passes are.
    pub(crate) fn reading(&self) -> &Arc<Reading> {
        &self.0.reading
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
        all.fold(Evidence::default(), |total, seen| {
            total.with(*seen, u64::saturating_add)
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
