//! Who is whose kin: who adopts the children of a thread that ends, and whose number is meant in a pid namespace.
//!
//! Questions to the table of threads; nothing is changed here.

use falco_format::{Pid, Tid};

use crate::state::{State, Thread, Vpid, Vtid};

/// The process that adopts orphans where nothing else is known.
const INIT: Pid = Pid(1);

impl State {
    /// The nearest subreaper, or the init of the pid namespace.
    pub(in crate::state) fn heir(&self, thread: &Thread) -> Pid {
        let adopts = |ancestor: &&Thread| {
            let is_init = ancestor.ids.vpid == Some(Vpid(1)) && ancestor.pid_ns == thread.pid_ns;
            ancestor.is_subreaper || is_init
        };
        let found = self.ancestors(thread).find(adopts);
        found.map_or(INIT, |ancestor| ancestor.pid)
    }

    /// Who adopts the children of a thread that ends, where it has any: another of its process, else an ancestor.
    ///
    /// Children are known by their process, so that only the leader's end tells of them.
    pub(crate) fn reaper(&self, thread: &Thread) -> Option<Tid> {
        if !thread.is_leader() || !self.threads.has_children(thread.pid) {
            return None;
        }
        let members = self.threads.group(thread.pid);
        let lives = |tid: &Tid| self.threads.get(*tid).is_some_and(|other| !other.is_dead);
        let other = members
            .into_iter()
            .filter(|tid| *tid != thread.tid)
            .find(lives);
        Some(other.unwrap_or_else(|| self.heir(thread).leader()))
    }

    /// The thread that a program means with a number, if it is known.
    pub(crate) fn meant(&self, by: &Thread, number: Vtid) -> Option<&Thread> {
        self.thread_of_tid(self.tid_meant(by, number)?)
    }

    /// The tid that a program means with a number: it counts in its own pid namespace.
    pub(in crate::state) fn tid_meant(&self, by: &Thread, number: Vtid) -> Option<Tid> {
        if by.is_in_namespace() {
            self.thread_beside(by, number).map(|thread| thread.tid)
        } else {
            Tid::told(number.0)
        }
    }

    /// The thread that goes by a number in the pid namespace of another.
    fn thread_beside(&self, thread: &Thread, vtid: Vtid) -> Option<&Thread> {
        let is_it = |other: &&Thread| {
            other.ids.vtid == Some(vtid) && other.pid_ns.is_some() && other.pid_ns == thread.pid_ns
        };
        self.threads
            .iter()
            .filter(is_it)
            .max_by_key(|other| (!other.is_dead, other.tid))
    }
}
