//! Rules of two sources in the same files: lists, macros and names are common, fields and events are each source's own.

use crate::testing::{TestEvent, TestSchema};
use crate::{
    ArgumentKind, BoundField, Code, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Loader,
    Multiplicity, RuleIndex, RuleMatching, Schema, Value,
};

/// A source with one field that the other has too, in another place and of another type.
struct DoorSchema;

const DOOR: FieldDef = FieldDef {
    name: "door.name",
    ty: FieldType::Charbuf,
    argument: ArgumentKind::None,
    multiplicity: Multiplicity::One,
    doc: "",
};

impl Schema for DoorSchema {
    fn source(&self) -> &'static str {
        "doors"
    }

    fn fields(&self) -> &'static [FieldDef] {
        const {
            &[
                DOOR,
                FieldDef {
                    name: "evt.type",
                    ..DOOR
                },
                FieldDef {
                    name: "user.name",
                    ty: FieldType::Uint64,
                    ..DOOR
                },
            ]
        }
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &[EventTypeDef {
            name: "opened",
            codes: 1,
            has_params: false,
        }]
    }

    fn parameter_type(&self, _: &str) -> Option<FieldType> {
        None
    }

    fn service_port(&self, _: &str) -> Option<u16> {
        None
    }
}

/// A door was opened by the user of that number.
struct Opened(&'static str, u64);

impl Event for Opened {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        match field.field.0 {
            0 => Value::Str(self.0.as_bytes()),
            1 => Value::Str(b"opened"),
            _ => Value::Uint(self.1),
        }
    }
}

fn rule(name: &str, source: &str, condition: &str, output: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  source: {source}\n  condition: {condition}\n  output: '{output}'\n  priority: INFO\n"
    )
}

const COMMON: &str =
    "- list: who\n  items: [7, 8]\n- macro: by_them\n  condition: user.name in (who)\n";

#[test]
fn each_source_judges_by_its_own_rules_and_knows_its_own_fields() {
    let text = COMMON.to_owned()
        + &rule("a", "syscall", "evt.type=open and by_them", "by %user.name")
        + &rule(
            "b",
            "doors",
            "evt.type=opened and by_them",
            "%door.name by %user.name",
        )
        + &rule("c", "doors", "evt.type=opened", "%door.name")
        + &rule("d", "syscall", "evt.type=open", "o")
        + &rule("e", "elsewhere", "nobody.knows = 1", "%nothing");
    let mut loader = Loader::with_sources(&[&TestSchema, &DoorSchema]);
    let report = loader.load("rules.yaml", &text);
    assert_eq!(report.errors, []);
    let warned: Vec<_> = report.warnings.iter().map(|found| found.code).collect();
    assert_eq!(warned, [Code::UnknownSource]);
    assert_eq!(loader.lint(&[Code::OlderCall]), []);
    let rules = loader.finish().expect("the file has no errors");
    let names: Vec<_> = rules.sources().map(|source| source.name()).collect();
    assert_eq!(names, ["syscall", "doors"]);
    assert!(rules.of_source("elsewhere").is_none());

    fn check<E: Event>(rules: &crate::RuleSet, source: &str, event: &E, expected: &[(u32, &str)]) {
        let source = rules.of_source(source).expect("the source is offered");
        let mut found = Vec::new();
        source.scanner(RuleMatching::All).scan(event, &mut found);
        let told: Vec<_> = found
            .iter()
            .map(|index| {
                let rule = rules.rule(*index).expect("a match names a rule");
                let mut line = String::new();
                rule.output.render(event, &mut line);
                (index.0, line)
            })
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(index, line)| (*index, line.as_str()))
            .collect();
        assert_eq!(told, expected);
        assert_eq!(found, source.matches_plain(event, RuleMatching::All));
        found.clear();
        source.scanner(RuleMatching::First).scan(event, &mut found);
        let first: Vec<_> = expected
            .iter()
            .take(1)
            .map(|(index, _)| RuleIndex(*index))
            .collect();
        assert_eq!(found, first);
    }
    let call = TestEvent::new("open").text("user.name", "7");
    check(&rules, "syscall", &call, &[(0, "by 7"), (3, "o")]);
    check(
        &rules,
        "doors",
        &Opened("north", 8),
        &[(1, "north by 8"), (2, "north")],
    );
    check(&rules, "doors", &Opened("south", 9), &[(2, "south")]);
}

#[test]
fn what_a_macro_means_is_asked_of_each_source() {
    let check = |text: &str, expected: &[(&str, Code)]| {
        let mut loader = Loader::with_sources(&[&TestSchema, &DoorSchema]);
        let report = loader.load("rules.yaml", text);
        let found: Vec<_> = report
            .errors
            .iter()
            .map(|error| {
                let span = error.span.as_ref().expect("an error has a place");
                (span.text(), error.code)
            })
            .collect();
        assert_eq!(found, expected);
    };
    let door = "- macro: north\n  condition: door.name = north\n";
    check(
        &(door.to_owned() + &rule("a", "doors", "evt.type=opened and north", "o")),
        &[],
    );
    check(
        &(door.to_owned()
            + &rule("a", "doors", "evt.type=opened and north", "o")
            + &rule("b", "syscall", "evt.type=open and north", "o")),
        &[("door.name", Code::UnknownField)],
    );
    let named = "- macro: root\n  condition: user.name = root\n";
    check(
        &(named.to_owned()
            + &rule("a", "syscall", "evt.type=open and root", "%door.name")
            + &rule("b", "doors", "evt.type=opened and root", "%door.name")),
        &[
            ("%door.name", Code::UnknownField),
            ("root", Code::InvalidValue),
        ],
    );
}
