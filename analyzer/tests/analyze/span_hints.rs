//! Who chooses a time by the condition of a rule is told of `--since` and `--until`, and what has nothing of a span is named.

use crate::span::{minutes, workspace};
use crate::support::{CaptureBuilder, Run, Workspace};

const HINT: &str = "events of a time are chosen by --since and --until";

/// A file with one rule.
fn write_rule(workspace: &Workspace, condition: &str, output: &str) {
    let text = format!(
        "- rule: Timely\n  desc: one of a time\n  condition: evt.type = openat and {condition}\n  output: '{output}'\n  priority: NOTICE\n"
    );
    std::fs::write(workspace.path("timely.yaml"), text).expect("writable");
}

fn is_told(run: &Run) -> bool {
    run.stderr.contains(HINT) || run.stdout.contains(HINT)
}

#[test]
fn a_rule_that_cannot_compare_a_time_is_told_of_the_other_way() {
    let workspace = workspace();
    let check = |condition: &str, output: &str, expected: bool| {
        write_rule(&workspace, condition, output);
        for command in [
            &["replay", "capture", "-r", "timely.yaml"][..],
            &["profile", "capture", "-r", "timely.yaml"],
            &["rules", "check", "timely.yaml"],
            &["rules", "list", "-r", "timely.yaml"],
            &[
                "diff",
                "--old",
                "rules.yaml",
                "--new",
                "timely.yaml",
                "capture",
            ],
        ] {
            let run = workspace.run(command).ends_with(2);
            assert_eq!(is_told(&run), expected, "{command:?} {}", run.stderr);
        }
    };
    for condition in [
        "evt.time > \"03:07\"",
        "evt.datetime >= \"2026-01-02 03:07\"",
        "evt.time < 03:07:00",
        "evt.rawtime = \"03:07\"",
    ] {
        check(condition, "at %evt.time", true);
    }
    check("proc.pid > \"03:07\"", "at %evt.time", false);
    check("evt.time exists", "at <%evt.time> of %no.field", false);
    for filter in ["evt.rawtime = \"03:07\"", "evt.time > 03:07:00"] {
        let run = workspace.run(&["events", "capture", "--where", filter]);
        assert!(is_told(&run.ends_with(2)), "{filter}");
    }
}

#[test]
fn a_rule_that_does_compare_a_time_is_told_of_the_other_way() {
    let workspace = workspace();
    let run = |command: &str, more: &[&str]| {
        let all = [&[command, "capture", "-r", "timely.yaml"], more].concat();
        workspace.run(&all).ends_with(0)
    };
    write_rule(
        &workspace,
        "evt.rawtime > 1767323220000000000",
        "at %evt.time",
    );
    for command in ["replay", "profile"] {
        run(command, &[]).says(&format!("rule 'Timely': {HINT}"));
        assert!(!is_told(&run(command, &["--since", "03:07"])));
    }
    write_rule(&workspace, "fd.num > 0", "at %evt.time");
    assert!(!is_told(&run("replay", &[])));
}

#[test]
fn captures_that_have_nothing_of_a_span_are_named() {
    let workspace = workspace();
    let mut later = CaptureBuilder::new("node-b").with_boot(9);
    later.begin_later(3_600);
    minutes(later).write_cut(&workspace.path("later"), 2, 8);
    let run = |span: &[&str]| {
        let replay = ["replay", "capture", "later", "-r", "rules.yaml"];
        workspace.run(&[&replay[..], span].concat()).ends_with(0)
    };
    let told = run(&["--until", "03:30"]);
    told.says("Nothing of the span: in 1 capture: later\n");
    run(&["--since", "03:30"]).says("Nothing of the span: in 1 capture: capture\n");
    let both = run(&["--since", "03:12", "--until", "04:05"]);
    assert!(
        !both.stderr.contains("Nothing of the span"),
        "{}",
        both.stderr
    );
    both.says(" on, of 1 capture from the beginning on; --exact-state");
    assert!(!run(&[]).stderr.contains("Nothing of the span"));
}

#[test]
fn a_local_zone_that_is_none_is_told_with_where_it_was_said() {
    let workspace = workspace();
    let run = |zone: &str, arguments: &[&str]| {
        let events = ["events", "capture", "--since", "03:07"];
        let all = [&events[..], arguments].concat();
        workspace.run_with(&all, |command| {
            command.env("TZ", zone);
        })
    };
    let local = ["--time-zone", "local"];
    for zone in ["Atlantis/Capital", ":", "12345", "/nowhere", "a\nb"] {
        let shown = zone.replace('\n', "\\n");
        run(zone, &local).ends_with(2).says(&format!(
            "`local` is no time zone here: the environment's TZ is '{shown}', which"
        ));
        // Who does not ask for it has nothing to do with it.
        run(zone, &[]).ends_with(0);
    }
    for zone in ["", "UTC", "UTC0", ":UTC"] {
        run(zone, &local).ends_with(0);
    }
}
