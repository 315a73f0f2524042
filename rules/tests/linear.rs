//! Loading takes work in proportion to what is loaded: a file of twice the size takes about twice the memory traffic.
//!
//! Bytes that are asked for are counted, not time, so that a loaded machine changes nothing.

mod counting;
mod schema;

use counting::{ALLOCATIONS, BYTES};
use falco_rules::{LINTS_ON_REQUEST, Loader, RuleMatching, render};
use schema::TestSchema;

/// How much more twice the size may take: twice, and something for tables that grow by doubling.
const MOST: f64 = 2.6;

fn rule(name: &str, condition: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
    )
}

fn joined(count: usize, word: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(word)
}

/// Loads the files, prints and advises (the advice on request apart, which holds rules against each other), and makes a rule set if that can be; the bytes and allocations it took.
fn work(files: &[String]) -> (usize, usize) {
    let before = (BYTES.get(), ALLOCATIONS.get());
    let mut loader = Loader::new(&TestSchema);
    for (index, text) in files.iter().enumerate() {
        let report = loader.load(&format!("{index}.yaml"), text);
        drop(render(&report.errors, false) + &render(&report.warnings, false));
    }
    drop(render(&loader.lint(LINTS_ON_REQUEST), false));
    if let Ok(rules) = loader.finish() {
        drop(rules.scanner(RuleMatching::All));
    }
    (BYTES.get() - before.0, ALLOCATIONS.get() - before.1)
}

fn check(name: &str, count: usize, files: impl Fn(usize) -> Vec<String>) {
    let (small, large) = (work(&files(count)), work(&files(2 * count)));
    let ratio = |small: usize, large: usize| large as f64 / small as f64;
    let found = ratio(small.0, large.0).max(ratio(small.1, large.1));
    println!("{name}: {count} take {small:?} bytes and allocations, twice as many {large:?}");
    assert!(
        found < MOST,
        "{name}: {found} times the work for twice the size"
    );
}

#[test]
fn long_conditions() {
    let one = |count, word: &'static str, part: fn(usize) -> String| {
        vec![rule("r", &format!("\"{}\"", joined(count, word, part)))]
    };
    check("or", 1_000, |count| {
        one(count, " or ", |index| format!("proc.name=a{index}"))
    });
    check("or of prefixes", 1_000, |count| {
        one(count, " or ", |index| {
            format!("fd.name startswith /a{index}")
        })
    });
    check("and", 1_000, |count| {
        one(count, " and ", |index| format!("proc.name!=a{index}"))
    });
    check("or of ands", 1_000, |count| {
        one(count, " or ", |index| {
            format!("(proc.name=a{index} and fd.num={index})")
        })
    });
    check("not", 1_000, |count| {
        one(count, " and ", |index| format!("not proc.name=a{index}"))
    });
}

#[test]
fn long_items() {
    check("append", 500, |count| {
        let append = "- rule: r\n  condition: or proc.name=b\n  append: true\n";
        vec![rule("r", "proc.name=a") + &append.repeat(count)]
    });
    check("macro append", 500, |count| {
        let append = "- macro: m\n  condition: or proc.name=b\n  append: true\n";
        let start = "- macro: m\n  condition: proc.name=a\n";
        vec![start.to_owned() + &append.repeat(count) + &rule("r", "m")]
    });
    check("list append", 500, |count| {
        let append = "- list: l\n  items: [b]\n  append: true\n";
        let start = "- list: l\n  items: [a]\n";
        vec![start.to_owned() + &append.repeat(count) + &rule("r", "proc.name in (l)")]
    });
    check("exceptions", 500, |count| {
        let own = |index| {
            format!(
                "    - name: e{index}\n      fields: [proc.name]\n      values:\n        - [a{index}]\n"
            )
        };
        vec![rule("r", "evt.type=open") + "  exceptions:\n" + &joined(count, "", own)]
    });
    check("exceptions appended", 500, |count| {
        let own = |index| {
            format!(
                "- rule: r\n  append: true\n  exceptions:\n    - name: e{index}\n      fields: [proc.name]\n      values:\n        - [a{index}]\n"
            )
        };
        vec![rule("r", "evt.type=open") + &joined(count, "", own)]
    });
}

#[test]
fn many_mistakes() {
    check("unknown fields", 500, |count| {
        let part = |index| format!("proc.nmae{index}=a");
        vec![rule("r", &joined(count, " or ", part))]
    });
    check("unknown fields in one line", 500, |count| {
        let own = |index| {
            format!(
                "{{rule: r{index}, desc: d, condition: proc.nmae = a, output: o, priority: INFO}}"
            )
        };
        vec![format!("[{}]", joined(count, ",", own))]
    });
}

#[test]
fn what_many_rules_share() {
    check("macros in a row, defined backwards", 400, |count| {
        let first = joined(count, "", |index| {
            format!("- macro: m{index}\n  condition: proc.name=a\n")
        });
        let again = |index| format!("- macro: m{index}\n  condition: m{}\n", index + 1);
        vec![first + &joined(count - 1, "", again) + &rule("r", "m0")]
    });
}

#[test]
fn many_files() {
    check("files of one rule", 100, |count| {
        let own = |index| {
            rule(
                &format!("r{index}"),
                &format!("evt.type=open and fd.num={index}"),
            )
        };
        (0..count).map(own).collect()
    });
    check("files of a list, a macro and a rule", 100, |count| {
        let own = |index| {
            let items = format!(
                "- list: l{index}\n  items: [a, b{index}]\n- macro: m{index}\n  condition: proc.name in (l{index})\n"
            );
            items
                + &rule(
                    &format!("r{index}"),
                    &format!("evt.type=open and m{index} and base"),
                )
        };
        let base = "- macro: base\n  condition: fd.num > 3\n".to_owned();
        std::iter::once(base).chain((0..count).map(own)).collect()
    });
}
