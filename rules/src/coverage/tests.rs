//! What a few events prove of a few rules, and that graphs are what the plain evaluator makes of conditions.

use super::{CoverKind, Covering, ItemKind, Observed, PartTally};
use crate::testing::{TestEvent, TestSchema};
use crate::{Loader, RuleMatching, RuleSet, Value};

fn load(rules: &str) -> RuleSet {
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load("rules.yaml", rules);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    loader.finish().expect("the file has no errors")
}

/// Observes events in portions of one, and returns what was seen of all.
fn observe(covering: &Covering<'_>, events: &[TestEvent]) -> Observed {
    let mut observed = Observed::default();
    for event in events {
        let (mut coverer, mut alerts) = (covering.coverer(), Vec::new());
        coverer.observe(event, &mut alerts);
        observed.add(&coverer.take());
    }
    observed
}

/// A rule with this condition, and what else a rule file has: each part as `line kind text` with how often it held, did
/// not, and was proven to and not to.
fn check(rules: &str, events: &[TestEvent], expected: &[&str]) {
    let rules = load(rules);
    let covering = Covering::new(
        rules.of_source("syscall").expect("given"),
        &TestSchema,
        RuleMatching::First,
    );
    let coverage = covering.coverage(&observe(&covering, events));
    let told = |(part, tally): (&super::CoverPart, &PartTally)| {
        let item = &covering.items()[part.item as usize];
        let item = match item.kind {
            ItemKind::Rule => "rule",
            ItemKind::Macro => "macro",
            ItemKind::List => "list",
        };
        let kind = match part.kind {
            CoverKind::Check => "check",
            CoverKind::Macro => "macro",
            CoverKind::Alternative => "alternative",
            CoverKind::Group => "group",
            CoverKind::Exception => "exception",
            CoverKind::Value => "value",
        };
        format!(
            "{item} {}: {kind} {}: {}/{} {}/{}",
            part.span.position().line,
            part.span.text(),
            tally.held,
            tally.failed,
            tally.proven_held,
            tally.proven_failed
        )
    };
    let found: Vec<_> = covering
        .parts()
        .iter()
        .zip(&coverage.parts)
        .map(told)
        .collect();
    assert_eq!(found, expected);
}

fn open(name: &'static str, program: &'static str) -> TestEvent {
    TestEvent::new("open")
        .text("fd.name", name)
        .text("proc.name", program)
}

#[test]
fn parts_are_proven_by_alerts_and_near_misses() {
    let rules = "
- list: shells
  items: [sh, bash]
- macro: in_etc
  condition: fd.name startswith /etc
- rule: a
  desc: d
  condition: >
    evt.type = open and in_etc
    and (proc.name in (shells, vi) or proc.pid = 1)
    and not fd.name in (/etc/motd, /etc/issue)
  output: o
  priority: INFO
";
    let events = [
        open("/etc/shadow", "sh"),
        open("/etc/motd", "vi"),
        open("/usr/lib", "bash"),
        open("/etc/shadow", "cat"),
        // No rule sees it.
        TestEvent::new("close").text("proc.name", "sh"),
    ];
    check(
        rules,
        &events,
        &[
            "rule 9: check evt.type = open: 4/0 1/0",
            "macro 5: check fd.name startswith /etc: 3/1 1/1",
            "rule 9: macro in_etc: 3/1 1/1",
            "rule 10: check proc.name in (shells, vi): 3/1 1/1",
            "list 3: value sh: 1/3 1/0",
            "list 3: value bash: 1/3 0/0",
            "rule 10: value vi: 1/3 0/0",
            "rule 10: check proc.pid = 1: 0/4 0/1",
            "rule 11: check fd.name in (/etc/motd, /etc/issue): 1/3 1/1",
            "rule 11: value /etc/motd: 1/3 1/0",
            "rule 11: value /etc/issue: 0/4 0/0",
        ],
    );
}

