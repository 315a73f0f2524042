//! Captures made of rows: what a recorder would have written, without one.

use std::path::Path;

use falco_abi::events::{
    execve, openat, procexit, procfork, state_complete, state_host, state_thread, state_user,
};
use falco_abi::{EventId, Lane, LossReason, Wire, event};
use falco_format::{
    BlockBuilder, BlockLimits, BootId, CaptureError, CaptureIdentity, CaptureWriter, ClockPair,
    Dialect, EncodedBlock, LostInterval, Pid, RawParam, RowMeta, RowOrder, Schema, SegmentStart,
    Sequel, Tid, UnixNanos,
};

/// Boot time of the first event, in nanoseconds.
const FIRST_TIME: u64 = 5_000_000_000;
/// Wall-clock time at boot: 2026-01-02T03:04:05Z.
pub(crate) const BOOT_REALTIME: u64 = 1_767_323_045_000_000_000;
/// Time between two events, in nanoseconds.
const STEP: u64 = 1_000;
/// CPUs that take turns.
const CPUS: u16 = 2;

/// One row: an event, its thread, its parameters by index. What is not given is absent.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    event: EventId,
    meta: RowMeta,
    params: Vec<Option<Vec<u8>>>,
}

impl Row {
    pub(crate) fn new(id: EventId, tid: u32) -> Self {
        let params = event(id).expect("an event of the table").params.len();
        let meta = RowMeta {
            tid: Tid(tid),
            pid: Pid(tid),
            start: u64::from(tid) * 10_000_000,
            ..RowMeta::default()
        };
        Self {
            event: id,
            meta,
            params: vec![None; params],
        }
    }

    /// Sets the process and when the thread started, for those that are not the only thread of one.
    pub(crate) fn of(mut self, pid: u32, start: u64) -> Self {
        (self.meta.pid, self.meta.start) = (Pid(pid), start);
        self
    }

    /// Sets an integer parameter; it takes as many bytes as its wire type has.
    pub(crate) fn int(mut self, index: usize, value: i64) -> Self {
        let wire = event(self.event).expect("an event of the table").params[index].wire;
        let width = wire.width().expect("an integer");
        self.params[index] = Some(value.to_le_bytes()[..width].to_vec());
        self
    }

    /// Sets a string or bytes parameter.
    pub(crate) fn text(mut self, index: usize, value: impl AsRef<[u8]>) -> Self {
        let wire = event(self.event).expect("an event of the table").params[index].wire;
        assert!(matches!(wire, Wire::Str | Wire::Bytes));
        self.params[index] = Some(value.as_ref().to_vec());
        self
    }

    fn push(&self, builder: &mut BlockBuilder) {
        let raw = |value| {
            Option::map_or(value, RawParam::ABSENT, |bytes: &Vec<u8>| {
                RawParam::present(bytes)
            })
        };
        let params: Vec<_> = self.params.iter().map(Option::as_ref).map(raw).collect();
        builder
            .push(self.event, &self.meta, &params)
            .expect("a row of the table");
    }
}

/// What stands in the stream.
#[derive(Clone, Debug)]
enum Entry {
    Event(Row),
    Lost(LostInterval),
    /// What was there before recording began is seen again at this time, as it was then.
    Seen(u64),
}

/// A capture in the making.
#[derive(Clone, Debug)]
pub(crate) struct CaptureBuilder {
    node: String,
    boot: u8,
    state: Vec<Row>,
    stream: Vec<Entry>,
    time: u64,
    /// Whether each segment begins with a snapshot, and not the first one alone.
    has_snapshots: bool,
    /// How much later than usual the machine was started, in nanoseconds.
    later: u64,
    sequences: [u64; CPUS as usize],
    turns: u16,
}

impl CaptureBuilder {
    pub(crate) fn new(node: &str) -> Self {
        let host = Row::new(state_host::EVENT, 0).text(state_host::hostname, node);
        let root = Row::new(state_user::EVENT, 0)
            .int(state_user::uid, 0)
            .text(state_user::name, "root");
        Self {
            node: node.to_owned(),
            boot: 7,
            // A snapshot begins with its host.
            state: vec![host, root],
            stream: Vec::new(),
            time: FIRST_TIME,
            has_snapshots: false,
            later: 0,
            sequences: [0; CPUS as usize],
            turns: 0,
        }
    }

