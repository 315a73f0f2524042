//! `falco-analyze coverage`: what the corpus proves, who notices mutants, and bad input.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{ERROR, check_message};
use crate::programs::{Ran, analyze, root};

/// Seven rules in one file, of which the corpus' first scenario has an alert each: what is shipped grows, and mutants are many.
const RULES: &str = include_str!("coverage/rules.yaml");

/// A directory with a copy of the corpus' first scenario, whose capture stays where it is, and with rules for it.
fn copy() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let from = root().join("corpus/first-light");
    let rules = directory.path().join("rules.yaml");
    fs::write(&rules, RULES).expect("written");
    let scenario = directory.path().join("scenarios/first");
    fs::create_dir_all(&scenario).expect("made");
    fs::copy(from.join("expected.jsonl"), scenario.join("expected.jsonl")).expect("copied");
    let capture = from.join("capture").canonicalize().expect("it is there");
    let text = fs::read_to_string(from.join("scenario.toml")).expect("it is there");
    let text = text
        .replace(
            "\"capture\"",
            &format!("{:?}", capture.display().to_string()),
        )
        .replace("../../rules/default", "../../rules.yaml");
    fs::write(scenario.join("scenario.toml"), text).expect("written");
    (directory, scenario, rules)
}

fn coverage(directory: &Path, options: &[&str]) -> Ran {
    let directory = directory.to_string_lossy();
    analyze([&["coverage", &*directory], options].concat())
}

fn parsed(ran: &Ran) -> Json {
    serde_json::from_str(&ran.stdout).expect("JSON")
}

#[test]
fn a_scenario_proves_the_same_for_any_number_of_threads() {
    let (_directory, corpus, _) = copy();
    let told: Vec<_> = ["1", "2", "5"]
        .into_iter()
        .map(|jobs| {
            let ran = coverage(&corpus, &["--mutate", "--format", "json", "-j", jobs]);
            ran.expect_code(0);
            ran.stdout
        })
        .collect();
    assert!(told.windows(2).all(|two| two[0] == two[1]));
    let whole: Json = serde_json::from_str(&told[0]).expect("JSON");
    assert_eq!(whole["summary"]["rules"], whole["summary"]["rules_alerted"]);
    let mutants = whole["mutation"]["mutants"].as_array().expect("a list");
    assert_eq!(whole["mutation"]["tried"], mutants.len());
    // Without mutants nothing else is proven: what is asked beside changes no answer.
    let plain = parsed(&coverage(&corpus, &["--format", "json"]));
    assert_eq!(plain["items"], whole["items"]);
    let chosen = |seed: &str| {
        let options = [
            "--mutate", "--budget", "20", "--seed", seed, "--format", "json",
        ];
        let told = parsed(&coverage(&corpus, &options));
        assert_eq!(told["mutation"]["tried"], 20);
        told["mutation"]["mutants"].clone()
    };
    assert_eq!(chosen("4"), chosen("4"));
    assert_ne!(chosen("4"), chosen("5"));
}

/// The rules with the lines of a mutant in place of theirs.
fn changed(rules: &str, mutant: &Json) -> String {
    let lines = |key: &str| -> Vec<String> {
        let lines = mutant[key].as_array().expect("lines").iter();
        lines
            .map(|line| line.as_str().expect("a line").to_owned())
            .collect()
    };
    let mut text: Vec<String> = rules.lines().map(str::to_owned).collect();
    let first = usize::try_from(mutant["line"].as_u64().expect("a line")).expect("few") - 1;
    let before = lines("before");
    let range = first..first + before.len();
    assert_eq!(text[range.clone()], before, "{mutant}");
    text.splice(range, lines("after"));
    text.join("\n") + "\n"
}

#[test]
fn who_notices_a_mutant_fails_of_the_changed_file() {
    let (_directory, scenario, rules) = copy();
    let options = [
        "--mutate", "--budget", "24", "--seed", "3", "--format", "json",
    ];
    let told = parsed(coverage(&scenario, &options).expect_code(0));
    let text = fs::read_to_string(&rules).expect("the rules");
    let mutants = told["mutation"]["mutants"].as_array().expect("a list");
    let mut noticed = 0;
    for mutant in mutants {
        fs::write(&rules, changed(&text, mutant)).expect("written");
        let is_noticed = mutant["fate"] == "noticed";
        noticed += usize::from(is_noticed);
        let ran = analyze(["test", &*scenario.to_string_lossy()]);
        assert_eq!(ran.code, i32::from(is_noticed), "{mutant}\n{}", ran.stdout);
    }
    assert!(noticed > 0 && noticed < mutants.len(), "{noticed}");
}

