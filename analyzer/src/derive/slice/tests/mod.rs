//! Slices: every event that is kept answers every field as it did, whatever was asked for.
//!
//! Over streams of a small kernel that knows the truth, a kept recording, and Falco's captures where they are at hand; by process, by condition, by time.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use falco_format::{
    BlockBuilder, BlockLimits, BootId, Capture, CaptureIdentity, CaptureWriter, ClockPair, Dialect,
    LostInterval, Pid, RawParam, RowMeta, RowOrder, Schema, SegmentStart, Span, Tid, UnixNanos,
    verify,
};
use falco_rules::{
    ArgumentKind, BoundField, Event as _, FieldArgument, FieldId, Filter, Schema as _,
    value_to_json,
};
use proptest::prelude::*;

use super::{Cutter, LifeId, Study, UNLIKE, Wanted, study};
use crate::derive::{DeriveReport, Operation, derive};
use crate::fields::SCHEMA;
use crate::pipeline::{Demand, Flow, Input, Observer, Part, PassOptions, Seen, run_pass};
use crate::state::testing::{Actor, Param};
use crate::state::tests::kernel::{Kernel, Written};
use crate::state::tests::properties::config;

/// Where the stream is: an event's name for ever, with how many of the same name came before it.
type Key = (u64, u16, u32, String, usize);

/// Values of every field of every event that is shown, but for those that a slice says are others.
struct Answers {
    fields: Vec<(BoundField, &'static str)>,
    events: BTreeMap<Key, Vec<String>>,
    /// Of how many moments one is looked at: the same ones of a capture and of its slice.
    every: u64,
}

impl Observer for Answers {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let mut moment = DefaultHasher::new();
        moment.write_u64(seen.view.time());
        if !moment.finish().is_multiple_of(self.every) {
            return Ok(Flow::Continue);
        }
        let values = self.fields.iter().map(|(field, name)| {
            let def = &SCHEMA.fields()[usize::from(field.field.0)];
            let value = value_to_json(seen.context.extract(field), def);
            format!("{name} {value}")
        });
        let complete = format!("complete {}", seen.is_complete());
        let values: Vec<String> = values.chain([complete]).collect();
        let (view, times) = (seen.view, 0);
        let name = view.name().to_owned();
        let mut key = (view.time(), view.cpu(), view.tid().0, name, times);
        while self.events.contains_key(&key) {
            key.4 += 1;
        }
        self.events.insert(key, values);
        Ok(Flow::Continue)
    }
}

fn is_unlike(name: &str) -> bool {
    UNLIKE.iter().any(|unlike| match unlike.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *unlike,
    })
}

/// Every field, with some arguments where it takes any.
fn fields() -> Vec<(BoundField, &'static str)> {
    let mut all = Vec::new();
    for (field, def) in (0..).map(FieldId).zip(SCHEMA.fields()) {
        if is_unlike(def.name) {
            continue;
        }
        let key = |key: &str| FieldArgument::Key(key.into());
        let arguments = match def.argument {
            ArgumentKind::None => vec![FieldArgument::None],
            ArgumentKind::IndexOptional => vec![
                FieldArgument::None,
                FieldArgument::Index(1),
                FieldArgument::Index(3),
            ],
            ArgumentKind::KeyOptional => vec![FieldArgument::None, key("PATH")],
            ArgumentKind::IndexRequired => vec![FieldArgument::Index(1), FieldArgument::Index(2)],
            ArgumentKind::KeyRequired => vec![key("fd")],
            ArgumentKind::EventParameter | ArgumentKind::RawEventParameter => {
                ["fd", "pid", "name", "res", "reaper", "exe"]
                    .map(key)
                    .into()
            }
        };
        for argument in arguments {
            let bound = BoundField {
                field,
                argument,
                slot: 0,
            };
            all.push((bound, def.name));
        }
    }
    all
}

fn open(path: &Path) -> Input {
    Input::open(path).expect("opens")
}

fn answers(input: &Input, every: u64) -> BTreeMap<Key, Vec<String>> {
    let mut answers = Answers {
        fields: fields(),
        events: BTreeMap::new(),
        every,
    };
    let options = PassOptions::default();
    run_pass(input, &Demand::everything(), options, &mut answers).expect("nobody fails");
    answers.events
}

/// What is asked for.
#[derive(Default)]
struct Asked<'a> {
    pid: Option<Pid>,
    condition: Option<&'a str>,
    span: Span,
}

