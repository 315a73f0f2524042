//! The threads between the rings and the disk: drain, compress, write, with bounded channels between them.
//!
//! Owns their starting and their ending; each does its work in its own module.
//!
//! **Memory.** [`MEMORY_BYTES`] is what the recorder takes beside its rings: frames that wait, the batch that becomes blocks, blocks that wait or are held back, a snapshot, and the program itself.
//!
//! **Priority.** Draining, making blocks and writing run at raised priority, or a machine whose processors are all busy would have its events shed for want of a processor.
//! It is a niceness and no real-time class: three threads that each take what they need and leave the rest.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use falco_format::CaptureError;
use thiserror::Error;

use crate::batch::{self, Aside, Control, DrainReport};
use crate::clock;
use crate::compress::{self, Message, SnapshotBlocks};
use crate::containers::{self, ContainerTracker, Containers};
use crate::privilege::{self, Work};
use crate::root::Store;
use crate::snapshot::{self, Origin};
use crate::source::FrameSource;
use crate::state_blocks;
use crate::stats::Stats;
use crate::vouch::Vouching;
use crate::write::{Notice, WriteReport, Writer, WriterConfig};

/// How many batches wait for the worker: two seconds of a quiet machine, a quarter of a million events of a busy one.
const BATCHES: usize = 4;
/// The anonymous memory that a recording takes at most, in bytes: 12 MiB of frames, 8 of blocks, 12 for making one, 4 for a snapshot, 12 for the program.
/// The rings are the kernel's, and counted once beside it; when the drain thread did not run for as long as they last, what they hold is added once more.
pub const MEMORY_BYTES: usize = 48 << 20;
/// How many messages wait for the writer.
const MESSAGES: usize = 64;
/// Why the threads could not be started.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The first segment could not be begun.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The system gave no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// What the threads did.
#[derive(Debug)]
pub struct Finished {
    /// The first snapshot.
    pub counts: snapshot::Counts,
    /// What was learned of containers.
    pub containers: containers::Counts,
    /// The drain thread's report.
    pub drained: DrainReport,
    /// The writer's report.
    pub report: WriteReport,
}

/// What goes on beside the way from the rings to the disk.
#[derive(Debug, Default)]
pub struct Beside {
    /// Which container runtimes are asked; none where it is `None`.
    pub runtimes: Option<containers::Settings>,
    /// Who vouches for what is written.
    pub vouching: Vouching,
}

/// The threads of a recording.
#[derive(Debug)]
pub struct Pipeline {
    control: Sender<Control>,
    drain: JoinHandle<DrainReport>,
    compress: JoinHandle<()>,
    write: JoinHandle<WriteReport>,
    counts: snapshot::Counts,
    containers: Option<Containers>,
}

impl Pipeline {
    /// Starts the threads; returns when the first snapshot has been taken, and is written or on its way. The source is attached already.
    pub fn start<S: FrameSource + 'static>(
        source: S,
        store: Store,
        config: &WriterConfig,
        beside: Beside,
        stats: &Arc<Stats>,
        notice: fn(&str),
    ) -> Result<Pipeline, PipelineError> {
        let pair = clock::pair();
        let (level, limits) = (config.level, compress::block_limits(config.segment_bytes));
        let (containers, tracker) = start_asking(beside.runtimes, notice)?;
        let (control, controlled) = channel();
        let (batch_sender, batches) = sync_channel(BATCHES);
        let (message_sender, messages) = sync_channel(MESSAGES);
        let priority = config.priority;
        let aside = Aside {
            tracker,
            stats: Arc::clone(stats),
            age: config.latency,
        };
        let drain = spawn("drain", move || {
            priority.raise();
            privilege::keep_for(Work::Drain);
            batch::run(source, pair, &controlled, batch_sender, aside)
        })?;
        let for_writer = message_sender.clone();
        let compress = spawn("compress", move || {
            priority.raise();
            privilege::keep_for(Work::Compress);
            compress::run(&batches, &message_sender, level, limits);
        })?;
        let mut config = config.clone();
        config.snapshot.containers.clone_from(&containers);
        config.snapshot.origin = Origin::Start;
        let taking = take_apart(&config.snapshot, level)?;
        let first = taking.recv_timeout(config.first_snapshot_wait).ok();
        let for_late = for_writer.clone();
        let in_foreign_directory = privilege::is_foreign(store.capture.directory().path())
            || privilege::is_foreign(store.root.path());
        let shares = store.root.group().is_some();
        let notice: Notice = Box::new(notice);
        let stats = Arc::clone(stats);
        let writer = Writer::start(
            store,
            config,
            (pair, first.as_ref()),
            for_writer,
            (stats, beside.vouching),
            notice,
        )?;
        let write = spawn("write", move || {
            priority.raise();
            privilege::keep_for(Work::Write {
                in_foreign_directory,
                shares,
            });
            writer.run(&messages)
        })?;
        Ok(Pipeline {
            control,
            drain,
            compress,
            write,
            counts: first.map_or_else(|| send_late(&taking, &for_late), |first| first.counts),
            containers,
        })
    }

    /// Whether something has ended that should not have.
    pub fn has_failed(&self) -> bool {
        self.drain.is_finished() || self.compress.is_finished() || self.write.is_finished()
    }

    /// Takes what is there, and seals.
    pub fn stop(self) -> Finished {
        // A thread that is gone has said so by its end already.
        let _ = self.control.send(Control::Stop);
        let drained = self.drain.join();
        let compressed = self.compress.join();
        let mut report = self.write.join().unwrap_or_else(|_| WriteReport {
            error: Some("the writer failed".to_owned()),
            ..WriteReport::default()
        });
        if drained.is_err() || compressed.is_err() {
            report
                .error
                .get_or_insert_with(|| "a thread of the recorder failed".to_owned());
        }
        Finished {
            counts: self.counts,
            containers: self
                .containers
                .map(|containers| containers.counts())
                .unwrap_or_default(),
            drained: drained.unwrap_or_default(),
            report,
        }
    }
}

/// Takes the first snapshot in a thread of its own, so that it can be late.
fn take_apart(
    options: &snapshot::Options,
    level: i32,
) -> Result<Receiver<SnapshotBlocks>, PipelineError> {
    let (sender, taken) = channel();
    let options = options.clone();
    spawn("snapshot", move || {
        // Whoever waited for it is gone only with the recorder.
        let _ = sender.send(state_blocks::take(&options, level));
    })?;
    Ok(taken)
}

/// Waits for a first snapshot that is late, and passes it to the writer. One that never comes has counted nothing.
fn send_late(taking: &Receiver<SnapshotBlocks>, writer: &SyncSender<Message>) -> snapshot::Counts {
    let Ok(first) = taking.recv() else {
        return snapshot::Counts::default();
    };
    let counts = first.counts;
    // A writer that is gone is told of by its end.
    let _ = writer.send(Message::Snapshot(Box::new(first)));
    counts
}

/// Starts the thread that asks runtimes, if they are to be asked.
fn start_asking(
    runtimes: Option<containers::Settings>,
    notice: fn(&str),
) -> Result<(Option<Containers>, Option<ContainerTracker>), PipelineError> {
    let Some(settings) = runtimes else {
        return Ok((None, None));
    };
    let started = Containers::start(settings, notice).map_err(PipelineError::Thread)?;
    Ok((Some(started.0), Some(started.1)))
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, PipelineError> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(work).map_err(PipelineError::Thread)
}
