//! The arguments of an event as Falco shows them: `evt.args`, `evt.arg.*`, `evt.rawarg.*`.
//!
//! An argument has a raw form (a number, in Falco's encoding; the bytes as the program gave them) and, where there is one, a resolved form: flags and errors by name, the file behind a descriptor, an absolute path.
//! What a value means in the state of threads is the state's business; this module asks it and prints.

mod argument;
mod declare;
mod falco;
mod names;
mod print;
mod resolve;
mod shown;
#[cfg(test)]
mod tests;
mod types;
mod value;

use std::borrow::Cow;

use falco_abi::ParamStatus;
use falco_rules::FieldType;

use crate::dialect;
use crate::state::{Fd, Row, State, Thread};

use argument::{Argument, Part};
use declare::arguments;

pub(crate) use declare::parameter_type;
pub(crate) use names::Names;
pub(in crate::fields) use print::fd_list;
pub(crate) use print::is_incoming;
pub(crate) use value::cgroup_lines;
pub(in crate::fields) use value::open_flags;

/// A value as a program or the kernel gave it; numbers in Falco's encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    /// There is none.
    Absent,
    /// A signed number.
    Int(i64),
    /// An unsigned number, or flags.
    Uint(u64),
    /// A string or bytes.
    Bytes(Cow<'a, [u8]>),
}

/// Whether an argument's value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is.
    Value,
    /// The event has the argument, and nothing is known of it.
    Nothing,
    /// The event was written without it, and without all behind it.
    Lacking,
}

/// The arguments of one event.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a> {
    state: &'a State,
    thread: Option<&'a Thread>,
    row: Row<'a>,
    list: &'static [Argument],
}

/// Whether an event has an argument of the name, in captures of ours or in imported ones.
pub(crate) fn has(event: falco_abi::EventId, name: &str) -> bool {
    let falcos = dialect::falco_event(event).map_or(&[][..], falco::arguments);
    let mut all = arguments(event).iter().chain(falcos);
    all.any(|argument| argument.name == name)
}

/// The names of an event's arguments, in order.
#[cfg(test)]
pub(crate) fn names(event: falco_abi::EventId) -> Vec<&'static str> {
    arguments(event)
        .iter()
        .map(|argument| argument.name)
        .collect()
}

impl<'a> Arguments<'a> {
    /// The arguments of the event that a row holds, made by a thread.
    pub(crate) fn new(state: &'a State, thread: Option<&'a Thread>, row: Row<'a>) -> Arguments<'a> {
        Arguments {
            state,
            thread,
            row,
            list: match row.falco_event() {
                Some(ty) => falco::arguments(ty),
                None if row.manner().has_falcos_types() => &[],
                None => arguments(row.event()),
            },
        }
    }

    /// The index of an argument by its name, where the event has it.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let place = self
            .list
            .iter()
            .position(|argument| argument.name == name)?;
        (!self.lacks(place)).then_some(place)
    }

    /// Whether the event was written without the argument: old captures lack what later versions added at the end.
    fn lacks(&self, index: usize) -> bool {
        let row = self.row;
        row.manner().may_lack_parameters() && row.view().param(index).status == ParamStatus::Fault
    }

    /// Whether it is a call without a type of its own, whose arguments are not shown.
    fn is_generic(&self) -> bool {
        self.row.event() == falco_abi::events::syscall::EVENT
    }

    /// Whether the values of an argument are strings.
    pub(crate) fn is_string(&self, index: usize) -> bool {
        let ty = self.list.get(index).map(|argument| argument.ty);
        matches!(
            ty,
            Some(FieldType::Charbuf | FieldType::Fspath | FieldType::Fsrelpath)
        )
    }

    /// Whether the values of an argument are byte buffers.
    pub(crate) fn is_bytes(&self, index: usize) -> bool {
        let ty = self.list.get(index).map(|argument| argument.ty);
        matches!(
            ty,
            Some(FieldType::Bytebuf | FieldType::Sockaddr | FieldType::Socktuple)
        )
    }

