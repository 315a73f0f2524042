//! The past: what lived and what was held at each moment of a capture, held against a model that plays the same script.
//!
//! However a capture is cut into blocks and segments, and whether each begins with a snapshot, the answer is the same.

use std::collections::BTreeMap;

use falco_abi::Lane;
use falco_abi::events::close;
use falco_analyze::past::{Past, PastError, Process, touched_by};
use falco_analyze::pipeline::Input;
use falco_format::UnixNanos;

use crate::support::capture::{BOOT_REALTIME, Row};
use crate::support::{CaptureBuilder, Workspace};

/// When the first event of a capture is, and how far events lie apart, as the builder has it.
const FIRST: u64 = BOOT_REALTIME + 5_000_000_000;
const STEP: u64 = 1_000;
const SHELL: u32 = 100;

/// What lives: parent, program and descriptors.
type Model = BTreeMap<u32, (u32, String, BTreeMap<i32, String>)>;

/// A capture and what is there after each of its events.
struct Script {
    capture: CaptureBuilder,
    now: Model,
    /// After each event.
    after: Vec<Model>,
}

impl Script {
    fn new() -> Self {
        let mut capture = CaptureBuilder::new("node-a");
        capture.shell(SHELL);
        let shell = (0, "/usr/bin/bash".to_owned(), BTreeMap::new());
        Script {
            capture,
            now: Model::from([(SHELL, shell)]),
            after: Vec::new(),
        }
    }

    fn start(&mut self, parent: u32, tid: u32, path: &str) {
        self.capture.start_program(parent, tid, path, &[path]);
        let (program, files) = self
            .now
            .get(&parent)
            .map(|(_, program, files)| (program.clone(), files.clone()))
            .expect("a parent");
        self.now.insert(tid, (parent, program, files));
        self.after.push(self.now.clone());
        self.now.get_mut(&tid).expect("a child").1 = path.to_owned();
        self.after.push(self.now.clone());
    }

    fn open(&mut self, tid: u32, path: &str, fd: i32) {
        self.capture.open(tid, path, i64::from(fd));
        let process = self.now.get_mut(&tid).expect("a process");
        process.2.insert(fd, path.to_owned());
        self.after.push(self.now.clone());
    }

    fn close(&mut self, tid: u32, fd: i32) {
        let row = Row::new(close::EVENT, tid);
        self.capture
            .push(row.int(close::fd, i64::from(fd)).int(close::res, 0));
        self.now.get_mut(&tid).expect("a process").2.remove(&fd);
        self.after.push(self.now.clone());
    }

    fn end(&mut self, tid: u32) {
        self.capture.end(tid);
        self.now.remove(&tid);
        // Whoever it leaves behind is init's.
        for process in self.now.values_mut().filter(|one| one.0 == tid) {
            process.0 = 1;
        }
        self.after.push(self.now.clone());
    }

