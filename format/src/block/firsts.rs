//! Whose the rows are that a reader leaves out: the first of each thread, and the first again since a row of certain events.
//!
//! In: the rows of a block in stream order, those that are wanted among them. Out: a thread and its place among the wanted rows, each time that somebody must look.
//! Who only needs to know that a thread is there learns it from its first row; what makes him forget a thread is among the events after which everybody counts as new.

use falco_abi::EventId;
use hashbrown::HashMap;

use crate::ids::Tid;
use crate::projection::Projection;

/// A thread of which a row was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct First {
    /// Its thread id.
    pub tid: Tid,
    /// How many rows that were not left out stand before it.
    pub before: u32,
}

/// What is asked of the rows of one event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    is_wanted: bool,
    /// They are left out, and the first of each thread is told.
    pub(super) is_told: bool,
    /// Everybody counts as new after one.
    pub(super) forgets: bool,
}

impl Part {
    pub(super) fn of(event: EventId, projection: &Projection) -> Part {
        let is_wanted = projection.includes(event);
        Part {
            is_wanted,
            is_told: !is_wanted && projection.wants_firsts_of(event),
            forgets: projection.forgets_after(event),
        }
    }
}

/// Who was seen since everybody was new, of rows that are gone through one by one; those of an encoded block `places` goes through.
#[derive(Debug)]
pub(super) struct Firsts {
    /// By a thread's place: the stretch in which it was seen last.
    last: Vec<u32>,
    stretch: u32,
    wanted: u32,
    found: Vec<(u16, u32)>,
}

impl Firsts {
    pub(super) fn new() -> Firsts {
        Firsts {
            last: Vec::new(),
            stretch: 1,
            wanted: 0,
            found: Vec::new(),
        }
    }

    /// Sees the next row. The place of its thread is asked for where it is told; none where there is none.
    pub(super) fn see(&mut self, part: Part, thread: impl FnOnce() -> Option<u16>) -> Option<()> {
        if part.is_told {
            let thread = thread()?;
            let place = usize::from(thread);
            if place >= self.last.len() {
                self.last.resize(place + 1, 0);
            }
            let last = self.last.get_mut(place)?;
            if *last != self.stretch {
                *last = self.stretch;
                self.found.push((thread, self.wanted));
            }
        }
        // A block has fewer rows than fit.
        self.wanted = self.wanted.saturating_add(u32::from(part.is_wanted));
        self.stretch = self.stretch.saturating_add(u32::from(part.forgets));
        Some(())
    }

    /// What was found, with the threads' ids by their places.
    pub(super) fn found(self, tid: impl Fn(usize) -> Option<Tid>) -> Option<Vec<First>> {
        let first = |(thread, before): (u16, u32)| {
            let tid = tid(usize::from(thread))?;
            Some(First { tid, before })
        };
        self.found.into_iter().map(first).collect()
    }
}

/// Places of threads that have no table.
#[derive(Debug, Default)]
pub(super) struct Tids {
    places: HashMap<Tid, u16>,
    tids: Vec<Tid>,
}

impl Tids {
    /// None beyond what the table of a block may have.
    pub(super) fn place(&mut self, tid: Tid) -> Option<u16> {
        if let Some(place) = self.places.get(&tid) {
            return Some(*place);
        }
        let place = u16::try_from(self.tids.len()).ok()?;
        self.places.insert(tid, place);
        self.tids.push(tid);
        Some(place)
    }

    pub(super) fn tid(&self, place: usize) -> Option<Tid> {
        self.tids.get(place).copied()
    }
}
