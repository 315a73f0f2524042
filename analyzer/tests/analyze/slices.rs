//! Slices as commands see them: alerts, what they say of themselves, and what is refused.

use std::process::Command;

use falco_abi::events::{execve, openat, procexit, procfork};

use crate::support::capture::{CaptureBuilder, Row};
use crate::support::{Workspace, intrusion, segment_files};

const RULES: &str = "
- rule: Program started
  desc: Any.
  condition: evt.type = execve
  output: \"%proc.name of %proc.pname, %proc.pid below %proc.ppid\"
  priority: WARNING
- rule: File opened
  desc: Any.
  condition: evt.type = openat or evt.type = open
  output: \"%fd.name by %proc.cmdline\"
  priority: NOTICE
";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("whole"));
    workspace.write("rules.yaml", RULES);
    workspace
}

/// Alerts of a capture, one line for each, but for numbers that count over all events.
fn alerts(workspace: &Workspace, capture: &str) -> Vec<String> {
    let command = ["replay", capture, "-r", "rules.yaml"];
    let run = workspace.run(&command).ends_with(0);
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn alerts_of_a_slice_are_those_of_what_was_kept() {
    let workspace = workspace();
    let whole = alerts(&workspace, "whole");
    workspace
        .run(&["slice", "whole", "-o", "cat", "--pid", "200"])
        .ends_with(0);
    let cat = alerts(&workspace, "cat");
    assert!(!cat.is_empty() && cat.iter().all(|alert| whole.contains(alert)));
    let by_cat = |alerts: &[String]| alerts.iter().filter(|alert| alert.contains("cat")).count();
    assert_eq!((by_cat(&cat), by_cat(&whole)), (cat.len(), cat.len()));

    // The same by a condition, whose state rests on rows that nobody is shown.
    let opened = "fd.name = /etc/shadow";
    workspace
        .run(&["slice", "whole", "-o", "shadow", "--where", opened])
        .ends_with(0);
    let shadow = alerts(&workspace, "shadow");
    let expected: Vec<_> = whole
        .iter()
        .filter(|alert| alert.contains("/etc/shadow by"))
        .cloned()
        .collect();
    assert_eq!((shadow.len(), shadow), (1, expected));

    // And through a file of Falco's, and back.
    workspace
        .run(&["export", "scap", "shadow", "-o", "shadow.scap"])
        .ends_with(0);
    assert_eq!(alerts(&workspace, "shadow.scap").len(), 1);
}

#[test]
fn a_slice_of_a_slice_names_both_steps() {
    let workspace = workspace();
    workspace
        .run(&["slice", "whole", "-o", "cat", "--pid", "200"])
        .ends_with(0);
    let condition = "evt.type = execve";
    workspace
        .run(&["slice", "cat", "-o", "exec", "--where", condition])
        .ends_with(0);
    let told = workspace.run(&["verify", "exec"]).ends_with(0).stdout;
    let steps: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("Derived: slice"))
        .collect();
    let has = |step: usize, words: &str| steps.get(step).is_some_and(|step| step.contains(words));
    assert!(
        steps.len() == 2 && has(0, "\"200\"") && has(1, condition),
        "{told}"
    );
    // What was kept for the state alone is not there to be asked for.
    let refused = workspace
        .run(&["slice", "exec", "-o", "none", "--where", "proc.pid = 100"])
        .ends_with(2);
    assert!(refused.stderr.contains("nothing was written"));
    assert!(!workspace.path("none").exists() && !workspace.path("none.unfinished").exists());
}

/// A number that `cat` had, and two seconds after its end `less`.
fn used_again() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    for (name, begun) in [("cat", 5_000_000_000), ("less", 7_000_000_000)] {
        let born = Row::new(procfork::EVENT, 200)
            .int(procfork::parent_tid, 100)
            .int(procfork::parent_pid, 100)
            .int(procfork::ptid, 100)
            .int(procfork::flags, 0)
            .text(procfork::comm, "bash");
        let executed = Row::new(execve::EVENT, 200)
            .int(execve::res, 0)
            .text(execve::filename, format!("/usr/bin/{name}"))
            .text(execve::argv, format!("{name}\0"))
            .text(execve::comm, name);
        let opened = Row::new(openat::EVENT, 200)
            .int(openat::fd, 3)
            .text(openat::name, format!("/etc/{name}"));
        let ended = Row::new(procexit::EVENT, 200).int(procexit::status, 0);
        for row in [born, executed, opened, ended] {
            capture.push(row.of(200, begun));
        }
        capture.wait(2_000_000_000);
    }
    capture
}

