//! What a source of events must say, so that its events meet rules and become alerts.
//!
//! A [`Source`] is what holds for all of its events: fields, event types, and the keys by which its alerts name their evidence.
//! [`Evidence`] is one event with the state around it, however the source reads it and whatever it keeps: the judge asks nothing else.
//! Nothing here knows of system calls; what is true of them alone stands with [`Seen`](crate::pipeline::Seen) and the fields.

use falco_format::UnixNanos;
use std::sync::Arc;

use falco_rules::{BoundField, Event, FieldId, Schema};
use serde_json::Value as Json;

use crate::alert::Origin;
use crate::fields::Nature;

/// A source of events.
pub trait Source: Schema {
    /// The keys of `output_fields` that name the evidence of its alerts; [`Evidence::evidence`] has their values.
    fn evidence_keys(&self) -> &'static [&'static str];

    /// What is true of a field beside its type.
    fn nature(&self, _field: FieldId) -> Nature {
        Nature::PLAIN
    }
}

/// A rule, as its alerts' evidence needs it.
pub struct JudgedRule {
    /// Its name.
    pub name: String,
    /// Those of its fields that its output prints or its condition compares and whose values are told from outside the event, by the names that the rule gives them, sorted.
    pub told: Vec<(String, BoundField)>,
}

/// One event with all that an alert of it says.
pub trait Evidence {
    /// The event, to be asked for fields.
    type Event: Event;

    /// The event.
    fn event(&self) -> &Self::Event;

    /// When it ended, in nanoseconds since the epoch.
    fn time(&self) -> UnixNanos;

    /// Where it comes from.
    fn origin(&self) -> &Arc<Origin>;

    /// The thread that did it, where the source has threads.
    fn thread(&self) -> Option<u32> {
        None
    }

    /// Whether nothing is known to be missing that it may rest on.
    fn is_complete(&self) -> bool;

    /// The value of one of its source's [keys](Source::evidence_keys); none where an alert of the rule has not that key.
    fn evidence(&self, key: &str, rule: &JudgedRule) -> Option<Json>;
}
