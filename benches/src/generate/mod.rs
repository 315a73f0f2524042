//! Captures as `falco-record` would write them of a busy node, made from a seed: the same seed gives the same bytes.
//!
//! A load is a number of threads with roles; a role says the next few calls of its thread in the words of `op`.
//! The calls happen one after the other in boot time, on several CPUs: they change the `node`, and become rows of the `recording`.
//! Whatever a snapshot says is what the calls have made, so that state is right at every place of the stream.
//!
//! What is not made up here: losses, damage, and anything of Falco's dialect.

mod container;
mod facts;
mod files;
mod load;
mod node;
mod numbers;
mod op;
mod processes;
mod program;
mod programs;
mod random;
mod recording;
mod role;
mod roles;
mod row;
mod scripts;
mod snapshot;
mod sockets;
mod step;
#[cfg(test)]
mod tests;
mod writer;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use anyhow::Result;

pub use load::Load;

use node::Node;
use op::Op;
use random::Random;
use recording::{BEGIN, CPUS, Recording};
use step::Step;

/// Between two calls of a thread that is not asleep, nanoseconds.
const CALL_GAP: u64 = 14_000;
/// A thread goes to another CPU at one call of so many.
const CALLS_PER_MOVE: u64 = 60;
/// Bytes after which a segment is sealed: the recorder's default.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Rows after which a block is closed: those of the recorder.
const BLOCK_ROWS: usize = 60_000;

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// How many events, at least: the call that reaches the number is finished.
    pub events: u64,
    /// The seed.
    pub seed: u64,
    /// What the node does.
    pub load: Load,
    /// Bytes after which a segment is sealed.
    pub segment_bytes: u64,
    /// Rows after which a block is closed.
    pub block_rows: usize,
}

/// What was generated.
#[derive(Clone, Copy, Debug)]
pub struct Generated {
    /// Events.
    pub events: u64,
    /// Bytes of the capture.
    pub bytes: u64,
    /// Nanoseconds from the first event to the last.
    pub nanoseconds: u64,
}

impl Generator {
    /// So many events of a mixed load.
    #[must_use]
    pub fn new(events: u64, seed: u64) -> Self {
        Generator {
            events,
            seed,
            load: Load::Mixed,
            segment_bytes: SEGMENT_BYTES,
            block_rows: BLOCK_ROWS,
        }
    }

    /// Writes the capture into a directory, which must not hold one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, directory: &Path) -> Result<Generated> {
        let mut world = World {
            node: Node::new(),
            recording: Recording::create(directory, self)?,
            random: Random::new(self.seed),
            due: BinaryHeap::new(),
        };
        load::populate(&mut world, self.load);
        world
            .recording
            .rotate(snapshot::take(&world.node, BEGIN)?)?;
        let ran = world.run(self.events);
        let events = world.recording.events();
        let last = world.recording.watermark();
        let finished = world.recording.finish();
        ran?;
        Ok(Generated {
            events,
            bytes: finished?,
            nanoseconds: last - BEGIN,
        })
    }
}

/// Everything while it is generated.
struct World {
    node: Node,
    recording: Recording,
    random: Random,
    /// When which thread does its next step; the thread's start tells those who have ended.
    due: BinaryHeap<Reverse<(u64, u32, u64)>>,
}

impl World {
    fn run(&mut self, events: u64) -> Result<()> {
        while self.recording.events() < events {
            let Some(Reverse((time, tid, start))) = self.due.pop() else {
                break;
            };
            if self
                .node
                .threads
                .get(&tid)
                .is_none_or(|thread| thread.start != start)
            {
                continue;
            }
            if self.recording.tick(time)? {
                let state = snapshot::take(&self.node, self.recording.watermark())?;
                self.recording.rotate(state)?;
            }
            if let Some(next) = self.step(tid, time)? {
                self.due.push(Reverse((next, tid, start)));
            }
        }
        Ok(())
    }

    /// One call of a thread; when its next is due, unless it has ended.
    fn step(&mut self, tid: u32, time: u64) -> Result<Option<u64>> {
        let op = self.next_op(tid);
        let next = match op {
            Op::Sleep(about) => return Ok(Some(time + self.random.around(about))),
            Op::Exit(status) => {
                self.exit(tid, status, time)?;
                return Ok(None);
            }
            Op::Fork(ops) => self.born(tid, ops, None, time)?,
            Op::Thread { ops, role } => self.born(tid, ops, Some(role), time)?,
            Op::Leave(container) => {
                self.node
                    .containers
                    .retain(|known| !std::rc::Rc::ptr_eq(known, &container));
                time
            }
            op => {
                if let Op::Enter(container) = &op {
                    self.node.containers.push(std::rc::Rc::clone(container));
                    self.describe(container, time)?;
                }
                self.with_step(tid, time, |step| {
                    let _ = files::perform(step, &op)?
                        || sockets::perform(step, &op)?
                        || processes::perform(step, &op)?;
                    Ok(())
                })?
            }
        };
        if self.random.once_in(CALLS_PER_MOVE)
            && let Some(thread) = self.node.threads.get_mut(&tid)
        {
            thread.cpu = self.random.below(CPUS as u64) as usize;
        }
        Ok(Some(next + self.random.around(CALL_GAP)))
    }

    /// What a thread does next; what it does after that is asked of its role where nothing is left.
    fn next_op(&mut self, tid: u32) -> Op {
        loop {
            let Some(thread) = self.node.threads.get_mut(&tid) else {
                return Op::Exit(0);
            };
            if let Some(op) = thread.ops.pop_front() {
                return op;
            }
            let role = thread.role;
            let ops = load::next(self, role);
            if let Some(thread) = self.node.threads.get_mut(&tid) {
                thread.ops.extend(ops);
            }
        }
    }

    /// Lets a thread do something; when it is done.
    fn with_step(
        &mut self,
        tid: u32,
        time: u64,
        act: impl FnOnce(&mut Step<'_>) -> Result<()>,
    ) -> Result<u64> {
        let Some(thread) = self.node.threads.get_mut(&tid) else {
            return Ok(time);
        };
        let Some(process) = self.node.processes.get_mut(&thread.pid) else {
            return Ok(time);
        };
        let mut step = Step {
            process,
            thread,
            numbers: &mut self.node.numbers,
            recording: &mut self.recording,
            random: &mut self.random,
            time,
        };
        act(&mut step)?;
        Ok(step.time)
    }
}
