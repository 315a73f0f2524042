//! `falco-analyze test`: what scenarios expect beside golden alerts, and what is wrong with their files.

use crate::support::{Run, Workspace, intrusion, write_intrusion};

/// A scenario of the intrusion with these lines more; two rules fire in it, each once, in five events that take 4 µs.
pub(crate) fn scenario(more: &str) -> Workspace {
    let workspace = Workspace::new();
    let text = format!("capture = \"capture\"\nrules = [\"../rules.yaml\"]\n{more}");
    workspace.write("shadow/scenario.toml", text);
    write_intrusion(&workspace, "shadow/capture");
    workspace
}

#[track_caller]
fn run(more: &str) -> Run {
    scenario(more).run(&["test", "shadow"])
}

#[track_caller]
fn check(more: &str, code: i32, words: &str) {
    run(more).ends_with(code).says(words);
}

/// An expectation of the rule that sees /etc/shadow read.
pub(crate) fn read(more: &str) -> String {
    format!("[[expect]]\nrule = \"Sensitive file read\"\n{more}\n")
}

#[test]
fn rules_fire_as_often_as_expected() {
    for (times, code, words) in [
        ("", 0, "ok     shadow"),
        ("exactly = 1", 0, "ok     shadow"),
        ("at_least = 1", 0, "ok     shadow"),
        ("at_most = 1", 0, "ok     shadow"),
        ("at_least = 0\nat_most = 5", 0, "ok     shadow"),
        (
            "exactly = 2",
            1,
            "shadow/scenario.toml:3:1: expected: 'Sensitive file read' fires exactly 2 times; and did 1 time",
        ),
        ("at_least = 2", 1, "fires at least 2 times; and did 1 time"),
        ("at_most = 0", 1, "fires never; and did 1 time"),
        (
            "never = true",
            1,
            "Secrets read (file=/etc/shadow command=cat /etc/shadow",
        ),
    ] {
        check(&read(times), code, words);
    }
}

#[test]
fn alerts_have_the_fields_that_are_expected() {
    for (fields, code, words) in [
        ("\"fd.name\" = \"/etc/shadow\"", 0, "ok"),
        ("fd.name = \"/etc/shadow\"", 0, "ok"),
        (
            "fd.name = { starts_with = \"/etc/\", ends_with = \"shadow\" }",
            0,
            "ok",
        ),
        (
            "\"proc.cmdline\" = { contains = \"shadow\", regex = '^cat\\s' }",
            0,
            "ok",
        ),
        ("\"proc.pname\" = { one_of = [\"sh\", \"bash\"] }", 0, "ok"),
        ("\"user.name\" = { equal = \"root\" }", 0, "ok"),
        ("\"user.name\" = { present = true }", 0, "ok"),
        ("\"evidence.node\" = \"node-a\"", 0, "ok"),
        (
            "\"fd.name\" = \"/etc/passwd\"",
            1,
            "fd.name is \"/etc/shadow\", not \"/etc/passwd\"",
        ),
        (
            "\"fd.name\" = { starts_with = \"/etc/\", ends_with = \"passwd\" }",
            1,
            "fd.name is \"/etc/shadow\", not something that ends with \"passwd\"",
        ),
        (
            "\"user.name\" = { present = false }",
            1,
            "user.name is \"root\", not absent",
        ),
    ] {
        let expect = read(&format!("exactly = 1\n[expect.output_fields]\n{fields}"));
        check(&expect, code, words);
        // What none of the alerts is never fires.
        let never = read(&format!("never = true\n[expect.output_fields]\n{fields}"));
        check(
            &never,
            1 - code,
            if code == 0 { "and did 1 time" } else { "ok" },
        );
    }
}

#[test]
fn alerts_have_the_priority_the_source_and_the_node_that_are_expected() {
    for (more, code, words) in [
        (
            "priority = \"Warning\"\nsource = \"syscall\"\nhostname = \"node-a\"",
            0,
            "ok",
        ),
        ("priority = \"WARNING\"", 0, "ok"),
        (
            "priority = \"Error\"",
            1,
            "'Sensitive file read' has priority Warning, not Error",
        ),
        // A rule that never fires with another priority than it has is no news.
        (
            "never = true\npriority = \"Error\"",
            1,
            "has priority Warning, not Error",
        ),
        (
            "hostname = \"node-b\"",
            2,
            "shadow/scenario.toml:5:12: no capture of the scenario is of a node 'node-b'; did you mean 'node-a'?",
        ),
        // What nobody can give never comes, whatever the rules say.
        (
            "never = true\nhostname = \"nohost\"",
            2,
            "no capture of the scenario is of a node 'nohost': they are of 'node-a'",
        ),
        (
            "never = true\noutput_fields = { \"evidence.node\" = { starts_with = \"host\" } }",
            2,
            "no capture of the scenario is of a node that is meant: they are of 'node-a'",
        ),
        (
            "hostname = \"node-a\"\noutput_fields = { \"evidence.node\" = \"node-b\" }",
            2,
            "no capture of the scenario is of a node that is meant",
        ),
        (
            "source = \"k8s_audit\"",
            2,
            "is a rule of the source 'syscall', and never of 'k8s_audit'",
        ),
    ] {
        check(&read(more), code, words);
    }
}

