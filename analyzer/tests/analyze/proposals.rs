//! `falco-analyze test init`: scenarios from captures.

use std::fs;

use crate::support::{Workspace, intrusion, write_intrusion};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "captures/first");
    workspace
}

#[test]
fn what_is_proposed_passes_and_says_what_came() {
    let workspace = workspace();
    fs::create_dir(workspace.path("corpus")).expect("made");
    let arguments = ["test", "init", "captures/first", "-r", "rules.yaml", "-o"];
    for (directory, name) in [("corpus/new", None), ("corpus/named", Some("a \"name\""))] {
        let named: Vec<&str> = name.iter().flat_map(|name| ["--name", name]).collect();
        let arguments = [&arguments[..], &[directory], &named].concat();
        workspace.run(&arguments).ends_with(0).says(&format!(
            "{directory}: expects 2 alerts of 2 rules, and nothing else"
        ));
        let run = workspace.run(&["test", directory]).ends_with(0);
        let shown = name.unwrap_or("new");
        run.says(&format!("ok     {shown} (2 alerts of 5 events)"));
    }
    let text = fs::read_to_string(workspace.path("corpus/new/scenario.toml")).expect("written");
    let expected = "\
capture = \"../../captures/first\"
rules = [\"../../rules.yaml\"]
nothing_else = true

[[expect]]
rule = \"Program started\"
exactly = 1
[expect.output_fields]
\"proc.exepath\" = \"/usr/bin/cat\"
\"proc.name\" = \"cat\"

[[expect]]
rule = \"Sensitive file read\"
exactly = 1
[expect.output_fields]
\"fd.name\" = \"/etc/shadow\"
\"proc.cmdline\" = \"cat /etc/shadow\"
\"proc.pname\" = \"bash\"
\"user.name\" = \"root\"
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn fields_that_differ_between_alerts_are_left_out() {
    let workspace = workspace();
    let mut capture = intrusion();
    capture.start_program(100, 300, "/usr/bin/id", &["id"]);
    capture.write(&workspace.path("captures/second"));
    let arguments = ["test", "init", "captures/second", "-r", "rules.yaml"];
    workspace
        .run(&arguments)
        .ends_with(0)
        .says("second: expects 3 alerts");
    let text = fs::read_to_string(workspace.path("second/scenario.toml")).expect("written");
    assert!(
        text.contains("rule = \"Program started\"\nexactly = 2\n\n"),
        "{text}"
    );
    workspace.run(&["test", "second"]).ends_with(0);
}

#[test]
fn a_directory_above_that_is_missing_is_named() {
    let workspace = workspace();
    let made = [
        "test",
        "init",
        "captures/first",
        "-r",
        "rules.yaml",
        "-o",
        "new/deep/dir",
    ];
    workspace
        .run(&made)
        .ends_with(2)
        .says("cannot write new/deep/dir: there is no directory new/deep; make it first");
    assert!(!workspace.path("new").exists());
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let workspace = workspace();
    workspace.write("taken/scenario.toml", "precious");
    fs::create_dir(workspace.path("empty")).expect("made");
    std::os::unix::fs::symlink("nowhere", workspace.path("link")).expect("linked");
    for (output, words) in [
        ("taken", "taken is there already"),
        ("empty", "empty is there already"),
        ("link", "link is there already"),
        ("rules.yaml", "rules.yaml is there already"),
        ("no/where", "cannot write no/where"),
    ] {
        let arguments = [
            "test",
            "init",
            "captures/first",
            "-r",
            "rules.yaml",
            "-o",
            output,
        ];
        workspace.run(&arguments).ends_with(2).says(words);
    }
    let precious = fs::read_to_string(workspace.path("taken/scenario.toml")).expect("there");
    assert_eq!(precious, "precious");
    for (capture, rules, words) in [
        ("nowhere", "rules.yaml", "nowhere does not exist"),
        ("captures/first", "nope.yaml", "the rules do not load"),
    ] {
        let arguments = ["test", "init", capture, "-r", rules, "-o", "new"];
        workspace.run(&arguments).ends_with(2).says(words);
        assert!(!workspace.path("new").exists());
    }
}

#[test]
fn a_name_is_no_way_to_elsewhere() {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "capture");
    let elsewhere = workspace.path("elsewhere").display().to_string();
    for name in ["../elsewhere", "a/b", "a/", "..", ".", "", "/", &elsewhere] {
        let asked = [
            "test",
            "init",
            "capture",
            "-r",
            "rules.yaml",
            "--name",
            name,
        ];
        let run = workspace.run(&asked).ends_with(2);
        run.says("give the directory with -o");
        assert!(!workspace.path("elsewhere").exists(), "{name}");
    }
    let asked = ["test", "init", "capture", "-r", "rules.yaml", "--name"];
    workspace
        .run(&[&asked[..], &["plain"]].concat())
        .ends_with(0);
    assert!(workspace.path("plain/scenario.toml").exists());
}
