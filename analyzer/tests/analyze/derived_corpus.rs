//! The corpus, sliced and redacted: of what is kept, the rules that we ship say what they said.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Workspace;

/// Every so many captures of the corpus one is taken: all of them take minutes.
const EVERY: usize = 27;

/// The captures of the corpus, in the order of their names.
fn captures() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/scenarios")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.file_name().is_some_and(|name| name == "capture") {
                found.push(path);
            } else if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Alerts of the rules that we ship, whole.
fn alerts(workspace: &Workspace, capture: &str) -> Vec<Value> {
    let run = workspace.run(&["replay", capture, "--format", "json"]);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{}", run.stderr);
    run.json_lines()
}

/// When an alert's event was, and on which CPU.
fn place(alert: &Value) -> String {
    let fields = &alert["output_fields"];
    format!("{} {}", fields["evt.time"], fields["evidence.cpu"])
}

fn events(workspace: &Workspace, capture: &str) -> BTreeSet<String> {
    let run = workspace.run(&["events", capture, "-p", "%evt.rawtime %evt.cpu"]);
    run.stdout.lines().map(str::to_owned).collect()
}

/// Slices a capture in several ways, and counts the alerts that are the same.
fn check_slices(capture: &Path) -> usize {
    let workspace = Workspace::new();
    let capture = text(capture);
    let whole = alerts(&workspace, &capture);
    let alerted = whole
        .iter()
        .filter_map(|alert| alert["output_fields"]["proc.pid"].as_u64());
    let pids: BTreeSet<u64> = alerted.collect();
    let of_pids = pids
        .iter()
        .take(2)
        .map(|pid| ["--pid", &pid.to_string()].map(str::to_owned));
    let conditions = [
        "evt.type in (execve, openat, connect)",
        "evt.rawtime.ns < 500000000",
    ];
    let of_conditions = conditions.map(|condition| ["--where", condition].map(str::to_owned));
    let mut compared = 0;
    for (number, [option, asked]) in of_pids.chain(of_conditions).enumerate() {
        let to = format!("part-{number}");
        let run = workspace.run(&["slice", &capture, "-o", &to, &option, &asked]);
        if run.code == Some(2) {
            let is_refused =
                run.stderr.contains(" lived ") || run.stderr.contains("nothing was written");
            assert!(is_refused, "{capture} {option} {asked}: {}", run.stderr);
            continue;
        }
        let kept = events(&workspace, &to);
        let expected: Vec<&Value> = whole
            .iter()
            .filter(|alert| kept.contains(&place(alert)))
            .collect();
        let sliced = alerts(&workspace, &to);
        assert_eq!(
            sliced.iter().collect::<Vec<_>>(),
            expected,
            "{capture} {option} {asked}"
        );
        compared += sliced.len();
    }
    compared
}

/// Redacts a capture, and counts the alerts that are the same but for what they show.
fn check_redaction(capture: &Path) -> usize {
    let workspace = Workspace::new();
    let capture = text(capture);
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    let redact = [
        "redact",
        &capture,
        "-o",
        "shared",
        "--key",
        "key",
        "--keep-rules",
    ];
    workspace.run(&redact);
    let said = |capture: &str| -> Vec<String> {
        let alerts = alerts(&workspace, capture).into_iter();
        alerts
            .map(|alert| format!("{} {}", alert["rule"], place(&alert)))
            .collect()
    };
    let before = said(&capture);
    assert_eq!(said("shared"), before, "{capture}");
    before.len()
}

/// Checks captures of which every so many is one, from a first one on.
fn check(first: usize, every: usize) {
    let captures = captures();
    assert!(captures.len() > 200, "{} captures", captures.len());
    let some = captures.iter().skip(first).step_by(every);
    let compared: Vec<(usize, usize)> = some
        .map(|path| (check_slices(path), check_redaction(path)))
        .collect();
    let alerting = compared
        .iter()
        .filter(|(sliced, redacted)| *sliced > 0 && *redacted > 0);
    assert!(alerting.count() * 4 > compared.len(), "{compared:?}");
}

#[test]
fn the_rules_say_of_slices_and_redactions_what_they_said() {
    check(EVERY / 2, EVERY);
}

#[test]
#[ignore = "takes minutes; the same of some captures runs with all tests"]
fn the_rules_say_of_slices_and_redactions_of_all_what_they_said() {
    check(0, 1);
}

#[test]
fn what_a_slice_keeps_for_the_state_a_redaction_keeps_for_nothing_else() {
    let workspace = Workspace::new();
    let whole = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture"));
    let slice = [
        "slice",
        &whole,
        "-o",
        "part",
        "--where",
        "evt.type = execve",
    ];
    workspace.run(&slice).ends_with(0);
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    let redact = ["redact", "part", "-o", "shared", "--key", "key"];
    workspace.run(&redact).ends_with(0);
    let info = workspace.run(&["info", "shared", "--format", "json"]);
    let steps = info.json_lines()[0]["derived"].clone();
    for counted in ["events_kept", "events_for_state"] {
        assert!(steps[0][counted].as_u64() > Some(0), "{steps}");
        assert_eq!(steps[1][counted], steps[0][counted], "{counted}");
    }
    assert_eq!(events(&workspace, "shared"), events(&workspace, "part"));
}
