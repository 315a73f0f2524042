//! `falco-analyze rules`: check, fmt, list, describe, and the references of fields and events.

use crate::support::{Workspace, write_intrusion};

#[test]
fn check_reports_every_file_and_ends_by_its_worst() {
    let workspace = Workspace::new();
    workspace.write(
        "warns.yaml",
        "- macro: never_used\n  condition: evt.type = open\n",
    );
    workspace.write(
        "fails.yaml",
        "- rule: R\n  desc: d\n  condition: nope\n  output: o\n  priority: INFO\n",
    );
    let check = |arguments: &[&str], code: i32, words: &str| {
        let mut all = vec!["rules", "check"];
        all.extend(arguments);
        workspace.run(&all).ends_with(code).says(words);
    };
    check(&["rules.yaml"], 0, "rules.yaml: ok");
    check(&["warns.yaml"], 0, "LOAD_UNUSED_MACRO");
    check(&["warns.yaml", "--deny-warnings"], 1, "1 warning");
    check(&["rules.yaml", "fails.yaml"], 2, "fails.yaml: 1 error");
    check(&["missing.yaml"], 2, "missing.yaml");
}

#[test]
fn check_in_json_has_the_shape_of_falcos_validation() {
    let workspace = Workspace::new();
    workspace.write(
        "fails.yaml",
        "- rule: R\n  desc: d\n  condition: nope\n  output: o\n  priority: INFO\n",
    );
    let run = workspace
        .run(&["rules", "check", "fails.yaml", "--format", "json"])
        .ends_with(2);
    let result = run.json_lines().remove(0);
    let file = &result["falco_load_results"][0];
    assert_eq!(
        (file["name"].as_str(), file["successful"].as_bool()),
        (Some("fails.yaml"), Some(false))
    );
    assert_eq!(file["errors"][0]["code"], "LOAD_ERR_VALIDATE");
}

/// Checks what is said of older calls in a condition: so many warnings as there are words.
fn check_older(condition: &str, expected: &[&str]) {
    let workspace = Workspace::new();
    let rule =
        format!("- rule: R\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n");
    workspace.write("older.yaml", rule);
    let run = workspace
        .run(&["rules", "check", "older.yaml"])
        .ends_with(0);
    let told = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(
        told.matches("[older-call]").count(),
        expected.len(),
        "{condition}: {told}"
    );
    for words in expected {
        assert!(told.contains(words), "{condition}: {told}");
    }
}

const NEVER: &str = "which this rule never sees";

#[test]
fn older_calls_are_told_by_what_programs_call_in_their_place() {
    for (older, newer) in [
        ("accept", "accept4"),
        ("open", "openat"),
        ("clone", "clone3"),
        ("fork", "clone"),
        ("epoll_create", "epoll_create1"),
        ("eventfd", "eventfd2"),
        ("inotify_init", "inotify_init1"),
        ("signalfd", "signalfd4"),
    ] {
        let message = format!("programs of today call `{newer}`, {NEVER}");
        check_older(&format!("evt.type = {older}"), &[&message]);
        check_older(
            &format!("evt.type in ({older}, {newer})"),
            if older == "fork" {
                &["call `clone3`"]
            } else {
                &[]
            },
        );
        check_older(
            &format!("evt.type = {newer}"),
            if newer == "clone" {
                &["call `clone3`"]
            } else {
                &[]
            },
        );
        check_older(&format!("evt.type != {older} and proc.name = x"), &[]);
    }
}

#[test]
fn calls_that_programs_make_as_well_are_told() {
    for (older, newer) in [
        ("vfork", "`clone`"),
        ("pipe", "`pipe2`"),
        ("dup2", "`dup3`"),
        ("rename", "`renameat` and `renameat2`"),
        ("unlink", "`unlinkat`"),
        ("mkdir", "`mkdirat`"),
        ("chmod", "`fchmodat`"),
        ("link", "`linkat`"),
        ("symlink", "`symlinkat`"),
    ] {
        let message = format!("programs also call {newer} for what `{older}` does, {NEVER}");
        check_older(&format!("evt.type = {older}"), &[&message]);
    }
    check_older(
        "evt.type in (rename, renameat)",
        &["also call `renameat2` for"],
    );
    check_older("evt.type in (rename, renameat, renameat2)", &[]);
    check_older("evt.type = open or evt.type = openat", &[]);
    check_older(
        "evt.type in (unlink, unlinkat, mkdir)",
        &["also call `mkdirat` for"],
    );
    check_older(
        "evt.type = open",
        &["write `evt.type in (open, openat, openat2)`"],
    );
}

/// A list with a name twice, a rule that an earlier one shadows, and a macro that nothing uses.
const ADVISED: &str = "\
- list: shells
  items: [bash, zsh, bash]
