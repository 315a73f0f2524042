//! Falco's standard macros in front of the rules that we ship: rules of others load after them and fire, and they select what Falco's own select.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use falco_rules::SHIPPED;
use serde_json::Value as Json;

use crate::support::Workspace;

/// Rules as tutorials have them, old style and new.
const TUTORIALS: &str = include_str!("tutorials.yaml");

/// How often each rule of the tutorials alerts on the scripted intrusion.
const FIRED: [(&str, u64); 8] = [
    ("Etc Is Changed", 1),
    ("Installs In Container", 1),
    ("Interactive Shell In Pod", 1),
    ("Miner Tool On Host", 1),
    ("Mount In Pod", 1),
    ("Removed Or Renamed", 24),
    ("Secrets Are Read", 1),
    ("Ssh Leaves", 1),
];

/// Those that must not: nothing of the kind happens there, or they wait until somebody considers them.
const SILENT: [&str; 4] = [
    "Anything Outside",
    "Raw Packets",
    "Streams On The Net",
    "Web Server Starts Shell",
];

fn names(text: &str, kind: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("- "));
    let names = lines.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(": "));
    names.map(str::to_owned).collect()
}

#[test]
fn rules_of_tutorials_load_after_ours_alone_and_fire() {
    let workspace = Workspace::new();
    let file = workspace.write("tutorials.yaml", TUTORIALS);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (capture, ours) = (
        root.join("corpus/first-light/capture"),
        root.join("rules/default"),
    );
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    let (capture, ours, file) = (text(&capture), text(&ours), text(&file));
    let rules = ["replay", &capture, "-r", &ours, "-r", &file];
    let form = ["--rule-matching", "all", "--format", "json"];
    let run = workspace.run(&[&rules[..], &form].concat()).ends_with(0);
    let theirs = names(TUTORIALS, "rule");
    let mut fired: BTreeMap<String, u64> = BTreeMap::new();
    for alert in run.json_lines() {
        let name = alert["rule"].as_str().expect("a name").to_owned();
        if theirs.contains(&name) {
            *fired.entry(name).or_default() += 1;
        }
    }
    let expected = FIRED.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(fired, BTreeMap::from(expected));
    let all = FIRED.iter().map(|(name, _)| *name).chain(SILENT);
    assert_eq!(theirs, all.map(str::to_owned).collect());
    // Of what is ours nothing is told, and of theirs what Falco tells too.
    assert!(!run.stderr.contains("rules/default"), "{}", run.stderr);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
    assert!(run.stderr.contains("deprecated-append"), "{}", run.stderr);
}

/// Definitions alone, with a rule for each macro that has its name and its condition.
fn asked(definitions: &str, macros: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let mut is_rule = false;
    for line in definitions.lines() {
        if line.starts_with("- ") {
            is_rule = !(line.starts_with("- macro:") || line.starts_with("- list:"));
        }
        if !is_rule {
            text.push_str(line);
            text.push('\n');
        }
    }
    for name in macros {
        text += &format!(
            "- rule: {name}\n  desc: d\n  output: o\n  priority: INFO\n  condition: {name}\n"
        );
    }
    text
}

/// What the macros select is compared over every capture of Falco's but the largest, which takes a debug build minutes and agreed when it was asked.
#[test]
fn macros_select_what_falcos_own_select() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        println!("skipped: FALCO_REFERENCE names no rules of Falco's");
        return;
    };
    let files = [
        "falco_rules",
        "falco-incubating_rules",
        "falco-sandbox_rules",
    ];
    let read = |name: &&str| {
        let file = reference.join("rules").join(format!("{name}.yaml"));
        std::fs::read_to_string(file).expect("their rules")
    };
    let theirs: String = files.iter().map(read).collect();
    let standard = SHIPPED.iter().filter(|(name, _)| name.starts_with('0'));
    let ours: String = standard.map(|(_, text)| *text).collect();
    let both: BTreeSet<_> = names(&ours, "macro")
        .intersection(&names(&theirs, "macro"))
        .cloned()
        .collect();
    assert!(both.len() > 100, "{} macros have Falco's names", both.len());
    let workspace = Workspace::new();
    workspace.write("theirs.yaml", asked(&theirs, &both));
    workspace.write("ours.yaml", asked(&ours, &both));
    let captures = std::fs::read_dir(reference.join("captures")).expect("their captures");
    let captures = captures.map(|entry| entry.expect("an entry").path());
    let captures: Vec<String> = captures
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.contains("live-large"))
        .collect();
    let sides = ["diff", "--old", "theirs.yaml", "--new", "ours.yaml"];
    let form = [
        "--rule-matching",
        "all",
        "--format",
        "json",
        "--examples",
        "3",
    ];
    let captures: Vec<&str> = captures.iter().map(String::as_str).collect();
    let run = workspace.run(&[&sides[..], &form, &captures].concat());
    let report: Json = serde_json::from_str(&run.stdout).expect("a JSON object");
    let rules = report["rules"].as_array().expect("rules").iter();
    let other: Vec<&Json> = rules
        .filter(|rule| rule["lost"]["alerts"] != 0 || rule["gained"]["alerts"] != 0)
        .collect();
    assert!(other.is_empty(), "{other:#?}");
    assert!(
        report["new"]["alerts"]
            .as_u64()
            .is_some_and(|alerts| alerts > 100_000)
    );
}

/// The program has the rules of the directory in itself, for every command that judges.
#[test]
fn without_rules_those_that_come_with_the_program_are_used() {
    let workspace = Workspace::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = |path: &str| root.join(path).to_string_lossy().into_owned();
    let (capture, ours) = (text("corpus/first-light/capture"), text("rules/default"));
    for command in [
        &["replay", &capture, "--format", "json"][..],
        &["rules", "list"],
    ] {
        let own = workspace.run(command).ends_with(0);
        let given = workspace
            .run(&[command, &["-r", &ours]].concat())
            .ends_with(0);
        assert_eq!(own.stdout, given.stdout, "{command:?}");
        assert!(
            !own.stdout.is_empty() && !own.stderr.contains("warning"),
            "{}",
            own.stderr
        );
    }
}
