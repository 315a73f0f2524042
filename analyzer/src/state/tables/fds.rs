//! A table of descriptors: what one process, or all who share it, has open.
//!
//! **A close that is owed.** `close` frees its number long before it returns, if it returns late.
//! Another thread may open, get the number, and return first: the stream then shows the open before the close.
//! So an open onto a number in use, in a table that several threads share, owes one close: the next close of that number settles the debt and leaves the new descriptor alone.
//! In a table of one thread there is no such race; there the number was freed unseen, and nothing is owed.
//!
//! **Snapshots.** A slot carries the time at which it was true.
//! An event older than that does not take it away, since the snapshot already saw what came of the event; and a row of a snapshot does not overwrite what a younger event said, nor bring back what a younger event closed.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fd::Fd;
pub use super::slots::Slot;
use super::slots::Slots;

/// How many removals a table remembers, so that the rows of a snapshot do not bring them back.
const REMEMBERED_REMOVALS: usize = 16;

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) enum Inserted {
    /// The number was free.
    New,
    /// The number was in use; a close is owed now.
    OwesClose,
    /// The number was in use, and nothing explains it or nothing needs to.
    Replaced,
    /// The table is full.
    Refused,
}

/// What became of a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) enum Closed {
    /// The descriptor is gone.
    Removed,
    /// An earlier descriptor's close, owed by the open that took its number.
    Settled,
    /// A snapshot saw the number in use after this close.
    Outdated,
    /// It was not known.
    Unknown,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    slots: Slots,
    removals: VecDeque<(i32, u64)>,
    /// Removals up to this time may have been forgotten.
    forgotten: u64,
    /// When the table was last known to be whole, nanoseconds of boot time.
    pub(in crate::state) verified: u64,
    /// When an event last did something to it that depends on what was not known.
    pub(in crate::state) unsure_at: u64,
    /// The last snapshot of which a row could be neither believed nor refuted.
    pub(in crate::state) unsure_epoch: u32,
    /// The last snapshot that read it, and the time of the first row.
    pub(in crate::state) read_epoch: u32,
    pub(in crate::state) read_began: u64,
    /// Since when it is this table that its owners have: a row that looked before saw another one.
    pub(in crate::state) parted_at: u64,
    /// Until when what a snapshot saw of it may not be so yet, nanoseconds of boot time.
    pub(in crate::state) ahead_until: u64,
}

impl FdTable {
    /// A descriptor.
    #[inline]
    pub fn get(&self, number: i32) -> Option<&Slot> {
        self.slots.get(number)
    }

    /// Every descriptor, in the order of numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    #[inline]
    pub(in crate::state) fn get_mut(&mut self, number: i32) -> Option<&mut Slot> {
        self.slots.get_mut(number)
    }

    pub(in crate::state) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    /// A copy for a child that is born at `time`, which has the descriptors but not the debts.
    ///
    /// What a snapshot will only see later may not have been there: then the copy is not known to be whole.
    pub(in crate::state) fn inherited(&self, time: u64) -> FdTable {
        let mut slots = self.slots.clone();
        for slot in slots.iter_mut() {
            slot.closes_owed = 0;
            slot.from_snapshot = false;
            slot.time = time;
            slot.epoch = 0;
        }
        let is_ahead = self.read_began > time;
        FdTable {
            slots,
            verified: if is_ahead { 0 } else { self.verified },
            // A row that looked before must not bring back what was closed in between, whoever has the table now.
            unsure_at: self.unsure_at,
            unsure_epoch: self.unsure_epoch,
            removals: self.removals.clone(),
            forgotten: self.forgotten,
            parted_at: time,
            ahead_until: self.ahead_until,
            ..FdTable::default()
        }
    }

    /// An open that returned this number.
    pub(in crate::state) fn open(
        &mut self,
        mut slot: Slot,
        shared: bool,
        limit: usize,
    ) -> Inserted {
        let Some(old) = self.slots.get_mut(slot.number) else {
            return self.put(slot, limit);
        };
        // A number that a snapshot saw after this open is this open's own.
        let owes = shared && old.time < slot.time;
        slot.closes_owed = old.closes_owed.saturating_add(u8::from(owes));
        slot.epoch = old.epoch;
        *old = slot;
        if owes {
            Inserted::OwesClose
        } else {
            Inserted::Replaced
        }
    }

    /// Sets a number whether or not it is in use, as `dup2` does: nothing is owed.
    pub(in crate::state) fn put(&mut self, mut slot: Slot, limit: usize) -> Inserted {
        if let Some(old) = self.slots.get_mut(slot.number) {
            slot.closes_owed = old.closes_owed;
            *old = slot;
            return Inserted::Replaced;
        }
        if self.slots.len() >= limit {
            return Inserted::Refused;
        }
        self.slots.insert(slot);
        Inserted::New
    }

    /// A close that returned at `time`.
    pub(in crate::state) fn close(&mut self, number: i32, time: u64) -> Closed {
        let Some(slot) = self.slots.get_mut(number) else {
            self.remember(number, time);
            return Closed::Unknown;
        };
        if slot.from_snapshot && slot.time >= time {
            return Closed::Outdated;
        }
        if slot.closes_owed > 0 {
            slot.closes_owed -= 1;
            return Closed::Settled;
        }
        self.slots.remove(number);
        self.remember(number, time);
        Closed::Removed
    }

