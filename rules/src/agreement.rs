//! The optimised program and the plain evaluator must agree on every rule and every event.
//!
//! Rules and events are generated; conditions are written as text, so that the whole way is taken.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use crate::testing::{TestEvent, TestSchema};
use crate::{
    Event as _, Explanation, Filter, Loader, PartKind, Profiling, RuleIndex, RuleMatching, RuleSet,
    Value,
};

const STRINGS: &[&str] = &[
    "",
    "a",
    "ab",
    "abc",
    "/etc",
    "/etc/passwd",
    "B",
    "bash",
    "<NA>",
    "x*",
];

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(STRINGS)
}

fn quoted() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("'{text}'"))
}

fn text_check() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "proc.name",
        "fd.name",
        "proc.aname",
        "proc.aname[2]",
        "tolower(fd.name)",
        "basename(fd.name)",
        "concat(proc.name, fd.name)",
    ]);
    let operator = prop::sample::select(vec![
        "=",
        "!=",
        "contains ",
        "icontains ",
        "startswith ",
        "endswith ",
        "glob ",
        "iglob ",
    ]);
    let set = prop::sample::select(vec![
        "in",
        "intersects",
        "pmatch",
        "= oneof",
        "contains anyof",
        "!= allof",
    ]);
    let one = (field.clone(), operator, quoted())
        .prop_map(|(field, op, value)| format!("{field} {op}{value}"));
    let many = (field, set, prop::collection::vec(quoted(), 0..4))
        .prop_map(|(field, op, values)| format!("{field} {op} ({})", values.join(", ")));
    prop_oneof![3 => one, 2 => many]
}

fn check() -> impl Strategy<Value = String> {
    let number = (
        prop::sample::select(vec![
            "proc.pid",
            "fd.num",
            "user.uid",
            "len(fd.name)",
            "len(fd.types)",
        ]),
        prop::sample::select(vec!["=", "!=", "<", ">="]),
        0_u8..4,
    )
        .prop_map(|(field, op, value)| format!("{field} {op} {value}"));
    let address = (prop::sample::select(vec!["=", "!="]), 0_u8..3)
        .prop_map(|(op, last)| format!("fd.ip {op} 10.0.0.{last}"));
    let list = (
        prop::sample::select(vec!["in", "intersects"]),
        prop::collection::vec(quoted(), 0..3),
    )
        .prop_map(|(op, values)| format!("fd.types {op} ({})", values.join(",")));
    let fixed = prop::sample::select(vec![
        "fd.name exists",
        "proc.aname exists",
        "evt.is_open_write = true",
        "proc.name = val(proc.pname)",
        "proc.name startswith tolower(proc.pname)",
        "fd.net = 10.0.0.0/8",
        "fd.net != 10.0.0.0/31",
        "evt.buffer contains b",
        "proc.name regex '(a|b).*'",
    ])
    .prop_map(str::to_owned);
    let types = (
        prop::sample::select(vec!["=", "!="]),
        prop::sample::select(vec!["open", "execve", "close"]),
    )
        .prop_map(|(op, name)| format!("evt.type {op} {name}"));
    prop_oneof![4 => text_check(), 2 => number, 1 => address, 1 => list, 2 => fixed, 2 => types]
}

pub(crate) fn condition() -> impl Strategy<Value = String> {
    check().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..5)
                .prop_map(|any| format!("({})", any.join(" or "))),
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            inner.prop_map(|inner| format!("(shared and {inner})")),
        ]
    })
}

/// What the index of a block is made of: many rules that ask the same fields for different texts.
fn narrow() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec!["proc.name", "fd.name", "proc.aname"]);
    let equal = (field.clone(), prop::collection::vec(quoted(), 1..4))
        .prop_map(|(field, values)| format!("{field} in ({})", values.join(",")));
    let prefix = (field, quoted()).prop_map(|(field, text)| format!("{field} startswith {text}"));
    let test = prop_oneof![3 => equal, 2 => prefix, 1 => check()];
    let group = (prop::bool::ANY, prop::collection::vec(test, 1..4));
    let groups = prop::collection::vec(group, 1..3);
    groups.prop_map(|groups| {
        let group = |(is_and, tests): (bool, Vec<String>)| {
            let operator = if is_and { " and " } else { " or " };
            format!("({})", tests.join(operator))
        };
        let groups: Vec<_> = groups.into_iter().map(group).collect();
        groups.join(" and ")
    })
}

