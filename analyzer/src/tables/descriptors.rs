//! What events say of descriptors, for the rows that are held.
//!
//! In: events, between what they make and what they take away. Out: facts, each of a process and a moment.
//! Bytes are added up over a portion, and told before anything else of the same process.

use std::collections::BTreeMap;

use falco_abi::{EventId, events};
use falco_format::{EventView, Pid};

use super::fields::AskedField;
use super::held::{Bytes, HeldFact, Moment};
use crate::pipeline::{Seen, Standing};
use crate::state::facets::Facets;
use crate::state::{Fd, FdKind, Thread};

/// The events that make, copy and close descriptors; others begin rows.
pub(super) const EVENTS: [EventId; 13] = [
    events::close::EVENT,
    events::close_range::EVENT,
    events::dup::EVENT,
    events::dup2::EVENT,
    events::dup3::EVENT,
    events::fcntl::EVENT,
    events::procfork::EVENT,
    events::procexit::EVENT,
    events::clone::EVENT,
    events::clone3::EVENT,
    events::fork::EVENT,
    events::vfork::EVENT,
    events::socket::EVENT,
];

/// The events that move bytes.
pub(super) const MOVING: [EventId; 16] = [
    events::read::EVENT,
    events::readv::EVENT,
    events::pread::EVENT,
    events::preadv::EVENT,
    events::recv::EVENT,
    events::recvfrom::EVENT,
    events::recvmsg::EVENT,
    events::recvmmsg::EVENT,
    events::write::EVENT,
    events::writev::EVENT,
    events::pwrite::EVENT,
    events::pwritev::EVENT,
    events::send::EVENT,
    events::sendto::EVENT,
    events::sendmsg::EVENT,
    events::sendmmsg::EVENT,
];

/// Whether an event reads.
fn is_read(event: EventId) -> bool {
    matches!(
        event,
        events::read::EVENT
            | events::readv::EVENT
            | events::pread::EVENT
            | events::preadv::EVENT
            | events::recv::EVENT
            | events::recvfrom::EVENT
            | events::recvmsg::EVENT
            | events::recvmmsg::EVENT
    )
}

/// What the facts are made of.
pub(super) const FACETS: Facets = Facets::DESCRIPTORS
    .and(Facets::SOCKETS)
    .and(Facets::CONNECTIONS);

/// Facts of descriptors, by process and moment.
pub(super) type Told = Vec<(Pid, Option<Moment>, HeldFact)>;

/// What of descriptors is asked.
pub(super) struct Descriptors {
    number: Option<AskedField>,
    result: Option<AskedField>,
    /// Whether bytes are counted.
    pub(super) moves: bool,
}

/// When an event happened.
pub(super) fn moment(standing: &Standing<'_>, time: u64) -> Option<Moment> {
    Some(Moment {
        boot: time,
        real: standing.realtime(time),
    })
}

/// Whether a row can be held of it.
fn is_held(file: &Fd) -> bool {
    file.is_path() || file.kind.is_ip() || file.kind == FdKind::Unix
}

impl Descriptors {
    pub(super) fn new(moves: bool) -> Descriptors {
        Descriptors {
            number: AskedField::named("fd.num", None),
            result: AskedField::named("evt.rawres", None),
            moves,
        }
    }

    /// The fields that it asks for.
    pub(super) fn fields(&self) -> impl Iterator<Item = &AskedField> {
        self.number.iter().chain(&self.result)
    }

    /// What an exec closes, told before the state takes it.
    pub(super) fn ahead(&self, view: &EventView<'_>, standing: &Standing<'_>, told: &mut Told) {
        let state = standing.state();
        let row = state.row(view);
        let is_exec = matches!(row.event(), events::execve::EVENT | events::execveat::EVENT);
        if !is_exec || row.int(events::execve::res).unwrap_or(0) < 0 {
            return;
        }
        let Some(thread) = state.thread_of(row) else {
            return;
        };
        let at = moment(standing, row.time());
        let table = state.fds(thread).into_iter().flat_map(|table| table.iter());
        let closed = table.filter(|slot| slot.close_on_exec && is_held(&slot.file));
        told.extend(closed.map(|slot| (thread.pid, at, HeldFact::Closed(slot.number))));
    }

