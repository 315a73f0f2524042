//! Everything that is printed and written is the same for any number of threads: results, notices, exit codes, files; and what goes wrong on one of them is told once.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use falco_abi::Lane;
use falco_analyze::completeness::{Completeness, grouped};
use falco_analyze::pipeline::{
    Child, Collector, Cursor, Demand, Flow, Input, PassOptions, Seen, Sink, Spread, Tally,
    collect_items,
};
use falco_analyze::state::StateLimits;
use falco_format::text::Lines;

use crate::support::{CaptureBuilder, Workspace, segment_files};

/// The numbers of threads that are compared with one.
const THREADS: [&str; 4] = ["2", "3", "8", "64"];

/// Opens of one stretch: with starts and ends among them, several windows of a pass.
const OPENS: usize = 34_000;
/// Rows of a block.
const BLOCK: usize = 5_000;

const EVENTS: &[&str] = &["events"];
const REPLAY: &[&str] = &["replay", "-r", "rules.yaml", "--rule-matching", "all"];
const HEALED: &[&str] = &[
    "replay",
    "-r",
    "rules.yaml",
    "--heal-containers",
    "--format",
    "json",
];

/// The nearest events, and those that match, as many as are kept.
const EXPLAIN: &[&str] = &[
    "explain",
    "-r",
    "rules.yaml",
    "--rule",
    "Sensitive",
    "--limit",
    "100",
    "--format",
    "json",
];

/// A capture of a boot: programs that start and end, files that are opened, losses in the middle.
fn capture(boot: u8, opens: usize) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node").with_boot(boot);
    capture.shell(100);
    for number in 0..opens {
        let child = 200 + (number / 50 % 40) as u32;
        match number % 50 {
            0 => capture.start_program(100, child, "/usr/bin/cat", &["cat", "x"]),
            49 => capture.end(child),
            7 => capture.open(child, "/etc/shadow", 3),
            place => capture.open(child, "relative", place as i64 % 9),
        }
        if number % 9_999 == 9_998 {
            capture.lose(Lane::ALL[number % 3], 4);
        }
        if number == opens / 2 {
            capture.see_again();
        }
    }
    capture
}

/// Nothing but how long it took may differ.
fn without_times(stderr: &str) -> String {
    let lines = stderr.lines().map(|line| {
        let before = line.split_once(", read in ").map(|(before, _)| before);
        before.unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Compares what a command prints, says and ends with.
fn check(workspace: &Workspace, command: &[&str], captures: &[&str], code: i32) {
    let run = |threads: &str| {
        let arguments = [command, captures, &["-j", threads]].concat();
        workspace.run(&arguments)
    };
    let expected = run("1");
    assert_eq!(
        expected.code,
        Some(code),
        "{command:?} {captures:?}\n{}",
        expected.stderr
    );
    for threads in THREADS {
        let run = run(threads);
        let told = format!("{command:?} {captures:?} by {threads} threads");
        assert!(run.stdout == expected.stdout, "{told}: another stdout");
        assert_eq!(
            without_times(&run.stderr),
            without_times(&expected.stderr),
            "{told}"
        );
        assert_eq!(run.code, expected.code, "{told}");
    }
}

#[test]
fn answers_are_the_same_for_any_number_of_threads() {
    let workspace = Workspace::new();
    let long = capture(7, OPENS);
    long.write_cut(&workspace.path("long"), BLOCK, BLOCK * 3);
    // The same node in another boot, in the same root, and a byte of it that is not what was written.
    capture(8, OPENS / 2).write_cut(&workspace.path("damaged"), BLOCK / 10, usize::MAX);
    let file = segment_files(&workspace.path("damaged")).remove(0);
    let mut bytes = fs::read(&file).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&file, bytes).expect("writable");
    check(&workspace, EVENTS, &["long"], 3);
    for command in [REPLAY, HEALED, EXPLAIN] {
        check(&workspace, command, &["damaged", "long"], 3);
    }
    let first = ["events", "-n", "1"];
    check(&workspace, &first, &["long"], 0);
    let many = ["events", "-n", "20000"];
    check(&workspace, &many, &["long"], 3);
    let found = ["replay", "-r", "rules.yaml", "--exit-code"];
    check(&workspace, &found, &["long"], 1);
}

#[test]
fn imported_captures_and_scap_files_give_the_same_by_any_number_of_threads() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        println!("skipped: FALCO_REFERENCE names no captures in Falco's dialect");
        return;
    };
    let workspace = Workspace::new();
    let scap = reference.join("captures/live-medium-default.scap.gz");
    let scap = scap.to_str().expect("text");
    workspace
        .run(&["import", scap, "-o", "imported"])
        .ends_with(0);
    let rules = reference.join("rules/falco_rules.yaml");
    let replay = [
        "replay",
        "-r",
        rules.to_str().expect("text"),
        "--format",
        "json",
    ];
    check(&workspace, &replay, &[scap], 0);
    let opens = ["events", "--where", "evt.type=openat"];
    check(&workspace, &opens, &["imported"], 0);
}