/// A slice of an input; none where it would be empty.
fn slice(input: &Input, asked: &Asked<'_>, to: &Path) -> Option<DeriveReport> {
    let filter = asked
        .condition
        .map(|text| Filter::compile(&SCHEMA, text).expect("compiles"));
    let wanted = Wanted {
        filters: filter.iter().collect(),
        span: asked.span,
    };
    let whole = Part::whole();
    let mut go_on = |_| Flow::Continue;
    let study: Study = study((input, &whole), &wanted, &mut go_on)
        .expect("nobody fails")
        .expect("nobody stops");
    let roots: Option<Vec<LifeId>> = asked.pid.map(|pid| {
        let lives = study.lives_of(pid).into_iter();
        lives.map(|life| life.id).collect()
    });
    let needed = study.needed(roots.as_deref());
    if needed.shown() == 0 {
        return None;
    }
    let operation = Operation {
        name: "slice".to_owned(),
        arguments: serde_json::Value::Null,
    };
    std::fs::create_dir(to).expect("made");
    let mut cutter = Cutter::new(&study, &needed);
    let report = derive((input, &whole), &operation, &mut cutter, to, &mut go_on);
    let report = report.expect("derives");
    assert_eq!(report.counts.kept, needed.shown());
    assert!(verify(&Capture::open(to).expect("opens")).is_intact());
    Some(report)
}

/// The first differences between a slice and what it was made from.
fn differences(
    whole: &BTreeMap<Key, Vec<String>>,
    sliced: &BTreeMap<Key, Vec<String>>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (key, values) in sliced {
        let Some(expected) = whole.get(key) else {
            found.push(format!("{key:?} is not in the original"));
            continue;
        };
        for (value, expected) in values.iter().zip(expected) {
            if value != expected {
                found.push(format!("{key:?}: {value}, not {expected}"));
            }
        }
    }
    found.truncate(12);
    found
}

/// Writes what a kernel did as a recording: a snapshot, and blocks of some rows.
fn record(rows: &[Written], lost: &[LostInterval], directory: &Path) {
    let identity = CaptureIdentity {
        boot_id: BootId([9; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
    };
    let mut capture = CaptureWriter::open(directory, identity).expect("opens");
    let clock = [ClockPair {
        boottime_ns: 0,
        realtime_ns: UnixNanos(1_700_000_000_000_000_000),
    }];
    let start = SegmentStart {
        schema: &Schema::native(),
        clock: &clock,
        state: &[],
        created_realtime: UnixNanos(1),
    };
    let mut segment = capture.start_segment(&start).expect("begins");
    segment.lost(lost).expect("written");
    let mut sequence = 0;
    // Snapshots stand where they were taken.
    for run in rows.chunk_by(|one, other| one.lane.is_none() == other.lane.is_none()) {
        let is_state = run[0].lane.is_none();
        for rows in run.chunks(if is_state { usize::MAX } else { 37 }) {
            let order = if is_state {
                RowOrder::AsPushed
            } else {
                RowOrder::TimeCpu
            };
            let mut builder = BlockBuilder::new(order, BlockLimits::default());
            for row in rows {
                push(row, &mut builder, sequence);
                sequence += u64::from(!is_state);
            }
            let block = builder.finish(1).expect("rows wait");
            let written = if is_state {
                segment.state(&block)
            } else {
                segment.events(&block)
            };
            written.expect("written");
        }
    }
    segment.finish().expect("seals");
}

fn push(row: &Written, builder: &mut BlockBuilder, sequence: u64) {
    let event = falco_abi::event_by_name(row.name).expect("of the table");
    let tick = 10_000_000;
    let Actor { tid, pid, start } = row.actor;
    let meta = RowMeta {
        time: row.time,
        tid: Tid(tid),
        pid: Pid(pid),
        start: if row.lane.is_none() {
            start / tick * tick
        } else {
            start
        },
        sequence,
        ..RowMeta::default()
    };
    let values: Vec<Option<Vec<u8>>> = event
        .params
        .iter()
        .map(|param| {
            let given = row.params.iter().find(|(name, _)| *name == param.name);
            given.map(|(_, value)| match (value, param.wire.width()) {
                (Param::Int(value), Some(width)) => value.to_le_bytes()[..width].to_vec(),
                (Param::Bytes(bytes) | Param::Cut(bytes), _) => bytes.clone(),
                (Param::Int(_), None) => Vec::new(),
            })
        })
        .collect();
    let params: Vec<RawParam<'_>> = values
        .iter()
        .map(|value| match value {
            Some(bytes) => RawParam::present(bytes),
            None => RawParam::ABSENT,
        })
        .collect();
    builder.push(event.id, &meta, &params).expect("fits");
}

/// What a kernel did from a seed, with snapshots on the way.
fn stream(seed: u64, shares: bool) -> Vec<Written> {
    let mut kernel = Kernel::new(seed);
    kernel.shares_files = shares;
    kernel.parts = shares;
    kernel.shares_directories = shares;
    for _ in 0..40 {
        kernel.act();
    }
    kernel.written.clear();
    let mut rows = Vec::new();
    for batch in 0..20 {
        if batch % 7 == 0 {
            // What happens while it is taken stands behind it.
            rows.extend(kernel.snapshot(if shares { 0 } else { 2 }));
        }
        rows.append(&mut kernel.written);
        for _ in 0..kernel.below(14) {
            kernel.act();
        }
        rows.append(&mut kernel.written);
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: config().cases.div_ceil(4), ..config() })]

    /// A process tree of a random recording.
    #[test]
    fn a_tree_answers_as_before(seed: u64, shares: bool, chosen: prop::sample::Index) {
        let root = tempfile::tempdir().expect("a directory");
        let rows = stream(seed, shares);
        record(&rows, &[], &root.path().join("whole"));
        let pids: Vec<u32> = rows.iter().map(|row| row.actor.pid).collect();
        let asked = Asked {
            pid: Some(Pid(*chosen.get(&pids))),
            ..Asked::default()
        };
        check(root.path(), &asked)?;
    }

    /// Some events, whosever they are, of some time.
    #[test]
    fn chosen_events_answer_as_before(seed: u64, shares: bool, kind in 0..5_usize, from in 0..200_u64) {
        check_chosen((seed, shares), (kind, from))?;
    }
}

