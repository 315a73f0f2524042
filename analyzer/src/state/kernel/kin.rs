//! Who is whose kin: who adopts the children of a thread that ends, and whose number is meant in a pid namespace.
//!
//! Questions to the table of threads; nothing is changed here.

use crate::state::{State, Thread};

/// The process that adopts orphans where nothing else is known.
const INIT: u32 = 1;

impl State {
    /// The nearest subreaper, or the init of the pid namespace.
    pub(in crate::state) fn heir(&self, thread: &Thread) -> u32 {
        let adopts = |ancestor: &&Thread| {
            let is_init = ancestor.ids.vpid == Some(1) && ancestor.pid_ns == thread.pid_ns;
            ancestor.is_subreaper || is_init
        };
        let found = self.ancestors(thread).find(adopts);
        found.map_or(INIT, |ancestor| ancestor.tid)
    }

    /// Who adopts the children of a thread that ends, where it has any: another of its process, else an ancestor.
    ///
    /// Children are known by their process, so that only the leader's end tells of them.
    pub(crate) fn reaper(&self, thread: &Thread) -> Option<u32> {
        if !thread.is_leader() || !self.threads.has_children(thread.pid) {
            return None;
        }
        let members = self.threads.group(thread.pid);
        let lives = |tid: &u32| self.threads.get(*tid).is_some_and(|other| !other.is_dead);
        let other = members
            .into_iter()
            .filter(|tid| *tid != thread.tid)
            .find(lives);
        Some(other.unwrap_or_else(|| self.heir(thread)))
    }

    /// The thread that goes by a number in the pid namespace of another.
    pub(crate) fn thread_beside(&self, thread: &Thread, vtid: i64) -> Option<&Thread> {
        let is_it = |other: &&Thread| {
            other.ids.vtid == Some(vtid) && other.pid_ns.is_some() && other.pid_ns == thread.pid_ns
        };
        self.threads
            .iter()
            .filter(is_it)
            .max_by_key(|other| (!other.is_dead, other.tid))
    }
}