#[test]
fn exported_tables_are_the_same_by_any_number_of_threads() {
    let workspace = Workspace::new();
    capture(7, OPENS).write_cut(&workspace.path("capture"), BLOCK, BLOCK * 3);
    let columns = "evt.num,evt.time,proc.name,proc.pname,fd.name,evt.args";
    let export = |threads: &str| {
        let output = format!("tables-{threads}");
        let arguments = ["export", "parquet", "capture", "-o", &output];
        let arguments = [&arguments[..], &["--columns", columns, "-j", threads]].concat();
        workspace.run(&arguments).ends_with(3);
        fs::read(workspace.path(&output).join("events.parquet")).expect("a table")
    };
    let expected = export("1");
    for threads in THREADS {
        assert!(
            export(threads) == expected,
            "another table by {threads} threads"
        );
    }
}

#[test]
fn what_is_no_number_of_threads_says_what_to_give() {
    let workspace = Workspace::new();
    capture(7, 10).write(&workspace.path("capture"));
    for command in [EVENTS, REPLAY] {
        for number in ["0", "-1", "many", "1025", "99999999999999999999"] {
            let jobs = format!("--jobs={number}");
            let arguments = [command, &["capture", &jobs]].concat();
            let run = workspace.run(&arguments).ends_with(2);
            run.says("give how many threads work, from 1 to 1024");
        }
        workspace
            .run(&[command, &["capture", "-j1024"]].concat())
            .ends_with(0);
    }
}

/// What goes wrong where an event is looked at.
struct Faulty {
    /// The number of the event that shows it.
    at: u64,
}

impl Collector for Faulty {
    type Harvest = u64;
    type Child<'c> = Failing<'c>;

    fn child(&self) -> Failing<'_> {
        Failing(self, 0)
    }
}

struct Failing<'c>(&'c Faulty, u64);

impl Child for Failing<'_> {
    type Harvest = u64;

    fn event(&mut self, seen: &Seen<'_>) {
        assert!(seen.number != self.0.at, "a fault of event {}", seen.number);
        self.1 += 1;
    }

    fn harvest(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.1)).filter(|events| *events > 0)
    }
}

/// Counts, until it cannot.
struct Counted {
    events: u64,
    until: u64,
}

impl Sink<u64> for Counted {
    fn harvest(&mut self, events: u64) -> io::Result<Flow> {
        self.events += events;
        if self.events >= self.until {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the disk is full",
            ));
        }
        Ok(Flow::Continue)
    }
}

fn counted(capture: &Path, spread: Spread, at: u64, until: u64) -> io::Result<Tally> {
    counted_within(StateLimits::default(), capture, spread, (at, until))
}

