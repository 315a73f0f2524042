//! Our own captures as `.scap`: replayed, they alert as they did.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use falco_abi::events;
use falco_analyze::export::scap::{ScapSchema, export_scap};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Demand, Flow, Input, Judge, Observer, Part, PassOptions, Seen, Tally, run_pass,
};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_rules::{Filter, RuleMatching, RuleSet, Selection, Template};
use serde_json::Value as Json;

use crate::capture::{CaptureBuilder, Row};
use crate::support::{directory, exported, input_of, rows};

/// An alert: time, thread, rule, message and the values of the rule's own fields.
type ReplayedAlert = (u64, u32, String, BTreeMap<String, Json>);

struct Replay<'r> {
    judge: Judge<'r>,
    told: Vec<ReplayedAlert>,
}

impl Observer for Replay<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let Self { judge, told } = self;
        judge.judge(seen, |alert| {
            let fields = alert.fields.iter();
            let fields = fields.filter(|(name, _)| !is_of_the_capture(name));
            told.push((
                alert.time.0,
                seen.view.meta().tid.0,
                alert.rule.name.to_string(),
                fields
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            ));
            Ok(())
        })?;
        Ok(Flow::Continue)
    }
}

/// Numbers of events count what a file holds, and evidence names where it was recorded.
fn is_of_the_capture(field: &str) -> bool {
    field.starts_with("evidence.") || field == "evt.num"
}

fn replay(input: &Input, rules: &RuleSet) -> (Vec<ReplayedAlert>, Tally) {
    let mut replay = Replay {
        judge: Judge::new(rules, &SCHEMA, RuleMatching::All),
        told: Vec::new(),
    };
    let demand = Demand::of_rules(rules);
    let tally = run_pass(input, &demand, PassOptions::default(), &mut replay);
    (replay.told, tally.expect("nothing fails"))
}

/// Rule files and directories as one set.
fn rules(paths: &[PathBuf]) -> RuleSet {
    let texts = read_rule_files(paths).expect("the rules are there");
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    loaded.rules.expect("the rules load")
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the workspace").to_owned()
}

/// Replays a recording and its export; both must say the same.
fn check_alerts(rules: &RuleSet) {
    let input = Input::open(&root().join("corpus/first-light/capture")).expect("opens");
    let (bytes, written) = exported(&input, ScapSchema::Today);
    let export = input_of(bytes);
    let (before, _) = replay(&input, rules);
    let (after, tally) = replay(&export, rules);
    assert!(tally.is_complete());
    assert_eq!(tally.events, written.written.events);
    assert!(!before.is_empty());
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
}

#[test]
fn a_recording_alerts_as_before() {
    check_alerts(&rules(&[root().join("rules/default")]));
}

#[test]
fn a_recording_alerts_as_before_under_falcos_rules() {
    let test = "a_recording_alerts_as_before_under_falcos_rules";
    let Some(directory) = directory(test) else {
        return;
    };
    let files = [
        "rules/falco_rules.yaml",
        "rules/falco-incubating_rules.yaml",
        "rules/falco-sandbox_rules.yaml",
        // Rules that thousands of events match, and whose outputs print many fields.
        "truth/broad.yaml",
    ];
    check_alerts(&rules(&files.map(|file| directory.join(file))));
}

/// What prints of the events that a filter matches.
fn values(input: &Input, filter: &str, format: &str) -> Vec<String> {
    struct Print<'f> {
        filter: &'f Filter,
        template: &'f Template,
        lines: Vec<String>,
    }
    impl Observer for Print<'_> {
        fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
            if self.filter.matches(seen.context) {
                let mut line = String::new();
                self.template.render(seen.context, &mut line);
                self.lines.push(line);
            }
            Ok(Flow::Continue)
        }
    }
    let filter = Filter::compile(&SCHEMA, filter).expect("a filter");
    let template = Template::compile(&SCHEMA, format).expect("a template");
    let mut print = Print {
        filter: &filter,
        template: &template,
        lines: Vec::new(),
    };
    let demand = Demand::everything();
    run_pass(input, &demand, PassOptions::default(), &mut print).expect("nothing fails");
    print.lines
}

/// Checks that a recording and its export print the same of the events that a filter matches.
#[track_caller]
fn check(capture: &CaptureBuilder, filter: &str, format: &str, expected: &[&str]) {
    let directory = tempfile::tempdir().expect("a directory");
    capture.write(directory.path());
    let input = Input::open(directory.path()).expect("opens");
    let (bytes, _) = exported(&input, ScapSchema::Today);
    assert_eq!(values(&input, filter, format), expected);
    assert_eq!(values(&input_of(bytes), filter, format), expected);
}

/// A tuple of the probe: IPv4, TCP, the own end and the other.
fn tuple(local: ([u8; 4], u16), remote: ([u8; 4], u16)) -> Vec<u8> {
    let mut bytes = vec![2, 6, 1, 1];
    bytes.extend(local.1.to_le_bytes());
    bytes.extend(remote.1.to_le_bytes());
    bytes.extend(local.0);
    bytes.extend(remote.0);
    bytes
}

