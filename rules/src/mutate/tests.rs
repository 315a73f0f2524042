//! Mutants of a few rules: each is what loading the changed file gives, on every event.

use super::{Differences, Mutating};
use crate::coverage::Observed;
use crate::testing::{TestEvent, TestSchema};
use crate::{Loader, RuleIndex, RuleMatching, RuleSet, Value};

const RULES: &str = "
- list: shells
  items: [sh, bash]

- list: quoted
  items:
    - 'a b'
    - c

- macro: in_etc
  condition: (fd.name startswith /etc/ssh or fd.name endswith .conf)

- macro: opened
  condition: (evt.type in (open, openat) and evt.rawarg.res >= 0)

- rule: shell
  desc: d
  condition: >
    opened
    and in_etc
    and proc.name in (shells, zsh)
    and not user.name = root
    and not (proc.pname in (quoted) or proc.aname in (shells))
  output: o
  priority: INFO

- rule: numbers
  desc: d
  condition: evt.type = close and (proc.pid < 5 or proc.pid > 10) and proc.args in (-a, -b)
  exceptions:
    - name: who
      fields: user.name
      values: [root, web]
    - name: both
      fields: [proc.name, fd.name]
      comps: [=, contains]
      values:
        - [sh, shadow]
        - [bash, group]
  output: o
  priority: INFO

- rule: rest
  desc: d
  condition: proc.cmdline contains allof (abc, def) or fd.name pmatch (/usr, /var)
  output: o
  priority: INFO
";

fn load(rules: &str) -> Option<RuleSet> {
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load("rules.yaml", rules);
    assert!(report.errors.is_empty(), "{rules}\n{:?}", report.errors);
    loader.finish().ok()
}

fn events() -> Vec<TestEvent> {
    let mut events = Vec::new();
    for (number, event_type) in ["open", "openat", "close", "execve"]
        .into_iter()
        .enumerate()
    {
        for name in [
            "/etc/ssh/key",
            "/etc/a.conf",
            "/etc/group",
            "/usr/shadow",
            "/var/x",
        ] {
            for program in ["sh", "bash", "zsh", "vi"] {
                for user in ["root", "web", "nobody"] {
                    let pid = [5, 3, 12, 10][(name.len() + user.len() + number) % 4];
                    let result = i64::try_from(program.len()).unwrap_or(0) - 3;
                    events.push(
                        TestEvent::new(event_type)
                            .text("fd.name", name)
                            .text("proc.name", program)
                            .text("user.name", user)
                            .text("proc.pname", if pid == 3 { "a b" } else { "init" })
                            .text("proc.cmdline", if pid == 5 { "abcdef" } else { "abc" })
                            .texts(
                                "proc.aname",
                                if pid == 10 {
                                    &["sh", "init"]
                                } else {
                                    &["init"]
                                },
                            )
                            .texts("proc.args", if pid == 12 { &["-a", "-b"] } else { &["-a"] })
                            .with("proc.pid", Value::Int(pid))
                            .with("evt.rawarg.res", Value::Int(result)),
                    );
                }
            }
        }
    }
    events
}

/// The file with a change in it.
fn changed(mutant: &super::Mutant) -> Option<String> {
    let edit = mutant.edit();
    if !edit.is_of_file {
        return None;
    }
    let mut lines: Vec<String> = RULES.lines().map(str::to_owned).collect();
    let first = edit.line as usize - 1;
    let range = first..first + edit.before.len();
    assert_eq!(lines[range.clone()], edit.before, "{edit:?}");
    lines.splice(range, edit.after);
    Some(lines.join("\n"))
}

/// What a mutant makes of an event, from the rules that match it and where the mutant differs.
fn mutated(
    mutating: &Mutating<'_>,
    (observed, differences): (&Observed, &Differences),
    mutant: usize,
    event: &TestEvent,
    rules: &RuleSet,
) -> Vec<RuleIndex> {
    let mut matches = rules.matches_plain(event, RuleMatching::All);
    let mut differing = Vec::new();
    let mut coverer = mutating.covering().coverer();
    coverer.differing(event, (observed, differences), &mut differing);
    for at in differing {
        if !differences.differs(mutant, at) {
            continue;
        }
        match matches.iter().position(|rule| *rule == at.rule) {
            Some(place) => drop(matches.remove(place)),
            None => matches.push(at.rule),
        }
    }
    matches.sort_unstable();
    matches
}

#[test]
fn mutants_are_what_loading_the_changed_file_gives() {
    let rules = load(RULES).expect("it has no errors");
    let source = rules.of_source("syscall").expect("given");
    let mut mutating = Mutating::new(source, &TestSchema, RuleMatching::All);
    mutating.settle();
    let (events, mut observed) = (events(), Observed::default());
    for event in &events {
        let mut coverer = mutating.covering().coverer();
        coverer.observe(event, &mut Vec::new());
        observed.add(&coverer.take());
    }
    let differences = mutating.differences(&observed);
    let mut different = 0;
    for (number, mutant) in mutating.mutants().iter().enumerate() {
        let Some(text) = changed(mutant) else {
            continue;
        };
        let reloaded = load(&text).expect("it has no errors");
        let mut differs = false;
        for event in &events {
            let expected = reloaded.matches_plain(event, RuleMatching::All);
            let found = mutated(&mutating, (&observed, &differences), number, event, &rules);
            assert_eq!(found, expected, "{mutant:?}\n{text}\n{event:?}");
            differs |= expected != rules.matches_plain(event, RuleMatching::All);
        }
        assert_eq!(differences.is_different(number), differs);
        different += usize::from(differs);
    }
    assert!(
        mutating.mutants().len() > 60,
        "{}",
        mutating.mutants().len()
    );
    assert!(different > 45, "{different}");
}

#[test]
fn a_change_is_told_by_its_lines() {
    let rules = load(RULES).expect("it has no errors");
    let source = rules.of_source("syscall").expect("given");
    let mutating = Mutating::new(source, &TestSchema, RuleMatching::First);
    let told: Vec<String> = mutating
        .mutants()
        .iter()
        .map(|mutant| {
            let edit = mutant.edit();
            format!(
                "{:?} {}: -{} +{}",
                mutant.kind,
                edit.line,
                edit.before.join("|").trim(),
                edit.after.join("|").trim()
            )
        })
        .collect();
    for expected in [
        "ValueDropped 3: -items: [sh, bash] +items: [bash]",
        "ValueDropped 3: -items: [sh, bash] +items: [sh]",
        "Dropped 20: -and in_etc +",
        "Negated 22: -and not user.name = root +and user.name = root",
        "Negated 20: -and in_etc +and not in_etc",
        "Dropped 32: -not user.name in (root, web) +",
        "Dropped 35: -(proc.name = sh and fd.name contains shadow) +",
        "Widened 35: -fd.name contains group +fd.name contains gr",
    ] {
        assert!(
            told.iter().any(|told| told == expected),
            "{expected}: {told:#?}"
        );
    }
    let widened = "Widened 11: -condition: (fd.name startswith /etc/ssh or fd.name endswith .conf) \
                   +condition: (fd.name startswith /etc/ or fd.name endswith .conf)";
    assert!(told.iter().any(|told| told == widened), "{told:#?}");
}
