//! Counts of a few rules on a few events.

use crate::testing::{TestEvent, TestSchema};
use crate::{Loader, Profile, ProfileCounts, Profiling, RuleMatching, Value};

const RULES: &str = "
- macro: in_etc
  condition: fd.name startswith /etc
- rule: a
  desc: d
  condition: evt.type = open and in_etc and proc.name = x
  output: o
  priority: INFO
- rule: b
  desc: d
  condition: evt.type in (open, close) and (proc.name = y or in_etc and proc.pid > 5)
  output: o
  priority: INFO
";

fn events() -> [TestEvent; 4] {
    [
        TestEvent::new("open")
            .text("fd.name", "/etc/passwd")
            .text("proc.name", "x")
            .with("proc.pid", Value::Int(9)),
        TestEvent::new("open")
            .text("fd.name", "/usr/lib")
            .text("proc.name", "x"),
        TestEvent::new("close").text("proc.name", "y"),
        TestEvent::new("execve").text("proc.name", "x"),
    ]
}

/// The profile of some events, each counted by itself.
fn profile(matching: RuleMatching) -> Profile {
    let mut loader = Loader::new(&TestSchema);
    assert!(loader.load("rules.yaml", RULES).errors.is_empty());
    let rules = loader.finish().expect("the file has no errors");
    let syscalls = rules.of_source("syscall").expect("its schema was given");
    let profiling = Profiling::new(syscalls, &TestSchema, matching);
    let mut counts = ProfileCounts::default();
    for event in events() {
        let (mut profiler, mut matches) = (profiling.profiler(), Vec::new());
        profiler.scan(&event, &mut matches);
        assert_eq!(matches, rules.matches_plain(&event, matching));
        counts.add(&profiler.take());
    }
    profiling.profile(&counts)
}

#[test]
fn rules_macros_and_tests_are_counted() {
    let profile = profile(RuleMatching::All);
    assert_eq!(profile.events, 4);
    let rules = profile.rules.iter();
    let mut rules: Vec<_> = rules
        .map(|it| (it.rule.0, it.events, it.evaluations, it.matches))
        .collect();
    rules.sort_unstable();
    assert_eq!(rules, [(0, 2, 2, 1), (1, 3, 3, 2)]);
    let macros = profile.macros.iter();
    let macros: Vec<_> = macros
        .map(|it| (it.name.as_str(), it.evaluations, it.matches))
        .collect();
    assert_eq!(macros, [("in_etc", 3, 1)]);
    let mut parts: Vec<_> = profile.parts.iter().collect();
    parts.sort_by(|left, right| left.text.cmp(&right.text));
    let told = |part: &&crate::PartProfile| {
        let rules: Vec<_> = part.rules.iter().map(|rule| rule.0).collect();
        format!(
            "{} {rules:?} {} {} {}",
            part.text, part.asked, part.made, part.held
        )
    };
    let parts: Vec<_> = parts.iter().map(told).collect();
    assert_eq!(
        parts,
        [
            "fd.name startswith /etc [0, 1] 3 2 2",
            "proc.name = x [0] 2 2 2",
            "proc.name = y [1] 3 3 1",
            "proc.pid > 5 [1] 2 2 1",
        ]
    );
}

#[test]
fn what_does_not_follow_a_match_is_not_evaluated() {
    let profile = profile(RuleMatching::First);
    let second = profile.rules.iter().find(|it| it.rule.0 == 1);
    assert_eq!(second.map(|it| (it.events, it.evaluations)), Some((3, 2)));
}
