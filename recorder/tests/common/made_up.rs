//! A made-up source of frames, and a recording of it: needs neither root nor the probe.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use falco_abi::events::{close, read};
use falco_abi::{Lane, LossReason};
use falco_format::{BootId, CaptureIdentity, CaptureWriter, Dialect};
use falco_record::clock;
use falco_record::pipeline::{Beside, Finished, Pipeline};
use falco_record::retain::Budget;
use falco_record::root::Store;
use falco_record::snapshot::{Options, Origin};
use falco_record::source::{FrameSource, Lanes, LossCounter};
use falco_record::stats::Stats;
use falco_record::vouch::Vouching;
use falco_record::write::WriterConfig;

/// How long a test waits for what must happen: far above what any loaded machine takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Two CPUs that make frames with every drain.
pub(crate) struct MadeUp {
    per_drain: u64,
    pub(crate) left: Arc<AtomicU64>,
    /// Whether values cannot be compressed.
    pub(crate) is_noise: bool,
    sequences: [u64; 2],
    last_times: [u64; 2],
    /// Every so many frames one is lost; 0 for never.
    pub(crate) lose_every: u64,
    lost: [u64; 2],
    /// Every so many frames one is broken; 0 for never.
    pub(crate) break_every: u64,
    /// Whether what is lost is not counted.
    pub(crate) is_silent: bool,
    pub(crate) made: Arc<Mutex<Vec<(u64, u16)>>>,
    pub(crate) shed: Arc<Mutex<Vec<Lanes>>>,
}

/// A number that looks like none.
fn noise(seed: u64) -> i64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(seed).cast_signed()
}

/// Whether a source has made everything.
pub(crate) fn is_spent(left: &Arc<AtomicU64>) -> impl FnMut() -> bool + use<> {
    let left = Arc::clone(left);
    move || left.load(Ordering::Relaxed) == 0
}

impl MadeUp {
    pub(crate) fn new(total: u64, per_drain: u64) -> MadeUp {
        MadeUp {
            per_drain,
            left: Arc::new(AtomicU64::new(total)),
            is_noise: false,
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
            for _ in 0..self.per_drain.min(self.left.load(Ordering::Relaxed)) {
                self.left.fetch_sub(1, Ordering::Relaxed);
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
                let values = if self.is_noise {
                    [noise(time), noise(time ^ sequence)]
                } else {
                    [0, 7]
                };
                let mut frame = super::frame(event, time, cpu, sequence, &values);
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

pub(crate) fn config(root: &Path) -> WriterConfig {
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
        // Whatever the load, it comes first.
        first_snapshot_wait: PATIENCE,
        level: 1,
        latency: falco_record::batch::BATCH_AGE,
        priority: falco_record::priority::Priority(0),
    }
}

/// Records until something is so, and then ends. Under load that takes longer, and nothing else changes.
pub(crate) fn record(
    directory: &Path,
    source: MadeUp,
    config: &WriterConfig,
    mut is_enough: impl FnMut() -> bool,
) -> Finished {
    let identity = CaptureIdentity {
        boot_id: BootId([7; 16]),
        node: "node".into(),
        dialect: Dialect::Native,
    };
    let capture = CaptureWriter::open(directory, identity).expect("a directory");
    record_to(Store::plain(capture), source, config, &mut is_enough)
}

/// The same below a root.
pub(crate) fn record_to(
    store: Store,
    source: MadeUp,
    config: &WriterConfig,
    is_enough: &mut dyn FnMut() -> bool,
) -> Finished {
    record_vouched(store, source, config, Vouching::default(), is_enough)
}

/// The same, with somebody who vouches for it.
pub(crate) fn record_vouched(
    store: Store,
    source: MadeUp,
    config: &WriterConfig,
    vouching: Vouching,
    is_enough: &mut dyn FnMut() -> bool,
) -> Finished {
    let stats = Arc::new(Stats::default());
    let pipeline = Pipeline::start(
        source,
        store,
        config,
        Beside {
            runtimes: None,
            vouching,
        },
        &stats,
        |text| println!("{text}"),
    )
    .expect("threads");
    let until = Instant::now() + PATIENCE;
    while !is_enough() && !pipeline.has_failed() {
        assert!(Instant::now() < until, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
    pipeline.stop()
}

/// The segments below a directory with their bytes, by path.
pub(crate) fn segments_of(directory: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(segments_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "flc") {
            // One that is gone meanwhile has no bytes.
            found.push((path, entry.metadata().map_or(0, |found| found.len())));
        }
    }
    found.sort();
    found
}
