//! `falco-analyze diff`: what two versions of rules say of the same captures.

use serde_json::{Value as Json, json};

use crate::support::capture::CaptureBuilder;
use crate::support::{RULES, Workspace, intrusion, write_intrusion};

/// Writes both versions beside a capture of an intrusion, and compares them.
fn compared(old: &str, new: &str, arguments: &[&str], code: i32) -> crate::support::Run {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    workspace.write("old.yaml", old);
    workspace.write("new.yaml", new);
    let sides = ["diff", "--old", "old.yaml", "--new", "new.yaml", &capture];
    workspace
        .run(&[&sides[..], arguments].concat())
        .ends_with(code)
}

/// The counts, and of each rule its name, status, changes, and how many alerts are lost, gained and changed.
fn summary(report: &Json) -> Json {
    let rules = report["rules"].as_array().expect("rules").iter();
    let rules = rules.map(|rule| {
        json!([
            rule["rule"],
            rule["status"],
            rule["changes"],
            [
                rule["lost"]["alerts"],
                rule["gained"]["alerts"],
                rule["changed"]["alerts"]
            ]
        ])
    });
    json!([
        [
            report["alerts"]["lost"],
            report["alerts"]["gained"],
            report["alerts"]["changed"],
            report["alerts"]["same"]
        ],
        rules.collect::<Json>()
    ])
}

/// The report of what becomes of [`RULES`] by some replacements.
fn report(replacements: &[(&str, &str)], arguments: &[&str], code: i32) -> Json {
    let mut new = RULES.to_owned();
    for (from, to) in replacements {
        assert!(new.contains(from), "{from}");
        new = new.replace(from, to);
    }
    let arguments = [arguments, &["--format", "json"]].concat();
    let run = compared(RULES, &new, &arguments, code);
    serde_json::from_str(&run.stdout).expect("a JSON object")
}

#[test]
fn what_a_change_of_rules_does() {
    let check = |replacements: &[(&str, &str)], code, expected: Json| {
        let found = summary(&report(replacements, &[], code));
        assert_eq!(found, expected, "{replacements:?}");
    };
    let (secrets, started) = ("Sensitive file read", "Program started");
    check(&[], 0, json!([[0, 0, 0, 2], []]));
    check(
        &[("[/etc/shadow, ", "[")],
        1,
        json!([
            [1, 0, 0, 1],
            [[secrets, "kept", ["condition_beneath"], [1, 0, 0]]]
        ]),
    );
    check(
        &[("items: [", "items: [/etc/hostname, ")],
        1,
        json!([
            [0, 1, 0, 2],
            [[secrets, "kept", ["condition_beneath"], [0, 1, 0]]]
        ]),
    );
    check(
        &[("not proc.name = sshd", "not proc.name in (sshd, login)")],
        1,
        json!([[0, 0, 0, 2], [[secrets, "kept", ["condition"], [0, 0, 0]]]]),
    );
    // Another wording is told, and is no difference.
    check(
        &[("evt.rawres = 0", "(evt.rawres=0)")],
        0,
        json!([[0, 0, 0, 2], [[started, "kept", ["wording"], [0, 0, 0]]]]),
    );
    check(
        &[("Started %proc.exepath", "Runs %proc.pname")],
        1,
        json!([[0, 0, 1, 1], [[started, "kept", ["output"], [0, 0, 1]]]]),
    );
    // A description is nothing that an alert shows.
    check(
        &[("Any program", "Every program")],
        0,
        json!([[0, 0, 0, 2], []]),
    );
    check(
        &[("INFO", "NOTICE"), ("[process]", "[process, host]")],
        1,
        json!([
            [0, 0, 1, 1],
            [[started, "kept", ["priority", "tags"], [0, 0, 1]]]
        ]),
    );
    check(
        &[("rule: Program started", "rule: Program begun")],
        1,
        json!([[0, 0, 1, 1], [["Program begun", "renamed", [], [0, 0, 1]]]]),
    );
    check(
        &[("  tags: [process]", "  enabled: false")],
        1,
        json!([
            [1, 0, 0, 1],
            [[started, "kept", ["tags", "enabled"], [1, 0, 0]]]
        ]),
    );
}

