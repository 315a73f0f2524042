//! Reports against the rules of their forms, with text of others that means harm.

use std::path::PathBuf;
use std::time::Duration;

use falco_format::UnixNanos;
use falco_format::text::is_plain;
use serde_json::Value as Json;

use super::*;
use crate::regress::observe::EventName;
use crate::regress::problem::{CannotRun, Place, Problem};
use crate::regress::verdict::Kind;

/// What every form must keep text: ends of XML, JSON, YAML, Markdown and commands of workflows, and what a terminal obeys.
const EVIL: &str = "a\"]]></failure><x y='z'>&amp;\n::error::forged\r\n%0A # SKIP \\ | `x` ``` @me ![i](http://x) \u{1b}[2J\u{202e}\u{0}\u{fffe}";

fn place(line: usize) -> Place {
    Place {
        file: PathBuf::from(format!("dir {EVIL}/scenario.toml").replace('\0', "")),
        line,
        column: 2,
    }
}

fn tested(name: &str, result: Result<Report, CannotRun>) -> Tested {
    Tested {
        name: format!("{name} {EVIL}"),
        file: place(1).file,
        result,
    }
}

fn ran(findings: Vec<Finding>, evidence: Option<&str>) -> Result<Report, CannotRun> {
    Ok(Report {
        description: EVIL.to_owned(),
        tags: vec![EVIL.to_owned()],
        techniques: vec!["T1059".to_owned()],
        alerts: 3,
        events: 5_000,
        elapsed: Duration::from_millis(12),
        findings,
        evidence: evidence.map(ToOwned::to_owned),
    })
}

/// One scenario of each ending.
fn all() -> Vec<Tested> {
    let finding = Finding {
        kind: Kind::Unexpected,
        message: format!("expected: {EVIL}"),
        details: vec![EVIL.to_owned()],
        place: place(7),
        rule: Some((EVIL.to_owned(), Some(place(70)))),
        difference: None,
        events: vec![EventName {
            number: 9,
            time: UnixNanos(1),
            boot: None,
        }],
        why: vec![EVIL.to_owned()],
    };
    let other = Finding {
        kind: Kind::Missing,
        rule: None,
        ..finding.clone()
    };
    let problem = Problem {
        place: Some(place(3)),
        message: EVIL.to_owned(),
    };
    vec![
        tested("passed", ran(Vec::new(), None)),
        tested("failed", ran(vec![finding, other], None)),
        tested(
            "inconclusive",
            ran(Vec::new(), Some(&format!("lost\n{EVIL}"))),
        ),
        tested("mistaken", Err(CannotRun::of_problems(EVIL, vec![problem]))),
        tested("broken", Err(CannotRun::because(EVIL))),
    ]
}

fn text_of(form: Form) -> String {
    let text = report(form, &all(), "1.2.3");
    for line in text.lines() {
        assert!(
            is_plain(line.as_bytes()) || form == Form::Junit,
            "{form:?}: {line:?}"
        );
        let is_forged = line.starts_with("::error::forged") || line.starts_with("forged");
        assert!(!is_forged, "{form:?}: {line:?}");
    }
    text
}

#[test]
fn people_see_every_scenario_in_lines_that_cannot_be_forged() {
    let text = text_of(Form::Text);
    let begins = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    let found = [
        "ok     passed",
        "FAILED failed",
        "INCONCLUSIVE inc",
        "ERROR  ",
    ]
    .map(begins);
    assert_eq!(found, [1, 1, 1, 2]);
    let last = "Scenarios: 5, 1 passed, 3 failed (2 could not be run), 1 inconclusive\n";
    assert!(text.ends_with(last), "{text}");
}

#[test]
fn json_gives_back_what_went_in() {
    let json: Json = serde_json::from_str(&text_of(Form::Json)).expect("JSON");
    let results: Vec<_> = json.as_array().expect("a list").iter().collect();
    let ended = |one: &&Json| one["result"].as_str().map(ToOwned::to_owned);
    let ended: Option<Vec<_>> = results.iter().map(ended).collect();
    let expected = ["passed", "failed", "inconclusive", "error", "error"];
    assert_eq!(ended.expect("each has one"), expected);
    assert_eq!(json[0]["description"], EVIL);
    let finding = &json[1]["findings"][0];
    assert_eq!(finding["kind"], "alert-unexpected");
    assert_eq!(finding["details"][0], EVIL);
    assert_eq!(finding["place"]["line"], 7);
    assert_eq!(finding["rule"]["place"]["line"], 70);
    assert_eq!(finding["events"][0]["number"], 9);
    assert_eq!(json[3]["problems"][0]["place"]["line"], 3);
}

