//! What the stream will change while a snapshot is taken: what a row that looked later must not say of the time before.
//!
//! A snapshot stands in front of events that are older than its rows.
//! A row that saw what an exec, a `setuid`, a `chdir` or an open made says nothing of the time before that event, and nobody knows what was there then.
//! In: the times at which the rows of a snapshot looked, and the events up to its end. Out: the answer whether a fact of a row was still to come when it was applied.
//! It knows times and never values. Which events it is shown, `pipeline::ahead` decides.

use std::collections::{BTreeSet, HashMap};

use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_abi::{EventDef, Role, Source};
use falco_format::{EventView, Pid, Tid};

use crate::state::row::Row;

/// How many changes are kept: more than a busy node makes while a snapshot is taken. What is beyond counts as doubtful alone.
const CHANGES_MAX: usize = 1 << 20;

/// What an event changes of a process or a thread.
///
/// Keys are numbers without starts: where one is given anew within a snapshot, less is said, never more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::state) enum Changed {
    /// The program of a process.
    Program(Pid),
    /// The credentials of a thread.
    Credentials(Tid),
    /// The directories of a process.
    Directories(Pid),
    /// A descriptor of a process.
    Descriptor(Pid, i32),
    /// Any descriptor of a process.
    Descriptors(Pid),
}

/// The changes to come.
#[derive(Clone, Debug, Default)]
pub struct Foresight {
    /// When each is changed first.
    first: HashMap<Changed, u64>,
    /// When rows of the snapshot looked.
    looks: BTreeSet<u64>,
}

impl Foresight {
    /// Takes note of a row of the snapshot.
    pub fn look(&mut self, view: &EventView<'_>) {
        self.looks.insert(view.time());
    }

    /// Takes note of an event that follows the snapshot in the stream.
    pub fn event(&mut self, view: &EventView<'_>) {
        let row = Row::of_kernel(*view);
        match row.event() {
            events::execve::EVENT if row.int(events::execve::res) == Some(0) => {
                self.note(Changed::Program(row.pid()), row);
                // What only a privileged program has may be gone before.
                self.note(Changed::Credentials(row.tid()), row);
            }
            events::setuid::EVENT
            | events::setgid::EVENT
            | events::setreuid::EVENT
            | events::setregid::EVENT
            | events::setresuid::EVENT
            | events::setresgid::EVENT
            | events::capset::EVENT => self.note(Changed::Credentials(row.tid()), row),
            events::chdir::EVENT | events::fchdir::EVENT | events::chroot::EVENT => {
                self.note(Changed::Directories(row.pid()), row);
            }
            events::close_range::EVENT => self.note(Changed::Descriptors(row.pid()), row),
            events::close::EVENT => self.descriptor(events::close::fd, row),
            events::bind::EVENT => self.descriptor(events::bind::fd, row),
            events::connect::EVENT => self.descriptor(events::connect::fd, row),
            _ => self.made(row),
        }
    }

    /// Whether a fact of a row that looked at `time` was made by an event to come.
    pub(in crate::state) fn is_to_come(&self, what: Changed, time: u64) -> bool {
        let Some(&first) = self.first.get(&what) else {
            return false;
        };
        // The look was over when the next one began.
        let after = (std::ops::Bound::Excluded(time), std::ops::Bound::Unbounded);
        let over = self.looks.range(after).next();
        first <= over.copied().unwrap_or(u64::MAX)
    }

    /// Descriptors that the event's call made.
    fn made(&mut self, row: Row<'_>) {
        let Some(event) = events::event(row.event()) else {
            return;
        };
        for (index, param) in event.params.iter().enumerate() {
            let is_made = matches!(param.source, Source::Ret | Source::UserInt { .. });
            if param.role == Role::Fd && is_made {
                self.descriptor(index, row);
            }
        }
    }

    fn descriptor(&mut self, param: usize, row: Row<'_>) {
        if let Some(fd) = row.fd(param).filter(|&fd| fd >= 0) {
            self.note(Changed::Descriptor(row.pid(), fd), row);
        }
    }

    fn note(&mut self, what: Changed, row: Row<'_>) {
        if self.first.len() < CHANGES_MAX {
            let first = self.first.entry(what).or_insert(u64::MAX);
            *first = (*first).min(row.time());
        }
    }
}

/// The events that it is to be shown.
pub fn foreseen(event: &EventDef) -> bool {
    event.has(STATE) && !event.has(SNAPSHOT)
}
