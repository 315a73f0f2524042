//! Which tables and columns are asked for, and what that needs of a pass.
//!
//! In: layouts. Out: makers of rows, and which events are shown for them.

use std::collections::BTreeSet;

use falco_abi::{EventId, events};
use falco_rules::BoundField;

use super::declare::{asked, defs};
use super::descriptors::{self, Descriptors};
use super::files::{self, FileFact, Files};
use super::held::Later;
use super::lives::{self, Life, Lives};
use super::machine::{self, Containers, Users};
use super::sockets::{self, SocketFact, Sockets};
use super::who;
use crate::columns::{ColumnDef, Table, TableLayout};
use crate::pipeline::{Demand, Shown};
use crate::state::facets::Facets;

/// Every column of a table that is made of facts; of other tables none.
pub(crate) fn columns_of(table: Table) -> Vec<ColumnDef> {
    match table {
        Table::Processes => defs(lives::COLUMNS),
        Table::Files => defs(files::COLUMNS),
        Table::Connections => defs(sockets::CONNECTIONS),
        Table::Listeners => defs(sockets::LISTENERS),
        Table::Containers => defs(machine::CONTAINERS),
        Table::Users => defs(machine::USERS),
        Table::Losses | Table::Segments | Table::Gaps | Table::Events => Vec::new(),
    }
}

/// For whom an event is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct For(u8);

impl For {
    pub(super) const FILES: For = For(1);
    pub(super) const CONNECTIONS: For = For(2);
    pub(super) const LISTENERS: For = For(4);
    pub(super) const DESCRIPTORS: For = For(8);
    pub(super) const BYTES: For = For(16);
    pub(super) const CONTAINERS: For = For(32);
    pub(super) const ENDS: For = For(64);

    pub(super) fn has(self, other: For) -> bool {
        self.0 & other.0 != 0
    }
}

/// The tables that are asked for, each with the place of its taker.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(super) lives: Option<(usize, Lives)>,
    /// Whether the events of a lifetime are counted, and in which cell.
    pub(super) counts: Option<usize>,
    pub(super) files: Option<(usize, Files)>,
    pub(super) connections: Option<(usize, Sockets)>,
    pub(super) listeners: Option<(usize, Sockets)>,
    /// Where rows are held by descriptors.
    pub(super) descriptors: Option<Descriptors>,
    pub(super) later: Vec<(usize, Later)>,
    pub(super) containers: Option<(usize, Containers)>,
    pub(super) users: Option<(usize, Users)>,
    /// For whom each event is shown, by its id.
    shown: Vec<For>,
}

impl Wanted {
    /// These tables of a capture that goes by a name.
    pub(crate) fn new(layouts: &[TableLayout], capture: &str) -> Wanted {
        let mut wanted = Wanted::default();
        for (place, layout) in layouts.iter().enumerate() {
            wanted.want(place, layout, capture.into());
        }
        if !wanted.later.is_empty() {
            let is_asked = |later: &Later| later.read.is_some() || later.written.is_some();
            let moves = wanted.later.iter().any(|(_, later)| is_asked(later));
            wanted.descriptors = Some(Descriptors::new(moves));
        }
        wanted.show();
        wanted
    }

    fn want(&mut self, place: usize, layout: &TableLayout, capture: Box<str>) {
        match layout.table() {
            Table::Processes => {
                let columns = asked(lives::COLUMNS, layout);
                let events = lives::Column::Own(Life::Events);
                self.counts = columns.iter().position(|column| *column == events);
                self.lives = Some((place, Lives { columns, capture }));
            }
            Table::Files => {
                let columns = asked(files::COLUMNS, layout);
                self.later.push((place, later_of_files(&columns)));
                self.files = Some((place, Files::new(columns, capture)));
            }
            Table::Connections => {
                let columns = asked(sockets::CONNECTIONS, layout);
                self.later.push((place, later_of_sockets(&columns)));
                self.connections = Some((place, Sockets { columns, capture }));
            }
            Table::Listeners => {
                let columns = asked(sockets::LISTENERS, layout);
                self.later.push((place, later_of_sockets(&columns)));
                self.listeners = Some((place, Sockets { columns, capture }));
            }
            Table::Containers => {
                let columns = asked(machine::CONTAINERS, layout);
                self.containers = Some((place, Containers { columns, capture }));
            }
            Table::Users => {
                let columns = asked(machine::USERS, layout);
                self.users = Some((place, Users { columns, capture }));
            }
            Table::Losses | Table::Segments | Table::Gaps | Table::Events => {}
        }
    }