    /// What an event closes, copies or inherits.
    pub(super) fn event(&self, seen: &Seen<'_>, told: &mut Told) {
        let state = seen.state();
        let row = state.row(seen.view);
        let Some(thread) = state.thread_of(row) else {
            return;
        };
        let at = moment(&seen.standing(), row.time());
        let mut tell = |fact| told.push((thread.pid, at, fact));
        match row.event() {
            events::close::EVENT => self.close(seen, thread, &mut tell),
            events::close_range::EVENT => close_range(seen, thread, &mut tell),
            events::dup::EVENT => self.copied(seen, events::dup::oldfd, &mut tell),
            events::dup2::EVENT => self.copied(seen, events::dup2::oldfd, &mut tell),
            events::dup3::EVENT => self.copied(seen, events::dup3::oldfd, &mut tell),
            events::fcntl::EVENT => {
                use events::fcntl as p;
                const F_DUPFD: u64 = 0;
                const F_DUPFD_CLOEXEC: u64 = 1030;
                if matches!(row.fcntl_command(p::cmd), Some(F_DUPFD | F_DUPFD_CLOEXEC)) {
                    self.copied(seen, p::fd, &mut tell);
                }
            }
            events::socket::EVENT => {
                // Whatever had the number is gone.
                if let Some(number) = self.result(seen).and_then(|made| i32::try_from(made).ok()) {
                    tell(HeldFact::Closed(number));
                }
            }
            _ => {
                if let Some(parent) = state.parent_at_birth(row) {
                    tell(HeldFact::Born { parent });
                }
            }
        }
    }

    /// Bytes that an event moved, by process and number.
    pub(super) fn moved(&self, seen: &Seen<'_>, sums: &mut BTreeMap<(Pid, i32), Bytes>) {
        let state = seen.state();
        let row = state.row(seen.view);
        let moved = self
            .result(seen)
            .and_then(|bytes| u64::try_from(bytes).ok());
        let number = self.number(seen);
        if let (Some(thread), Some(bytes), Some(number)) = (state.thread_of(row), moved, number) {
            let bytes = if is_read(row.event()) {
                Bytes {
                    read: Some(bytes),
                    written: None,
                }
            } else {
                Bytes {
                    read: None,
                    written: Some(bytes),
                }
            };
            sums.entry((thread.pid, number)).or_default().add(bytes);
        }
    }

    fn number(&self, seen: &Seen<'_>) -> Option<i32> {
        let number = self.number.as_ref()?.int(seen)?;
        i32::try_from(number).ok().filter(|number| *number >= 0)
    }

    fn result(&self, seen: &Seen<'_>) -> Option<i64> {
        self.result.as_ref()?.int(seen)
    }

    /// A close frees the number whatever it returns, unless there was none, or it was an earlier descriptor's.
    fn close(&self, seen: &Seen<'_>, thread: &Thread, tell: &mut impl FnMut(HeldFact)) {
        const EBADF: i64 = -9;
        let Some(number) = self
            .number(seen)
            .filter(|_| self.result(seen) != Some(EBADF))
        else {
            return;
        };
        let slot = seen.state().fd(thread, number);
        if slot.is_none_or(|slot| slot.goes_with_close(seen.view.time())) {
            tell(HeldFact::Closed(number));
        }
    }

    /// The number that a copy got is the result.
    fn copied(&self, seen: &Seen<'_>, old: usize, tell: &mut impl FnMut(HeldFact)) {
        let row = seen.state().row(seen.view);
        let made = self.result(seen).and_then(|made| i32::try_from(made).ok());
        if let (Some(from), Some(to)) = (row.fd(old), made.filter(|made| *made >= 0)) {
            tell(HeldFact::Copied { from, to });
        }
    }
}

fn close_range(seen: &Seen<'_>, thread: &Thread, tell: &mut impl FnMut(HeldFact)) {
    use events::close_range as p;
    const CLOSE_RANGE_CLOEXEC: u64 = 4;
    let state = seen.state();
    let row = state.row(seen.view);
    let (Some(first), Some(last)) = (row.uint(p::first), row.uint(p::last)) else {
        return;
    };
    let is_marked_alone = row.uint(p::flags).unwrap_or(0) & CLOSE_RANGE_CLOEXEC != 0;
    if row.int(p::res) != Some(0) || is_marked_alone {
        return;
    }
    let is_in =
        |number: i32| u64::try_from(number).is_ok_and(|number| (first..=last).contains(&number));
    let table = state.fds(thread).into_iter().flat_map(|table| table.iter());
    let closed = table.filter(|slot| is_in(slot.number) && is_held(&slot.file));
    closed.for_each(|slot| tell(HeldFact::Closed(slot.number)));
}
