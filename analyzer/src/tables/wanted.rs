//! Which tables and columns are asked for, and what that needs of a pass.
//!
//! In: layouts. Out: makers of rows, and which events are shown for them.

use std::collections::BTreeSet;

use falco_abi::{EventId, events};
use falco_rules::BoundField;

use super::declare::{asked, defs};
use super::lives::{self, Life, Lives};
use super::machine::{self, Containers, Users};
use super::who;
use crate::columns::{ColumnDef, Table, TableLayout};
use crate::pipeline::{Demand, Shown};
use crate::state::facets::Facets;

/// Every column of a table that is made of facts; of other tables none.
pub(crate) fn columns_of(table: Table) -> Vec<ColumnDef> {
    match table {
        Table::Processes => defs(lives::COLUMNS),
        Table::Containers => defs(machine::CONTAINERS),
        Table::Users => defs(machine::USERS),
        Table::Losses | Table::Segments | Table::Gaps | Table::Events => Vec::new(),
    }
}

/// The tables that are asked for, each with the place of its taker.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(super) lives: Option<(usize, Lives)>,
    /// Whether the events of a lifetime are counted, and in which cell.
    pub(super) counts: Option<usize>,
    pub(super) containers: Option<(usize, Containers)>,
    pub(super) users: Option<(usize, Users)>,
}

impl Wanted {
    /// These tables of a capture that goes by a name.
    pub(crate) fn new(layouts: &[TableLayout], capture: &str) -> Wanted {
        let mut wanted = Wanted::default();
        for (place, layout) in layouts.iter().enumerate() {
            let capture: Box<str> = capture.into();
            match layout.table() {
                Table::Processes => {
                    let columns = asked(lives::COLUMNS, layout);
                    let events = lives::Column::Own(Life::Events);
                    wanted.counts = columns.iter().position(|column| *column == events);
                    wanted.lives = Some((place, Lives { columns, capture }));
                }
                Table::Containers => {
                    let columns = asked(machine::CONTAINERS, layout);
                    wanted.containers = Some((place, Containers { columns, capture }));
                }
                Table::Users => {
                    let columns = asked(machine::USERS, layout);
                    wanted.users = Some((place, Users { columns, capture }));
                }
                Table::Losses | Table::Segments | Table::Gaps | Table::Events => {}
            }
        }
        wanted
    }

    /// Which events are shown; every one where they are counted.
    pub(crate) fn shown(&self) -> Shown {
        if self.counts.is_some() {
            return Shown::Every;
        }
        let mut shown = BTreeSet::new();
        if self.lives.is_some() {
            shown.insert(events::procexit::EVENT);
        }
        if self.containers.is_some() {
            shown.extend(machine::EVENTS);
        }
        Shown::Only(shown)
    }

    /// Which events are shown before the state takes them.
    fn ahead(&self) -> BTreeSet<EventId> {
        let lives = [
            events::execve::EVENT,
            events::execveat::EVENT,
            events::procfork::EVENT,
        ];
        let is_asked = self.lives.is_some();
        lives.into_iter().filter(|_| is_asked).collect()
    }

    /// What is needed for these tables, and for the fields of others that are made in the same pass.
    pub(crate) fn demand<'f>(
        &self,
        shown: Shown,
        fields: impl IntoIterator<Item = &'f BoundField>,
    ) -> Demand {
        Demand::of_facts(shown, fields, self.facets(), &self.ahead())
    }

    fn facets(&self) -> Facets {
        let mut facets = Facets::NONE;
        if self.lives.is_some() {
            facets = facets.and(who::FACETS);
        }
        if self.containers.is_some() || self.users.is_some() {
            facets = facets.and(machine::FACETS);
        }
        facets
    }
}