#[test]
fn nothing_else_fires() {
    let started = "[[expect]]\nrule = \"Program started\"\n";
    let both = format!("nothing_else = true\n{}{started}", read(""));
    check(&both, 0, "ok");
    let one = format!("nothing_else = true\n{started}");
    let words =
        "shadow/scenario.toml:3:16: expected: nothing else; 'Sensitive file read' fired 1 time";
    check(&one, 1, words);
    check("nothing_else = true\n", 1, "'Program started' fired 1 time");
    // An alert that is not as meant is one that nobody asked for.
    let other = read("at_most = 1\n[expect.output_fields]\n\"fd.name\" = \"/etc/passwd\"");
    let other = format!("nothing_else = true\n{started}{other}");
    check(
        &other,
        1,
        "expected: nothing else; 'Sensitive file read' fired 1 time",
    );
}

#[test]
fn budgets_count_alerts_by_events_and_by_time() {
    for (budget, code, words) in [
        // One alert of five events are 200,000 of a million, two are 400,000.
        ("per_million_events = 400_000", 0, "ok"),
        (
            "per_million_events = 399_999.9",
            1,
            "2 alerts of 5 events are 400000.000 for a million events, and 399999.9 may be",
        ),
        (
            "rule = \"Program started\"\nper_million_events = 200000",
            0,
            "ok",
        ),
        (
            "rule = \"Program started\"\nper_million_events = 0",
            1,
            "1 alert of 'Program started'",
        ),
        // Two alerts in 4 µs are 1.8 billion an hour.
        ("per_hour = 1.8e9", 0, "ok"),
        ("per_hour = 1.7e9", 1, "for an hour, and 1700000000 may be"),
        (
            "per_million_events = 400000\nper_hour = 1",
            1,
            "for an hour, and 1 may be",
        ),
    ] {
        check(&format!("[[budget]]\n{budget}\n"), code, words);
    }
}

#[test]
fn a_window_is_all_that_counts() {
    // The program is started at the second event, and reads at the third.
    let from_third = "since = \"2026-01-02T03:04:10.000002Z\"\n";
    let until_second = "until = \"2026-01-02T03:04:10.000001Z\"\n";
    let started = |more| format!("[[expect]]\nrule = \"Program started\"\n{more}\n");
    check(
        &format!("{from_third}{}", started("never = true")),
        0,
        "(1 alert of 3 events)",
    );
    check(
        &format!("{until_second}{}", read("never = true")),
        0,
        "(1 alert of 2 events)",
    );
    check(&format!("{from_third}{}", started("")), 1, "and did not");
    // Three events are left, one of which alerts.
    for (most, code) in [("333334", 0), ("333333", 1)] {
        let budget = format!("{from_third}[[budget]]\nper_million_events = {most}\n");
        check(&budget, code, "Scenarios: 1");
    }
    check(
        "since = \"2027-01-01\"\nnothing_else = true\n",
        2,
        "the captures have nothing between",
    );
    check(
        "since = \"soon\"\nnothing_else = true\n",
        2,
        "shadow/scenario.toml:3:9: `since`: ",
    );
}

#[test]
fn a_window_without_events_shows_nothing() {
    let workspace = scenario("");
    let mut later = intrusion().with_boot(9);
    later.begin_later(3_600);
    later.write(&workspace.path("shadow/later"));
    // Between two captures, with an hour between them, and between two events of one capture.
    let between_captures = "since = \"03:10\"\nuntil = \"03:20\"\n";
    let between_events =
        "since = \"2026-01-02T03:04:10.0000011Z\"\nuntil = \"2026-01-02T03:04:10.0000019Z\"\n";
    let one_event = between_events.replace("0000019", "0000020");
    let check = |captures: &str, window: &str, code: i32| {
        for expected in [
            "nothing_else = true\n".to_owned(),
            read("never = true"),
            "[[budget]]\nper_million_events = 1e6\n".to_owned(),
            "exact_state = true\nnothing_else = true\n".to_owned(),
        ] {
            let text =
                format!("captures = [{captures}]\nrules = [\"../rules.yaml\"]\n{window}{expected}");
            workspace.write("shadow/scenario.toml", text);
            for command in [
                &["test", "shadow"][..],
                &["coverage", "shadow"],
                &["coverage", "shadow", "--mutate"],
            ] {
                let run = workspace.run(command);
                if code == 2 {
                    run.ends_with(2).says("no events, or none of that time");
                } else {
                    let said = format!("{}{}", run.stdout, run.stderr);
                    assert!(!said.contains("no events"), "{said}");
                }
            }
        }
    };
    let (one, both) = ("\"capture\"", "\"capture\", \"later\"");
    check(both, between_captures, 2);
    check(one, between_events, 2);
    check(both, between_events, 2);
    check(one, &one_event, 0);
    check(both, &one_event, 0);
}

