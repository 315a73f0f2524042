//! A runtime that accepts questions and never answers, and containers that come in crowds: recording goes on as if they were not there. Needs neither root nor the probe.

mod common;

use std::os::unix::net::UnixListener;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use falco_abi::events::{cgroup_attach_task, close, container};
use falco_abi::frame::CPU_RECORDER;
use falco_format::{BootId, CaptureIdentity, CaptureWriter, Dialect};
use falco_record::clock;
use falco_record::containers::{Directories, Interface, Settings};
use falco_record::pipeline::{Beside, Finished, Pipeline};
use falco_record::retain::Budget;
use falco_record::root::Store;
use falco_record::snapshot::{Options, Origin};
use falco_record::source::{FrameSource, Lanes, LossCounter};
use falco_record::stats::Stats;
use falco_record::write::WriterConfig;

/// The cgroup that the task of an event enters, if the event is such a move.
type Path = fn(u64) -> Option<String>;

/// One CPU on which tasks enter containers, among other events.
struct Moves {
    made: Arc<AtomicU64>,
    path: Path,
    /// Events with every drain.
    each: u64,
    last_time: u64,
}

/// A new container now and then.
fn now_and_then(number: u64) -> Option<String> {
    let is_move = number.is_multiple_of(50);
    is_move.then(|| format!("/docker/{number:064x}"))
}

/// Names that anybody can make up, a new one each time, and again and again the same container among them.
fn in_crowds(number: u64) -> Option<String> {
    let id = number.is_multiple_of(50).then_some(0_u64);
    Some(id.map_or_else(
        || format!("/user/lxc/{number}"),
        |id| format!("/docker/{id:064x}"),
    ))
}

impl Moves {
    fn frame(&mut self, number: u64) -> Vec<u8> {
        self.last_time = clock::boottime_ns().max(self.last_time + 1);
        let Some(path) = (self.path)(number) else {
            return common::frame(close::EVENT, self.last_time, 0, number, &[0, 7]);
        };
        let zero = [0; 8];
        let values = [&zero[..], path.as_bytes(), &[1, 0, 0, 0, 0, 0, 0, 0]];
        common::frame_of(
            cgroup_attach_task::EVENT,
            self.last_time,
            0,
            number,
            &values,
        )
    }
}

impl FrameSource for Moves {
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8])) {
        if lanes != Lanes::ALL {
            return;
        }
        for _ in 0..self.each {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            sink(&self.frame(number));
        }
    }

    fn losses(&mut self) -> Vec<LossCounter> {
        Vec::new()
    }

    fn shed(&mut self, _: Lanes) -> bool {
        panic!("nothing needs to be shed");
    }

    fn barrier(&mut self) {}

    fn stop(&mut self) {}
}

fn record(below: &FilePath, runtimes: Settings, source: Moves) -> Finished {
    let config = WriterConfig {
        segment_bytes: 64 << 20,
        segment_age: Duration::from_secs(600),
        budget: Budget::default(),
        snapshot: Options {
            root: below.join("nowhere"),
            live: false,
            env: false,
            origin: Origin::Start,
            now: clock::boottime_ns,
            containers: None,
        },
        first_snapshot_wait: Duration::from_secs(120),
        level: 1,
        latency: falco_record::batch::BATCH_AGE,
        priority: falco_record::priority::Priority(0),
    };
    let identity = CaptureIdentity {
        boot_id: BootId([7; 16]),
        node: "node".into(),
        dialect: Dialect::Native,
    };
    let capture = CaptureWriter::open(&below.join("capture"), identity).expect("a directory");
    let stats = Arc::new(Stats::default());
    let notice = |text: &str| println!("{text}");
    let pipeline = Pipeline::start(
        source,
        Store::plain(capture),
        &config,
        Beside {
            runtimes: Some(runtimes),
            ..Beside::default()
        },
        &stats,
        notice,
    )
    .expect("threads");
    std::thread::sleep(Duration::from_secs(2));
    pipeline.stop()
}

fn moves(made: &Arc<AtomicU64>, path: Path, each: u64) -> Moves {
    Moves {
        made: Arc::clone(made),
        path,
        each,
        last_time: 0,
    }
}

