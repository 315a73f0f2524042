//! Where `explain` says that values come from: the event, an exec, a birth, a descriptor's event, a snapshot, a runtime.

use falco_abi::Lane;
use falco_abi::events::{container, execve, procfork, read, state_fd, state_thread};
use serde_json::Value as Json;

use crate::support::capture::Row;
use crate::support::{CaptureBuilder, Workspace};

/// It compares all fields that are asked for here, and matches nothing.
const RULE: &str = "\
- rule: All fields
  desc: d
  condition: >
    evt.type in (openat, read) and evt.num = 0 and proc.name = x and proc.pname = x and proc.aname[2] = x and
    fd.name = x and user.uid = 9 and container.image.repository = x
  output: o
  priority: INFO
";
const SHELL: u32 = 100;
const CAT: u32 = 200;
const CHILD: u32 = 300;
/// When the child was born, nanoseconds of boot time: after its parent opened a file and read from it.
const BORN: u64 = 10_000_004_500;

fn reads(tid: u32, fd: i64) -> Row {
    Row::new(read::EVENT, tid)
        .int(read::fd, fd)
        .int(read::res, 1)
}

/// A shell of a snapshot, with a descriptor of the snapshot; `cat`, which it starts; and a child of `cat` that executes
/// nothing. Numbers of events stand beside them.
fn capture() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(SHELL);
    let known = Row::new(state_fd::EVENT, SHELL)
        .int(state_fd::fd, 5)
        .text(state_fd::name, "/known");
    capture.know(known);
    capture.push(reads(SHELL, 5)); // 1
    capture.start_program(SHELL, CAT, "/usr/bin/cat", &["cat"]); // 2, 3
    capture.open(CAT, "/opened", 3); // 4
    capture.push(reads(CAT, 3)); // 5
    let born = Row::new(procfork::EVENT, CHILD)
        .of(CHILD, BORN)
        .int(procfork::ptid, i64::from(CAT))
        .int(procfork::parent_tid, i64::from(CAT))
        .int(procfork::parent_pid, i64::from(CAT))
        .int(procfork::parent_start, i64::from(CAT) * 10_000_000)
        .int(procfork::flags, 0)
        .int(procfork::uid, 0)
        .text(procfork::comm, "cat");
    capture.push(born); // 6
    capture.push(reads(CHILD, 3).of(CHILD, BORN)); // 7
    capture.push(reads(CHILD, 9).of(CHILD, BORN)); // 8
    capture
}

/// What is said of the fields that an explained event is asked for, without their order.
fn told(workspace: &Workspace, number: u64, options: &[&str], code: i32) -> Vec<String> {
    let number = number.to_string();
    let fixed = [
        "explain",
        "capture",
        "-r",
        "all.yaml",
        "--rule",
        "All fields",
        "--format",
        "json",
        "--event",
        &number,
    ];
    let run = workspace
        .run(&[&fixed[..], options].concat())
        .ends_with(code);
    let condition = &run.json_lines()[0]["explained"][0]["condition"];
    let parts = condition["parts"].as_array().expect("an `and` has parts");
    let of_part = |part: &Json| {
        let field = &part["fields"][0];
        let doubt = if field["doubtful"] == true { " ?" } else { "" };
        let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {}{doubt}", text("field"), text("from"))
    };
    parts.iter().map(of_part).collect()
}

fn workspace(capture: &CaptureBuilder) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("all.yaml", RULE);
    capture.write(&workspace.path("capture"));
    workspace
}

