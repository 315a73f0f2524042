//! What is asked of a pass: which events are shown, and which shreds and columns that needs.
//!
//! In: event types and fields that rules, filters, templates or columns name. Out: a projection for the reader.
//! What neither they nor the state engine need is never decompressed.

use std::collections::BTreeSet;

use falco_abi::EventId;
use falco_format::{Dialect, Projection};
use falco_rules::{BoundField, EventTypeSet, RuleSet, Schema as _};

use crate::dialect::{self, catalog};
use crate::fields::{SCHEMA, event_ids_of, is_hidden};
use crate::state::state_projection;

/// Fields that look at the event before, whatever its type.
const TIME_SINCE_EVENT_BEFORE: &str = "evt.deltatime";
/// A row's time, thread and place, and no parameter.
const NO_COLUMNS: u64 = 0;

/// What is decoded of captures in one dialect.
#[derive(Clone, Debug)]
struct Decoded {
    /// What is shown, and what state depends on.
    all: Projection,
    /// What state depends on, where nothing is shown.
    state: Projection,
}

impl Decoded {
    /// What is shown, whatever that is, and what state depends on in a dialect.
    fn new(shown: &Projection, dialect: Dialect) -> Decoded {
        let state = state_projection(dialect);
        Decoded {
            all: shown.clone().union(&state),
            state,
        }
    }
}

/// Which events an observer is shown, and what is decoded for it.
#[derive(Clone, Debug)]
pub struct Demand {
    native: Decoded,
    falco: Decoded,
    /// The events to show; `None` for every event of the stream.
    shown: Option<BTreeSet<EventId>>,
}

impl Demand {
    /// Every event with every parameter.
    #[must_use]
    pub fn everything() -> Self {
        Self::of_projection(&Projection::all(), None)
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
            let native = falco_abi::events().map(|event| event.id);
            let falcos = catalog::all().map(|ty| dialect::event_id(ty.code));
            for event in native.chain(falcos) {
                self.native.all.add(event, NO_COLUMNS);
                self.falco.all.add(event, NO_COLUMNS);
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
        Self::of_projection(&wanted, Some(shown))
    }

    fn of_projection(wanted: &Projection, shown: Option<BTreeSet<EventId>>) -> Self {
        Self {
            native: Decoded::new(wanted, Dialect::Native),
            falco: Decoded::new(wanted, Dialect::Falco),
            shown,
        }
    }

    fn decoded(&self, dialect: Dialect) -> &Decoded {
        match dialect {
            Dialect::Native => &self.native,
            Dialect::Falco => &self.falco,
        }
    }

    /// What the reader decodes: what is shown, and what state depends on.
    #[must_use]
    pub fn projection(&self, dialect: Dialect) -> &Projection {
        &self.decoded(dialect).all
    }

    /// What the reader decodes of a block whose events are not shown.
    #[must_use]
    pub fn state_projection(&self, dialect: Dialect) -> &Projection {
        &self.decoded(dialect).state
    }

    /// Whether the observer is shown the event. Nobody is shown the beginnings of calls that imported captures hold.
    #[must_use]
    pub fn shows(&self, event: EventId) -> bool {
        match &self.shown {
            Some(shown) => shown.contains(&event),
            None => !is_hidden(event),
        }
    }
}
