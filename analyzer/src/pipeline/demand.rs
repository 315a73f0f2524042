//! What is asked of a pass: which events are shown, and which shreds and columns that needs.
//!
//! In: event types, and all fields that rules, filters, templates or columns name. Out: a projection for the reader.
//! What neither they nor the state engine need is never decompressed.

use std::collections::BTreeSet;

use falco_abi::EventId;
use falco_format::{Dialect, Projection};
use falco_rules::{BoundField, EventTypeSet, RuleSet};

use crate::fields::{event_ids_of, is_hidden, nature};
use crate::state::state_projection;

/// Which events an observer is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Every event of the stream.
    Every,
    /// These.
    Only(BTreeSet<EventId>),
}

impl Shown {
    /// The events of some types.
    #[must_use]
    pub fn of_types(types: &EventTypeSet) -> Self {
        Shown::Only(types.iter().flat_map(event_ids_of).collect())
    }

    fn projection(&self) -> Projection {
        match self {
            Shown::Every => Projection::all(),
            Shown::Only(events) => events.iter().fold(Projection::none(), |wanted, event| {
                wanted.with_event(*event)
            }),
        }
    }
}

/// What is decoded of captures in one dialect.
#[derive(Clone, Debug)]
struct Columns {
    /// What is shown, and what the answers rest on.
    all: Projection,
    /// What the answers rest on, where nothing is shown.
    beneath: Projection,
}

impl Columns {
    /// What is shown, what fields need beside it, and what the state depends on in a dialect.
    fn new(shown: &Projection, beside: &Projection, dialect: Dialect) -> Columns {
        let beneath = state_projection(dialect).union(beside);
        Columns {
            all: shown.clone().union(&beneath),
            beneath,
        }
    }
}

/// Which events an observer is shown, and what is decoded for it.
#[derive(Clone, Debug)]
pub struct Demand {
    native: Columns,
    falco: Columns,
    /// By id, as far as there is one that is shown; none where every event is.
    shown: Option<Vec<bool>>,
}

impl Demand {
    /// What is needed to show these events and to answer these fields of them: all that anybody asks, of conditions, templates and columns.
    ///
    /// There is no other way to make a demand, so that nobody forgets what a field needs beside its own event.
    #[must_use]
    pub fn new<'f>(shown: Shown, fields: impl IntoIterator<Item = &'f BoundField>) -> Self {
        Self::with(shown, &beside(fields))
    }

    fn with(shown: Shown, beside: &Projection) -> Self {
        let wanted = shown.projection();
        Self {
            native: Columns::new(&wanted, beside, Dialect::Native),
            falco: Columns::new(&wanted, beside, Dialect::Falco),
            shown: match shown {
                Shown::Every => None,
                Shown::Only(events) => Some(by_id(&events)),
            },
        }
    }

    /// Every event with every parameter, whatever is asked of it: every row that a field could need is decoded.
    #[must_use]
    pub fn everything() -> Self {
        Self::with(Shown::Every, &Projection::rows())
    }

    /// The events that some rule can match, and what its fields need beside them.
    #[must_use]
    pub fn of_rules(rules: &RuleSet) -> Self {
        Self::new(Shown::of_types(rules.event_types()), rules.slots().iter())
    }

    fn columns(&self, dialect: Dialect) -> &Columns {
        match dialect {
            Dialect::Native => &self.native,
            Dialect::Falco => &self.falco,
        }
    }

    /// What the reader decodes: what is shown, and what state depends on.
    #[must_use]
    pub fn projection(&self, dialect: Dialect) -> &Projection {
        &self.columns(dialect).all
    }

    /// What the reader decodes of a block whose events are not shown.
    #[must_use]
    pub fn beneath(&self, dialect: Dialect) -> &Projection {
        &self.columns(dialect).beneath
    }

    /// Whether the observer is shown the event. Nobody is shown the beginnings of calls that imported captures hold.
    #[must_use]
    pub fn shows(&self, event: EventId) -> bool {
        match &self.shown {
            Some(shown) => shown.get(usize::from(event.0)).copied().unwrap_or(false),
            None => !is_hidden(event),
        }
    }
}

/// Whether each event is among these, by id: it is asked for every row, and ids are small numbers.
fn by_id(events: &BTreeSet<EventId>) -> Vec<bool> {
    let length = events.last().map_or(0, |last| usize::from(last.0) + 1);
    let mut shown = vec![false; length];
    for event in events {
        if let Some(place) = shown.get_mut(usize::from(event.0)) {
            *place = true;
        }
    }
    shown
}

/// What fields need beside the events that are shown: the time since the event before needs that every event is there.
fn beside<'f>(fields: impl IntoIterator<Item = &'f BoundField>) -> Projection {
    let looks_back = |field: &BoundField| nature(field.field).is_since_event_before;
    if fields.into_iter().any(looks_back) {
        Projection::rows()
    } else {
        Projection::none()
    }
}
