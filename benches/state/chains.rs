//! Version chains per key: what a key was from which position on, written once and read by position.
//!
//! A child's table begins as its parent's at the birth: what the child did not change is asked of the parent as it was then.

use std::collections::HashMap;

use crate::stream::{Event, Name};
use crate::{Design, asks};

/// How many tables a question climbs before a birth copies instead.
const DEPTH_MAX: u32 = 4;

/// Values, each from a position on.
struct Chain<V>(Vec<(u32, V)>);

impl<V> Default for Chain<V> {
    fn default() -> Self {
        Chain(Vec::new())
    }
}

impl<V: Copy> Chain<V> {
    fn push(&mut self, position: u32, value: V) {
        match self.0.last_mut() {
            Some(last) if last.0 == position => last.1 = value,
            _ => self.0.push((position, value)),
        }
    }

    /// The value just after a position.
    fn at(&self, position: u32) -> Option<V> {
        let after = self.0.partition_point(|(from, _)| *from <= position);
        self.0.get(after.checked_sub(1)?).map(|(_, value)| *value)
    }

    fn last(&self) -> Option<V> {
        self.0.last().map(|(_, value)| *value)
    }
}

#[derive(Clone, Copy)]
struct Thread {
    program: Name,
    table: u32,
}

#[derive(Default)]
struct Table {
    /// The table that it was copied from, and when.
    base: Option<(u32, u32)>,
    depth: u32,
    owners: u32,
    slots: HashMap<i32, Chain<Name>>,
}

/// The chains.
#[derive(Default)]
pub(crate) struct Chains {
    threads: HashMap<u32, Chain<Option<Thread>>>,
    tables: Vec<Table>,
}

impl Chains {
    fn thread(&mut self, position: u32, tid: u32) -> Thread {
        let chain = self.threads.entry(tid).or_default();
        if let Some(thread) = chain.last().flatten() {
            return thread;
        }
        let thread = Thread {
            program: 0,
            table: self.tables.len() as u32,
        };
        self.tables.push(Table {
            owners: 1,
            ..Table::default()
        });
        chain.push(position, Some(thread));
        thread
    }

    fn name(&self, table: u32, fd: i32, position: u32) -> Name {
        let (mut table, mut position) = (table, position);
        loop {
            let Some(place) = self.tables.get(table as usize) else {
                return 0;
            };
            if let Some(name) = place.slots.get(&fd).and_then(|chain| chain.at(position)) {
                return name;
            }
            let Some(base) = place.base else { return 0 };
            (table, position) = base;
        }
    }

    fn numbers(&self, table: u32) -> Vec<i32> {
        let mut numbers = Vec::new();
        let mut next = Some(table);
        while let Some(place) = next.and_then(|table| self.tables.get(table as usize)) {
            numbers.extend(place.slots.keys().copied());
            next = place.base.map(|base| base.0);
        }
        numbers
    }

    /// A copy at a position: by reference, until that would climb too far.
    fn copy(&mut self, table: u32, position: u32) -> u32 {
        let depth = self
            .tables
            .get(table as usize)
            .map_or(0, |table| table.depth);
        let mut copy = Table {
            owners: 1,
            ..Table::default()
        };
        if depth < DEPTH_MAX {
            copy.base = Some((table, position));
            copy.depth = depth + 1;
        } else {
            for number in self.numbers(table) {
                let name = self.name(table, number, position);
                copy.slots.entry(number).or_default().push(position, name);
            }
        }
        self.tables.push(copy);
        self.tables.len() as u32 - 1
    }

    fn set(&mut self, position: u32, tid: u32, fd: i32, name: Name) {
        let table = self.thread(position, tid).table;
        if let Some(table) = self.tables.get_mut(table as usize) {
            table.slots.entry(fd).or_default().push(position, name);
        }
    }

    fn disown(&mut self, table: u32) {
        if let Some(table) = self.tables.get_mut(table as usize) {
            table.owners -= 1;
        }
    }
}

impl Design for Chains {
    /// Positions are all that a worker needs.
    type Border = ();

    fn apply(&mut self, position: u32, event: &Event) {
        match *event {
            Event::Fork {
                parent,
                child,
                shares,
            } => {
                let thread = self.thread(position, parent);
                let table = if shares {
                    thread.table
                } else {
                    self.copy(thread.table, position)
                };
                if shares && let Some(table) = self.tables.get_mut(table as usize) {
                    table.owners += 1;
                }
                let chain = self.threads.entry(child).or_default();
                let old = chain.last().flatten();
                chain.push(position, Some(Thread { table, ..thread }));
                if let Some(old) = old {
                    self.disown(old.table);
                }
            }
            Event::Exec { tid, program } => {
                let mut table = self.thread(position, tid).table;
                if self
                    .tables
                    .get(table as usize)
                    .is_some_and(|table| table.owners > 1)
                {
                    self.disown(table);
                    table = self.copy(table, position);
                }
                let chain = self.threads.entry(tid).or_default();
                chain.push(position, Some(Thread { program, table }));
            }
            Event::Exit { tid } => {
                let chain = self.threads.entry(tid).or_default();
                if let Some(old) = chain.last().flatten() {
                    chain.push(position, None);
                    self.disown(old.table);
                }
            }
            Event::Open { tid, fd, name } => self.set(position, tid, fd, name),
            Event::Close { tid, fd } => self.set(position, tid, fd, 0),
            Event::Dup { tid, from, to } => {
                let table = self.thread(position, tid).table;
                let name = self.name(table, from, position);
                if name != 0 {
                    self.set(position, tid, to, name);
                }
            }
        }
    }

    fn border(&mut self) {}

    fn answer(&self, (): &(), first: u32, events: &[Event], answers: &mut Vec<Name>) {
        for (position, event) in (first..).zip(events) {
            if asks(position) {
                let (tid, fd) = event.subject();
                let thread = self
                    .threads
                    .get(&tid)
                    .and_then(|chain| chain.at(position))
                    .flatten();
                let name = thread.map_or(0, |thread| {
                    self.name(thread.table, fd, position) ^ thread.program
                });
                answers.push(name);
            }
        }
    }
}
