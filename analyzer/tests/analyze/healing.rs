//! What comes late: a snapshot that heals what a loss made doubtful, and what a runtime only says of a container when it has done something already.

use falco_abi::Lane;
use falco_abi::events::{container, state_thread};
use serde_json::Value as Json;

use crate::support::capture::Row;
use crate::support::{CaptureBuilder, Workspace, intrusion};

/// A rule that reads what the runtime says of a container, in its condition and in its output.
const CONTAINER_RULE: &str = "\
- rule: Opened in a web server
  desc: A web server's container opens a file
  condition: evt.type = openat and container.image.repository = nginx
  output: Opened (file=%fd.name container=%container.id name=%container.name image=%container.image.repository)
  priority: NOTICE
- rule: Opened in a container
  desc: Any container opens a file
  condition: evt.type = openat and container.id != host
  output: Opened (file=%fd.name container=%container.id name=%container.name)
  priority: NOTICE
";
const METADATA: &str =
    r#"{"container":{"id":"web","name":"front","imagerepo":"nginx","imagetag":"1"}}"#;
const SHELL: u32 = 100;

/// Alerts, by what a test asks of each.
fn alerts<T>(workspace: &Workspace, arguments: &[&str], code: i32, ask: fn(&Json) -> T) -> Vec<T> {
    let mut all = vec!["replay", "capture", "--format", "json"];
    all.extend(arguments);
    let run = workspace.run(&all).ends_with(code);
    run.json_lines().iter().map(ask).collect()
}

#[test]
fn a_snapshot_heals_what_a_loss_made_doubtful() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.lose(Lane::Process, 4);
    capture.open(SHELL, "/etc/shadow", 5);
    capture.see_again();
    capture.open(SHELL, "/etc/sudoers", 6);
    capture.lose(Lane::File, 1);
    capture.open(SHELL, "/etc/shadow", 7);
    capture.see_again();
    capture.open(SHELL, "/etc/sudoers", 8);
    capture.write(&workspace.path("capture"));
    let arguments = ["-r", "rules.yaml", "--rule", "Sensitive*"];
    let complete = alerts(&workspace, &arguments, 3, |alert| {
        alert["output_fields"]["evidence.complete"] == Json::Bool(true)
    });
    // What cat did before, then in turn after a loss and after a snapshot.
    assert_eq!(complete, [true, false, true, false, true]);
}

/// A shell in a container opens a file, its runtime speaks, and it opens another.
fn late() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    let shell = Row::new(state_thread::EVENT, SHELL)
        .int(state_thread::ptid, 0)
        .text(state_thread::comm, "sh")
        .text(state_thread::argv, "sh\0")
        .text(state_thread::cwd, "/")
        .text(state_thread::cgroups, "0::/default/web\0");
    capture.know(shell);
    capture.open(SHELL, "/srv/early", 3);
    capture.push(Row::new(container::EVENT, 0).text(container::json, METADATA));
    capture.open(SHELL, "/srv/late", 4);
    capture
}

/// Rule, file, the container's name, and what was healed.
fn told(alert: &Json) -> String {
    let fields = &alert["output_fields"];
    let rule = alert["rule"].as_str().unwrap_or_default();
    let file = &fields["fd.name"];
    let (name, healed) = (&fields["container.name"], &fields["evidence.healed"]);
    format!("{rule}: {file} {name} {healed}")
}

#[test]
fn what_a_runtime_says_later_completes_earlier_events_only_when_asked_to() {
    let workspace = Workspace::new();
    workspace.write("container.yaml", CONTAINER_RULE);
    late().write(&workspace.path("capture"));
    let check = |options: &[&str], expected: &[&str]| {
        let mut arguments = vec!["-r", "container.yaml"];
        arguments.extend(options);
        assert_eq!(alerts(&workspace, &arguments, 0, told), expected);
    };
    check(
        &[],
        &[
            r#"Opened in a container: "/srv/early" null null"#,
            r#"Opened in a web server: "/srv/late" "front" null"#,
        ],
    );
    check(
        &["--heal-containers"],
        &[
            r#"Opened in a web server: "/srv/early" "front" ["container.image.repository","container.name"]"#,
            r#"Opened in a web server: "/srv/late" "front" null"#,
        ],
    );
}