- macro: never_used
  condition: evt.type = open
- rule: Wide
  desc: d
  condition: evt.type = execve and proc.name in (shells)
  output: o
  priority: INFO
- rule: Narrow
  desc: d
  condition: evt.type = execve and proc.name in (shells) and user.uid = 0
  output: o
  priority: INFO
";

#[test]
fn lints_are_switched_by_name() {
    let workspace = Workspace::new();
    workspace.write("advised.yaml", ADVISED);
    let check = |options: &[&str], expected: &[&str]| {
        let mut all = vec!["rules", "check", "advised.yaml", "--deny-warnings"];
        all.extend(options);
        let run = workspace
            .run(&all)
            .ends_with(i32::from(!expected.is_empty()));
        let found: Vec<_> = run
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("warning[")?.split([']', ' ']).next())
            .collect();
        assert_eq!(found, expected, "{options:?}\n{}", run.stdout);
    };
    check(&[], &["unused-macro"]);
    check(
        &["--lint", "all"],
        &["unused-macro", "shadowed-rule", "duplicate-item"],
    );
    check(
        &["--lint", "duplicate-item"],
        &["unused-macro", "duplicate-item"],
    );
    check(
        &["--lint", "all", "--no-lint", "duplicate-item"],
        &["unused-macro", "shadowed-rule"],
    );
    check(&["--no-lint", "all"], &["unused-macro"]);
    check(&["--no-lint", "all", "--no-lint", "unused-macro"], &[]);
    workspace
        .run(&["rules", "check", "advised.yaml", "--lint", "nope"])
        .ends_with(2)
        .says("duplicate-item");
}

#[test]
fn outputs_are_held_against_the_events_of_their_rule() {
    let workspace = Workspace::new();
    let check = |condition: &str, output: &str, is_absent: bool| {
        let rule = format!(
            "- rule: R\n  desc: d\n  condition: {condition}\n  output: {output}\n  priority: INFO\n"
        );
        workspace.write("rule.yaml", rule);
        let run = workspace
            .run(&[
                "rules",
                "check",
                "rule.yaml",
                "--deny-warnings",
                "--lint",
                "all",
            ])
            .ends_with(i32::from(is_absent));
        assert_eq!(
            run.stdout.contains("absent-output-field"),
            is_absent,
            "{condition} {output}\n{}",
            run.stdout
        );
    };
    check("evt.type = openat", "o %evt.arg.flags %proc.name", false);
    check("evt.type in (openat, connect)", "o %evt.arg.flags", false);
    check("evt.type = connect", "o %evt.arg.flags", true);
    check("evt.type = connect", "o %evt.rawarg.flags", true);
    check("evt.type = connect", "o %evt.arg[0]", false);
}

