//! What is written, whatever it came from: entries of lists and events, as `.scap` has their values.

use std::borrow::Cow;

use falco_abi::EventId;
use falco_abi::ParamStatus;
use falco_format::{EventView, Pid, RawParam, Tid, UnixNanos};

use crate::dialect::catalog::FalcoEvent;
use crate::dialect::wire_of;

/// An entry of a list: a row of a STATE item of Falco's dialect.
#[derive(Clone, Debug)]
pub(crate) struct ListRow<'a> {
    /// Which list it belongs to.
    pub(crate) event: EventId,
    /// The thread it is about.
    pub(crate) tid: Tid,
    /// The process of that thread.
    pub(crate) pid: Pid,
    /// Its values in the order of `SNAPSHOT_PARAMS`; none where the list's form has no such field.
    pub(crate) values: Vec<Option<Cow<'a, [u8]>>>,
}

impl<'a> ListRow<'a> {
    /// The row that an import made.
    pub(crate) fn of_view(view: &EventView<'a>) -> ListRow<'a> {
        let values = (0..view.params()).map(|index| view.bytes(index).map(Cow::Borrowed));
        ListRow {
            event: view.event(),
            tid: view.tid(),
            pid: view.pid(),
            values: values.collect(),
        }
    }

    /// A value by its index.
    pub(crate) fn value(&self, index: usize) -> Option<&[u8]> {
        self.values.get(index)?.as_deref()
    }
}

/// One event as its block holds it. The same one is filled again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventRow {
    /// Nanoseconds since the epoch.
    pub(crate) time: UnixNanos,
    /// The CPU.
    pub(crate) cpu: u16,
    /// The thread; `u32::MAX` for none.
    pub(crate) tid: Tid,
    /// The number of its type.
    pub(crate) code: u16,
    /// Flags of its block, such as that it is for the state alone.
    pub(crate) flags: u8,
    lengths: Vec<u32>,
    values: Vec<u8>,
}

impl EventRow {
    /// Makes it another event, without parameters.
    pub(crate) fn begin(&mut self, code: u16, time: UnixNanos, cpu: u16, tid: Tid) {
        (self.code, self.time, self.cpu, self.tid) = (code, time, cpu, tid);
        self.flags = 0;
        self.lengths.clear();
        self.values.clear();
    }

    /// Takes the event that an import made of a type.
    pub(crate) fn take(&mut self, event: &FalcoEvent, view: &EventView<'_>, time: UnixNanos) {
        self.begin(event.code, time, view.cpu(), view.tid());
        self.flags = view.abi();
        for (index, param) in event.params.iter().enumerate() {
            let value = view.param(index);
            // An import marks what the event did not have at all; such parameters stand at the end.
            if value.status == ParamStatus::Fault {
                break;
            }
            let is_text = wire_of(param.ty) == falco_abi::Wire::Str;
            self.param(is_text, value);
        }
    }

    /// Adds a parameter. A string that is present gets its NUL; one that was cut came without.
    fn param(&mut self, is_text: bool, value: RawParam<'_>) {
        match value.status {
            ParamStatus::Present if is_text => self.push(&[value.bytes, &[0]]),
            ParamStatus::Present | ParamStatus::Truncated => self.push(&[value.bytes]),
            ParamStatus::Absent | ParamStatus::Fault => self.push(&[]),
        }
    }

    /// Adds a parameter whose bytes are these parts.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) {
        let before = self.values.len();
        parts
            .iter()
            .for_each(|part| self.values.extend_from_slice(part));
        let length = self.values.len().saturating_sub(before);
        self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
    }

    /// How many parameters it has.
    pub(crate) fn params(&self) -> usize {
        self.lengths.len()
    }

    /// The bytes of its parameters, each with its own.
    pub(crate) fn values(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = 0usize;
        self.lengths.iter().map(move |length| {
            let end = at.saturating_add(*length as usize);
            let value = self.values.get(at..end).unwrap_or_default();
            at = end;
            value
        })
    }

    /// A parameter by its index.
    pub(crate) fn value(&self, index: usize) -> Option<&[u8]> {
        self.values().nth(index)
    }
}
