//! Who is shown the events of a pass, one after the other, and what it is shown.
//!
//! An [`Observer`] sees the whole stream in its order, on one thread. What can be spread over threads is a [`Collector`](super::Collector).

use std::io;
use std::sync::Arc;

use falco_format::{Block, EventView, Item, UnixNanos};
use falco_rules::{BoundField, Event as _, FieldId};
use serde_json::Value as Json;

use super::Standing;
use crate::alert::{Origin, evidence, evidence_id};
use crate::fields::{EventContext, Nature, SyscallSchema, nature};
use crate::source::{Evidence, JudgedRule, Source};
use crate::state::{Doubt, State};
use crate::time::iso;

/// Whether the pass goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Read the next event.
    Continue,
    /// The observer has what it wants.
    Stop,
}

/// What an observer wants of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Its demanded events.
    Rows,
    /// That it changes state, and no event of it.
    State,
    /// Nothing, of it and all that follows.
    Nothing,
}

/// One demanded event with all that can be asked about it.
pub struct Seen<'a> {
    /// Fields of the event, with the state that rules see.
    pub context: &'a EventContext<'a>,
    /// The row itself.
    pub view: &'a EventView<'a>,
    /// The event's number in the capture, from 1, those not demanded counted too.
    pub number: u64,
    /// When it ended, in nanoseconds since the epoch.
    pub time: UnixNanos,
    /// The node and boot.
    pub origin: &'a Arc<Origin>,
    /// The number of the segment it was found in.
    pub segment: u64,
    /// When the snapshot was taken that the state began with; none where that is the beginning of the capture, or of the boot.
    pub state_from: Option<UnixNanos>,
    pub(super) standing: Standing<'a>,
}

impl<'a> Seen<'a> {
    /// The event as the stream knew it here, where containers are healed.
    #[must_use]
    pub fn unhealed(&self) -> Option<EventContext<'a>> {
        let heals = self.standing.state.heals_containers();
        heals.then(|| self.context.unhealed(self.view))
    }

    /// The names of the fields that have another value than the stream knew. None where nothing is healed.
    fn healed(&self, fields: &[(String, BoundField)]) -> Option<Json> {
        let unhealed = self.unhealed()?;
        let differs = |field: &BoundField| self.context.extract(field) != unhealed.extract(field);
        let mut names: Vec<&str> = fields
            .iter()
            .filter(|(_, field)| differs(field))
            .map(|(name, _)| name.as_str())
            .collect();
        names.dedup();
        (!names.is_empty()).then(|| Json::from(names))
    }

    /// The state before the event.
    pub(crate) fn state(&self) -> &State {
        self.standing.state
    }

    /// Where the stream stands with the event.
    #[must_use]
    pub fn standing(&self) -> Standing<'a> {
        self.standing
    }

    /// A time of boot as nanoseconds since the epoch.
    pub(crate) fn realtime(&self, boottime_ns: u64) -> UnixNanos {
        self.context.realtime(boottime_ns)
    }

    /// What is known of the thread and of its descriptors and may be stale.
    #[must_use]
    pub fn doubt(&self) -> Doubt {
        self.standing.state.doubt(self.view)
    }

    /// Whether nothing was lost that the thread and the descriptors behind the event may rest on.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.standing.damaged && !self.doubt().any()
    }
}

impl Source for SyscallSchema {
    fn evidence_keys(&self) -> &'static [&'static str] {
        &[
            evidence::BOOT,
            evidence::BOOTTIME,
            evidence::COMPLETE,
            evidence::CPU,
            evidence::HEALED,
            evidence::ID,
            evidence::NODE,
            evidence::STATE_FROM,
        ]
    }

    fn nature(&self, field: FieldId) -> Nature {
        nature(field)
    }
}

/// Where an event of a system call is found again.
impl<'a> Evidence for Seen<'a> {
    type Event = EventContext<'a>;

    fn event(&self) -> &EventContext<'a> {
        self.context
    }

    fn time(&self) -> UnixNanos {
        self.time
    }

    fn origin(&self) -> &Arc<Origin> {
        self.origin
    }

    fn thread(&self) -> Option<u32> {
        Some(self.view.tid().0)
    }

    fn is_complete(&self) -> bool {
        Seen::is_complete(self)
    }

    fn evidence(&self, key: &str, rule: &JudgedRule) -> Option<Json> {
        let (view, boot) = (self.view, self.origin.boot_id);
        Some(match key {
            evidence::BOOT => Json::from(boot.map_or_else(String::new, |id| id.to_string())),
            evidence::BOOTTIME => Json::from(view.time()),
            evidence::COMPLETE => Json::from(self.is_complete()),
            evidence::CPU => Json::from(view.cpu()),
            evidence::HEALED => return self.healed(&rule.told),
            evidence::ID => Json::from(evidence_id(boot, view.cpu(), view.time(), &rule.name)),
            evidence::NODE => Json::from(self.origin.node.as_str()),
            evidence::STATE_FROM => Json::from(iso(self.state_from?)),
            _ => return None,
        })
    }
}

/// Who is shown the events.
pub trait Observer {
    /// Asked before a block is decoded what is wanted of it.
    fn block(&mut self, _block: &Block) -> Interest {
        Interest::Rows
    }

    /// Takes one demanded event.
    ///
    /// # Errors
    /// When the observer cannot go on, such as when its output is closed. The pass ends with this error.
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow>;

    /// Told of an event before the state takes it, where it is [demanded so](super::Demand::shows_ahead).
    fn ahead(&mut self, _view: &EventView<'_>, _standing: &Standing<'_>) {}

    /// Told of each item that holds no events, before the state takes it.
    fn item_ahead(&mut self, _item: &Item, _standing: &Standing<'_>) {}

    /// Told that the stream has come to its end, and where it stands.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn ended(&mut self, _standing: &Standing<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Told at the end of each block of events.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn block_ended(&mut self) -> io::Result<Flow> {
        Ok(Flow::Continue)
    }

    /// Takes one event of an import that is there for the state alone, and that nobody is shown.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn for_state(&mut self, _seen: &Seen<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Told of each item that holds no events, with where the stream stands after it.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn item(&mut self, _item: &Item, _standing: &Standing<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Told after each item how many of the [input's bytes](super::Input::bytes) were read since the last call.
    fn progress(&mut self, _bytes: u64) {}
}
