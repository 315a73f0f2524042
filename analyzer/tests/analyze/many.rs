//! Many inputs in one call: judged at the same time, and told as if one after the other.

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use falco_abi::Lane;
use falco_analyze::alert::Origin;
use falco_analyze::fields::SCHEMA;
use falco_analyze::inputs::{Inputs, open_inputs_of};
use falco_analyze::outputs::alert_to_json;
use falco_analyze::pipeline::{Flow, JudgeTally, Judged, Part, PassOptions, Sink, Tally};
use falco_analyze::rule_files::{RuleText, load_rules_of};
use falco_analyze::source::{Evidence, JudgedRule, Source};
use falco_analyze::sources::{
    EventState, Judgement, Line, LogReader, Recording, Registered, SYSCALLS,
};
use falco_analyze::time::Zone;
use falco_format::{
    BootId, ClockPair, Dialect, FormatVersion, Schema as FormatSchema, SegmentHeader, SegmentIo,
    SegmentWriter, Sequel, UnixNanos, segment_file_name,
};
use falco_rules::{
    ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Multiplicity,
    RuleMatching, RuleSet, Schema, Selection, Value,
};
use serde_json::Value as Json;

use crate::support::{CaptureBuilder, Workspace, intrusion, segment_files};

/// A source whose events say nothing but their number.
struct Beats;

/// From this number on they are counted as they are read.
const COUNTED: u64 = 1 << 40;
/// How many of those were.
static READ: AtomicU64 = AtomicU64::new(0);

impl Schema for Beats {
    fn source(&self) -> &'static str {
        "beats"
    }

    fn fields(&self) -> &'static [FieldDef] {
        const {
            &[FieldDef {
                name: "beat.number",
                ty: FieldType::Uint64,
                argument: ArgumentKind::None,
                multiplicity: Multiplicity::One,
                doc: "",
            }]
        }
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &[EventTypeDef {
            name: "beat",
            codes: 1,
            has_params: false,
        }]
    }

    fn parameter_type(&self, _: &str) -> Option<FieldType> {
        None
    }

    fn service_port(&self, _: &str) -> Option<u16> {
        None
    }
}

impl Source for Beats {
    fn evidence_keys(&self) -> &'static [&'static str] {
        &[]
    }
}

impl LogReader for Beats {
    type Event = u64;
    type State = Beaten;

    const SCHEMA: &'static dyn Source = &Beats;
    const READS: &'static str = "beats";

    fn recognises(head: &[u8]) -> bool {
        head.starts_with(b"beat ")
    }

    fn event(line: Line<'_>) -> Option<u64> {
        let text = std::str::from_utf8(line.bytes).ok()?;
        let number = text.strip_prefix("beat ")?.parse().ok()?;
        READ.fetch_add(u64::from(number >= COUNTED), Ordering::Relaxed);
        Some(number)
    }
}

#[derive(Clone, Default)]
struct Beaten(u64, Arc<Origin>);

impl EventState<u64> for Beaten {
    type Seen<'s> = &'s Beaten;

    fn apply(&mut self, event: &u64) {
        self.0 = *event;
    }

    fn damaged(&mut self) {}

    fn seen<'s>(&'s self, _: &'s u64) -> &'s Beaten {
        self
    }
}

impl Event for Beaten {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, _: &BoundField) -> Value<'e> {
        Value::Uint(self.0)
    }
}

impl Evidence for &Beaten {
    type Event = Beaten;

    fn event(&self) -> &Beaten {
        self
    }

    fn time(&self) -> UnixNanos {
        UnixNanos(self.0)
    }