#[test]
fn too_little_is_a_finding() {
    let (_directory, scenario, _) = copy();
    let check = |options: &[&str], code| {
        let ran = coverage(&scenario, options);
        assert_eq!(ran.code, code, "{options:?}: {}", ran.stderr);
    };
    check(&["--fail-under", "1"], 0);
    check(&["--fail-under", "99%"], 1);
    let mutate = ["--mutate", "--budget", "10", "--fail-under-mutation"];
    check(&[&mutate[..], &["0"]].concat(), 0);
    check(&[&mutate[..], &["100"]].concat(), 1);
}

#[test]
fn a_scenario_that_fails_of_the_rules_as_they_are_notices_nothing() {
    let (_directory, scenario, _) = copy();
    let expected = scenario.join("expected.jsonl");
    let text = fs::read_to_string(&expected).expect("the alerts");
    let less: Vec<_> = text.lines().skip(1).collect();
    fs::write(&expected, less.join("\n")).expect("written");
    let ran = coverage(&scenario, &["--mutate", "--budget", "5"]);
    ran.expect_code(1);
    assert!(ran.stdout.contains("notices no mutant"), "{}", ran.stdout);
    // Nor is it told less of where nobody asks for mutants.
    let ran = coverage(&scenario, &[]);
    ran.expect_code(1);
    for told in [&ran.stdout, &ran.stderr] {
        assert!(told.contains("fail"), "{told}");
    }
    assert!(
        ran.stdout
            .contains("by scenarios alone whose expectations fail")
    );
    let told = parsed(&coverage(&scenario, &["--format", "json"]));
    let differs = told["scenarios"][0]["not_as_expected"].as_array();
    assert!(differs.is_some_and(|list| !list.is_empty()), "{told}");
}

