//! Rows of what descriptors stand for, from the call that made it to the last close.
//!
//! In: small facts of descriptors, in the order of the stream. Out: finished rows.
//! Copies by `dup` and by birth hold a row as well; it ends with the last of them, and what is read or written by any of them is the row's.
//! Which descriptors there are is known from the facts alone, so that what a snapshot cannot tell is not made up.

use std::collections::BTreeMap;

use falco_format::{Pid, UnixNanos};
use hashbrown::HashMap;

use super::cells::{Cell, Row};

/// How many rows are held at most, and how many descriptors that hold them: more than honest nodes have open at once, in less than a gigabyte.
/// Beyond, the row that was begun first is told as it is; that is counted.
const HELD_ROWS_MAX: usize = 1 << 19;
const HELD_NUMBERS_MAX: usize = 1 << 21;

/// What an outcome is called that is no error.
pub(super) const SUCCESS: &str = "SUCCESS";

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Nanoseconds of boot time.
    pub(super) boot: u64,
    pub(super) real: UnixNanos,
}

/// A fact of a descriptor of a process.
pub(super) enum HeldFact {
    /// A row begins, for the taker at a place; without a moment it was there before, and is only taken where nothing is known.
    Begins {
        number: i32,
        place: usize,
        row: Row,
        since: Option<Moment>,
        /// Whether how it begins is still open.
        is_pending: bool,
    },
    /// How the begin of a row ended.
    Outcome(i32, Box<str>),
    /// A number stands for what another stands for.
    Copied { from: i32, to: i32 },
    /// A number stands for nothing any more; without a moment nobody saw when.
    Closed(i32),
    /// Bytes were read and written.
    Moved { number: i32, bytes: Bytes },
    /// The process was born, with what its parent has.
    Born { parent: Pid },
    /// The process ended.
    Ended,
}

/// Bytes that were read and written; none where no such call was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    pub(super) read: Option<u64>,
    pub(super) written: Option<u64>,
}

impl Bytes {
    pub(super) fn add(&mut self, other: Bytes) {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        self.read = sum(self.read, other.read);
        self.written = sum(self.written, other.written);
    }
}

/// Where the cells of a table's rows are that are only known later.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Later {
    pub(super) end: Option<usize>,
    pub(super) duration: Option<usize>,
    pub(super) read: Option<usize>,
    pub(super) written: Option<usize>,
    pub(super) outcome: Option<usize>,
}

struct Held {
    place: usize,
    row: Row,
    since: Option<Moment>,
    bytes: Bytes,
    outcome: Option<Box<str>>,
    is_pending: bool,
    /// Descriptors that stand for it.
    owners: usize,
}

/// All that is held.
#[derive(Default)]
pub(super) struct Holding {
    /// By the place of the taker.
    later: HashMap<usize, Later>,
    rows: BTreeMap<u64, Held>,
    next: u64,
    of: HashMap<Pid, BTreeMap<i32, u64>>,
    numbers: usize,
    /// Rows that were told before they ended, for want of room.
    pub(super) forgotten: u64,
    finished: Vec<(usize, Row)>,
}

impl Holding {
    /// Nothing is held yet; each table says where its later cells are.
    pub(super) fn new(later: impl IntoIterator<Item = (usize, Later)>) -> Holding {
        Holding {
            later: later.into_iter().collect(),
            ..Holding::default()
        }
    }

    /// The rows that are finished, in the order in which they ended.
    pub(super) fn finished(&mut self) -> Vec<(usize, Row)> {
        std::mem::take(&mut self.finished)
    }

    /// Takes a fact of a process at a moment; without one nobody saw when.
    pub(super) fn take(&mut self, pid: Pid, at: Option<Moment>, fact: HeldFact) {
        match fact {
            HeldFact::Begins {
                number,
                place,
                row,
                since,
                is_pending,
            } => {
                let held = Held {
                    place,
                    row,
                    since,
                    is_pending,
                    bytes: Bytes::default(),
                    outcome: None,
                    owners: 0,
                };
                self.begins((pid, number), held);
            }
            HeldFact::Outcome(number, text) => {
                if let Some(held) = self.held(pid, number) {
                    held.outcome = Some(text);
                    held.is_pending = false;
                }
            }
            HeldFact::Copied { from, to } => self.copied(pid, (from, to), at),
            HeldFact::Closed(number) => self.close(pid, number, at),
            HeldFact::Moved { number, bytes } => {
                if let Some(held) = self.held(pid, number) {
                    held.bytes.add(bytes);
                }
            }
            HeldFact::Born { parent } => self.born(pid, parent),
            HeldFact::Ended => self.ended(pid, at),
        }
    }

    /// Tells what is still held, in the order in which it began, and forgets it.
    pub(super) fn end(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        for held in rows.into_values() {
            self.tell(held, None);
        }
        self.of.clear();
        self.numbers = 0;
    }

