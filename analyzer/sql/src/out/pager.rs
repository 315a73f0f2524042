//! A pager in front of the terminal, for what does not fit on it.
//!
//! In: the bytes of one result. Out: the same on standard output where they are few lines, else to `$PAGER`, or `less -S`, which scrolls to the side.
//! The command of `$PAGER` is the user's own, and a shell runs it, as every program does that reads this variable.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::notice;

/// The command where the user's environment names none.
const DEFAULT: &str = "less";
/// Lines of the terminal that the prompt and what stands above it need.
const LINES_BESIDE: usize = 2;

/// A result on its way to the terminal.
#[derive(Clone)]
pub(crate) struct Paged(Arc<Mutex<State>>);

struct State {
    /// What waits for it to be known whether it fits.
    waiting: Vec<u8>,
    lines: usize,
    room: usize,
    to: To,
}

enum To {
    Undecided,
    Stdout,
    Pager(Child),
}

impl Paged {
    /// `room` is how many lines the terminal has.
    pub(crate) fn new(room: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            waiting: Vec::new(),
            lines: 0,
            room: room.saturating_sub(LINES_BESIDE),
            to: To::Undecided,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what waits, or waits until whoever reads in the pager leaves it.
    pub(crate) fn finish(self) -> io::Result<()> {
        let mut state = self.lock();
        match std::mem::replace(&mut state.to, To::Stdout) {
            To::Pager(mut child) => {
                drop(child.stdin.take());
                let status = child.wait()?;
                if matches!(status.code(), Some(126 | 127)) {
                    notice::complain(
                        "the pager cannot be run; `\\pager off` does without, and $PAGER names another",
                    );
                }
                Ok(())
            }
            _ => state.pass(),
        }
    }
}

impl State {
    /// Hands on what waits.
    fn pass(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        match &mut self.to {
            To::Undecided => {
                self.waiting = waiting;
                Ok(())
            }
            To::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(&waiting)?;
                stdout.flush()
            }
            To::Pager(child) => match &mut child.stdin {
                Some(stdin) => stdin.write_all(&waiting),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        state.waiting.extend_from_slice(bytes);
        state.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        if matches!(state.to, To::Undecided) && state.lines > state.room {
            state.to = start().map_or(To::Stdout, To::Pager);
        }
        state.pass()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the pager, if there is one.
fn start() -> Option<Child> {
    let command = match env::var_os("PAGER") {
        Some(command) if command.is_empty() => return None,
        Some(command) => command,
        None if is_on_path(DEFAULT) => OsString::from(format!("{DEFAULT} -S")),
        None => return None,
    };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped());
    shell.spawn().ok()
}

fn is_on_path(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
