//! The descriptors of a table by their numbers.
//!
//! The kernel gives the lowest number that is free, so numbers lie close together: each has a place of its own, and an open or a close of a process with thousands of descriptors moves no others.
//! What a capture says is hostile all the same: a number far above what the others explain, or a negative one, waits in a sorted list instead, and places that stayed empty after closes are given back.

use std::sync::Arc;

use super::fd::Fd;

/// A table of up to this many numbers has places for all of them, however few are used.
const PLACES_ALWAYS: usize = 64;

/// So many places there may be for each descriptor beyond that.
const PLACES_EACH: usize = 4;

/// Where there are this many times more places than a table of its size may have, they are given back.
const SPARE: usize = 4;

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
    pub(in crate::state) from_snapshot: bool,
    /// Closes of earlier descriptors of this number that are still to come.
    pub(in crate::state) closes_owed: u8,
    pub(in crate::state) epoch: u32,
    /// Whether it is known by a call that used it alone, which does not tell whether exec closes it.
    pub(in crate::state) is_used_alone: bool,
}

impl Slot {
    /// Whether a snapshot told it, and no event has changed it since.
    pub(crate) fn is_from_snapshot(&self) -> bool {
        self.from_snapshot
    }

    /// A descriptor that an event made.
    pub(in crate::state) fn new(
        number: i32,
        file: Arc<Fd>,
        close_on_exec: bool,
        time: u64,
    ) -> Slot {
        Slot {
            number,
            close_on_exec,
            file,
            time,
            from_snapshot: false,
            closes_owed: 0,
            epoch: 0,
            is_used_alone: false,
        }
    }

    /// Takes from a row of a snapshot what no event told.
    pub(in crate::state) fn take_flags(&mut self, seen: &Slot) {
        self.close_on_exec = seen.close_on_exec;
        self.is_used_alone = false;
    }
}

/// Descriptors, each with its number.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Slots {
    /// The numbers from 0 on.
    dense: Vec<Option<Slot>>,
    /// All others, in the order of their numbers.
    sparse: Vec<Slot>,
    len: usize,
}

/// How many places a table of so many descriptors may have.
fn places_for(len: usize) -> usize {
    len.saturating_mul(PLACES_EACH)
        .saturating_add(PLACES_ALWAYS)
}

/// The place of a number; that of a negative one is beyond all others.
fn place(number: i32) -> usize {
    number.cast_unsigned() as usize
}

