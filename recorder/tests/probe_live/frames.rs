//! Recording what a child process does, and reading the frames by the event table.

use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use falco_abi::view::FrameView;
use falco_abi::{EventDef, ParamStatus, event, event_by_name};
use falco_record::probe::{Probe, ProbeConfig, ProbeError, barrier};

/// Probes take memory and every one slows every call: one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The pause between two looks at the rings, as the recorder makes it.
const DRAIN_PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// One frame, split.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) event: &'static EventDef,
    pub(super) time: u64,
    pub(super) start: u64,
    pub(super) sequence: u64,
    pub(super) tid: u32,
    pub(super) pid: u32,
    pub(super) cpu: u16,
    pub(super) abi: u8,
    pub(super) syscall: i32,
    pub(super) params: Vec<(ParamStatus, Vec<u8>)>,
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}

impl Frame {
    pub(super) fn parse(bytes: &[u8]) -> Frame {
        let view = FrameView::new(bytes).unwrap();
        let id = view.event_id();
        let event = event(id).unwrap_or_else(|| panic!("no event has the id {id:?}"));
        assert_eq!(view.length() as usize, bytes.len(), "{}", event.name);
        let mut values = view.values().unwrap();
        let mut params: Vec<(ParamStatus, Vec<u8>)> = values
            .by_ref()
            .map(|value| value.map(|(status, bytes)| (status, bytes.to_vec())))
            .collect::<Result<_, _>>()
            .unwrap();
        let name = event.name;
        assert!(params.len() <= event.params.len(), "{name}");
        assert!(
            values.rest().is_empty(),
            "{name} has bytes behind its values"
        );
        params.resize(event.params.len(), (ParamStatus::Absent, Vec::new()));
        Frame {
            event,
            time: view.time(),
            start: view.start(),
            sequence: view.sequence(),
            tid: view.tid(),
            pid: view.pid(),
            cpu: view.cpu(),
            abi: view.abi(),
            syscall: view.syscall(),
            params,
        }
    }

    /// A parameter's status and bytes.
    pub(super) fn param(&self, name: &str) -> (ParamStatus, &[u8]) {
        let index = self.event.param(name);
        let index = index.unwrap_or_else(|| panic!("{} has no {name}", self.event.name));
        let (status, bytes) = &self.params[index];
        (*status, bytes)
    }

    /// An integer parameter, cut to its wire type as the recorder does.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        let (status, bytes) = self.param(name);
        if status != ParamStatus::Present {
            return None;
        }
        let value = i64::from_le_bytes(word(bytes, 0));
        let wire = self.event.params[self.event.param(name).unwrap()].wire;
        Some(match (wire.width().unwrap(), wire.is_signed()) {
            (4, true) => i64::from(value as i32),
            (4, false) => i64::from(value as u32),
            (2, _) => i64::from(value as u16),
            (1, _) => i64::from(value as u8),
            _ => value,
        })
    }

    /// A whole string.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let (status, bytes) = self.param(name);
        (status == ParamStatus::Present).then(|| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// A probe that records, and the lock that keeps others from it.
pub(super) struct Recording {
    pub(super) probe: Probe,
    _alone: MutexGuard<'static, ()>,
}

/// What a child did.
pub(super) struct Recorded {
    pub(super) frames: Vec<Frame>,
    pub(super) pid: u32,
    pub(super) output: String,
    pub(super) succeeded: bool,
}

impl Recording {
    /// Starts recording these events; `None`, with the reason printed, where the kernel cannot.
    pub(super) fn start(
        events: &[&str],
        change: impl FnOnce(&mut ProbeConfig),
    ) -> Option<Recording> {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = events.iter().map(|name| event_by_name(name).unwrap().id);
        let mut config = ProbeConfig {
            events: rows.collect(),
            ..ProbeConfig::default()
        };
        change(&mut config);
        let loaded = Probe::load(&config).and_then(|mut probe| {
            probe.attach()?;
            Ok(probe)
        });
        match loaded {
            Ok(probe) => Some(Recording {
                probe,
                _alone: alone,
            }),
            Err(
                error @ (ProbeError::NoBtf { .. }
                | ProbeError::NoPermission { .. }
                | ProbeError::MissingTracepoint { .. }),
            ) => {
                println!("skipped: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Every frame that is in the rings.
    pub(super) fn frames(&mut self) -> Vec<Frame> {
        barrier();
        let mut frames = Vec::new();
        self.probe.drain(|frame| frames.push(Frame::parse(frame)));
        frames.sort_by_key(|frame| (frame.time, frame.cpu));
        frames
    }

    /// Runs a command to its end and returns what was recorded meanwhile.
    pub(super) fn run(&mut self, command: &mut Command) -> Recorded {
        command.stdout(std::process::Stdio::piped());
        let mut child: Child = command.spawn().unwrap();
        let pid = child.id();
        let mut frames = Vec::new();
        // Everybody's events are in the rings: on a busy machine they would be full before the command is at its work.
        while child.try_wait().unwrap().is_none() {
            frames.append(&mut self.frames());
            std::thread::sleep(DRAIN_PAUSE);
        }
        let output = child.wait_with_output().unwrap();
        frames.append(&mut self.frames());
        frames.sort_by_key(|frame| (frame.time, frame.cpu));
        Recorded {
            frames,
            pid,
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            succeeded: output.status.success(),
        }
    }

    /// Runs one of the activities of this test's own program in a process of its own.
    pub(super) fn act(&mut self, activity: &str, argument: &str) -> Recorded {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "activities::activity",
                "--ignored",
                "--nocapture",
            ])
            .env("PROBE_ACTIVITY", activity)
            .env("PROBE_ARGUMENT", argument);
        self.run(&mut command)
    }
}

impl Recorded {
    /// The child's own frames of an event.
    pub(super) fn of(&self, event: &str) -> Vec<&Frame> {
        self.all(event, |frame| frame.pid == self.pid)
    }

    /// Frames of an event that fulfil a condition.
    pub(super) fn all(&self, event: &str, condition: impl Fn(&Frame) -> bool) -> Vec<&Frame> {
        let frames = self.frames.iter();
        frames
            .filter(|frame| frame.event.name == event && condition(frame))
            .collect()
    }

    /// The value that the activity printed behind a word.
    pub(super) fn told(&self, word: &str) -> &str {
        let lines = self.output.lines();
        lines
            .filter_map(|line| line.split_once("told ")?.1.split_once('='))
            .find(|(name, _)| *name == word)
            .map(|(_, value)| value)
            .unwrap_or_else(|| panic!("{word} is not told in: {}", self.output))
    }
}

/// A device number as the kernel keeps it.
pub(super) fn kernel_dev(dev: u64) -> i64 {
    i64::from(rustix::fs::major(dev) << 20 | rustix::fs::minor(dev))
}
