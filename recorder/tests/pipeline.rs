//! The way from frames to segments with a made-up source: order, losses, rotation, budget. Needs neither root nor the probe.

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use falco_abi::events::{close, read};
use falco_abi::{Lane, LossReason};
use falco_format::{CaptureIdentity, CaptureWriter, Dialect};
use falco_record::clock;
use falco_record::pipeline::{Finished, Pipeline};
use falco_record::retain::Budget;
use falco_record::snapshot::{Options, Origin};
use falco_record::source::{FrameSource, Lanes, LossCounter};
use falco_record::stats::Stats;
use falco_record::write::WriterConfig;

/// Two CPUs that make frames with every drain.
struct MadeUp {
    per_drain: u64,
    left: u64,
    sequences: [u64; 2],
    last_times: [u64; 2],
    /// Every so many frames one is lost; 0 for never.
    lose_every: u64,
    lost: [u64; 2],
    /// Every so many frames one is broken; 0 for never.
    break_every: u64,
    /// Whether what is lost is not counted.
    is_silent: bool,
    made: Arc<Mutex<Vec<(u64, u16)>>>,
    shed: Arc<Mutex<Vec<Lanes>>>,
}

impl MadeUp {
    fn new(total: u64, per_drain: u64) -> MadeUp {
        MadeUp {
            per_drain,
            left: total,
            sequences: [0; 2],
            last_times: [0; 2],
            lose_every: 0,
            lost: [0; 2],
            break_every: 0,
            is_silent: false,
            made: Arc::default(),
            shed: Arc::default(),
        }
    }
}

impl FrameSource for MadeUp {
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8])) {
        if lanes != Lanes::ALL {
            return;
        }
        // One CPU after the other, as rings are drained, so that their times interleave.
        for cpu in 0..2_u16 {
            for _ in 0..self.per_drain.min(self.left) {
                self.left -= 1;
                let place = usize::from(cpu);
                let time = clock::boottime_ns().max(self.last_times[place] + 1);
                self.last_times[place] = time;
                let sequence = self.sequences[place];
                self.sequences[place] += 1;
                if self.lose_every > 0 && sequence % self.lose_every == 1 {
                    self.lost[place] += 1;
                    continue;
                }
                let event = if sequence.is_multiple_of(3) {
                    read::EVENT
                } else {
                    close::EVENT
                };
                let mut frame = common::frame(event, time, cpu, sequence, &[0, 7]);
                if self.break_every > 0 && sequence % self.break_every == 2 {
                    frame.truncate(60);
                } else {
                    self.made.lock().expect("a lock").push((time, cpu));
                }
                sink(&frame);
            }
        }
    }

    fn losses(&mut self) -> Vec<LossCounter> {
        let counter = |cpu: u16, count| LossCounter {
            cpu,
            lane: Lane::File,
            reason: LossReason::RingFull,
            count: if self.is_silent { 0 } else { count },
            last_good_time: 1,
        };
        vec![counter(0, self.lost[0]), counter(1, self.lost[1])]
    }

    fn shed(&mut self, lanes: Lanes) -> bool {
        self.shed.lock().expect("a lock").push(lanes);
        true
    }

    fn barrier(&mut self) {}

    fn stop(&mut self) {}
}

fn config(root: &Path) -> WriterConfig {
    WriterConfig {
        segment_bytes: 64 << 20,
        segment_age: Duration::from_secs(600),
        budget: Budget::default(),
        snapshot: Options {
            root: root.join("nowhere"),
            live: false,
            env: false,
            origin: Origin::Start,
            containers: None,
            now: clock::boottime_ns,
        },
        level: 1,
    }
}

fn record(directory: &Path, source: MadeUp, config: &WriterConfig, long: Duration) -> Finished {
    let identity = CaptureIdentity {
        boot_id: [7; 16],
        node: "node".into(),
        dialect: Dialect::Native,
    };
    let capture = CaptureWriter::open(directory, identity).expect("a directory");
    let stats = Arc::new(Stats::default());
    let pipeline = Pipeline::start(source, capture, config, None, &stats, |text| {
        println!("{text}")
    })
    .expect("threads");
    let until = Instant::now() + long;
    while Instant::now() < until && !pipeline.has_failed() {
        std::thread::sleep(Duration::from_millis(10));
    }
    pipeline.stop()
}

#[test]
fn every_frame_is_there_once_and_in_order() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let source = MadeUp::new(150_000, 4_000);
    let made = Arc::clone(&source.made);
    let finished = record(
        &directory,
        source,
        &config(folder.path()),
        Duration::from_millis(1_500),
    );
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    let mut made = made.lock().expect("a lock").clone();
    made.sort_unstable();
    let found: Vec<_> = contents
        .rows
        .iter()
        .map(|row| (row.time, row.cpu))
        .collect();
    assert_eq!(found.len(), made.len());
    assert!(found == made, "the rows are not the frames in order");
    assert!(
        contents.blocks.len() > 1,
        "one block is no test of their borders"
    );
    assert!(contents.blocks.iter().all(|rows| *rows <= 65_536));
    assert_eq!(
        (contents.sealed, finished.report.events),
        (1, made.len() as u64)
    );
    assert_eq!(finished.report.lost.total(), 0);
    assert_eq!(contents.lost_total(), 0);
}