    fn held(&mut self, pid: Pid, number: i32) -> Option<&mut Held> {
        let id = self.of.get(&pid)?.get(&number)?;
        self.rows.get_mut(id)
    }

    fn begins(&mut self, (pid, number): (Pid, i32), new: Held) {
        let (since, place) = (new.since, new.place);
        let known = self.held(pid, number);
        if since.is_none() && known.is_some() {
            return;
        }
        let mut is_foreseen = false;
        if let Some(held) = known.filter(|held| held.place == place) {
            // Asked again, a connection under way says how it went.
            if held.is_pending && !new.is_pending {
                held.outcome = Some(SUCCESS.into());
                held.is_pending = false;
                return;
            }
            // A snapshot may tell what an event only makes: it was never there before.
            is_foreseen = held.since.is_none();
        }
        if is_foreseen {
            self.withdraw(pid, number);
        } else {
            self.close(pid, number, since);
        }
        self.make_room();
        let id = self.next;
        self.next += 1;
        self.rows.insert(id, new);
        self.hold(pid, number, id);
    }

    /// Where there is no room, the older half is told as it is: what it costs to find who has it is shared by as many rows.
    fn make_room(&mut self) {
        if self.rows.len() < HELD_ROWS_MAX && self.numbers < HELD_NUMBERS_MAX {
            return;
        }
        let middle = self.rows.keys().nth(self.rows.len() / 2).copied();
        let newer = self.rows.split_off(&middle.unwrap_or(self.next));
        let older = std::mem::replace(&mut self.rows, newer);
        let rows = &self.rows;
        for numbers in self.of.values_mut() {
            numbers.retain(|_, id| rows.contains_key(id));
        }
        self.of.retain(|_, numbers| !numbers.is_empty());
        self.numbers = self.of.values().map(BTreeMap::len).sum();
        self.forgotten += older.len() as u64;
        for held in older.into_values() {
            self.tell(held, None);
        }
    }

    fn hold(&mut self, pid: Pid, number: i32, id: u64) {
        if let Some(held) = self.rows.get_mut(&id) {
            held.owners += 1;
            let old = self.of.entry(pid).or_default().insert(number, id);
            self.numbers += usize::from(old.is_none());
        }
    }

    /// Takes back a row that is another's.
    fn withdraw(&mut self, pid: Pid, number: i32) {
        let id = self
            .of
            .get_mut(&pid)
            .and_then(|numbers| numbers.remove(&number));
        if let Some(id) = id {
            self.numbers -= 1;
            let is_last = self.rows.get_mut(&id).is_some_and(|held| {
                held.owners = held.owners.saturating_sub(1);
                held.owners == 0
            });
            if is_last {
                self.rows.remove(&id);
            }
        }
    }

    fn close(&mut self, pid: Pid, number: i32, at: Option<Moment>) {
        let Some(numbers) = self.of.get_mut(&pid) else {
            return;
        };
        if let Some(id) = numbers.remove(&number) {
            self.numbers -= 1;
            self.release(id, at);
        }
    }

    fn release(&mut self, id: u64, at: Option<Moment>) {
        let Some(held) = self.rows.get_mut(&id) else {
            return;
        };
        held.owners = held.owners.saturating_sub(1);
        if held.owners == 0
            && let Some(held) = self.rows.remove(&id)
        {
            self.tell(held, at);
        }
    }

    fn copied(&mut self, pid: Pid, (from, to): (i32, i32), at: Option<Moment>) {
        let id = self
            .of
            .get(&pid)
            .and_then(|numbers| numbers.get(&from))
            .copied();
        if from == to {
            return;
        }
        self.close(pid, to, at);
        if let Some(id) = id {
            self.hold(pid, to, id);
        }
    }

    /// A child has what its parent has; one that is known already was told of before.
    fn born(&mut self, child: Pid, parent: Pid) {
        if child == parent || self.of.contains_key(&child) {
            return;
        }
        let numbers = self.of.get(&parent).cloned().unwrap_or_default();
        if numbers.is_empty() || self.numbers.saturating_add(numbers.len()) > HELD_NUMBERS_MAX {
            return;
        }
        for id in numbers.values() {
            if let Some(held) = self.rows.get_mut(id) {
                held.owners += 1;
            }
        }
        self.numbers += numbers.len();
        self.of.insert(child, numbers);
    }

    fn ended(&mut self, pid: Pid, at: Option<Moment>) {
        let numbers = self.of.remove(&pid).unwrap_or_default();
        self.numbers = self.numbers.saturating_sub(numbers.len());
        for id in numbers.into_values() {
            self.release(id, at);
        }
    }

