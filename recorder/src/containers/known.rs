//! What was learned so far, for the snapshots of new segments, and the counts of it all.
//!
//! Shared between the thread that asks and the threads that take snapshots; the thread that drains never waits for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// How many containers are remembered: several times what one node runs. Mere names go first, then the one that was learned first.
const KNOWN_MAX: usize = 4096;
/// How many bytes they may take together; what runtimes say of a container is two kilobytes, and could be thirty times that.
const KNOWN_BYTES_MAX: usize = 16 << 20;
/// How often it is looked whether all questions are answered.
const SETTLE_POLL: Duration = Duration::from_millis(2);

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Containers that were asked about.
    pub asked: u64,
    /// Containers of which something was learned.
    pub described: u64,
    /// Containers of which nothing could be learned.
    pub unanswered: u64,
    /// Questions and answers for which there was no room.
    pub dropped: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Batches of events that could not wait for the names of users that they asked for: some of their events have none.
    pub names_late: u64,
}

#[derive(Debug)]
struct Entry {
    json: Arc<str>,
    number: u64,
    asked: Instant,
    trust: Trust,
}

/// How much an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// A runtime may know more, and is asked again.
    Provisional,
    /// The name of its cgroup is all there is to it, and anybody who may make cgroups can make it up.
    FromName,
    /// Nobody but the disk tells of it.
    FromDisk,
    /// Its runtime told it.
    FromRuntime,
}

/// The entries by full id, and how many bytes they take.
#[derive(Debug, Default)]
struct Entries {
    by_id: HashMap<String, Entry>,
    bytes: usize,
    next_number: u64,
}

impl Entries {
    fn insert(&mut self, id: &str, json: &Arc<str>, trust: Trust) {
        let entry = Entry {
            json: Arc::clone(json),
            number: self.next_number,
            asked: Instant::now(),
            trust,
        };
        self.next_number += 1;
        self.bytes += json.len();
        let previous = self.by_id.insert(id.to_owned(), entry);
        self.bytes -= previous.map_or(0, |previous| previous.json.len());
        while self.by_id.len() > KNOWN_MAX || self.bytes > KNOWN_BYTES_MAX {
            // Names go first: a crowd of made-up ones must not make the others be told again and again.
            let oldest = self
                .by_id
                .iter()
                .min_by_key(|(_, entry)| (entry.trust != Trust::FromName, entry.number));
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            let removed = self.by_id.remove(&oldest);
            self.bytes -= removed.map_or(0, |removed| removed.json.len());
        }
    }
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    entries: Mutex<Entries>,
    /// Questions that were put, and those whose first answer has come.
    put: AtomicU64,
    done: AtomicU64,
    pub(super) asked: AtomicU64,
    pub(super) described: AtomicU64,
    pub(super) unanswered: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) names_late: AtomicU64,
}

pub(super) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Known {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        // It is whole between any two operations on it.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what is known of a container. Returns the JSON if it is news.
    /// What a runtime told is not given up for less: the runtime may be out of reach for a while.
    pub(super) fn learn(&self, id: &str, json: String, trust: Trust) -> Option<Arc<str>> {
        let mut entries = self.entries();
        let previous = entries.by_id.get(id);
        if previous.is_some_and(|entry| entry.trust > trust) {
            return None;
        }
        let is_news = previous.is_none_or(|entry| *entry.json != *json);
        if previous.is_none() {
            add(&self.described, 1);
        }
        let json: Arc<str> = json.into();
        entries.insert(id, &json, trust);
        is_news.then_some(json)
    }

    /// Whether all that can be known of a container was learned within this time.
    pub(super) fn is_fresh(&self, id: &str, age: Duration) -> bool {
        let entries = self.entries();
        let entry = entries.by_id.get(id);
        entry.is_some_and(|entry| entry.trust > Trust::Provisional && entry.asked.elapsed() < age)
    }

    /// What is known of a container.
    pub(super) fn json(&self, id: &str) -> Option<Arc<str>> {
        let entries = self.entries();
        entries.by_id.get(id).map(|entry| Arc::clone(&entry.json))
    }

    pub(super) fn question_put(&self) {
        self.put.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn question_done(&self) {
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until every question that was put has had its first answer, but no longer than this.
    pub(super) fn settle(&self, at_most: Duration) {
        let begun = Instant::now();
        let put = self.put.load(Ordering::Acquire);
        while self.done.load(Ordering::Acquire) < put && begun.elapsed() < at_most {
            std::thread::sleep(SETTLE_POLL);
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            asked: of(&self.asked),
            described: of(&self.described),
            unanswered: of(&self.unanswered),
            dropped: of(&self.dropped),
            failures: of(&self.failures),
            names_late: of(&self.names_late),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_news_is_handed_on() {
        let known = Known::default();
        let learn = |json: &str, trust| known.learn("a", json.into(), trust).is_some();
        assert!(learn("1", Trust::Provisional));
        assert!(!learn("1", Trust::FromDisk));
        assert!(learn("3", Trust::FromRuntime));
        assert!(!learn("1", Trust::FromDisk) && !learn("1", Trust::Provisional));
        assert!(learn("2", Trust::FromRuntime));
        assert_eq!(known.json("a").as_deref(), Some("2"));
        assert!(known.is_fresh("a", Duration::from_secs(60)));
        assert!(!known.is_fresh("a", Duration::ZERO));
        assert_eq!(known.counts().described, 1);
    }

    #[test]
    fn the_oldest_goes_first() {
        let known = Known::default();
        for number in 0..=KNOWN_MAX {
            known.learn(&number.to_string(), String::new(), Trust::FromDisk);
        }
        assert!(known.json("0").is_none());
        assert!(known.json("1").is_some());
        let large = "x".repeat(KNOWN_BYTES_MAX / 2);
        for id in ["large", "larger", "largest"] {
            known.learn(id, large.clone(), Trust::FromDisk);
        }
        assert!(known.json("1").is_none() && known.json("large").is_none());
        assert!(known.json("larger").is_some() && known.json("largest").is_some());
        assert_eq!(known.entries().bytes, 2 * large.len());
    }

    #[test]
    fn mere_names_go_before_what_was_told() {
        let known = Known::default();
        known.learn("told", "{}".into(), Trust::FromRuntime);
        for number in 0..2 * KNOWN_MAX {
            known.learn(&number.to_string(), String::new(), Trust::FromName);
        }
        assert!(known.json("told").is_some() && known.json("0").is_none());
        assert_eq!(known.entries().by_id.len(), KNOWN_MAX);
    }

    #[test]
    fn settling_waits_no_longer_than_it_may() {
        let known = Known::default();
        known.settle(Duration::from_secs(60));
        known.question_put();
        known.settle(Duration::from_millis(5));
        known.question_done();
        known.settle(Duration::from_secs(60));
    }
}
