//! The tables `processes`, `files` and `connections` of a live recording against what a script knows of itself: whom it started, how they ended, what it did to files, to whom it spoke.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{Array as _, RecordBatch};
use falco_analyze::columns::{BatchSink, CaptureTables, Table, TableLayout};
use falco_analyze::pipeline::{Flow, open_inputs};

use crate::live::recorder_or_skip;
use crate::programs::{recorder, run};

/// What it starts it names with its end, as the shell has it: 128 and the number for a signal.
const SCRIPT: &str = r#"
cd "$0" || exit 2
note() { wait "$1"; echo "$1 $?" >> ends; }
/bin/true & note $!
/bin/false & note $!
/bin/sh -c 'exit 7' & note $!
/bin/sh -c 'kill -9 $$' & note $! 2>/dev/null
(exit 3) & note $!
printf hello > made
mv made moved
ln -s moved link
mkdir folder
chmod 600 moved
rm moved
cat missing 2>/dev/null
exec 3<>/dev/tcp/127.0.0.1/"$1"
read -r line <&3
exec 3>&-
(exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null
echo "$$ 5" >> ends
exit 5
"#;

/// Batches, kept.
#[derive(Default)]
struct Kept(Vec<RecordBatch>);

impl BatchSink for Kept {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.0.push(batch);
        Ok(Flow::Continue)
    }
}

impl Kept {
    /// The rows as text, NULL as a dash.
    fn rows(&self) -> Vec<Vec<String>> {
        let rows = self
            .0
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
        rows.map(|(batch, row)| {
            let columns = batch.columns().iter();
            columns
                .map(|column| {
                    if column.is_null(row) {
                        return "-".to_owned();
                    }
                    column
                        .as_string_opt::<i32>()
                        .map(|texts| texts.value(row).to_owned())
                        .or_else(|| {
                            column
                                .as_primitive_opt::<Int64Type>()
                                .map(|numbers| numbers.value(row).to_string())
                        })
                        .or_else(|| {
                            column
                                .as_primitive_opt::<UInt64Type>()
                                .map(|numbers| numbers.value(row).to_string())
                        })
                        .expect("text or a number")
                })
                .collect()
        })
        .collect()
    }
}

fn layout(table: Table, columns: &[&str]) -> TableLayout {
    table
        .layout()
        .select(columns)
        .expect("columns of the table")
}

#[test]
fn tables_tell_what_a_script_did() {
    let Some(_guard) = recorder_or_skip("tables_tell_what_a_script_did") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let work = directory.path().join("work");
    fs::create_dir(&work).expect("a directory");
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("an address").port().to_string();
    let serving = thread::spawn(move || {
        let (mut peer, _) = server.accept().expect("somebody comes");
        peer.write_all(b"welcome\n").expect("a line");
    });
    let capture = directory.path().join("capture");
    let words = [
        "run",
        "-o",
        &capture.to_string_lossy(),
        "--",
        "/bin/bash",
        "-c",
        SCRIPT,
        &work.to_string_lossy(),
        &port,
    ]
    .map(ToOwned::to_owned);
    run(&recorder(), &words).expect_code(5);
    serving.join().expect("it served");
    check(&work, &capture, &port);
}

fn check(work: &Path, capture: &Path, port: &str) {
    let layouts = [
        layout(
            Table::Processes,
            &["proc_pid", "ended", "exit_code", "exit_signal"],
        ),
        layout(
            Table::Files,
            &["fs_path_name", "fs_path_target", "operation", "evt_res"],
        ),
        layout(
            Table::Connections,
            &["fd_rip", "fd_rport", "direction", "evt_res", "proc_name"],
        ),
    ];
    let mut kept: [Kept; 3] = Default::default();
    let input = open_inputs(&[capture])
        .expect("a capture")
        .into_iter()
        .next()
        .expect("one");
    let asked = layouts
        .iter()
        .zip(&mut kept)
        .map(|(layout, kept)| (layout, kept as _));
    let tally = CaptureTables::new(input)
        .scan_tables(asked.collect())
        .expect("a scan");
    assert_eq!(tally.read.losses.events(), 0, "nothing was lost");
    let [processes, files, connections] = kept.map(|kept| kept.rows());

    check_ends(work, &processes);
    check_files(work, &files);
    let spoke = |port: &str, outcome: &str| {
        let row = ["127.0.0.1", port, "out", outcome, "bash"].map(ToOwned::to_owned);
        assert!(
            connections.iter().any(|found| found[..] == row),
            "{row:?} is not among {connections:#?}"
        );
    };
    spoke(port, "SUCCESS");
    spoke("1", "ECONNREFUSED");
}

fn check_ends(work: &Path, processes: &[Vec<String>]) {
    let is_exit = |row: &&Vec<String>| row.get(1).is_some_and(|ended| ended == "exit");
    let ended: BTreeMap<&str, (&str, &str)> = processes
        .iter()
        .filter(is_exit)
        .filter_map(|row| match row.as_slice() {
            [pid, _, code, signal] => Some((pid.as_str(), (code.as_str(), signal.as_str()))),
            _ => None,
        })
        .collect();
    let ends = fs::read_to_string(work.join("ends")).expect("the script's own account");
    assert_eq!(ends.lines().count(), 6, "{ends}");
    for line in ends.lines() {
        let (pid, status) = line.split_once(' ').expect("a process and its end");
        let expected = if status == "137" {
            ("-", "SIGKILL")
        } else {
            (status, "-")
        };
        assert_eq!(ended.get(pid), Some(&expected), "{line}");
    }
}

fn check_files(work: &Path, files: &[Vec<String>]) {
    let below = format!("{}/", work.display());
    let did: Vec<String> = files
        .iter()
        .filter(|row| row.first().is_some_and(|path| path.starts_with(&below)))
        .map(|row| row.join(" ").replace(&below, ""))
        .filter(|row| !row.starts_with("ends "))
        .collect();
    let expected = [
        "made - open SUCCESS",
        "made moved rename SUCCESS",
        "link moved symlink SUCCESS",
        "folder - mkdir SUCCESS",
        "moved - chmod SUCCESS",
        "moved - delete SUCCESS",
        "missing - open ENOENT",
    ];
    for act in expected {
        assert!(
            did.iter().any(|row| row == act),
            "{act} is not among {did:#?}"
        );
    }
}
