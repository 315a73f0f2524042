//! Signals, as messages to the thread that waits.
//!
//! SIGTERM and SIGINT end a recording, or are passed on to the command that is recorded; SIGCHLD says that the command may have ended.
//! SIGHUP begins a new segment and SIGUSR1 asks how it goes: neither ends anything.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::fs::{Mode, OFlags};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

/// What has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Somebody wants an end; the signal's number.
    End(i32),
    /// A child may have ended.
    Child,
    /// A new segment is to be begun.
    Rotate,
    /// Somebody asks how it goes.
    Status,
}

/// Catches signals from now on.
pub fn catch() -> io::Result<Receiver<Signal>> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD])?;
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            crate::privilege::keep_for(crate::privilege::Work::Compress);
            for number in signals.forever() {
                let signal = match number {
                    SIGCHLD => Signal::Child,
                    SIGHUP => Signal::Rotate,
                    SIGUSR1 => Signal::Status,
                    number => Signal::End(number),
                };
                if sender.send(signal).is_err() {
                    break;
                }
            }
        })?;
    Ok(receiver)
}

/// Whether a terminal has sent this signal to the command as well: Ctrl-C goes to every process of the foreground group.
pub fn reached_command_too(number: i32) -> bool {
    if number != SIGINT {
        return false;
    }
    let terminal = rustix::fs::open("/dev/tty", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    terminal
        .and_then(rustix::termios::tcgetpgrp)
        .is_ok_and(|foreground| foreground == rustix::process::getpgrp())
}
