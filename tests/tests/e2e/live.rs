//! Recording the live kernel: the scripted intrusion, and what must be found in the capture afterwards.
//!
//! The recorder sees the whole machine, so these tests look at the processes that the intrusion's ledger names, and let others be.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::capture::Recorded;
use crate::ledger::{Act, Ledger, What};
use crate::programs::{COMPAT_CALLS, INTRUSION, Ran, analyze, recorder, root, run};
use crate::skip::skipped;

/// The number of the i386 table in a row.
const ABI_I386: u8 = falco_abi::Abi::I386 as u8;

/// Waits for other tests that record, and says whether this host can; a skip is printed with the reason.
///
/// A lock on a file holds between threads and between processes, whichever way the test runner works.
pub(crate) fn recorder_or_skip(test: &str) -> Option<File> {
    static DOCTOR: OnceLock<Ran> = OnceLock::new();
    let doctor = DOCTOR.get_or_init(|| run(&recorder(), ["doctor"]));
    if doctor.code != 0 {
        let reason = format!(
            "this host cannot record\n{}{}",
            doctor.stdout, doctor.stderr
        );
        skipped(test, &reason);
        return None;
    }
    let lock = File::create(std::env::temp_dir().join("falco-e2e.lock")).expect("a lock file");
    lock.lock().expect("the lock of live tests");
    Some(lock)
}

/// A capture that a test made.
struct Recording {
    directory: TempDir,
    /// What the recorder did.
    ran: Ran,
}

impl Recording {
    /// Records while a command runs.
    fn of(program: &str, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let capture = directory.path().join("capture");
        let capture = capture.to_string_lossy();
        let mut words = vec!["run", "-o", &*capture, "--", program];
        words.extend(arguments);
        let ran = run(&recorder(), words);
        Self { directory, ran }
    }

    /// The capture's directory.
    fn path(&self) -> PathBuf {
        self.directory.path().join("capture")
    }
}

/// Finds the ledger's acts in the capture, in their order. An unknown process in the ledger matches any.
fn assert_in_order(ledger: &[Act], recorded: &[Act]) {
    let mut rest = recorded.iter();
    for (number, act) in ledger.iter().enumerate() {
        let found = rest.any(|seen| seen.what == act.what && (act.pid == 0 || act.pid == seen.pid));
        assert!(
            found,
            "act {} of {} is not in the capture at its place: {act:?}",
            number + 1,
            ledger.len()
        );
    }
}

