//! Waiting for the end of a recording: a command's end, the time, or a signal.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::command::Running;
use crate::pipeline::Pipeline;
use crate::signal::{self, Signal};
use crate::stats::Stats;

use super::Watcher;
use super::service::Service;

/// How often the progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// Waits for the end of a recording.
pub(super) struct Waiter<'a> {
    pub(super) signals: &'a Receiver<Signal>,
    pub(super) watcher: &'a Watcher,
    pub(super) stats: &'a Stats,
    pub(super) pipeline: &'a Pipeline,
    pub(super) service: Service<'a>,
}

impl Waiter<'_> {
    /// Waits for the command's end, the time, or a signal. Returns the signal where the command is to be left behind.
    pub(super) fn wait(
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
            let most = self.service.patience(PROGRESS_INTERVAL);
            let pause = rest.unwrap_or(most).min(most);
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
                (Ok(Signal::Status), _) => (self.watcher.notice)(&self.stats.status().line()),
                _ => {}
            }
            if command
                .as_mut()
                .is_some_and(|command| !matches!(command.ended(), Ok(None)))
            {
                return None;
            }
            self.service.tick();
            let (events, bytes, lost) = self.stats.read();
            (self.watcher.progress)(events, bytes, lost);
        }
    }
}
