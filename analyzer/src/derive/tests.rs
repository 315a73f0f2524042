//! Derived captures: what is carried over, what is said, what is refused.

use std::path::Path;

use falco_abi::events::openat;
use falco_abi::{Lane, LossReason};
use falco_format::{
    BlockBuilder, BlockLimits, BootId, Capture, CaptureIdentity, CaptureWriter, ClockPair,
    DerivationCounts, DerivationSource, Dialect, EncodedBlock, EventView, Item, LostInterval, Pid,
    Projection, RawParam, RowMeta, RowOrder, Schema, SegmentHeader, SegmentStart, Sequel, Tid,
    UnixNanos, verify,
};

use super::{ChangedRow, DeriveError, DeriveReport, Fate, Operation, Rewriter, derive, told};
use crate::continuity::{CpuContinuity, continuity};
use crate::pipeline::{Flow, Input, Opened, Part};

/// Rows of one block: times, sequence numbers and results all the same number.
fn block(numbers: std::ops::Range<u64>) -> EncodedBlock {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    for number in numbers {
        let meta = RowMeta {
            time: 1_000 + number,
            tid: Tid(7),
            pid: Pid(7),
            start: 1,
            sequence: number,
            ..RowMeta::default()
        };
        let fd = (number as i64).to_le_bytes();
        let params = [
            RawParam::present(&fd),
            RawParam::ABSENT,
            RawParam::present(b"/etc/shadow"),
        ];
        builder.push(openat::EVENT, &meta, &params).expect("fits");
    }
    builder.finish(1).expect("rows wait")
}

