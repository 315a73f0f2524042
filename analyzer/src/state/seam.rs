//! The seam between the dialects: the one file of the state that asks whose words a capture is in.
//!
//! In: questions and rows, from whoever uses the state. Out: the answer or the transition of the capture's own dialect, from `kernel` for recordings and from `falco` for Falco's captures.
//! Both work on the same tables. Nothing is decided here but which of them is asked.

use falco_abi::{Abi, EventId, ParamStatus};
#[cfg(doc)]
use falco_format::Rows;
use falco_format::{Dialect, EventView, First, Pid, Projection};

use super::row::Row;
use super::tables::address::{self, Address, Endpoint, Ends};
use super::tables::facets::Facets;
use super::tables::limits::StateLimits;
use super::tables::loss::Doubt;
use super::tables::state::{Effect, State};
use super::tables::thread::Thread;
use super::{falco, kernel};
use crate::dialect::catalog::{CODES, FalcoEvent};
use crate::dialect::{FALCO_IDS, call_abi, falco_event};

/// Ids of events end before this one.
const IDS_END: u16 = FALCO_IDS + CODES as u16;

/// The events and parameters that [`State::before`] and [`State::after`] read for whoever asks of some facets, [with their sources](Facets::with_sources).
///
/// Of recordings it is all of them: whether evidence is complete rests there on every row of a thread.
pub fn state_projection(dialect: Dialect, asked: Facets) -> Projection {
    match dialect {
        Dialect::Native => kernel::columns(),
        Dialect::Falco => falco::columns(asked),
    }
}

/// What an event changes of a thread that is known.
#[must_use]
pub fn changes(event: EventId, dialect: Dialect) -> Facets {
    match dialect {
        Dialect::Native => kernel::changes(event),
        Dialect::Falco => falco::changes(event),
    }
}

/// Which events are applied for whoever asks of some facets; the others [pass by](State::pass).
#[derive(Clone, Debug)]
pub struct Applied {
    /// By id; none where every event is.
    events: Option<Box<[bool]>>,
}

impl Applied {
    /// Those that change one of the facets, [which have their sources](Facets::with_sources).
    #[must_use]
    pub fn of(dialect: Dialect, asked: Facets) -> Applied {
        let of_falco = |id: u16| falco::is_applied(EventId(id), asked);
        Applied {
            events: match dialect {
                Dialect::Native if asked == Facets::NONE => Some(Box::default()),
                Dialect::Native => None,
                Dialect::Falco if asked == Facets::ALL => None,
                Dialect::Falco => Some((0..IDS_END).map(of_falco).collect()),
            },
        }
    }

    /// Whether the event is.
    #[must_use]
    pub fn holds(&self, event: EventId) -> bool {
        let events = self.events.as_ref();
        events.is_none_or(|events| events.get(usize::from(event.0)).copied().unwrap_or(false))
    }
}

impl State {
    /// Nothing is known of a capture whose values are in this dialect.
    pub fn new(limits: StateLimits, dialect: Dialect) -> State {
        match dialect {
            Dialect::Native => kernel::ask::begin(limits),
            Dialect::Falco => falco::ask::begin(limits),
        }
    }