#[test]
fn several_captures_are_one_scenario() {
    let workspace = scenario("");
    intrusion()
        .with_boot(9)
        .write(&workspace.path("shadow/second"));
    let text = "captures = [\"capture\", \"second\"]\nrules = [\"../rules.yaml\"]\n[[expect]]\nrule = \"Program started\"\nexactly = 2\n";
    workspace.write("shadow/scenario.toml", text);
    let run = workspace.run(&["test", "shadow"]);
    run.ends_with(0).says("(4 alerts of 10 events)");
}

#[test]
fn mistakes_in_a_file_are_all_told_with_their_lines() {
    let run = run(
        "tag = [\"a\"]\ntechniques = [\"T1059\", \"T10\", \"1059.004\"]\nrule_matching = \"al\"\npriority = \"warn\"\nfields = \"fd.name\"\n[[expect]]\nrule = \"Sensitive file read\"\nexacty = 1\n[expect.output_fields]\n\"fd.name\" = { contans = \"x\", regex = \"(\" }\n[[budget]]\nper_hour = -1\n",
    );
    let run = run.ends_with(2).says("is not a valid scenario");
    [
        ":3:1: a scenario has no key 'tag'; did you mean 'tags'?",
        ":4:24: 'T10' is no ATT&CK technique: they are written T1059",
        ":4:31: '1059.004' is no ATT&CK technique",
        ":5:17: `rule_matching` is \"first\" or \"all\", and not 'al'; did you mean 'all'?",
        ":6:12: there is no priority 'warn'",
        ":7:10: `fields` is a list of strings, and this is a string",
        ":10:1: an expectation has no key 'exacty'; did you mean 'exactly'?",
        ":12:25: there is no test 'contans' of a value; did you mean 'contains'?",
        ":12:38: /(/ is no regular expression: unclosed group",
        ":14:12: `per_hour` is a number from 0 on",
    ]
    .into_iter()
    .fold(run, |run, words| run.says(words));
}

#[test]
fn numbers_that_cannot_be_meant_are_repeated() {
    for (key, written) in [
        ("exactly", "-1"),
        ("at_least", "0.5"),
        ("at_most", "18446744073709551616"),
        ("rule", "7"),
    ] {
        let expect = if key == "rule" {
            format!("[[expect]]\nrule = {written}\n")
        } else {
            read(&format!("{key} = {written}"))
        };
        check(&expect, 2, &format!(", and this is {written}\n"));
    }
    check(
        &read("exactly = \"1\""),
        2,
        "`exactly` is a whole number from 0 on, and this is a string",
    );
    check(
        "[[budget]]\nper_hour = -2.5\n",
        2,
        "`per_hour` is a number from 0 on, and this is -2.5\n",
    );
}

#[test]
fn what_expects_nothing_or_cannot_is_an_error() {
    for (more, words) in [
        (
            "",
            "nothing is expected: shadow/expected.jsonl does not exist",
        ),
        ("nothing_else = false\n", "nothing is expected"),
        (
            &read("at_least = 0"),
            "fires at least 0 times is no expectation",
        ),
        (
            &read("at_least = 2\nat_most = 1"),
            "`at_least` is more than `at_most`",
        ),
        (&read("exactly = 1\nnever = true"), "give one of `never`"),
        (&read("never = false"), "`never` is true or left out"),
        (
            &read("exactly = -1"),
            "`exactly` is a whole number from 0 on",
        ),
        (
            "[[expect]]\nexactly = 1\n",
            ":3:1: an expectation names its rule",
        ),
        ("[[budget]]\n", ":3:1: a budget says how much"),
        (
            "expect = 1\n",
            "`expect` is a list of tables, each headed [[expect]]",
        ),
        (
            "captures = [\"capture\"]\nnothing_else = true\n",
            "give `capture` or `captures`, not both",
        ),
        (
            "[[expect]]\nrule = \"Sensitive file reed\"\n",
            "shadow/scenario.toml:4:8: the expectation is of 'Sensitive file reed', and there is no such rule; did you mean 'Sensitive file read'?",
        ),
        (
            "[[expect]]\nrule = \"sensitive file read\"\nnever = true\n",
            "did you mean 'Sensitive file read'?",
        ),
        (
            "priority = \"error\"\n[[expect]]\nrule = \"Sensitive file read\"\nnever = true\n",
            "no rule is enabled",
        ),
        (
            "priority = \"warning\"\n[[expect]]\nrule = \"Program started\"\nnever = true\n",
            "'Program started', which is disabled, by its file or by `priority`: it can never fire",
        ),
        (
            "[[budget]]\nrule = \"Program startd\"\nper_hour = 1\n",
            "the budget is of 'Program startd', and there is no such rule; did you mean",
        ),
        (
            &read("[expect.output_fields]\n\"fd.nmae\" = \"x\""),
            ":6:1: the output of 'Sensitive file read' has no 'fd.nmae'; did you mean 'fd.name'?",
        ),
        (
            &read("[expect.output_fields]\n\"fd.name\" = [\"x\"]"),
            "'fd.name' is one value: write { one_of = […] }",
        ),
        (
            &read("[expect.output_fields]\n\"fd.name\" = { contains = \"\" }"),
            "`contains` of nothing holds for any 'fd.name'",
        ),
    ] {
        check(more, 2, words);
    }
}
