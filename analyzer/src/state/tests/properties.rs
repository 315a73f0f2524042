//! Random streams: no panic, no growth beyond the limits, the same state from the same rows, and nothing said without doubt that is not so.
//!
//! What the streams do not have, since the state may then say without doubt what is not so:
//! - Where threads share descriptors, a snapshot is taken at once: nothing happens between two of its rows. If a thread parts from others (by exec, `unshare` or its end) between the row of one who shares and the row of another, the rows tell of a table that was never there, and a descriptor may be missed or be too many in it, with or without losses, until its process is seen anew. Where nothing is shared, snapshots take their time.
//! - Where rows are lost or the beginning was not seen, processes share no directories (`CLONE_FS` without `CLONE_THREAD`), and no thread parts from the directories of its process: a snapshot does not tell which processes share them.
//!
//! The property does not hold of every seed yet: with `PROPTEST_CASES=150` and `PROPTEST_RNG_SEED=1234567`, one stream of shared descriptors, losses and an unseen beginning keeps a closed descriptor without doubt.

use falco_abi::events::{SNAPSHOT, events};
use falco_abi::{Lane, LossReason};
use falco_format::{Dialect, LostInterval, Pid, Tid};
use proptest::prelude::*;

use super::kernel::{Kernel, Task, Written, comm};
use super::*;
use crate::state::testing::row;
use crate::state::{FdTable, Ptid, State, StateLimits, Thread};

/// A row as numbers: which event, which thread, seed of its values.
type Seed = (usize, u32, u64);

fn story(seeds: &[Seed], limits: StateLimits) -> Story {
    let table: Vec<_> = events().collect();
    let mut story = Story::new().with_limits(limits);
    for (place, tid, seed) in seeds {
        let event = table[place % table.len()];
        let actor = Actor {
            tid: 10 + tid % 6,
            pid: 10 + tid % 3,
            start: 10_000_000 * (1 + seed % 2),
        };
        let values = event.params.iter().enumerate().map(|(index, param)| {
            let noise = seed.rotate_left(index as u32 * 7);
            let value = match param.wire.width() {
                // Small numbers hit what is there; others are whatever they are.
                Some(_) if noise % 3 > 0 => Param::Int((noise % 12).cast_signed()),
                Some(_) => Param::Int(noise.cast_signed()),
                None => Param::Bytes(noise.to_le_bytes()[..(noise % 8) as usize].to_vec()),
            };
            (param.name, value)
        });
        let values = values.filter(|_| seed % 17 != 0).collect();
        story = if event.has(SNAPSHOT) {
            story.seen(event.name, actor, values)
        } else {
            story.event(event.name, actor, values)
        };
    }
    story
}

const TIGHT: StateLimits = StateLimits {
    threads: 4,
    fds_per_table: 8,
    fds: 16,
    accounts: 2,
    containers: 2,
    endpoints: 2,
    mounts: 2,
};

/// The same cases on every run, so that a failure is a change's own; `PROPTEST_CASES` asks for more, and `PROPTEST_RNG_SEED` for others.
pub(crate) fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let asks = |name: &str| std::env::var_os(name).is_some();
    ProptestConfig {
        cases: if asks("PROPTEST_CASES") {
            asked.cases
        } else {
            64
        },
        rng_seed: if asks("PROPTEST_RNG_SEED") {
            asked.rng_seed
        } else {
            proptest::test_runner::RngSeed::Fixed(1)
        },
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_rows_keep_within_the_limits(seeds in prop::collection::vec(any::<Seed>(), 1..80)) {
        let story = story(&seeds, TIGHT);
        let state = story.state();
        check_limits(&state, TIGHT)?;
        let again = story.state();
        prop_assert_eq!(format!("{:?}", again.counters()), format!("{:?}", state.counters()));
        prop_assert_eq!(again.tids(), state.tids());
    }

    #[test]
    fn a_whole_stream_gives_the_truth(seed: u64, from_the_middle: bool, alone: bool) {
        Stream::new(seed, 0, StateLimits::default(), alone).run(from_the_middle)?;
    }

    #[test]
    fn what_is_said_without_doubt_after_losses_is_so(seed: u64, from_the_middle: bool, alone: bool, one_in in 5..60_u64) {
        Stream::new(seed, one_in, StateLimits::default(), alone).run(from_the_middle)?;
    }

    #[test]
    fn a_living_kernel_keeps_within_tight_limits(seed: u64, one_in in 5..60_u64) {
        let mut stream = Stream::new(seed, one_in, TIGHT, false);
        stream.is_true = false;
        stream.run(false)?;
    }
}

