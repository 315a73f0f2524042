//! Persistent maps: a border is a clone of the roots, and a worker applies its block again to its own.

use imbl::{HashMap, OrdMap};

use crate::stream::{Event, Name};
use crate::{Design, asks};

#[derive(Clone, Default)]
struct Thread {
    program: Name,
    table: u32,
}

#[derive(Clone, Default)]
struct Table {
    owners: u32,
    slots: OrdMap<i32, Name>,
}

/// The roots.
#[derive(Clone, Default)]
pub(crate) struct Persistent {
    threads: HashMap<u32, Thread>,
    tables: HashMap<u32, Table>,
    next_table: u32,
}

impl Persistent {
    fn place(&mut self, tid: u32) -> u32 {
        if let Some(thread) = self.threads.get(&tid) {
            return thread.table;
        }
        self.next_table += 1;
        let table = self.next_table;
        self.threads.insert(tid, Thread { program: 0, table });
        self.tables.insert(
            table,
            Table {
                owners: 1,
                ..Table::default()
            },
        );
        table
    }

    fn release(&mut self, place: u32) {
        let Some(table) = self.tables.get_mut(&place) else {
            return;
        };
        table.owners -= 1;
        if table.owners == 0 {
            self.tables.remove(&place);
        }
    }

    fn get(&self, tid: u32, fd: i32) -> Name {
        let thread = self.threads.get(&tid);
        let table = thread.and_then(|thread| self.tables.get(&thread.table));
        let known = table
            .and_then(|table| table.slots.get(&fd))
            .copied()
            .unwrap_or(0);
        known ^ thread.map_or(0, |thread| thread.program)
    }

    fn own(&mut self, slots: OrdMap<i32, Name>) -> u32 {
        self.next_table += 1;
        self.tables
            .insert(self.next_table, Table { owners: 1, slots });
        self.next_table
    }

    fn change(&mut self, event: &Event) {
        match *event {
            Event::Fork {
                parent,
                child,
                shares,
            } => {
                let place = self.place(parent);
                let program = self.threads.get(&parent).map_or(0, |thread| thread.program);
                let table = if shares {
                    if let Some(table) = self.tables.get_mut(&place) {
                        table.owners += 1;
                    }
                    place
                } else {
                    let slots = self.tables.get(&place).map(|table| table.slots.clone());
                    self.own(slots.unwrap_or_default())
                };
                if let Some(old) = self.threads.insert(child, Thread { program, table }) {
                    self.release(old.table);
                }
            }
            Event::Exec { tid, program } => {
                let mut table = self.place(tid);
                let shared = self.tables.get(&table).filter(|table| table.owners > 1);
                if let Some(slots) = shared.map(|table| table.slots.clone()) {
                    self.release(table);
                    table = self.own(slots);
                }
                self.threads.insert(tid, Thread { program, table });
            }
            Event::Exit { tid } => {
                if let Some(old) = self.threads.remove(&tid) {
                    self.release(old.table);
                }
            }
            Event::Open { tid, fd, name } => {
                let place = self.place(tid);
                if let Some(table) = self.tables.get_mut(&place) {
                    table.slots.insert(fd, name);
                }
            }
            Event::Close { tid, fd } => {
                let place = self.place(tid);
                if let Some(table) = self.tables.get_mut(&place) {
                    table.slots.remove(&fd);
                }
            }
            Event::Dup { tid, from, to } => {
                let place = self.place(tid);
                if let Some(table) = self.tables.get_mut(&place)
                    && let Some(name) = table.slots.get(&from).copied()
                {
                    table.slots.insert(to, name);
                }
            }
        }
    }
}

impl Design for Persistent {
    type Border = Persistent;

    fn apply(&mut self, _: u32, event: &Event) {
        self.change(event);
    }

    fn border(&mut self) -> Persistent {
        self.clone()
    }

    fn answer(&self, border: &Persistent, first: u32, events: &[Event], answers: &mut Vec<Name>) {
        let mut state = border.clone();
        for (position, event) in (first..).zip(events) {
            state.change(event);
            if asks(position) {
                let (tid, fd) = event.subject();
                answers.push(state.get(tid, fd));
            }
        }
    }
}
