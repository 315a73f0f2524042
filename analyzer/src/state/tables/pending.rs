//! Facts of a snapshot that are younger than the stream, waiting until the stream reaches their time.
//!
//! The rows of the first snapshot stand before the events that the probe saw while it was taken.
//! They are applied at once, so that something is known of everyone, and again at their own time, when they are true:
//! an event in between (a `chdir("..")`, a `dup2` from a number that was opened later) may have been applied to what was only to come.
//! It owns the queue; what a fact does to the state stands with the transitions.

use std::collections::VecDeque;

use falco_format::Tid;

use super::fds::Slot;
use super::numbers::Ptid;
use super::text::Text;
use super::thread::Credentials;

/// Of a thread.
#[derive(Clone, Debug)]
pub(in crate::state) struct ThreadFact {
    pub(in crate::state) tid: Tid,
    pub(in crate::state) start: u64,
    pub(in crate::state) ptid: Option<Ptid>,
    pub(in crate::state) cwd: Option<Text>,
    /// Credentials, where a change was still to come when the row was applied first.
    pub(in crate::state) credentials: Option<Credentials>,
}

/// Of a descriptor.
#[derive(Clone, Debug)]
pub(in crate::state) struct FdFact {
    pub(in crate::state) tid: Tid,
    pub(in crate::state) start: u64,
    pub(in crate::state) slot: Slot,
}

/// What was true at a time.
#[derive(Clone, Debug)]
pub(in crate::state) enum Fact {
    Thread(ThreadFact),
    Fd(FdFact),
    /// The snapshot of this number is over.
    End(u32),
}

/// The queue, in the order in which the rows stand, which is the order of their times.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Pending {
    facts: VecDeque<(u64, Fact)>,
    /// How far the stream is.
    now: u64,
}

impl Pending {
    /// How far the stream is, nanoseconds of boot time.
    #[inline]
    pub(in crate::state) fn now(&self) -> u64 {
        self.now
    }

    /// Keeps a fact until its time, unless the stream is past it or there are too many.
    pub(in crate::state) fn keep(&mut self, time: u64, fact: Fact, limit: usize) {
        if time > self.now && self.facts.len() < limit {
            self.facts.push_back((time, fact));
        }
    }

    /// The stream has come to a time.
    #[inline]
    pub(in crate::state) fn reach(&mut self, time: u64) {
        self.now = self.now.max(time);
    }

    /// Whether the time of a fact has come.
    #[inline]
    pub(in crate::state) fn is_due(&self) -> bool {
        let first = self.facts.front();
        first.is_some_and(|(time, _)| *time <= self.now)
    }

    /// The next fact whose time has come.
    #[inline]
    pub(in crate::state) fn next(&mut self) -> Option<(u64, Fact)> {
        self.is_due().then(|| self.facts.pop_front()).flatten()
    }
}