fn check_limits(state: &State, limits: StateLimits) -> Result<(), TestCaseError> {
    let (threads, tables, fds) = state.sizes();
    prop_assert!(threads <= limits.threads);
    prop_assert!(tables <= threads);
    prop_assert!(fds <= limits.fds);
    prop_assert_eq!(counted_fds(state), fds);
    Ok(())
}

/// Slots of all tables that threads own, each table once.
fn counted_fds(state: &State) -> usize {
    let mut tables: Vec<&FdTable> = Vec::new();
    for tid in state.tids() {
        let thread = state.thread_of_tid(tid).expect("listed");
        if let Some(table) = state.fds(thread)
            && !tables.iter().any(|other| std::ptr::eq(*other, table))
        {
            tables.push(table);
        }
    }
    tables.iter().map(|table| table.len()).sum()
}

/// A kernel and what is made of its stream.
struct Stream {
    kernel: Kernel,
    state: State,
    limits: StateLimits,
    /// One event in so many is lost; none at 0.
    one_in: u64,
    has_lost: bool,
    /// Time of the last event that was not lost.
    reached: u64,
    /// Time of the last row of the last snapshot.
    seen_until: u64,
    /// Whether the state must tell the truth: limits may make it forget.
    is_true: bool,
}

impl Stream {
    fn new(seed: u64, one_in: u64, limits: StateLimits, alone: bool) -> Stream {
        let mut kernel = Kernel::new(seed);
        kernel.shares_files = !alone;
        kernel.parts = !alone;
        for _ in 0..40 {
            kernel.act();
        }
        kernel.written.clear();
        Stream {
            kernel,
            state: State::new(limits, Dialect::Native),
            limits,
            one_in,
            has_lost: false,
            reached: 0,
            seen_until: 0,
            is_true: true,
        }
    }

    /// A first snapshot, unless the stream begins without, then batches, and now and then a snapshot that stands behind what it saw.
    fn run(&mut self, from_the_middle: bool) -> Result<(), TestCaseError> {
        // Who shared directories before the beginning is not to be seen.
        let is_whole = !from_the_middle && self.one_in == 0;
        self.kernel.shares_directories = self.kernel.shares_files && is_whole;
        if !from_the_middle {
            let rows = self.kernel.snapshot(self.pause(3));
            self.see(&rows);
            self.deliver();
            self.check(true)?;
        }
        for batch in 0..30 {
            for _ in 0..self.kernel.below(14) {
                self.kernel.act();
            }
            if batch % 7 == 6 {
                let rows = self.kernel.snapshot(self.pause(2));
                self.deliver();
                self.see(&rows);
            } else {
                self.deliver();
            }
            self.check(!from_the_middle || batch >= 6)?;
            if self.is_true && is_whole && self.kernel.shares_files {
                self.check_certain()?;
            }
        }
        self.heal()
    }

    /// A whole snapshot behind all losses takes every doubt away.
    fn heal(&mut self) -> Result<(), TestCaseError> {
        if !self.is_true {
            return Ok(());
        }
        self.deliver();
        let rows = self.kernel.snapshot(0);
        self.see(&rows);
        self.one_in = 0;
        self.has_lost = false;
        while self.reached <= self.seen_until {
            self.kernel.act();
            self.deliver();
        }
        self.check(true)?;
        self.check_certain()
    }

    /// Nothing is in doubt of those who live, once the stream has come to the end of the last snapshot.
    fn check_certain(&self) -> Result<(), TestCaseError> {
        if self.reached <= self.seen_until {
            return Ok(());
        }
        for task in self.kernel.living() {
            let actor = task.actor;
            let known = self.state.thread(Tid(actor.tid), actor.start);
            let doubt = self.state.doubt_of(known);
            prop_assert!(!doubt.any(), "{} is in doubt: {doubt:?}", actor.tid);
        }
        Ok(())
    }

    /// How much happens while a snapshot is taken. Where tables are shared, nothing: then a row may have looked at one of those who share, and an event at another.
    fn pause(&self, acts: u64) -> u64 {
        if self.kernel.shares_files { 0 } else { acts }
    }

    fn see(&mut self, rows: &[Written]) {
        self.seen_until = rows.last().map_or(0, |row| row.time);
        for written in rows {
            let tick = 10_000_000;
            let actor = Actor {
                start: written.actor.start / tick * tick,
                ..written.actor
            };
            let rows = encode(written, actor);
            let view = rows.get(0).expect("one row");
            self.state.apply_snapshot(&view);
        }
    }

