//! Exit codes: every command in every state that it can end in, and what it says of it; of several, 2 counts before 1 before 3 before 0.

mod derived;
mod handed;
mod ocsf;
mod past;
mod table;

use std::fs;

use table::{CLEAN, Case, FAILED, FOUND, INCOMPLETE, SEVERAL};

use crate::support::{Workspace, bless_incomplete, intrusion, segment_files};

/// Captures that are whole and that lack a segment, each with a scenario that passes and one that differs; a scenario that cannot be run; rules of all kinds.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for capture in ["whole", "holes"] {
        let boot = if capture == "whole" { 7 } else { 9 };
        let recording = intrusion().with_boot(boot);
        recording.write_cut(&workspace.path(capture), 1, 1);
        for scenario in ["passes", "differs"] {
            let directory = format!("tests/{capture}-{scenario}");
            let text = format!("capture = \"../../{capture}\"\nrules = [\"../../rules.yaml\"]\n");
            workspace.write(&format!("{directory}/scenario.toml"), text);
            workspace.run(&["test", &directory, "--bless"]).ends_with(0);
        }
    }
    // What is missing changes no alert: the events of the third segment are not what rules look at.
    let files = segment_files(&workspace.path("holes"));
    fs::remove_file(&files[3]).expect("removed");
    bless_incomplete(&workspace, "tests/holes-passes");
    for capture in ["whole", "holes"] {
        let expected = "{\"rule\":\"Program started\",\"priority\":\"Warning\"}\n";
        workspace.write(&format!("tests/{capture}-differs/expected.jsonl"), expected);
    }
    workspace.write("tests/broken/scenario.toml", "capture = \"nowhere\"\n");
    workspace.write("fine.yaml", "- list: a\n  items: [b]\n");
    workspace.write("bad.yaml", "- rule: A\n  condition: evt.type =\n");
    workspace.write("warned.yaml", "- list: never used\n  items: [a]\n");
    workspace.write(
        "odd.yaml",
        "- list: a\n  items:   [b]\n\n\n\n- list: c\n  items: [d]\n",
    );
    intrusion().write(&workspace.path("to-export"));
    workspace
        .run(&["export", "scap", "to-export", "-o", "whole.scap"])
        .ends_with(0);
    let bytes = fs::read(workspace.path("whole.scap")).expect("written");
    workspace.write("holes.scap", &bytes[..bytes.len() - 10]);
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    workspace
}

/// Commands whose answer is on stdout: what is wrong with the evidence is part of it. Others say on stderr why their code is not 0.
fn answers_on_stdout(command: &[&str]) -> bool {
    matches!(
        command,
        [
            "info" | "summary" | "verify" | "test" | "coverage" | "diff",
            ..
        ] | ["rules", "check" | "fmt", ..]
    )
}

#[test]
fn every_command_ends_with_the_code_of_its_state_and_says_why() {
    let workspace = workspace();
    let mut complaints = Vec::new();
    let derived = [derived::CLEAN, derived::FAILED, derived::INCOMPLETE].concat();
    let handed = [handed::CLEAN, handed::FAILED, handed::INCOMPLETE].concat();
    let all = [CLEAN, FOUND, FAILED, INCOMPLETE, SEVERAL, ocsf::CASES].concat();
    let past = [past::CLEAN, past::FAILED, past::INCOMPLETE].concat();
    for (command, code, words) in [all, derived, handed, past].concat() {
        let run = workspace.run(command);
        let said = if code == 0 || answers_on_stdout(command) {
            format!("{}{}", run.stdout, run.stderr)
        } else {
            run.stderr
        };
        if run.code != Some(code) || !said.contains(words) {
            complaints.push(format!(
                "{command:?}: {:?}, not {code} and {words:?}: {said}",
                run.code
            ));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Every command of the program stands in the table, in each state that it has.
#[test]
fn no_command_is_left_out() {
    let workspace = Workspace::new();
    let names = |arguments: &[&str]| -> Vec<String> {
        let help = workspace.run(&[arguments, &["--help"]].concat()).stdout;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let listed = listed.take_while(|line| !line.is_empty());
        let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let named = names.filter(|name| !name.is_empty() && *name != "help");
        named.map(str::to_owned).collect()
    };
    for name in names(&[]) {
        let below = names(&[&name]);
        let commands = if below.is_empty() {
            vec![String::new()]
        } else {
            below
        };
        for below in commands {
            let stands_in = |cases: &[Case]| {
                cases.iter().any(|(command, ..)| {
                    command[0] == name && (below.is_empty() || command.get(1) == Some(&&*below))
                })
            };
            // Another program answers SQL, and has a table of its own; lists that are compiled in cannot fail but by their options.
            if name == "sql" || (name == "rules" && below == "events") {
                continue;
            }
            let stands_in = |tables: [&[Case]; 4]| tables.into_iter().any(stands_in);
            let clean = [CLEAN, derived::CLEAN, handed::CLEAN, past::CLEAN];
            assert!(stands_in(clean), "{name} {below}: clean");
            let failed = [FAILED, derived::FAILED, handed::FAILED, past::FAILED];
            assert!(stands_in(failed), "{name} {below}: failed");
            let reads_captures = name != "rules" && name != "repair";
            let incomplete = stands_in([
                INCOMPLETE,
                derived::INCOMPLETE,
                handed::INCOMPLETE,
                past::INCOMPLETE,
            ]);
            assert!(!reads_captures || incomplete, "{name}: incomplete");
        }
    }
}