    /// Fills in what is known now.
    fn tell(&mut self, held: Held, at: Option<Moment>) {
        let mut row = held.row;
        let later = self.later.get(&held.place).copied().unwrap_or_default();
        let mut set = |place: Option<usize>, cell: Cell| {
            if let Some(known) = place.and_then(|place| row.get_mut(place)) {
                *known = cell;
            }
        };
        set(later.end, at.map_or(Cell::Null, |at| Cell::time(at.real)));
        let both = at.zip(held.since);
        let duration = both.and_then(|(at, since)| at.boot.checked_sub(since.boot));
        set(later.duration, Cell::uint(duration));
        set(later.read, Cell::uint(held.bytes.read));
        set(later.written, Cell::uint(held.bytes.written));
        // Where bytes went, there was a connection.
        let moved = held.bytes.read.max(held.bytes.written) > Some(0);
        let went = || (held.is_pending && moved).then(|| SUCCESS.into());
        if let Some(outcome) = held.outcome.or_else(went) {
            set(later.outcome, Cell::Text(outcome));
        }
        self.finished.push((held.place, row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: Pid = Pid(1);
    const CHILD: Pid = Pid(2);

    fn moment(time: u64) -> Option<Moment> {
        Some(Moment {
            boot: time,
            real: UnixNanos(1_000 + time),
        })
    }

    /// Facts of processes at times; the rows: what they are, when they ended, what was read.
    fn check(facts: Vec<(Pid, u64, HeldFact)>, expected: &[(&str, Option<u64>, Option<u64>)]) {
        let later = Later {
            end: Some(1),
            read: Some(2),
            ..Later::default()
        };
        let mut holding = Holding::new([(0, later)]);
        for (pid, time, fact) in facts {
            holding.take(pid, moment(time), fact);
        }
        holding.end();
        let expected: Vec<(usize, Row)> = expected
            .iter()
            .map(|(name, end, read)| {
                let row = vec![
                    Cell::word(Some(name)),
                    Cell::uint(end.map(|end| end + 1_000)),
                    Cell::uint(*read),
                ];
                (0, row)
            })
            .collect();
        assert_eq!(holding.finished(), expected);
        assert_eq!(
            (holding.numbers, holding.rows.len(), holding.of.len()),
            (0, 0, 0)
        );
    }

    fn begins(number: i32, name: &str, since: Option<Moment>) -> HeldFact {
        HeldFact::Begins {
            number,
            place: 0,
            row: vec![Cell::word(Some(name)), Cell::Null, Cell::Null],
            since,
            is_pending: false,
        }
    }

    fn read(number: i32, bytes: u64) -> HeldFact {
        let bytes = Bytes {
            read: Some(bytes),
            written: None,
        };
        HeldFact::Moved { number, bytes }
    }

    #[test]
    fn a_row_ends_with_its_last_descriptor() {
        let open = || begins(3, "a", moment(1));
        check(
            vec![(PARENT, 1, open()), (PARENT, 4, HeldFact::Closed(3))],
            &[("a", Some(4), None)],
        );
        check(vec![(PARENT, 1, open())], &[("a", None, None)]);
        check(
            vec![(PARENT, 1, open()), (PARENT, 5, HeldFact::Ended)],
            &[("a", Some(5), None)],
        );
        // As a shell does for `> a`.
        check(
            vec![
                (PARENT, 1, open()),
                (PARENT, 2, HeldFact::Copied { from: 3, to: 1 }),
                (PARENT, 3, HeldFact::Closed(3)),
                (PARENT, 4, read(1, 7)),
                (PARENT, 5, HeldFact::Ended),
            ],
            &[("a", Some(5), Some(7))],
        );
        check(
            vec![
                (PARENT, 1, open()),
                (CHILD, 2, HeldFact::Born { parent: PARENT }),
                (PARENT, 3, HeldFact::Closed(3)),
                (CHILD, 4, read(3, 2)),
                (CHILD, 6, HeldFact::Closed(3)),
            ],
            &[("a", Some(6), Some(2))],
        );
    }

    #[test]
    fn a_number_that_is_taken_again_ends_what_it_stood_for() {
        check(
            vec![
                (PARENT, 1, begins(3, "a", moment(1))),
                (PARENT, 2, begins(3, "b", moment(2))),
                (PARENT, 3, HeldFact::Copied { from: 9, to: 3 }),
            ],
            &[("a", Some(2), None), ("b", Some(3), None)],
        );
    }

    #[test]
    fn what_a_snapshot_tells_is_taken_where_nothing_is_known() {
        check(
            vec![
                (PARENT, 1, begins(3, "a", moment(1))),
                (PARENT, 2, begins(3, "again", None)),
                (PARENT, 3, begins(4, "was there", None)),
                // The snapshot had looked ahead.
                (PARENT, 4, begins(5, "to come", None)),
                (PARENT, 5, begins(5, "b", moment(5))),
            ],
            &[
                ("a", None, None),
                ("was there", None, None),
                ("b", None, None),
            ],
        );
    }
}