    fn origin(&self) -> &Arc<Origin> {
        &self.1
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn evidence(&self, _: &str, _: &JudgedRule) -> Option<Json> {
        None
    }
}

const SOURCES: [Registered; 2] = [SYSCALLS, Registered::log::<Beats>()];

const RULES: &str = "\
- rule: Any
  desc: d
  condition: evt.type in (openat, execve, procexit)
  output: '%evt.num %evt.type by %proc.name of %proc.pname at %fd.name'
  priority: INFO
- rule: Beat
  desc: d
  source: beats
  condition: beat.number exists
  output: '%beat.number'
  priority: INFO
";

fn rules() -> RuleSet {
    let text = RuleText {
        name: "rules.yaml".to_owned(),
        text: RULES.to_owned(),
    };
    let schemas: [&dyn Schema; 2] = [&SCHEMA, &Beats];
    let loaded = load_rules_of(&schemas, &[text], &Selection::default());
    loaded.rules.expect("the rules load")
}

fn judgement(rules: &RuleSet, threads: usize) -> Judgement<'_> {
    let options = PassOptions {
        threads: NonZeroUsize::new(threads).expect("a number of threads"),
        ..PassOptions::default()
    };
    Judgement::new(rules, RuleMatching::First, options)
}

/// What a sink was told.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    judged: u64,
    progress: u64,
}

impl Sink<Judged<'_>> for Told {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        let alerts = judged.alerts.iter();
        let lines = alerts
            .map(|(number, alert)| format!("{number} {}", alert_to_json(alert, &Zone::utc())));
        self.lines.extend(lines);
        self.judged += judged.tally.judged;
        Ok(Flow::Continue)
    }

    fn progress(&mut self, bytes: u64) {
        self.progress += bytes;
    }
}

/// Everything of all inputs.
fn whole(inputs: &Inputs) -> Vec<(Recording<'_>, &'static Part)> {
    static WHOLE: LazyLock<Part> = LazyLock::new(Part::whole);
    let recordings = inputs.recordings().into_iter();
    recordings.map(|recording| (recording, &*WHOLE)).collect()
}

fn told(rules: &RuleSet, inputs: &Inputs, threads: usize) -> (Told, Tally) {
    let mut told = Told::default();
    let recordings = whole(inputs);
    let tally = judgement(rules, threads).of(&recordings, &|| true, &mut told);
    (told, tally.expect("judged"))
}