#[test]
fn a_connection_keeps_its_ends_and_sides() {
    use events::{accept4, connect, socket};
    let here = [10, 0, 0, 1];
    let there = [10, 0, 0, 2];
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    let made = Row::new(socket::EVENT, 100);
    capture.push(
        made.int(socket::fd, 3)
            .int(socket::domain, 2)
            .int(socket::r#type, 1),
    );
    capture.push(
        Row::new(connect::EVENT, 100)
            .int(connect::res, 0)
            .int(connect::fd, 3)
            .text(connect::tuple, tuple((here, 4000), (there, 80))),
    );
    capture.push(
        Row::new(accept4::EVENT, 100)
            .int(accept4::fd, 5)
            .int(accept4::listenfd, 4)
            .text(accept4::tuple, tuple((here, 22), (there, 5000))),
    );
    check(
        &capture,
        "evt.type in (connect, accept4)",
        "%fd.name %fd.cip:%fd.cport %fd.sip:%fd.sport %fd.l4proto %evt.arg.tuple",
        &[
            "10.0.0.1:4000->10.0.0.2:80 10.0.0.1:4000 10.0.0.2:80 tcp 10.0.0.1:4000->10.0.0.2:80",
            "10.0.0.2:5000->10.0.0.1:22 10.0.0.2:5000 10.0.0.1:22 tcp 10.0.0.2:5000->10.0.0.1:22",
        ],
    );
}

#[test]
fn sockets_that_were_open_before_keep_protocol_and_ends() {
    use events::{close, state_fd};
    const TCP: u8 = 6;
    let check = |protocol: u8, kind: u8, remote: ([u8; 4], u16), expected: &str| {
        let mut capture = CaptureBuilder::new("node");
        capture.shell(100);
        let mut bytes = tuple(([127, 0, 0, 1], 40_000), remote);
        (bytes[1], bytes[3]) = (protocol, kind);
        capture.know(
            Row::new(state_fd::EVENT, 100)
                .int(state_fd::fd, 3)
                .int(state_fd::ino, 7)
                .text(state_fd::name, "socket:[7]")
                .text(state_fd::tuple, bytes),
        );
        let closed = Row::new(close::EVENT, 100).int(close::res, 0);
        capture.push(closed.int(close::fd, 3));
        check(
            &capture,
            "evt.type = close",
            "*%fd.l4proto %fd.typechar %fd.name",
            &[expected],
        );
    };
    let connected = ([127, 0, 0, 1], 9);
    let ends = "4 127.0.0.1:40000->127.0.0.1:9";
    check(TCP, 1, connected, &format!("tcp {ends}"));
    check(17, 2, connected, &format!("udp {ends}"));
    check(1, 2, connected, &format!("icmp {ends}"));
    check(255, 3, connected, &format!("raw {ends}"));
}

/// One that is bound to nothing would be a server's for Falco, also after it connects.
#[test]
fn a_socket_without_ends_is_a_client_once_it_connects() {
    use events::{close, connect, state_fd};
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    capture.know(
        Row::new(state_fd::EVENT, 100)
            .int(state_fd::fd, 3)
            .int(state_fd::ino, 7)
            .text(state_fd::name, "socket:[7]")
            .text(state_fd::tuple, tuple(([0; 4], 0), ([0; 4], 0))),
    );
    capture.push(
        Row::new(connect::EVENT, 100)
            .int(connect::res, 0)
            .int(connect::fd, 3)
            .text(
                connect::tuple,
                tuple(([10, 0, 0, 1], 4000), ([10, 0, 0, 2], 80)),
            ),
    );
    let closed = Row::new(close::EVENT, 100).int(close::res, 0);
    capture.push(closed.int(close::fd, 3));
    check(
        &capture,
        "evt.type = close",
        "%fd.typechar %fd.name %fd.cport %fd.sport %fd.is_server",
        &["4 10.0.0.1:4000->10.0.0.2:80 4000 80 false"],
    );
}

#[test]
fn a_limit_that_was_not_given_sets_none() {
    use events::prlimit;
    const NOFILE: i64 = 7;
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    let call = |row: Row| {
        row.int(prlimit::res, 0)
            .int(prlimit::pid, 0)
            .int(prlimit::resource, NOFILE)
    };
    let set = call(Row::new(prlimit::EVENT, 100));
    capture.push(set.int(prlimit::newcur, 100).int(prlimit::newmax, 200));
    capture.push(call(Row::new(prlimit::EVENT, 100)).int(prlimit::oldcur, 100));
    check(
        &capture,
        "evt.type = prlimit",
        "%proc.fdlimit",
        &["100", "100"],
    );
}

#[test]
fn flags_and_modes_keep_their_names() {
    use events::{fchmodat, openat, ptrace};
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    capture.push(
        Row::new(openat::EVENT, 100)
            .int(openat::fd, 3)
            .int(openat::dirfd, -100)
            .text(openat::name, "notes")
            .int(openat::flags, 0o102)
            .int(openat::mode, 0o640)
            .int(openat::dev, 5)
            .int(openat::ino, 77)
            .int(openat::opened, 1),
    );
    capture.push(
        Row::new(fchmodat::EVENT, 100)
            .int(fchmodat::res, -1)
            .int(fchmodat::dirfd, -100)
            .text(fchmodat::filename, "/etc/shadow")
            .int(fchmodat::mode, 0o4755),
    );
    capture.push(
        Row::new(ptrace::EVENT, 100)
            .int(ptrace::res, 0)
            .int(ptrace::request, 16)
            .int(ptrace::pid, 1),
    );
    check(
        &capture,
        "evt.type in (openat, fchmodat)",
        "*%evt.args",
        &[
            "fd=3(<f>/root/notes) dirfd=-100(AT_FDCWD) name=notes(/root/notes) flags=16391(O_CREAT|O_RDWR|O_F_CREATED) mode=0640 dev=5 ino=77",
            "res=-1(EPERM) dirfd=-100(AT_FDCWD) filename=/etc/shadow mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)",
        ],
    );
    check(
        &capture,
        "evt.type = ptrace",
        "%evt.arg.request",
        &["PTRACE_ATTACH"],
    );
}

#[test]
fn calls_without_a_type_of_their_own_keep_their_names() {
    use events::syscall;
    const SYNC: i64 = 162;
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    let call = Row::new(syscall::EVENT, 100);
    capture.push(call.int(syscall::res, 0).int(syscall::ID, SYNC));
    check(
        &capture,
        "evt.type = sync",
        "%evt.type %proc.name",
        &["sync bash"],
    );
}

#[test]
fn what_the_snapshot_knows_is_in_the_lists() {
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "notes"]);
    check(
        &capture,
        "evt.type = execve",
        "%proc.cmdline %proc.cwd %proc.pname %proc.pexepath %user.name %proc.ppid",
        &["cat notes /root/ bash /usr/bin/bash root 100"],
    );
}

