//! One row as the state and the fields read it: named accessors over the format's view, the same for both dialects.
//!
//! In: the format's view of a row and the dialect of its capture. Out: values by the index of the event table's parameter; in Falco's dialect also by the place in Falco's own list.
//! In Falco's dialect a parameter of the event table is Falco's parameter of the same name; what Falco has not is none.
//! A value that could not be read is none here; what was cut is its true prefix.

use falco_abi::EventId;
use falco_format::{Dialect, EventView, Pid, Tid};

use super::tables::text::Text;

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    view: EventView<'a>,
    dialect: Dialect,
}

impl<'a> Row<'a> {
    #[inline]
    pub(crate) fn new(view: EventView<'a>, dialect: Dialect) -> Row<'a> {
        Row { view, dialect }
    }

    /// Whose words the values are.
    #[inline]
    pub(crate) fn dialect(self) -> Dialect {
        self.dialect
    }

    /// The row as it was written: its indices are those of the table it was written by.
    #[inline]
    pub(crate) fn view(self) -> EventView<'a> {
        self.view
    }

    #[inline]
    pub(crate) fn event(self) -> EventId {
        self.view.event()
    }

    /// The place of one of Falco's own parameters, in Falco's dialect: for `falco_int` and its kin.
    pub(crate) fn falco_param(self, name: &str) -> Option<usize> {
        self.falco_event()?.param(name)
    }

    /// The integer at a place of Falco's own list.
    #[inline]
    pub(crate) fn falco_int(self, place: usize) -> Option<i64> {
        self.view.int(place)
    }

    /// The integer at a place of Falco's own list; none where it is negative.
    #[inline]
    pub(crate) fn falco_uint(self, place: usize) -> Option<u64> {
        self.view.uint(place)
    }

    /// The bytes at a place of Falco's own list.
    #[inline]
    pub(crate) fn falco_bytes(self, place: usize) -> Option<&'a [u8]> {
        self.view.bytes(place)
    }

    /// Nanoseconds of boot time.
    #[inline]
    pub(crate) fn time(self) -> u64 {
        self.view.time()
    }

    #[inline]
    pub(crate) fn tid(self) -> Tid {
        self.view.tid()
    }

    /// The process; 0 where only the state knows it, as in Falco's dialect.
    #[inline]
    pub(crate) fn pid(self) -> Pid {
        self.view.pid()
    }

    /// Start of the thread, nanoseconds of boot time; 0 where it is not known, as in Falco's dialect.
    #[inline]
    pub(crate) fn start(self) -> u64 {
        self.view.start()
    }

    #[inline]
    pub(crate) fn cpu(self) -> u16 {
        self.view.cpu()
    }

    #[inline]
    pub(crate) fn int(self, param: usize) -> Option<i64> {
        self.view.int(self.place(param)?)
    }

    #[inline]
    pub(crate) fn uint(self, param: usize) -> Option<u64> {
        self.view.uint(self.place(param)?)
    }

    /// An unsigned value of at most 32 bits.
    #[inline]
    pub(crate) fn u32(self, param: usize) -> Option<u32> {
        self.uint(param).and_then(|value| u32::try_from(value).ok())
    }

    /// A descriptor number.
    #[inline]
    pub(crate) fn fd(self, param: usize) -> Option<i32> {
        self.int(param).and_then(|value| i32::try_from(value).ok())
    }

    #[inline]
    pub(crate) fn bytes(self, param: usize) -> Option<&'a [u8]> {
        self.view.bytes(self.place(param)?)
    }

    pub(crate) fn text(self, param: usize) -> Option<Text> {
        self.bytes(param).map(Text::from)
    }
}