pub(crate) fn event() -> impl Strategy<Value = TestEvent> {
    let maybe = || prop::option::of(text());
    let numbers = (prop::option::of(0_i64..4), prop::option::of(0_u64..4));
    let lists = (
        prop::option::of(prop::collection::vec(text(), 0..3)),
        prop::option::of(prop::collection::vec(text(), 0..3)),
    );
    let ends = prop::option::of(prop::collection::vec(0_u8..4, 1..3));
    let kind = prop::sample::select(vec!["open", "execve", "close", "asyncevent"]);
    (
        kind,
        (maybe(), maybe(), maybe(), maybe()),
        numbers,
        lists,
        ends,
        any::<bool>(),
    )
        .prop_map(
            |(kind, (name, parent, fd, ancestor), (pid, uid), (ancestors, types), ends, write)| {
                let mut event = TestEvent::new(kind).with("evt.is_open_write", Value::Bool(write));
                let texts = [
                    ("proc.name", name),
                    ("proc.pname", parent),
                    ("fd.name", fd),
                    ("proc.aname[2]", ancestor),
                ];
                for (key, value) in texts {
                    if let Some(value) = value {
                        event = event.text(key, value);
                    }
                }
                for (key, value) in [("proc.aname", ancestors), ("fd.types", types)] {
                    if let Some(values) = value {
                        event = event.texts(key, &values);
                    }
                }
                if let Some(pid) = pid {
                    event = event
                        .with("proc.pid", Value::Int(pid))
                        .with("fd.num", Value::Int(-pid));
                }
                if let Some(uid) = uid {
                    event = event
                        .with("user.uid", Value::Uint(uid))
                        .with("evt.buffer", Value::Bytes(b"abc"));
                }
                if let Some(ends) = ends {
                    let ends: Vec<_> = ends
                        .iter()
                        .map(|last| Value::Ip(IpAddr::V4(Ipv4Addr::new(10, 0, 0, *last))))
                        .collect();
                    let ends: &'static [Value<'static>] = ends.leak();
                    event = event
                        .with("fd.ip", Value::List(ends))
                        .with("fd.net", Value::List(ends));
                }
                event
            },
        )
}

/// The value of a part where some leaves are known, and others otherwise or not at all.
fn value_of(
    explained: &Explanation,
    at: usize,
    leaf: &dyn Fn(usize) -> Option<bool>,
) -> Option<bool> {
    let part = &explained.parts[at];
    if part.is_leaf(at) {
        return leaf(at);
    }
    let members: Vec<_> = explained
        .members(at)
        .map(|member| value_of(explained, member, leaf))
        .collect();
    match part.kind {
        PartKind::Not => members[0].map(|value| !value),
        PartKind::Macro(_) => members[0],
        PartKind::And if members.contains(&Some(false)) => Some(false),
        PartKind::Or if members.contains(&Some(true)) => Some(true),
        _ if members.contains(&None) => None,
        _ => Some(part.kind == PartKind::And),
    }
}