fn counted_within(
    limits: StateLimits,
    capture: &Path,
    spread: Spread,
    (at, until): (u64, u64),
) -> io::Result<Tally> {
    let input = Input::open(capture).expect("opens");
    let options = PassOptions {
        limits,
        ..PassOptions::default()
    };
    let cursor = Cursor::new(&options, None);
    let mut counted = Counted { events: 0, until };
    let demand = Demand::everything();
    let collector = Faulty { at };
    collect_items(
        input.items(),
        cursor,
        &demand,
        (&collector, spread),
        &mut counted,
    )
}

/// A pass in which a thread panics or the sink fails ends, with one error, whoever was at work: nobody waits for one that is gone.
#[test]
fn what_goes_wrong_on_a_thread_is_one_error() {
    let workspace = Workspace::new();
    let path = workspace.path("capture");
    capture(7, 900).write_cut(&path, 20, usize::MAX);
    for threads in [1, 2, 3, 8, 64] {
        let threads = NonZeroUsize::new(threads).expect("some");
        for seed in 0..6 {
            let spread = Spread::by_chance(threads, 20, seed << 30);
            let check = |at, until, expected: Option<&str>| {
                let done = counted(&path, spread, at, until);
                let said = done.err().map(|error| error.to_string());
                assert_eq!(said.as_deref(), expected, "{spread:?}");
            };
            check(u64::MAX, u64::MAX, None);
            let said = |number| {
                format!("a fault of this program ended the pass: a fault of event {number}")
            };
            for number in [1, 333, 900] {
                check(number, u64::MAX, Some(&said(number)));
            }
            for until in [1, 500] {
                check(u64::MAX, until, Some("the disk is full"));
            }
        }
    }
}

/// More programs and files than a state has room for that is told to have little.
fn crowd() -> CaptureBuilder {
    let mut scene = CaptureBuilder::new("node");
    scene.shell(100);
    for child in 200..230 {
        scene.start_program(100, child, "/usr/bin/cat", &["cat", "x"]);
        (3..8).for_each(|fd| scene.open(child, "relative", fd));
    }
    scene
}

/// Has enough after so many events.
struct Enough {
    events: u64,
    of: u64,
}

