//! A schema of as many event types as Linux has system calls, and rules that tell each of them from all others.

use std::sync::LazyLock;

use super::kinds::{joined, rules};
use crate::counting::{LIVE, PEAK};
use crate::testing::TestSchema;
use crate::{
    BoundField, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Loader, RuleMatching,
    RuleSet, Schema, Value,
};

struct ManyTypes;

const COUNT: usize = 440;

static TYPES: LazyLock<Vec<EventTypeDef>> = LazyLock::new(|| {
    let def = |index| EventTypeDef {
        name: format!("t{index}").leak(),
        codes: 1,
        has_params: true,
    };
    (0..COUNT).map(def).collect()
});

impl Schema for ManyTypes {
    fn source(&self) -> &'static str {
        TestSchema.source()
    }

    fn fields(&self) -> &'static [FieldDef] {
        TestSchema.fields()
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &TYPES
    }

    fn parameter_type(&self, name: &str) -> Option<FieldType> {
        TestSchema.parameter_type(name)
    }

    fn service_port(&self, name: &str) -> Option<u16> {
        TestSchema.service_port(name)
    }
}

/// An event that has nothing but its type.
struct OfType(u16);

impl Event for OfType {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(self.0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        let is_type = ManyTypes.fields()[usize::from(field.field.0)].name == "evt.type";
        if is_type {
            Value::Str(TYPES[usize::from(self.0)].name.as_bytes())
        } else {
            Value::Absent
        }
    }
}

fn load(text: &str) -> RuleSet {
    let mut loader = Loader::new(&ManyTypes);
    let report = loader.load("file.yaml", text);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    loader.finish().expect("the file has no errors")
}

/// Rules that between them name every type in `names` ways each.
fn of_types(count: usize, names: usize) -> String {
    rules(count, |index| {
        let group = |group: usize| {
            let name = |name: usize| (index * 7 + group * 31 + name * 13) % COUNT;
            joined(names, " or ", |place| {
                format!("evt.type = t{} or proc.name = a{index}", name(place))
            })
        };
        format!("({}) and ({})", group(0), group(1))
    })
}

/// Most bytes of memory for each byte of the file: such rules take a third of it, and ten times as much where every type
/// has conditions of its own.
const MOST_BYTES_PER_BYTE: usize = 100;

/// Loads a file, counts the bytes that this takes, and judges events of some types.
fn check(what: &str, text: &str) {
    let before = LIVE.get();
    PEAK.set(before);
    let rules = load(text);
    let held = usize::try_from(LIVE.get() - before).unwrap_or(0);
    let peak = usize::try_from(PEAK.get() - before).unwrap_or(0);
    let (held, peak) = (held / text.len(), peak / text.len());
    assert!(
        peak < MOST_BYTES_PER_BYTE,
        "{what}: {held} bytes held and {peak} at the most for each of {}",
        text.len()
    );
    for event_type in (0..440).step_by(97) {
        let event = OfType(event_type);
        let mut found = Vec::new();
        rules.scanner(RuleMatching::All).scan(&event, &mut found);
        assert_eq!(
            found,
            rules.matches_plain(&event, RuleMatching::All),
            "{what}"
        );
    }
}

#[test]
fn rules_that_tell_every_type_apart_take_memory_for_themselves_alone() {
    let but_one = |index: usize| format!("evt.type != t{} and proc.name = a{index}", index % COUNT);
    check("all types but one", &rules(2_000, but_one));
    check("two groups of types", &of_types(1_000, 3));
    check("large groups of types", &of_types(10, 100));
}
