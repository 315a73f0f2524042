//! What is asked of a pass: which events are shown, and which shreds and columns that needs.
//!
//! In: event types, and all fields that rules, filters, templates or columns name. Out: a projection for the reader.
//! What neither they nor the state that their answers rest on need is never decompressed, and changes of state that no answer rests on are not made.
//! A demand never changes an answer: who is there, and who found no room, is the same for each.

use std::collections::BTreeSet;
use std::sync::Arc;

use falco_abi::{EventId, events};
use falco_format::{Dialect, Projection};
use falco_rules::{BoundField, EventTypeSet, RuleSet, Schema as _};

use crate::fields::{RESULT, SCHEMA, event_ids_of, is_hidden, nature};
use crate::state::facets::Facets;
use crate::state::{Applied, state_projection};

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

    /// These events of recordings without parameters but their results, which stand first. A call without a row of its own is told by its parameters.
    fn results(&self) -> Projection {
        let result = 1 << RESULT;
        let call = events::syscall::EVENT;
        match self {
            Shown::Every => Projection::every(result).with_event(call),
            Shown::Only(shown) => shown.iter().fold(Projection::none(), |wanted, event| {
                let columns = if *event == call { u64::MAX } else { result };
                wanted.with_params(*event, columns)
            }),
        }
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
    /// What the state needs of that.
    state: Projection,
    /// Which events change what the answers rest on.
    applied: Arc<Applied>,
}

impl Columns {
    /// What is shown, what fields need beside it, and what the facets that they read depend on in a dialect.
    fn new(shown: &Projection, needs: &Needs, dialect: Dialect) -> Columns {
        // Where nobody asks for state, no row of ours is one that it depends on.
        // Of an import the first rows may only tell what was there before: which they are, those tell that state depends on.
        let facets = match dialect {
            Dialect::Native => needs.facets,
            Dialect::Falco => needs.facets.and(Facets::ANCESTRY),
        };
        let state = if facets == Facets::NONE {
            Projection::none()
        } else {
            state_projection(dialect, facets)
        };
        let beneath = state.clone().union(&needs.beside);
        Columns {
            all: shown.clone().union(&beneath),
            beneath,
            state,
            applied: Arc::new(Applied::of(dialect, facets)),
        }
    }
}

/// Which events an observer is shown, and what is decoded for it.
#[derive(Clone, Debug)]
pub struct Demand {
    native: Columns,
    falco: Columns,
    /// Whether nobody asks for state.
    stateless: bool,
    /// By id, as far as there is one that is shown; none where every event is.
    shown: Option<Vec<bool>>,
    /// By id, those that are also shown before the state takes them; empty where none is.
    ahead: Vec<bool>,
}

impl Demand {
    /// What is needed to show these events and to answer these fields of them: all that anybody asks, of conditions, templates and columns.
    ///
    /// There is no other way to make a demand, so that nobody forgets what a field needs beside its own event.
    #[must_use]
    pub fn new<'f>(shown: Shown, fields: impl IntoIterator<Item = &'f BoundField>) -> Self {
        Self::with(shown, &Needs::of(fields))
    }

    /// The same for who does not ask whether the evidence of an event is complete: where no field reads any state, none is kept.
    #[must_use]
    pub fn without_doubts<'f>(
        shown: Shown,
        fields: impl IntoIterator<Item = &'f BoundField>,
    ) -> Self {
        Self::with(shown, &Needs::with(Facets::NONE, fields))
    }

    fn with(shown: Shown, needs: &Needs) -> Self {
        let wanted = shown.projection();
        Self {
            native: Columns::new(&wanted, needs, Dialect::Native),
            falco: Columns::new(&wanted, needs, Dialect::Falco),
            stateless: needs.facets == Facets::NONE,
            shown: match shown {
                Shown::Every => None,
                Shown::Only(events) => Some(by_id(&events)),
            },
            ahead: Vec::new(),
        }
    }

    /// The same, where of these events, which are those that are shown, nobody looks at a parameter but the result: no field does, nor whoever is shown them.
    #[must_use]
    pub fn of_results(mut self, shown: &Shown) -> Self {
        self.native.all = shown.results().union(&self.native.beneath);
        self
    }

    /// What is needed to show these events, to answer these fields of them, and to ask the state itself of some facets, also before it takes some of the events.
    pub(crate) fn of_facts<'f>(
        shown: Shown,
        fields: impl IntoIterator<Item = &'f BoundField>,
        facets: Facets,
        ahead: &BTreeSet<EventId>,
    ) -> Self {
        let mut needs = Needs::of(fields);
        needs.facets = needs.facets.and(facets).with_sources();
        Self {
            ahead: by_id(ahead),
            ..Self::with(shown, &needs)
        }
    }

    /// Every event with every parameter, whatever is asked of it: every row that a field could need is decoded.
    #[must_use]
    pub fn everything() -> Self {
        let needs = Needs {
            beside: Projection::rows(),
            facets: Facets::ALL,
        };
        Self::with(Shown::Every, &needs)
    }

    /// No event, and everything that the state knows.
    #[must_use]
    pub(crate) fn of_whole_state() -> Self {
        let needs = Needs {
            beside: Projection::none(),
            facets: Facets::ALL,
        };
        Self::with(Shown::Only(BTreeSet::new()), &needs)
    }

    /// The system calls that some rule can match, and what its fields need beside them. Rules of other sources ask nothing of captures.
    #[must_use]
    pub fn of_rules(rules: &RuleSet) -> Self {
        match rules.of_source(SCHEMA.source()) {
            Some(rules) => Self::new(Shown::of_types(rules.event_types()), rules.slots()),
            None => Self::new(Shown::Only(BTreeSet::new()), []),
        }
    }

    /// Whether no state is kept for it, of captures of our own.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        self.stateless
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

    /// What the state needs, whatever else is asked.
    #[must_use]
    pub fn of_state(&self, dialect: Dialect) -> &Projection {
        &self.columns(dialect).state
    }

    /// Which events change what the answers rest on.
    #[must_use]
    pub fn applied(&self, dialect: Dialect) -> Arc<Applied> {
        Arc::clone(&self.columns(dialect).applied)
    }

    /// Whether the observer is shown the event before the state takes it.
    #[must_use]
    #[inline]
    pub fn shows_ahead(&self, event: EventId) -> bool {
        !self.ahead.is_empty() && self.ahead.get(usize::from(event.0)) == Some(&true)
    }

    /// Whether the observer is shown the event. Nobody is shown the beginnings of calls that imported captures hold.
    #[must_use]
    #[inline]
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

/// What fields need beside the events that are shown.
struct Needs {
    /// Rows: the time since the event before needs that every event is there.
    beside: Projection,
    /// State.
    facets: Facets,
}

impl Needs {
    fn of<'f>(fields: impl IntoIterator<Item = &'f BoundField>) -> Needs {
        // Whether the evidence of an event is complete is asked of its thread, whatever else is.
        Needs::with(Facets::ANCESTRY, fields)
    }

    /// What fields need beside some facets.
    fn with<'f>(facets: Facets, fields: impl IntoIterator<Item = &'f BoundField>) -> Needs {
        let mut needs = Needs {
            beside: Projection::none(),
            facets,
        };
        for nature in fields.into_iter().map(|field| nature(field.field)) {
            if nature.is_since_event_before {
                needs.beside = Projection::rows();
            }
            needs.facets = needs.facets.and(nature.reads);
        }
        needs.facets = needs.facets.with_sources();
        needs
    }
}
