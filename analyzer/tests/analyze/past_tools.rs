//! The tools in the past tense, from outside: what they list at which moment, what they say is missing, and what they refuse.
//!
//! That a moment is right however a capture is cut, `past` asks; that it is as the machine was, a live test does.

use falco_abi::Lane;
use falco_abi::events::{mount, state_mount, state_thread, unlink};
use serde_json::Value as Json;

use crate::support::capture::Row;
use crate::support::{CaptureBuilder, Workspace};

const SHELL: u32 = 100;
/// How much later the second half of the story is.
const LATER_NS: u64 = 60_000_000_000;

/// A login shell, a program that comes, opens files and goes, whose number another one gets a minute later.
fn story(node: &str) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new(node);
    let shell = Row::new(state_thread::EVENT, SHELL)
        .int(state_thread::ptid, 0)
        .text(state_thread::comm, "bash")
        .text(state_thread::argv, "-bash\0")
        .text(state_thread::trusted_exepath, "/usr/bin/bash")
        .text(state_thread::cwd, "/root")
        .int(state_thread::uid, 0)
        .int(state_thread::loginuid, 0)
        .int(state_thread::tty, 0x8803)
        .int(state_thread::sid, i64::from(SHELL))
        .int(state_thread::mnt_ns, 77)
        .int(state_thread::files_owner, i64::from(SHELL));
    capture.know(shell);
    let root = Row::new(state_mount::EVENT, 0)
        .int(state_mount::mnt_ns, 77)
        .text(state_mount::mountpoint, "/")
        .text(state_mount::r#type, "ext4")
        .text(state_mount::source, "/dev/sda1")
        .text(state_mount::options, "rw");
    capture.know(root);
    capture.start_program(SHELL, 200, "/usr/bin/vi", &["vi", "/etc/passwd"]);
    capture.open(200, "/etc/passwd", 3);
    capture.open(200, "/tmp/swap", 4);
    let unlinked = Row::new(unlink::EVENT, 200).int(unlink::res, 0);
    capture.push(unlinked.text(unlink::path, "/tmp/swap"));
    capture.wait(LATER_NS);
    capture.end(200);
    let mounted = Row::new(mount::EVENT, SHELL)
        .int(mount::res, 0)
        .text(mount::dev, "/dev/sdb")
        .text(mount::dir, "/mnt");
    capture.push(mounted.text(mount::r#type, "xfs"));
    capture.start_program(SHELL, 200, "/usr/bin/cat", &["cat", "/etc/hosts"]);
    capture.open(200, "/etc/hosts", 3);
    capture
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    story("node-a").write(&workspace.path("a"));
    workspace
}

/// The lines that a tool prints, with blanks folded.
fn lines(workspace: &Workspace, arguments: &[&str], code: i32) -> Vec<String> {
    let run = workspace.run(arguments).ends_with(code);
    let fold = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    run.stdout.lines().map(fold).collect()
}

#[track_caller]
fn check(workspace: &Workspace, arguments: &[&str], expected: &[&str]) {
    assert_eq!(lines(workspace, arguments, 0), expected, "{arguments:?}");
}

/// A minute before the end: the first program has done all that it does.
const EARLIER: &str = "--at=-30s";

#[test]
fn each_tool_lists_its_moment() {
    let workspace = workspace();
    let heads = "USER PID PPID STARTED TTY CONTAINER COMMAND";
    let ps = |arguments: &[&str], last: &str| {
        let found = lines(&workspace, &[&["ps", "a"], arguments].concat(), 0);
        assert_eq!(found[0], heads);
        assert!(found[1].ends_with("pts/3 - -bash"), "{found:?}");
        assert!(found[2].ends_with(last), "{found:?}, not {last}");
        assert_eq!(found.len(), 3);
    };
    ps(&[EARLIER], " pts/3 - vi /etc/passwd");
    ps(&[], " pts/3 - cat /etc/hosts");
    ps(&[EARLIER, "--tree"], " pts/3 - \\_ vi /etc/passwd");
    let held = "COMMAND PID USER FD TYPE NAME";
    check(
        &workspace,
        &["lsof", "a", "--pid", "200", EARLIER],
        &[
            held,
            "vi 200 root cwd directory /root",
            "vi 200 root txt file /usr/bin/vi",
            "vi 200 root 3 file /etc/passwd",
            "vi 200 root 4 file /tmp/swap (deleted)",
        ],
    );
    check(
        &workspace,
        &["lsof", "a", "--deleted", EARLIER],
        &[held, "vi 200 root 4 file /tmp/swap (deleted)"],
    );
    check(&workspace, &["lsof", "a", "--deleted"], &[held]);
    check(
        &workspace,
        &["lsof", "a", "--path", "/etc"],
        &[held, "cat 200 root 3 file /etc/hosts"],
    );
    check(
        &workspace,
        &["mounts", "a", EARLIER],
        &[
            "SOURCE TARGET TYPE OPTIONS NAMESPACE HELD BY",
            "/dev/sda1 / ext4 rw 77 100 (bash)",
        ],
    );
    check(
        &workspace,
        &["mounts", "a"],
        &[
            "SOURCE TARGET TYPE OPTIONS NAMESPACE HELD BY",
            "/dev/sda1 / ext4 rw 77 100 (bash)",
            "/dev/sdb /mnt xfs - 77 100 (bash)",
        ],
    );
    check(
        &workspace,
        &["users", "a", "--active"],
        &[
            "UID NAME HOME SHELL CONTAINER PROCESSES",
            "0 root - - host 2",
        ],
    );
    let who = lines(&workspace, &["who", "a"], 0);
    assert!(
        who[1].starts_with("root pts/3 ") && who[1].ends_with(" - 100 2 -bash"),
        "{who:?}"
    );
}

#[test]
fn a_difference_is_told_and_ends_with_one() {
    let workspace = workspace();
    let found = lines(&workspace, &["ps", "a", "--diff", "-30s", "-0s"], 1);
    let ends: Vec<_> = found[1..].iter().map(|line| &line[..10]).collect();
    assert_eq!(ends, ["- root 200", "+ root 200"], "{found:?}");
    assert!(found[1].contains("vi /etc/passwd") && found[2].contains("cat /etc/hosts"));
    let none = lines(&workspace, &["ps", "a", "--diff", "-30s", "-20s"], 0);
    assert_eq!(none.len(), 1, "{none:?}");
}

#[test]
fn forms_for_programs_say_what_is_missing() {
    let workspace = workspace();
    let mut lossy = story("node-b");
    lossy.lose(Lane::Process, 7);
    lossy.open(200, "/etc/group", 4);
    lossy.write(&workspace.path("b"));
    let run = workspace
        .run(&["lsof", "a", "--format", "json"])
        .ends_with(0);
    let found: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(found["captures"][0]["complete"], true);
    assert_eq!(found["captures"][0]["missing"], serde_json::json!([]));
    let run = workspace
        .run(&["ps", "a", "b", "--format", "json"])
        .ends_with(3);
    assert!(run.stderr.contains("Lost: 7 events"), "{}", run.stderr);
    let found: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(found["captures"][1]["complete"], false);
    let missing = found["captures"][1]["missing"].to_string();
    assert!(missing.contains("Lost: 7 events"), "{missing}");
    let nodes: Vec<_> = found["processes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["node"].as_str().expect("a node"))
        .collect();
    assert_eq!(nodes, ["node-a", "node-a", "node-b", "node-b"]);
    // What was lost later is not missing of the moment.
    workspace.run(&["ps", "b", EARLIER]).ends_with(0);
    let run = workspace.run(&["ps", "a", "--format", "csv"]).ends_with(0);
    let csv: Vec<_> = run.stdout.lines().collect();
    assert_eq!(csv.len(), 3);
    assert!(csv[0].starts_with("user,pid,ppid,started,"), "{csv:?}");
    assert!(
        csv[2].contains(",\"[\"\"cat\"\",\"\"/etc/hosts\"\"]\","),
        "{csv:?}"
    );
}

#[test]
fn what_was_not_there_is_refused_with_what_was() {
    let workspace = workspace();
    let refused = |arguments: &[&str], words: &[&str]| {
        let run = workspace.run(arguments).ends_with(2);
        for word in words {
            assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
        }
        assert_eq!(run.stdout, "", "{arguments:?}");
    };
    let beyond = ["captures have nothing of 2040-01-01", "they span "];
    refused(&["ps", "a", "--at", "2040-01-01"], &beyond);
    refused(&["who", "a", "--at", "2040-01-01"], &beyond);
    refused(&["ps", "a", "--at", "yesterday"], &["--at", "tomorrow"]);
    refused(&["ps", "a", "--diff", "-1s", "-30s"], &["before the first"]);
    refused(&["ps", "a", "--pid", "4711"], &["no process 4711 is in"]);
    // Its number was used twice, and at that moment by nobody.
    let lives = ["no process 200 lived at", "vi from ", "cat from ", "--at"];
    let ends = [
        "events",
        "a",
        "evt.type=procexit",
        "-p",
        "%evt.time.iso8601",
    ];
    let end = workspace.run(&ends).ends_with(0).stdout;
    refused(&["lsof", "a", "--pid", "200", "--at", end.trim()], &lives);
}
