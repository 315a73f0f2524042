//! Hostile rule files load, or are refused with a message. That it takes no more than it should is tested in `hostile`.

use crate::testing::{TestEvent, TestSchema};
use crate::{Code, FileReport, Filter, Loader, RuleMatching};

fn rule(name: &str, condition: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
    )
}

/// Loads a file; its errors must be exactly of the given codes.
fn check(file: &str, expected: &[Code]) -> FileReport {
    let report = Loader::new(&TestSchema).load("hostile.yaml", file);
    let found: Vec<_> = report.errors.iter().map(|error| error.code).collect();
    assert_eq!(found, expected);
    report
}

#[test]
fn a_thousand_parentheses_load_and_more_are_refused() {
    let nested = |count: usize| format!("{}proc.name = a{}", "(".repeat(count), ")".repeat(count));
    check(&rule("r", &nested(1_000)), &[]);
    check(&rule("r", &nested(100_000)), &[Code::ConditionSyntax]);
}

#[test]
fn alternating_nesting_is_judged_down_to_the_bottom() {
    let nested = (0..990).fold("proc.name = a".to_owned(), |inner, level| {
        let word = if level % 2 == 0 { "and" } else { "or" };
        format!("proc.pid != {level} {word} ({inner})")
    });
    let filter = Filter::compile(&TestSchema, &nested).expect("the condition compiles");
    assert!(!filter.matches(&TestEvent::new("open").text("proc.name", "a")));
    check(&rule("r", &nested), &[]);
}

#[test]
fn macros_that_double_stay_small() {
    let mut file = "- macro: m0\n  condition: proc.name = a\n".to_owned();
    for level in 1..300 {
        let below = level - 1;
        file += &format!(
            "- macro: m{level}\n  condition: (m{below} or fd.name = x{level}) and (m{below} or fd.num = {level})\n"
        );
    }
    let file = file + &rule("r", "m299");
    check(&file, &[]);
    let mut loader = Loader::new(&TestSchema);
    loader.load("hostile.yaml", &file);
    assert!(loader.lint(&[]).is_empty());
    let rules = loader.finish().expect("the file has no errors");
    let event = TestEvent::new("open").text("proc.name", "a");
    let explained = rules.explain(crate::RuleIndex(0), &event);
    let explained = explained.expect("the rule was loaded");
    assert!(explained.holds);
    assert!(explained.parts.len() < 200_000);
    assert_eq!(explained.text(0), None, "it would have no end");
    // How far events are is measured all the same, each macro once.
    let mut gauge = rules.gauge(crate::RuleIndex(0)).expect("it was loaded");
    assert_eq!(gauge.measure(&event, 8), Some(0));
    assert_eq!(gauge.measure(&TestEvent::new("open"), 8), Some(2));
}

#[test]
fn a_chain_of_macros_too_deep_to_evaluate_is_refused() {
    let mut file = "- macro: m0\n  condition: proc.name = a\n".to_owned();
    for level in 1..3_000 {
        file += &format!("- macro: m{level}\n  condition: not m{}\n", level - 1);
    }
    let report = Loader::new(&TestSchema).load("hostile.yaml", &(file + &rule("r", "m2999")));
    assert!(
        report
            .errors
            .iter()
            .all(|error| error.code == Code::ConditionTooLarge)
    );
    assert!(!report.errors.is_empty());
}

#[test]
fn a_chain_of_macros_as_deep_as_allowed_loads() {
    let mut file = "- macro: m0\n  condition: proc.name = a\n".to_owned();
    for level in 1..990 {
        file += &format!("- macro: m{level}\n  condition: m{}\n", level - 1);
    }
    check(&(file + &rule("r", "m989")), &[]);
}

#[test]
fn circles_are_refused() {
    let file =
        "- macro: a\n  condition: b\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n";
    check(&(file.to_owned() + &rule("r", "a")), &[Code::MacroLoop]);
    let lists = "- list: a\n  items: [b]\n- list: b\n  items: [a]\n- list: a\n  items: [b]\n";
    check(&(lists.to_owned() + &rule("r", "proc.name in (a)")), &[]);
}

#[test]
fn a_megabyte_of_list_in_many_rules_loads() {
    let items: Vec<_> = (0..100_000)
        .map(|index| format!("item{index:05}"))
        .collect();
    let mut file = format!("- list: big\n  items: [{}]\n", items.join(", "));
    for index in 0..5 {
        file += &rule(
            &format!("r{index}"),
            &format!("fd.num = {index} and proc.name in (big)"),
        );
    }
    check(&file, &[]);
}

#[test]
fn ten_thousand_rules_load_and_judge() {
    let file: String = (0..10_000)
        .map(|index| {
            rule(
                &format!("r{index}"),
                &format!("evt.type = open and proc.name = p{index}"),
            )
        })
        .collect();
    let mut loader = Loader::new(&TestSchema);
    assert!(loader.load("many.yaml", &file).errors.is_empty());
    let rules = loader.finish().expect("the file has no errors");
    let mut matches = Vec::new();
    let event = TestEvent::new("open").text("proc.name", "p9999");
    rules.scanner(RuleMatching::All).scan(&event, &mut matches);
    assert_eq!(matches, [crate::RuleIndex(9_999)]);
}

#[test]
fn catastrophic_patterns_cost_no_time() {
    let text: &'static str = "a".repeat(4_096).leak();
    let event = TestEvent::new("open").text("proc.name", text);
    for condition in [
        "proc.name regex '(a*)*b'".to_owned(),
        "proc.name regex '(a|a)*b'".to_owned(),
        "proc.name regex '.*a.{900}b'".to_owned(),
        format!("proc.name glob '{}b'", "a*".repeat(100)),
    ] {
        if let Ok(filter) = Filter::compile(&TestSchema, &condition) {
            assert!(!filter.matches(&event), "{condition}");
        }
    }
    let huge = "proc.name regex '((a{1000}){1000}){1000}'";
    let errors = Filter::compile(&TestSchema, huge).expect_err("the pattern is too large");
    assert_eq!(errors[0].code, Code::InvalidRegex);
}

#[test]
fn what_is_no_rule_file_is_one_clear_error() {
    for (file, expected) in [
        ("", &[][..]),
        ("just text", &[Code::InvalidStructure]),
        ("a: b", &[Code::InvalidStructure]),
        ("- [1, 2]", &[Code::InvalidStructure]),
        ("- rule: [", &[Code::YamlSyntax]),
        ("- rule:\n", &[Code::MissingKey]),
        (
            "- rule: r\n  condition: x\n",
            &[
                Code::MissingKey,
                Code::MissingKey,
                Code::MissingKey,
                Code::UndefinedMacro,
            ],
        ),
        ("- required_engine_version: 99\n", &[Code::EngineTooOld]),
        ("- required_engine_version: 0.62.1\n", &[Code::EngineTooOld]),
        (
            "- required_plugin_versions:\n    - name: k8saudit\n      version: 0.1.0\n",
            &[Code::MissingPlugin],
        ),
    ] {
        check(file, expected);
    }
}
