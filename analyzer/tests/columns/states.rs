//! What is made once for many rows is what each row's own event gives: every column of `events`, over random recordings, ours and Falco's, for any cut and any number of threads.
//!
//! The measure is a batch of one row, which shares nothing with any other.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use falco_abi::events::{chdir, close, dup2, execve, openat, read, setresuid, setsid, useradded};
use falco_analyze::columns::{BatchBuilder, Table, TableLayout, TableQuery, TableSource as _};
use falco_analyze::pipeline::{Demand, Flow, Observer, PassOptions, Seen, open_inputs, run_pass};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::capture::{CaptureBuilder, Row};
use crate::support::{Kept, lines, tables};

/// How many events of a capture are compared: every kind comes early.
const EVENTS_MAX: usize = 1_500;

/// Each event as a batch of its own.
struct RowByRow {
    builder: BatchBuilder,
    rows: Vec<String>,
}

impl Observer for RowByRow {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.builder.push(seen);
        let batch = self.builder.finish().expect("a batch");
        self.rows.extend(lines(&batch));
        Ok(if self.rows.len() < EVENTS_MAX {
            Flow::Continue
        } else {
            Flow::Stop
        })
    }
}

fn row_by_row(capture: &Path, layout: &TableLayout) -> Vec<String> {
    let mut observer = RowByRow {
        builder: BatchBuilder::new(layout.clone(), &capture.display().to_string()),
        rows: Vec::new(),
    };
    for input in &open_inputs(&[capture]).expect("a capture") {
        let (demand, options) = (Demand::everything(), PassOptions::default());
        run_pass(input, &demand, options, &mut observer).expect("a pass");
    }
    observer.rows
}

/// The rows of a scan, and how many states were made for them.
fn scanned(capture: &Path, layout: &TableLayout, threads: usize) -> (Vec<String>, u64) {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let mut kept = Kept::default();
    let tally = tables(capture)
        .with_threads(threads)
        .rows(layout, &TableQuery::default(), &mut kept)
        .expect("a scan");
    let rows = kept.0.iter().flat_map(|batch: &RecordBatch| lines(batch));
    (rows.take(EVENTS_MAX).collect(), tally.states)
}

/// Compares every column, and says how many rows shared a state with another on average.
fn check(capture: &Path) -> f64 {
    let layout = Table::Events.layout();
    let expected = row_by_row(capture, &layout);
    assert!(!expected.is_empty());
    let mut shared = 0.0;
    for threads in [1, 3] {
        let (found, states) = scanned(capture, &layout, threads);
        for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "event {number} by {threads} threads");
        }
        assert_eq!(found.len(), expected.len());
        shared = found.len() as f64 / states as f64;
    }
    shared
}

