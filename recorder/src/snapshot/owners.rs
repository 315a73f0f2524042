//! The tables of descriptors that a snapshot has met, each with who has it.
//!
//! In: threads, in the order in which they are looked at. Out: under whose name each one's table goes, and whether it was read to its end.
//! Tables stand in the kernel's own order, so that a host of thousands of processes is not compared pair by pair.
//! Threads end meanwhile: one that has no table any more answers for none, and another that had the same is asked in its place.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::kcmp::{Ended, order_files};

/// How many threads are remembered of a table that many share: one of them lives, most likely.
const SEEN_MAX: usize = 64;

/// What the kernel says of threads.
trait Kernel {
    /// How the tables of two threads stand in its order. None where it does not say, as of one that is gone.
    fn order(&self, one: u32, other: u32) -> Option<Ordering>;
    /// Whether a thread has surely no table.
    fn is_without(&self, tid: u32) -> bool;
}

impl Kernel for Ended {
    fn order(&self, one: u32, other: u32) -> Option<Ordering> {
        order_files(one, other)
    }

    fn is_without(&self, tid: u32) -> bool {
        self.is_like(tid)
    }
}

#[derive(Debug)]
struct Table {
    /// The process, or thread apart from its process, that was first seen with it.
    name: u32,
    /// Threads that had it when they were looked at.
    seen: Vec<u32>,
}

/// Tables of descriptors, in the kernel's order.
#[derive(Debug)]
pub(super) struct Owners<K = Ended> {
    tables: Vec<Table>,
    /// The names of those that were read to their end.
    read: BTreeSet<u32>,
    kernel: K,
}

impl<K> Owners<K> {
    fn of_kernel(kernel: K) -> Owners<K> {
        Owners {
            tables: Vec::new(),
            read: BTreeSet::new(),
            kernel,
        }
    }
}

impl Owners {
    /// None yet; of another machine's files nobody can be asked.
    pub(super) fn new(live: bool) -> Owners {
        Owners::of_kernel(if live { Ended::new() } else { Ended::none() })
    }
}

#[expect(private_bounds, reason = "the kernel is another one in tests alone")]
impl<K: Kernel> Owners<K> {
    /// The name of the table that a thread has: its own, where nobody was seen with it before.
    ///
    /// None where the kernel does not say, or where the thread has none, because it has ended or is about to.
    pub(super) fn of(&mut self, tid: u32, name: u32) -> Option<u32> {
        let place = self.place(tid)?;
        // Who had a table until now had it all the while.
        if self.kernel.order(tid, tid).is_none() || self.kernel.is_without(tid) {
            return None;
        }
        match place {
            Ok(at) => {
                let table = self.tables.get_mut(at)?;
                if table.seen.len() < SEEN_MAX {
                    table.seen.push(tid);
                }
                Some(table.name)
            }
            Err(at) => {
                let table = Table {
                    name,
                    seen: vec![tid],
                };
                self.tables.insert(at, table);
                Some(name)
            }
        }
    }

    /// Where the table of a thread is among the others, or would be.
    fn place(&mut self, tid: u32) -> Option<Result<usize, usize>> {
        let (mut low, mut high) = (0, self.tables.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.compare(middle, tid) {
                Some(Ordering::Equal) => return Some(Ok(middle)),
                Some(Ordering::Less) => low = middle + 1,
                Some(Ordering::Greater) => high = middle,
                None if self.kernel.order(tid, tid).is_none() => return None,
                None => {
                    self.tables.remove(middle);
                    high -= 1;
                }
            }
        }
        Some(Err(low))
    }

    /// How a table stands to that of a thread. None where nobody who has it can be asked.
    fn compare(&mut self, at: usize, tid: u32) -> Option<Ordering> {
        let table = self.tables.get_mut(at)?;
        while let Some(&known) = table.seen.last() {
            let order = self.kernel.order(known, tid);
            // It is asked afterwards: a table is given away once and for all.
            if order.is_some() && !self.kernel.is_without(known) {
                return order;
            }
            self.kernel.order(tid, tid)?;
            table.seen.pop();
        }
        None
    }

