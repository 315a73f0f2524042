//! `falco-analyze who`: who was logged in.
//!
//! In: captures and a moment. Out: a list of sessions.

use anyhow::Result;
use falco_analyze::past::{Process, Session};

use super::moment::MomentArgs;
use super::words;
use crate::cli::exit::Outcome;
use crate::cli::show::{Column, Head, Value, number};

const EXAMPLES: &str = "\
A session is told if somebody logged in to it (its audit login id is set) or it has a terminal: the machine's file of logins is not recorded. FROM is the other end of the connection that its processes or those above still held.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze who capture/ --at 2026-11-20T10:00:00Z
  falco-analyze who capture/ --format json | jq -r '.sessions[].login_user'";

/// List who was logged in at a moment of captures, as `who` does
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    moment: MomentArgs,
}

const COLUMNS: [Column; 11] = [
    Column::new("login_user", Head::new("USER")),
    Column::new("tty", Head::new("TTY")),
    Column::new("since", Head::new("SINCE")),
    Column::new("from", Head::new("FROM").optional()),
    Column::new("session", number("SESSION")),
    Column::new("processes", number("PROCESSES").optional()),
    Column::new("command", Head::new("COMMAND").long()),
    Column::hidden("login_uid"),
    Column::hidden("acting_user"),
    Column::hidden("pids"),
    Column::hidden("complete"),
];

/// Lists.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    args.moment.answer(("sessions", &COLUMNS), |_, past, rows| {
        let sessions = past.sessions();
        sessions
            .iter()
            .for_each(|session| rows.push(values(session)));
        Ok(())
    })
}

fn values(session: &Session<'_>) -> [Value; 11] {
    let (name, uid) = (session.login_user(), session.login_uid());
    let shown = match uid {
        Some(_) => words::user(name, uid),
        None => "-".to_owned(),
    };
    let processes = &session.processes;
    let tty = session.tty().map(words::terminal);
    let from = session.from.map(|from| words::end(Some(from)));
    let pids = processes.iter().map(|process| process.pid().to_string());
    [
        Value::text(name).shown(shown),
        Value::word(tty.as_deref()),
        Value::time(session.since()),
        Value::word(from.as_deref()),
        Value::Int(session.number),
        Value::Uint(processes.len() as u64),
        Value::Text(words::command(&session.first)),
        Value::int(uid),
        Value::text(session.first.user()),
        Value::Texts(pids.collect()),
        Value::Bool(processes.iter().all(Process::is_complete)),
    ]
}
