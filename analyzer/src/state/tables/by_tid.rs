//! Threads, each at a place of its own, and found by tid.
//!
//! Rows of one thread follow each other, and each of them asks for its thread again and again: who was turned to last is found without the map.
//! A place is used again when its thread is gone, so whoever is found there is asked for the tid.

use falco_format::Tid;
use hashbrown::HashMap;

use super::thread::Thread;

/// No place.
const NOWHERE: u32 = u32::MAX;

/// The threads.
#[derive(Clone, Debug)]
pub(in crate::state) struct ByTid {
    places: HashMap<Tid, u32>,
    threads: Vec<Option<Thread>>,
    /// Places without a thread.
    free: Vec<u32>,
    /// Where whoever was turned to last is, unless it is gone since.
    last: u32,
    /// Counts up with each thread that was handed out to be changed, put in or taken out. The first threads have versions above one.
    changes: u64,
}

impl Default for ByTid {
    fn default() -> ByTid {
        ByTid {
            places: HashMap::default(),
            threads: Vec::new(),
            free: Vec::new(),
            last: NOWHERE,
            changes: 1,
        }
    }
}

impl ByTid {
    pub(in crate::state) fn len(&self) -> usize {
        self.places.len()
    }

    /// Every thread, in no order.
    pub(in crate::state) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().flatten()
    }

    #[inline]
    fn at(&self, place: u32) -> Option<&Thread> {
        self.threads.get(place as usize)?.as_ref()
    }

    #[inline]
    fn is_last(&self, tid: Tid) -> bool {
        self.at(self.last).is_some_and(|last| last.tid == tid)
    }

    #[inline]
    pub(in crate::state) fn get(&self, tid: Tid) -> Option<&Thread> {
        match self.at(self.last) {
            Some(last) if last.tid == tid => Some(last),
            _ => self.look_up(tid),
        }
    }

    fn look_up(&self, tid: Tid) -> Option<&Thread> {
        self.at(*self.places.get(&tid)?)
    }

    /// Turns to a thread, so that it is found at once from now on. Whether it is there.
    #[inline]
    pub(in crate::state) fn turn_to(&mut self, tid: Tid) -> bool {
        self.is_last(tid) || self.find_place(tid)
    }

    fn find_place(&mut self, tid: Tid) -> bool {
        let place = self.places.get(&tid);
        if let Some(place) = place {
            self.last = *place;
        }
        place.is_some()
    }

    #[inline]
    pub(in crate::state) fn get_mut(&mut self, tid: Tid) -> Option<&mut Thread> {
        let version = self.changes + 1;
        let thread = self.mark(tid)?;
        thread.version = version;
        self.changes = version;
        self.mark(tid)
    }

    /// A thread, to note when something about it was seen: what no field tells. Its version stays.
    #[inline]
    pub(in crate::state) fn mark(&mut self, tid: Tid) -> Option<&mut Thread> {
        if !self.turn_to(tid) {
            return None;
        }
        self.threads.get_mut(self.last as usize)?.as_mut()
    }

    /// Another number whenever any thread may have been changed.
    pub(in crate::state) fn changes(&self) -> u64 {
        self.changes
    }

    /// Puts a thread in, in the place of whoever has its tid.
    pub(in crate::state) fn insert(&mut self, mut thread: Thread) {
        if let Some(known) = self.get_mut(thread.tid) {
            thread.version = known.version;
            *known = thread;
            return;
        }
        self.changes += 1;
        thread.version = self.changes;
        let tid = thread.tid;
        let free = self.free.pop();
        let place = free.unwrap_or_else(|| {
            self.threads.push(None);
            u32::try_from(self.threads.len() - 1).expect("threads are limited")
        });
        if let Some(room) = self.threads.get_mut(place as usize) {
            *room = Some(thread);
            self.places.insert(tid, place);
        }
    }

    pub(in crate::state) fn remove(&mut self, tid: Tid) -> Option<Thread> {
        let place = self.places.remove(&tid)?;
        self.changes += 1;
        let thread = self.threads.get_mut(place as usize)?.take();
        self.free.push(place);
        thread
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use falco_format::Pid;
    use proptest::prelude::*;

    use super::*;
    use crate::state::tables::keep::blank;
    use crate::state::{Dialect, State, StateLimits};

    proptest! {
        /// The same as in a map, whoever was turned to last.
        #[test]
        fn threads_are_a_map(steps in prop::collection::vec((0u8..5, 0u32..6, any::<u64>()), 0..200)) {
            let mut state = State::new(StateLimits::default(), Dialect::Falco);
            let (mut threads, mut map) = (ByTid::default(), BTreeMap::new());
            for (step, tid, start) in steps {
                let tid = Tid(tid);
                match step {
                    0 | 1 => {
                        threads.insert(blank(&mut state, tid, Pid(1), start, true));
                        map.insert(tid, start);
                    }
                    2 => {
                        let removed = threads.remove(tid).map(|thread| thread.start);
                        prop_assert_eq!(removed, map.remove(&tid));
                    }
                    3 => prop_assert_eq!(threads.turn_to(tid), map.contains_key(&tid)),
                    _ => {
                        let found = threads.get_mut(tid).map(|thread| thread.start);
                        prop_assert_eq!(found, map.get(&tid).copied());
                    }
                }
                for tid in (0..6).map(Tid) {
                    let found = threads.get(tid).map(|thread| (thread.tid, thread.start));
                    prop_assert_eq!(found, map.get(&tid).map(|start| (tid, *start)));
                }
                let mut all: Vec<Tid> = threads.iter().map(|thread| thread.tid).collect();
                all.sort_unstable();
                prop_assert!(all.iter().eq(map.keys()));
                prop_assert_eq!(threads.len(), map.len());
                prop_assert!(threads.threads.len() <= 6);
            }
        }
    }
}
