//! What reports say of a small one that is made by hand, with names that others chose.

use falco_rules::{CoverKind, Edit, ItemKind, MutantKind, PartTally, RuleTally, SourceFile};

use super::super::model::{
    CoverReport, CoveredScenario, ItemReport, MutantFate, MutantReport, MutationReport, PartReport,
    Proven, RuleFacts,
};
use super::{html, json, lcov, navigator, text};

const RULES: &str = "\
- rule: <script>, \u{1b}[31m
  condition: >
    evt.type = open and proc.name in (sh, a&b)
- rule: quiet
  condition: fd.name = x
";

/// A part at a text of the rules.
fn part(kind: CoverKind, text: &str, tally: [u64; 4]) -> PartReport {
    let start = RULES.find(text).expect("it stands there");
    let line = RULES[..start].matches('\n').count() + 1;
    let [held, failed, proven_held, proven_failed] = tally;
    PartReport {
        kind,
        file: "rules.yaml".to_owned(),
        line: u32::try_from(line).expect("few lines"),
        column: 1,
        bytes: start..start + text.len(),
        text: text.to_owned(),
        exception: None,
        is_for: true,
        is_against: false,
        names_types: text.starts_with("evt.type"),
        tally: PartTally {
            held,
            failed,
            proven_held,
            proven_failed,
        },
        by_passing: PartTally {
            held,
            failed,
            proven_held,
            proven_failed,
        },
    }
}

fn rule(name: &str, line: u32, alerts: u64, parts: Vec<PartReport>) -> ItemReport {
    ItemReport {
        kind: ItemKind::Rule,
        name: name.to_owned(),
        file: "rules.yaml".to_owned(),
        line,
        rule: Some(RuleFacts {
            tags: vec![
                "T1059".to_owned(),
                format!("T100{line}.001"),
                "x".to_owned(),
            ],
            tally: RuleTally {
                events: 9,
                matches: alerts,
                alerts,
            },
            scenarios: if alerts > 0 { vec![0] } else { Vec::new() },
        }),
        parts,
    }
}

fn mutant(text: &str, kind: MutantKind, fate: MutantFate) -> MutantReport {
    MutantReport {
        kind,
        item: "quiet".to_owned(),
        text: text.to_owned(),
        edit: Edit {
            file: "rules.yaml".to_owned(),
            line: 5,
            column: 14,
            is_of_file: true,
            before: vec![format!("  condition: {text}")],
            after: Vec::new(),
        },
        fate,
    }
}

fn report() -> CoverReport {
    let parts = vec![
        part(CoverKind::Check, "evt.type = open", [4, 0, 2, 0]),
        part(CoverKind::Check, "proc.name in (sh, a&b)", [3, 1, 2, 0]),
        part(CoverKind::Value, "sh,", [3, 1, 2, 0]),
        part(CoverKind::Value, "a&b", [0, 4, 0, 0]),
    ];
    let quiet = vec![part(CoverKind::Check, "fd.name = x", [0, 0, 0, 0])];
    CoverReport {
        scenarios: vec![CoveredScenario {
            name: "first".to_owned(),
            file: "first/scenario.toml".into(),
            techniques: vec!["t1021.004".to_owned()],
            result: Ok(Proven {
                events: 9,
                alerts: 2,
                meant: 1,
                ..Proven::default()
            }),
        }],
        items: vec![
            rule("<script>, \u{1b}[31m", 1, 2, parts),
            rule("quiet", 4, 0, quiet),
        ],
        files: vec![SourceFile::new("rules.yaml", RULES)],
        mutation: Some(MutationReport {
            mutants: vec![
                mutant("fd.name = x", MutantKind::Negated, MutantFate::Same),
                mutant("<b>", MutantKind::Widened, MutantFate::Admitted),
                mutant("y", MutantKind::ValueDropped, MutantFate::Same),
                mutant(
                    "z",
                    MutantKind::Dropped,
                    MutantFate::Noticed("first".to_owned()),
                ),
                mutant("u", MutantKind::Dropped, MutantFate::Untried),
            ],
            untried: 3,
            seed: 7,
        }),
        left_out: 0,
    }
}