#[test]
fn nothing_tried_is_no_score() {
    let (_directory, scenario, _) = copy();
    let options = ["--mutate", "--budget", "1ms", "--format", "json"];
    let told = parsed(coverage(&scenario, &options).expect_code(0));
    assert_eq!(told["mutation"]["tried"], 0);
    assert!(told["mutation"]["percent"].is_null());
    let options = ["--mutate", "--budget", "1ms", "--fail-under-mutation", "0"];
    let ran = coverage(&scenario, &options);
    ran.expect_code(1);
    let told = "Mutants: none was tried";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

#[test]
fn budgets_judge_mutants_as_they_judge_rules() {
    let (_directory, scenario, rules) = copy();
    let file = scenario.join("scenario.toml");
    let text = fs::read_to_string(&file).expect("the scenario");
    let captures = |line: &&str| line.starts_with("capture =") || line.starts_with("rules =");
    let head: Vec<_> = text.lines().filter(captures).collect();
    assert_eq!(head.len(), 2);
    // Golden alerts are found by their name: without them the budget alone judges.
    fs::remove_file(scenario.join("expected.jsonl")).expect("removed");
    // Seven alerts among 11,444 events: 612 a million. Nothing else is expected of them.
    let write = |most: u32| {
        let budget = format!("[[budget]]\nper_million_events = {most}\n");
        fs::write(&file, format!("{}\n{budget}", head.join("\n"))).expect("written");
    };
    write(650);
    let options = [
        "--mutate", "--budget", "30", "--seed", "5", "--format", "json",
    ];
    let told = parsed(coverage(&scenario, &options).expect_code(0));
    let text = fs::read_to_string(&rules).expect("the rules");
    let mutants = told["mutation"]["mutants"].as_array().expect("a list");
    let mut noticed = 0;
    for mutant in mutants {
        fs::write(&rules, changed(&text, mutant)).expect("written");
        let is_noticed = mutant["fate"] == "noticed";
        noticed += usize::from(is_noticed);
        let ran = analyze(["test", &*scenario.to_string_lossy()]);
        assert_eq!(ran.code, i32::from(is_noticed), "{mutant}\n{}", ran.stdout);
    }
    assert!(noticed > 0 && noticed < mutants.len(), "{noticed}");
    fs::write(&rules, text).expect("written");
    write(600);
    for options in [&["--mutate", "--budget", "2"][..], &[]] {
        let ran = coverage(&scenario, options);
        ran.expect_code(1);
        assert!(
            ran.stdout.contains("per") || ran.stdout.contains("a million"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn what_cannot_be_run_keeps_no_other_from_it() {
    let (directory, scenario, rules) = copy();
    let scenarios = directory.path().join("scenarios");
    let text = fs::read_to_string(scenario.join("scenario.toml")).expect("the scenario");
    let beside = |name: &str, text: &str| {
        let place = scenarios.join(name);
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join("scenario.toml"), text).expect("written");
    };
    fs::write(directory.path().join("bad.yaml"), "- rule: [x\n").expect("written");
    beside("broken", "capture = [");
    beside("bad-rules", &text.replace("rules.yaml", "bad.yaml"));
    beside(
        "no-capture",
        "capture = \"nowhere\"\nrules = [\"../../rules.yaml\"]\n",
    );
    let ran = coverage(&scenarios, &["--format", "json"]);
    for name in ["broken", "bad-rules", "no-capture"] {
        check_message("beside others", &ran, ERROR, &[name]);
    }
    let told = parsed(&ran);
    let scenarios_told = told["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios_told.len(), 4);
    assert_eq!(told["summary"]["rules_alerted"], told["summary"]["rules"]);
    assert!(rules.is_file());
}

#[test]
fn bad_input_is_one_message() {
    let (directory, scenario, _) = copy();
    let check = |options: &[&str], words: &[&str]| {
        check_message("coverage", &coverage(&scenario, options), ERROR, words);
    };
    check(&["-o", "/nowhere/at/all"], &["/nowhere/at/all"]);
    check(&["--mutate", "--budget", "often"], &["--budget", "30s"]);
    check(&["--seed", "1"], &["--mutate"]);
    check(&["--fail-under", "101"], &["percent"]);
    check(&["--format", "xml"], &["lcov"]);
    check(&["--tag", "nothing"], &["nothing"]);
    let empty = directory.path().join("empty");
    fs::create_dir(&empty).expect("made");
    check_message("empty", &coverage(&empty, &[]), ERROR, &["empty"]);
    let nowhere = directory.path().join("nowhere");
    check_message("nowhere", &coverage(&nowhere, &[]), ERROR, &["nowhere"]);
}

#[test]
fn every_form_is_what_its_readers_take() {
    let (directory, scenario, rules) = copy();
    let text = fs::read_to_string(&rules).expect("the rules");
    let hostile = "Write <b onclick=x>Below</b> Etc";
    fs::write(&rules, text.replace("Write Below Etc", hostile)).expect("written");
    let expected = scenario.join("expected.jsonl");
    let text = fs::read_to_string(&expected).expect("the alerts");
    fs::write(&expected, text.replace("Write Below Etc", hostile)).expect("written");
    let scenario_file = scenario.join("scenario.toml");
    let text = fs::read_to_string(&scenario_file).expect("the scenario");
    let text = text.replace("Write Below Etc", hostile);
    fs::write(&scenario_file, text).expect("written");
    let page = directory.path().join("page.html");
    let ran = coverage(
        &scenario,
        &["--format", "html", "-o", &page.to_string_lossy()],
    );
    ran.expect_code(0);
    let page = fs::read_to_string(page).expect("a page");
    assert!(page.contains("&lt;b onclick=x&gt;") && !page.contains("<b onclick"));
    let lcov = coverage(&scenario, &["--format", "lcov"]);
    lcov.expect_code(0);
    let count = |prefix: &str| {
        lcov.stdout
            .lines()
            .filter(|line| line.starts_with(prefix))
            .count()
    };
    let told = |prefix: &str| -> usize {
        let line = lcov
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(prefix));
        line.and_then(|number| number.parse().ok())
            .expect("a number")
    };
    assert_eq!(count("SF:"), 1);
    assert_eq!(count("DA:"), told("LF:"));
    assert_eq!(count("BRDA:"), told("BRF:"));
    assert_eq!(count("FN:"), told("FNF:"));
    let layer = parsed(&coverage(&scenario, &["--format", "navigator"]));
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert!(
        layer["techniques"]
            .as_array()
            .is_some_and(|list| list.len() > 3)
    );
}
