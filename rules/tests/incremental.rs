//! A load of many files compiles only what each file changes, and gives what compiling everything gives: the same items
//! in one file, or in a file each, are the same rules.
//!
//! A fixed seed makes every run the same.

mod schema;

use falco_rules::{FileReport, Loader, RuleSet};
use schema::TestSchema;

/// Sequences of items that are tried; those with errors say nothing.
const ROUNDS: usize = 1_500;

/// A small generator of numbers (xorshift), so that runs repeat.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit as u64)).unwrap_or(0)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }
}

/// Names that are lists, macros, both, or words, so that every item may change what any other means.
const NAMES: &[&str] = &["la", "lb", "lc", "ma", "mb", "mc"];

fn condition(numbers: &mut Numbers) -> String {
    let mut check = || match numbers.below(5) {
        0 => numbers
            .pick(&["ma", "mb", "mc", "not ma", "(mb or ma)"])
            .to_owned(),
        1 => format!(
            "proc.name in ({}, {})",
            numbers.pick(NAMES),
            numbers.pick(NAMES)
        ),
        2 => format!("proc.cmdline contains {}", numbers.pick(NAMES)),
        3 => format!("fd.name in ({}, x)", numbers.pick(NAMES)),
        _ => "fd.num > 3".to_owned(),
    };
    format!("{} and {}", check(), check())
}

fn item(numbers: &mut Numbers) -> String {
    let append = if numbers.below(3) == 0 {
        "  append: true\n"
    } else {
        ""
    };
    match numbers.below(4) {
        0 => format!(
            "- list: {}\n  items: [{}, {}]\n{append}",
            numbers.pick(&["la", "lb", "lc"]),
            numbers.pick(NAMES),
            numbers.pick(&["a", "b", "x y"]),
        ),
        1 => {
            let or = if append.is_empty() { "" } else { "or " };
            let name = numbers.pick(&["ma", "mb", "mc", "la"]);
            format!(
                "- macro: {name}\n  condition: {or}{}\n{append}",
                condition(numbers)
            )
        }
        2 if !append.is_empty() => {
            let name = numbers.pick(&["r", "s", "t"]);
            format!(
                "- rule: {name}\n  condition: or {}\n{append}",
                condition(numbers)
            )
        }
        _ => format!(
            "- rule: {}\n  desc: d\n  condition: evt.type = open and {}\n  output: o\n  priority: INFO\n  exceptions:\n    - name: e\n      fields: proc.name\n      values: [{}]\n",
            numbers.pick(&["r", "s", "t"]),
            condition(numbers),
            numbers.pick(NAMES),
        ),
    }
}

fn load(files: &[String]) -> (Vec<FileReport>, Option<RuleSet>) {
    let mut loader = Loader::new(&TestSchema);
    let reports = files
        .iter()
        .enumerate()
        .map(|(index, text)| loader.load(&format!("{index}.yaml"), text))
        .collect();
    (reports, loader.finish().ok())
}

/// All that is known of the rules.
fn described(rules: &RuleSet) -> Vec<String> {
    let describe = |rule: &falco_rules::Rule| {
        format!(
            "{} {} {:?} {:?} {:?} {:?}",
            rule.name,
            rule.condition_compiled,
            rule.macros,
            rule.lists,
            rule.condition_fields,
            rule.event_types
        )
    };
    rules.rules().iter().map(describe).collect()
}

#[test]
fn a_file_for_each_item_gives_the_same_rules_as_one_file() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut loaded = 0;
    for _ in 0..ROUNDS {
        // What everybody names is there from the start, so that many sequences load.
        let base = "- list: la\n  items: [a]\n- macro: ma\n  condition: fd.num = 1\n- macro: mb\n  condition: ma\n- macro: mc\n  condition: mb and proc.name in (la)\n";
        let mut items = vec![base.to_owned()];
        let count = 4 + numbers.below(10);
        items.extend((0..count).map(|_| item(&mut numbers)));
        let (_, one_by_one) = load(&items);
        let Some(one_by_one) = one_by_one else {
            continue;
        };
        let text = items.concat();
        let (reports, at_once) = load(std::slice::from_ref(&text));
        let at_once = at_once.unwrap_or_else(|| {
            panic!("{text}\n{}", falco_rules::render(&reports[0].errors, false))
        });
        assert_eq!(described(&one_by_one), described(&at_once), "{text}");
        loaded += 1;
    }
    println!("{loaded} of {ROUNDS} sequences load");
    assert!(loaded > ROUNDS / 20, "only {loaded} sequences say anything");
}

#[test]
fn what_is_unused_is_said_once_by_the_file_that_makes_it_so() {
    let check = |files: &[&str], expected: &[&[&str]]| {
        let files: Vec<_> = files.iter().map(|text| (*text).to_owned()).collect();
        let (reports, _) = load(&files);
        let found: Vec<Vec<_>> = reports
            .iter()
            .map(|report| {
                let codes = report.warnings.iter().map(|warning| warning.code.as_str());
                codes.collect()
            })
            .collect();
        assert_eq!(found, expected, "{files:?}");
    };
    let lists = "- list: la\n  items: [a]\n- macro: ma\n  condition: proc.name in (la)\n";
    let uses = "- rule: r\n  desc: d\n  condition: evt.type = open and ma\n  output: o\n  priority: INFO\n";
    let other = uses.replace(" and ma", "");
    check(&[lists, uses], &[&["unused-macro"], &[]]);
    let both = [lists, uses].concat();
    check(&[&both, &other, &other], &[&[], &["unused-macro"], &[]]);
    // A macro that uses a list keeps it in use, until it is another.
    let another = "- macro: ma\n  condition: fd.num = 1\n";
    check(&[&both, another], &[&[], &["unused-list"]]);
}

#[test]
fn a_rule_that_asks_to_be_left_out_does_not_hide_the_error_of_another() {
    let file = |skip: &str| {
        let rule = |name: &str, skip: &str| {
            format!(
                "- rule: {name}\n  desc: d\n  condition: evt.type = open and m\n  output: o\n  priority: INFO\n{skip}"
            )
        };
        let broken = "- macro: m\n  condition: proc.nmae = a\n";
        [broken.to_owned(), rule("a", skip), rule("b", "")].concat()
    };
    let errors = |skip| load(&[file(skip)]).0[0].errors.len();
    assert_eq!(errors(""), 1);
    assert_eq!(errors("  skip-if-unknown-filter: true\n"), 1);
}