impl Sink<u64> for Enough {
    fn harvest(&mut self, events: u64) -> io::Result<Flow> {
        self.events += events;
        let is_enough = self.events >= self.of;
        Ok(if is_enough {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}

/// Whoever has enough is told what the state forgot until there, however far it was applied.
#[test]
fn an_answer_that_ends_early_rests_on_what_was_before_its_end() {
    let workspace = Workspace::new();
    let path = workspace.path("capture");
    crowd().write_cut(&path, 20, usize::MAX);
    let input = Input::open(&path).expect("opens");
    let options = PassOptions {
        limits: StateLimits {
            threads: 10,
            fds_per_table: 2,
            ..StateLimits::default()
        },
        ..PassOptions::default()
    };
    let mut differ = Vec::new();
    for of in [1, 30, 90, 150, u64::MAX] {
        let mut alone = None;
        for threads in [1, 2, 3, 8] {
            let threads = NonZeroUsize::new(threads).expect("some");
            for seed in 0..6 {
                let tally = collect_items(
                    input.items(),
                    Cursor::new(&options, None),
                    &Demand::everything(),
                    (
                        &Faulty { at: u64::MAX },
                        Spread::by_chance(threads, 20, seed << 30),
                    ),
                    &mut Enough { events: 0, of },
                );
                let counted = tally.expect("nobody fails").state;
                assert_eq!(
                    counted,
                    *alone.get_or_insert(counted),
                    "{of} {threads} {seed}"
                );
            }
        }
        differ.push(alone);
    }
    differ.dedup();
    assert!(differ.len() >= 4, "{differ:?}");
}

/// What the state forgets is counted alike by any number of threads, and no evidence is whole without it.
#[test]
fn what_the_state_has_no_room_for_is_told() {
    let workspace = Workspace::new();
    let path = workspace.path("capture");
    crowd().write_cut(&path, 20, usize::MAX);
    let room = StateLimits::default();
    let check = |limits: StateLimits, expected: &[&str]| {
        let mut first = None;
        for threads in [1, 2, 3, 8] {
            let threads = NonZeroUsize::new(threads).expect("some");
            for seed in 0..4 {
                let spread = Spread::by_chance(threads, 20, seed << 30);
                let whole = (u64::MAX, u64::MAX);
                let tally = counted_within(limits, &path, spread, whole).expect("nobody fails");
                assert_eq!(tally.is_complete(), expected.is_empty(), "{limits:?}");
                let mut lines = Lines::new();
                Completeness::default().push(&tally, &mut lines);
                let told = lines.as_str().lines().map(str::to_owned);
                let told: Vec<_> = told
                    .filter(|line| line.starts_with("Forgotten: "))
                    .collect();
                let said = told
                    .iter()
                    .zip(expected)
                    .all(|(line, said)| line.contains(said));
                assert!(said && told.len() == expected.len(), "{told:?}");
                let counted = *first.get_or_insert(tally.state);
                assert_eq!(tally.state, counted, "{spread:?}");
            }
        }
    };
    check(room, &[]);
    check(
        StateLimits {
            threads: 10,
            ..room
        },
        &["21 threads"],
    );
    check(
        StateLimits {
            fds_per_table: 2,
            ..room
        },
        &["90 descriptors"],
    );
}

/// What was spent is told on stderr, and changes nothing of what is printed.
#[test]
fn what_was_spent_is_told_behind_the_summary() {
    let workspace = Workspace::new();
    capture(7, OPENS).write_cut(&workspace.path("capture"), BLOCK, usize::MAX);
    let plain = workspace.run(&["replay", "capture", "-r", "rules.yaml", "--format", "json"]);
    for threads in ["1", "3"] {
        let options = ["--format", "json", "--stats", "-j", threads];
        let arguments = [&["replay", "capture", "-r", "rules.yaml"][..], &options].concat();
        let run = workspace.run(&arguments).ends_with(3);
        assert!(
            run.stdout == plain.stdout,
            "alerts differ by {threads} threads"
        );
        let last = run.stderr.lines().last().expect("an object");
        let told: serde_json::Value = serde_json::from_str(last).expect("JSON");
        let told = &told["stats"];
        let number = |key: &str| told[key].as_u64().expect("a number");
        let by_event = told["rows_by_event"].as_object().expect("an object");
        let rows: u64 = by_event.values().filter_map(|rows| rows.as_u64()).sum();
        assert_eq!(rows, number("rows_walked"));
        assert!(rows > OPENS as u64 && rows <= number("events"), "{told}");
        // What rules are asked about, the summary counts by itself.
        let asked = format!(
            "on {} events that could match",
            grouped(number("evaluations"))
        );
        assert!(run.stderr.contains(&asked), "{}", run.stderr);
        let used = told["threads_s"].as_array().expect("a list").len();
        let windows = (number("windows_given"), number("windows_kept"));
        match threads {
            "1" => assert_eq!((used, windows), (1, (0, 0))),
            _ => assert!(
                (2..=3).contains(&used) && windows.0 + windows.1 >= 2,
                "{told}"
            ),
        }
        assert!(number("bytes_decompressed") > 0, "{told}");
        for stage in ["read", "decode", "state", "evaluate"] {
            let seconds = told["stages_s"][stage].as_f64();
            assert!(
                seconds.is_some_and(|seconds| seconds > 0.0),
                "{stage} in {told}"
            );
        }
        let state = told["state"].as_object().expect("an object");
        assert!(
            state["tids_reused"].is_u64() && state["threads_evicted"] == 0,
            "{told}"
        );
        let share = told["serial_share"].as_f64().expect("a share");
        assert!(share > 0.0 && share < 1.0, "{told}");
    }
    // One thread that reads two captures is one.
    capture(8, 60).write(&workspace.path("other"));
    let two = ["events", "capture", "other", "--stats", "-j", "1"];
    workspace.run(&two).says("Threads: 1 thread, ");
    let text = workspace.run(&["events", "capture", "--stats", "-n", "3"]);
    text.says("Processor time, of all threads together:")
        .says("Serial share: ");
}