#[test]
fn each_value_says_where_it_comes_from() {
    let workspace = workspace(&capture());
    let check = |number: u64, expected: [&str; 5]| {
        let found = told(&workspace, number, &[], 0);
        let [name, parent, ancestor, file, user] = expected;
        let expected = [
            "evt.type: event".to_owned(),
            "evt.num: event".to_owned(),
            format!("proc.name: {name}"),
            format!("proc.pname: {parent}"),
            format!("proc.aname[2]: {ancestor}"),
            format!("fd.name: {file}"),
            format!("user.uid: {user}"),
            // That there is no container is known as the thread is.
            format!("container.image.repository: {user}"),
        ];
        assert_eq!(found, expected, "event {number}");
    };
    check(
        1,
        [
            "snapshot",
            "unknown",
            "unknown",
            "snapshot",
            "snapshot_or_since",
        ],
    );
    check(4, ["exec", "snapshot", "unknown", "event", "events"]);
    check(5, ["exec", "snapshot", "unknown", "opened", "events"]);
    check(
        7,
        [
            "inherited_exec",
            "exec",
            "snapshot",
            "inherited_descriptor",
            "events",
        ],
    );
    // Nothing is known of this number.
    check(
        8,
        ["inherited_exec", "exec", "snapshot", "unknown", "events"],
    );
}

#[test]
fn what_may_be_stale_says_so_and_the_event_itself_never_is() {
    let mut lossy = capture();
    lossy.lose(Lane::Process, 4);
    lossy.push(reads(CAT, 3)); // 9
    let workspace = workspace(&lossy);
    assert_eq!(
        told(&workspace, 9, &[], 3),
        [
            "evt.type: event",
            "evt.num: event",
            "proc.name: exec ?",
            "proc.pname: snapshot ?",
            "proc.aname[2]: unknown",
            "fd.name: opened ?",
            "user.uid: events ?",
            "container.image.repository: events ?",
        ]
    );
}

#[test]
fn what_runtimes_say_is_theirs_and_what_they_say_later_is_healed() {
    const SAID: &str = r#"{"container":{"id":"web","name":"front","imagerepo":"nginx"}}"#;
    let mut late = CaptureBuilder::new("node-a");
    let shell = Row::new(state_thread::EVENT, SHELL)
        .int(state_thread::ptid, 0)
        .text(state_thread::comm, "sh")
        .text(state_thread::argv, "sh\0")
        .text(state_thread::cwd, "/")
        .text(state_thread::cgroups, "0::/default/web\0");
    late.know(shell);
    late.open(SHELL, "/early", 3); // 1
    late.push(Row::new(container::EVENT, 0).text(container::json, SAID)); // 2
    late.open(SHELL, "/late", 4); // 3
    let workspace = workspace(&late);
    let check = |number: u64, options: &[&str], expected: &str| {
        let found = told(&workspace, number, options, 0);
        let expected = format!("container.image.repository: {expected}");
        assert_eq!(found.last(), Some(&expected), "event {number} {options:?}");
    };
    check(1, &[], "unknown");
    check(3, &[], "runtime");
    check(1, &["--heal-containers"], "healed");
    check(3, &["--heal-containers"], "runtime");
}

/// A leader's program is not the process's own, and its exec says nothing of where that comes from.
#[test]
fn a_leaders_program_is_not_told_as_the_own() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(SHELL);
    capture.start_program(SHELL, CAT, "/usr/bin/cat", &["cat"]); // 1, 2
    let leads = Row::new(execve::EVENT, CAT)
        .int(execve::res, 0)
        .text(execve::filename, "/usr/bin/cat")
        .text(execve::argv, "cat\0")
        .text(execve::comm, "cat")
        .int(execve::ptid, i64::from(SHELL))
        .int(execve::vpid, i64::from(CAT))
        .int(execve::vtid, i64::from(CAT))
        .int(execve::sid, i64::from(CAT))
        .int(execve::vsid, i64::from(CAT));
    capture.push(leads); // 3
    capture.open(CAT, "/opened", 3); // 4
    let workspace = workspace(&capture);
    let fields = ["proc.name", "proc.sname", "proc.sid.exe"];
    let asked = fields.map(|field| format!("{field} = x")).join(" and ");
    let condition = format!("  condition: evt.type in (openat, read) and {asked}\n");
    let (before, rest) = RULE.split_once("  condition:").expect("a condition");
    let (_, after) = rest.split_once("  output").expect("an output");
    workspace.write("all.yaml", format!("{before}{condition}  output{after}"));
    let expected = [
        "evt.type: event",
        "proc.name: exec",
        "proc.sname: snapshot_or_since",
        "proc.sid.exe: snapshot_or_since",
    ];
    assert_eq!(told(&workspace, 4, &[], 0), expected);
}