#[test]
fn containers_of_the_snapshot_stand_before_the_first_event() {
    use events::{container, state_container, state_listen, state_user};
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    let json = r#"{"container":{"id":"0123456789ab","name":"web"}}"#;
    capture.know(Row::new(state_container::EVENT, 0).text(state_container::json, json));
    capture.know(
        Row::new(state_user::EVENT, 0)
            .int(state_user::uid, 7)
            .text(state_user::name, "app")
            .text(state_user::container_id, "0123456789ab"),
    );
    capture.know(Row::new(state_listen::EVENT, 0).int(state_listen::ino, 9));
    capture.open(100, "/etc/passwd", 3);
    let directory = tempfile::tempdir().expect("a directory");
    capture.write(directory.path());
    let input = Input::open(directory.path()).expect("opens");
    let (bytes, tally) = exported(&input, ScapSchema::Today);
    let unsaid: Vec<_> = tally.written.unsaid.into_iter().collect();
    assert_eq!(unsaid, [("state_listen".to_owned(), 1)]);
    let rows = rows(&input_of(bytes)).events;
    let names = rows.iter().map(|row| row.event);
    let expected = [
        container::EVENT,
        events::useradded::EVENT,
        events::openat::EVENT,
    ];
    assert!(names.eq(expected));
    assert_eq!(rows[0].params[container::json].1, json.as_bytes());
}

#[test]
fn containers_that_no_event_follows_are_counted() {
    use events::state_container;
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    let json = r#"{"container":{"id":"0123456789ab","name":"web"}}"#;
    capture.know(Row::new(state_container::EVENT, 0).text(state_container::json, json));
    let directory = tempfile::tempdir().expect("a directory");
    capture.write(directory.path());
    let input = Input::open(directory.path()).expect("opens");
    let (_, tally) = exported(&input, ScapSchema::Today);
    let unsaid: Vec<_> = tally.written.unsaid.into_iter().collect();
    assert_eq!(unsaid, [("container".to_owned(), 1)]);
}

#[test]
fn a_filtered_export_keeps_the_state_of_its_events() {
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "notes"]);
    capture.open(200, "notes", 3);
    let directory = tempfile::tempdir().expect("a directory");
    capture.write(directory.path());
    let input = Input::open(directory.path()).expect("opens");
    let filter = Filter::compile(&SCHEMA, "evt.type = openat").expect("a filter");
    for schema in [ScapSchema::Today, ScapSchema::Of2022] {
        let mut bytes = Vec::new();
        export_scap(
            (&input, &Part::whole()),
            Some(&filter),
            schema,
            &mut bytes,
            &mut |_| Flow::Continue,
        )
        .expect("is written");
        let lines = values(
            &input_of(bytes),
            "evt.type exists",
            "%evt.type %proc.cmdline %fd.name",
        );
        assert_eq!(lines, ["openat cat notes /root/notes"], "{schema:?}");
    }
}
