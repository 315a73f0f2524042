//! One row as the state and the fields read it: named accessors over the format's view, the same for both dialects.
//!
//! In: the format's view of a row and the dialect of its capture. Out: values by the index of the event table's parameter; in Falco's dialect also by the place in Falco's own list.
//! In Falco's dialect a parameter of the event table is Falco's parameter of the same name; what Falco has not is none.
//! A value that could not be read is none here; what was cut is its true prefix.

pub(crate) mod encoding;
mod places;

use std::sync::Arc;

use falco_abi::{Abi, EventId, ParamStatus};
use falco_format::{Dialect, EventView};

use crate::dialect::catalog::FalcoEvent;
use crate::dialect::falco_event;

/// A string that many share: names, paths, arguments. Any bytes.
pub type Text = Arc<[u8]>;

/// The strings of an area in which each is followed by a NUL. The last one may have lost its NUL to a limit.
pub(crate) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let empty = bytes.is_empty();
    bytes.split(|&byte| byte == 0).take_while(move |_| !empty)
}

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    view: EventView<'a>,
    dialect: Dialect,
}

impl<'a> Row<'a> {
    pub(crate) fn new(view: EventView<'a>, dialect: Dialect) -> Row<'a> {
        Row { view, dialect }
    }

    /// Whether the values are in Falco's words.
    pub(crate) fn is_falco(self) -> bool {
        self.dialect == Dialect::Falco
    }

    /// The row as it was written: its indices are those of the table it was written by.
    pub(crate) fn view(self) -> EventView<'a> {
        self.view
    }

    pub(crate) fn event(self) -> EventId {
        self.view.event()
    }

    /// Falco's type of the row, in Falco's dialect.
    pub(crate) fn falco_event(self) -> Option<&'static FalcoEvent> {
        if self.is_falco() {
            falco_event(self.event())
        } else {
            None
        }
    }

    /// The place of one of Falco's own parameters, in Falco's dialect: for `falco_int` and its kin.
    pub(crate) fn falco_param(self, name: &str) -> Option<usize> {
        self.falco_event()?.param(name)
    }

    /// The integer at a place of Falco's own list.
    pub(crate) fn falco_int(self, place: usize) -> Option<i64> {
        self.view.int(place)
    }

    /// The integer at a place of Falco's own list; none where it is negative.
    pub(crate) fn falco_uint(self, place: usize) -> Option<u64> {
        self.view.uint(place)
    }

    /// The bytes at a place of Falco's own list.
    pub(crate) fn falco_bytes(self, place: usize) -> Option<&'a [u8]> {
        self.view.bytes(place)
    }

    /// Nanoseconds of boot time.
    pub(crate) fn time(self) -> u64 {
        self.view.meta().time
    }

    pub(crate) fn tid(self) -> u32 {
        self.view.meta().tid
    }

    /// The process; 0 where only the state knows it, as in Falco's dialect.
    pub(crate) fn pid(self) -> u32 {
        self.view.meta().pid
    }

    /// Start of the thread, nanoseconds of boot time; 0 where it is not known, as in Falco's dialect.
    pub(crate) fn start(self) -> u64 {
        self.view.meta().start
    }

    pub(crate) fn cpu(self) -> u16 {
        self.view.meta().cpu
    }

    /// The ABI of the call; the native one of x86-64 where the byte is none. Falco's dialect does not tell it.
    pub(crate) fn abi(self) -> Abi {
        if self.dialect == Dialect::Falco {
            return Abi::X86_64;
        }
        Abi::from_u8(self.view.meta().abi).unwrap_or(Abi::X86_64)
    }

    /// Where the row has a parameter of the event table.
    fn place(self, param: usize) -> Option<usize> {
        match self.dialect {
            Dialect::Native => Some(param),
            Dialect::Falco => places::falco_place(self.event(), param),
        }
    }

    pub(crate) fn int(self, param: usize) -> Option<i64> {
        self.view.int(self.place(param)?)
    }

    pub(crate) fn uint(self, param: usize) -> Option<u64> {
        self.view.uint(self.place(param)?)
    }

    /// An unsigned value of at most 32 bits.
    pub(crate) fn u32(self, param: usize) -> Option<u32> {
        self.uint(param).and_then(|value| u32::try_from(value).ok())
    }

    /// A descriptor number.
    pub(crate) fn fd(self, param: usize) -> Option<i32> {
        self.int(param).and_then(|value| i32::try_from(value).ok())
    }

    pub(crate) fn bytes(self, param: usize) -> Option<&'a [u8]> {
        self.view.bytes(self.place(param)?)
    }

    pub(crate) fn text(self, param: usize) -> Option<Text> {
        self.bytes(param).map(Text::from)
    }

    /// Whether the value was cut or could not be read: nothing is to be concluded from what it lacks.
    ///
    /// Falco's dialect marks a string that came without its NUL as cut; it is whole all the same.
    pub(crate) fn is_partial(self, param: usize) -> bool {
        let Some(place) = self.place(param) else {
            return true;
        };
        match self.view.param(place).status {
            ParamStatus::Truncated => !self.is_falco(),
            ParamStatus::Fault => true,
            ParamStatus::Present | ParamStatus::Absent => false,
        }
    }

    /// A command of `fcntl`, as Linux numbers it.
    pub(crate) fn fcntl_command(self, param: usize) -> Option<u64> {
        let command = self.uint(param)?;
        Some(if self.is_falco() {
            encoding::fcntl_command(command)
        } else {
            command
        })
    }
}