/// Captures of several nodes and boots, of several sizes, in both dialects; with losses and damage; and logs.
fn mixture(workspace: &Workspace) -> Inputs {
    for boot in 1..12 {
        let name = format!("node-{boot}");
        let mut capture = if boot % 3 == 0 {
            intrusion().with_boot(boot)
        } else {
            CaptureBuilder::new(&name).with_boot(boot)
        };
        capture.begin_later(u64::from(50 - boot) * 60);
        capture.shell(100);
        for number in 0..i64::from(boot) * 150 {
            capture.open(100, &format!("/etc/{number}"), number);
            if number == 70 {
                capture.lose(Lane::File, 3);
            }
        }
        let directory = workspace.path(&name);
        capture.write_cut(&directory, 100, 400);
        if boot == 7 {
            let file = segment_files(&directory).remove(0);
            let mut bytes = std::fs::read(&file).expect("read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&file, bytes).expect("written");
        }
    }
    for number in [3, 6] {
        let (node, file) = (format!("node-{number}"), format!("scap/{number}.scap"));
        std::fs::create_dir_all(workspace.path("scap")).expect("made");
        let arguments = ["export", "scap", &node, "-o", &file];
        workspace.run(&arguments).ends_with(3);
        std::fs::remove_dir_all(workspace.path(&node)).expect("removed");
    }
    for (log, first) in [("one", 1_u64), ("two", 1 << 39)] {
        let beats: String = (0..3_000)
            .map(|beat| format!("beat {}\n", first + beat))
            .collect();
        workspace.write(&format!("logs/{log}"), beats + "no beat\n");
    }
    let nodes = (1..12).map(|boot| format!("node-{boot}"));
    let names = nodes.chain(["scap".to_owned(), "logs".to_owned()]);
    let paths = names
        .map(|name| workspace.path(&name))
        .filter(|path| path.exists());
    let paths: Vec<_> = paths.collect();
    open_inputs_of(&SOURCES, &paths).expect("opens")
}

#[test]
fn many_inputs_are_told_as_one_after_the_other() {
    let (workspace, rules) = (Workspace::new(), rules());
    let inputs = mixture(&workspace);
    assert_eq!(inputs.recordings().len(), 13);
    let (expected, tally) = told(&rules, &inputs, 1);
    assert!(expected.lines.len() > 14_000, "{}", expected.lines.len());
    assert!(!tally.is_complete() && tally.damaged_places > 2);
    for threads in [2, 3, 8, 64] {
        let (found, read) = told(&rules, &inputs, threads);
        assert!(found.lines == expected.lines, "{threads} threads");
        assert_eq!(found.judged, expected.judged);
        assert_eq!(found.progress, expected.progress);
        assert_eq!(format!("{read:?}"), format!("{tally:?}"));
    }
    let captures = ["node-11", "scap", "node-1", "node-8"];
    workspace.write(
        "rules.yaml",
        RULES.split("- rule: Beat").next().expect("rules"),
    );
    let replayed = |jobs| {
        let options = ["-r", "rules.yaml", "-j", jobs, "--format", "json"];
        workspace.run(&[&["replay"], &captures[..], &options].concat())
    };
    let one = replayed("1").ends_with(3);
    assert!(one.stdout.lines().count() > 4_000);
    assert!(replayed("5").ends_with(3).stdout == one.stdout);
}

/// A sink that is in no hurry, and notes how far others are ahead of it.
struct Slow {
    taken: u64,
    most_ahead: u64,
}

impl Sink<Judged<'_>> for Slow {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        if self.taken == 0 {
            std::thread::sleep(Duration::from_millis(500));
        }
        let ahead = READ.load(Ordering::Relaxed).saturating_sub(self.taken);
        self.most_ahead = self.most_ahead.max(ahead);
        self.taken += judged.alerts.len() as u64;
        Ok(Flow::Continue)
    }
}

fn write_logs(directory: &Path, logs: u64, beats: u64) {
    std::fs::create_dir(directory).expect("made");
    for log in 0..logs {
        let file = std::fs::File::create(directory.join(format!("{log}"))).expect("made");
        let mut file = io::BufWriter::new(file);
        for beat in 0..beats {
            writeln!(file, "beat {}", COUNTED + log * beats + beat).expect("written");
        }
    }
}

/// What waits for a sink that is slow has a bound that depends on the threads, and on nothing that inputs hold.
#[test]
fn what_waits_for_the_sink_has_a_bound() {
    const THREADS: u64 = 2;
    let (workspace, rules) = (Workspace::new(), rules());
    // A few large logs, and many small ones.
    write_logs(&workspace.path("large"), 4, 40_000);
    write_logs(&workspace.path("small"), 400, 400);
    for directory in ["large", "small"] {
        let inputs = open_inputs_of(&SOURCES, &[workspace.path(directory)]).expect("opens");
        let recordings = whole(&inputs);
        READ.store(0, Ordering::Relaxed);
        let mut slow = Slow {
            taken: 0,
            most_ahead: 0,
        };
        let judgement = judgement(&rules, THREADS as usize);
        judgement
            .of(&recordings, &|| true, &mut slow)
            .expect("judged");
        assert_eq!(slow.taken, 160_000);
        // Each of the inputs that are begun before their turn holds what one of these has, or a few portions.
        let begun = THREADS * 4 + THREADS + 2;
        let portions = if directory == "large" {
            4 * 2_048 * (THREADS + 1)
        } else {
            begun * 400
        };
        assert!(
            slow.most_ahead <= portions + 2_048,
            "{directory}: {}",
            slow.most_ahead
        );
    }
}