    /// Programs come, open files, leave some of them open, and go; one leaves its child behind.
    fn played() -> Self {
        let mut script = Script::new();
        for round in 0..6_u32 {
            let tid = 200 + round;
            script.start(SHELL, tid, "/usr/bin/cat");
            script.open(tid, &format!("/etc/file{round}"), 3);
            script.open(tid, "/etc/hosts", 4);
            script.start(tid, 300 + round, "/usr/bin/vi");
            script.close(tid, 3);
            if round % 2 == 0 {
                script.end(300 + round);
            }
            script.end(tid);
            if round % 2 == 1 {
                script.end(300 + round);
            }
        }
        script
    }
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

fn found(past: &Past) -> Model {
    let processes = past.processes().into_iter();
    let mut found: Model = processes
        .map(|process| {
            let pid = u32::try_from(process.pid()).expect("a number");
            let parent = process.parent_pid().unwrap_or(0);
            let parent = u32::try_from(parent).expect("a number");
            (pid, (parent, text(process.exe_path()), BTreeMap::new()))
        })
        .collect();
    for descriptor in past.descriptors() {
        let pid = u32::try_from(descriptor.process.pid()).expect("a number");
        let files = &mut found.get_mut(&pid).expect("a process").2;
        files.insert(descriptor.number(), text(descriptor.name()));
    }
    found
}

#[test]
fn each_moment_is_as_it_was_however_the_capture_is_cut() {
    let script = Script::played();
    for (block, segment) in [(usize::MAX, usize::MAX), (1, usize::MAX), (3, 7), (5, 11)] {
        let workspace = Workspace::new();
        let path = workspace.path("capture");
        script.capture.write_cut(&path, block, segment);
        let input = Input::open(&path).expect("a capture");
        for (step, expected) in (0..).zip(&script.after) {
            // At the event, and in the middle between it and the next.
            for later in [0, STEP / 2] {
                let is_last = step + 1 == script.after.len() as u64;
                let at = UnixNanos(FIRST + step * STEP + if is_last { 0 } else { later });
                let past = Past::at(&input, at).expect("a moment of it");
                assert_eq!(&found(&past), expected, "{block} {segment} event {step}");
                // Of an orphan nobody knows the parent: no init is in the capture.
                let is_whole =
                    |one: &Process<'_>| one.is_complete() != (one.parent_pid() == Some(1));
                assert!(past.processes().iter().all(is_whole), "event {step}");
                assert_eq!(past.origin().node, "node-a");
            }
        }
    }
}

#[test]
fn a_moment_outside_of_the_capture_says_its_span() {
    let workspace = Workspace::new();
    let script = Script::played();
    script.capture.write(&workspace.path("capture"));
    let input = Input::open(&workspace.path("capture")).expect("a capture");
    let last = FIRST + (script.after.len() as u64 - 1) * STEP;
    assert!(Past::at(&input, UnixNanos(last)).is_ok());
    for outside in [0, FIRST - 1, last + 1] {
        let error = Past::at(&input, UnixNanos(outside)).err().expect("outside");
        assert!(matches!(error, PastError::Outside { .. }));
        let said = error.to_string();
        assert!(said.contains("it spans 2026-01-02"), "{said}");
    }
}

#[test]
fn what_a_loss_touched_is_doubtful_until_it_is_seen_again() {
    let workspace = Workspace::new();
    let mut script = Script::new();
    script.start(SHELL, 200, "/usr/bin/cat");
    script.capture.lose(Lane::Process, 1);
    script.open(200, "/etc/hosts", 3);
    script.capture.write(&workspace.path("capture"));
    let input = Input::open(&workspace.path("capture")).expect("a capture");
    let complete = |step: u64| {
        let past = Past::at(&input, UnixNanos(FIRST + step * STEP)).expect("a moment");
        past.process(200).map(|process| process.is_complete())
    };
    // Rows were lost between the first event and the third.
    assert_eq!((complete(0), complete(2)), (Some(true), Some(false)));
}

#[test]
fn kin_are_told_generation_by_generation() {
    let workspace = Workspace::new();
    let mut script = Script::new();
    script.start(SHELL, 200, "/usr/bin/make");
    script.start(200, 300, "/usr/bin/cc");
    script.start(300, 400, "/usr/bin/as");
    script.start(200, 301, "/usr/bin/ld");
    script.capture.write(&workspace.path("capture"));
    let input = Input::open(&workspace.path("capture")).expect("a capture");
    let past = Past::at(&input, UnixNanos(FIRST + 7 * STEP)).expect("a moment");
    let told = |kin: Option<Vec<falco_analyze::past::Relative<'_>>>| {
        let kin = kin.expect("a process").into_iter();
        kin.map(|one| (one.level, one.process.pid()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(past.lineage(400)),
        [(0, 400), (1, 300), (2, 200), (3, 100)]
    );
    assert_eq!(told(past.descendants(200)), [(1, 300), (1, 301), (2, 400)]);
    assert_eq!(told(past.descendants(400)), []);
    assert!(past.lineage(999).is_none() && past.descendants(999).is_none());
}

#[test]
fn a_family_keeps_whom_it_left_behind_and_not_whoever_gets_a_number_later() {
    let workspace = Workspace::new();
    let mut script = Script::new();
    script.start(SHELL, 200, "/usr/bin/setsid");
    script.start(200, 300, "/usr/bin/miner");
    script.end(200);
    script.open(300, "/etc/shadow", 3);
    script.open(300, "/etc/shadow", 4);
    script.end(300);
    // The number is given to a stranger.
    script.start(SHELL, 300, "/usr/bin/vi");
    script.open(300, "/etc/hosts", 3);
    script.capture.write(&workspace.path("capture"));
    let input = Input::open(&workspace.path("capture")).expect("a capture");
    let (acts, _) = touched_by(&input, 200).expect("few things");
    let told: Vec<_> = acts
        .iter()
        .map(|(act, how)| (act.pid, act.event, text(Some(&act.object)), how.count))
        .collect();
    let expected = [
        (200, "execve", "/usr/bin/setsid".to_owned(), 1),
        (300, "execve", "/usr/bin/miner".to_owned(), 1),
        (300, "openat", "/etc/shadow".to_owned(), 2),
    ];
    assert_eq!(told, expected);
}