#[test]
fn what_is_lost_is_said_to_the_last_frame() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut source = MadeUp::new(50_000, 500);
    source.lose_every = 100;
    source.break_every = 1_000;
    let finished = record(
        &directory,
        source,
        &config(folder.path()),
        Duration::from_millis(1_200),
    );
    let contents = common::read(&directory);
    contents.assert_sound();
    let missing: u64 = contents.missing().values().sum();
    assert!(missing > 0 && contents.lost_total() >= missing);
    assert_eq!(contents.lost_total(), finished.report.lost.total());
    let lost = finished.report.lost.iter();
    let mut reasons: Vec<_> = lost.map(|(reason, _, _)| reason).collect();
    reasons.dedup();
    assert_eq!(reasons, [LossReason::RingFull, LossReason::BadFrame]);
    let total = contents.rows.len() as u64 + contents.lost_total();
    assert_eq!(
        total, 50_000,
        "a frame is neither there nor said to be lost"
    );
}

#[test]
fn what_is_lost_and_not_counted_is_said_to_be_unexplained() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut source = MadeUp::new(20_000, 500);
    source.lose_every = 100;
    source.is_silent = true;
    let finished = record(
        &directory,
        source,
        &config(folder.path()),
        Duration::from_millis(800),
    );
    let contents = common::read(&directory);
    contents.assert_sound();
    let lost: Vec<_> = finished.report.lost.iter().collect();
    let missing: u64 = contents.missing().values().sum();
    assert_eq!(lost, [(LossReason::Unexplained, Lane::Process, missing)]);
    assert!(missing > 100);
}

#[test]
fn segments_rotate_and_each_can_be_read_alone() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut config = config(folder.path());
    config.segment_age = Duration::from_millis(700);
    let source = MadeUp::new(400_000, 100);
    let made = Arc::clone(&source.made);
    let finished = record(&directory, source, &config, Duration::from_millis(3_000));
    assert!(finished.report.segments >= 3, "{:?}", finished.report);
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    assert_eq!(contents.rows.len(), made.lock().expect("a lock").len());
    assert_eq!(contents.segments as u64, finished.report.segments);
    assert_eq!(contents.sealed, contents.segments);
    for entry in std::fs::read_dir(&directory).expect("a directory") {
        let alone = common::read(&entry.expect("an entry").path());
        alone.assert_sound_start();
        // No event is older than the snapshot that it is to be applied to.
        let seen = alone.state.iter().map(|row| row.time).min();
        let first = alone.rows.iter().map(|row| row.time).min();
        if let (Some(seen), Some(first)) = (seen, first) {
            assert!(
                first + 700_000_000 > seen,
                "events long before the snapshot"
            );
        }
    }
}

#[test]
fn the_budget_is_kept_and_the_newest_stays() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut config = config(folder.path());
    config.segment_bytes = 30_000;
    config.budget.bytes = Some(150_000);
    let source = MadeUp::new(2_000_000, 500);
    let made = Arc::clone(&source.made);
    let finished = record(&directory, source, &config, Duration::from_millis(5_000));
    assert!(finished.report.dropped > 0, "{:?}", finished.report);
    let contents = common::read(&directory);
    assert!(contents.segments > 1 && contents.segments as u64 <= finished.report.segments);
    let bytes: u64 = std::fs::read_dir(&directory)
        .expect("a directory")
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|metadata| metadata.len())
        .sum();
    assert!(bytes <= 150_000 + 30_000, "{bytes} bytes are kept");
    let newest = contents.rows.iter().map(|row| row.time).max();
    let made = made
        .lock()
        .expect("a lock")
        .iter()
        .map(|(time, _)| *time)
        .max();
    assert_eq!(newest, made);
}

#[test]
fn a_capture_of_the_same_boot_is_continued() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    for _ in 0..2 {
        let config = config(folder.path());
        record(
            &directory,
            MadeUp::new(100, 10),
            &config,
            Duration::from_millis(100),
        );
    }
    let contents = common::read(&directory);
    assert_eq!((contents.segments, contents.sealed), (2, 2));
    common::assert_intact(&directory);
}

#[test]
fn an_idle_source_makes_a_whole_capture() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let config = config(folder.path());
    let finished = record(
        &directory,
        MadeUp::new(0, 0),
        &config,
        Duration::from_millis(50),
    );
    assert_eq!((finished.report.segments, finished.report.events), (1, 0));
    let contents = common::read(&directory);
    contents.assert_sound();
    assert_eq!(contents.sealed, 1);
}
