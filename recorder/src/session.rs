//! One recording from beginning to end: attach, look around, record, seal.
//!
//! Owns the order of these steps and the threads between them:
//! the probe is attached and drained first, the first snapshot is taken next, and only then does a command start, so that everything it does is recorded and everything before it is in the snapshot.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use falco_format::text::count;
use falco_format::{CaptureIdentity, Dialect, UnixNanos};
use thiserror::Error;

use crate::clock;
use crate::command::{self, Running};
use crate::containers;
use crate::live::LiveSource;
use crate::pipeline::{Finished, Pipeline, PipelineError};
use crate::privilege::{self, Work};
use crate::probe::{Probe, ProbeConfig, ProbeError};
use crate::root::{RootError, Store};
use crate::signal::{self, Signal};
use crate::snapshot::{self, Origin};
use crate::stats::Stats;
use crate::summary::Summary;
use crate::units::show_bytes;
use crate::write::WriterConfig;

/// How often the progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// What is recorded, and how.
#[derive(Debug)]
pub struct SessionConfig {
    /// The root below which the capture goes.
    pub directory: PathBuf,
    /// What the probe records.
    pub probe: ProbeConfig,
    /// How segments are written.
    pub writer: WriterConfig,
    /// Which container runtimes are asked; none where it is `None`.
    pub containers: Option<containers::Settings>,
    /// How long to record; until told otherwise where it is `None`.
    pub duration: Option<Duration>,
    /// The command to record, with its arguments; none where it is empty.
    pub command: Vec<OsString>,
}

/// Why nothing could be recorded.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The probe could not be loaded or attached.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// Nothing can be recorded there.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The threads could not be started.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// Something else that the system refused.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What was said.
        source: io::Error,
    },
    /// The kernel's boot id is not what it should be.
    #[error("/proc/sys/kernel/random/boot_id holds no boot id")]
    BootId,
}

/// How the command went.
#[derive(Debug)]
pub enum CommandEnd {
    /// There was none.
    None,
    /// It ended so.
    Ended(ExitStatus),
    /// It could not be started.
    NotStarted(io::Error),
    /// It was left running: a second signal did not let the recorder wait for it.
    LeftBehind(i32),
}

/// What came of a recording.
#[derive(Debug)]
pub struct Outcome {
    /// What was written.
    pub summary: Summary,
    /// How the command went.
    pub command: CommandEnd,
    /// Fields that the kernel lacks: values that need them are absent.
    pub missing_fields: Vec<&'static str>,
}

/// What is told while recording.
pub struct Watcher {
    /// Something that the user should know now.
    pub notice: fn(&str),
    /// The state of things: events, bytes, losses.
    pub progress: Box<dyn Fn(u64, u64, u64)>,
}

/// Records.
pub fn run(config: &SessionConfig, watcher: &Watcher) -> Result<Outcome, SessionError> {
    let system = |doing| move |source| SessionError::System { doing, source };
    let signals = signal::catch().map_err(system("catch signals"))?;
    let mut probe = Probe::load(&config.probe)?;
    let store = Store::open(&config.directory, identity()?)?;
    for notice in &store.notices {
        (watcher.notice)(notice);
    }
    let place = store.capture.directory().path().display().to_string();
    probe.attach()?;
    let began = Instant::now();
    let missing_fields = probe.missing_fields().to_vec();
    let source = LiveSource::new(probe, config.probe.ring_bytes);
    let stats = Arc::new(Stats::default());
    let pipeline = Pipeline::start(
        source,
        store,
        &config.writer,
        config.containers.clone(),
        &stats,
        watcher.notice,
    )?;
    (watcher.notice)(&format!("recording to {place}"));
    let mut running = start_command(&config.command);
    // From here on this thread needs nothing but to pass signals on.
    privilege::keep_for(Work::Wait);
    let until = config
        .duration
        .and_then(|duration| began.checked_add(duration));
    let mut waiter = Waiter {
        signals: &signals,
        watcher,
        stats: &stats,
        pipeline: &pipeline,
        since: clock::realtime(),
    };
    let left_behind = waiter.wait(&mut running, until);
    let seconds = began.elapsed();
    let Finished {
        counts,
        containers,
        drained,
        report,
    } = pipeline.stop();
    let directory = config.directory.display().to_string();
    let mut summary = Summary::new(directory, &report, counts, drained.times_shed, seconds);
    summary.containers = containers;
    Ok(Outcome {
        summary,
        command: end_of(running, left_behind),
        missing_fields,
    })
}