#[test]
fn recordings_and_captures_of_falcos_have_the_values_of_their_events() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    check(&corpus);
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        println!("FALCO_REFERENCE is not set: captures of Falco's are left out");
        return;
    };
    for name in ["falco-cat_write", "falco-connect_localhost"] {
        check(&reference.join(format!("captures/{name}.scap")));
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Start { parent: u32, child: u32 },
    Execute { thread: u32, program: u8 },
    Open { thread: u32, path: u8, fd: i64 },
    Read { thread: u32, fd: i64 },
    Duplicate { thread: u32, from: i64, to: i64 },
    Close { thread: u32, fd: i64 },
    Become { thread: u32, uid: i64 },
    Account { uid: i64, name: u8 },
    Lead { thread: u32 },
    Go { thread: u32, path: u8 },
    End { thread: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::{Account, Become, Close, Duplicate, End, Execute, Go, Lead, Open, Read, Start};
    let thread = || 200_u32..205;
    let fd = || 3_i64..6;
    let step = prop_oneof![
        3 => (thread(), thread()).prop_map(|(parent, child)| Start { parent, child }),
        2 => (thread(), 0_u8..3).prop_map(|(thread, program)| Execute { thread, program }),
        3 => (thread(), 0_u8..4, -3_i64..6).prop_map(|(thread, path, fd)| Open { thread, path, fd }),
        8 => (thread(), fd()).prop_map(|(thread, fd)| Read { thread, fd }),
        1 => (thread(), fd(), fd()).prop_map(|(thread, from, to)| Duplicate { thread, from, to }),
        1 => (thread(), fd()).prop_map(|(thread, fd)| Close { thread, fd }),
        1 => (thread(), 0_i64..3).prop_map(|(thread, uid)| Become { thread, uid }),
        1 => (0_i64..3, 0_u8..3).prop_map(|(uid, name)| Account { uid, name }),
        1 => thread().prop_map(|thread| Lead { thread }),
        1 => (thread(), 0_u8..4).prop_map(|(thread, path)| Go { thread, path }),
        1 => thread().prop_map(|thread| End { thread }),
    ];
    prop::collection::vec(step, 1..60)
}

const PROGRAMS: [&str; 3] = ["/usr/bin/cat", "/usr/sbin/sshd", "/tmp/x"];
const PATHS: [&str; 4] = ["/etc/shadow", "/srv/a", "relative", "../b"];

fn capture_of(steps: &[Step]) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    for tid in 200..203 {
        capture.start_program(100, tid, "/usr/bin/cat", &["cat"]);
    }
    for step in steps {
        match *step {
            Step::Start { parent, child } if parent != child => {
                capture.start_program(parent, child, "/bin/ls", &["ls", "-l"]);
            }
            Step::Start { .. } => {}
            Step::Open { thread, path, fd } => {
                capture.open(thread, PATHS[usize::from(path)], fd);
            }
            Step::End { thread } => capture.end(thread),
            ref other => capture.push(row_of(other)),
        }
    }
    capture
}

fn row_of(step: &Step) -> Row {
    match *step {
        Step::Execute { thread, program } => {
            let path = PROGRAMS[usize::from(program)];
            Row::new(execve::EVENT, thread)
                .int(execve::res, 0)
                .text(execve::comm, path.rsplit('/').next().expect("a name"))
                .text(execve::argv, format!("{path}\0argument\0"))
                .text(execve::trusted_exepath, path)
        }
        Step::Read { thread, fd } => Row::new(read::EVENT, thread)
            .int(read::res, 5)
            .int(read::fd, fd),
        Step::Duplicate { thread, from, to } => Row::new(dup2::EVENT, thread)
            .int(dup2::res, to)
            .int(dup2::oldfd, from)
            .int(dup2::newfd, to),
        Step::Close { thread, fd } => Row::new(close::EVENT, thread)
            .int(close::res, 0)
            .int(close::fd, fd),
        Step::Become { thread, uid } => Row::new(setresuid::EVENT, thread)
            .int(setresuid::res, 0)
            .int(setresuid::euid, uid)
            .int(setresuid::after_euid, uid),
        Step::Account { uid, name } => Row::new(useradded::EVENT, 0)
            .int(useradded::uid, uid)
            .text(useradded::name, format!("user{name}")),
        Step::Lead { thread } => Row::new(setsid::EVENT, thread)
            .int(setsid::res, i64::from(thread))
            .int(setsid::sid, i64::from(thread)),
        Step::Go { thread, path } => Row::new(chdir::EVENT, thread)
            .int(chdir::res, 0)
            .text(chdir::path, PATHS[usize::from(path)]),
        Step::Start { .. } | Step::Open { .. } | Step::End { .. } => Row::new(openat::EVENT, 200),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn states_change_whenever_values_do(steps in steps(), block in 1_usize..20, segment in 1_usize..60) {
        let directory = tempdir().expect("a temporary directory");
        capture_of(&steps).write_cut(directory.path(), block, segment);
        check(directory.path());
    }
}

/// If each row had a state of its own, nothing would be compared above.
#[test]
fn rows_share_states() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat"]);
    capture.open(200, "/etc/shadow", 3);
    for _ in 0..500 {
        capture.push(row_of(&Step::Read { thread: 200, fd: 3 }));
    }
    let directory = tempdir().expect("a temporary directory");
    capture.write(directory.path());
    let shared = check(directory.path());
    assert!(shared > 10.0, "{shared} rows share a state");
}
