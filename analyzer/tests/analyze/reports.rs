//! `falco-analyze test`: where reports go, and that they say the same of all that became of scenarios.

use std::fs;

use crate::support::{RULES, Workspace, write_intrusion};

/// Scenarios that pass, fail and cannot be run.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    write_intrusion(&workspace, "corpus/capture");
    for (name, more) in [
        ("fails", "nothing_else = true\n"),
        ("passes", "[[expect]]\nrule = \"Program started\"\n"),
        ("wrong", "[[expect]]\nrule = \"Program startet\"\n"),
    ] {
        let text = format!("capture = \"../capture\"\nrules = [\"../../rules.yaml\"]\n{more}");
        workspace.write(&format!("corpus/{name}/scenario.toml"), text);
    }
    workspace
}

#[test]
fn every_form_tells_of_every_scenario_that_did_not_pass() {
    let workspace = workspace();
    for (format, words) in [
        ("text", ["FAILED fails", "ok     passes", "ERROR  wrong"]),
        (
            "json",
            [
                "\"scenario\":\"fails\"",
                "\"scenario\":\"passes\"",
                "\"scenario\":\"wrong\"",
            ],
        ),
        (
            "junit",
            ["name=\"fails\"", "name=\"passes\"", "name=\"wrong\""],
        ),
        (
            "sarif",
            [
                "\"fails: expected",
                "\"version\":\"2.1.0\"",
                "\"wrong: the expectation is of",
            ],
        ),
        (
            "github",
            ["title=fails::", "Scenarios: 3, 1 passed", "title=wrong::"],
        ),
        (
            "tap",
            ["not ok 1 - fails", "ok 2 - passes", "not ok 3 - wrong"],
        ),
    ] {
        let arguments = ["test", "corpus", "--format", format];
        let run = workspace.run(&arguments).ends_with(2);
        let printed = words.iter().fold(run, |run, words| run.says(words)).stdout;
        let arguments = [&arguments[..], &["-o", "report", "-j", "3"]].concat();
        let run = workspace.run(&arguments).ends_with(2);
        assert_eq!(run.stdout, "");
        let written = fs::read_to_string(workspace.path("report")).expect("written");
        if !matches!(format, "json" | "junit") {
            // Those two hold how long it took.
            assert_eq!(written, printed, "{format}");
        }
    }
}

#[test]
fn a_report_is_written_over_nothing_that_is_read() {
    let workspace = workspace();
    workspace.write("corpus/passes/expected.jsonl", "");
    let segment = "corpus/capture/00000001.flc";
    fs::hard_link(workspace.path(segment), workspace.path("link")).expect("linked");
    let check = |file: &str, what: &str| {
        for command in ["test", "coverage"] {
            let before = fs::read(workspace.path(file)).expect("there");
            let run = workspace.run(&[command, "corpus", "-o", file]).ends_with(2);
            assert_eq!(run.stdout, "");
            run.says(&format!("{file} {what}; give another name"));
            let after = fs::read(workspace.path(file)).expect("there");
            assert!(before == after, "{command} {file}");
        }
    };
    let own = "is one of the scenarios' files";
    check("corpus/passes/scenario.toml", own);
    check("corpus/wrong/scenario.toml", own);
    check("corpus/passes/expected.jsonl", own);
    check("rules.yaml", own);
    check(segment, "is one of the captures");
    check("link", "is one of the captures");
    // An older report is no file of theirs.
    for command in ["test", "coverage"] {
        workspace.run(&[command, "corpus/passes", "-o", "old"]);
        let run = workspace.run(&[command, "corpus/passes", "-o", "old"]);
        assert!(!run.stderr.contains("give another name"), "{}", run.stderr);
    }
    // Nor is known what belongs to a capture that cannot be opened.
    fs::write(workspace.path(segment), "no capture").expect("written");
    check(segment, "lies in the capture corpus/fails/../capture");
}