/// The node and boot that is recorded.
fn identity() -> Result<CaptureIdentity, SessionError> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map_err(|source| {
        SessionError::System {
            doing: "read the boot id",
            source,
        }
    })?;
    let uname = rustix::system::uname();
    Ok(CaptureIdentity {
        boot_id: text.trim_end().parse().map_err(|_| SessionError::BootId)?,
        node: uname.nodename().to_string_lossy().into_owned(),
        dialect: Dialect::Native,
    })
}

fn start_command(words: &[OsString]) -> Option<io::Result<Running>> {
    (!words.is_empty()).then(|| Running::start(words))
}

fn end_of(running: Option<io::Result<Running>>, left_behind: Option<i32>) -> CommandEnd {
    match (running, left_behind) {
        (None, _) => CommandEnd::None,
        (Some(Err(error)), _) => CommandEnd::NotStarted(error),
        (Some(Ok(_)), Some(number)) => CommandEnd::LeftBehind(number),
        (Some(Ok(mut running)), None) => match running.wait() {
            Ok(status) => CommandEnd::Ended(status),
            Err(error) => CommandEnd::NotStarted(error),
        },
    }
}

/// Waits for the end of a recording.
struct Waiter<'a> {
    signals: &'a Receiver<Signal>,
    watcher: &'a Watcher,
    stats: &'a Stats,
    pipeline: &'a Pipeline,
    /// When recording began.
    since: UnixNanos,
}

impl Waiter<'_> {
    /// Waits for the command's end, the time, or a signal. Returns the signal where the command is to be left behind.
    fn wait(
        &mut self,
        running: &mut Option<io::Result<Running>>,
        until: Option<Instant>,
    ) -> Option<i32> {
        let mut command = match running {
            Some(Ok(command)) => Some(command),
            Some(Err(_)) => return None,
            None => None,
        };
        let mut passed_on = false;
        loop {
            let rest = until.map(|until| until.saturating_duration_since(Instant::now()));
            if rest.is_some_and(|rest| rest.is_zero()) || self.pipeline.has_failed() {
                return None;
            }
            let pause = rest.unwrap_or(PROGRESS_INTERVAL).min(PROGRESS_INTERVAL);
            match (self.signals.recv_timeout(pause), &mut command) {
                (Ok(Signal::End(_)), None) => return None,
                (Ok(Signal::End(number)), Some(command)) => {
                    if passed_on {
                        return Some(number);
                    }
                    if !signal::reached_command_too(number) {
                        command.send(number);
                    }
                    passed_on = true;
                }
                (Err(RecvTimeoutError::Disconnected), _) => return None,
                (Ok(Signal::Rotate), _) => {
                    (self.watcher.notice)("a new segment is begun");
                    self.stats.want_rotation();
                }
                (Ok(Signal::Status), _) => (self.watcher.notice)(&self.status()),
                _ => {}
            }
            if command
                .as_mut()
                .is_some_and(|command| !matches!(command.ended(), Ok(None)))
            {
                return None;
            }
            let (events, bytes, lost) = self.stats.read();
            (self.watcher.progress)(events, bytes, lost);
        }
    }
}

impl Waiter<'_> {
    /// How it goes, in one line.
    fn status(&self) -> String {
        let (events, bytes, lost) = self.stats.read();
        format!(
            "recording since {}: {}, {lost} lost, {} of events written, now to {}",
            clock::utc(self.since, "%Y-%m-%dT%H:%M:%SZ"),
            count(events, "event"),
            show_bytes(bytes),
            self.stats.segment()
        )
    }
}

/// The exit code of the command, if there was one.
pub fn command_code(end: &CommandEnd) -> Option<u8> {
    match end {
        CommandEnd::None => None,
        CommandEnd::Ended(status) => Some(command::exit_code(*status)),
        CommandEnd::NotStarted(error) => Some(command::start_error_code(error)),
        CommandEnd::LeftBehind(number) => u8::try_from(128 + number).ok(),
    }
}

/// How snapshots of this machine are taken.
pub fn snapshot_of_this_machine(env: bool) -> snapshot::Options {
    snapshot::Options {
        root: Path::new("/").to_owned(),
        live: true,
        env,
        origin: Origin::Start,
        containers: None,
        now: clock::boottime_ns,
    }
}