    /// A row of the capture, to be read by the event table's parameters.
    #[inline]
    pub(crate) fn row<'a>(&self, view: &EventView<'a>) -> Row<'a> {
        Row::new(*view, self.dialect)
    }

    /// Applies a row of a STATE item.
    pub fn apply_snapshot(&mut self, view: &EventView<'_>) {
        let row = self.row(view);
        match self.dialect {
            Dialect::Native => kernel::snapshot(self, row),
            Dialect::Falco => falco::snapshot(self, row),
        }
    }

    /// Applies what an event makes. To be called before rules see the event.
    #[inline]
    pub fn before(&mut self, view: &EventView<'_>) {
        self.reach(view.time());
        let row = self.row(view);
        match self.dialect {
            Dialect::Native => kernel::before(self, row),
            Dialect::Falco => falco::before(self, row),
        }
    }

    /// Takes an event that changes nothing of what anybody asks for, in the place of [`State::before`] and [`State::after`].
    #[inline]
    pub fn pass(&mut self, view: &EventView<'_>) {
        let row = self.row(view);
        match self.dialect {
            Dialect::Native => {
                self.reach(row.time());
                self.effect = Effect::default();
            }
            Dialect::Falco => falco::pass(self, row),
        }
    }

    /// Takes notice of a thread's row that was not decoded, [where it is told](Rows::firsts).
    pub fn glimpse(&mut self, first: &First) {
        match self.dialect {
            // Only rows that state depends on make threads known, and each of them is applied.
            Dialect::Native => {}
            Dialect::Falco => falco::glimpse(self, first.tid),
        }
    }

    /// The stream has come to a time, whether a row of that time is applied or not.
    #[inline]
    pub fn reach(&mut self, time: u64) {
        kernel::reach(self, time);
    }

    /// [`State::before`] for whoever asks of some facets alone, [with their sources](Facets::with_sources): an event that changes none of them is passed by.
    /// Returns whether it was applied, for [`State::after`].
    pub fn before_for(&mut self, asked: Facets, view: &EventView<'_>) -> bool {
        let row = self.row(view);
        // Whatever shows a thread first, or shows when it was born, makes it known.
        let is_applied = asked.meets(changes(row.event(), self.dialect)) || !self.is_settled(row);
        if is_applied {
            self.before(view);
        } else {
            self.reach(row.time());
            self.effect = Effect::default();
        }
        is_applied
    }

    /// Whether an event tells nothing of who its thread is.
    fn is_settled(&self, row: Row<'_>) -> bool {
        let thread = self.thread_of(row);
        match self.dialect {
            Dialect::Native => thread.is_some_and(|thread| thread.start_exact),
            Dialect::Falco => thread.is_some(),
        }
    }

    /// Applies what an event takes away. To be called after rules saw the event.
    #[inline]
    pub fn after(&mut self, view: &EventView<'_>) {
        let row = self.row(view);
        match self.dialect {
            Dialect::Native => kernel::after(self, row),
            Dialect::Falco => falco::after(self, row),
        }
    }

    /// The thread that a row is about, if it is about one and that is known.
    #[inline]
    pub(crate) fn thread_of(&self, row: Row<'_>) -> Option<&Thread> {
        match self.dialect {
            Dialect::Native => kernel::ask::thread_of(self, row),
            Dialect::Falco => falco::ask::thread_of(self, row),
        }
    }

    /// Of a birth, told by the child: the process that it is a copy of. None for threads, and for every other event.
    pub(crate) fn parent_at_birth(&self, row: Row<'_>) -> Option<Pid> {
        match self.dialect {
            Dialect::Native => kernel::ask::parent_at_birth(row),
            Dialect::Falco => falco::ask::parent_at_birth(self, row),
        }
    }

    /// The leader of a thread's process; where it is not known the thread itself, and in Falco's dialect none.
    pub fn main_thread<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        match self.dialect {
            Dialect::Native => kernel::ask::main_thread(self, thread),
            Dialect::Falco => falco::ask::main_thread(self, thread),
        }
    }

    /// The parent process of a thread.
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        match self.dialect {
            Dialect::Native => kernel::ask::parent(self, thread),
            Dialect::Falco => falco::ask::parent(self, thread),
        }
    }

    /// A thread's working directory, with a trailing slash.
    pub fn cwd<'a>(&'a self, thread: &'a Thread) -> &'a [u8] {
        match self.dialect {
            Dialect::Native => kernel::ask::cwd(self, thread),
            Dialect::Falco => falco::ask::cwd(self, thread),
        }
    }

    /// Resolves a path against a directory descriptor, or the working directory where there is none.
    pub(crate) fn resolve(
        &self,
        thread: Option<&Thread>,
        directory: Option<i32>,
        path: &[u8],
    ) -> Vec<u8> {
        match self.dialect {
            Dialect::Native => kernel::ask::resolve(self, thread, directory, path),
            Dialect::Falco => falco::ask::resolve(self, thread, directory, path),
        }
    }

    /// What of the state behind an event may be stale, because rows were lost or its beginning was not seen.
    pub fn doubt(&self, view: &EventView<'_>) -> Doubt {
        let row = self.row(view);
        match self.dialect {
            Dialect::Native => kernel::ask::doubt(self, row),
            Dialect::Falco => falco::ask::doubt(self, row),
        }
    }

    /// The same of a thread, whatever it does.
    pub fn doubt_of_whom(&self, thread: &Thread) -> Doubt {
        match self.dialect {
            Dialect::Native => self.doubt_of(Some(thread)),
            Dialect::Falco => falco::ask::doubt_of(thread),
        }
    }

    /// Adds a thread, where there is room for it or room is made.
    pub(super) fn add_thread(&mut self, thread: Thread) {
        match self.dialect {
            Dialect::Native => kernel::ask::add_thread(self, thread),
            Dialect::Falco => falco::ask::add_thread(self, thread),
        }
    }
}