/// Rules that are added and removed, and that match in front of others.
#[test]
fn rules_come_and_go() {
    let check = |old: &str, new: &str, arguments: &[&str], expected: Json| {
        let arguments = [arguments, &["--format", "json"]].concat();
        let run = compared(old, new, &arguments, 1);
        let report: Json = serde_json::from_str(&run.stdout).expect("a JSON object");
        let why = |kind: &str| -> Json {
            let rules = report["rules"].as_array().expect("rules").iter();
            rules.map(|rule| rule[kind]["because"].clone()).collect()
        };
        let found = json!([
            summary(&report)[1],
            why("lost"),
            why("gained"),
            report["now_shadowed"],
            report["no_longer_shadowed"]
        ]);
        assert_eq!(found, expected, "{old}\n{new}");
    };
    let any = "- rule: Any file\n  desc: d\n  condition: evt.type = openat\n  output: o\n  priority: ERROR\n";
    let (before, after) = (format!("{any}{RULES}"), format!("{RULES}{any}"));
    let gone = json!([{ "reason": "no_rule", "alerts": 1 }]);
    check(
        RULES,
        &after,
        &[],
        json!([[["Any file", "added", [], [0, 1, 0]]], [[]], [gone], [
            { "rule": "Any file", "by": "Sensitive file read", "old_events": 0, "new_events": 1 }
        ], []]),
    );
    // In front, it takes the place of another one.
    let shadowed = json!([{ "reason": "shadowed", "by": "Any file", "alerts": 1 }]);
    check(
        RULES,
        &before,
        &[],
        json!([
            [
                ["Sensitive file read", "kept", [], [1, 0, 0]],
                ["Any file", "added", [], [0, 2, 0]]
            ],
            [shadowed, []],
            [[], [{ "reason": "no_rule", "alerts": 2 }]],
            [{ "rule": "Sensitive file read", "by": "Any file", "old_events": 0, "new_events": 1 }],
            []
        ]),
    );
    check(
        &before,
        RULES,
        &[],
        json!([
            [
                ["Any file", "removed", [], [2, 0, 0]],
                ["Sensitive file read", "kept", [], [0, 1, 0]]
            ],
            [[{ "reason": "no_rule", "alerts": 2 }], []],
            [[], shadowed],
            [],
            [{ "rule": "Sensitive file read", "by": "Any file", "old_events": 1, "new_events": 0 }]
        ]),
    );
    // Where all match, none takes another's place.
    check(
        RULES,
        &before,
        &["--rule-matching", "all"],
        json!([[["Any file", "added", [], [0, 2, 0]]], [[]], [[{ "reason": "no_rule", "alerts": 2 }]], [], []]),
    );
}

#[test]
fn an_example_names_its_event() {
    let report = report(&[("[/etc/shadow, ", "[")], &[], 1);
    let example = &report["rules"][0]["lost"]["examples"][0];
    let expected = [
        ("capture", json!("capture")),
        ("event", json!(3)),
        ("time", json!("2026-01-02T03:04:10.000002000Z")),
        ("evidence.id", json!("07070707-0-5000002000-bd2b1500")),
        ("evidence.complete", json!(true)),
        (
            "explain",
            json!(
                "falco-analyze explain capture -r new.yaml --rule 'Sensitive file read' --event 3"
            ),
        ),
        ("new", Json::Null),
    ];
    for (key, value) in expected {
        assert_eq!(example[key], value, "{key} of {example}");
    }
    let decides = json!([{
        "side": "new",
        "part": "fd.name in (/etc/sudoers)",
        "value": "/etc/shadow",
        "holds": false,
        "file": "new.yaml",
        "line": 7,
        "item": "rule Sensitive file read",
    }]);
    assert_eq!(example["decides"], decides);
    assert_eq!(example["old"]["priority"], "Warning");
    let output = example["old"]["output"].as_str().unwrap_or_default();
    assert!(
        output.starts_with("Secrets read (file=/etc/shadow"),
        "{output}"
    );
}