/// A sink whose output breaks ends everything with its own words; one that has enough ends everything in order.
#[test]
fn whoever_ends_the_sink_ends_all_workers() {
    struct Ending(JudgeTally, bool);
    impl Sink<Judged<'_>> for Ending {
        fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
            self.0.judged += judged.tally.judged;
            if self.1 {
                return Err(io::Error::other("the output broke"));
            }
            Ok(Flow::Stop)
        }
    }
    let (workspace, rules) = (Workspace::new(), rules());
    let inputs = mixture(&workspace);
    let recordings = whole(&inputs);
    for threads in [1, 2, 8] {
        let judgement = judgement(&rules, threads);
        let mut broken = Ending(JudgeTally::default(), true);
        let error = judgement.of(&recordings, &|| true, &mut broken);
        assert_eq!(error.expect_err("broken").to_string(), "the output broke");
        let mut enough = Ending(JudgeTally::default(), false);
        judgement
            .of(&recordings, &|| true, &mut enough)
            .expect("ends");
        let mut unwanted = Told::default();
        judgement
            .of(&recordings, &|| threads == 1, &mut unwanted)
            .expect("ends");
        // What was judged until somebody asked is told.
        assert_eq!(unwanted.lines.len() > 3_000, threads == 1);
    }
}

/// Bytes of a segment on their way, which nobody waits for a disk with.
#[derive(Clone, Default)]
struct Unsynced(Arc<Mutex<Vec<u8>>>);

impl SegmentIo for Unsynced {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a capture of so many segments without events.
fn write_segments(directory: &Path, count: u64) {
    std::fs::create_dir(directory).expect("made");
    let mut previous = None;
    for segment_number in 1..=count {
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            boot_id: BootId([7; 16]),
            node: "many".to_owned(),
            dialect: Dialect::Native,
            segment_number,
            previous,
            created_realtime: UnixNanos(segment_number),
            recording: Some(1),
            capture: Some(1),
        };
        let bytes = Unsynced::default();
        let mut writer = SegmentWriter::new(bytes.clone(), header).expect("begun");
        writer.schema(&FormatSchema::native()).expect("written");
        let (boottime_ns, realtime_ns) = (segment_number, segment_number);
        let pair = ClockPair {
            boottime_ns,
            realtime_ns: UnixNanos(realtime_ns),
        };
        writer.clock(&[pair]).expect("written");
        let is_last = segment_number == count;
        let sequel = if is_last {
            Sequel::Ended
        } else {
            Sequel::GoesOn
        };
        previous = Some(writer.finish_with(sequel).expect("sealed").digest);
        let path = directory.join(segment_file_name(segment_number));
        std::fs::write(path, &*bytes.0.lock().expect("whole")).expect("written");
    }
}

/// CPU time of this thread so far, in milliseconds: what others do on the machine is not in it.
fn cpu_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

/// Segments that are given one by one are one capture, and finding that takes as long as there are segments: in this build some seconds where it grew with their square.
#[test]
fn many_segments_one_by_one_are_one_capture() {
    const SEGMENTS: u64 = 3_000;
    let workspace = Workspace::new();
    let directory = workspace.path("capture");
    write_segments(&directory, SEGMENTS);
    let mut paths = segment_files(&directory);
    paths.reverse();
    let started = cpu_ms();
    let inputs = open_inputs_of(&SOURCES, &paths).expect("opens");
    let one_by_one = cpu_ms() - started;
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs.notes(), [] as [&str; 0]);
    let capture = inputs[0].capture().expect("a capture");
    assert_eq!(capture.segments().len() as u64, SEGMENTS);
    let (_, tally) = told(&rules(), &inputs, 1);
    assert_eq!((tally.sealed, tally.is_complete()), (SEGMENTS, true));
    // The same as a directory.
    let started = cpu_ms();
    let inputs = open_inputs_of(&SOURCES, &[&directory]).expect("opens");
    let together = cpu_ms() - started;
    assert_eq!(
        inputs[0]
            .capture()
            .map(|capture| capture.segments().len() as u64),
        Some(SEGMENTS)
    );
    assert!(
        one_by_one < 20 * together + 1_000,
        "{one_by_one} ms, {together} ms"
    );
}