impl<'a> Row<'a> {
    /// The own end of a socket, where the row tells both: the kernel's word, also where the program let it choose.
    pub(crate) fn own_end(self, param: usize) -> Option<Endpoint> {
        match (self.dialect(), address::ends(self.bytes(param)?)?) {
            (Dialect::Native, Ends::Ip { local, .. }) => Some(local),
            _ => None,
        }
    }

    /// The end that an address in a parameter names, where it is one of IP.
    pub(crate) fn asked_end(self, param: usize) -> Option<Endpoint> {
        let bytes = self.bytes(param)?;
        let address = match self.dialect() {
            Dialect::Native => address::sockaddr(bytes),
            Dialect::Falco => address::falco_sockaddr(bytes),
        };
        match address? {
            Address::Ip(end) => Some(end),
            Address::Unix(_) | Address::Netlink => None,
        }
    }

    /// A row of a recording.
    pub(super) fn of_kernel(view: EventView<'a>) -> Row<'a> {
        Row::new(view, Dialect::Native)
    }

    /// Whether the values are in Falco's words.
    #[inline]
    pub(crate) fn is_falco(self) -> bool {
        self.dialect() == Dialect::Falco
    }

    /// Falco's type of the row, in Falco's dialect.
    #[inline]
    pub(crate) fn falco_event(self) -> Option<&'static FalcoEvent> {
        match self.dialect() {
            Dialect::Native => None,
            Dialect::Falco => falco_event(self.event()),
        }
    }

    /// Where the row has a parameter of the event table.
    #[inline]
    pub(super) fn place(self, param: usize) -> Option<usize> {
        match self.dialect() {
            Dialect::Native => Some(param),
            Dialect::Falco => falco::params::falco_place(self.event(), param),
        }
    }

    /// The ABI of the call; the native one of x86-64 where the byte is none. Falco's dialect does not tell it.
    #[inline]
    pub(crate) fn abi(self) -> Abi {
        match self.dialect() {
            Dialect::Native => Abi::from_u8(call_abi(self.view().abi())).unwrap_or(Abi::X86_64),
            Dialect::Falco => Abi::X86_64,
        }
    }

    /// Whether the value was cut or could not be read: nothing is to be concluded from what it lacks.
    ///
    /// Falco's dialect marks a string that came without its NUL as cut; it is whole all the same.
    pub(crate) fn is_partial(self, param: usize) -> bool {
        let Some(place) = self.place(param) else {
            return true;
        };
        match (self.view().param(place).status, self.dialect()) {
            (ParamStatus::Truncated, Dialect::Native) | (ParamStatus::Fault, _) => true,
            (ParamStatus::Truncated, Dialect::Falco) => false,
            (ParamStatus::Present | ParamStatus::Absent, _) => false,
        }
    }

    /// A command of `fcntl`, as Linux numbers it.
    pub(crate) fn fcntl_command(self, param: usize) -> Option<u64> {
        let command = self.uint(param)?;
        Some(match self.dialect() {
            Dialect::Native => command,
            Dialect::Falco => falco::encoding::fcntl_command(command),
        })
    }
}

#[cfg(test)]
mod tests {
    use falco_abi::events::{clone, recvfrom};

    use super::*;
    use crate::dialect::event_id;

    #[test]
    fn each_dialect_has_its_own_columns() {
        let native = state_projection(Dialect::Native, Facets::ALL);
        let falco = state_projection(Dialect::Falco, Facets::ALL);
        // The parent's side of a birth tells the state something in Falco's captures alone.
        assert_eq!(native.columns(clone::EVENT), None);
        assert_eq!(falco.columns(clone::EVENT), Some((1 << 21) - 1));
        // Payloads stand second in Falco's list and in ours.
        assert_eq!(falco.columns(recvfrom::EVENT), Some(0b11101));
        assert_eq!(native.columns(recvfrom::EVENT), Some(0b11_1101));
        let futex = event_id(65);
        assert_eq!(falco.columns(futex), None);
    }
}