    /// The events since the last time, some of them lost; that is said before the rest.
    fn deliver(&mut self) {
        let written = std::mem::take(&mut self.kernel.written);
        let mut kept = Vec::new();
        let mut lost: Vec<(Lane, u64)> = Vec::new();
        for event in written {
            match event.lane {
                Some(lane) if self.one_in > 0 && self.kernel.below(self.one_in) == 0 => {
                    lost.push((lane, event.time));
                }
                _ => kept.push(event),
            }
        }
        self.has_lost |= !lost.is_empty();
        let intervals = lost.into_iter().map(|(lane, time)| LostInterval {
            cpu: 0,
            lane,
            reason: LossReason::RingFull,
            count: 1,
            last_good_time: time - 1,
            next_good_time: self.kernel.now,
        });
        self.state.lost(&intervals.collect::<Vec<_>>());
        for event in &kept {
            self.reached = event.time;
            let rows = encode(event, event.actor);
            let view = rows.get(0).expect("one row");
            self.state.before(&view);
            self.state.after(&view);
        }
    }

    /// `all` where every thread must be known, were it not for losses.
    fn check(&self, all: bool) -> Result<(), TestCaseError> {
        check_limits(&self.state, self.limits)?;
        if !self.is_true {
            return Ok(());
        }
        for tid in self.state.tids() {
            let thread = self.state.thread_of_tid(tid).expect("listed");
            if !thread.is_dead {
                self.check_thread(thread)?;
            }
        }
        for task in self.kernel.living() {
            let known = self.state.thread(Tid(task.actor.tid), task.actor.start);
            prop_assert!(
                known.is_some() || self.has_lost || !all,
                "{} is not known",
                task.actor.tid
            );
        }
        Ok(())
    }

    fn check_thread(&self, thread: &Thread) -> Result<(), TestCaseError> {
        let doubt = self.state.doubt_of(Some(thread));
        let truth = self.kernel.tasks.get(&thread.tid.0);
        let tick = 10_000_000;
        let truth =
            truth.filter(|task| !task.is_dead && task.actor.start / tick == thread.start / tick);
        let Some(truth) = truth else {
            prop_assert!(doubt.thread, "{} has ended", thread.tid);
            return Ok(());
        };
        if !doubt.thread {
            let text =
                |text: Option<&[u8]>| text.map(|text| String::from_utf8_lossy(text).into_owned());
            let ours = (
                thread.pid,
                thread.ids.ptid,
                thread.credentials.uid,
                text(thread.comm.as_deref()),
                text(thread.program.exepath.as_deref()),
            );
            let so = (
                Pid(truth.actor.pid),
                Some(Ptid(truth.ptid.into())),
                Some(truth.uid),
                Some(comm(&truth.exe).to_owned()),
                Some(truth.exe.clone()),
            );
            prop_assert_eq!(ours, so, "{}", thread.tid);
            let cwd = self.kernel.cwd(truth);
            let cwd = if cwd == "/" {
                "/".to_owned()
            } else {
                format!("{cwd}/")
            };
            let ours = self.state.cwd(thread);
            // What hangs on an unknown directory shows that it does.
            if ours.starts_with(b"/") {
                prop_assert_eq!(text(Some(ours)), Some(cwd), "{}", thread.tid);
            }
        }
        if !doubt.fds {
            self.check_files(thread, truth)?;
        }
        Ok(())
    }

    fn check_files(&self, thread: &Thread, truth: &Task) -> Result<(), TestCaseError> {
        let table = self
            .state
            .fds(thread)
            .into_iter()
            .flat_map(|table| table.iter());
        let ours: Vec<(i32, String, bool)> = table
            .map(|slot| {
                let name = String::from_utf8_lossy(&slot.file.name).into_owned();
                (slot.number, name, slot.close_on_exec)
            })
            .collect();
        let files = self.kernel.files(truth).iter();
        let so: Vec<(i32, String, bool)> = files
            .map(|(number, file)| (*number, file.name.clone(), file.close_on_exec))
            .collect();
        prop_assert_eq!(ours, so, "descriptors of {}", thread.tid);
        Ok(())
    }
}

pub(super) fn encode(written: &Written, actor: Actor) -> falco_format::Rows {
    let params = written.params.iter();
    let params = params.map(|(name, value)| (*name, value.clone()));
    row(written.time, written.name, actor, params.collect())
}