impl Slots {
    pub(in crate::state) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::state) fn get(&self, number: i32) -> Option<&Slot> {
        match self.dense.get(place(number)) {
            Some(slot) => slot.as_ref(),
            None => self.sparse.get(self.in_sparse(number).ok()?),
        }
    }

    pub(in crate::state) fn get_mut(&mut self, number: i32) -> Option<&mut Slot> {
        if place(number) < self.dense.len() {
            return self.dense.get_mut(place(number))?.as_mut();
        }
        let at = self.in_sparse(number).ok()?;
        self.sparse.get_mut(at)
    }

    /// All, in the order of numbers.
    pub(in crate::state) fn iter(&self) -> impl Iterator<Item = &Slot> {
        let (negative, above) = self.sparse.split_at(self.negative());
        let dense = self.dense.iter().flatten();
        negative.iter().chain(dense).chain(above)
    }

    pub(in crate::state) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        let negative = self.negative();
        let (negative, above) = self.sparse.split_at_mut(negative);
        let dense = self.dense.iter_mut().flatten();
        negative.iter_mut().chain(dense).chain(above)
    }

    /// Puts a slot in the place of its number, whatever was there.
    pub(in crate::state) fn insert(&mut self, slot: Slot) {
        let at = place(slot.number);
        if at >= self.dense.len() {
            if at >= places_for(self.len) {
                return self.insert_sparse(slot);
            }
            self.grow(at);
        }
        if let Some(place) = self.dense.get_mut(at) {
            self.len += usize::from(place.is_none());
            *place = Some(slot);
        }
    }

    pub(in crate::state) fn remove(&mut self, number: i32) -> Option<Slot> {
        let removed = if place(number) < self.dense.len() {
            self.dense.get_mut(place(number))?.take()
        } else {
            let at = self.in_sparse(number).ok()?;
            Some(self.sparse.remove(at))
        };
        self.len -= usize::from(removed.is_some());
        self.give_back();
        removed
    }

    /// Keeps those for which `stays` holds, asked in the order of numbers.
    pub(in crate::state) fn retain(&mut self, mut stays: impl FnMut(&Slot) -> bool) {
        let negative = self.negative();
        let above = self.sparse.split_off(negative);
        self.sparse.retain(&mut stays);
        for place in &mut self.dense {
            place.take_if(|slot| !stays(slot));
        }
        self.sparse.extend(above.into_iter().filter(stays));
        self.len = self.sparse.len() + self.dense.iter().flatten().count();
        self.give_back();
    }

    /// How many of the list have negative numbers.
    fn negative(&self) -> usize {
        self.sparse.partition_point(|slot| slot.number < 0)
    }

    fn in_sparse(&self, number: i32) -> Result<usize, usize> {
        self.sparse
            .binary_search_by_key(&number, |slot| slot.number)
    }

    fn insert_sparse(&mut self, slot: Slot) {
        match self.in_sparse(slot.number) {
            Ok(at) => {
                if let Some(old) = self.sparse.get_mut(at) {
                    *old = slot;
                }
            }
            Err(at) => {
                self.sparse.insert(at, slot);
                self.len += 1;
            }
        }
    }

    /// Makes places up to one, for those too that waited in the list.
    fn grow(&mut self, last: usize) {
        self.dense.resize_with(last + 1, || None);
        let from = self.negative();
        let count = self
            .sparse
            .iter()
            .skip(from)
            .take_while(|slot| place(slot.number) <= last)
            .count();
        for slot in self.sparse.drain(from..from + count) {
            if let Some(place) = self.dense.get_mut(place(slot.number)) {
                *place = Some(slot);
            }
        }
    }

    /// Many closes later a table may have far more places than descriptors: it is made anew.
    fn give_back(&mut self) {
        if self.dense.len() > places_for(self.len).saturating_mul(SPARE) {
            let old = std::mem::take(self);
            let slots = old.dense.into_iter().flatten().chain(old.sparse);
            slots.for_each(|slot| self.insert(slot));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::state::fd::Fd;

    /// What is done to a table; numbers are most often small.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(i32, u64),
        Remove(i32),
        RemoveAbove(i32),
    }

    fn numbers() -> impl Strategy<Value = i32> {
        prop_oneof![8 => 0..40, 4 => 0..600, 1 => Just(-1), 1 => any::<i32>()]
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (numbers(), any::<u64>()).prop_map(|(number, time)| Step::Insert(number, time)),
            4 => numbers().prop_map(Step::Remove),
            1 => numbers().prop_map(Step::RemoveAbove),
        ];
        prop::collection::vec(step, 0..300)
    }

    fn slot(number: i32, time: u64) -> Slot {
        Slot::new(number, Arc::new(Fd::default()), false, time)
    }

    proptest! {
        /// The same as in a sorted map, whatever is done.
        #[test]
        fn slots_are_a_sorted_map(steps in steps()) {
            let (mut slots, mut map) = (Slots::default(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Insert(number, time) => {
                        slots.insert(slot(number, time));
                        map.insert(number, time);
                    }
                    Step::Remove(number) => {
                        let removed = slots.remove(number).map(|slot| slot.time);
                        prop_assert_eq!(removed, map.remove(&number));
                    }
                    Step::RemoveAbove(limit) => {
                        let mut asked = Vec::new();
                        slots.retain(|slot| {
                            asked.push(slot.number);
                            slot.number <= limit
                        });
                        prop_assert_eq!(asked, map.keys().copied().collect::<Vec<_>>());
                        map.retain(|number, _| *number <= limit);
                    }
                }
                prop_assert_eq!(slots.len(), map.len());
                let all = slots.iter().map(|slot| (slot.number, slot.time));
                prop_assert!(all.eq(map.iter().map(|(number, time)| (*number, *time))));
                let all = slots.iter_mut().map(|slot| slot.number).collect::<Vec<_>>();
                prop_assert!(all.iter().all(|number| slots.get(*number).is_some()));
                prop_assert!(slots.dense.len() <= SPARE * places_for(slots.len()));
            }
        }
    }

    #[test]
    fn places_follow_what_is_used() {
        let mut slots = Slots::default();
        slots.insert(slot(i32::MAX, 0));
        assert_eq!(slots.dense.len(), 0);
        (0..10_000).for_each(|number| slots.insert(slot(number, 0)));
        assert_eq!(slots.sparse.len(), 1);
        (0..10_000).for_each(|number| drop(slots.remove(number)));
        assert!(slots.dense.len() <= SPARE * places_for(1));
        assert!(slots.get(i32::MAX).is_some());
    }
}
