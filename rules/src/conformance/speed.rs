//! How long the stock rules take to load and to judge an event, extraction apart.
//!
//! Prints figures; run it in release mode with `--ignored --nocapture`.
//! `SPEED_EVENT` names the one type of event to judge, for counting instructions.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::open_reference;
use super::stock::FILES;
use crate::{
    BoundField, Event, EventTypeId, Loader, Multiplicity, RuleMatching, RuleSet, Schema, Value,
    field_key,
};

/// An event whose values stand ready by slot.
struct Prepared {
    event_type: EventTypeId,
    values: Vec<Value<'static>>,
}

impl Event for Prepared {
    fn event_type(&self) -> EventTypeId {
        self.event_type
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        self.values
            .get(field.slot as usize)
            .copied()
            .unwrap_or(Value::Absent)
    }
}

/// A plausible event: a service reads a file below `/usr`.
fn prepare(schema: &dyn Schema, rules: &RuleSet, event_type: &str, path: &'static str) -> Prepared {
    let position = schema
        .event_types()
        .iter()
        .position(|def| def.name == event_type);
    let event_type = EventTypeId(u16::try_from(position.expect("the type exists")).unwrap_or(0));
    let ancestors: &[Value<'_>] = &[Value::Str(b"systemd"), Value::Str(b"init")];
    let values = rules.slots().iter().map(|slot| {
        let def = &schema.fields()[usize::from(slot.field.0)];
        match field_key(def, &slot.argument).as_str() {
            "fd.name" | "evt.arg.path" | "fs.path.name" => Value::Str(path.as_bytes()),
            "fd.directory" => Value::Str(b"/usr/lib"),
            "fd.typechar" => Value::Str(b"f"),
            "fd.num" => Value::Int(7),
            "evt.is_open_read" => Value::Bool(true),
            "evt.is_open_write" => Value::Bool(false),
            "container.id" => Value::Str(b"host"),
            "container.image.repository" => Value::Str(b""),
            "proc.name" | "proc.pname" => Value::Str(b"nginx"),
            "proc.cmdline" => Value::Str(b"nginx -g daemon off;"),
            "proc.exepath" => Value::Str(b"/usr/sbin/nginx"),
            "user.name" => Value::Str(b"root"),
            "evt.type" => Value::Str(b"openat"),
            _ if def.multiplicity == Multiplicity::Any
                && slot.argument == crate::FieldArgument::None =>
            {
                Value::List(ancestors)
            }
            _ => Value::Absent,
        }
    });
    Prepared {
        event_type,
        values: values.collect(),
    }
}

fn per_event(rounds: u32, mut judge: impl FnMut()) -> Duration {
    judge();
    let start = Instant::now();
    for _ in 0..rounds {
        judge();
    }
    start.elapsed() / rounds
}

#[test]
#[ignore = "a measurement, for release mode"]
fn stock_rules_load_and_judge_fast() {
    let Some(reference) = open_reference("stock_rules_load_and_judge_fast") else {
        return;
    };
    let texts = FILES.map(|name| (name, reference.read(name)));
    let load = || {
        let mut loader = Loader::new(&reference);
        for (name, text) in &texts {
            assert!(loader.load(name, text).errors.is_empty());
        }
        loader.finish().expect("no file has errors")
    };
    println!("load: {:?}", per_event(10, || drop(black_box(load()))));
    let rules = load();
    for (event_type, path) in [
        ("openat", "/usr/lib/libssl.so.3"),
        ("openat", "/etc/ssl/openssl.cnf"),
        ("execve", "/usr/sbin/nginx"),
        ("connect", "10.0.0.1:1->10.0.0.2:443"),
        ("close", "/usr/lib/libssl.so.3"),
        ("read", "/usr/lib/libssl.so.3"),
    ] {
        if std::env::var("SPEED_EVENT").is_ok_and(|wanted| wanted != event_type) {
            continue;
        }
        let event = prepare(&reference, &rules, event_type, path);
        let mut scanner = rules.scanner(RuleMatching::First);
        let mut matches = Vec::new();
        let fast = per_event(200_000, || {
            matches.clear();
            scanner.scan(black_box(&event), &mut matches);
        });
        let plain = per_event(2_000, || {
            drop(black_box(rules.matches_plain(&event, RuleMatching::First)))
        });
        let candidates = rules.rules_for(event.event_type()).count();
        println!(
            "{event_type} {path}: {fast:?}, plain {plain:?}, {candidates} candidates, {} matches",
            matches.len()
        );
    }
}
