//! Plain tables that are changed in place: a border is a clone of everything, and a worker applies its block again.

use std::collections::HashMap;

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
    slots: Vec<(i32, Name)>,
}

/// The tables.
#[derive(Clone, Default)]
pub(crate) struct Plain {
    threads: HashMap<u32, Thread>,
    tables: HashMap<u32, Table>,
    next_table: u32,
}

impl Plain {
    fn table(&mut self, tid: u32) -> &mut Table {
        let next = &mut self.next_table;
        let thread = self.threads.entry(tid).or_insert_with(|| {
            *next += 1;
            Thread {
                program: 0,
                table: *next,
            }
        });
        let table = self.tables.entry(thread.table).or_default();
        table.owners = table.owners.max(1);
        table
    }

    fn release(&mut self, table: u32) {
        if let Some(old) = self.tables.get_mut(&table) {
            old.owners -= 1;
            if old.owners == 0 {
                self.tables.remove(&table);
            }
        }
    }

    fn get(&self, tid: u32, fd: i32) -> Name {
        let thread = self.threads.get(&tid);
        let table = thread.and_then(|thread| self.tables.get(&thread.table));
        let slots = table.map_or(&[][..], |table| &table.slots);
        let place = slots.binary_search_by_key(&fd, |slot| slot.0);
        let known = place
            .ok()
            .and_then(|place| slots.get(place))
            .map_or(0, |slot| slot.1);
        known ^ thread.map_or(0, |thread| thread.program)
    }

    fn change(&mut self, event: &Event) {
        match *event {
            Event::Fork {
                parent,
                child,
                shares,
            } => {
                let table = self.table(parent).clone();
                let thread = self.threads.get(&parent).cloned().unwrap_or_default();
                let place = if shares {
                    thread.table
                } else {
                    self.next_table + 1
                };
                if shares {
                    self.tables.entry(place).or_default().owners += 1;
                } else {
                    self.next_table += 1;
                    self.tables.insert(place, Table { owners: 1, ..table });
                }
                if let Some(old) = self.threads.insert(
                    child,
                    Thread {
                        table: place,
                        ..thread
                    },
                ) {
                    self.release(old.table);
                }
            }
            Event::Exec { tid, program } => {
                let table = self.table(tid).clone();
                let mut place = self.threads.get(&tid).map_or(0, |thread| thread.table);
                if table.owners > 1 {
                    self.release(place);
                    self.next_table += 1;
                    place = self.next_table;
                    self.tables.insert(place, Table { owners: 1, ..table });
                }
                self.threads.insert(
                    tid,
                    Thread {
                        program,
                        table: place,
                    },
                );
            }
            Event::Exit { tid } => {
                if let Some(old) = self.threads.remove(&tid) {
                    self.release(old.table);
                }
            }
            Event::Open { tid, fd, name } => set(self.table(tid), fd, name),
            Event::Close { tid, fd } => {
                let slots = &mut self.table(tid).slots;
                if let Ok(place) = slots.binary_search_by_key(&fd, |slot| slot.0) {
                    slots.remove(place);
                }
            }
            Event::Dup { tid, from, to } => {
                let table = self.table(tid);
                if let Ok(place) = table.slots.binary_search_by_key(&from, |slot| slot.0) {
                    let name = table.slots[place].1;
                    set(table, to, name);
                }
            }
        }
    }
}

fn set(table: &mut Table, fd: i32, name: Name) {
    match table.slots.binary_search_by_key(&fd, |slot| slot.0) {
        Ok(place) => table.slots[place].1 = name,
        Err(place) => table.slots.insert(place, (fd, name)),
    }
}

impl Design for Plain {
    type Border = Plain;

    fn apply(&mut self, _: u32, event: &Event) {
        self.change(event);
    }

    fn border(&mut self) -> Plain {
        self.clone()
    }

    fn answer(&self, border: &Plain, first: u32, events: &[Event], answers: &mut Vec<Name>) {
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
