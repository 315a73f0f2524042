//! The table `processes`: one row per program that a process ran, from its exec, or the birth of the process, to the next exec or the end.
//!
//! In: events, before the state takes them and after, snapshots, and the state where the stream ends. Out: rows, in the order in which lifetimes end.
//! The facts are those of the end, when most is known: the state has them until then, so nothing is kept here.
//! How many events a lifetime has is counted over borders of portions, by whoever takes the rows.

use falco_abi::events;
use falco_format::{EventView, Pid};
use hashbrown::HashSet;

use super::cells::{Cell, Row};
use super::declare::columns;
use super::who::{self, Who};
use crate::fields::signal_name;
use crate::pipeline::Standing;
use crate::state::{State, Thread};

columns! {
    /// A fact of a lifetime.
    Life {
        EndTime: "proc_end_time", Time, "When the program ended; NULL where it still ran at the end, or ended unseen.";
        Duration: "proc_duration", Duration, "From its begin to its end.";
        Began: "began", Text, "How it began: `exec`; `fork`, where the process runs its parent's program; `before` anything was seen of it.";
        Ended: "ended", Text, "How it ended: `exit`; `exec`, by the next program of the process; `unseen`; NULL where it still ran at the end.";
        ExitCode: "exit_code", Int, "Exit code; NULL where it did not exit by itself.";
        ExitSignal: "exit_signal", Text, "The signal that ended it.";
        Events: "events", Uint, "How many of its events are in the capture.";
        Complete: "complete", Bool, "Whether nothing was lost that the row may rest on.";
        Capture: "capture", Text, "The capture, as it was named by who opened it.";
    }
}

/// A column of the table.
pub(super) type Column = who::Column<Life>;

/// Every column.
pub(super) const COLUMNS: &[Column] = &[
    Column::Who(Who::StartTime),
    Column::Own(Life::EndTime),
    Column::Own(Life::Duration),
    Column::Who(Who::Pid),
    Column::Who(Who::Name),
    Column::Who(Who::Exe),
    Column::Who(Who::ExePath),
    Column::Who(Who::Argv),
    Column::Who(Who::CmdLine),
    Column::Who(Who::Cwd),
    Column::Own(Life::Began),
    Column::Own(Life::Ended),
    Column::Own(Life::ExitCode),
    Column::Own(Life::ExitSignal),
    Column::Who(Who::Ppid),
    Column::Who(Who::Pname),
    Column::Who(Who::Sid),
    Column::Who(Who::Vpid),
    Column::Who(Who::Tty),
    Column::Who(Who::Lineage),
    Column::Who(Who::LineagePids),
    Column::Who(Who::Uid),
    Column::Who(Who::UserName),
    Column::Who(Who::LoginUid),
    Column::Who(Who::LoginName),
    Column::Who(Who::Gid),
    Column::Who(Who::GroupName),
    Column::Who(Who::CapEffective),
    Column::Who(Who::CapPermitted),
    Column::Who(Who::CapInheritable),
    Column::Who(Who::ContainerId),
    Column::Who(Who::ContainerName),
    Column::Who(Who::ContainerImage),
    Column::Who(Who::PodName),
    Column::Who(Who::NamespaceName),
    Column::Own(Life::Events),
    Column::Own(Life::Complete),
    Column::Who(Who::Node),
    Column::Who(Who::BootId),
    Column::Own(Life::Capture),
];

/// How a lifetime ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    how: Option<&'static str>,
    /// Nanoseconds of boot time.
    time: Option<u64>,
    /// As `wait` has it.
    status: Option<i64>,
}

impl End {
    /// It still lives.
    pub(super) const NONE: End = End {
        how: None,
        time: None,
        status: None,
    };
    /// It is gone, and nobody saw when.
    pub(super) const UNSEEN: End = End {
        how: Some("unseen"),
        ..End::NONE
    };
}

/// A row of a lifetime, and whose.
pub(super) struct Lifetime {
    pub(super) pid: Pid,
    pub(super) row: Row,
}

/// Makes rows of the columns that are asked for.
pub(super) struct Lives {
    pub(super) columns: Vec<Column>,
    pub(super) capture: Box<str>,
}

impl Lives {
    /// Whose program ends with an event that the state has not taken yet.
    pub(super) fn ahead(&self, view: &EventView<'_>, standing: &Standing<'_>) -> Option<Lifetime> {
        let state = standing.state();
        let row = state.row(view);
        let (ended, end) = match row.event() {
            events::execve::EVENT | events::execveat::EVENT => {
                // A result that is missing counts as a success, as the state has it.
                let result = row.int(events::execve::res).unwrap_or(0);
                let thread = state.thread_of(row).filter(|_| result >= 0)?;
                let end = End {
                    how: Some("exec"),
                    time: Some(row.time()),
                    status: None,
                };
                (who::leader(state, thread), end)
            }
            events::procfork::EVENT => (outlived(state, view)?, End::UNSEEN),
            // Who ends beside the span is shown in no other way.
            events::procexit::EVENT if !standing.shows(row.time()) => {
                return self.exit(view, standing);
            }
            _ => return None,
        };
        self.lifetime(standing, ended, end)
    }

