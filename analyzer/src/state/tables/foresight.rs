//! What the stream will change while a snapshot is taken: what a row that looked later must not say of the time before.
//!
//! A snapshot stands in front of events that are older than its rows.
//! A row that saw what an exec, a `setuid`, a `chdir` or an open made says nothing of the time before that event, and nobody knows what was there then.
//! In: the times at which the rows of a snapshot looked, and the events up to its end. Out: the answer whether a fact of a row was still to come when it was applied.
//! It knows times and never values. Which events it is shown, `pipeline::ahead` decides.

use std::collections::{BTreeSet, HashMap};

use falco_abi::events::{self, SNAPSHOT, STATE, state_thread};
use falco_abi::{EventDef, Role, Source};
use falco_format::{EventView, Pid, Tid};

use crate::state::row::Row;

/// How many changes are kept: more than a busy node makes while a snapshot is taken. What is beyond counts as doubtful alone.
const CHANGES_MAX: usize = 1 << 20;

/// How many links from process to process are followed: a row or a birth makes one, and longer ones only who shared before can make.
const LINKS_MAX: usize = 64;

/// `CLONE_FILES`.
const CLONE_FILES: u64 = 0x400;

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
    /// Whose descriptors a process shares: an older process, or one whose own stand here in turn.
    shares: HashMap<Pid, Pid>,
    /// Processes of threads that have descriptors apart from their process.
    apart: HashMap<Tid, Pid>,
}

impl Foresight {
    /// Takes note of a row of the snapshot.
    pub fn look(&mut self, view: &EventView<'_>) {
        self.looks.insert(view.time());
        let row = Row::of_kernel(*view);
        if row.event() != state_thread::EVENT {
            return;
        }
        let owner = row.int(state_thread::files_owner);
        let Some(owner) = owner.and_then(Tid::told) else {
            return;
        };
        if owner == row.tid() && owner != row.pid().leader() {
            if self.apart.len() < CHANGES_MAX {
                self.apart.insert(owner, row.pid());
            }
        } else {
            let process = self.apart.get(&owner).copied();
            self.share(row.pid(), process.unwrap_or(Pid::led_by(owner)));
        }
    }

    /// Notes that two processes have the same descriptors from some time on; what is said of both is so much the less.
    fn share(&mut self, pid: Pid, other: Pid) {
        let (pid, other) = (self.owner(pid), self.owner(other));
        if pid != other && self.shares.len() < CHANGES_MAX {
            self.shares.insert(pid, other);
        }
    }

    /// The process under which changes of a process's descriptors are noted.
    fn owner(&self, mut pid: Pid) -> Pid {
        // Every link leads to a process that had none when it was made, so that there is no circle.
        for _ in 0..LINKS_MAX {
            match self.shares.get(&pid) {
                Some(&other) => pid = other,
                None => break,
            }
        }
        pid
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
            events::close_range::EVENT => {
                self.note(Changed::Descriptors(self.owner(row.pid())), row);
            }
            events::procfork::EVENT => self.birth(row),
            events::close::EVENT => self.descriptor(events::close::fd, row),
            events::bind::EVENT => self.descriptor(events::bind::fd, row),
            events::connect::EVENT => self.descriptor(events::connect::fd, row),
            _ => self.made(row),
        }
    }

    /// A birth: the child may share its parent's descriptors.
    fn birth(&mut self, row: Row<'_>) {
        use events::procfork as p;
        let parent = row.int(p::parent_pid).and_then(Pid::told);
        let shares = row.uint(p::flags).unwrap_or(0) & CLONE_FILES != 0;
        if let Some(parent) = parent.filter(|_| shares) {
            self.share(row.pid(), parent);
        }
    }

    /// Whether a descriptor that a row found at `time` was made, or made to what it is, by an event to come, whoever shares the table.
    pub(in crate::state) fn is_descriptor_to_come(&self, pid: Pid, number: i32, time: u64) -> bool {
        let of = |pid| {
            self.is_to_come(Changed::Descriptor(pid, number), time)
                || self.is_to_come(Changed::Descriptors(pid), time)
        };
        let owner = self.owner(pid);
        of(owner) || owner != pid && of(pid)
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
            self.note(Changed::Descriptor(self.owner(row.pid()), fd), row);
        }
    }

    fn note(&mut self, what: Changed, row: Row<'_>) {
        if self.first.len() < CHANGES_MAX {
            let first = self.first.entry(what).or_insert(u64::MAX);
            *first = (*first).min(row.time());
        }
    }
}

/// The parameters of a snapshot's rows that it reads, as bits by their places.
pub fn looked_at(event: &EventDef) -> u64 {
    match event.id {
        state_thread::EVENT => 1 << state_thread::files_owner,
        _ => 0,
    }
}

/// The events that it is to be shown.
pub fn foreseen(event: &EventDef) -> bool {
    event.has(STATE) && !event.has(SNAPSHOT)
}
