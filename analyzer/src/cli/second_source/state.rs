//! Who is inside, and an opening with that around it.

use falco_format::UnixNanos;
use std::collections::BTreeSet;
use std::sync::Arc;

use falco_analyze::alert::Origin;
use falco_analyze::source::{Evidence, JudgedRule};
use falco_analyze::sources::EventState;
use falco_rules::{BoundField, Event, EventTypeId, Value};
use serde_json::Value as Json;

use super::reader::Opening;

/// Who is inside.
#[derive(Clone, Debug, Default)]
pub(super) struct House {
    inside: BTreeSet<String>,
    /// Whether a line could not be read: who is inside is not sure from then on.
    is_damaged: bool,
    origin: Arc<Origin>,
}

impl EventState<Opening> for House {
    type Seen<'s> = Opened<'s>;

    fn apply(&mut self, opening: &Opening) {
        if opening.is_in {
            self.inside.insert(opening.by.clone());
        } else {
            self.inside.remove(&opening.by);
        }
    }

    fn damaged(&mut self) {
        self.is_damaged = true;
    }

    fn seen<'s>(&'s self, opening: &'s Opening) -> Opened<'s> {
        Opened(opening, self)
    }
}

/// An opening of a door of a house.
pub(super) struct Opened<'a>(&'a Opening, &'a House);

impl Event for Opened<'_> {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        match field.field.0 {
            0 => Value::Str(b"opened"),
            1 => Value::Str(self.0.door.as_bytes()),
            2 => Value::Str(self.0.by.as_bytes()),
            _ => Value::Uint(self.1.inside.len() as u64),
        }
    }
}

impl Evidence for Opened<'_> {
    type Event = Self;

    fn event(&self) -> &Self {
        self
    }

    fn time(&self) -> UnixNanos {
        UnixNanos(self.0.time_ns)
    }

    fn origin(&self) -> &Arc<Origin> {
        &self.1.origin
    }

    fn is_complete(&self) -> bool {
        !self.1.is_damaged
    }

    fn evidence(&self, key: &str, _: &JudgedRule) -> Option<Json> {
        (key == "evidence.line").then(|| Json::from(self.0.line))
    }
}
