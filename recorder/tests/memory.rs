//! The recorder's memory is bounded: with a made-up source that never ends and, where the kernel allows it, by the real program in a memory cgroup under a flood.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use falco_abi::Lane;
use falco_record::batch::{self, Aside, BACKLOG_BYTES, BATCH_AGE, Batch, Control};
use falco_record::clock;
use falco_record::pipeline::MEMORY_BYTES;
use falco_record::source::{FrameSource, Lanes, LossCounter};
use rustix::process::{Pid, Signal, kill_process};

/// Rings that are always full: a megabyte of frames with every look.
struct Endless {
    frame: Vec<u8>,
    looks: Arc<std::sync::atomic::AtomicU64>,
    /// What was shed, and when.
    shed: Arc<Mutex<Vec<(Instant, Lanes)>>>,
}

const PER_LOOK: usize = 1 << 20;

impl FrameSource for Endless {
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8])) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        if lanes != Lanes::NONE {
            for _ in 0..PER_LOOK / self.frame.len() {
                sink(&self.frame);
            }
        }
    }

    fn losses(&mut self) -> Vec<LossCounter> {
        Vec::new()
    }

    fn shed(&mut self, lanes: Lanes) -> bool {
        let mut shed = self.shed.lock().expect("no panic");
        shed.push((Instant::now(), lanes));
        true
    }

    fn barrier(&mut self) {}

    fn stop(&mut self) {}
}

#[test]
fn frames_that_nobody_takes_have_a_bound() {
    let frame = common::frame(falco_abi::events::close::EVENT, 1, 0, 0, &[0; 8]);
    let frame_bytes = frame.len();
    let looks = Arc::default();
    let source = Endless {
        frame,
        looks: Arc::clone(&looks),
        shed: Arc::default(),
    };
    let aside = Aside {
        tracker: None,
        stats: Arc::default(),
        age: BATCH_AGE,
    };
    let (control, controlled) = channel();
    let (sender, batches) = sync_channel::<Batch>(4);
    let drain =
        std::thread::spawn(move || batch::run(source, clock::pair(), &controlled, sender, aside));
    // Far more looks than the bound has room for.
    while looks.load(Ordering::Relaxed) < 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    control.send(Control::Stop).expect("it listens");
    let mut frames = 0_u64;
    for batch in &batches {
        frames += batch.frames.len() as u64;
        if batch.is_last {
            break;
        }
    }
    let report = drain.join().expect("an end");
    assert_eq!(report.frames, frames);
    // One look above the bound, and one when the last batch is closed.
    let most = (BACKLOG_BYTES / 2 * 3 + 4 * PER_LOOK) / frame_bytes;
    assert!(frames <= most as u64, "{frames} frames, {most} at most");
}

#[test]
fn what_is_shed_comes_back_as_soon_as_there_is_room() {
    let shed: Arc<Mutex<Vec<(Instant, Lanes)>>> = Arc::default();
    let source = Endless {
        frame: common::frame(falco_abi::events::close::EVENT, 1, 0, 0, &[0; 8]),
        looks: Arc::default(),
        shed: Arc::clone(&shed),
    };
    let aside = Aside {
        tracker: None,
        stats: Arc::default(),
        age: BATCH_AGE,
    };
    let (control, controlled) = channel();
    let (sender, batches) = sync_channel::<Batch>(4);
    let drain =
        std::thread::spawn(move || batch::run(source, clock::pair(), &controlled, sender, aside));
    let until = Instant::now() + common::made_up::PATIENCE;
    let is_shed = |lanes: Lanes| {
        let shed = shed.lock().expect("no panic");
        shed.last().is_some_and(|(_, last)| *last == lanes)
    };
    let both = Lanes::NONE.with(Lane::Bulk).with(Lane::File);
    // Nobody takes anything: both lanes go, and stay away.
    while !is_shed(both) {
        assert!(Instant::now() < until, "nothing is shed");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(100));
    assert!(is_shed(both), "there is no room yet");
    // Now everything is taken at once.
    let taken = Instant::now();
    while !is_shed(Lanes::NONE) {
        assert!(Instant::now() < until, "nothing comes back");
        drop(batches.recv_timeout(Duration::from_millis(20)));
    }
    let first_back = shed.lock().expect("no panic").clone();
    let first_back = first_back
        .iter()
        .find(|(at, lanes)| *at > taken && *lanes != both);
    let (at, _) = first_back.expect("it came back");
    let after = at.duration_since(taken);
    // A second where the machine has better things to do; it was five for each lane, whatever there was room for.
    assert!(after < Duration::from_secs(1), "{after:?}");
    control.send(Control::Stop).expect("it listens");
    while batches.recv().is_ok_and(|batch| !batch.is_last) {}
    let report = drain.join().expect("an end");
    assert!(report.times_shed >= 1, "{report:?}");
}