    /// Whose last thread ends with an event.
    pub(super) fn exit(&self, view: &EventView<'_>, standing: &Standing<'_>) -> Option<Lifetime> {
        let state = standing.state();
        let row = state.row(view);
        let end = End {
            how: Some("exit"),
            time: Some(row.time()),
            status: row.int(events::procexit::status),
        };
        self.lifetime(standing, last_of(state, view)?, end)
    }

    /// Who was there before a snapshot and is not any more.
    pub(super) fn vanished(&self, before: &State, standing: &Standing<'_>) -> Vec<Lifetime> {
        let was = standing.with_state(before);
        let gone = gone(before, standing.state()).into_iter();
        gone.filter_map(|thread| self.lifetime(&was, thread, End::UNSEEN))
            .collect()
    }

    /// Who lives.
    pub(super) fn living(&self, standing: &Standing<'_>) -> Vec<Lifetime> {
        let living = processes(standing.state()).into_iter();
        living
            .filter_map(|thread| self.lifetime(standing, thread, End::NONE))
            .collect()
    }

    fn lifetime(&self, standing: &Standing<'_>, thread: &Thread, end: End) -> Option<Lifetime> {
        if !standing.is_within(who::start(thread), end.time) || thread.shown_pid() < 0 {
            return None;
        }
        // What ends behind the span still lives where the span ends, however far the stream was read.
        let is_beyond = end.time.is_some_and(|time| standing.is_beyond(time));
        let end = if is_beyond { End::NONE } else { end };
        let cell = |column: &Column| match *column {
            Column::Who(fact) => who::cell(fact, standing, thread),
            Column::Own(Life::Capture) => Cell::Text(self.capture.clone()),
            Column::Own(fact) => own(fact, standing, thread, end),
        };
        Some(Lifetime {
            pid: thread.pid,
            row: self.columns.iter().map(cell).collect(),
        })
    }
}

fn own(fact: Life, standing: &Standing<'_>, thread: &Thread, end: End) -> Cell {
    let start = who::start(thread);
    let status = end.status.map(i64::cast_unsigned);
    let signal = status
        .map(|status| status & 0x7f)
        .filter(|&signal| signal != 0);
    match fact {
        Life::EndTime => end
            .time
            .map_or(Cell::Null, |time| Cell::time(standing.realtime(time))),
        Life::Duration => {
            let begun = Some(start).filter(|&start| start != 0);
            Cell::uint(
                end.time
                    .zip(begun)
                    .and_then(|(end, start)| end.checked_sub(start)),
            )
        }
        Life::Began => Cell::word(Some(began(thread))),
        Life::Ended => Cell::word(end.how),
        Life::ExitCode => {
            let code = status
                .filter(|_| signal.is_none())
                .map(|status| status >> 8 & 0xff);
            Cell::uint(code)
        }
        Life::ExitSignal => Cell::word(signal.and_then(signal_name)),
        Life::Complete => Cell::Bool(standing.is_complete(thread)),
        // Whoever takes the row knows.
        Life::Events | Life::Capture => Cell::Null,
    }
}

/// How a lifetime began. What no event made, a snapshot told.
fn began(thread: &Thread) -> &'static str {
    let executed = thread.program.executed;
    if executed.is_some_and(|executed| executed >= thread.start) {
        "exec"
    } else if thread.birth.is_some() {
        "fork"
    } else {
        "before"
    }
}

/// The leader of the process whose last thread ends with an event.
pub(super) fn last_of<'s>(state: &'s State, view: &EventView<'_>) -> Option<&'s Thread> {
    let row = state.row(view);
    let thread = state.thread_of(row)?;
    // The kernel counts threads whose births were not seen too.
    let live = row.uint(events::procexit::threads_live);
    let known = || {
        state
            .live_threads(thread.pid)
            .saturating_sub(usize::from(!thread.is_dead))
    };
    let live = live.unwrap_or_else(|| known() as u64);
    let is_last = row.event() == events::procexit::EVENT && live == 0;
    is_last.then(|| who::leader(state, thread))
}

/// Who has a number that another process is born with: its end was not seen.
pub(super) fn outlived<'s>(state: &'s State, view: &EventView<'_>) -> Option<&'s Thread> {
    let row = state.row(view);
    let known = state.thread_of_tid(row.tid())?;
    let is_other = state.thread(row.tid(), row.start()).is_none();
    let is_birth = row.event() == events::procfork::EVENT;
    Some(known).filter(|known| is_birth && is_other && known.is_leader())
}

/// The processes that were there before a snapshot and are not any more.
pub(super) fn gone<'s>(before: &'s State, state: &State) -> Vec<&'s Thread> {
    let is_gone = |thread: &&Thread| state.thread(thread.tid, thread.start).is_none();
    processes(before).into_iter().filter(is_gone).collect()
}

/// One thread of every process that lives: its leader, or whoever is known of it; in the order of their numbers.
pub(super) fn processes(state: &State) -> Vec<&Thread> {
    let mut told = HashSet::new();
    let threads = state
        .tids()
        .into_iter()
        .filter_map(|tid| state.thread_of_tid(tid));
    threads
        .filter(|thread| {
            let is_known = thread.shown_pid() >= 0;
            is_known && state.live_threads(thread.pid) > 0 && told.insert(thread.pid)
        })
        .map(|thread| who::leader(state, thread))
        .collect()
}