#[test]
fn a_number_that_was_used_again_needs_a_time() {
    let workspace = workspace();
    used_again().write(&workspace.path("again"));
    let slice = |pid: &str, to: &str| workspace.run(&["slice", "again", "-o", to, "--pid", pid]);
    let refused = slice("200", "none").ends_with(2).stderr;
    assert!(
        refused.contains("lived twice") && refused.contains("say which: 200@"),
        "{refused}"
    );
    assert!(
        refused.contains(" (cat)") && refused.contains(" (less)"),
        "{refused}"
    );
    assert!(!workspace.path("none").exists());
    // What is listed is what can be typed.
    let listed: Vec<&str> = refused
        .split(|c: char| c.is_whitespace() || c == ',')
        .collect();
    let lives: Vec<&str> = listed
        .into_iter()
        .filter(|word| word.starts_with("200@"))
        .collect();
    let [cat, less] = lives[..] else {
        panic!("{refused}");
    };
    for (life, name) in [(cat, "cat"), (less, "less")] {
        slice(life, name).ends_with(0);
        let told = alerts(&workspace, name).join("\n");
        assert_eq!(told.lines().count(), 2, "{told}");
        assert!(told.contains(&format!("/etc/{name} by {name}")), "{told}");
    }
    // Between the two nobody had it, and neither before nor after; the refusal says when somebody had.
    for time in ["2026-01-02T03:04:11Z", "2026-01-01", "2027-01-01"] {
        let refused = slice(&format!("200@{time}"), "none").ends_with(2).stderr;
        let names = [" lived at ", cat, less]
            .iter()
            .all(|part| refused.contains(part));
        assert!(names, "{refused}");
    }
    // Both can be asked for.
    let both = format!("{cat},{less}");
    slice(&both, "both").ends_with(0);
    assert_eq!(alerts(&workspace, "both").len(), 4);
}

/// Six files that are opened, ten seconds apart, in segments of two rows.
fn apart(workspace: &Workspace, name: &str) {
    let mut capture = CaptureBuilder::new("node-a").with_snapshots();
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat"]);
    for number in 0..6 {
        capture.open(200, &format!("/etc/{number}"), 3 + number);
        capture.wait(10_000_000_000);
    }
    capture.write_cut(&workspace.path(name), 1, 2);
}

#[test]
fn a_time_over_several_segments_is_cut_as_a_replay_of_it_answers() {
    let workspace = workspace();
    apart(&workspace, "whole-day");
    let segments = segment_files(&workspace.path("whole-day")).len();
    let mut number = 0;
    let mut check = |span: &[&str], opened: &[&str], parts: usize| {
        number += 1;
        let to = format!("part-{number}");
        workspace
            .run(&[&["slice", "whole-day", "-o", &to], span].concat())
            .ends_with(0);
        let replay = ["replay", "whole-day", "-r", "rules.yaml"];
        let expected = workspace.run(&[&replay, span].concat()).ends_with(0).stdout;
        let told = alerts(&workspace, &to);
        assert_eq!(told, expected.lines().collect::<Vec<_>>(), "{span:?}");
        let files = told
            .iter()
            .filter_map(|alert| Some(alert.split_once("/etc/")?.1));
        let files: Vec<&str> = files.filter_map(|rest| rest.split(' ').next()).collect();
        assert_eq!(files, opened, "{span:?}");
        let verified = workspace.run(&["verify", &to]).ends_with(0);
        assert!(
            verified.stdout.contains("Derived: slice"),
            "{}",
            verified.stdout
        );
        assert_eq!(segment_files(&workspace.path(&to)).len(), parts, "{span:?}");
        // The first is the first of its own, whatever its number was.
        assert!(workspace.path(&format!("{to}/00000001.flc")).exists());
    };
    assert_eq!(segments, 4);
    // The boot was at 03:04:05, and the first event five seconds later.
    check(
        &["--since", "2026-01-02T03:04:25Z"],
        &["2", "3", "4", "5"],
        2,
    );
    check(&["--until", "2026-01-02T03:04:35Z"], &["0", "1", "2"], 3);
    check(
        &[
            "--since",
            "2026-01-02T03:04:25Z",
            "--until",
            "2026-01-02T03:04:45Z",
        ],
        &["2", "3"],
        1,
    );
    let exact = ["--since", "2026-01-02T03:04:25Z", "--exact-state"];
    check(&exact, &["2", "3", "4", "5"], 4);
}

