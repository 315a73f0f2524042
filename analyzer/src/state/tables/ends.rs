//! The threads that ended, so that the rows of a snapshot do not bring the dead back.
//!
//! In: each end, in the order in which they are seen. Out: the last end of a tid, while it is among the last [`REMEMBERED_ENDS`].
//! Ends lie in chunks, and full ones are shared between the copies of a state: a copy is made at each border of a block, and asks nothing of them unless a snapshot follows.

use std::collections::VecDeque;
use std::sync::Arc;

use falco_format::Tid;
use hashbrown::HashMap;

/// How many ends are remembered: more than a busy host has while a snapshot is taken.
pub(in crate::state) const REMEMBERED_ENDS: u64 = 65_536;
/// How many ends a chunk has. Sixteen chunks are asked for a tid that did not end, and what a copy of a state copies of them is below 200 KiB.
const CHUNK_ENDS: u64 = 4_096;

/// The last end of a tid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) struct End {
    /// When the thread started.
    pub(in crate::state) start: u64,
    /// When it ended.
    pub(in crate::state) time: u64,
    /// Its place among all ends.
    number: u64,
}

type Chunk = HashMap<Tid, End>;

/// The ends.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Ends {
    /// Full chunks, the oldest first.
    full: VecDeque<Arc<Chunk>>,
    /// The ends since.
    open: Chunk,
    /// How many were noted in all.
    noted: u64,
}

impl Ends {
    /// Notes that a thread ended.
    pub(in crate::state) fn note(&mut self, tid: Tid, start: u64, time: u64) {
        let number = self.noted;
        self.noted += 1;
        let end = End {
            start,
            time,
            number,
        };
        self.open.insert(tid, end);
        if self.noted.is_multiple_of(CHUNK_ENDS) {
            self.full
                .push_back(Arc::new(std::mem::take(&mut self.open)));
            // All of a chunk are forgotten once as many are remembered behind it.
            if self.full.len() as u64 > REMEMBERED_ENDS / CHUNK_ENDS {
                self.full.pop_front();
            }
        }
    }

    /// The last end of a tid, if it is remembered.
    pub(in crate::state) fn last(&self, tid: Tid) -> Option<End> {
        let chunks = self.full.iter().rev().map(Arc::as_ref);
        let mut found = [&self.open].into_iter().chain(chunks);
        let end = found.find_map(|chunk| chunk.get(&tid)).copied()?;
        (self.noted - end.number <= REMEMBERED_ENDS).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is written down above: a list of all ends, of which the last ones count.
    fn plainly(all: &[(u32, u64, u64)], tid: u32) -> Option<(u64, u64)> {
        let remembered = all.iter().rev().take(REMEMBERED_ENDS as usize);
        let mut of_tid = remembered.filter(|(ended, _, _)| *ended == tid);
        of_tid.next().map(|(_, start, time)| (*start, *time))
    }

    #[test]
    fn the_last_ends_are_remembered_and_no_others() {
        let (mut ends, mut all) = (Ends::default(), Vec::new());
        let mut check = |count: u64| {
            while (all.len() as u64) < count {
                let time = all.len() as u64;
                // Some tids end often, most once.
                let tid = if time.is_multiple_of(7) {
                    time % 97
                } else {
                    time + 1_000
                } as u32;
                ends.note(Tid(tid), time / 2, time);
                all.push((tid, time / 2, time));
            }
            let recent = count.saturating_sub(REMEMBERED_ENDS + 3)..count;
            let around = recent.clone().take(9).chain(recent.rev().take(9));
            for tid in (0..97).chain(around.map(|time| time + 1_000)) {
                let found = ends.last(Tid(tid as u32)).map(|end| (end.start, end.time));
                assert_eq!(found, plainly(&all, tid as u32), "{tid} of {count}");
            }
        };
        for count in [0, 1, CHUNK_ENDS - 1, CHUNK_ENDS, CHUNK_ENDS + 1] {
            check(count);
        }
        for beyond in [0, 1, 2, CHUNK_ENDS - 1, CHUNK_ENDS, 3 * CHUNK_ENDS + 5] {
            check(REMEMBERED_ENDS + beyond);
        }
    }

    #[test]
    fn copies_share_what_is_full() {
        let mut ends = Ends::default();
        for tid in 0..2 * CHUNK_ENDS as u32 + 1 {
            ends.note(Tid(tid), 0, 1);
        }
        let copy = ends.clone();
        let mut pairs = ends.full.iter().zip(&copy.full);
        assert_eq!((ends.full.len(), copy.open.len()), (2, 1));
        assert!(pairs.all(|(one, other)| Arc::ptr_eq(one, other)));
    }
}