    pub(crate) fn with_boot(mut self, boot: u8) -> Self {
        self.boot = boot;
        self
    }

    /// Each segment begins with what was there before recording began, seen again.
    pub(crate) fn with_snapshots(mut self) -> Self {
        self.has_snapshots = true;
        self
    }

    /// Recording begins so many seconds later.
    pub(crate) fn begin_later(&mut self, seconds: u64) {
        self.later += seconds * 1_000_000_000;
    }

    /// A shell that was there when recording began.
    pub(crate) fn shell(&mut self, tid: u32) {
        let shell = Row::new(state_thread::EVENT, tid)
            .int(state_thread::ptid, 0)
            .text(state_thread::comm, "bash")
            .text(state_thread::argv, "bash\0")
            .text(state_thread::trusted_exepath, "/usr/bin/bash")
            .text(state_thread::cwd, "/root")
            .int(state_thread::uid, 0)
            .int(state_thread::gid, 0)
            .int(state_thread::files_owner, i64::from(tid));
        self.state.push(shell);
    }

    /// A row of the snapshot.
    pub(crate) fn know(&mut self, row: Row) {
        self.state.push(row);
    }

    /// A program is born of `parent` and executed.
    pub(crate) fn start_program(&mut self, parent: u32, tid: u32, path: &str, argv: &[&str]) {
        let comm = path.rsplit('/').next().unwrap_or(path);
        let fork = Row::new(procfork::EVENT, tid)
            .int(procfork::ptid, i64::from(parent))
            .int(procfork::parent_tid, i64::from(parent))
            .int(procfork::parent_pid, i64::from(parent))
            .int(procfork::parent_start, i64::from(parent) * 10_000_000)
            .int(procfork::flags, 0)
            .int(procfork::uid, 0)
            .text(procfork::comm, "bash");
        self.push(fork);
        let arguments: String = argv.iter().flat_map(|argument| [argument, "\0"]).collect();
        let exec = Row::new(execve::EVENT, tid)
            .int(execve::res, 0)
            .text(execve::filename, path)
            .text(execve::argv, arguments)
            .text(execve::comm, &comm[..comm.len().min(15)])
            .text(execve::trusted_exepath, path)
            .text(execve::cwd, "/root")
            .int(execve::ptid, i64::from(parent))
            .int(execve::uid, 0);
        self.push(exec);
    }

    /// A file is opened for reading as `fd`; a negative one is the error.
    pub(crate) fn open(&mut self, tid: u32, path: &str, fd: i64) {
        const AT_FDCWD: i64 = -100;
        let open = Row::new(openat::EVENT, tid)
            .int(openat::fd, fd)
            .int(openat::dirfd, AT_FDCWD)
            .text(openat::name, path)
            .int(openat::flags, 0)
            .int(openat::mode, 0);
        self.push(open);
    }

    /// A process ends.
    pub(crate) fn end(&mut self, tid: u32) {
        self.push(Row::new(procexit::EVENT, tid).int(procexit::status, 0));
    }

    /// An event, the next in time, on the CPU whose turn it is.
    pub(crate) fn push(&mut self, mut row: Row) {
        let cpu = self.turns % CPUS;
        self.turns = self.turns.wrapping_add(1);
        let sequence = &mut self.sequences[usize::from(cpu)];
        row.meta = RowMeta {
            time: self.time,
            cpu,
            sequence: *sequence,
            ..row.meta
        };
        *sequence += 1;
        self.time += STEP;
        self.stream.push(Entry::Event(row));
    }

    /// Everything that follows comes so much later.
    pub(crate) fn wait(&mut self, nanoseconds: u64) {
        self.time += nanoseconds;
    }

    /// Rows of a lane are lost here, on the CPU that has the next event, and the recorder tells.
    pub(crate) fn lose(&mut self, lane: Lane, count: u64) {
        let cpu = self.turns % CPUS;
        self.sequences[usize::from(cpu)] += count;
        let interval = LostInterval {
            cpu,
            lane,
            reason: LossReason::RingFull,
            count,
            last_good_time: self.time - STEP * u64::from(CPUS),
            next_good_time: self.time,
        };
        self.stream.push(Entry::Lost(interval));
    }

