//! Exit codes: every command in every state that it can end in, and what it says of it; of several, 2 counts before 1 before 3 before 0.

use std::fs;

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
    workspace
}

/// A command, its code, and words of what it says.
type Case = (&'static [&'static str], i32, &'static str);

const CLEAN: &[Case] = &[
    (&["info", "whole"], 0, "Lost: nothing\n"),
    (&["verify", "whole"], 0, "whole: intact"),
    (&["repair", "whole", "-o", "repaired"], 0, "Wrote repaired"),
    (&["events", "whole"], 0, "execve"),
    (
        &["profile", "whole", "-r", "rules.yaml"],
        0,
        "Program started",
    ),
    (
        &["replay", "whole", "-r", "rules.yaml"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["export", "scap", "whole", "-o", "a.scap"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["export", "parquet", "whole", "-o", "tables"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["import", "whole.scap", "-o", "imported"],
        0,
        "Lost: nothing\n",
    ),
    (&["test", "tests/whole-passes"], 0, "passed"),
    (
        &["test", "init", "whole", "-r", "rules.yaml", "-o", "made"],
        0,
        "made: expects ",
    ),
    (&["rules", "check", "rules.yaml"], 0, "ok"),
    (&["rules", "check", "warned.yaml"], 0, "warning"),
    (&["rules", "fmt", "--check", "fine.yaml"], 0, ""),
    (&["rules", "list", "-r", "rules.yaml"], 0, "Program started"),
    (
        &["rules", "describe", "-r", "rules.yaml"],
        0,
        "Program started",
    ),
    (&["rules", "fields"], 0, "proc.name"),
    (&["rules", "events"], 0, "execve"),
    (&["--help"], 0, "Exit codes"),
    (&["--version"], 0, "falco-analyze"),
];

const FOUND: &[Case] = &[
    (
        &["replay", "whole", "-r", "rules.yaml", "--exit-code"],
        1,
        "Alerts: ",
    ),
    (&["test", "tests/whole-differs"], 1, "FAILED"),
    (
        &["rules", "check", "warned.yaml", "--deny-warnings"],
        1,
        "warning",
    ),
    (&["rules", "fmt", "--check", "odd.yaml"], 1, "odd.yaml"),
];

const FAILED: &[Case] = &[
    (&["info", "nowhere"], 2, "nowhere does not exist"),
    (&["verify", "nowhere"], 2, "nowhere does not exist"),
    (&["verify", "whole.scap"], 2, "falco-analyze import"),
    (
        &["repair", "nowhere", "-o", "copy"],
        2,
        "nowhere does not exist",
    ),
    (
        &["repair", "whole", "-o", "-"],
        2,
        "standard output is one stream",
    ),
    (&["events", "nowhere"], 2, "nowhere does not exist"),
    (
        &["profile", "nowhere", "-r", "rules.yaml"],
        2,
        "nowhere does not exist",
    ),
    (
        &["profile", "whole", "-r", "bad.yaml"],
        2,
        "nothing was replayed",
    ),
    (&["events", "whole", "evt.type ="], 2, "does not compile"),
    (
        &["events", "whole", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space left",
    ),
    (
        &["replay", "nowhere", "-r", "rules.yaml"],
        2,
        "nowhere does not exist",
    ),
    (
        &["replay", "whole", "-r", "bad.yaml"],
        2,
        "nothing was replayed",
    ),
    (
        &[
            "replay",
            "whole",
            "-r",
            "rules.yaml",
            "--rule",
            "Program startd",
        ],
        2,
        "did you mean",
    ),
    (
        &["replay", "whole", "-r", "rules.yaml", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space left",
    ),
    (
        &["export", "scap", "nowhere", "-o", "b.scap"],
        2,
        "nowhere does not exist",
    ),
    (
        &["export", "scap", "whole", "-o", "/dev/full"],
        2,
        "/dev/full is no file",
    ),
    (
        &["export", "scap", "whole", "-o", "nowhere/b"],
        2,
        "cannot write nowhere/b",
    ),
    (
        &["export", "parquet", "nowhere", "-o", "more"],
        2,
        "nowhere does not exist",
    ),
    (
        &["export", "parquet", "whole", "-o", "-"],
        2,
        "--format csv",
    ),
    (
        &["export", "parquet", "whole", "-o", "/dev/full"],
        2,
        "/dev/full is not a directory",
    ),
    (
        &["import", "nowhere", "-o", "more"],
        2,
        "nowhere does not exist",
    ),
    (
        &["import", "whole", "-o", "more"],
        2,
        "is a capture already",
    ),
    (
        &["import", "whole.scap", "-o", "/dev/full"],
        2,
        "/dev/full is not a directory",
    ),
    (
        &["import", "whole.scap", "-o", "-"],
        2,
        "standard output is one stream",
    ),
    (
        &["import", "whole.scap", "-o", "rules.yaml"],
        2,
        "rules.yaml is not a directory",
    ),
    (
        &["import", "whole.scap", "-o", "/proc/more"],
        2,
        "cannot write /proc/more",
    ),
    (
        &["repair", "whole", "-o", "rules.yaml"],
        2,
        "rules.yaml is not a directory",
    ),
    (&["test", "tests/broken"], 2, "broken"),
    (
        &["test", "init", "whole", "-r", "rules.yaml"],
        2,
        "whole is there already",
    ),
    (&["rules", "check", "bad.yaml"], 2, "bad.yaml"),
    (
        &["rules", "check", "rules.yaml", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space",
    ),
    (&["rules", "fmt", "bad.yaml", "nowhere"], 2, "nowhere"),
    (&["rules", "list", "-r", "bad.yaml"], 2, "bad.yaml"),
    (
        &["rules", "describe", "-r", "rules.yaml", "Program"],
        2,
        "no rule is named",
    ),
    (
        &["rules", "fields", "--source", "no"],
        2,
        "there is no source",
    ),
    (&["nonsense"], 2, "nonsense"),
    (&["replay"], 2, "CAPTURE"),
];

const INCOMPLETE: &[Case] = &[
    (&["info", "holes"], 3, "issing"),
    (&["verify", "holes"], 3, "issing"),
    (&["events", "holes"], 3, "issing"),
    (&["profile", "holes", "-r", "rules.yaml"], 3, "issing"),
    (&["events", "holes", "-n", "1"], 3, "issing"),
    (&["replay", "holes", "-r", "rules.yaml"], 3, "issing"),
    (&["export", "scap", "holes", "-o", "c.scap"], 3, "issing"),
    (
        &["export", "parquet", "holes", "-o", "holes-tables"],
        3,
        "issing",
    ),
    (
        &["import", "holes.scap", "-o", "holes-imported"],
        3,
        "Damaged",
    ),
    (&["test", "tests/holes-passes"], 3, "INCONCLUSIVE"),
    (
        &[
            "test",
            "init",
            "holes",
            "-r",
            "rules.yaml",
            "-o",
            "made-of-holes",
        ],
        3,
        "the captures lack something",
    ),
];

const SEVERAL: &[Case] = &[
    // Findings before doubts about them.
    (
        &["replay", "holes", "-r", "rules.yaml", "--exit-code"],
        1,
        "issing",
    ),
    (
        &[
            "replay",
            "whole",
            "holes",
            "-r",
            "rules.yaml",
            "--exit-code",
        ],
        1,
        "issing",
    ),
    (&["test", "tests/holes-differs"], 1, "FAILED"),
    (
        &["test", "tests/holes-passes", "tests/whole-differs"],
        1,
        "INCONCLUSIVE",
    ),
    // What failed before all.
    (&["info", "holes", "nowhere"], 2, "nowhere"),
    (
        &[
            "replay",
            "holes",
            "nowhere",
            "-r",
            "rules.yaml",
            "--exit-code",
        ],
        2,
        "nowhere",
    ),
    (&["test", "tests"], 2, "FAILED"),
    (
        &[
            "rules",
            "check",
            "warned.yaml",
            "bad.yaml",
            "--deny-warnings",
        ],
        2,
        "warned.yaml",
    ),
    (
        &["rules", "fmt", "--check", "odd.yaml", "nowhere"],
        2,
        "odd.yaml",
    ),
    // One that is whole excuses none that is not.
    (&["info", "whole", "holes"], 3, "issing"),
    (&["verify", "whole", "holes"], 3, "issing"),
    (
        &["test", "tests/whole-passes", "tests/holes-passes"],
        3,
        "INCONCLUSIVE",
    ),
];

/// Commands whose answer is on stdout: what is wrong with the evidence is part of it. Others say on stderr why their code is not 0.
fn answers_on_stdout(command: &[&str]) -> bool {
    matches!(
        command,
        ["info" | "verify" | "test", ..] | ["rules", "check" | "fmt", ..]
    )
}

#[test]
fn every_command_ends_with_the_code_of_its_state_and_says_why() {
    let workspace = workspace();
    let mut complaints = Vec::new();
    for (command, code, words) in [CLEAN, FOUND, FAILED, INCOMPLETE, SEVERAL].concat() {
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
            assert!(stands_in(CLEAN), "{name} {below}: clean");
            assert!(stands_in(FAILED), "{name} {below}: failed");
            let reads_captures = name != "rules" && name != "repair";
            assert!(
                !reads_captures || stands_in(INCOMPLETE),
                "{name}: incomplete"
            );
        }
    }
}