/// The memory that the recorder must do with.
const CGROUP_BYTES: u64 = 96 << 20;
/// How long the flood goes on.
const FLOOD: Duration = Duration::from_secs(8);

/// A memory cgroup of its own, of either version; removed in the end.
struct Cgroup(PathBuf);

impl Cgroup {
    fn make() -> Result<Cgroup, String> {
        let name = format!("falco-record-test-{}", std::process::id());
        let version1 = Path::new("/sys/fs/cgroup/memory");
        let (parent, limit) = if version1.is_dir() {
            (version1, "memory.limit_in_bytes")
        } else {
            (Path::new("/sys/fs/cgroup"), "memory.max")
        };
        let path = parent.join(name);
        fs::create_dir(&path).map_err(|error| format!("no cgroup can be made: {error}"))?;
        let group = Cgroup(path);
        fs::write(group.0.join(limit), CGROUP_BYTES.to_string())
            .map_err(|error| format!("no memory controller: {error}"))?;
        Ok(group)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The kernel may need a moment until the group is empty.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Opens files of long, random names on every CPU until it is told to stop.
fn flood(stop: &Arc<AtomicBool>) -> Vec<std::thread::JoinHandle<u64>> {
    use std::hash::{BuildHasher, RandomState};
    let open = |stop: Arc<AtomicBool>| {
        let (mut opens, random) = (0_u64, RandomState::new());
        while !stop.load(Ordering::Relaxed) {
            let mut name = String::from("/");
            for part in 0..60 {
                name.push_str(&format!("{:016x}", random.hash_one((opens, part))));
                name.push(if part % 10 == 9 { '/' } else { '-' });
            }
            let _ = fs::File::open(&name);
            opens += 1;
        }
        opens
    };
    let threads = (0..4).map(|_| {
        let stop = Arc::clone(stop);
        std::thread::spawn(move || open(stop))
    });
    threads.collect()
}

/// The anonymous memory of a process, in bytes: what it has mapped of the rings is the kernel's.
fn anonymous(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[test]
fn under_a_flood_the_recorder_lives_in_96_mib() {
    if let Some(reason) = common::cannot_record() {
        println!("skipped: {reason}");
        return;
    }
    let group = match Cgroup::make() {
        Ok(group) => group,
        Err(reason) => {
            println!("skipped: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    // The shell enters the cgroup and becomes the recorder.
    let mut program = Command::new("sh");
    program.args(["-c", "echo $$ >\"$1\"; shift; exec \"$@\"", "sh"]);
    program.arg(group.0.join("cgroup.procs"));
    program.args([env!("CARGO_BIN_EXE_falco-record"), "run", "-o"]);
    program.arg(&directory);
    program.args(["--budget", "200M", "--segment-size", "20M"]);
    let mut child = program.stderr(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let begun = lines.find(|line| {
        line.as_ref()
            .is_ok_and(|line| line.contains("recording to"))
    });
    assert!(begun.is_some(), "it does not begin");
    let stop = Arc::new(AtomicBool::new(false));
    let threads = flood(&stop);
    let until = Instant::now() + FLOOD;
    let mut seen = Vec::new();
    while Instant::now() < until {
        seen.push(anonymous(child.id()));
        std::thread::sleep(Duration::from_millis(10));
    }
    stop.store(true, Ordering::Relaxed);
    let opens: u64 = threads.into_iter().filter_map(|one| one.join().ok()).sum();
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::TERM).expect("a signal");
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let status = child.wait().expect("an end");
    seen.sort_unstable();
    let most = seen.last().copied().unwrap_or(0);
    let usual = seen.get(seen.len() / 20 * 19).copied().unwrap_or(0);
    println!(
        "{opens} opens, usually {} and at most {} MiB; {rest:?}",
        usual >> 20,
        most >> 20
    );
    // Losses are allowed here, an end by the kernel is not.
    assert!(matches!(status.code(), Some(0 | 3)), "{status:?}: {rest:?}");
    // How long the threads are kept from running is not this test's: what the rings hold then comes in once.
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpus = cpus.matches("processor\t").count().max(1) as u64;
    let rings = falco_record::probe::RING_BYTES.iter();
    let rings: u64 = rings.map(|bytes| u64::from(*bytes)).sum();
    let bound = MEMORY_BYTES as u64 + cpus * rings;
    assert!(usual > 0);
    assert!(most <= bound, "{most} bytes, {bound} at most");
    assert!(opens > 10_000 && !common::read(&directory).rows.is_empty());
}