/// A capture of two segments with ten rows each, in blocks of five, and a loss of three rows.
fn original(directory: &Path) {
    let identity = CaptureIdentity {
        boot_id: BootId([3; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
    };
    let mut capture = CaptureWriter::open(directory, identity).expect("opens");
    for (number, sequel) in [(0, Sequel::GoesOn), (1, Sequel::Ended)] {
        let clock = [ClockPair {
            boottime_ns: 1_000,
            realtime_ns: UnixNanos(1_700_000_000_000_000_000),
        }];
        let start = SegmentStart {
            schema: &Schema::native(),
            clock: &clock,
            state: &[],
            created_realtime: UnixNanos(5),
        };
        let mut segment = capture.start_segment(&start).expect("begins");
        let first = number * 13;
        segment.events(&block(first..first + 5)).expect("written");
        let interval = LostInterval {
            cpu: 0,
            lane: Lane::File,
            reason: LossReason::RingFull,
            count: 3,
            last_good_time: 1_009,
            next_good_time: 1_013,
        };
        segment
            .events(&block(first + 5..first + 10))
            .expect("written");
        if number == 1 {
            segment.lost(&[interval]).expect("written");
        }
        capture.sealed(&segment.finish_with(sequel).expect("seals"));
    }
}

/// Keeps rows by their numbers, marks some, changes some.
struct ByNumber {
    fate: fn(u64) -> Fate,
}

impl Rewriter for ByNumber {
    fn header(&mut self, header: &mut SegmentHeader) {
        header.node = "other".to_owned();
    }

    fn event(&mut self, view: &EventView<'_>, row: u64) -> Fate {
        match (self.fate)(row) {
            Fate::Change(_) => {
                let mut changed = ChangedRow::of(view);
                changed.params[2].1 = b"/x".to_vec();
                Fate::Change(changed)
            }
            fate => fate,
        }
    }

    fn entry(&mut self, _view: &EventView<'_>, _rows: u64) -> Fate {
        Fate::Keep
    }
}

fn by_number(row: u64) -> Fate {
    match row % 4 {
        0 => Fate::Keep,
        1 => Fate::ForState,
        2 => Fate::Drop,
        _ => Fate::Change(ChangedRow {
            meta: RowMeta::default(),
            params: Vec::new(),
        }),
    }
}

fn input(path: &Path) -> Input {
    Input {
        path: path.to_owned(),
        opened: Opened::Capture(Capture::open(path).expect("opens")),
    }
}

fn operation(name: &str) -> Operation {
    Operation {
        name: name.to_owned(),
        arguments: serde_json::json!({"pid": ["7"]}),
    }
}

/// Sequence number, name and ABI byte of every row.
fn rows(capture: &Capture) -> Vec<(u64, String, u8)> {
    let mut found = Vec::new();
    for item in capture.items() {
        if let Item::Events(block) = item {
            let rows = block.decode(&Projection::all()).expect("decodes");
            found.extend(rows.iter().map(|view| {
                let name = view.bytes(openat::name).unwrap_or_default();
                let name = String::from_utf8_lossy(name).into_owned();
                (view.meta().sequence, name, view.abi())
            }));
        }
    }
    found
}

/// Makes one capture from another, by the rows' numbers.
fn step(root: &Path, (from, to): (&str, &str), name: &str) -> DeriveReport {
    let to = root.join(to);
    std::fs::create_dir(&to).expect("made");
    let mut rewriter = ByNumber { fate: by_number };
    let (input, part) = (input(&root.join(from)), Part::whole());
    let operation = operation(name);
    let mut watch = |_| Flow::Continue;
    derive((&input, &part), &operation, &mut rewriter, &to, &mut watch).expect("derives")
}

/// What becomes of the rows of the original.
const COUNTS: DerivationCounts = DerivationCounts {
    kept: 10,
    for_state: 5,
    left_out: 5,
    changed: 5,
    entries_kept: 0,
    entries_left_out: 0,
    entries_changed: 0,
};

#[test]
fn a_derived_capture_has_what_was_kept_and_verifies() {
    let root = tempfile::tempdir().expect("a directory");
    original(&root.path().join("original"));
    let report = step(root.path(), ("original", "slice"), "slice");
    assert_eq!((report.segments, report.counts), (2, COUNTS));
    let slice = Capture::open(&root.path().join("slice")).expect("opens");
    let verified = verify(&slice);
    assert!(
        verified.is_intact() && !verified.is_repaired(),
        "{verified:?}"
    );
    let cpus = continuity(&slice);
    assert!(cpus.values().all(CpuContinuity::agrees_after_repair));
    let first: Vec<_> = rows(&slice).into_iter().take(4).collect();
    let row = |number: u64, name: &str, abi| (number, name.to_owned(), abi);
    assert_eq!(
        first,
        [
            row(0, "/etc/shadow", 0),
            row(1, "/etc/shadow", 0x80),
            row(3, "/x", 0),
            row(4, "/etc/shadow", 0)
        ]
    );
    let losses = slice.items().filter(|item| matches!(item, Item::Lost(_)));
    assert_eq!(losses.count(), 1);
}

#[test]
fn a_derived_capture_says_what_it_was_made_from() {
    let root = tempfile::tempdir().expect("a directory");
    let open = |name: &str| Capture::open(&root.path().join(name)).expect("opens");
    original(&root.path().join("original"));
    step(root.path(), ("original", "slice"), "slice");
    let (source, slice) = (open("original"), open("slice"));
    for (segment, original) in slice.segments().iter().zip(source.segments()) {
        let header = segment.header().expect("a header");
        let of_original = original.header().expect("a header");
        assert_eq!(header.segment_number, of_original.segment_number);
        assert_eq!(header.recording, of_original.recording);
        assert_ne!(header.capture, of_original.capture);
        assert_eq!(header.node, "other");
        assert_eq!(segment.sequel(), original.sequel());
        let steps = segment.derivation().expect("is derived").steps;
        let from = DerivationSource::Segment {
            number: of_original.segment_number,
            digest: original.digest(),
        };
        assert_eq!((steps.len(), steps[0].source), (1, from));
    }

    // What was left out stays so, what was for the state alone too, and both steps are told.
    step(root.path(), ("slice", "both"), "redact");
    let both = open("both");
    let told = told::told(&both).steps;
    let words = told.iter().map(|told| told.step.operation.as_str());
    assert_eq!(words.collect::<Vec<_>>(), ["slice", "redact"]);
    assert_eq!((told[0].segments, told[0].counts), (2, COUNTS));
    let marked: Vec<_> = rows(&both)
        .into_iter()
        .filter(|(number, ..)| *number == 1)
        .map(|(_, _, abi)| abi)
        .collect();
    assert_eq!(marked, [0x80]);
}

#[test]
fn whoever_stops_it_is_told_so() {
    let root = tempfile::tempdir().expect("a directory");
    let (from, to) = (root.path().join("original"), root.path().join("slice"));
    original(&from);
    std::fs::create_dir(&to).expect("made");
    let mut rewriter = ByNumber { fate: by_number };
    let (input, part) = (input(&from), Part::whole());
    let operation = operation("slice");
    let mut watch = |_| Flow::Stop;
    let stopped = derive((&input, &part), &operation, &mut rewriter, &to, &mut watch);
    assert!(matches!(stopped, Err(DeriveError::Stopped)));
}