    /// The raw form of an argument.
    pub(crate) fn raw(&self, index: usize) -> Raw<'a> {
        self.list
            .get(index)
            .map_or(Raw::Absent, |argument| self.raw_of(&self.typed(argument)))
    }

    /// The raw form of a number as Falco prints it alone; none for what is no number.
    ///
    /// Unlike the words of `evt.args`, a number that was left empty prints as 0, and flags in the base of their parameter.
    pub(crate) fn printed_number(&self, index: usize) -> Option<Vec<u8>> {
        let argument = &self.typed(self.list.get(index)?);
        if argument.is_text() {
            return None;
        }
        let mut out = Vec::new();
        match self.raw_of(argument) {
            Raw::Absent => out.push(b'0'),
            raw => print::number(argument, &raw, &mut out),
        }
        Some(out)
    }

    /// An argument with the type that its value says it has.
    fn typed(&self, argument: &Argument) -> Argument {
        let mut typed = *argument;
        if argument.part == Part::Variant
            && let Some(bytes) = self.row.falco_bytes(argument.param)
            && let Some(first) = bytes.first()
            && let Some((ty, base)) = falco::variant(argument, *first)
        {
            (typed.ty, typed.base) = (ty, base);
        }
        typed
    }

    /// Writes the resolved form of an argument where it has one, else the raw form. False where the event has no such argument.
    pub(crate) fn text(&self, index: usize, out: &mut Vec<u8>) -> bool {
        let Some(argument) = self.list.get(index) else {
            return false;
        };
        if self.lacks(index) {
            return false;
        }
        let argument = &self.typed(argument);
        self.write(argument, &self.raw_of(argument), out);
        true
    }

    /// The names of the arguments, in order; none of a call without a type of its own.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let list = if self.is_generic() { &[] } else { self.list };
        list.iter().map(|argument| argument.name)
    }

    /// Writes an argument as [`text`](Self::text) does, where its value is known.
    pub(crate) fn known_text(&self, index: usize, names: &mut Names, out: &mut Vec<u8>) -> Known {
        let Some(declared) = self.list.get(index).filter(|_| !self.lacks(index)) else {
            return Known::Lacking;
        };
        let typed;
        let argument = if declared.part == Part::Variant {
            typed = self.typed(declared);
            &typed
        } else {
            declared
        };
        let raw = self.raw_of(argument);
        if let Some(number) = names::named(argument, &raw) {
            let number = (declared, self.row.event(), number);
            names.write(number, out, |out| self.write(argument, &raw, out));
            return Known::Value;
        }
        if resolve::resolved(self, argument, &raw, out) {
            return Known::Value;
        }
        if raw == Raw::Absent {
            return Known::Nothing;
        }
        print::raw(self, argument, &raw, out);
        Known::Value
    }

    /// Writes the resolved form of a value where it has one, else the raw form.
    fn write(&self, argument: &Argument, raw: &Raw<'_>, out: &mut Vec<u8>) {
        if !resolve::resolved(self, argument, raw, out) {
            print::raw(self, argument, raw, out);
        }
    }

    /// Writes `name=raw(resolved)` of every argument, joined by blanks.
    pub(crate) fn print_all(&self, out: &mut Vec<u8>) {
        if self.is_generic() {
            return;
        }
        for (index, argument) in self.list.iter().enumerate() {
            if self.lacks(index) {
                break;
            }
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(argument.name.as_bytes());
            out.push(b'=');
            let argument = &self.typed(argument);
            let raw = self.raw_of(argument);
            print::raw(self, argument, &raw, out);
            let start = out.len();
            out.push(b'(');
            if resolve::resolved(self, argument, &raw, out) {
                out.push(b')');
            } else {
                out.truncate(start);
            }
        }
    }

    /// What a descriptor of the thread stands for.
    fn file(&self, number: i64) -> Option<&'a Fd> {
        let number = i32::try_from(number).ok()?;
        let slot = self.state.fd(self.thread?, number)?;
        Some(&slot.file)
    }
}
