//! `falco-analyze replay`: alerts, their forms, selections, exit codes.

use falco_abi::Lane;

use crate::support::capture::CaptureBuilder;
use crate::support::{Workspace, intrusion, write_intrusion};

#[test]
fn alerts_are_lines_of_text() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let run = workspace
        .run(&["replay", &capture, "-r", "rules.yaml"])
        .ends_with(0);
    assert_eq!(
        run.stdout,
        "2026-01-02T03:04:10.000001000Z: Informational Started /usr/bin/cat as cat\n\
         2026-01-02T03:04:10.000002000Z: Warning Secrets read (file=/etc/shadow command=cat /etc/shadow parent=bash user=root)\n"
    );
    run.says("Events: 5 in 1 segment")
        .says("Rules: 2 loaded, 2 alerted")
        .says("Alerts: 2")
        .says("Lost: nothing");
}

#[test]
fn alerts_have_falcos_keys_in_json() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let run = workspace
        .run(&["replay", &capture, "-r", "rules.yaml", "--format", "json"])
        .ends_with(0);
    let line = run.stdout.lines().nth(1).expect("the second alert");
    assert_eq!(
        line,
        "{\"hostname\":\"node-a\",\
         \"output\":\"03:04:10.000002000: Warning Secrets read (file=/etc/shadow command=cat /etc/shadow parent=bash user=root)\",\
         \"output_fields\":{\
         \"evidence.boot\":\"07070707-0707-0707-0707-070707070707\",\"evidence.boottime\":5000002000,\
         \"evidence.complete\":true,\"evidence.cpu\":0,\
         \"evidence.id\":\"07070707-0-5000002000-bd2b1500\",\"evidence.node\":\"node-a\",\
         \"evt.time\":1767323050000002000,\"fd.name\":\"/etc/shadow\",\
         \"proc.cmdline\":\"cat /etc/shadow\",\"proc.pname\":\"bash\",\"user.name\":\"root\"},\
         \"priority\":\"Warning\",\"rule\":\"Sensitive file read\",\"source\":\"syscall\",\
         \"tags\":[\"credentials\",\"filesystem\"],\"time\":\"2026-01-02T03:04:10.000002000Z\"}"
    );
}

/// Each selection leaves these rules' alerts, by their first words.
fn check_selection(arguments: &[&str], expected: &[&str]) {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let mut all = vec!["replay", &capture, "-r", "rules.yaml", "--format", "json"];
    all.extend(arguments);
    let run = workspace.run(&all).ends_with(0);
    let rules: Vec<_> = run
        .json_lines()
        .iter()
        .map(|alert| alert["rule"].as_str().map(str::to_owned))
        .collect();
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| rule.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(rules, expected, "{arguments:?}");
}

#[test]
fn rules_are_selected_by_priority_name_and_tag() {
    check_selection(&[], &["Program started", "Sensitive file read"]);
    check_selection(&["--priority", "warning"], &["Sensitive file read"]);
    check_selection(&["--rule", "*started"], &["Program started"]);
    check_selection(&["--tag", "filesystem"], &["Sensitive file read"]);
    check_selection(&["--disable-tag", "filesystem"], &["Program started"]);
    check_selection(
        &["--rule", "*", "--disable-rule", "*file*"],
        &["Program started"],
    );
}

const OVERLAPPING: &str = "\
- rule: First
  desc: First
  condition: evt.type = openat and fd.name = /etc/shadow
  output: first
  priority: NOTICE
- rule: Second
  desc: Second
  condition: evt.type = openat and fd.name startswith /etc
  output: second %fd.num
  priority: ERROR
";

fn check_matching(arguments: &[&str], expected: &str) {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    workspace.write("rules.d/a.yaml", OVERLAPPING);
    let mut all = vec!["replay", &capture, "-r", "rules.d"];
    all.extend(arguments);
    assert_eq!(
        workspace.run(&all).ends_with(0).stdout,
        expected,
        "{arguments:?}"
    );
}

#[test]
fn the_first_rule_alerts_or_every_one() {
    let (shadow, hostname) = (
        "2026-01-02T03:04:10.000002000Z",
        "2026-01-02T03:04:10.000003000Z",
    );
    check_matching(
        &[],
        &format!("{shadow}: Notice first\n{hostname}: Error second 4\n"),
    );
    check_matching(
        &["--rule-matching", "all"],
        &format!("{shadow}: Notice first\n{shadow}: Error second 3\n{hostname}: Error second 4\n"),
    );
}

#[test]
fn alerts_go_to_a_file_and_decide_the_exit_code_when_asked() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let run = workspace
        .run(&[
            "replay",
            &capture,
            "-r",
            "rules.yaml",
            "-o",
            "alerts",
            "--exit-code",
        ])
        .ends_with(1);
    assert_eq!(run.stdout, "");
    let alerts = std::fs::read_to_string(workspace.path("alerts")).expect("the file of alerts");
    assert_eq!(alerts.lines().count(), 2);
    let mut quiet = CaptureBuilder::new("node-a");
    quiet.shell(100);
    quiet.open(100, "/etc/hostname", 3);
    quiet.write(&workspace.path("quiet"));
    let run = ["replay", "quiet", "-r", "rules.yaml", "--exit-code"];
    workspace.run(&run).ends_with(0);
}

