//! The descriptors of a table by their numbers.
//!
//! The kernel gives the lowest number that is free, so numbers lie close together: each has a place of its own, and an open or a close of a process with thousands of descriptors moves no others.
//! What a capture says is hostile all the same: a number far above what the others explain, or a negative one, waits in a sorted map instead, and places that stayed empty after closes are given back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fd::Fd;

/// A table of up to this many numbers has places for all of them, however few are used. Most processes need no more, and a capture may have a table for each of its threads.
const PLACES_ALWAYS: usize = 16;

/// So many places there may be for each descriptor beyond that.
const PLACES_EACH: usize = 4;

/// Where there are this many times more places than a table of its size may have, they are given back.
const SPARE: usize = 2;

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
    /// Whether a close that returned at `time` takes it away, and not an earlier descriptor of its number.
    pub(crate) fn goes_with_close(&self, time: u64) -> bool {
        let is_seen_later = self.from_snapshot && self.time >= time;
        !is_seen_later && self.closes_owed == 0
    }

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
    /// All others.
    sparse: BTreeMap<i32, Slot>,
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
            None => self.sparse.get(&number),
        }
    }

    pub(in crate::state) fn get_mut(&mut self, number: i32) -> Option<&mut Slot> {
        if place(number) < self.dense.len() {
            return self.dense.get_mut(place(number))?.as_mut();
        }
        self.sparse.get_mut(&number)
    }

    /// All, in the order of numbers.
    pub(in crate::state) fn iter(&self) -> impl Iterator<Item = &Slot> {
        let (negative, above) = (self.sparse.range(..0), self.sparse.range(0..));
        let (negative, above) = (negative.map(|(_, slot)| slot), above.map(|(_, slot)| slot));
        negative.chain(self.dense.iter().flatten()).chain(above)
    }

    /// All, in no order.
    pub(in crate::state) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        let dense = self.dense.iter_mut().flatten();
        dense.chain(self.sparse.values_mut())
    }

    /// Puts a slot in the place of its number, whatever was there.
    pub(in crate::state) fn insert(&mut self, slot: Slot) {
        let at = place(slot.number);
        if at >= self.dense.len() {
            if at >= places_for(self.len) {
                let old = self.sparse.insert(slot.number, slot);
                self.len += usize::from(old.is_none());
                return;
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
            self.sparse.remove(&number)
        };
        self.len -= usize::from(removed.is_some());
        self.give_back();
        removed
    }

    /// Keeps those for which `stays` holds, asked in the order of numbers.
    pub(in crate::state) fn retain(&mut self, mut stays: impl FnMut(&Slot) -> bool) {
        let mut above = self.sparse.split_off(&0);
        self.sparse.retain(|_, slot| stays(slot));
        for place in &mut self.dense {
            place.take_if(|slot| !stays(slot));
        }
        above.retain(|_, slot| stays(slot));
        self.sparse.append(&mut above);
        self.len = self.sparse.len() + self.dense.iter().flatten().count();
        self.give_back();
    }

    /// Makes places up to one, for those too that waited in the map.
    fn grow(&mut self, last: usize) {
        self.dense.resize_with(last + 1, || None);
        let end = i32::try_from(last).unwrap_or(i32::MAX);
        while let Some((&number, _)) = self.sparse.range(0..=end).next() {
            let slot = self.sparse.remove(&number);
            if let Some(room) = self.dense.get_mut(place(number)) {
                *room = slot;
            }
        }
    }

    /// Many closes later a table may have far more places than descriptors: it is made anew.
    fn give_back(&mut self) {
        if self.dense.len() > places_for(self.len).saturating_mul(SPARE) {
            let old = std::mem::take(self);
            let slots = old
                .dense
                .into_iter()
                .flatten()
                .chain(old.sparse.into_values());
            slots.for_each(|slot| self.insert(slot));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

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

    /// What a capture of few bytes can say: as many numbers as a table may have, each lower than the last one.
    #[test]
    fn far_numbers_in_any_order_take_no_time() {
        let begun = Instant::now();
        let mut slots = Slots::default();
        let file = Arc::new(Fd::default());
        let numbers = || (0..1 << 18).map(|number| i32::MAX - number);
        for number in numbers() {
            slots.insert(Slot::new(number, Arc::clone(&file), false, 0));
        }
        assert!(slots.dense.is_empty());
        numbers()
            .rev()
            .for_each(|number| drop(slots.remove(number)));
        assert_eq!(slots.len(), 0);
        // Where each moves all others it is minutes.
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    /// However many tables a capture makes, each with a number as high as gets a place.
    #[test]
    fn a_table_of_one_number_is_small() {
        for number in 0..=i32::from(u16::MAX) {
            let mut slots = Slots::default();
            slots.insert(slot(number, 0));
            assert!(slots.dense.capacity() <= PLACES_ALWAYS, "{number}");
        }
    }
}
