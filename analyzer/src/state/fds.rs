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

/// How many removals a table remembers, so that the rows of a snapshot do not bring them back.
const REMEMBERED_REMOVALS: usize = 16;

/// One number in use.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The number.
    pub number: i32,
    /// Whether exec closes it.
    pub close_on_exec: bool,
    /// What it stands for.
    pub file: Arc<Fd>,
    /// When this was true, nanoseconds of boot time.
    pub time: u64,
    /// Whether it was seen in a snapshot and not changed since.
    pub(super) from_snapshot: bool,
    /// Closes of earlier descriptors of this number that are still to come.
    pub(super) closes_owed: u8,
    pub(super) epoch: u32,
}

impl Slot {
    /// A descriptor that an event made.
    pub(super) fn new(number: i32, file: Arc<Fd>, close_on_exec: bool, time: u64) -> Slot {
        Slot {
            number,
            close_on_exec,
            file,
            time,
            from_snapshot: false,
            closes_owed: 0,
            epoch: 0,
        }
    }
}

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
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
pub(super) enum Closed {
    /// The descriptor is gone.
    Removed,
    /// An earlier descriptor's close, owed by the open that took its number.
    Settled,
    /// A snapshot saw the number in use after this close.
    Outdated,
    /// It was not known.
    Unknown,
}

/// A table. Slots are in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    slots: Vec<Slot>,
    removals: VecDeque<(i32, u64)>,
    /// Removals up to this time may have been forgotten.
    forgotten: u64,
    /// When the table was last known to be whole, nanoseconds of boot time.
    pub(super) verified: u64,
}

impl FdTable {
    /// A descriptor.
    pub fn get(&self, number: i32) -> Option<&Slot> {
        let place = self.place(number).ok()?;
        self.slots.get(place)
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
        self.slots.is_empty()
    }

    pub(super) fn get_mut(&mut self, number: i32) -> Option<&mut Slot> {
        let place = self.place(number).ok()?;
        self.slots.get_mut(place)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    /// A copy for a child, which has the descriptors but not the debts.
    pub(super) fn inherited(&self) -> FdTable {
        let mut slots = self.slots.clone();
        for slot in &mut slots {
            slot.closes_owed = 0;
        }
        FdTable {
            slots,
            verified: self.verified,
            ..FdTable::default()
        }
    }

    /// An open that returned this number.
    pub(super) fn open(&mut self, mut slot: Slot, shared: bool, limit: usize) -> Inserted {
        match self.place(slot.number) {
            Ok(place) => {
                let Some(old) = self.slots.get_mut(place) else {
                    return Inserted::Refused;
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
            Err(_) => self.put(slot, limit),
        }
    }

    /// Sets a number whether or not it is in use, as `dup2` does: nothing is owed.
    pub(super) fn put(&mut self, mut slot: Slot, limit: usize) -> Inserted {
        match self.place(slot.number) {
            Ok(place) => {
                if let Some(old) = self.slots.get_mut(place) {
                    slot.closes_owed = old.closes_owed;
                    *old = slot;
                }
                Inserted::Replaced
            }
            Err(_) if self.slots.len() >= limit => Inserted::Refused,
            Err(place) => {
                self.slots.insert(place, slot);
                Inserted::New
            }
        }
    }

    /// A close that returned at `time`.
    pub(super) fn close(&mut self, number: i32, time: u64) -> Closed {
        let Ok(place) = self.place(number) else {
            self.remember(number, time);
            return Closed::Unknown;
        };
        let Some(slot) = self.slots.get_mut(place) else {
            return Closed::Unknown;
        };
        if slot.from_snapshot && slot.time >= time {
            return Closed::Outdated;
        }
        if slot.closes_owed > 0 {
            slot.closes_owed -= 1;
            return Closed::Settled;
        }
        self.slots.remove(place);
        self.remember(number, time);
        Closed::Removed
    }

    /// Removes every slot for which `goes` holds, at `time`; hands back how many went.
    pub(super) fn remove_where(&mut self, time: u64, goes: impl Fn(&Slot) -> bool) -> usize {
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
    pub(super) fn observe(&mut self, mut slot: Slot, limit: usize) -> bool {
        slot.from_snapshot = true;
        if let Some(old) = self.get_mut(slot.number) {
            old.epoch = slot.epoch;
            if old.time >= slot.time {
                return false;
            }
            // The row says no more than an event did: the event's name and ends stay.
            if old.file.inode != 0 && old.file.inode == slot.file.inode {
                old.time = slot.time;
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
        if closed_later || self.forgotten >= slot.time {
            return false;
        }
        self.put(slot, limit) != Inserted::Refused
    }

    fn remember(&mut self, number: i32, time: u64) {
        if self.removals.len() == REMEMBERED_REMOVALS
            && let Some((_, oldest)) = self.removals.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest);
        }
        self.removals.push_back((number, time));
    }

    fn place(&self, number: i32) -> Result<usize, usize> {
        // Numbers are given from below: the one asked for is often the last.
        match self.slots.last() {
            Some(last) if last.number < number => Err(self.slots.len()),
            _ => self.slots.binary_search_by_key(&number, |slot| slot.number),
        }
    }
}
