//! Whoever reads the results: one that goes away is no error, and hears of holes all the same; a standard output that is full or was never there is one.

use std::fs;
use std::io;
use std::process::Command;

use crate::support::{Run, Workspace, bless_incomplete, intrusion, segment_files};

/// Captures that are whole, that lack a segment, and a scenario; rules in a layout of their own.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for capture in ["whole", "holes"] {
        intrusion().write_cut(&workspace.path(capture), 1, 1);
    }
    let files = segment_files(&workspace.path("holes"));
    fs::remove_file(&files[2]).expect("removed");
    for name in ["whole", "holes"] {
        let text = format!("capture = \"../../{name}\"\nrules = [\"../../rules.yaml\"]\n");
        workspace.write(&format!("scenarios/{name}/scenario.toml"), text);
        let scenario = format!("scenarios/{name}");
        if name == "whole" {
            workspace.run(&["test", &scenario, "--bless"]).ends_with(0);
        } else {
            bless_incomplete(&workspace, &scenario);
        }
    }
    workspace.write(
        "odd.yaml",
        "- list: a\n  items: [b]\n\n\n\n- list: c\n  items:   [d]\n",
    );
    workspace
}

/// Every command that prints results, over this capture.
fn commands(capture: &'static str) -> Vec<Vec<&'static str>> {
    let scenario = if capture == "whole" {
        "scenarios/whole"
    } else {
        "scenarios/holes"
    };
    vec![
        vec!["info", capture],
        vec!["info", capture, "--format", "json"],
        vec!["verify", capture],
        vec!["events", capture],
        vec!["profile", capture, "-r", "rules.yaml"],
        vec!["replay", capture, "-r", "rules.yaml"],
        vec!["replay", capture, "-r", "rules.yaml", "--format", "json"],
        vec!["export", "scap", capture, "-o", "-"],
        vec!["test", scenario],
        vec!["test", scenario, "--format", "json"],
        vec!["test", scenario, "--format", "junit"],
    ]
}

/// Commands that print and read no capture.
fn others() -> Vec<Vec<&'static str>> {
    vec![
        vec!["rules", "check", "rules.yaml"],
        vec!["rules", "check", "rules.yaml", "--format", "json"],
        vec!["rules", "check", "rules.yaml", "--format", "sarif"],
        vec!["rules", "list", "-r", "rules.yaml"],
        vec!["rules", "describe", "-r", "rules.yaml"],
        vec!["rules", "fields"],
        vec!["rules", "events"],
        vec!["rules", "fmt", "--check", "odd.yaml"],
        vec!["--help"],
        vec!["--version"],
        vec!["replay", "--help"],
        vec!["export", "scap", "--help"],
    ]
}

/// Runs a command whose reader is gone before it begins.
fn unread(workspace: &Workspace, arguments: &[&str]) -> Run {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    workspace.run_with(arguments, |command| {
        command.stdout(writer);
    })
}

#[test]
fn a_reader_that_went_away_is_no_error_and_hides_no_hole() {
    let workspace = workspace();
    for arguments in commands("whole").into_iter().chain(others()) {
        let as_usual = workspace.run(&arguments).code;
        let run = unread(&workspace, &arguments);
        assert_eq!(run.code, as_usual, "{arguments:?}: {}", run.stderr);
        assert!(
            !run.stderr.contains("pipe"),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    for arguments in commands("holes") {
        let run = unread(&workspace, &arguments).ends_with(3);
        // Those that tell of holes in their results have nobody to tell.
        let tells = ["events", "replay", "export"].contains(&arguments[0]);
        let is_told = run.stderr.contains("issing") && run.stderr.contains("Nobody reads");
        assert_eq!(is_told, tells, "{arguments:?}: {}", run.stderr);
    }
    let alerts = ["replay", "whole", "-r", "rules.yaml", "--exit-code"];
    unread(&workspace, &alerts).ends_with(1);
}

#[test]
fn a_standard_output_that_is_full_or_was_never_there_is_an_error() {
    let workspace = workspace();
    let program = env!("CARGO_BIN_EXE_falco-analyze");
    for stream in [">&-", ">/dev/full"] {
        for arguments in commands("whole").into_iter().chain(others()) {
            let run = Command::new("bash")
                .args(["-c", &format!("exec \"$@\" {stream}"), "bash", program])
                .args(&arguments)
                .current_dir(workspace.path("."))
                .output()
                .expect("bash");
            let said = String::from_utf8_lossy(&run.stderr);
            let context = format!("{arguments:?} {stream}: {said}");
            assert_eq!(run.status.code(), Some(2), "{context}");
            assert!(said.contains("cannot write standard output"), "{context}");
        }
    }
}