/// The tags of an XML text in order, each with its attributes' text; fails where it is not well-formed.
fn xml(text: &str) -> Vec<(String, String)> {
    let body = text
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .expect("a declaration");
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    assert!(body.chars().all(is_char), "XML has no such characters");
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    for part in body.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag ends");
        let entities = rest.split('&').skip(1).chain(tag.split('&').skip(1));
        for entity in entities {
            let known = ["lt;", "gt;", "amp;", "quot;"];
            assert!(
                known.iter().any(|known| entity.starts_with(known)),
                "&{entity}"
            );
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, is_empty) = tag
            .strip_suffix('/')
            .map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let quotes = attributes.matches('"').count();
        assert_eq!(
            quotes,
            attributes.matches("=\"").count() * 2,
            "{attributes}"
        );
        if !is_empty {
            open.push(name.to_owned());
        }
        tags.push((name.to_owned(), attributes.to_owned()));
    }
    assert!(open.is_empty(), "{open:?} end nowhere");
    tags
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let tags = xml(&text_of(Form::Junit));
    let count = |name: &str| tags.iter().filter(|(tag, _)| tag == name).count();
    let found = [
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
    ]
    .map(count);
    assert_eq!(found, [1, 1, 5, 1, 3, 0]);
    let suite = tags.iter().find(|(tag, _)| tag == "testsuite");
    let counts = "tests=\"5\" failures=\"1\" errors=\"3\" skipped=\"0\"";
    assert!(suite.is_some_and(|(_, attributes)| attributes.contains(counts)));
    let needs = |tag: &str, attribute: &str| {
        let mut all = tags.iter().filter(|(name, _)| name == tag);
        assert!(
            all.all(|(_, attributes)| attributes.contains(attribute)),
            "{tag} {attribute}"
        );
    };
    needs("testcase", "name=\"");
    needs("testcase", "classname=\"");
    needs("testcase", "time=\"");
    needs("failure", "message=\"");
    needs("error", "message=\"");
    // What shows nothing says so by its type: it is no pass, and no failure of the rules.
    let of_type = |kind: &str| {
        let kind = format!("type=\"{kind}\"");
        let errors = tags.iter().filter(|(tag, _)| tag == "error");
        errors
            .filter(|(_, attributes)| attributes.ends_with(&kind))
            .count()
    };
    assert_eq!([of_type("inconclusive"), of_type("cannot-run")], [1, 2]);
}

/// What the schema of SARIF 2.1.0 requires of the members that are used.
#[test]
fn sarif_has_what_its_schema_requires() {
    let log: Json = serde_json::from_str(&text_of(Form::Sarif)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert!(run["tool"]["driver"]["name"].is_string());
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str()).collect();
    let results = run["results"].as_array().expect("a list");
    assert_eq!(
        results.len(),
        5,
        "two findings, one inconclusive, two that could not be run"
    );
    for result in results {
        assert!(ids.contains(&result["ruleId"].as_str()), "{result}");
        let level = result["level"].as_str().expect("a level");
        assert!(["error", "warning"].contains(&level), "{result}");
        assert!(
            !result["message"]["text"]
                .as_str()
                .expect("a text")
                .is_empty()
        );
        let related = result["relatedLocations"].as_array();
        let locations = result["locations"].as_array().expect("a list");
        assert_eq!(locations.len(), 1);
        for location in locations.iter().chain(related.into_iter().flatten()) {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"]
                .as_str()
                .expect("a reference");
            let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
            assert!(uri.bytes().all(is_harmless), "{uri}");
            for number in ["startLine", "startColumn"] {
                assert!(
                    place["region"][number]
                        .as_u64()
                        .is_some_and(|number| number >= 1)
                );
            }
        }
    }
    // A finding stands where its rule does, and beside it what the scenario expects.
    let lines = |place: &Json| place["physicalLocation"]["region"]["startLine"].as_u64();
    assert_eq!(lines(&results[0]["locations"][0]), Some(70));
    assert_eq!(lines(&results[0]["relatedLocations"][0]), Some(7));
}

#[test]
fn github_gets_one_command_for_each_thing_that_is_wrong() {
    let text = text_of(Form::Github);
    let lines: Vec<_> = text.lines().collect();
    let (last, commands) = lines.split_last().expect("lines");
    assert!(last.starts_with("Scenarios: 5"));
    assert_eq!(commands.len(), 5);
    for command in commands {
        let (properties, _) = command
            .strip_prefix("::error file=")
            .or_else(|| command.strip_prefix("::warning file="))
            .and_then(|rest| rest.split_once("::"))
            .expect("a command");
        // A file with a colon or a comma would end the property.
        assert_eq!(properties.matches(',').count(), 3, "{properties}");
        assert!(properties.contains(",line=") && properties.contains(",title="));
    }
}

#[test]
fn a_summary_holds_no_markdown_of_others() {
    let text = step_summary(&all());
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with(" |"));
    // The table's head, and a row for each scenario, of three cells.
    let cells = rows.map(|row| row.matches('|').count());
    assert_eq!(cells.collect::<Vec<_>>(), [4; 6]);
    let mut is_code = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        if !is_code && !is_fence {
            let known = ["<details>", "</details>", "<summary>", "</summary>"];
            let bare = known
                .iter()
                .fold(line.to_owned(), |line, tag| line.replace(tag, ""));
            let is_markup = bare.contains(['<', '>', '`', '[', '@']);
            assert!(!is_markup, "{line}");
        }
    }
    assert!(!is_code, "a fence is not closed");
}

#[test]
fn tap_is_version_14_and_excuses_nothing() {
    let text = text_of(Form::Tap);
    let mut lines = text.lines();
    assert_eq!(
        [lines.next(), lines.next()],
        [Some("TAP version 14"), Some("1..5")]
    );
    let mut numbers = Vec::new();
    let mut is_yaml = false;
    for line in lines {
        match line {
            "  ---" => is_yaml = true,
            "  ..." => is_yaml = false,
            _ if is_yaml => {
                let (key, value) = line.trim().split_once(": ").expect("a key");
                assert!(["message", "severity", "file", "data"].contains(&key));
                serde_json::from_str::<Json>(value).expect("JSON, which is YAML");
            }
            _ => {
                let (ok, rest) = line.split_once(" - ").expect("a description");
                let is_directive = |place: usize| !rest[..place].ends_with('\\');
                let mut signs = rest.match_indices('#').map(|(place, _)| place);
                assert!(!signs.any(is_directive), "a directive: {line}");
                numbers.push(ok.to_owned());
            }
        }
    }
    let expected = ["ok 1", "not ok 2", "not ok 3", "not ok 4", "not ok 5"];
    assert_eq!(numbers, expected);
}
