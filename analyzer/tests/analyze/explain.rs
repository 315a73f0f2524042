//! `falco-analyze explain`: reasons, the nearest events, and what is said where there is nothing to explain.

use falco_abi::Lane;

use crate::support::{Run, Workspace, intrusion, write_intrusion};

/// A rule that comes first, one that it shadows, and some that nothing matches.
const MORE: &str = "\
- rule: Any open
  desc: d
  condition: evt.type = openat and fd.name startswith /etc/sh
  output: o
  priority: INFO
- rule: Shadow opened
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: o
  priority: INFO
- rule: Opened by a shell
  desc: d
  condition: evt.type = openat and proc.name in (bash, \"z sh\") and fd.num > 3
  output: o
  priority: INFO
- rule: Switched off
  desc: d
  condition: evt.type = openat
  output: o
  priority: INFO
  enabled: false
- rule: Connects
  desc: d
  condition: evt.type in (connect, bind)
  output: o
  priority: INFO
";

fn workspace() -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.write("more.yaml", MORE);
    let capture = write_intrusion(&workspace, "capture");
    (workspace, capture)
}

fn run(rule: &str, arguments: &[&str]) -> Run {
    let (workspace, capture) = workspace();
    let fixed = ["explain", &capture, "-r", "rules.yaml", "-r", "more.yaml"];
    let all = [&fixed[..], &["--rule", rule], arguments].concat();
    workspace.run(&all)
}

#[test]
fn an_alert_is_explained() {
    let found = run("Sensitive file read", &["--event", "3"]).ends_with(0);
    assert_eq!(
        found.stdout,
        "\
Rule:    Sensitive file read (rules.yaml:5:3)
Event:   3 2026-01-02T03:04:10.000002000Z cat (200) openat
Verdict: alerts
Output:  Secrets read (file=/etc/shadow command=cat /etc/shadow parent=bash
         user=root)

*  true  and
*  true    opens_for_reading (rules.yaml:7)
*  true      and
*  true        evt.type in (open, openat, openat2)
                   has openat (rules.yaml:4)
*  true        evt.is_open_read = true
                   has true (rules.yaml:4)
*  true    fd.name in (/etc/shadow, /etc/sudoers)
               has /etc/shadow (rules.yaml:7)
               is /etc/shadow (rules.yaml:2, list sensitive)
*  true    not proc.name = sshd
               has cat (rules.yaml:7; from its exec at
               2026-01-02T03:04:10.000001000Z)

* decides: enough to make the condition true.
",
        "{}",
        found.stdout
    );
}