/// What an explanation says of an event must be so.
fn check_explanation(rules: &RuleSet, index: RuleIndex, event: &TestEvent, holds: bool) {
    let explained = rules.explain(index, event).expect("the rule is there");
    assert_eq!(explained.holds, holds);
    let parts = &explained.parts;
    let of_parts = |at: usize| Some(parts[at].holds);
    assert_eq!(value_of(&explained, 0, &of_parts), Some(holds));
    // Whatever the others are, those that decided make it what it is, and none of them is there for nothing.
    let deciding: Vec<_> = explained.deciding().collect();
    let of_deciding = |at: usize| parts[at].decides.then_some(parts[at].holds);
    assert_eq!(value_of(&explained, 0, &of_deciding), Some(holds));
    for left_out in &deciding {
        let others = |at: usize| of_deciding(at).filter(|_| at != *left_out);
        assert_eq!(value_of(&explained, 0, &others), None);
    }
    // Were what is lacking otherwise, it would hold, and with less it would not.
    let lacking: Vec<_> = explained.lacking().collect();
    assert_eq!(lacking.is_empty(), holds);
    let flipped = |at: usize| Some(parts[at].holds != parts[at].is_lacking);
    assert_eq!(value_of(&explained, 0, &flipped), Some(true));
    for left_out in &lacking {
        let others = |at: usize| flipped(at).map(|value| value != (at == *left_out));
        assert_eq!(value_of(&explained, 0, &others), Some(false));
    }
    let mut gauge = rules.gauge(index).expect("the rule is there");
    let count = u32::try_from(lacking.len()).expect("there are few");
    for most in 0..=count + 1 {
        let measured = gauge.measure(event, most);
        assert_eq!(measured, (most >= count).then_some(count));
    }
    let measured = gauge.lacking(event);
    let text = |number: &u32| gauge.lack(*number).map(|lack| lack.text.clone());
    let measured: Vec<_> = measured.iter().filter_map(text).collect();
    let mut of_lacking: Vec<_> = lacking.iter().map(|at| parts[*at].text.clone()).collect();
    // A macro that stands in several places is one to the gauge.
    of_lacking.retain(|text| !measured.contains(text));
    assert_eq!(of_lacking, Vec::<String>::new());
    for at in [0].iter().chain(&deciding) {
        let text = explained.text(*at).expect("it is not long");
        let pasted = Filter::compile(&TestSchema, &text);
        let pasted = pasted.unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(pasted.matches(event), parts[*at].holds, "{text}");
    }
}

/// A file with a rule for each condition, and the macro that they use.
pub(crate) fn rule_file<'c>(shared: &str, conditions: impl Iterator<Item = &'c String>) -> String {
    let mut file = format!("- macro: shared\n  condition: \"{shared}\"\n");
    for (index, condition) in conditions.enumerate() {
        file += &format!(
            "- rule: r{index}\n  desc: d\n  condition: \"{condition}\"\n  output: o\n  priority: INFO\n"
        );
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn program_and_plain_evaluator_agree(
        conditions in prop::collection::vec(condition(), 1..8),
        narrow in prop::collection::vec(narrow(), 0..24),
        shared in check(),
        events in prop::collection::vec(event(), 1..12),
        most_class_parts in prop::option::of(0_usize..200),
    ) {
        let file = rule_file(&shared, conditions.iter().chain(&narrow));
        let mut loader = Loader::new(&TestSchema);
        let report = loader.load("rules.yaml", &file);
        prop_assert!(report.errors.is_empty(), "{}", crate::render(&report.errors, false));
        let rules = loader.finish().expect("the file has no errors");
        let rules = match most_class_parts {
            Some(most) => rules.with_class_parts(&TestSchema, most),
            None => rules,
        };
        for matching in [RuleMatching::First, RuleMatching::All] {
            let mut scanner = rules.scanner(matching);
            let source = rules.of_source("syscall").expect("its schema was given");
            let profiling = Profiling::new(source, &TestSchema, matching);
            let mut profiler = profiling.profiler();
            for event in &events {
                let mut matches = Vec::new();
                scanner.scan(event, &mut matches);
                prop_assert_eq!(&matches, &rules.matches_plain(event, matching), "{:?}\n{}", event, file);
                let mut profiled = Vec::new();
                profiler.scan(event, &mut profiled);
                prop_assert_eq!(&matches, &profiled);
                if matching == RuleMatching::All {
                    for (index, rule) in (0..).map(RuleIndex).zip(rules.rules()) {
                        let is_asked = rule.event_types.contains(event.event_type());
                        if is_asked && index.0 < 8 {
                            check_explanation(&rules, index, event, matches.contains(&index));
                        }
                    }
                }
            }
        }
    }
}
