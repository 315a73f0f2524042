//! What is asked of a pass: which events are shown, and which shreds and columns that needs.
//!
//! In: event types and fields that rules, filters, templates or columns name. Out: a projection for the reader.
//! What neither they nor the state engine need is never decompressed.

use std::collections::BTreeSet;

use falco_abi::EventId;
use falco_format::Projection;
use falco_rules::{BoundField, EventTypeSet, RuleSet, Schema as _};

use crate::fields::{SCHEMA, event_ids_of};
use crate::state::state_projection;

/// Fields that look at the event before, whatever its type.
const TIME_SINCE_EVENT_BEFORE: &str = "evt.deltatime";
/// A row's time, thread and place, and no parameter.
const NO_COLUMNS: u64 = 0;

/// Which events an observer is shown, and what is decoded for it.
#[derive(Clone, Debug)]
pub struct Demand {
    projection: Projection,
    /// What state depends on, where nothing is shown.
    state: Projection,
    /// The events to show; `None` for every event of the stream.
    shown: Option<BTreeSet<EventId>>,
}

impl Demand {
    /// Every event with every parameter.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            projection: Projection::all(),
            state: state_projection(),
            shown: None,
        }
    }

    /// The events of some types.
    #[must_use]
    pub fn of_types(types: &EventTypeSet) -> Self {
        let shown: BTreeSet<EventId> = types.iter().flat_map(event_ids_of).collect();
        Self::of_events(shown)
    }

    /// The events that some rule can match, and what its fields need beside them.
    #[must_use]
    pub fn of_rules(rules: &RuleSet) -> Self {
        Self::of_types(rules.event_types()).for_fields(rules.slots().iter())
    }

    /// Adds what fields need beside the events that are shown: the time since the event before needs every event's.
    #[must_use]
    pub fn for_fields<'f>(mut self, mut fields: impl Iterator<Item = &'f BoundField>) -> Self {
        let declared = SCHEMA.fields();
        let name = |field: &BoundField| {
            declared
                .get(usize::from(field.field.0))
                .map_or("", |field| field.name)
        };
        if fields.any(|field| name(field).starts_with(TIME_SINCE_EVENT_BEFORE)) {
            for event in falco_abi::events() {
                self.projection.add(event.id, NO_COLUMNS);
            }
        }
        self
    }

    /// These events with every parameter.
    #[must_use]
    pub fn of_events(shown: BTreeSet<EventId>) -> Self {
        let wanted = shown.iter().fold(Projection::none(), |wanted, event| {
            wanted.with_event(*event)
        });
        let state = state_projection();
        Self {
            projection: wanted.union(&state),
            state,
            shown: Some(shown),
        }
    }

    /// What the reader decodes: what is shown, and what state depends on.
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// What the reader decodes of a block whose events are not shown.
    #[must_use]
    pub fn state_projection(&self) -> &Projection {
        &self.state
    }

    /// Whether the observer is shown the event.
    #[must_use]
    pub fn shows(&self, event: EventId) -> bool {
        self.shown
            .as_ref()
            .is_none_or(|shown| shown.contains(&event))
    }
}