#[test]
fn of_several_captures_it_is_told_which_directory_is_whose() {
    let workspace = workspace();
    used_again().with_boot(9).write(&workspace.path("again"));
    let slice = [
        "slice",
        "whole",
        "again",
        "-o",
        "both",
        "--where",
        "evt.type = openat",
    ];
    let told = workspace.run(&slice).ends_with(0).stderr;
    assert!(
        told.contains("  1: whole\n") && told.contains("  2: again\n"),
        "{told}"
    );
    assert!(workspace.path("both/2/00000001.flc").exists());
    // Of those in which nothing is, none has a directory.
    let slice = [
        "slice",
        "whole",
        "again",
        "-o",
        "one",
        "--where",
        "fd.name = /etc/less",
    ];
    let told = workspace.run(&slice).ends_with(0).stderr;
    assert!(
        told.contains("Nothing that was asked for: in whole\n"),
        "{told}"
    );
    assert!(workspace.path("one/00000001.flc").exists());
}

#[test]
fn nothing_is_written_among_what_is_read() {
    let workspace = workspace();
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    let other = ["slice", "whole", "-o", "other", "--pid", "200"];
    workspace.run(&other).ends_with(0);
    let check = |command: &[&str]| {
        // Nor in another capture, which somebody may read later.
        for output in [
            "whole/part",
            "whole/far/below",
            "./whole/../whole/part",
            "other/part",
        ] {
            let run = workspace
                .run(&[command, &["-o", output]].concat())
                .ends_with(2);
            assert!(run.stderr.contains("lies within"), "{}", run.stderr);
            assert!(
                !workspace.path("whole/part").exists() && !workspace.path("whole/far").exists()
            );
        }
    };
    check(&["slice", "whole", "--pid", "200"]);
    check(&["redact", "whole", "--key", "key"]);
    check(&["repair", "whole"]);
}

#[test]
fn names_from_captures_are_plain_where_they_are_listed() {
    let workspace = workspace();
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    for name in ["a\u{1b}[31m", "b\u{202e}"] {
        capture.start_program(100, 200, &format!("/usr/bin/{name}"), &[name]);
        capture.end(200);
    }
    capture.write(&workspace.path("hostile"));
    let slice = ["slice", "hostile", "-o", "none", "--pid", "200"];
    let refused = workspace.run(&slice).ends_with(2).stderr;
    assert!(
        refused.contains("lived twice") && !refused.contains(['\u{1b}', '\u{202e}']),
        "{refused:?}"
    );
}

#[test]
fn a_slice_that_cannot_be_written_leaves_nothing() {
    let workspace = workspace();
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    // A limit on the size of files stands for a disk that is full: the signal that comes with it is not for commands.
    let run = |command: &str| {
        let program = env!("CARGO_BIN_EXE_falco-analyze");
        let script = format!("trap '' XFSZ; ulimit -f 1; exec '{program}' {command}");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(workspace.path("."))
            .output();
        let output = output.expect("bash runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("cannot be written"), "{stderr}");
        assert!(!workspace.path("out").exists() && !workspace.path("out.unfinished").exists());
    };
    run("slice whole -o out --pid 200");
    run("redact whole -o out --key key");
}