#[test]
fn check_speaks_to_machines() {
    let workspace = Workspace::new();
    workspace.write("advised.yaml", ADVISED);
    workspace.write(
        "fails.yaml",
        "- rule: R\n  desc: d\n  condition: evt.type = open and proc.nmae = a\n  output: o\n  priority: INFO\n",
    );
    let check = |file: &str, format: &str, code: i32| {
        workspace
            .run(&[
                "rules",
                "check",
                "rules.yaml",
                file,
                "--format",
                format,
                "--lint",
                "all",
            ])
            .ends_with(code)
            .stdout
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");

    let sarif = json(&check("fails.yaml", "sarif", 2));
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-field");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "fails.yaml");
    assert_eq!(place["region"]["startLine"], 3);

    let github = check("fails.yaml", "github", 2);
    assert_eq!(github.lines().count(), 1);
    assert!(
        github.starts_with("::error file=fails.yaml,line=3,col=34,"),
        "{github}"
    );

    // Whoever shows them beside their lines counts from the repository's root on, wherever the command runs.
    workspace.write("below/.git/HEAD", "");
    workspace.write("below/rules/a b#c%41/fails.yaml", "- rule: R");
    let below = |format: &str| {
        let arguments = ["rules", "check", "a b#c%41/fails.yaml", "--format", format];
        let run = workspace.run_with(&arguments, |command| {
            command.current_dir(workspace.path("below/rules"));
            command.env_remove("GITHUB_WORKSPACE");
        });
        run.ends_with(2).stdout
    };
    let place = &json(&below("sarif"))["runs"][0]["results"][0]["locations"][0];
    let uri = &place["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "rules/a%20b%23c%2541/fails.yaml");
    let github = below("github");
    assert!(
        github.starts_with("::error file=rules/a b#c%2541/fails.yaml,line=1,"),
        "{github}"
    );

    let results = json(&check("advised.yaml", "json", 0));
    let files = &results["falco_load_results"];
    assert_eq!(files[0]["warnings"].as_array().map(Vec::len), Some(0));
    let codes: Vec<_> = files[1]["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|warning| warning["our_code"].as_str())
        .collect();
    assert_eq!(codes, ["unused-macro", "shadowed-rule", "duplicate-item"]);
    assert_eq!(files[1]["successful"], true);
}

#[test]
fn files_are_laid_out_in_place_and_checked() {
    let workspace = Workspace::new();
    let untidy = "-   list: a\n    items: [x]\n- list: b   # why\n  items:\n  - y\n";
    let tidy = "- list: a\n  items: [x]\n\n- list: b   # why\n  items:\n    - y\n";
    let file = workspace.write("untidy.yaml", untidy);
    workspace.write("broken.yaml", "- list: [\n");
    let text = || std::fs::read_to_string(&file).expect("readable");
    let fmt = |arguments: &[&str], code: i32| {
        let mut all = vec!["rules", "fmt"];
        all.extend(arguments);
        workspace.run(&all).ends_with(code)
    };
    assert_eq!(fmt(&["--check", "untidy.yaml"], 1).stdout, "untidy.yaml\n");
    assert_eq!(text(), untidy);
    // The broken file is reported, the other one written all the same.
    fmt(&["broken.yaml", "untidy.yaml"], 2).says("broken.yaml:");
    assert_eq!(text(), tidy);
    assert_eq!(fmt(&["--check", "untidy.yaml"], 0).stdout, "");
    fmt(&["missing.yaml"], 2).says("missing.yaml");

    let input = workspace.write("input", untidy);
    let stdin = || std::fs::File::open(&input).expect("readable");
    let run = workspace.run_with(&["rules", "fmt", "-"], |command| {
        command.stdin(stdin());
    });
    assert_eq!(run.ends_with(0).stdout, tidy);
    let left: Vec<_> = std::fs::read_dir(workspace.path("."))
        .expect("a directory")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn rules_are_listed_and_described() {
    let workspace = Workspace::new();
    let run = workspace
        .run(&["rules", "list", "-r", "rules.yaml", "--tag", "process"])
        .ends_with(0);
    assert_eq!(run.stdout, "Informational Program started  [process]\n");
    workspace
        .run(&[
            "rules",
            "describe",
            "-r",
            "rules.yaml",
            "Sensitive file read",
        ])
        .ends_with(0)
        .says("Macros: opens_for_reading")
        .says("Lists: sensitive")
        .says("Event types: open, openat, openat2")
        .says("Condition fields: ")
        .says("Output fields: fd.name, proc.cmdline, proc.pname, user.name");
    workspace
        .run(&["rules", "describe", "-r", "rules.yaml", "Nope"])
        .ends_with(2)
        .says("no rule is named 'Nope'");
    workspace
        .run(&["rules", "describe", "-r", "rules.yaml", "Program startd"])
        .ends_with(2)
        .says("did you mean 'Program started'?");
}

#[test]
fn fields_and_events_are_references_in_three_forms() {
    let workspace = Workspace::new();
    workspace
        .run(&["rules", "fields", "-N"])
        .ends_with(0)
        .says("proc.name\n")
        .says("fd.name\n");
    workspace
        .run(&["rules", "fields", "--format", "markdown"])
        .ends_with(0)
        .says("| name | type |");
    let json = workspace
        .run(&["rules", "events", "--format", "json"])
        .ends_with(0);
    let events: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let openat = events
        .as_array()
        .and_then(|events| events.iter().find(|event| event["name"] == "openat"));
    assert!(openat.is_some_and(|event| {
        event["parameters"]
            .as_str()
            .is_some_and(|names| names.contains("dirfd"))
    }));
    workspace
        .run(&["rules", "fields", "--source", "k8s_audit"])
        .ends_with(2)
        .says("k8s_audit");
}

/// Case counts in names of rules, so an example that is typed as it stands must mean rules that there are.
#[test]
fn selections_of_examples_mean_rules_that_are_shipped() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/default");
    let mut checked = 0;
    for command in ["replay", "diff", "test"] {
        let help = workspace.run(&[command, "--help"]).ends_with(0).stdout;
        let words: Vec<&str> = help.split_whitespace().collect();
        assert!(words.join(" ").contains("case counts"), "{command}: {help}");
        for example in help.lines().filter(|line| line.contains("--rule '")) {
            let (_, glob) = example.split_once("--rule '").expect("an option");
            let (glob, _) = glob.split_once('\'').expect("a quoted word");
            let mut arguments = vec!["replay", &capture, "-r", shipped, "--rule", glob];
            let mut words = example.split(' ').skip_while(|word| *word != "--priority");
            arguments.extend(words.by_ref().take(2));
            workspace.run(&arguments).ends_with(0);
            checked += 1;
        }
    }
    assert_eq!(checked, 3, "examples with --rule");
}