    /// Whether the descriptors of the table of this name are still to be read.
    pub(super) fn is_unread(&self, name: u32) -> bool {
        !self.read.contains(&name)
    }

    /// Notes that a thread's descriptors have been read, which is all of its table if it still has it.
    pub(super) fn note_read(&mut self, tid: u32, name: u32) {
        if self.kernel.order(tid, tid).is_some() && !self.kernel.is_without(tid) {
            self.read.insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// Tables of threads by numbers, 0 for none; whoever is not there is gone.
    #[derive(Debug, Default)]
    struct Told(RefCell<BTreeMap<u32, u32>>);

    impl Told {
        fn of(threads: &[(u32, u32)]) -> Told {
            Told(RefCell::new(threads.iter().copied().collect()))
        }
    }

    impl Kernel for Told {
        fn order(&self, one: u32, other: u32) -> Option<Ordering> {
            let threads = self.0.borrow();
            Some(threads.get(&one)?.cmp(threads.get(&other)?))
        }

        fn is_without(&self, tid: u32) -> bool {
            self.0.borrow().get(&tid) == Some(&0)
        }
    }

    fn owners(threads: &[(u32, u32)]) -> Owners<Told> {
        Owners::of_kernel(Told::of(threads))
    }

    #[test]
    fn tables_are_found_in_any_order() {
        let threads: Vec<_> = (10..20).map(|tid| (tid, 1 + tid % 5)).collect();
        let mut owners = owners(&threads);
        let found = [14, 10, 12, 13, 11, 15, 19, 18, 17, 16, 93].map(|tid| owners.of(tid, tid));
        let named = [14, 10, 12, 13, 11, 10, 14, 13, 12, 11].map(Some);
        assert_eq!((&found[..10], found[10]), (&named[..], None));
    }

    #[test]
    fn who_has_no_table_shares_none() {
        let mut owners = owners(&[(10, 0), (11, 0), (12, 3)]);
        assert_eq!(
            [10, 11, 12].map(|tid| owners.of(tid, tid)),
            [None, None, Some(12)]
        );
    }

    #[test]
    fn a_table_keeps_its_name_though_its_first_owner_ends() {
        for end in [Some(0), None] {
            let threads: Vec<_> = (1..30).map(|tid| (tid, 1 + tid % 7)).collect();
            let mut owners = owners(&threads);
            (1..15).for_each(|tid| assert!(owners.of(tid, tid).is_some()));
            for first in 1..8 {
                match end {
                    Some(none) => owners.kernel.0.borrow_mut().insert(first, none),
                    None => owners.kernel.0.borrow_mut().remove(&first),
                };
            }
            let found = (15..22).map(|tid| owners.of(tid, tid));
            assert!(found.eq((1..8).map(Some)), "{end:?}");
        }
    }

    #[test]
    fn those_of_whom_nobody_is_left_make_room() {
        let mut owners = owners(&[(1, 1), (2, 2), (3, 3), (4, 2)]);
        (1..4).for_each(|tid| assert_eq!(owners.of(tid, tid), Some(tid)));
        owners.kernel.0.borrow_mut().remove(&2);
        assert_eq!(owners.of(4, 4), Some(4));
        assert_eq!(owners.tables.len(), 3);
    }

    #[test]
    fn what_was_read_of_one_that_ended_is_not_all() {
        let mut owners = owners(&[(1, 1), (2, 1)]);
        assert_eq!((owners.of(1, 1), owners.of(2, 2)), (Some(1), Some(1)));
        owners.kernel.0.borrow_mut().insert(1, 0);
        owners.note_read(1, 1);
        assert!(owners.is_unread(1));
        owners.note_read(2, 1);
        assert!(!owners.is_unread(1));
    }
}