/// What one process did of one kind.
fn opened_by(pid: u32, below: &str, acts: &[Act]) -> Vec<String> {
    let paths = acts.iter().filter(|act| act.pid == pid);
    paths
        .filter_map(|act| match &act.what {
            What::Open(path) if path.starts_with(below) => Some(path.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_intrusion_is_recorded_whole_and_alerts() {
    let Some(_guard) = recorder_or_skip("the_intrusion_is_recorded_whole_and_alerts") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = directory.path().join("ledger");
    let recording = Recording::of(INTRUSION, &["--ledger", &ledger.to_string_lossy()]);
    recording.ran.expect_code(0);
    let ledger = Ledger::read(&ledger);
    if let Some(reason) = &ledger.skipped {
        skipped("the intrusion's containers", reason);
    }
    check_capture(&ledger, &recording.path());
    check_alerts(&ledger, &recording.path());
}

/// Every act is in the capture, in order, and nothing is lost.
fn check_capture(ledger: &Ledger, capture: &Path) {
    let recorded = Recorded::read(capture);
    assert_eq!(recorded.missing, Vec::<String>::new(), "nothing is missing");
    assert_eq!(recorded.states, 1, "one state at the start");
    assert_in_order(&ledger.acts, &recorded.acts);
    // The many files exactly: no open too many, none twice, none out of order.
    let first = ledger.acts.first().expect("the intrusion acted");
    let files = format!("/falco-intrusion-{}/files/", first.pid);
    let below = std::env::temp_dir().to_string_lossy().into_owned() + &files;
    let expected = opened_by(first.pid, &below, &ledger.acts);
    assert!(expected.len() >= 20_000, "every file was opened twice");
    let seen = opened_by(first.pid, &below, &recorded.acts);
    assert!(
        expected == seen,
        "{} opens of {}",
        seen.len(),
        expected.len()
    );
}

/// An alert in the terms that the scenario fixes.
#[derive(Debug, PartialEq, Eq)]
struct Alert {
    rule: String,
    priority: String,
    process: String,
    container: String,
    object: String,
}

impl Alert {
    fn new(rule: &str, priority: &str, process: &str, container: &str, object: &str) -> Self {
        let [rule, priority, process, container, object] =
            [rule, priority, process, container, object].map(str::to_owned);
        Self {
            rule,
            priority,
            process,
            container,
            object,
        }
    }

    /// Reads an alert; `None` for those of processes that are not the intrusion's.
    fn read(line: &str, pids: &BTreeSet<u32>, containers: &[String]) -> Option<Self> {
        let alert: Json = serde_json::from_str(line).expect("a line of JSON");
        let fields = &alert["output_fields"];
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        let pid = fields["proc.pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok());
        let container = text("container.id");
        let of_ours = pid.is_some_and(|pid| pids.contains(&pid)) || containers.contains(&container);
        let object = match alert["rule"].as_str().unwrap_or_default() {
            // The port that a connection comes from is the kernel's choice.
            "Outbound SSH Connection" => text("fd.name").rsplit("->").next()?.to_owned(),
            "Mount Inside Container" => text("evt.arg.dir"),
            "Sensitive File Read By Unexpected Program" | "Write Below Etc" => text("fd.name"),
            _ => text("proc.cmdline").rsplit('/').next()?.to_owned(),
        };
        of_ours.then(|| Self {
            rule: alert["rule"].as_str().unwrap_or_default().to_owned(),
            priority: alert["priority"].as_str().unwrap_or_default().to_owned(),
            process: text("proc.name"),
            container,
            object,
        })
    }
}

fn expected_alerts(containers: &[String]) -> Vec<Alert> {
    let mut alerts = vec![
        Alert::new(
            "Sensitive File Read By Unexpected Program",
            "Warning",
            "intrusion",
            "host",
            "/etc/shadow",
        ),
        Alert::new("Write Below Etc", "Error", "sh", "host", "/etc/rc.local"),
        Alert::new(
            "Outbound SSH Connection",
            "Notice",
            "intrusion",
            "host",
            "127.0.0.1:22",
        ),
        Alert::new(
            "Crypto Miner Started",
            "Critical",
            "xmrig",
            "host",
            "xmrig --donate-level 1",
        ),
    ];
    if let [shell, packages, mount] = containers {
        alerts.extend([
            Alert::new(
                "Terminal Shell In Container",
                "Notice",
                "sh",
                shell,
                "sh -c id",
            ),
            Alert::new(
                "Package Manager Run In Container",
                "Error",
                "apk",
                packages,
                "apk add curl",
            ),
            Alert::new("Mount Inside Container", "Warning", "mount", mount, "/mnt"),
        ]);
    }
    alerts
}

/// The default rules say exactly what the scenario did, in its order, in both forms.
fn check_alerts(ledger: &Ledger, capture: &Path) {
    let rules = root().join("rules/default");
    let [rules, capture] =
        [rules.as_path(), capture].map(|path| path.to_string_lossy().into_owned());
    let ran = analyze(["replay", &*capture, "-r", &*rules, "--format", "json"]);
    ran.expect_code(0);
    let pids = ledger.pids();
    let read = |line: &str| Alert::read(line, &pids, &ledger.containers);
    let alerts: Vec<Alert> = ran.stdout.lines().filter_map(read).collect();
    assert_eq!(
        alerts,
        expected_alerts(&ledger.containers),
        "{}",
        ran.stderr
    );

    let text = analyze(["replay", &*capture, "-r", &*rules]);
    text.expect_code(0);
    assert_eq!(text.stdout.lines().count(), ran.stdout.lines().count());
    for line in text.stdout.lines() {
        assert!(
            is_text_alert(line),
            "not `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ: Priority output`: {line}"
        );
    }
}

/// Whether a line has the form of a text alert.
fn is_text_alert(line: &str) -> bool {
    let Some((time, rest)) = line.split_once(": ") else {
        return false;
    };
    let shape: String = time
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '9' } else { letter })
        .collect();
    let priority = rest.split(' ').next().unwrap_or_default();
    shape == "9999-99-99T99:99:99.999999999Z"
        && ["Critical", "Error", "Warning", "Notice"].contains(&priority)
}

#[test]
fn the_exit_code_of_the_command_is_the_recorders() {
    let Some(_guard) = recorder_or_skip("the_exit_code_of_the_command_is_the_recorders") else {
        return;
    };
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)] {
        let recording = Recording::of("sh", &["-c", script]);
        assert_eq!(
            recording.ran.code, code,
            "{script}: {}",
            recording.ran.stderr
        );
        let recorded = Recorded::read(&recording.path());
        let wanted = ["sh", "-c", script].map(str::to_owned).to_vec();
        let ran = recorded
            .acts
            .iter()
            .any(|act| act.what == What::Exec(wanted.clone()));
        assert!(ran, "{script} is in the capture");
    }
}

#[test]
fn calls_through_the_32_bit_entry_have_their_own_names() {
    let test = "calls_through_the_32_bit_entry_have_their_own_names";
    let Some(_guard) = recorder_or_skip(test) else {
        return;
    };
    let plain = run(Path::new(COMPAT_CALLS), ["/etc/hostname"]);
    if plain.code != 0 {
        skipped(test, "this kernel has no 32-bit entry");
        return;
    }
    let recording = Recording::of(COMPAT_CALLS, &["/etc/hostname"]);
    recording.ran.expect_code(0);
    let recorded = Recorded::read(&recording.path());
    assert_eq!(recorded.missing, Vec::<String>::new(), "nothing is missing");
    let wanted = [COMPAT_CALLS, "/etc/hostname"].map(str::to_owned).to_vec();
    let executed = recorded
        .acts
        .iter()
        .find(|act| act.what == What::Exec(wanted.clone()));
    let pid = executed.expect("the program is in the capture").pid;
    let calls = recorded.calls.iter();
    // `read` is recorded only when asked for.
    let names: Vec<(&str, bool)> = calls
        .filter(|call| call.pid == pid && call.abi == ABI_I386 && call.name != "read")
        .map(|call| {
            (
                call.name.as_str(),
                call.result.is_some_and(|result| result >= 0),
            )
        })
        .collect();
    let expected = [
        ("open", true),
        ("socket", true),
        ("connect", false),
        ("close", true),
        ("close", true),
    ];
    assert_eq!(names, expected);
    // Read with the 64-bit table, the 32-bit `read` would be a `close` of the file: an evasion.
    let opened = recorded
        .acts
        .iter()
        .any(|act| act.what == What::Open("/etc/hostname".to_owned()));
    assert!(opened, "the path was read from a 32-bit pointer");
}