#[test]
fn people_are_told_what_is_lacking_and_what_nobody_notices() {
    let told = text(&report(), 0).as_str().to_owned();
    assert!(!told.contains('\u{1b}'), "{told}");
    for line in [
        "Rules: 1 of 2 alerted (50.0 %)",
        "Checks: 2 of 3 proven to hold (66.7 %), 0 of 2 proven not to (0.0 %)",
        "Values: 1 of 2 proven to hold (50.0 %)",
        "Proven: 3 of 7 (42.9 %)",
        "never alerted",
        "3:1 1 value of 2 never decided anything: a&b",
        "it alone never kept a rule from alerting: it failed once",
        "no alert had it: it never held",
        "ATT&CK techniques: 3 of 4 proven: T1001.001, T1021.004, T1059",
        "claimed but never proven: T1004.001",
        "Mutants: 1 of 4 noticed (25.0 %), 4 not tried, seed 7",
        "4 mutants not tried",
        "1 value in 'quiet' (rules.yaml): y",
    ] {
        assert!(told.contains(line), "no {line:?} in:\n{told}");
    }
    let at = |text: &str| told.find(text).expect("it is told");
    assert!(at("every expectation holds") < at("no event of the captures tells it from the rule"));
    assert!(!told.contains("condition: z"), "who is noticed is not told");
}