#[test]
fn the_first_examples_are_kept_and_all_are_counted() {
    let workspace = Workspace::new();
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    for _ in 0..5_000 {
        capture.open(100, "/etc/shadow", 3);
    }
    capture.write_cut(&workspace.path("capture"), 500, 2_000);
    workspace.write("new.yaml", RULES.replace("[/etc/shadow, ", "["));
    let arguments = [
        "diff",
        "--old",
        "rules.yaml",
        "--new",
        "new.yaml",
        "capture",
        "--format",
        "json",
    ];
    for (examples, expected) in [("0", vec![]), ("2", vec![1, 2]), ("4", vec![1, 2, 3, 4])] {
        let run = |threads: &str| {
            let more = ["--examples", examples, "-j", threads];
            workspace
                .run(&[&arguments[..], &more].concat())
                .ends_with(1)
        };
        let alone = run("1");
        let report: Json = serde_json::from_str(&alone.stdout).expect("a JSON object");
        let lost = &report["rules"][0]["lost"];
        assert_eq!(lost["alerts"], 5_000);
        let events = lost["examples"].as_array().expect("examples").iter();
        let events: Vec<_> = events.map(|example| example["event"].clone()).collect();
        assert_eq!(events, expected);
        for threads in ["2", "3", "8", "64"] {
            assert!(run(threads).stdout == alone.stdout, "{threads} threads");
        }
    }
}

#[test]
fn the_report_is_text_and_a_comment() {
    let new = RULES.replace("[/etc/shadow, ", "[");
    compared(RULES, &new, &[], 1)
        .says("Old: 2 rules, 2 alerts (old.yaml)")
        .says("New: 2 rules, 1 alert (new.yaml)")
        .says("Alerts: 1 lost, 0 gained, 0 changed, 1 the same")
        .says("Sensitive file read (changed: condition, by what it uses)")
        .says("1 since its condition no longer holds")
        .says("was: Warning Secrets read (file=/etc/shadow");
    compared(RULES, RULES, &[], 0).says("Nothing differs");
    compared(RULES, &new, &["--format", "markdown"], 1)
        .says("### Alerts differ")
        .says("| `Sensitive file read` | 1 | 0 | 1 |  |  | changed: condition, by what it uses |")
        .says("<details><summary><code>Sensitive file read</code>: 1 lost</summary>");
    compared(RULES, RULES, &["--format", "markdown"], 0)
        .says("### Alerts are the same")
        .says("2 alerts on both sides, over 5 events.");
}

#[test]
fn a_comment_has_a_bound_and_no_markup_of_others() {
    let rules = |name: &str| -> String {
        let rule = |number: u32| {
            format!(
                "- rule: '{name}{number} </code><img src=x> | `@all` '\n  desc: d\n  condition: evt.type = openat and evt.num > 0\n  output: '<script>%fd.name```{}'\n  priority: INFO\n",
                "x".repeat(500)
            )
        };
        (0..400).map(rule).collect()
    };
    let more = ["--format", "markdown", "--rule-matching", "all"];
    let run = compared(&rules("a"), &rules("b"), &more, 1);
    let page = run.stdout;
    assert!(page.len() <= 65_536, "{}", page.len());
    assert!(page.len() > 50_000, "{}", page.len());
    assert!(page.contains("has no room for"), "{page}");
    let outside = outside_of_code(&page);
    for markup in ["<img", "<script", "@all"] {
        assert!(!outside.contains(markup), "{markup}: {outside}");
    }
}

/// A page without its code spans and what stands in `<code>`.
fn outside_of_code(page: &str) -> String {
    let mut out = String::new();
    for line in page.lines() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('`') {
            out += before;
            let more = after.len() - after.trim_start_matches('`').len();
            let fence = "`".repeat(more + 1);
            let inside = &after[more..];
            // A fence ends at as many backticks, no more.
            let end = inside.match_indices(&fence).find(|(at, _)| {
                !inside[..*at].ends_with('`') && !inside[at + fence.len()..].starts_with('`')
            });
            let Some((end, _)) = end else {
                panic!("a code span has no end: {line}");
            };
            rest = &inside[end + fence.len()..];
        }
        out += rest;
        out.push('\n');
    }
    let (before, after) = ("<code>", "</code>");
    while let Some(at) = out.find(before) {
        let end = out[at..].find(after).expect("an end") + at + after.len();
        out.replace_range(at..end, "");
    }
    out
}