/// Of children that were there before the recording no birth is seen, and the end of their parent says who takes them all the same.
#[test]
fn whoever_takes_the_children_of_a_process_is_told_at_its_end() {
    let found = check_chosen((12_112_424_219_554_029_982, false), (3, 0));
    found.expect("answers as before");
}

fn check_chosen(
    (seed, shares): (u64, bool),
    (kind, from): (usize, u64),
) -> Result<(), TestCaseError> {
    let root = tempfile::tempdir().expect("a directory");
    let rows = stream(seed, shares);
    record(&rows, &[], &root.path().join("whole"));
    let condition = [
        "evt.type = execve",
        "evt.type = open or evt.type = openat",
        "proc.name startswith s",
        "evt.type = procexit",
        "proc.aname exists",
    ];
    let since = UnixNanos(1_700_000_000_000_000_000 + 10_000_000_000 + from * 1_000_000);
    let span = Span {
        since: Some(since),
        until: Some(UnixNanos(since.0 + 90_000_000)),
    };
    let asked = Asked {
        condition: (kind > 0).then(|| condition[kind]),
        span: if from % 2 == 0 { span } else { Span::default() },
        pid: None,
    };
    check(root.path(), &asked)
}

fn check(root: &Path, asked: &Asked<'_>) -> Result<(), TestCaseError> {
    let (whole, to) = (open(&root.join("whole")), root.join("slice"));
    let Some(report) = slice(&whole, asked, &to) else {
        return Ok(());
    };
    let of_whole = answers(&whole, 1);
    let of_slice = answers(&open(&to), 1);
    prop_assert_eq!(of_slice.len() as u64, report.counts.kept);
    let found = differences(&of_whole, &of_slice);
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// A kept recording of ours, and Falco's where they are at hand; with how many events there are for each that is looked at, where not all are.
fn captures() -> Vec<(PathBuf, u64)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let Some(reference) = std::env::var_os("FALCO_REFERENCE") else {
        println!("skipped Falco's captures: FALCO_REFERENCE does not name them");
        return vec![(own, 17)];
    };
    let place = PathBuf::from(reference).join("captures");
    let theirs = [
        ("live-small-default.scap.gz", 17),
        ("falco-ping_sendto.scap", 1),
        ("falco-open-multiple-files.scap", 1),
        ("falco-cat_write.scap", 1),
    ];
    let theirs = theirs.map(|(name, every)| (place.join(name), every));
    std::iter::once((own, 17)).chain(theirs).collect()
}

/// Slices of a capture by some of its processes and by conditions; values are compared at one of so many moments.
fn check_kept(path: &Path, (pids_of, every): (usize, u64)) {
    let whole = open(path);
    let expected = answers(&whole, every);
    let tids: BTreeSet<u32> = expected.keys().map(|(_, _, tid, ..)| *tid).collect();
    // Some processes, those that came early and those that came late.
    let step = tids.len().div_ceil(pids_of).max(1);
    let of_pids = tids.iter().step_by(step).map(|pid| Asked {
        pid: Some(Pid(*pid)),
        ..Asked::default()
    });
    let conditions = [
        "evt.type in (execve, openat, connect)",
        "fd.num >= 0 and evt.failed = true",
    ];
    let of_conditions = conditions.map(|condition| Asked {
        condition: Some(condition),
        ..Asked::default()
    });
    let mut compared = 0;
    for asked in of_pids.chain(of_conditions) {
        let root = tempfile::tempdir().expect("a directory");
        let to = root.path().join("slice");
        if slice(&whole, &asked, &to).is_none() {
            continue;
        }
        let sliced = answers(&open(&to), every);
        compared += sliced.len();
        let found = differences(&expected, &sliced);
        let what = (asked.pid, asked.condition);
        let (path, found) = (path.display(), found.join("\n"));
        assert!(found.is_empty(), "{path}, {what:?}:\n{found}");
    }
    assert!(compared > 0, "{}", path.display());
}

#[test]
fn slices_of_kept_captures_answer_as_before() {
    for (path, every) in captures() {
        check_kept(&path, (3, every));
    }
}

/// The same of every moment and of more processes: minutes.
#[test]
#[ignore = "takes minutes of processor time without optimization; the same at some moments runs with all tests"]
fn slices_of_kept_captures_answer_as_before_at_every_moment() {
    for (path, _) in captures() {
        check_kept(&path, (5, 1));
    }
}
