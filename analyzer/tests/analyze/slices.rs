//! Slices as commands see them: alerts, what they say of themselves, and what is refused.

use crate::support::{Workspace, intrusion};

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