    /// Removes every slot for which `goes` holds, at `time`; hands back how many went.
    pub(in crate::state) fn remove_where(
        &mut self,
        time: u64,
        goes: impl Fn(&Slot) -> bool,
    ) -> usize {
        let mut removed = Vec::new();
        self.slots.retain(|slot| {
            let outdated = slot.from_snapshot && slot.time >= time;
            let stays = outdated || !goes(slot);
            if !stays {
                removed.push(slot.number);
            }
            stays
        });
        let count = removed.len();
        for number in removed {
            self.remember(number, time);
        }
        count
    }

    /// A row of a snapshot. False if something younger is known.
    pub(in crate::state) fn observe(&mut self, mut slot: Slot, limit: usize) -> bool {
        if slot.time < self.parted_at {
            self.unsure_epoch = slot.epoch;
            return false;
        }
        slot.from_snapshot = true;
        self.note_read(&slot);
        if let Some(old) = self.get_mut(slot.number) {
            old.epoch = slot.epoch;
            if old.time >= slot.time {
                if old.is_used_alone {
                    old.take_flags(&slot);
                }
                return false;
            }
            // The row says no more than an event did: the event's name and ends stay.
            if stands(old, &slot) {
                old.time = slot.time;
                old.take_flags(&slot);
                return true;
            }
            slot.closes_owed = 0;
            *old = slot;
            return true;
        }
        let closed_later = self
            .removals
            .iter()
            .any(|&(number, time)| number == slot.number && time >= slot.time);
        if closed_later {
            return false;
        }
        if self.forgotten >= slot.time {
            self.unsure_epoch = slot.epoch;
            return false;
        }
        self.put(slot, limit) != Inserted::Refused
    }

    /// A row of a snapshot at its own time: what is there now is what it says.
    pub(in crate::state) fn hold(&mut self, mut slot: Slot, limit: usize) {
        self.note_read(&slot);
        slot.from_snapshot = true;
        let Some(old) = self.get_mut(slot.number) else {
            self.put(slot, limit);
            return;
        };
        old.epoch = slot.epoch;
        old.take_flags(&slot);
        if stands(old, &slot) {
            old.time = slot.time;
        } else {
            slot.closes_owed = old.closes_owed;
            *old = slot;
        }
    }

    /// Whether it is known what a number stands for, or that it stands for nothing, where losses make doubtful what was whole before that time.
    pub(in crate::state) fn tells(&self, number: i32, doubtful: u64) -> bool {
        self.verified >= doubtful && (self.verified != 0 || self.get(number).is_some())
    }

    /// Whether anything was ever done to it.
    pub(in crate::state) fn is_used(&self) -> bool {
        !self.is_empty() || !self.removals.is_empty()
    }

    /// Notes that a snapshot that began at `began` has seen it whole, if it could be believed.
    pub(in crate::state) fn verify(&mut self, epoch: u32, began: u64) {
        if self.unsure_epoch != epoch && self.unsure_at <= began {
            self.verified = self.verified.max(began);
        }
    }

    /// Notes that a snapshot reads this table.
    pub(in crate::state) fn note_read(&mut self, slot: &Slot) {
        if self.read_epoch != slot.epoch {
            self.read_epoch = slot.epoch;
            self.read_began = slot.time;
        }
    }

    /// Notes a row that waits for its time: the snapshot has seen the number in use, so what is known of it until then is not gone.
    pub(in crate::state) fn expect(&mut self, slot: &Slot) {
        self.note_read(slot);
        if let Some(old) = self.get_mut(slot.number) {
            old.epoch = slot.epoch;
        }
    }

    fn remember(&mut self, number: i32, time: u64) {
        if self.removals.len() == REMEMBERED_REMOVALS
            && let Some((_, oldest)) = self.removals.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest);
        }
        self.removals.push_back((number, time));
    }
}

/// Whether what was known of a number stands, though a snapshot has seen it since: an event knows a name and ends where /proc has a link.
fn stands(known: &Slot, row: &Slot) -> bool {
    let (old, seen) = (&known.file, &row.file);
    if Arc::ptr_eq(old, seen) {
        return true;
    }
    // What was opened where nobody knew the directory.
    let has_path = |name: &[u8]| name.starts_with(b"/");
    let is_resolved = seen.is_path() && has_path(&seen.name) && !has_path(&old.name);
    if is_resolved || tells_ends(known, seen) {
        return false;
    }
    if old.inode != 0 && seen.inode != 0 {
        return old.inode == seen.inode;
    }
    // Calls that make what has no path do not tell the inode.
    let is_socket = |name: &[u8]| name.starts_with(b"socket:[");
    // An IPv6 socket that talks to a mapped address is of the other kind as soon as its ends are known.
    let is_unlisted = old.ip.is_some() && seen.ip.is_some_and(|ip| !ip.has_ends());
    old.kind == seen.kind && !seen.is_path()
        || is_unlisted
        || is_socket(&seen.name) && old.kind.is_socket()
}

/// Whether a row has ends of a socket of which none were known.
///
/// A snapshot reads the kernel's lists once and looks at descriptors afterwards, so a row may miss the ends of a socket that got them in between; the next snapshot has them.
/// An own end alone is no news of a socket that a call has made: the kernel gives one to whatever sends.
fn tells_ends(known: &Slot, seen: &Fd) -> bool {
    let Some(ip) = seen.ip else { return false };
    let Some(old) = known.file.ip else {
        return true;
    };
    let is_connected = ip.remote.is_some() && old.remote.is_none();
    is_connected || known.from_snapshot && ip.has_ends() && !old.has_ends()
}