#[test]
fn a_selection_that_selects_nothing_is_an_error() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let replay = ["replay", &capture, "-r", "rules.yaml"];
    let cases: [(&[&str], &str); 9] = [
        (
            &["--rule", "nothing"],
            "no rule has the name 'nothing' (--rule)",
        ),
        (
            &["--rule", "program started"],
            "did you mean 'Program started'?",
        ),
        (
            &["--rule", "*startd*"],
            "no rule has the name '*startd*' (--rule)",
        ),
        (
            &["--disable-rule", "Sensitive file reed"],
            "did you mean 'Sensitive file read'?",
        ),
        (
            &["--tag", "proces"],
            "no rule carries the tag 'proces' (--tag); did you mean 'process'?",
        ),
        (
            &["--disable-tag", "x"],
            "no rule carries the tag 'x' (--disable-tag)",
        ),
        (
            &["--rule", "Program*", "--disable-tag", "process"],
            "leave none",
        ),
        (&["--priority", "emergency"], "leave none"),
        (&["--rule", "a", "--tag", "b"], "(--tag)"),
    ];
    for (arguments, words) in cases {
        let run = workspace.run(&[&replay[..], arguments].concat());
        let run = run.ends_with(2).says(words);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
    workspace
        .run(&[&replay[..], &["--rule", "*started*"]].concat())
        .ends_with(0);
}

#[test]
fn the_time_is_falcos_on_request_and_lines_name_the_node_where_several_are_read() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let mut other = CaptureBuilder::new("node-b");
    other.shell(1);
    other.open(1, "/etc/shadow", 3);
    other.write(&workspace.path("other"));
    let check = |arguments: &[&str], expected: &[&str]| {
        let mut all = vec!["replay", "-r", "rules.yaml", "--rule", "Sensitive*"];
        all.extend(arguments);
        let run = workspace.run(&all).ends_with(0);
        let heads = run.stdout.lines().map(|line| line.split(" Secrets").next());
        let heads: Vec<_> = heads.map(Option::unwrap_or_default).collect();
        assert_eq!(heads, expected, "{arguments:?}");
    };
    let full = "2026-01-02T03:04:10.000002000Z";
    check(&[&capture], &[&format!("{full}: Warning")]);
    check(
        &[&capture, "--time", "short"],
        &["03:04:10.000002000: Warning"],
    );
    check(
        &[&capture, "other", "--time", "short"],
        &[
            "03:04:10.000002000 node-a: Warning",
            "03:04:10.000000000 node-b: Warning",
        ],
    );
    // What is given twice is read once, and is of one node.
    check(&[&capture, &capture], &[&format!("{full}: Warning")]);
}

#[test]
fn times_are_printed_in_the_zone_asked_for() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let zoned =
        |zone: &str| workspace.run(&["replay", &capture, "-r", "rules.yaml", "--time-zone", zone]);
    let local = workspace.run_with(&["replay", &capture, "-r", "rules.yaml"], |command| {
        command.env("TZ", "Asia/Tokyo");
    });
    assert!(
        local.stdout.starts_with("2026-01-02T03:04:10.000001000Z: "),
        "the zone of the machine changes nothing unless asked for"
    );
    if std::path::Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
        assert!(
            zoned("Asia/Tokyo")
                .ends_with(0)
                .stdout
                .starts_with("2026-01-02T12:04:10.000001000+09:00: ")
        );
    }
    zoned("Nowhere/At_All")
        .ends_with(2)
        .says("'Nowhere/At_All' is no time zone");
}

#[test]
fn loss_is_said_and_marks_the_alerts_that_may_rest_on_it() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.start_program(100, 300, "/usr/bin/cat", &["cat", "/etc/sudoers"]);
    capture.lose(Lane::Process, 4);
    capture.open(300, "/etc/sudoers", 3);
    capture.start_program(100, 400, "/usr/bin/tac", &["tac", "/etc/shadow"]);
    capture.write(&workspace.path("capture"));
    let arguments = [
        "replay",
        "capture",
        "-r",
        "rules.yaml",
        "--format",
        "json",
        "--exit-code",
    ];
    // Alerts where they are asked for count before doubts.
    workspace.run(&arguments).ends_with(1);
    let run = workspace
        .run(&arguments[..6])
        .ends_with(3)
        .says("Lost: 4 events (1 interval)")
        .says("ring_full, lane process");
    let complete: Vec<_> = run
        .json_lines()
        .iter()
        .map(|alert| alert["output_fields"]["evidence.complete"].as_bool())
        .collect();
    assert_eq!(
        complete[..4],
        [Some(true), Some(true), Some(true), Some(false)],
        "{}",
        run.stdout
    );
}

#[test]
fn captures_are_replayed_one_after_the_other_with_their_own_state() {
    let workspace = Workspace::new();
    let first = write_intrusion(&workspace, "first");
    intrusion().with_boot(8).write(&workspace.path("second"));
    let run = workspace
        .run(&[
            "replay",
            &first,
            "second",
            "-r",
            "rules.yaml",
            "--format",
            "json",
        ])
        .ends_with(0);
    let boots: Vec<_> = run
        .json_lines()
        .iter()
        .map(|alert| alert["output_fields"]["evidence.boot"].to_string())
        .collect();
    assert_eq!(boots.len(), 4);
    assert!(
        boots[1].starts_with("\"07") && boots[2].starts_with("\"08"),
        "{boots:?}"
    );
}

#[test]
fn a_closed_pipe_is_success() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let run = workspace.run_with(&["replay", &capture, "-r", "rules.yaml"], |command| {
        command.stdout(writer);
    });
    run.ends_with(0).says("Nobody reads the results any more");
}