#[test]
fn what_is_lacking_is_marked() {
    let found = run("Opened by a shell", &["--event", "3"]).ends_with(0);
    assert_eq!(
        found.stdout,
        "\
Rule:    Opened by a shell (more.yaml:11:3)
Event:   3 2026-01-02T03:04:10.000002000Z cat (200) openat
Verdict: does not alert: 2 parts are lacking

*! false and
   true    evt.type = openat
*! false   proc.name in (bash, \"z sh\")
               has cat (more.yaml:13; from its exec at
               2026-01-02T03:04:10.000001000Z)
 ! false   fd.num > 3
               has 3 (more.yaml:13)

* decides: enough to make the condition false. ! lacking: were these otherwise,
it would hold.
",
        "{}",
        found.stdout
    );
}

#[test]
fn the_nearest_events_are_grouped_by_what_they_lack() {
    let found = run("Opened by a shell", &[]).ends_with(0);
    assert_eq!(
        found.stdout,
        "\
Rule:    Opened by a shell (more.yaml:11:3)
Verdict: no event matches, of 2 of the types that the rule asks for

1 event lacks 1 part:
  ! proc.name in (bash, \"z sh\")
        has cat
        at more.yaml:13
  first 4 2026-01-02T03:04:10.000003000Z cat (200) openat

1 event lacks 2 parts:
  ! proc.name in (bash, \"z sh\")
        has cat
        at more.yaml:13
  ! fd.num > 3
        has 3
        at more.yaml:13
  first 3 2026-01-02T03:04:10.000002000Z cat (200) openat
",
        "{}",
        found.stdout
    );
    let limited = run("Opened by a shell", &["--limit", "1"]).ends_with(0);
    assert!(
        limited.stdout.ends_with("\n… 1 group more\n"),
        "{}",
        limited.stdout
    );
}

#[test]
fn events_are_chosen_in_every_way() {
    let check = |rule: &str, arguments: &[&str], words: &[&str]| {
        let found = run(rule, arguments).ends_with(0);
        words.iter().fold(found, |found, words| found.says(words));
    };
    let first = "\nEvent:   3 ";
    check("Sensitive file read", &[], &[first, "Verdict: alerts"]);
    check(
        "Switched off",
        &[],
        &[
            first,
            "the rule is disabled",
            "holds for 1 more event: --limit N",
        ],
    );
    check(
        "Shadow opened",
        &[],
        &[first, "'Sensitive file read' (rules.yaml:5)"],
    );
    check(
        "Any open",
        &["--where", "evt.type = openat"],
        &[first, "1 more event of the condition"],
    );
    check(
        "Any open",
        &["--where", "evt.type = openat", "--limit", "2"],
        &[first, "\nEvent:   4 ", "startswith /etc/sh"],
    );
    // An event of another type is explained as well.
    check(
        "Any open",
        &["--event", "2"],
        &["(200) execve", "has execve"],
    );
    check(
        "Any open",
        &["--time", "2026-01-02T03:04:10.0000022Z"],
        &[first],
    );
    check("Any open", &["--time", "-0s"], &["\nEvent:   4 "]);
    // A name that is nearly one, and the only one.
    check("any o", &[], &["--rule 'any o' is taken for 'Any open'"]);
    check("shell", &[], &["is taken for 'Opened by a shell'"]);
    check(
        "Any open",
        &["--unfold", "--event", "4"],
        &["fd.name startswith /etc/sh"],
    );
    check("Any open", &["--since", "-1s"], &[first, "Span: "]);
}

#[test]
fn what_cannot_be_explained_says_why() {
    let check = |rule: &str, arguments: &[&str], words: &str| {
        let found = run(rule, arguments).ends_with(2);
        assert_eq!(found.stdout, "");
        found.says(words);
    };
    check(
        "Any opne",
        &[],
        "no rule has the name 'Any opne' (--rule); did you mean 'Any open'?",
    );
    check(
        "s",
        &[],
        "--rule 's' stands for 3 rules: 'Sensitive file read', 'Shadow opened', 'Switched off'",
    );
    check(
        "Any open",
        &["--event", "99"],
        "there is no event 99: the captures have 5 in what was read",
    );
    check("Any open", &["--event", "0"], "0 is not in 1..");
    check(
        "Any open",
        &["--where", "evt.type = connect"],
        "no event matches the condition, of 0 that could",
    );
    check(
        "Any open",
        &["--where", "evt.tpe = connect"],
        "unknown field",
    );
    check("Any open", &["--time", "never"], "never");
    check("Any open", &["--time", "2030-01-01"], "the captures span");
    check(
        "Any open",
        &["--event", "3", "--time", "-1s"],
        "cannot be used with",
    );
    check(
        "Connects",
        &[],
        "it asks for events of 2 types (bind, connect), and of 5 that were read none is one of these",
    );
    check(
        "Connects",
        &["--time", "-0s"],
        "it asks for events of 2 types",
    );
}

#[test]
fn missing_evidence_is_told_and_is_3() {
    let (workspace, _) = workspace();
    let mut lossy = intrusion();
    lossy.lose(Lane::Process, 4);
    lossy.open(300, "/etc/shadow", 3);
    lossy.write(&workspace.path("lossy"));
    let explain = |arguments: &[&str]| {
        let fixed = ["explain", "lossy", "-r", "more.yaml", "--rule"];
        workspace.run(&[&fixed[..], arguments].concat())
    };
    explain(&["Any open", "--event", "6"])
        .ends_with(3)
        .says("Doubt:   events were lost");
    // An event before the loss is not doubtful, and the answer rests on the whole all the same.
    explain(&["Connects"])
        .ends_with(2)
        .says("; 4 events were lost, and some may have been");
}

#[test]
fn json_has_every_part_with_its_place_and_provenance() {
    let found = run("Sensitive file read", &["--event", "3", "--format", "json"]).ends_with(0);
    let json = &found.json_lines()[0];
    let why = &json["explained"][0];
    assert_eq!(why["verdict"], "alerts");
    assert_eq!(why["place"], "rules.yaml:5:3");
    assert_eq!(why["event"]["number"], 3);
    let first = &why["deciding"][0];
    assert_eq!(first["text"], "evt.type in (open, openat, openat2)");
    assert_eq!(first["must_hold"], true);
    assert_eq!(first["macros"][0], "opens_for_reading");
    let last = why["deciding"].as_array().and_then(|all| all.last());
    assert_eq!(last.expect("a part")["must_hold"], false);
    let condition = &why["condition"];
    assert_eq!(
        (&condition["kind"], &condition["holds"]),
        (&"and".into(), &true.into())
    );
    assert_eq!(condition["parts"][0]["name"], "opens_for_reading");
    let not = &condition["parts"][2]["parts"][0];
    assert_eq!(not["value"], "cat");
    assert_eq!(not["fields"][0]["from"], "exec");
    assert_eq!(not["fields"][0]["field"], "proc.name");
    let value = &condition["parts"][1]["parts"][0];
    assert_eq!(
        (&value["text"], &value["item"]),
        (&"/etc/shadow".into(), &"list sensitive".into())
    );
    let nearest = run("Opened by a shell", &["--format", "json"]).ends_with(0);
    let json = &nearest.json_lines()[0];
    assert_eq!(
        (&json["matched"], &json["looked_at"]),
        (&0.into(), &2.into())
    );
    assert_eq!(
        json["nearest"][0]["lacking"][0]["text"],
        "proc.name in (bash, \"z sh\")"
    );
    assert_eq!(json["nearest"][0]["first"][0]["values"][0], "cat");
}

/// Two captures of different boots, each with events 1 to 5, and one more in the second.
fn two_captures() -> Workspace {
    let (workspace, _) = workspace();
    let mut other = intrusion().with_boot(9);
    other.open(200, "/etc/shells", 3);
    other.write(&workspace.path("other"));
    workspace
}

#[test]
fn of_several_captures_none_is_chosen_silently() {
    let workspace = two_captures();
    let explain = |arguments: &[&str]| {
        let fixed = ["explain", "capture", "other", "-r", "more.yaml", "--rule"];
        workspace.run(&[&fixed[..], arguments].concat())
    };
    // Both have an event 3: neither is explained, in whatever form, nor with a span that leaves both in.
    for more in [
        &[][..],
        &["--format", "json"],
        &["--since", "-1h"],
        &["-j", "1"],
    ] {
        let found = explain(&[&["Any open", "--event", "3"], more].concat()).ends_with(2);
        assert_eq!(found.stdout, "");
        found.says("2 captures have an event 3, and each counts its own: capture, other;");
    }
    let only = explain(&["Any open", "--event", "6"]).ends_with(0);
    only.says("\nCapture: other, of node ");
    let json = explain(&["Any open", "--event", "6", "--format", "json"]).ends_with(0);
    let event = &json.json_lines()[0]["explained"][0]["event"];
    assert_eq!(event["capture"], "other");
    assert!(event["evidence.node"].is_string());
    // What is chosen by a condition or a time says whose it is too, and so do the examples of groups.
    explain(&["Any open", "--where", "fd.name = /etc/shells"])
        .ends_with(0)
        .says("\nCapture: other, of node ");
    explain(&["Any open", "--time", "-0s"])
        .ends_with(0)
        .says("\nCapture: other, of node ");
    let near = explain(&["Opened by a shell"]).ends_with(0);
    let near = near.says("\n            in capture, of node ");
    near.says("\n            in other, of node ")
        .says("        the first has cat\n");
    let json = explain(&["Opened by a shell", "--format", "json"]).ends_with(0);
    let groups = &json.json_lines()[0]["nearest"];
    let examples = groups[0]["first"].as_array().expect("examples");
    let captures: Vec<_> = examples
        .iter()
        .map(|near| near["event"]["capture"].as_str().expect("a name"))
        .collect();
    assert_eq!(captures, ["capture", "other"]);
}

#[test]
fn an_event_outside_of_the_span_is_not_said_to_be_missing() {
    let (workspace, capture) = workspace();
    let explain = |arguments: &[&str]| {
        let fixed = ["explain", &capture, "-r", "more.yaml", "--rule", "Any open"];
        let found = workspace
            .run(&[&fixed[..], arguments].concat())
            .ends_with(2);
        assert_eq!(found.stdout, "");
        found
    };
    let at = "2026-01-02T03:04:10.000003000Z";
    explain(&["--event", "3", "--since", at])
        .says("event 3 lies before --since: it is of 2026-01-02T03:04:10.000002000Z");
    explain(&["--event", "5", "--until", at]).says("event 5 lies behind --until: it is of ");
    explain(&["--event", "99", "--since", at]).says("there is no event 99: ");
}

#[test]
fn what_an_explained_event_lacks_has_the_form_of_what_the_nearest_lack() {
    let json = |arguments: &[&str]| {
        let all = [arguments, &["--format", "json"]].concat();
        run("Opened by a shell", &all).ends_with(0).json_lines()[0].clone()
    };
    let nearest = &json(&[])["nearest"][0];
    let first = &nearest["first"][0]["event"];
    let number = first["number"].to_string();
    let explained = &json(&["--event", &number])["explained"][0];
    assert_eq!(explained["lacking"], nearest["lacking"]);
    assert_eq!(explained["lacking"][0]["must_hold"], true);
    // All that is lacking decides here, and has one form wherever it stands.
    assert_eq!(explained["deciding"], explained["lacking"]);
    assert_eq!(explained["lacking"][0]["place"], "more.yaml:13:36");
    // The event is the same by every name, that of an alert of the rule on it among them.
    assert_eq!(&explained["event"], first);
    assert!(first["evidence.id"].is_string());
}

#[test]
fn an_exception_is_named() {
    let (workspace, capture) = workspace();
    workspace.write(
        "excepted.yaml",
        "\
- rule: Excepted
  desc: d
  condition: evt.type = openat
  output: o
  priority: INFO
  exceptions:
    - name: cats
      fields: [proc.name, fd.num]
      comps: [=, =]
      values:
        - [cat, 3]
",
    );
    let excepted = ["explain", &capture, "-r", "excepted.yaml"];
    let explain = |arguments: &[&str]| {
        let rule = ["--rule", "Excepted", "--event", "3"];
        workspace.run(&[&excepted[..], &rule, arguments].concat())
    };
    for arguments in [&[][..], &["--unfold"]] {
        let found = explain(arguments).ends_with(0);
        let named = found
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(named.contains(", exception cats"), "{}", found.stdout);
    }
}

/// What a capture holds is text of others, and what rules say is too.
#[test]
fn nothing_in_an_answer_commands_a_terminal() {
    let (workspace, _) = workspace();
    let mut hostile = intrusion();
    hostile.open(100, "/etc/sh\u{1b}[31m\u{202e}\nVerdict: alerts", 3);
    hostile.write(&workspace.path("hostile"));
    let found = workspace
        .run(&[
            "explain",
            "hostile",
            "-r",
            "more.yaml",
            "--rule",
            "Any open",
            "--event",
            "6",
        ])
        .ends_with(0);
    assert!(
        !found.stdout.contains(['\u{1b}', '\u{202e}']),
        "{}",
        found.stdout
    );
    assert_eq!(found.stdout.matches("\nVerdict: ").count(), 1);
}

#[test]
fn an_answer_goes_to_a_file_that_is_not_read() {
    let (workspace, capture) = workspace();
    let fixed = ["explain", &capture, "-r", "more.yaml", "--rule", "Any open"];
    let to = |file: &str| workspace.run(&[&fixed[..], &["-o", file]].concat());
    assert_eq!(to("answer.txt").ends_with(0).stdout, "");
    let answer = std::fs::read_to_string(workspace.path("answer.txt")).expect("it is written");
    assert!(answer.starts_with("Rule:    Any open"), "{answer}");
    to("more.yaml").ends_with(2).says("one of the rule files");
}
