//! The command that is recorded: started, waited for, and sent signals.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};

use crate::notify;
use rustix::process::{Pid, Signal, kill_process};

/// What shells return when a command is not found.
const NOT_FOUND: u8 = 127;
/// What shells return when a command cannot be executed.
const NOT_EXECUTABLE: u8 = 126;
/// What shells add to the number of the signal that ended a command.
const SIGNAL_BASE: i32 = 128;

/// A command that runs, with the recorder's own standard streams.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts it.
    pub fn start(words: &[OsString]) -> io::Result<Running> {
        let (program, arguments) = words
            .split_first()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut command = Command::new(program);
        command.args(arguments);
        for variable in notify::VARIABLES {
            command.env_remove(variable);
        }
        let child = command.spawn()?;
        Ok(Running { child })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Sends it a signal. One that has ended takes none.
    pub fn send(&self, number: i32) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(number)) {
            let _ = kill_process(pid, signal);
        }
    }
}

/// The exit code that stands for how a command ended: its own, or 128 and the signal's number.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| signal + SIGNAL_BASE));
    code.and_then(|code| u8::try_from(code & 0xff).ok())
        .unwrap_or(NOT_EXECUTABLE)
}

/// The exit code of a command that could not be started.
pub fn start_error_code(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound {
        NOT_FOUND
    } else {
        NOT_EXECUTABLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str) -> u8 {
        let words = ["sh", "-c", script].map(OsString::from);
        let mut running = Running::start(&words).expect("sh");
        exit_code(running.wait().expect("an end"))
    }

    #[test]
    fn codes_are_those_of_shells() {
        assert_eq!(run("exit 0"), 0);
        assert_eq!(run("exit 7"), 7);
        assert_eq!(run("kill -TERM $$"), 143);
        assert_eq!(run("kill -KILL $$"), 137);
    }

    #[test]
    fn what_cannot_be_started_has_a_code_too() {
        let check = |program: &str, code| {
            let error = Running::start(&[OsString::from(program)]).expect_err(program);
            assert_eq!(start_error_code(&error), code, "{program}");
        };
        check("/no/such/program", 127);
        check("/etc", 126);
    }

    #[test]
    fn a_signal_arrives() {
        let words = ["sleep", "60"].map(OsString::from);
        let mut running = Running::start(&words).expect("sleep");
        assert!(running.ended().expect("a look").is_none());
        running.send(15);
        assert_eq!(exit_code(running.wait().expect("an end")), 143);
    }
}