    /// For whom an event is shown.
    pub(super) fn is_for(&self, event: EventId) -> For {
        self.shown
            .get(usize::from(event.0))
            .copied()
            .unwrap_or_default()
    }

    fn show(&mut self) {
        let files = files::CALLS.iter().map(|(call, _)| *call);
        let ends = [events::procexit::EVENT];
        let moves = self.descriptors.as_ref().is_some_and(|held| held.moves);
        let all: [(bool, For, Vec<EventId>); 7] = [
            (self.files.is_some(), For::FILES, files.collect()),
            (
                self.connections.is_some(),
                For::CONNECTIONS,
                sockets::CONNECTING.to_vec(),
            ),
            (
                self.listeners.is_some(),
                For::LISTENERS,
                sockets::LISTENING.to_vec(),
            ),
            (
                self.descriptors.is_some(),
                For::DESCRIPTORS,
                descriptors::EVENTS.to_vec(),
            ),
            (moves, For::BYTES, descriptors::MOVING.to_vec()),
            (
                self.containers.is_some(),
                For::CONTAINERS,
                machine::EVENTS.to_vec(),
            ),
            (
                self.lives.is_some() || self.descriptors.is_some(),
                For::ENDS,
                ends.to_vec(),
            ),
        ];
        for (is_asked, whom, events) in all {
            for event in events.into_iter().filter(|_| is_asked) {
                let place = usize::from(event.0);
                if self.shown.len() <= place {
                    self.shown.resize(place + 1, For::default());
                }
                if let Some(shown) = self.shown.get_mut(place) {
                    shown.0 |= whom.0;
                }
            }
        }
    }

    /// Which events are shown; every one where they are counted.
    pub(crate) fn shown(&self) -> Shown {
        if self.counts.is_some() {
            return Shown::Every;
        }
        let events = (0..).map(EventId).zip(&self.shown);
        let shown = events.filter(|(_, whom)| **whom != For::default());
        Shown::Only(shown.map(|(event, _)| event).collect())
    }

    /// Which events are shown before the state takes them.
    fn ahead(&self) -> BTreeSet<EventId> {
        let ends = [
            events::execve::EVENT,
            events::execveat::EVENT,
            events::procfork::EVENT,
            events::procexit::EVENT,
        ];
        let is_asked = self.lives.is_some() || self.descriptors.is_some();
        ends.into_iter().filter(|_| is_asked).collect()
    }

    /// The fields that rows are made of.
    fn fields(&self) -> impl Iterator<Item = &BoundField> {
        let files = self.files.iter().flat_map(|(_, files)| files.fields());
        let held = self.descriptors.iter().flat_map(Descriptors::fields);
        files.chain(held).map(|field| field.bound())
    }

    /// What is needed for these tables, and for the fields of others that are made in the same pass.
    pub(crate) fn demand<'f>(
        &'f self,
        shown: Shown,
        fields: impl IntoIterator<Item = &'f BoundField>,
    ) -> Demand {
        let fields = self.fields().chain(fields);
        Demand::of_facts(shown, fields, self.facets(), &self.ahead())
    }

    fn facets(&self) -> Facets {
        let mut facets = Facets::NONE;
        if self.lives.is_some() || self.descriptors.is_some() {
            facets = facets.and(who::FACETS);
        }
        if self.descriptors.is_some() {
            facets = facets.and(descriptors::FACETS);
        }
        if self.containers.is_some() || self.users.is_some() {
            facets = facets.and(machine::FACETS);
        }
        facets
    }
}

fn later_of_files(columns: &[files::Column]) -> Later {
    let place = |fact| {
        columns
            .iter()
            .position(|column| *column == files::Column::Own(fact))
    };
    Later {
        end: place(FileFact::EndTime),
        read: place(FileFact::BytesRead),
        written: place(FileFact::BytesWritten),
        ..Later::default()
    }
}

fn later_of_sockets(columns: &[sockets::Column]) -> Later {
    let place = |fact| {
        columns
            .iter()
            .position(|column| *column == sockets::Column::Own(fact))
    };
    Later {
        end: place(SocketFact::EndTime),
        duration: place(SocketFact::Duration),
        read: place(SocketFact::BytesIn),
        written: place(SocketFact::BytesOut),
        outcome: place(SocketFact::Outcome),
    }
}
