//! Loading takes work and memory in proportion to what is loaded, whatever that is: files of twice the size take about
//! twice of each.
//!
//! Allocations, bytes and steps of loops are counted, not time, so that a loaded machine changes nothing.

mod kinds;
mod types;

use crate::counting::{ALLOCATIONS, BYTES, LIVE, PEAK};
use crate::testing::TestSchema;
use crate::work::STEPS;
use crate::{Code, LINTS_ON_REQUEST, Loader, RuleMatching, format_rules, render};
use kinds::Kind;

/// How much more twice the size may take: twice, and something for tables that grow by doubling.
const MOST: f64 = 2.6;

/// Less than this counts as this: a few steps more or less say nothing.
const LEAST: usize = 2_000;

/// Most bytes of memory for each byte of the files, beside what a schema and an empty loader take.
const MOST_BYTES_PER_BYTE: usize = 1_000;

/// What something took.
#[derive(Debug)]
struct Work {
    allocations: usize,
    bytes: usize,
    peak: usize,
    steps: usize,
    nodes: usize,
}

/// Loads the files, prints what is said of them, advises, lays them out, and makes a rule set if that can be.
fn work(files: &[String]) -> Work {
    let before = (ALLOCATIONS.get(), BYTES.get(), LIVE.get(), STEPS.get());
    PEAK.set(before.2);
    let mut loader = Loader::new(&TestSchema);
    for (index, text) in files.iter().enumerate() {
        let report = loader.load(&format!("{index}.yaml"), text);
        drop(render(&report.errors, false) + &render(&report.warnings, false));
        drop(format_rules("file.yaml", text));
    }
    drop(render(&loader.lint(LINTS_ON_REQUEST), false));
    let rules = loader.finish().ok();
    let nodes = rules.as_ref().map_or(0, |rules| {
        drop(rules.scanner(RuleMatching::All));
        let (nodes, tests) = rules.program_size();
        nodes + tests
    });
    Work {
        allocations: ALLOCATIONS.get() - before.0,
        bytes: BYTES.get() - before.1,
        peak: usize::try_from(PEAK.get() - before.2).unwrap_or(0),
        steps: STEPS.get() - before.3,
        nodes,
    }
}

fn check(kinds: &[Kind]) {
    for (name, count, files) in kinds {
        let (small_files, large_files) = (files(*count), files(2 * count));
        let (small, large) = (work(&small_files), work(&large_files));
        let size: usize = large_files.iter().map(String::len).sum();
        for (what, less, more) in [
            ("allocations", small.allocations, large.allocations),
            ("bytes asked for", small.bytes, large.bytes),
            ("bytes held", small.peak, large.peak),
            ("steps", small.steps, large.steps),
            ("nodes", small.nodes, large.nodes),
        ] {
            let found = more.max(LEAST) as f64 / less.max(LEAST) as f64;
            assert!(
                found < MOST,
                "{name}: {found} times the {what} for twice the size: {small:?}, {large:?}"
            );
        }
        let most = (size + (1 << 16)) * MOST_BYTES_PER_BYTE;
        assert!(large.peak < most, "{name}: {} bytes for {size}", large.peak);
    }
}

#[test]
fn conditions() {
    check(kinds::CONDITIONS);
}

#[test]
fn patterns() {
    check(kinds::PATTERNS);
}

#[test]
fn items() {
    check(kinds::ITEMS);
}

#[test]
fn exceptions() {
    check(kinds::EXCEPTIONS);
}

#[test]
fn names_of_lists_and_macros() {
    check(kinds::NAMES);
}

#[test]
fn mistakes() {
    check(kinds::MISTAKES);
}

#[test]
fn many_files() {
    check(kinds::FILES);
}

/// What is a product of two parts of a file has a bound, and says where it was met.
#[test]
fn products_end_where_they_are_told_to() {
    let check = |text: &str, code: Code, message: &str| {
        let report = Loader::new(&TestSchema).load("file.yaml", text);
        let first = report.errors.first().expect("the file is refused");
        assert_eq!(first.code, code, "{first:?}");
        assert!(first.message.contains(message), "{}", first.message);
        let before = (BYTES.get(), LIVE.get());
        PEAK.set(before.1);
        drop(Loader::new(&TestSchema).load("file.yaml", text));
        let held = PEAK.get() - before.1;
        assert!(held < 1 << 30, "{held} bytes held");
    };
    check(
        &kinds::aliases(12_000),
        Code::YamlSyntax,
        "aliases repeat more than 64 MiB",
    );
    check(
        &kinds::odd_names(1_100, 1_000_000),
        Code::ConditionTooLarge,
        "grows too large when its lists are substituted",
    );
    check(
        &kinds::named_in_rules(3_000, 3_000),
        Code::ConditionTooLarge,
        "and their macros name more than 8388608 macros, lists and fields",
    );
}
