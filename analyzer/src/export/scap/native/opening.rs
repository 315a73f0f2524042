//! What a snapshot of ours knows and Falco tells by events: containers, and the users and groups in them.
//!
//! In: rows of the snapshot that no list has. Out: events that stand before the first one, at its time.
//! Ports that something listens on are told by the sockets that listen; those whose socket nobody saw are counted.

use std::collections::HashSet;

use falco_abi::events::{
    container, groupadded, state_container, state_fd, state_group, state_listen, state_user,
    useradded,
};
use falco_abi::{EventId, Wire};
use falco_format::{EventView, Tid, UnixNanos};

use crate::dialect::catalog::FalcoEvent;
use crate::dialect::{falco_event, snapshot_param, wire_of};
use crate::export::scap::rows::{EventRow, ListRow};

/// No thread: who recorded tells of these.
const NO_TID: Tid = Tid(u32::MAX);
/// How many such rows are kept until the first event; a snapshot of a large node has a few thousand.
const ROWS_MAX: usize = 65_536;

/// An event before the first one.
pub(super) struct OpeningEvent {
    ty: &'static FalcoEvent,
    values: Vec<Vec<u8>>,
}

impl OpeningEvent {
    /// The values that a row has by the names of an event's parameters. Falco's strings end with a NUL.
    fn of(event: EventId, view: &EventView<'_>) -> Option<Self> {
        let ty = falco_event(event)?;
        let layout = view.layout()?;
        let value = |name: &str, ty| {
            let bytes = layout.param(name).and_then(|index| view.bytes(index));
            let mut bytes = bytes.unwrap_or_default().to_vec();
            if wire_of(ty) == Wire::Str {
                bytes.push(0);
            }
            bytes
        };
        let params = ty.params.iter();
        Some(OpeningEvent {
            ty,
            values: params.map(|param| value(param.name, param.ty)).collect(),
        })
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.ty.name
    }

    /// Makes a row this event.
    pub(super) fn fill(&self, time: UnixNanos, row: &mut EventRow) {
        row.begin(self.ty.code, time, 0, NO_TID);
        self.values.iter().for_each(|value| row.push(&[value]));
    }
}

/// Rows that wait for the first event.
#[derive(Default)]
pub(super) struct Opening {
    events: Vec<OpeningEvent>,
    /// Inodes of sockets that listen.
    listening: Vec<u64>,
}

impl Opening {
    /// Takes a row of a snapshot; false where it is none of these, or there are too many.
    pub(super) fn take(&mut self, view: &EventView<'_>) -> bool {
        if self.events.len().saturating_add(self.listening.len()) >= ROWS_MAX {
            return false;
        }
        let event = match view.event() {
            state_container::EVENT => container::EVENT,
            state_user::EVENT => useradded::EVENT,
            state_group::EVENT => groupadded::EVENT,
            state_listen::EVENT => {
                self.listening
                    .push(view.uint(state_listen::ino).unwrap_or(0));
                return true;
            }
            _ => return false,
        };
        let event = OpeningEvent::of(event, view);
        let is_taken = event.is_some();
        self.events.extend(event);
        is_taken
    }

    /// Forgets the ports whose sockets are in the lists.
    pub(super) fn forget_heard(&mut self, descriptors: &[ListRow<'_>]) {
        const INO: usize = snapshot_param(state_fd::EVENT, "ino");
        let inode = |row: &ListRow<'_>| {
            let bytes = row.value(INO).and_then(|bytes| bytes.first_chunk());
            bytes.map(|bytes| u64::from_le_bytes(*bytes))
        };
        let known: HashSet<u64> = descriptors.iter().filter_map(inode).collect();
        self.listening
            .retain(|listening| !known.contains(listening));
    }

    /// How many ports nobody's socket tells of.
    pub(super) fn unheard(&self) -> usize {
        self.listening.len()
    }

    /// The events, in the order of the rows.
    pub(super) fn events(&self) -> &[OpeningEvent] {
        &self.events
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.listening.is_empty()
    }
}