/// Nobody to ask, and docker's files of these containers.
fn on_disk(below: &FilePath, numbers: impl Iterator<Item = u64>) -> Settings {
    let directories = Directories {
        containerd: Vec::new(),
        docker: below.join("docker"),
        storage: Vec::new(),
        runc: below.join("none"),
        crun: below.join("none"),
    };
    for number in numbers {
        let place = directories.docker.join(format!("containers/{number:064x}"));
        std::fs::create_dir_all(&place).expect("a directory");
        let config = format!(r#"{{"Name":"/web-{number}"}}"#);
        std::fs::write(place.join("config.v2.json"), config).expect("a file");
    }
    Settings {
        sockets: Vec::new(),
        directories,
    }
}

#[test]
fn recording_does_not_wait_for_a_runtime_that_hangs() {
    let folder = tempfile::tempdir().expect("a directory");
    let socket = folder.path().join("socket");
    // Nobody ever accepts: the system does it, up to the length of its queue.
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let none = folder.path().join("none");
    let settings = Settings {
        sockets: vec![(Interface::Docker, socket)],
        directories: Directories {
            containerd: Vec::new(),
            docker: none.clone(),
            storage: Vec::new(),
            runc: none.clone(),
            crun: none,
        },
    };
    let made = Arc::new(AtomicU64::new(0));
    let finished = record(folder.path(), settings, moves(&made, now_and_then, 50));
    // Had it waited for an answer per container, rows would be missing or shed.
    let contents = common::read(&folder.path().join("capture"));
    contents.assert_sound();
    let made = made.load(Ordering::Relaxed);
    assert_eq!(contents.rows.len() as u64, made);
    assert_eq!((contents.lost.len(), finished.drained.times_shed), (0, 0));
    assert!(contents.rows.iter().all(|row| row.cpu != CPU_RECORDER));
    let counts = finished.containers;
    assert!(counts.failures >= 1, "{counts:?}");
    assert_eq!(counts.described, 0);
}

#[test]
fn what_is_learned_stands_in_the_stream_in_order() {
    let folder = tempfile::tempdir().expect("a directory");
    let settings = on_disk(folder.path(), (0..1_000).step_by(50));
    let made = Arc::new(AtomicU64::new(0));
    let finished = record(folder.path(), settings, moves(&made, now_and_then, 50));
    let contents = common::read(&folder.path().join("capture"));
    contents.assert_sound();
    common::assert_intact(&folder.path().join("capture"));
    let learned = contents.of("container");
    assert_eq!(learned.len(), 20, "{:?}", finished.containers);
    assert!(learned.iter().all(|row| row.cpu == CPU_RECORDER));
    let numbers: Vec<u64> = learned.iter().map(|row| row.sequence).collect();
    assert_eq!(numbers, (0..20).collect::<Vec<u64>>());
    assert_eq!(finished.containers.described, 20);
    let made = made.load(Ordering::Relaxed);
    assert_eq!(contents.rows.len() as u64, made + 20);
}

#[test]
fn crowds_of_made_up_names_cost_no_event_and_hide_no_container() {
    let folder = tempfile::tempdir().expect("a directory");
    let settings = on_disk(folder.path(), std::iter::once(0));
    let made = Arc::new(AtomicU64::new(0));
    let finished = record(folder.path(), settings, moves(&made, in_crowds, 200));
    let contents = common::read(&folder.path().join("capture"));
    contents.assert_sound();
    assert!(contents.lost.is_empty());
    let learned = contents.of("container");
    let counts = finished.containers;
    assert!(counts.dropped > 0, "{counts:?}");
    // Events and answers that found room, and nothing else: no answer stands there twice.
    let made = made.load(Ordering::Relaxed);
    assert_eq!(contents.rows.len() as u64, made + learned.len() as u64);
    assert!(learned.len() as u64 <= counts.described, "{counts:?}");
    let texts = learned
        .iter()
        .map(|row| String::from_utf8_lossy(&row.values[container::json]));
    assert_eq!(texts.filter(|text| text.contains("web-0")).count(), 1);
}
