//! The stock rule files in canonical layout say what they said.

use super::open_reference;
use super::stock::FILES;
use crate::{Loader, Rule, format_rules};

/// Everything about a rule but its place; texts as they are compiled.
fn meaning(rule: &Rule) -> String {
    format!(
        "{} | {} | {:?} | {} | {} | {} | {:?} | {:?}",
        rule.name,
        rule.priority,
        rule.tags,
        rule.enabled,
        rule.condition_compiled,
        rule.output_text,
        rule.description,
        rule.exceptions
    )
}

#[test]
fn stock_rules_mean_the_same_in_canonical_layout() {
    let Some(reference) = open_reference("stock_rules_mean_the_same_in_canonical_layout") else {
        return;
    };
    let mut original = Loader::new(&reference);
    let mut formatted = Loader::new(&reference);
    for name in FILES {
        let text = reference.read(name);
        let once = format_rules(name, &text).expect("stock files can be laid out");
        assert_eq!(format_rules(name, &once).as_deref(), Ok(once.as_str()));
        let comments = |text: &str| text.lines().filter(|line| line.contains('#')).count();
        assert_eq!(comments(&text), comments(&once), "{name}");
        let changed = text.lines().ne(once.lines());
        println!("{name}: changed {changed}");
        original.load(name, &text);
        formatted.load(name, &once);
    }
    let meanings = |loader: Loader<'_>| -> Vec<String> {
        let rules = loader.finish().expect("no file has errors");
        rules.rules().iter().map(meaning).collect()
    };
    let (original, formatted) = (meanings(original), meanings(formatted));
    assert_eq!(original.len(), 93);
    assert_eq!(original, formatted);
}
