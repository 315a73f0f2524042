//! `falco-analyze test`: which scenarios are found, which of them are meant, and what they are called.

use std::fs;

use crate::expectations::{read, scenario};

#[test]
fn a_scenario_may_be_named_by_its_file() {
    let workspace = scenario(&read(""));
    for given in ["shadow/scenario.toml", "./shadow/scenario.toml"] {
        workspace
            .run(&["test", given])
            .ends_with(0)
            .says("ok     shadow (2 alerts of 5 events)");
    }
    // The same scenario is run once, whatever it is called.
    workspace
        .run(&["test", "shadow", "shadow/scenario.toml"])
        .ends_with(0)
        .says("Scenarios: 1, 1 passed");
    let shadow = workspace.path("shadow");
    workspace
        .run_with(&["test", "scenario.toml"], |command| {
            command.current_dir(shadow);
        })
        .ends_with(0)
        .says("ok     shadow");
    workspace
        .run(&["test", "other/scenario.toml"])
        .ends_with(2)
        .says("cannot read other/scenario.toml");
    // Any other file is none.
    workspace
        .run(&["test", "rules.yaml"])
        .ends_with(2)
        .says("cannot read rules.yaml");
}

#[test]
fn filters_choose_scenarios_and_one_that_means_none_is_an_error() {
    let workspace =
        scenario("tags = [\"files\"]\ntechniques = [\"T1003.008\"]\nnothing_else = true\n");
    let other = "name = \"starts\"\ncapture = \"../shadow/capture\"\nrules = [\"../rules.yaml\"]\ntags = [\"process\"]\n[[expect]]\nrule = \"Program started\"\n";
    workspace.write("other/scenario.toml", other);
    let all = "Scenarios: 2, 1 passed, 1 failed";
    let (shadow, starts) = (
        "Scenarios: 1, 0 passed, 1 failed",
        "Scenarios: 1, 1 passed, 0 failed",
    );
    for (filter, code, words) in [
        (&[][..], 1, all),
        (&["--name", "shad"], 1, shadow),
        (&["--name", "sta*s"], 0, starts),
        (&["--name", "shad", "--name", "starts"], 1, all),
        (&["--tag", "process"], 0, starts),
        (&["--tag", "*"], 1, all),
        (&["--technique", "T1003"], 1, shadow),
        (&["--technique", "t1003.008"], 1, shadow),
        (&["--rule", "*started"], 0, starts),
        (&["--name", "start", "--tag", "process"], 0, starts),
        (
            &["--name", "starst"],
            2,
            "no scenario is called 'starst' (--name); did you mean 'starts'?",
        ),
        (
            &["--tag", "Process"],
            2,
            "no scenario has the tag 'Process' (--tag); did you mean 'process'?",
        ),
        (
            &["--technique", "T1059"],
            2,
            "no scenario shows the technique 'T1059'",
        ),
        (
            &["--rule", "Program startet"],
            2,
            "did you mean 'Program started'?",
        ),
        (
            &["--tag", "process", "--tag", "nosuch"],
            2,
            "no scenario has the tag 'nosuch'",
        ),
        (&["--name", "start", "--tag", "files"], 2, "leave none"),
    ] {
        let arguments = [&["test", "."][..], filter].concat();
        workspace.run(&arguments).ends_with(code).says(words);
    }
    // Nobody knows what a scenario is about that cannot be read.
    workspace.write("broken/scenario.toml", "capture = 1\n");
    let run = workspace.run(&["test", ".", "--name", "starts"]);
    run.ends_with(2).says("ERROR  broken").says("ok     starts");
}

#[test]
fn scenarios_are_found_at_any_depth_and_once() {
    let workspace = scenario(&read(""));
    let text = fs::read_to_string(workspace.path("shadow/scenario.toml")).expect("there");
    let deep = text.replace("capture\"", "../../../shadow/capture\"");
    let deep = deep.replace("../rules.yaml", "../../../rules.yaml");
    workspace.write("a/b/deep/scenario.toml", &deep);
    workspace.write("a/.hidden/scenario.toml", "not read");
    for directories in [&["."][..], &[".", "a", "a/b/deep", "shadow"]] {
        let arguments = [&["test"][..], directories].concat();
        let run = workspace.run(&arguments).ends_with(0);
        let lines: Vec<_> = run.stdout.lines().collect();
        let expected = [
            "ok     deep (2 alerts of 5 events)",
            "ok     shadow (2 alerts of 5 events)",
            "Scenarios: 2, 2 passed, 0 failed",
        ];
        assert_eq!(lines, expected);
    }
    let ran = |threads: &str| workspace.run(&["test", ".", "-j", threads]).stdout;
    assert_eq!(ran("1"), ran("8"));
}

#[test]
fn scenarios_of_one_name_are_told_apart_by_their_directories() {
    let workspace = scenario(&read(""));
    let more = [
        ("a/same", ""),
        ("b/same", ""),
        ("c", "name = \"same\"\n"),
        ("d", "name = \"other\"\n"),
    ];
    for (directory, more) in more {
        let up = "../".repeat(directory.matches('/').count() + 1);
        let text = format!(
            "capture = \"{up}shadow/capture\"\nrules = [\"{up}rules.yaml\"]\nexpected = \"expected.jsonl\"\n{more}"
        );
        workspace.write(&format!("{directory}/scenario.toml"), text);
    }
    let golden = |directory: &str| {
        let file = workspace.path(directory).join("expected.jsonl");
        fs::read_to_string(file).ok()
    };
    let directories = ["a/same", "b/same", "c", "d"];
    // A name of several writes none of them, whatever else is named; one of a single one writes that.
    for names in [&["--bless=same"][..], &["--bless=other", "--bless=same"]] {
        let run = workspace.run(&[&["test", "a", "b", "c", "d"], names].concat());
        run.ends_with(2)
            .says("3 scenarios are called 'same' (--bless): a/same, b/same, c; name the directory")
            .says("nothing was written");
        assert!(directories.iter().all(|one| golden(one).is_none()));
    }
    let run = workspace.run(&["test", "a", "d", "--bless=same"]);
    run.ends_with(0).says("same: expects 2 alerts now");
    assert_eq!(
        directories.map(|one| golden(one).is_some()),
        [true, false, false, false]
    );
    // Whoever blesses all of them is told which.
    let run = workspace.run(&["test", "a", "b", "c", "d", "--bless"]);
    run.ends_with(0)
        .says("same (a/same): expects 2 alerts as before")
        .says("same (b/same): expects 2 alerts now")
        .says("same (c): expects 2 alerts now")
        .says("other: expects 2 alerts now");

    let words = ["same (a/same)", "same (b/same)", "same (c)", "other"];
    for format in ["text", "json", "junit", "tap"] {
        let run = workspace.run(&["test", "a", "b", "c", "d", "--format", format]);
        let run = run.ends_with(0);
        for word in words {
            assert!(
                run.stdout.contains(word),
                "{format}: {word}\n{}",
                run.stdout
            );
        }
    }
    for format in ["json", "html"] {
        let run = workspace.run(&["coverage", "a", "b", "c", "d", "--format", format]);
        let run = run.ends_with(0);
        for word in words {
            assert!(
                run.stdout.contains(word),
                "{format}: {word}\n{}",
                run.stdout
            );
        }
    }
    // Of one that is chosen alone its name says all.
    let run = workspace.run(&["test", "a"]).ends_with(0);
    run.says("ok     same (2 alerts of 5 events)");
}
