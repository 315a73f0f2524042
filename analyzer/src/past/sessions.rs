//! Who was logged in: sessions with their users and terminals.
//!
//! In: a past. Out: the sessions in which somebody logged in or that had a terminal, in the order of numbers.
//! A machine keeps a file of logins (utmp), which no recording has: what is told rests on processes alone.

use std::collections::BTreeMap;

use falco_format::UnixNanos;

use super::{Past, Process};
use crate::state::Endpoint;

/// How far above the first process of a session the connection is looked for that it came by: a daemon, its child for the connection, the one without rights.
const ABOVE_MAX: usize = 4;

/// A session.
#[derive(Clone)]
pub struct Session<'s> {
    /// Its number: that of the process that began it.
    pub number: i64,
    /// That process where it lives, else the oldest of the session.
    pub first: Process<'s>,
    /// Its processes, in the order of numbers.
    pub processes: Vec<Process<'s>>,
    /// Where it came from, if that is a connection that is still held.
    pub from: Option<Endpoint>,
}

impl<'s> Session<'s> {
    /// The user who logged in.
    #[must_use]
    pub fn login_uid(&self) -> Option<u32> {
        self.processes.iter().find_map(Process::login_uid)
    }

    /// The name of that user.
    #[must_use]
    pub fn login_user(&self) -> Option<&'s [u8]> {
        self.processes.iter().find_map(Process::login_user)
    }

    /// The number of its terminal.
    #[must_use]
    pub fn tty(&self) -> Option<u32> {
        let own = self.first.tty();
        own.or_else(|| self.processes.iter().find_map(Process::tty))
    }

    /// When it began, as far as its processes tell.
    #[must_use]
    pub fn since(&self) -> Option<UnixNanos> {
        self.first.start()
    }
}

impl Past {
    /// The sessions in which somebody logged in, and those that had a terminal.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session<'_>> {
        let mut all: BTreeMap<i64, Vec<Process<'_>>> = BTreeMap::new();
        for process in self.processes() {
            if let Some(session) = process.session().filter(|&session| session > 0) {
                all.entry(session).or_default().push(process);
            }
        }
        let is_login = |processes: &[Process<'_>]| {
            let mut each = processes.iter();
            each.any(|process| process.login_uid().is_some() || process.tty().is_some())
        };
        let logins = all.into_iter().filter(|(_, them)| is_login(them));
        let sessions = logins.filter_map(|(number, processes)| {
            let leads = |process: &&Process<'_>| process.pid() == number;
            let oldest = || processes.iter().min_by_key(|process| process.start());
            let first = *processes.iter().find(leads).or_else(oldest)?;
            Some(Session {
                number,
                first,
                from: came_from(first),
                processes,
            })
        });
        sessions.collect()
    }
}

/// The other end of the connection by which somebody came: that of the next process above that was connected to.
fn came_from(process: Process<'_>) -> Option<Endpoint> {
    let line = std::iter::once(process).chain(process.ancestors());
    let mut held = line
        .take(ABOVE_MAX)
        .flat_map(|process| process.descriptors());
    held.find(super::Descriptor::is_server)?.remote()
}