#[test]
fn exceptions_and_alternatives_are_parts() {
    let rules = "
- rule: a
  desc: d
  condition: (proc.name = x and fd.num > 2) or proc.pid = 1
  exceptions:
    - name: tuples
      fields: [user.name, fd.name]
      comps: [=, startswith]
      values:
        - [root, /a]
        - [web, /b]
    - name: names
      fields: proc.pname
      values: [cron, at]
  output: o
  priority: INFO
";
    let event = |user: &'static str, parent: &'static str| {
        open("/b/c", "x")
            .with("fd.num", Value::Int(3))
            .text("user.name", user)
            .text("proc.pname", parent)
    };
    let events = [
        event("root", "init"),
        event("web", "init"),
        event("web", "at"),
        event("root", "cron"),
    ];
    check(
        rules,
        &events,
        &[
            "rule 4: check proc.name = x: 4/0 1/0",
            "rule 4: check fd.num > 2: 4/0 1/0",
            "rule 4: alternative proc.name = x and fd.num > 2: 4/0 1/0",
            "rule 4: check proc.pid = 1: 0/4 0/0",
            "rule 7: check user.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [root: 2/2 0/0",
            "rule 7: check fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a: 0/4 0/1",
            "rule 7: alternative user.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a: 0/4 0/1",
            "rule 7: check user.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a]\n        - [web: 2/2 1/1",
            "rule 7: check fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a]\n        - [web, /b: 4/0 1/0",
            "rule 7: alternative user.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a]\n        - [web, /b: 2/2 1/1",
            "rule 7: exception user.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [root, /a]\n        - [web, /b: 2/2 1/1",
            "rule 13: exception proc.pname\n      values: [cron, at: 2/2 1/1",
            "rule 14: value cron: 1/3 1/0",
            "rule 14: value at: 1/3 0/0",
        ],
    );
}

/// One condition on every event, beside what the plain evaluator says of it.
fn check_matches(condition: &str) {
    let rules = load(&format!(
        "
- macro: shared
  condition: (proc.name = x or fd.name exists)
- rule: a
  desc: d
  condition: {condition}
  output: o
  priority: INFO
"
    ));
    let source = rules.of_source("syscall").expect("given");
    let covering = Covering::new(source, &TestSchema, RuleMatching::All);
    let events = [
        open("/etc/shadow", "x").texts("proc.args", &["-a", "-b"]),
        open("/etc", "y").texts("proc.aname", &["sh", "init"]),
        TestEvent::new("close")
            .text("proc.name", "x")
            .texts("proc.args", &["-a"]),
        TestEvent::new("execve").with("proc.pid", Value::Int(7)),
    ];
    for event in events {
        let plain = u64::from(!source.matches_plain(&event, RuleMatching::All).is_empty());
        let coverage = covering.coverage(&observe(&covering, &[event]));
        let rule = coverage.rules.first().map(|(_, tally)| *tally);
        let rule = rule.expect("one rule");
        assert_eq!((rule.matches, rule.alerts), (plain, plain), "{condition}");
    }
}

#[test]
fn graphs_are_what_the_plain_evaluator_says() {
    for condition in [
        "evt.type = open and shared and not shared",
        "evt.type = open and (shared or not proc.name = y)",
        "not evt.type = close and proc.name = x",
        "evt.type in (open, close) and proc.args in (-a, -b)",
        "proc.args intersects (-b) or proc.aname in (init)",
        "fd.name pmatch (/etc, /usr) and not fd.name = /etc",
        "fd.name startswith oneof (/etc, /etc/s)",
        "fd.name contains allof (/etc, shadow)",
        "not (proc.pid > 5 or shared)",
        "proc.pid >= 7 and not fd.name exists",
    ] {
        check_matches(condition);
    }
}

#[test]
fn what_finds_no_room_is_counted() {
    let rules = load(
        "
- rule: a
  desc: d
  condition: evt.type = open and proc.name = x
  output: o
  priority: INFO
",
    );
    let covering = Covering::new(
        rules.of_source("syscall").expect("given"),
        &TestSchema,
        RuleMatching::First,
    );
    let mut observed = Observed::of(covering.conditions.len());
    for words in 0..=super::MAX_PATTERNS as u64 {
        observed.conditions[0].take(&[0, words], false);
    }
    observed.conditions[0].take(&[0, 1], false);
    assert_eq!(observed.left_out(), 1);
    assert!(observed.is_full());
}