#[test]
fn a_tracefile_counts_what_it_lists() {
    let told = lcov(&report());
    let expected = "\
TN:
SF:rules.yaml
FN:1,<script>  \\u{1b}[31m
FN:4,quiet
FNDA:2,<script>  \\u{1b}[31m
FNDA:0,quiet
FNF:2
FNH:1
BRDA:3,0,0,2
BRDA:3,1,0,2
BRDA:3,1,1,0
BRDA:3,2,0,2
BRDA:3,3,0,-
BRDA:5,0,0,-
BRDA:5,0,1,-
BRF:7
BRH:3
DA:3,2
DA:5,0
LF:2
LH:1
end_of_record
";
    assert_eq!(told, expected);
}

#[test]
fn names_are_one_line_of_a_tracefile_and_a_path_stays_what_it_is() {
    let check = |text: &str, as_name: &str, as_path: &str| {
        let mut report = report();
        report.items.truncate(1);
        report.items[0].name = text.to_owned();
        report.items[0].file = text.to_owned();
        report.files = vec![SourceFile::new(text, RULES)];
        let told = lcov(&report);
        for line in [
            format!("SF:{as_path}\n"),
            format!("FN:1,{as_name}\n"),
            format!("FNDA:2,{as_name}\n"),
        ] {
            assert!(told.contains(&line), "no {line:?} in:\n{told}");
        }
    };
    check("a b/c.yaml", "a b/c.yaml", "a b/c.yaml");
    check("a,b", "a b", "a,b");
    check("a\u{202e}b", "a\\u{202e}b", "a\u{202e}b");
    for (breaks, written) in [
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\u{b}", "\\u{b}"),
        ("\u{85}", "\\u{85}"),
        ("\u{2028}", "\\u{2028}"),
        ("\u{2029}", "\\u{2029}"),
        ("\u{1b}", "\\u{1b}"),
    ] {
        let (text, expected) = (format!("a{breaks}b"), format!("a{written}b"));
        check(&text, &expected, &expected);
    }
}

#[test]
fn a_page_loads_and_runs_nothing() {
    let told = html(&report());
    for forbidden in [
        "<script>", "\u{1b}", "http:", "https:", "src=", "href=", "title=", "<b>\n",
    ] {
        assert!(!told.contains(forbidden), "{forbidden:?} in:\n{told}");
    }
    for expected in [
        "default-src 'none'",
        "&lt;script&gt;, ",
        "<span class=\"y\">evt.type = open</span>",
        "<span class=\"h\">proc.name in (</span><span class=\"y\">sh,</span>",
        "<span class=\"n1\">a&amp;b</span>",
        "<span class=\"n1\">fd.name = x</span>",
        "<td class=\"n1\">T1004.001</td>",
        "- condition: &lt;b&gt;",
    ] {
        let told = told.replace("-   condition", "- condition");
        assert!(told.contains(expected), "no {expected:?} in:\n{told}");
    }
    let opened = told.matches("<span").count();
    assert_eq!(opened, told.matches("</span>").count());
}

#[test]
fn a_layer_has_the_versions_that_the_navigator_wants() {
    let layer = navigator(&report());
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["versions"]["navigator"], "4.9.0");
    assert_eq!(layer["domain"], "enterprise-attack");
    let techniques = layer["techniques"].as_array().expect("a list");
    let told: Vec<_> = techniques
        .iter()
        .map(|one| {
            (
                one["techniqueID"].as_str(),
                one["score"].as_u64(),
                one["comment"].as_str(),
            )
        })
        .collect();
    let proven = Some("proven by alerts on captures");
    assert_eq!(
        told,
        [
            (Some("T1001.001"), Some(100), proven),
            (Some("T1004.001"), Some(0), Some("claimed but never proven")),
            (Some("T1021.004"), Some(100), proven),
            (Some("T1059"), Some(50), proven),
        ]
    );
    let colours = layer["gradient"]["colors"].as_array().expect("a list");
    assert!(colours.len() >= 2);
}

#[test]
fn machines_are_told_everything() {
    let told = json(&report());
    assert_eq!(told["summary"]["goals"], 7);
    assert_eq!(told["summary"]["goals_proven"], 3);
    assert_eq!(told["items"][0]["alerted_in"][0], "first");
    assert_eq!(told["items"][0]["parts"][3]["proven_held"], 0);
    assert_eq!(told["mutation"]["tried"], 4);
    assert_eq!(told["mutation"]["not_tried"], 4);
    assert_eq!(told["mutation"]["mutants"][3]["noticed_by"], "first");
}

#[test]
fn there_is_no_share_of_nothing() {
    let mut nothing = report();
    nothing.items.clear();
    let mutation = nothing.mutation.as_mut().expect("given");
    for mutant in &mut mutation.mutants {
        mutant.fate = MutantFate::Untried;
    }
    let told = json(&nothing);
    assert!(told["summary"]["percent"].is_null(), "{told}");
    assert!(told["mutation"]["percent"].is_null(), "{told}");
    assert_eq!(told["mutation"]["not_tried"], 8);
    for told in [text(&nothing, 0).as_str().to_owned(), html(&nothing)] {
        assert!(!told.contains("100.0 %"), "{told}");
        assert!(
            told.contains("Mutants: none was tried, so there is no score, 8 not tried"),
            "{told}"
        );
    }
}

#[test]
fn a_scenario_proves_its_techniques_by_alerts_that_it_expects_and_by_passing() {
    let check = |change: fn(&mut Proven), expected: bool| {
        let mut report = report();
        change(report.scenarios[0].result.as_mut().expect("given"));
        let layer = navigator(&report);
        let techniques = layer["techniques"].as_array().expect("a list");
        let technique = techniques
            .iter()
            .find(|one| one["techniqueID"] == "T1021.004");
        let comment = &technique.expect("claimed")["comment"];
        assert_eq!(
            comment == "proven by alerts on captures",
            expected,
            "{comment}"
        );
    };
    check(|_| {}, true);
    check(|proven| proven.meant = 0, false);
    check(|proven| proven.differs.push("x".to_owned()), false);
    check(|proven| proven.evidence = Some("x".to_owned()), false);
}

#[test]
fn what_failing_scenarios_alone_prove_is_told() {
    let mut report = report();
    assert_eq!(report.proven_by_failing(), 0);
    let parts = report.items.iter_mut().flat_map(|item| &mut item.parts);
    parts.for_each(|part| part.by_passing = PartTally::default());
    assert_eq!(report.proven_by_failing(), 3);
    let told = text(&report, 0).as_str().to_owned();
    let line = "3 of them by scenarios alone whose expectations fail";
    assert!(
        told.contains(line) && html(&report).contains(line),
        "{told}"
    );
    assert!(told.contains("Proven: 3 of 7"), "{told}");
}
