//! An event as rules see it: the row, the state around it, the clock.

use std::cell::OnceCell;
use std::sync::Arc;

use bumpalo::Bump;
use falco_abi::{Category, EventDef};
use falco_format::{ClockMap, EventView, UnixNanos};
use falco_rules::{EventTypeId, Value};

use super::arguments::Arguments;
use super::event_types;
use super::places::{self, Places};
use crate::dialect;
use crate::dialect::catalog::FalcoEvent;
use crate::state::{Fd, Row, State, StateCounters, Thread};
use crate::time::Zone;

/// What fields need to know of the times around an event, and how times print.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times<'a> {
    /// Boot time of the stream's first event.
    pub first: Option<u64>,
    /// Boot time of the event before this one.
    pub previous: Option<u64>,
    /// The zone in which times print; UTC where none is given.
    pub zone: Option<&'a Zone>,
}

/// An event, to be asked for fields.
pub struct EventContext<'a> {
    pub(super) state: &'a State,
    pub(super) row: Row<'a>,
    /// Its number, from 1, counting every event.
    pub(super) number: u64,
    pub(super) times: Times<'a>,
    pub(super) thread: Option<&'a Thread>,
    /// Whether containers are as the stream knew them here, though they be healed.
    pub(super) is_unhealed: bool,
    pub(super) def: Option<&'static EventDef>,
    /// Where the row has what many fields ask for.
    pub(super) places: Places,
    /// Found when it is first asked for.
    fd: OnceCell<Option<EventFd<'a>>>,
    /// Flags of an open in Falco's numbers, found when they are first asked for.
    pub(super) opened: OnceCell<Option<u64>>,
    clock: &'a ClockMap,
    /// Strings that fields compose. It takes no memory before the first.
    scratch: Bump,
    /// What many rules ask for and takes composing, once per event.
    once: Composed,
    pub(super) event_type: EventTypeId,
}

/// Strings that are composed at most once.
#[derive(Default)]
pub(super) struct Composed {
    /// `proc.cmdline`.
    pub(super) command_line: OnceCell<Box<[u8]>>,
    /// `proc.pcmdline`.
    pub(super) parent_command_line: OnceCell<Box<[u8]>>,
    /// `evt.args`.
    pub(super) arguments: OnceCell<Box<[u8]>>,
    /// `proc.env`.
    pub(super) environment: OnceCell<Box<[u8]>>,
    /// The path that an open asked for.
    pub(super) asked_path: OnceCell<Box<[u8]>>,
}

/// The descriptor that an event is about.
#[derive(Clone, Copy)]
pub(super) struct EventFd<'a> {
    /// Its number; negative where the call failed.
    pub(super) number: i64,
    /// What it stands for, if that is known.
    pub(super) file: Option<&'a Arc<Fd>>,
}

impl EventFd<'_> {
    /// None was made. Falco knows no error here, only that there is no descriptor.
    const NONE: EventFd<'static> = EventFd {
        number: -1,
        file: None,
    };
}

/// Whether the recorder itself tells something, of containers and accounts: that is no thread's, whatever stands under the number of none.
fn is_of_the_recorder(row: Row<'_>) -> bool {
    use falco_abi::events::{container, groupadded, useradded};
    let told = [container::EVENT, useradded::EVENT, groupadded::EVENT];
    row.manner().has_events_of_the_recorder() && told.contains(&row.event())
}

