//! Keys by which a value is computed once for all events that meet the same state.
//!
//! In: what a field's value is a function of, and an event. Out: a key; two events with the same key have the same value of every field with that basis.
//! What keys rest on: a thread's version is another one whenever something about a thread was changed, and no two threads share one; parts of state beside threads count their changes.
//! A key holds between two events between which nothing but rows of events was applied: from a snapshot, a clock or a segment on there are new ones.

use std::sync::Arc;

use super::{Basis, EventContext, container};
use crate::state::facets::Facets;
use crate::state::{Fd, State, Thread};

/// What stands in a key for a thread that is not known, and for none at all. Versions of threads begin above.
const UNKNOWN: u64 = 0;
const NOBODY: u64 = 1;

impl EventContext<'_> {
    /// Writes the key of a basis, for fields that read these parts of state. False where there is none: the value is this event's own.
    pub(crate) fn key_of(&self, basis: Basis, reads: Facets, key: &mut Vec<u64>) -> bool {
        key.clear();
        match basis {
            Basis::Event | Basis::Word => return false,
            Basis::Thread => key.push(self.own()),
            Basis::Container if container::is_about_container(self) => return false,
            Basis::Container => key.push(self.own()),
            Basis::Process => key.extend([self.own(), version(self.leader())]),
            Basis::Parent => {
                let leader = self.leader();
                let parent = leader.and_then(|leader| self.state.parent(leader));
                key.extend([self.own(), version(leader), version(parent)]);
            }
            Basis::Lineage => self.push_lineage(key),
            Basis::Threads => key.extend([self.own(), self.state.version_of_threads()]),
            Basis::Descriptor => match self.fd() {
                None => key.push(UNKNOWN),
                // By where it lies: whoever keeps the key keeps the file as well, so that nothing else comes to lie there.
                Some(fd) => match fd.file {
                    Some(file) => key.push(Arc::as_ptr(file).addr() as u64),
                    // It has the name that the call asked for.
                    None => return false,
                },
            },
        }
        if reads.meets(State::COUNTED) {
            key.push(self.state.version_of(reads));
        }
        true
    }

    /// The version of whoever made the event.
    fn own(&self) -> u64 {
        match self.thread {
            Some(thread) => thread.version(),
            None if self.is_nobodys() => NOBODY,
            None => UNKNOWN,
        }
    }

    fn push_lineage(&self, key: &mut Vec<u64>) {
        let leader = self.leader();
        key.extend([self.own(), version(leader)]);
        if let Some(leader) = leader {
            key.extend(self.state.ancestors(leader).map(Thread::version));
        }
    }

    /// What stands behind the event's descriptor.
    pub(crate) fn file(&self) -> Option<&Arc<Fd>> {
        self.fd()?.file
    }
}

fn version(thread: Option<&Thread>) -> u64 {
    thread.map_or(UNKNOWN, Thread::version)
}
