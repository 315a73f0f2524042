//! One recording from beginning to end: attach, look around, record, seal.
//!
//! Owns the order of these steps and the threads between them:
//! the probe is attached and drained first, the first snapshot is taken next, and only then does a command start, so that everything it does is recorded and everything before it is in the snapshot.

mod service;
mod wait;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use falco_format::{CaptureIdentity, Dialect};
use thiserror::Error;

use crate::clock;
use crate::command::{self, Running};
use crate::containers;
use crate::live::LiveSource;
use crate::metrics::{self, MetricsError, Server};
use crate::notify::Manager;
use crate::pidfile::PidFile;
use crate::pipeline::{Beside, Finished, Pipeline, PipelineError};
use crate::privilege::{self, Work};
use crate::probe::{Probe, ProbeConfig, ProbeError};
use crate::root::{RootError, Store};
use crate::signal;
use crate::snapshot::{self, Origin};
use crate::stats::Stats;
use crate::summary::Summary;
use crate::trim;
use crate::vouch::{self, AnchorError, Anchors, KeyError, Signer, Vouching};
use crate::write::WriterConfig;

use service::Service;
use wait::Waiter;

/// What is recorded, and how.
#[derive(Debug)]
pub struct SessionConfig {
    /// The root below which the capture goes.
    pub directory: PathBuf,
    /// The group that may read along; nobody but the owner where it is `None`.
    pub group: Option<u32>,
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
    /// A file for the recorder's process id.
    pub pidfile: Option<PathBuf>,
    /// Where metrics are told; nowhere where it is `None`.
    pub metrics: Option<metrics::Place>,
    /// The key that segments are signed with; none where it is `None`.
    pub sign: Option<PathBuf>,
    /// Where digests go.
    pub anchors: Vec<vouch::Place>,
    /// How often a line tells how it goes; never where it is `None`.
    pub report_every: Option<Duration>,
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
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Digests cannot leave the node.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// Metrics cannot be told.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// There can be no file with the process id.
    #[error("cannot write the process id to {path}")]
    PidFile {
        /// Where.
        path: PathBuf,
        /// What was said.
        source: io::Error,
    },
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
    let store = Store::open_for(&config.directory, identity()?, config.group)?;
    for notice in &store.notices {
        (watcher.notice)(notice);
    }
    let place = store.capture.directory().path().display().to_string();
    let vouching = vouching(config, &store, watcher)?;
    probe.attach()?;
    let began = Instant::now();
    let missing_fields = probe.missing_fields().to_vec();
    let source = LiveSource::new(probe, config.probe.ring_bytes);
    let stats = Arc::new(Stats::default());
    let metrics = config.metrics.as_ref();
    let metrics = metrics.map(|place| Server::start(place, config.group, &stats));
    let metrics = metrics.transpose()?;
    let pipeline = Pipeline::start(
        source,
        store,
        &config.writer,
        Beside {
            runtimes: config.containers.clone(),
            vouching,
        },
        &stats,
        watcher.notice,
    )?;
    trim::give_back();
    let pidfile = write_pidfile(config.pidfile.as_deref())?;
    let service = Service::new(
        manager(watcher),
        &stats,
        watcher.notice,
        config.report_every,
    );
    (watcher.notice)(&format!("recording to {place}"));
    service.ready();
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
        service,
    };
    let left_behind = waiter.wait(&mut running, until);
    waiter.service.stopping();
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
    drop((pidfile, metrics));
    Ok(Outcome {
        summary,
        command: end_of(running, left_behind),
        missing_fields,
    })
}

/// Who vouches for what is recorded.
fn vouching(
    config: &SessionConfig,
    store: &Store,
    watcher: &Watcher,
) -> Result<Vouching, SessionError> {
    let signer = config.sign.as_deref();
    let signer = signer.map(|key| Signer::open(key, Arc::clone(&store.root)));
    let signer = signer.transpose()?;
    let anchors = Anchors::start(&config.anchors, watcher.notice)?;
    Ok(Vouching::new(signer, anchors))
}

/// The service manager that started this program, if one did and can be told.
fn manager(watcher: &Watcher) -> Option<Manager> {
    Manager::of_environment().unwrap_or_else(|error| {
        (watcher.notice)(&format!(
            "the service manager cannot be told: NOTIFY_SOCKET: {error}"
        ));
        None
    })
}

fn write_pidfile(path: Option<&Path>) -> Result<Option<PidFile>, SessionError> {
    let written = path.map(|path| {
        PidFile::write(path).map_err(|source| SessionError::PidFile {
            path: path.to_path_buf(),
            source,
        })
    });
    written.transpose()
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