    /// The same, and the CPU had its last event before them so long ago: only now the recorder can tell.
    pub(crate) fn lose_since(&mut self, lane: Lane, count: u64, nanoseconds: u64) {
        self.lose(lane, count);
        if let Some(Entry::Lost(interval)) = self.stream.last_mut() {
            interval.last_good_time = self.time - nanoseconds;
        }
    }

    /// Everything of the first snapshot is looked at once more, and found as it was.
    pub(crate) fn see_again(&mut self) {
        self.stream.push(Entry::Seen(self.time));
        self.time += STEP;
    }

    /// The same, told that much earlier or later in the stream than it was looked at.
    pub(crate) fn see_at(&mut self, steps: i64) {
        let time = self.time.saturating_add_signed(steps * STEP.cast_signed());
        self.stream.push(Entry::Seen(time));
    }

    /// Writes everything as one segment of one block per stretch between losses.
    pub(crate) fn write(&self, directory: &Path) {
        self.write_cut(directory, usize::MAX, usize::MAX);
    }

    /// Writes the same stream in blocks of `block` rows and segments of `segment` rows. STATE stands where it stands in the stream: in the first segment.
    pub(crate) fn write_cut(&self, directory: &Path, block: usize, segment: usize) {
        let identity = CaptureIdentity {
            boot_id: BootId([self.boot; 16]),
            node: self.node.clone(),
            dialect: Dialect::Native,
        };
        let mut capture = open_free(directory, &identity);
        let mut state = vec![self.snapshot(FIRST_TIME - STEP)];
        let mut rest = self.stream.as_slice();
        loop {
            let (here, after) = rest.split_at(rest.len().min(segment));
            rest = after;
            let begun = here.iter().find_map(|entry| match entry {
                Entry::Event(row) => Some(row.meta.time),
                _ => None,
            });
            if let Some(begun) = begun.filter(|_| self.has_snapshots) {
                state = vec![self.snapshot(begun - STEP)];
            }
            let start = SegmentStart {
                schema: &Schema::native(),
                clock: &[ClockPair {
                    boottime_ns: 0,
                    realtime_ns: UnixNanos(BOOT_REALTIME + self.later),
                }],
                state: &state,
                created_realtime: UnixNanos(BOOT_REALTIME + self.later + FIRST_TIME),
            };
            let mut writer = capture.start_segment(&start).expect("a segment");
            state.clear();
            let mut rows = builder();
            for entry in here {
                match entry {
                    Entry::Event(row) => row.push(&mut rows),
                    Entry::Lost(_) | Entry::Seen(_) => {}
                }
                let is_event = matches!(entry, Entry::Event(_));
                if rows.rows() >= block || !is_event {
                    rows.finish(1)
                        .iter()
                        .for_each(|block| writer.events(block).expect("written"));
                }
                match entry {
                    Entry::Event(_) => {}
                    Entry::Lost(interval) => writer.lost(&[*interval]).expect("written"),
                    Entry::Seen(time) => writer.state(&self.snapshot(*time)).expect("written"),
                }
            }
            rows.finish(1)
                .iter()
                .for_each(|block| writer.events(block).expect("written"));
            let sequel = if rest.is_empty() {
                Sequel::Ended
            } else {
                Sequel::GoesOn
            };
            capture.sealed(&writer.finish_with(sequel).expect("sealed"));
            if rest.is_empty() {
                return;
            }
        }
    }

    fn snapshot(&self, time: u64) -> EncodedBlock {
        let mut rows = builder();
        let complete = Row::new(state_complete::EVENT, 0);
        for row in self.state.iter().chain([&complete]) {
            let meta = RowMeta { time, ..row.meta };
            Row {
                meta,
                ..row.clone()
            }
            .push(&mut rows);
        }
        rows.finish(1).expect("rows of state")
    }
}

/// Opens a directory for writing. A test beside this one that starts a program has copies of all descriptors for a moment, locks and all.
fn open_free(directory: &Path, identity: &CaptureIdentity) -> CaptureWriter {
    loop {
        match CaptureWriter::open(directory, identity.clone()) {
            Err(CaptureError::Busy { .. }) => std::thread::yield_now(),
            opened => return opened.expect("a directory for the capture"),
        }
    }
}

fn builder() -> BlockBuilder {
    BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default())
}