/// What was read from standard input is over: no command could read it again.
#[test]
fn standard_input_is_not_proposed_to_be_read_again() {
    let workspace = Workspace::new();
    let file = workspace.path(&write_intrusion(&workspace, "capture"));
    let capture = file.to_str().expect("a path").to_owned();
    workspace
        .run(&["export", "scap", "capture", "-o", "trace.scap"])
        .ends_with(0);
    workspace.write("new.yaml", RULES.replace("[/etc/shadow, ", "["));
    for format in ["text", "markdown", "json"] {
        let check = |capture: &str, is_proposed: bool| {
            let sides = [
                "diff",
                "--old",
                "rules.yaml",
                "--new",
                "new.yaml",
                "--format",
                format,
            ];
            let stdin = std::fs::File::open(workspace.path("trace.scap")).expect("opens");
            let run = workspace.run_from(&[&sides[..], &[capture]].concat(), stdin.into(), |_| {});
            let out = run.ends_with(1).stdout;
            assert_eq!(out.contains("falco-analyze explain"), is_proposed, "{out}");
            if format == "json" {
                let report: Json = serde_json::from_str(&out).expect("JSON");
                assert_eq!(
                    report.to_string().contains("\"explain\":null"),
                    !is_proposed
                );
            }
        };
        check("-", false);
        check(&capture, true);
    }
}

#[test]
fn what_is_wrong_names_its_side() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    workspace.write("bad.yaml", RULES.replace("evt.rawres", "evt.nothing"));
    let check = |old: &str, new: &str, more: &[&str], words: &[&str]| {
        let old = format!("--old={old}");
        let arguments = [&["diff", &old, "--new", new, &capture][..], more].concat();
        let mut run = workspace.run(&arguments).ends_with(2);
        for word in words {
            run = run.says(word);
        }
    };
    let bad = ["evt.nothing", "nothing was compared"];
    check(
        "bad.yaml",
        "rules.yaml",
        &[],
        &[&bad[..], &["the old rules have 1 error"]].concat(),
    );
    check(
        "rules.yaml",
        "bad.yaml",
        &[],
        &[&bad[..], &["the new rules have 1 error"]].concat(),
    );
    check(
        "rules.yaml",
        "none.yaml",
        &[],
        &["the new rules", "none.yaml"],
    );
    let misspelt = [
        "no rule has the name 'program start'",
        "did you mean 'Program started'?",
    ];
    check(
        "rules.yaml",
        "rules.yaml",
        &["--rule", "program start"],
        &misspelt,
    );
    check(
        "--help:x",
        "rules.yaml",
        &[],
        &["revisions do not begin with a dash"],
    );
}

#[test]
fn what_one_side_alone_has_can_be_selected() {
    let more = "- rule: Only new\n  desc: d\n  condition: evt.type = openat\n  output: o\n  priority: ERROR\n";
    let new = format!("{RULES}{more}");
    let arguments = ["--rule", "Only new", "--format", "json"];
    let run = compared(RULES, &new, &arguments, 1);
    let report: Json = serde_json::from_str(&run.stdout).expect("a JSON object");
    assert_eq!(
        summary(&report),
        json!([[0, 2, 0, 0], [["Only new", "added", [], [0, 2, 0]]]])
    );
}

#[test]
fn incomplete_evidence_is_told_and_differences_come_first() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.lose(falco_abi::Lane::Process, 4);
    capture.open(100, "/etc/hostname", 3);
    capture.write(&workspace.path("capture"));
    workspace.write("new.yaml", RULES.replace("[/etc/shadow, ", "["));
    let check = |new: &str, code| {
        let arguments = [
            "diff",
            "--old",
            "rules.yaml",
            "--new",
            new,
            "capture",
            "--format",
        ];
        let markdown = workspace.run(&[&arguments[..], &["markdown"]].concat());
        markdown.ends_with(code).says("Evidence is missing");
        let json = workspace
            .run(&[&arguments[..], &["json"]].concat())
            .ends_with(code);
        let report: Json = serde_json::from_str(&json.stdout).expect("a JSON object");
        assert_ne!(report["missing_evidence"], json!([]));
    };
    check("rules.yaml", 3);
    check("new.yaml", 1);
}
