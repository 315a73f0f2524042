//! The event table is only ever extended.
//!
//! `tests/pinned/event_table.txt` holds every event that was ever written into a capture: id, name, and its parameters with their wire types, in order.
//! A row of today must begin with what is pinned.
//! After an extension, run the test with `FALCO_BLESS=1` to pin it.

use std::fmt::Write;
use std::fs;

use super::report;
use crate::programs::root;

/// Where the pinned table is.
const PINNED: &str = "tests/pinned/event_table.txt";

/// The table of today: one line per event, in order of ids.
fn table() -> Vec<String> {
    let mut events: Vec<_> = falco_abi::events::events().collect();
    events.sort_by_key(|event| event.id);
    let line = |event: &&falco_abi::EventDef| {
        let mut line = format!("{} {}", event.id.0, event.name);
        for param in event.params {
            write!(line, " {}:{:?}", param.name, param.wire).expect("a string takes all");
        }
        line
    };
    events.iter().map(line).collect()
}

/// Whether today's line keeps what the pinned one says.
fn keeps(pinned: &str, today: &str) -> bool {
    today == pinned || today.starts_with(&format!("{pinned} "))
}

#[test]
fn lines_are_compared_by_whole_words() {
    for (pinned, today, expected) in [
        ("1 open fd:I64", "1 open fd:I64", true),
        ("1 open fd:I64", "1 open fd:I64 name:Str", true),
        ("1 open fd:I64", "1 open fd:I32", false),
        ("1 open", "1 openat", false),
    ] {
        assert_eq!(keeps(pinned, today), expected, "{pinned} / {today}");
    }
}

#[test]
fn the_event_table_is_only_extended() {
    let today = table();
    let path = root().join(PINNED);
    if std::env::var_os("FALCO_BLESS").is_some() {
        fs::write(&path, today.join("\n") + "\n").expect("the pinned table can be written");
    }
    let pinned = fs::read_to_string(&path).expect("the pinned table");
    let pinned: Vec<&str> = pinned.lines().collect();
    let mut complaints = Vec::new();
    for line in &pinned {
        if !today.iter().any(|row| keeps(line, row)) {
            complaints.push(format!("changed or gone: {line}"));
        }
    }
    for row in &today {
        if !pinned.contains(&row.as_str()) {
            complaints.push(format!("not pinned yet: {row}"));
        }
    }
    report("the event table is only extended", &complaints);
}
