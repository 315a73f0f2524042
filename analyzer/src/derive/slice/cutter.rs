//! The second reading of a slice: of each row, whether it is shown, applied for the state alone, or left out.
//!
//! In: what is needed, and rows in the order of the study. Out: their fates. No state is kept here.

use falco_abi::{EventId, events};
use falco_format::container::Metadata;
use falco_format::{Dialect, EventView, SegmentHeader};

use super::closure::Needed;
use super::study::{Study, world as number_of_world};
use crate::derive::rewrite::{Fate, Rewriter};
use crate::dialect::FALCO_IDS;
use crate::dialect::catalog::CODES;
use crate::pipeline::Border;
use crate::state::facets::Facets;
use crate::state::{changes, state_projection};

/// What events change that are of no process alone.
const COMMON: Facets = Facets::ACCOUNTS.and(Facets::CONTAINERS).and(Facets::MOUNTS);

/// Ids of events end before this one: those of the table, and Falco's types behind them.
const IDS_END: u16 = FALCO_IDS + CODES as u16;

/// Cuts a slice.
pub struct Cutter<'s> {
    study: &'s Study,
    needed: &'s Needed,
    border: Border,
    /// By id, which events the state takes, in the dialect of the border.
    applied: Vec<bool>,
}

impl<'s> Cutter<'s> {
    /// Cuts what is needed out of what was studied.
    #[must_use]
    pub fn new(study: &'s Study, needed: &'s Needed) -> Cutter<'s> {
        Cutter {
            study,
            needed,
            border: Border::default(),
            applied: Vec::new(),
        }
    }

    fn is_applied(&self, event: EventId) -> bool {
        self.applied.get(usize::from(event.0)) == Some(&true)
    }

    /// Whether what an event changes is of no process alone, and somebody who is kept may look at it.
    fn is_common(&self, view: &EventView<'_>) -> bool {
        let facets = changes(view.event(), self.border.dialect());
        if !facets.meets(COMMON) || !self.is_applied(view.event()) {
            return false;
        }
        if facets.meets(Facets::CONTAINERS) {
            return self.is_kept_container(view);
        }
        true
    }

    /// Whether a row tells of a container that somebody who is kept was in, or of one that cannot be told.
    fn is_kept_container(&self, view: &EventView<'_>) -> bool {
        let texts = (0..view.params()).filter_map(|param| view.bytes(param));
        let mut said = texts.filter_map(Metadata::from_json);
        said.next()
            .is_none_or(|said| self.needed.containers.contains(said.id.as_bytes()))
    }

    /// Whether nothing that follows a row matters for what is shown.
    fn is_behind(&self, row: u64, time: u64) -> bool {
        let world = self.border.place();
        let is_behind = self.needed.last_shown(world).is_none_or(|last| row > last);
        // What changes while a snapshot looks says from when on its rows hold.
        let until = self.study.looked_until.get(world);
        let is_looked_at = self.border.dialect() == Dialect::Native
            && self.needed.last_shown(world).is_some()
            && until.is_some_and(|until| time <= *until);
        is_behind && !is_looked_at
    }
}

impl Rewriter for Cutter<'_> {
    fn header(&mut self, header: &mut SegmentHeader) {
        if !self.border.is_crossed(header) {
            return;
        }
        let projection = state_projection(header.dialect, Facets::ALL);
        let ids = 0..IDS_END;
        self.applied = ids.map(|id| projection.includes(EventId(id))).collect();
    }

    fn event(&mut self, view: &EventView<'_>, row: u64) -> Fate {
        let found = self
            .study
            .lives
            .at(number_of_world(&self.border), view.tid(), row);
        let life = found.map(|(id, _)| id);
        if self.study.marks.get(row) && self.needed.is_chosen(life) {
            return Fate::Keep;
        }
        if self.is_behind(row, view.time()) {
            return Fate::Drop;
        }
        let Some((id, is_first)) = found else {
            return if self.is_common(view) {
                Fate::ForState
            } else {
                Fate::Drop
            };
        };
        let is_kept = if self.needed.is_whole(id) {
            // Whoever did anything is known in Falco's dialect, whatever it was.
            is_first || self.is_applied(view.event())
        } else if self.needed.has_ends(id) {
            matches!(
                view.event(),
                events::procfork::EVENT | events::procexit::EVENT
            )
        } else {
            false
        };
        if is_kept || self.is_common(view) {
            Fate::ForState
        } else {
            Fate::Drop
        }
    }

    fn entry(&mut self, view: &EventView<'_>, rows: u64) -> Fate {
        let world = self.border.place();
        let last = self.needed.last_shown(world);
        let is_kept = match view.event() {
            _ if last.is_none_or(|last| rows > last) => false,
            events::state_thread::EVENT | events::state_fd::EVENT => {
                let is_thread = view.event() == events::state_thread::EVENT;
                let start = if view.tid() == view.pid().leader() {
                    view.start()
                } else {
                    0
                };
                let of_world = number_of_world(&self.border);
                // Descriptors of imports name their thread alone.
                let lives = self.study.lives.begun_at((of_world, view.pid()), start);
                let of_thread = self.study.lives.at(of_world, view.tid(), rows);
                let mut lives = lives.chain(of_thread.map(|(id, _)| id));
                lives.any(|id| self.needed.is_whole(id) || (is_thread && self.needed.has_ends(id)))
            }
            events::state_container::EVENT => self.is_kept_container(view),
            events::state_mount::EVENT => {
                let namespace = view.uint(events::state_mount::mnt_ns);
                let is_native = self.border.dialect() == Dialect::Native;
                let kept = &self.needed.mount_namespaces;
                !is_native || namespace.is_none_or(|namespace| kept.contains(&namespace))
            }
            _ => true,
        };
        if is_kept { Fate::Keep } else { Fate::Drop }
    }
}