impl<'a> EventContext<'a> {
    /// The event that a row holds, by its number in the stream, after [`State::before`] has seen it and before [`State::after`] has.
    pub fn new(
        state: &'a State,
        view: &EventView<'a>,
        clock: &'a ClockMap,
        number: u64,
    ) -> EventContext<'a> {
        EventContext::among(state, view, clock, number, Times::default())
    }

    /// What the state has counted so far.
    pub(crate) fn state_counters(&self) -> StateCounters {
        self.state.counters()
    }

    /// The same with the times around it.
    #[inline]
    pub fn among(
        state: &'a State,
        view: &EventView<'a>,
        clock: &'a ClockMap,
        number: u64,
        times: Times<'a>,
    ) -> EventContext<'a> {
        let row = state.row(view);
        EventContext {
            state,
            row,
            number,
            times,
            thread: state.thread_of(row).filter(|_| !is_of_the_recorder(row)),
            is_unhealed: false,
            def: falco_abi::event(row.event()),
            places: places::of(row),
            fd: OnceCell::new(),
            opened: OnceCell::new(),
            clock,
            scratch: Bump::new(),
            once: Composed::default(),
            event_type: event_types::of_row(row),
        }
    }

    /// The same event, of which nothing was asked yet.
    #[must_use]
    pub(crate) fn again(&self, view: &EventView<'a>) -> EventContext<'a> {
        EventContext::among(self.state, view, self.clock, self.number, self.times)
    }

    /// The same event as the stream knew it here, without what runtimes only said later.
    #[must_use]
    pub fn unhealed(&self, view: &EventView<'a>) -> EventContext<'a> {
        EventContext {
            is_unhealed: true,
            ..self.again(view)
        }
    }

    /// Its time.
    pub fn time(&self) -> UnixNanos {
        self.realtime(self.row.time())
    }

    /// A time of boot as nanoseconds since the epoch.
    pub(crate) fn realtime(&self, boottime_ns: u64) -> UnixNanos {
        self.clock.realtime(boottime_ns)
    }

    /// Keeps a string as long as the event is borrowed.
    pub(super) fn keep(&self, text: &[u8]) -> &[u8] {
        self.scratch.alloc_slice_copy(text)
    }

    /// A composed string as a value.
    pub(super) fn composed(&self, text: &[u8]) -> Value<'_> {
        Value::Str(self.keep(text))
    }

    /// A string that is composed when it is first asked for.
    pub(super) fn once<'e>(
        &'e self,
        which: fn(&Composed) -> &OnceCell<Box<[u8]>>,
        compose: impl FnOnce() -> Vec<u8>,
    ) -> Value<'e> {
        let text = which(&self.once).get_or_init(|| compose().into_boxed_slice());
        Value::Str(text)
    }

    /// Several values as one.
    pub(super) fn list<'e>(&'e self, values: &[Value<'e>]) -> Value<'e> {
        Value::List(self.scratch.alloc_slice_copy(values))
    }

    /// Whether no thread made it: the recorder told it, or none is known and that is as good as none.
    #[inline]
    pub(super) fn is_nobodys(&self) -> bool {
        let is_nobodys = |row: Row<'_>| row.manner().unknown_is_nobody() || is_of_the_recorder(row);
        self.thread.is_none() && is_nobodys(self.row)
    }

    /// The leader of the thread's process.
    pub(super) fn leader(&self) -> Option<&'a Thread> {
        self.thread
            .and_then(|thread| self.state.main_thread(thread))
    }

    /// Its arguments as Falco shows them.
    pub(crate) fn arguments(&self) -> Arguments<'a> {
        Arguments::new(self.state, self.thread, self.row)
    }

    /// Falco's type of events of its name, whichever dialect its values are in; of calls that only we have no row for too.
    pub(super) fn falco_type(&self) -> Option<&'static FalcoEvent> {
        if self.is_generic() && self.row.manner().finds_types_of_calls_by_name() {
            return event_types::falco_type(self.event_type);
        }
        dialect::falco_event(self.row.event())
    }

    /// What it is about.
    pub(super) fn category(&self) -> Category {
        match self.def {
            // What no program did has Falco's category, where Falco has it at all.
            Some(def) if !self.row.manner().has_falcos_types() && !self.is_generic() => {
                let is_internal = def.category == Category::Internal;
                let falco = self.falco_type().filter(|_| is_internal);
                falco.map_or(def.category, dialect::category_of)
            }
            _ => {
                let category = self.falco_type().map(dialect::category_of);
                category.unwrap_or(Category::Other)
            }
        }
    }

    /// Its result: the parameter `res`, or the descriptor that the call returned.
    #[inline]
    pub(super) fn result(&self) -> Option<i64> {
        let (value, width) = self.row.view().wide(self.places.result?.into())?;
        // One of 32 bits has a sign, though it be a user's id.
        Some(match width {
            4 => i64::from((value as u32).cast_signed()),
            _ => value.cast_signed(),
        })
    }

    /// Whether it is a syscall without a row of its own.
    pub(super) fn is_generic(&self) -> bool {
        self.row.event() == falco_abi::events::syscall::EVENT
    }

    /// The descriptor that it is about, if it is about one.
    #[inline]
    pub(super) fn fd(&self) -> Option<EventFd<'a>> {
        *self.fd.get_or_init(|| self.find_fd())
    }

    /// The descriptor that a call copies.
    fn copied(&self) -> Option<i64> {
        use falco_abi::events::{dup, dup2, dup3, fcntl};
        let param = match self.row.event() {
            dup::EVENT => dup::oldfd,
            dup2::EVENT => dup2::oldfd,
            dup3::EVENT => dup3::oldfd,
            fcntl::EVENT if self.places.fd == Some(places::RESULT) => fcntl::fd,
            _ => return None,
        };
        self.row.int(param).filter(|&copied| copied >= 0)
    }

    /// Whether the call would have made two descriptors, and failed.
    fn refuses_a_pair(&self) -> bool {
        use falco_abi::events::{pipe, pipe2, socketpair};
        let makes_two = matches!(
            self.row.event(),
            pipe::EVENT | pipe2::EVENT | socketpair::EVENT
        );
        makes_two && self.result().is_some_and(|result| result < 0)
    }

    fn find_fd(&self) -> Option<EventFd<'a>> {
        let slot_of = |number: i64| {
            let number = i32::try_from(number).ok()?;
            self.state.fd(self.thread?, number)
        };
        let place = self.places.fd?;
        if self.refuses_a_pair() {
            return Some(EventFd::NONE);
        }
        let mut number = self.row.view().int(place.into())?;
        let copied = self.copied();
        // A copy that failed, or that is of what is not known, is about the descriptor that was to be copied.
        if let Some(copied) = copied.filter(|&copied| number < 0 || slot_of(copied).is_none()) {
            number = copied;
        }
        let slot = slot_of(number);
        let is_made = place == places::RESULT && copied.is_none();
        if is_made && slot.is_none() && self.row.manner().hides_unseen_descriptors() {
            return Some(EventFd::NONE);
        }
        Some(EventFd {
            number,
            file: slot.map(|slot| &slot.file),
        })
    }
}
