//! One row as the state and the fields read it: named accessors over the format's view.
//!
//! A value that could not be read is none here; what was cut is its true prefix.

use std::sync::Arc;

use falco_abi::{Abi, EventId, ParamStatus};
use falco_format::EventView;

/// A string that many share: names, paths, arguments. Any bytes.
pub type Text = Arc<[u8]>;

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    view: EventView<'a>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(view: EventView<'a>) -> Row<'a> {
        Row { view }
    }

    pub(crate) fn event(self) -> EventId {
        self.view.event()
    }

    /// Nanoseconds of boot time.
    pub(crate) fn time(self) -> u64 {
        self.view.meta().time
    }

    pub(crate) fn tid(self) -> u32 {
        self.view.meta().tid
    }

    pub(crate) fn pid(self) -> u32 {
        self.view.meta().pid
    }

    /// Start of the thread, nanoseconds of boot time.
    pub(crate) fn start(self) -> u64 {
        self.view.meta().start
    }

    pub(crate) fn cpu(self) -> u16 {
        self.view.meta().cpu
    }

    /// The ABI of the call; the native one of x86-64 where the byte is none.
    pub(crate) fn abi(self) -> Abi {
        Abi::from_u8(self.view.meta().abi).unwrap_or(Abi::X86_64)
    }

    pub(crate) fn int(self, param: usize) -> Option<i64> {
        self.view.int(param)
    }

    pub(crate) fn uint(self, param: usize) -> Option<u64> {
        self.view.uint(param)
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
        self.view.bytes(param)
    }

    pub(crate) fn text(self, param: usize) -> Option<Text> {
        self.bytes(param).map(Text::from)
    }

    /// Whether the value was cut or could not be read: nothing is to be concluded from what it lacks.
    pub(crate) fn is_partial(self, param: usize) -> bool {
        matches!(
            self.view.param(param).status,
            ParamStatus::Truncated | ParamStatus::Fault
        )
    }
}