#[test]
fn annotations_stand_at_rules_and_at_mistakes() {
    let workspace = workspace();
    let run = workspace.run(&["test", "corpus", "--format", "github"]);
    run.ends_with(2)
        .says("::error file=rules.yaml,line=5,col=3,title=fails::")
        .says("::error file=corpus/wrong/scenario.toml,line=4,col=8,title=wrong::");
    let run = workspace
        .run(&["test", "corpus", "--format", "sarif"])
        .ends_with(2);
    let log: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let place = |location: &serde_json::Value| {
        let place = &location["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().map(str::to_owned);
        (
            uri.expect("a reference"),
            place["region"]["startLine"].as_u64(),
        )
    };
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let places: Vec<_> = results
        .iter()
        .map(|result| place(&result["locations"][0]))
        .collect();
    let expected = [
        ("rules.yaml", 11),
        ("rules.yaml", 5),
        ("corpus/wrong/scenario.toml", 4),
    ];
    assert_eq!(
        places,
        expected.map(|(file, line)| (file.to_owned(), Some(line)))
    );
    let related = place(&results[0]["relatedLocations"][0]);
    assert_eq!(related, ("corpus/fails/scenario.toml".to_owned(), Some(3)));
}

#[test]
fn a_step_is_summarized_where_it_says_to() {
    let workspace = workspace();
    let summarized = |format: &str, file: &str| {
        let arguments = ["test", "corpus", "--format", format];
        workspace.run_with(&arguments, |command| {
            command.env("GITHUB_STEP_SUMMARY", workspace.path(file));
        })
    };
    let summary = || fs::read_to_string(workspace.path("summary.md")).expect("there");
    // A heading begins behind an empty line, or at the beginning, whatever stands in front of it.
    for (before, between) in [
        ("", ""),
        ("before\n", "\n\n"),
        ("before", "\n\n"),
        ("<details>\n</details>", "\n\n"),
    ] {
        workspace.write("summary.md", before);
        summarized("text", "summary.md").ends_with(2);
        assert_eq!(summary(), before, "nobody asked for it");
        summarized("github", "summary.md").ends_with(2);
        let text = summary();
        let begin = format!("{before}{between}### Scenarios\n");
        assert!(text.starts_with(&begin), "{text}");
        for words in [
            "| ❌ failed | fails |",
            "| ✅ passed | passes |",
            "| ⛔ error | wrong |",
        ] {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }
    let run = summarized("github", "no/where.md").ends_with(2);
    run.says("cannot write the summary of the step");
}

/// A forge shows what is wrong beside the lines of its files, and knows them from the root of the repository on alone.
#[test]
fn files_are_named_from_the_root_of_the_repository_on() {
    let workspace = Workspace::new();
    let scenario = "capture = \"capture\"\nrules = [\"../../rules.yaml\"]\nnothing_else = true\n";
    workspace.write("repository/corpus/shadow/scenario.toml", scenario);
    workspace.write("repository/rules.yaml", RULES);
    workspace.write("repository/.git/HEAD", "ref: refs/heads/main\n");
    write_intrusion(&workspace, "repository/corpus/shadow/capture");
    let check = |here: &str, root: Option<&str>, begin: &str| {
        let given = ["corpus", ".", "."][here.matches('/').count()];
        for (format, sign) in [("github", "::error file="), ("sarif", "\"uri\":\"")] {
            let run = workspace.run_with(&["test", given, "--format", format], |command| {
                command.current_dir(workspace.path(here));
                command.env_remove("GITHUB_WORKSPACE");
                if let Some(root) = root {
                    command.env("GITHUB_WORKSPACE", workspace.path(root));
                }
            });
            run.ends_with(1).says(&format!("{sign}{begin}rules.yaml"));
        }
    };
    for here in [
        "repository",
        "repository/corpus",
        "repository/corpus/shadow",
    ] {
        check(here, None, "");
        check(here, Some("repository"), "");
        check(here, Some(""), "repository/");
        check(here, Some("repository/corpus"), "");
    }
}
