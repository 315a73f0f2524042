//! The three stock rule files, alone where Falco can and together.

use super::open_reference;
use crate::{Loader, render};

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
