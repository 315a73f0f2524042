//! Where results go: who may read them, what `-` is, and what is never overwritten.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Workspace, write_intrusion};

fn mode(workspace: &Workspace, name: &str) -> u32 {
    let metadata = fs::metadata(workspace.path(name)).expect("the file is there");
    metadata.permissions().mode() & 0o777
}

/// Commands that write one file, without `-o`.
const COMMANDS: [&[&str]; 5] = [
    &["replay", "capture", "-r", "rules.yaml"],
    &["replay", "capture", "-r", "rules.yaml", "--format", "json"],
    &["events", "capture"],
    &["rules", "check", "rules.yaml", "--format", "sarif"],
    &["export", "scap", "capture", "--compress", "gzip"],
];

#[test]
fn results_are_their_owners_and_a_dash_is_standard_output() {
    for command in COMMANDS {
        let workspace = Workspace::new();
        write_intrusion(&workspace, "capture");
        let to_file = workspace
            .run(&[command, &["-o", "file"]].concat())
            .ends_with(0);
        assert_eq!(to_file.stdout, "", "{command:?}");
        assert_eq!(mode(&workspace, "file"), 0o600, "{command:?}");
        let written = fs::read(workspace.path("file")).expect("readable");
        assert!(!written.is_empty());
        let to_stdout = workspace
            .run(&[command, &["-o", "-"]].concat())
            .ends_with(0);
        let written = String::from_utf8_lossy(&written);
        assert_eq!(to_stdout.stdout, written, "{command:?}");
        assert!(!workspace.path("-").exists());
    }
}

#[test]
fn what_was_readable_by_all_is_not_when_it_is_written_anew() {
    for command in COMMANDS {
        let workspace = Workspace::new();
        write_intrusion(&workspace, "capture");
        workspace.write("file", "old");
        let readable = fs::Permissions::from_mode(0o644);
        fs::set_permissions(workspace.path("file"), readable).expect("set");
        let force = if command[0] == "export" {
            &["--force"][..]
        } else {
            &[]
        };
        workspace
            .run(&[command, &["-o", "file"], force].concat())
            .ends_with(0);
        assert_eq!(mode(&workspace, "file"), 0o600, "{command:?}");
    }
}

#[test]
fn a_rule_file_is_not_overwritten_by_its_alerts() {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "capture");
    let before = fs::read(workspace.path("rules.yaml")).expect("readable");
    fs::hard_link(workspace.path("rules.yaml"), workspace.path("other.yaml")).expect("a link");
    for file in ["rules.yaml", "./rules.yaml", "other.yaml"] {
        workspace
            .run(&["replay", "capture", "-r", "rules.yaml", "-o", file])
            .ends_with(2)
            .says("is one of the rule files; give another name");
        let now = fs::read(workspace.path("rules.yaml")).expect("readable");
        assert_eq!(now, before, "{file}");
    }
}

#[test]
fn a_capture_is_not_overwritten_by_what_is_asked_of_it() {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "capture");
    workspace
        .run(&["export", "scap", "capture", "-o", "file.scap"])
        .ends_with(0);
    for (capture, file) in [
        ("capture", "capture/00000001.flc"),
        ("file.scap", "./file.scap"),
    ] {
        let before = fs::read(workspace.path(file)).expect("readable");
        workspace
            .run(&["replay", capture, "-r", "rules.yaml", "-o", file])
            .ends_with(2)
            .says("is one of the captures");
        workspace.run(&["events", capture, "-o", file]).ends_with(2);
        let sides = ["--old", "rules.yaml", "--new", "rules.yaml"];
        let diff = [&["diff", capture, "-o", file][..], &sides].concat();
        workspace
            .run(&diff)
            .ends_with(2)
            .says("is one of the captures");
        assert_eq!(fs::read(workspace.path(file)).expect("readable"), before);
    }
}

#[test]
fn a_rule_file_is_not_overwritten_by_what_is_said_of_it() {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "capture");
    let rules = fs::read(workspace.path("rules.yaml")).expect("readable");
    workspace.write("rules.d/a.yaml", &rules);
    for (given, file) in [
        ("rules.yaml", "./rules.yaml"),
        ("rules.d", "rules.d/a.yaml"),
    ] {
        for arguments in [
            &["rules", "check", given][..],
            &["diff", "--old", given, "--new", "rules.yaml", "capture"],
        ] {
            workspace
                .run(&[arguments, &["-o", file]].concat())
                .ends_with(2)
                .says("is one of the rule files; give another name");
            let now = fs::read(workspace.path(file)).expect("readable");
            assert_eq!(now, rules, "{arguments:?}");
        }
    }
}
