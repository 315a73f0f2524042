//! `falco-analyze test`: scenarios pass, differ, are blessed, cannot be run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::{Workspace, write_intrusion};

const SCENARIO: &str = "\
description = \"cat reads /etc/shadow\"
capture = \"capture\"
rules = [\"../../rules.yaml\"]
fields = [\"fd.name\", \"proc.cmdline\"]
compare_thread = true
";

const STARTED: &str =
    "{\"rule\":\"Program started\",\"priority\":\"Informational\",\"thread\":200}\n";
const READ: &str = "{\"rule\":\"Sensitive file read\",\"priority\":\"Warning\",\"thread\":200,\"output_fields\":{\"fd.name\":\"/etc/shadow\",\"proc.cmdline\":\"cat /etc/shadow\"}}\n";

/// A corpus of one scenario with these expected alerts.
fn corpus(expected: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("corpus/shadow/scenario.toml", SCENARIO);
    write_intrusion(&workspace, "corpus/shadow/capture");
    workspace.write("corpus/shadow/expected.jsonl", expected);
    workspace
}

fn check(expected: &str, code: i32, words: &[&str]) {
    for directory in ["corpus", "corpus/shadow"] {
        let mut run = corpus(expected).run(&["test", directory]).ends_with(code);
        for word in words {
            run = run.says(word);
        }
    }
}

#[test]
fn a_scenario_passes_with_exactly_its_alerts() {
    check(
        &format!("{STARTED}{READ}"),
        0,
        &["ok     shadow (2 alerts of 5 events)", "1 passed, 0 failed"],
    );
}

#[test]
fn a_difference_is_printed_as_alerts() {
    check(
        STARTED,
        1,
        &[
            "FAILED shadow",
            "+ #2 Warning \"Sensitive file read\" thread=200 fd.name=\"/etc/shadow\"",
        ],
    );
    check(
        &format!("{STARTED}{READ}{READ}"),
        1,
        &["- #3 Warning \"Sensitive file read\""],
    );
    check(&format!("{READ}{STARTED}"), 1, &["- #", "+ #"]);
    check(
        &format!("{STARTED}{}", READ.replace("200", "201")),
        1,
        &["- #2", "thread=201", "+ #2"],
    );
}

#[test]
fn blessing_writes_what_came() {
    let workspace = corpus("");
    workspace
        .run(&["test", "corpus", "--bless"])
        .ends_with(0)
        .says("--- corpus/shadow/expected.jsonl")
        .says("@@ -0,0 +1,2 @@")
        .says(&format!("+{STARTED}+{READ}"))
        .says("shadow: expects 2 alerts now");
    let expected =
        fs::read_to_string(workspace.path("corpus/shadow/expected.jsonl")).expect("written");
    assert_eq!(expected, format!("{STARTED}{READ}"));
    workspace.run(&["test", "corpus"]).ends_with(0);
    let modified = || {
        let file = fs::metadata(workspace.path("corpus/shadow/expected.jsonl"));
        file.and_then(|file| file.modified()).expect("there")
    };
    let before = modified();
    workspace
        .run(&["test", "corpus", "--bless"])
        .ends_with(0)
        .says("expects 2 alerts as before");
    assert_eq!(modified(), before, "what stays the same is not written");
}

/// What golden alerts are not, they cannot mend: whoever blesses shall not take the scenario for one that passes.
#[test]
fn blessing_says_what_fails_all_the_same() {
    let never = "[[expect]]\nrule = \"Sensitive file read\"\nnever = true\n";
    let often = "[[expect]]\nrule = \"Program started\"\nexactly = 1\n";
    let budget = "[[budget]]\nper_million_events = 5\n";
    let check = |more: &str, code: i32, words: &[&str]| {
        let workspace = corpus("");
        workspace.write("corpus/shadow/scenario.toml", format!("{SCENARIO}{more}"));
        for now in ["now", "as before"] {
            let mut run = workspace.run(&["test", "corpus", "--bless"]);
            run = run.ends_with(code).says(&format!("expects 2 alerts {now}"));
            for word in words {
                run = run.says(word);
            }
        }
        workspace.run(&["test", "corpus"]).ends_with(code);
    };
    check(often, 0, &[]);
    check(
        &format!("{never}{often}"),
        1,
        &[
            "shadow: 1 expectation of scenario.toml still fails",
            "corpus/shadow/scenario.toml:6:1: expected: 'Sensitive file read' fires never",
        ],
    );
    check(
        &format!("nothing_else = true\n{never}{budget}"),
        1,
        &["shadow: 3 expectations of scenario.toml still fail"],
    );
    check(
        "complete = false\n",
        1,
        &["shadow: 1 expectation of scenario.toml still fails"],
    );
}

#[test]
fn blessing_writes_what_is_asked_for_alone() {
    let workspace = corpus("");
    for (name, more) in [("other", ""), ("plain", "nothing_else = true\n")] {
        let scenario = SCENARIO.replace("capture = \"", "capture = \"../shadow/");
        workspace.write(
            &format!("corpus/{name}/scenario.toml"),
            format!("{scenario}{more}"),
        );
    }
    // `fields` without golden alerts chooses nothing.
    let plain =
        "capture = \"../shadow/capture\"\nrules = [\"../../rules.yaml\"]\nnothing_else = true\n";
    workspace.write("corpus/plain/scenario.toml", plain);
    let expected = |name: &str| {
        let file = workspace.path(&format!("corpus/{name}/expected.jsonl"));
        fs::read_to_string(file).ok()
    };
    let both = format!("{STARTED}{READ}");
    for (option, code, words) in [
        (
            "--bless=shadwo",
            2,
            "no scenario is called 'shadwo' (--bless); did you mean 'shadow'?",
        ),
        ("--bless=plain", 2, "'plain' has no golden alerts"),
    ] {
        workspace
            .run(&["test", "corpus", option])
            .ends_with(code)
            .says(words);
        assert_eq!(
            [expected("shadow"), expected("other")],
            [Some(String::new()), None]
        );
    }
    workspace
        .run(&["test", "corpus", "--bless=shadow"])
        .ends_with(0);
    assert_eq!(
        [expected("shadow"), expected("other")],
        [Some(both.clone()), None]
    );
    workspace.run(&["test", "corpus", "--bless"]).ends_with(0);
    assert_eq!([expected("other"), expected("plain")], [Some(both), None]);
}

#[test]
fn reports_have_forms_for_machines() {
    let workspace = corpus(STARTED);
    let run = workspace
        .run(&["test", "corpus", "--format", "json"])
        .ends_with(1);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report[0]["result"], "failed");
    assert_eq!(report[0]["differences"][0]["kind"], "unexpected");
    workspace
        .run(&["test", "corpus", "--format", "junit"])
        .ends_with(1)
        .says("tests=\"1\" failures=\"1\" errors=\"0\"")
        .says("&quot;Sensitive file read&quot;");
}

#[test]
fn a_scenario_that_cannot_be_run_is_an_error() {
    let check = |file: &str, text: &str, words: &str| {
        let workspace = corpus(&format!("{STARTED}{READ}"));
        workspace.write(&format!("corpus/shadow/{file}"), text);
        workspace.run(&["test", "corpus"]).ends_with(2).says(words);
    };
    check("scenario.toml", "capture = 1", "is not a valid scenario");
    check(
        "scenario.toml",
        &SCENARIO.replace("fields", "feilds"),
        "feilds",
    );
    check(
        "scenario.toml",
        &SCENARIO.replace("rules.yaml", "nope.yaml"),
        "cannot read '",
    );
    check(
        "scenario.toml",
        &SCENARIO.replace("\"capture\"", "\"captur\""),
        "captur does not exist",
    );
    check(
        "scenario.toml",
        "capture = \"capture\"\nrules = [\n",
        "corpus/shadow/scenario.toml:",
    );
    check("expected.jsonl", "not json", "expected.jsonl:1:");
    let workspace = corpus("");
    fs::remove_file(workspace.path("corpus/shadow/expected.jsonl")).expect("removable");
    workspace
        .run(&["test", "corpus"])
        .ends_with(2)
        .says("run with --bless");
    Workspace::new()
        .run(&["test", "."])
        .ends_with(2)
        .says("holds no scenario");
}

#[test]
fn evidence_must_be_as_complete_as_the_scenario_says() {
    let workspace = corpus(&format!("{STARTED}{READ}"));
    workspace.write(
        "corpus/shadow/scenario.toml",
        format!("{SCENARIO}complete = false\n"),
    );
    workspace
        .run(&["test", "corpus"])
        .ends_with(1)
        .says("the capture must be incomplete");
}

#[test]
fn a_scenario_that_cannot_be_read_stops_itself_alone() {
    let workspace = corpus(&format!("{STARTED}{READ}"));
    workspace.write("corpus/broken/scenario.toml", "capture = 1");
    workspace.write(
        "corpus/unknown/scenario.toml",
        SCENARIO.replace("fields", "feilds"),
    );
    workspace.write("nothing/notes.txt", "");
    let all = ["test", "nothing", "corpus", "nowhere"];
    workspace
        .run(&all)
        .ends_with(2)
        .says("ERROR  nothing: nothing holds no scenario")
        .says("ERROR  broken: corpus/broken/scenario.toml is not a valid scenario")
        .says("ERROR  unknown: ")
        .says("ok     shadow")
        .says("ERROR  nowhere: cannot read nowhere")
        .says("Scenarios: 5, 1 passed, 4 failed");
    let run = workspace
        .run(&[&all[..], &["--format", "json"]].concat())
        .ends_with(2);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let results: Vec<_> = (0..5)
        .map(|place| report[place]["result"].as_str())
        .collect();
    let (error, passed) = (Some("error"), Some("passed"));
    assert_eq!(results, [error, error, passed, error, error]);
    workspace
        .run(&[&all[..], &["--format", "junit"]].concat())
        .ends_with(2)
        .says("tests=\"5\" failures=\"0\" errors=\"4\"");
    // Nor does it keep others from being blessed.
    let run = workspace.run(&[&all[..], &["--bless"]].concat());
    run.ends_with(2)
        .says("shadow: expects 2 alerts as before")
        .says("broken: ");
}

#[test]
fn a_scenario_whose_file_is_none_is_an_error() {
    let check = |place: &dyn Fn(&Path), words: &str| {
        let workspace = corpus(&format!("{STARTED}{READ}"));
        fs::create_dir(workspace.path("corpus/odd")).expect("made");
        place(&workspace.path("corpus/odd/scenario.toml"));
        symlink("odd", workspace.path("corpus/other")).expect("linked");
        for format in ["text", "json", "junit", "sarif", "github", "tap"] {
            let run = workspace.run(&["test", "corpus", "--format", format]);
            run.ends_with(2).says("odd").says(words);
        }
        let both = workspace.run(&["test", "corpus"]);
        both.says("Scenarios: 2, 1 passed, 1 failed");
    };
    check(
        &|file| symlink("nowhere", file).expect("linked"),
        "No such file",
    );
    check(
        &|file| fs::create_dir(file).expect("made"),
        "it is a directory, and no file",
    );
    check(
        &|file| symlink("/dev/zero", file).expect("linked"),
        "it is a device, and no file",
    );
    check(
        &|file| {
            let made = Command::new("mkfifo").arg(file).status();
            assert!(made.is_ok_and(|status| status.success()), "mkfifo");
        },
        "it is a pipe, and no file",
    );
    check(
        &|file| {
            let long = fs::File::create(file).and_then(|file| file.set_len(1 << 40));
            long.expect("a sparse file");
        },
        "the file has more than 1048576 bytes",
    );
}

#[test]
fn scenarios_that_share_a_file_are_as_many_as_their_directories() {
    let workspace = corpus(&format!("{STARTED}{READ}"));
    fs::create_dir(workspace.path("corpus/twin")).expect("made");
    let link = workspace.path("corpus/twin/scenario.toml");
    symlink("../shadow/scenario.toml", link).expect("linked");
    let run = workspace.run(&["test", "corpus", "corpus/shadow"]);
    run.ends_with(2)
        .says("ok     shadow")
        .says("ERROR  twin")
        .says("Scenarios: 2, 1 passed, 1 failed");
}

#[test]
fn names_that_select_nothing_are_errors() {
    let check = |scenario: &str, expected: &str, words: &str| {
        let workspace = corpus(expected);
        workspace.write("corpus/shadow/scenario.toml", scenario);
        workspace.run(&["test", "corpus"]).ends_with(2).says(words);
    };
    let good = format!("{STARTED}{READ}");
    let misspelt = SCENARIO.replace("proc.cmdline", "proc.cmdlin");
    check(
        &misspelt,
        &good,
        "'proc.cmdlin', which no rule's output has; did you mean 'proc.cmdline'?",
    );
    check(
        &SCENARIO.replace("fd.name", "container.id"),
        &good,
        "'container.id', which no rule's output has",
    );
    let other = good.replace("Sensitive file read", "Sensitive file reed");
    check(
        SCENARIO,
        &other,
        "expected alert 2 is of 'Sensitive file reed', and there is no such rule; did you mean 'Sensitive file read'?",
    );
    let evidence = SCENARIO.replace("fd.name", "evidence.node");
    let workspace = corpus("");
    workspace.write("corpus/shadow/scenario.toml", evidence);
    workspace.run(&["test", "corpus", "--bless"]).ends_with(0);
}

#[test]
fn blessing_writes_inside_of_the_scenario_alone() {
    let check = |expected: &str, is_written: bool| {
        let workspace = corpus("");
        workspace.write("victim", "precious");
        symlink("../../victim", workspace.path("corpus/shadow/link")).expect("linked");
        fs::create_dir(workspace.path("corpus/shadow/sub")).expect("made");
        let absolute = workspace.path("victim").display().to_string();
        let expected = expected.replace("ABSOLUTE", &absolute);
        let scenario = format!("{SCENARIO}expected = \"{expected}\"\n");
        workspace.write("corpus/shadow/scenario.toml", scenario);
        let before = files(&workspace);
        let run = workspace.run(&["test", "corpus", "--bless"]);
        if is_written {
            run.ends_with(0);
            assert_eq!(files(&workspace), before + 1);
            workspace.run(&["test", "corpus"]).ends_with(0);
        } else {
            run.ends_with(2).says("--bless writes only");
            assert_eq!(files(&workspace), before);
        }
        let victim = fs::read_to_string(workspace.path("victim")).expect("there");
        assert_eq!(victim, "precious", "{expected}");
    };
    check("other.jsonl", true);
    check("sub/other.jsonl", true);
    for outside in [
        "ABSOLUTE",
        "../../victim",
        "link",
        "sub",
        "sub/../../../victim",
    ] {
        check(outside, false);
    }
}

#[test]
fn what_a_scenario_is_made_of_is_not_expected_of_it() {
    for name in [
        "scenario.toml",
        "./scenario.toml",
        "rules.yaml",
        "capture/00000001.flc",
    ] {
        let workspace = corpus(&format!("{STARTED}{READ}"));
        let rules = fs::read(workspace.path("rules.yaml")).expect("there");
        workspace.write("corpus/shadow/rules.yaml", rules);
        let scenario = SCENARIO.replace("../../rules.yaml", "rules.yaml");
        let scenario = format!("{scenario}expected = \"{name}\"\n");
        workspace.write("corpus/shadow/scenario.toml", scenario);
        let path = workspace.path(&format!("corpus/shadow/{name}"));
        let before = fs::read(&path).expect("there");
        for more in [&[][..], &["--bless"]] {
            let run = workspace.run(&[&["test", "corpus"], more].concat());
            run.ends_with(2).says("the scenario itself is made of");
            assert_eq!(fs::read(&path).expect("there"), before, "{name}");
        }
    }
}

/// How many files and directories the corpus has.
fn files(workspace: &Workspace) -> usize {
    let count = |name: &str| fs::read_dir(workspace.path(name)).expect("listed").count();
    count(".") + count("corpus") + count("corpus/shadow") + count("corpus/shadow/sub")
}
