//! The three stock rule files, alone where Falco can and together.

use super::open_reference;
use super::reference::Reference;
use crate::check::{Binder, Macros, Problem, check};
use crate::ir::{IrKind, IrNode};
use crate::resolve::MappedText;
use crate::syntax::parse;
use crate::{BoundField, Event, EventTypeId, Loader, PartKind, RuleIndex, RuleSet, Value, render};

pub(super) const FILES: [&str; 3] = [
    "rules/falco_rules.yaml",
    "rules/falco-incubating_rules.yaml",
    "rules/falco-sandbox_rules.yaml",
];

#[test]
fn stock_rules_load_without_a_word() {
    let Some(reference) = open_reference("stock_rules_load_without_a_word") else {
        return;
    };
    let mut loader = Loader::new(&reference);
    for name in FILES {
        let report = loader.load(name, &reference.read(name));
        let said = render(&report.errors, false) + &render(&report.warnings, false);
        assert!(said.is_empty(), "{name}:\n{said}");
    }
    let rules = loader.finish().expect("no file has errors");
    assert_eq!(rules.rules().len(), 93);
    let (nodes, tests) = rules.program_size();
    println!(
        "93 stock rules: {nodes} nodes, {tests} distinct tests, {} fields",
        rules.slots().len()
    );
}

#[test]
fn the_first_stock_file_loads_alone() {
    let Some(reference) = open_reference("the_first_stock_file_loads_alone") else {
        return;
    };
    for name in FILES {
        let mut loader = Loader::new(&reference);
        let report = loader.load(name, &reference.read(name));
        println!(
            "{name} alone: {} errors, {} warnings",
            report.errors.len(),
            report.warnings.len()
        );
        if name == FILES[0] {
            assert!(report.errors.is_empty() && report.warnings.is_empty());
        }
    }
}

/// The three stock files.
fn stock(reference: &Reference) -> RuleSet {
    let mut loader = Loader::new(reference);
    for name in FILES {
        loader.load(name, &reference.read(name));
    }
    loader.finish().expect("no file has errors")
}

/// An event without any value.
struct Nothing;

impl Event for Nothing {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, _: &BoundField) -> Value<'e> {
        Value::Absent
    }
}

struct NoMacros;

impl Macros for NoMacros {
    fn body(
        &mut self,
        _: &str,
        _: &mut Binder<'_>,
        _: &mut Vec<Problem>,
    ) -> Option<std::sync::Arc<IrNode>> {
        None
    }
}

/// A condition as it was compiled: macros opened, and without the numbers that fields were given.
fn compiled(node: &IrNode) -> String {
    let all = |members: &[IrNode]| {
        let members: Vec<_> = members.iter().map(compiled).collect();
        members.join(", ")
    };
    match &node.kind {
        IrKind::And(members) => format!("and({})", all(members)),
        IrKind::Or(members) => format!("or({})", all(members)),
        IrKind::Not(member) => format!("not({})", compiled(member)),
        IrKind::Macro { body, .. } => compiled(body),
        IrKind::Check(predicate) => {
            let debug = format!("{predicate:?}");
            let mut parts = debug.split("slot: ");
            let first = parts.next().unwrap_or_default().to_owned();
            let is_digit = |character: char| character.is_ascii_digit();
            parts.fold(first, |text, part| text + part.trim_start_matches(is_digit))
        }
    }
}

/// What is printed of a condition and of each of its parts compiles to the same again.
#[test]
fn what_is_printed_of_stock_rules_can_be_pasted() {
    let Some(reference) = open_reference("what_is_printed_of_stock_rules_can_be_pasted") else {
        return;
    };
    let rules = stock(&reference);
    let pasted = |text: &str| {
        let parsed = parse(text).unwrap_or_else(|error| panic!("{}: {text}", error.message));
        let mut binder = Binder::new(&reference);
        let mut problems = Vec::new();
        let text = MappedText::own(text);
        let checked = check(&parsed, &text, &mut binder, &mut NoMacros, &mut problems);
        checked.unwrap_or_else(|| panic!("{problems:?}: {}", text.as_str()))
    };
    let mut count = 0;
    for index in (0..93).map(RuleIndex) {
        let (condition, _) = rules.condition(index).expect("there are 93 rules");
        let explained = rules.explain(index, &Nothing);
        let explained = explained.expect("there are 93 rules");
        let whole = pasted(&explained.text(0).expect("it is not too long"));
        assert_eq!(compiled(&whole), compiled(condition));
        // A part is what the same part of the whole is.
        let mut nodes = vec![(0, &whole)];
        while let Some((at, node)) = nodes.pop() {
            let part = &explained.parts[at];
            if matches!(part.kind, PartKind::Macro(_)) {
                nodes.push((at + 1, node));
                continue;
            }
            let text = explained.text(at).expect("it is not too long");
            assert_eq!(compiled(&pasted(&text)), compiled(node), "{text}");
            count += 1;
            let members: &[IrNode] = match &node.kind {
                IrKind::And(members) | IrKind::Or(members) => members,
                IrKind::Not(member) => std::slice::from_ref(member),
                IrKind::Check(_) | IrKind::Macro { .. } => &[],
            };
            if part.kind != PartKind::Check {
                let places: Vec<_> = explained.members(at).collect();
                assert_eq!(places.len(), members.len());
                nodes.extend(places.into_iter().zip(members));
            }
        }
    }
    println!("93 conditions, {count} parts pasted");
}
