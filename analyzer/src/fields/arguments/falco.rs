//! Which arguments an event of an imported capture shows: the parameters of Falco's own table, as they stand.
//!
//! In: the catalog of Falco's types. Out: arguments by the number of the type, read and printed by the same code as those of our own events.
//! Their numbers are Falco's already, so nothing is converted here.

use std::sync::LazyLock;

use falco_abi::{EventId, Role};
use falco_rules::FieldType;

use super::argument::{Argument, Base, Part};
use crate::dialect;
use crate::dialect::catalog::{self, CODES, FalcoEvent, FalcoParam, Format, ParamType};

static ARGUMENTS: LazyLock<Vec<Vec<Argument>>> = LazyLock::new(|| {
    let code = |code: usize| u16::try_from(code).ok().and_then(catalog::event_of_code);
    let of_code = |ty: Option<&'static FalcoEvent>| ty.map_or_else(Vec::new, derive);
    (0..CODES).map(|number| of_code(code(number))).collect()
});

/// The arguments of a type, in order.
pub(super) fn arguments(ty: &FalcoEvent) -> &'static [Argument] {
    ARGUMENTS
        .get(usize::from(ty.code))
        .map_or(&[], Vec::as_slice)
}

/// The arguments of all types, by number.
pub(super) fn all() -> impl Iterator<Item = &'static Argument> {
    ARGUMENTS.iter().flatten()
}

fn derive(ty: &'static FalcoEvent) -> Vec<Argument> {
    let params = ty.params.iter().enumerate();
    params
        .map(|(index, param)| argument(ty, index, param))
        .collect()
}

fn argument(ty: &FalcoEvent, index: usize, param: &'static FalcoParam) -> Argument {
    Argument {
        name: param.name,
        param: index,
        part: match param.ty {
            ParamType::Dyn => Part::Variant,
            ParamType::FdList => Part::Descriptors,
            ParamType::SigSet => Part::Signals,
            ParamType::SyscallId => Part::Call,
            _ => Part::AsWritten,
        },
        ty: field_type(param.ty),
        role: Role::Plain,
        base: base_of(param),
        directory: directory(ty, index),
        words: param.values,
    }
}

fn base_of(param: &FalcoParam) -> Base {
    match param.format {
        Format::None | Format::Decimal => Base::Decimal,
        Format::Hexadecimal => Base::Hexadecimal,
        Format::Octal => Base::Octal,
    }
}

/// Where Falco has an argument of one of our events in its own list; behind all others where it has none.
pub(super) fn position(event: EventId, name: &str) -> usize {
    let ty = dialect::falco_event(event);
    ty.and_then(|ty| ty.param(name)).unwrap_or(usize::MAX)
}

/// The base in which Falco prints an argument of one of our events.
pub(super) fn base(event: EventId, name: &str) -> Base {
    let ty = dialect::falco_event(event);
    let param = ty.and_then(|ty| ty.params.get(ty.param(name)?));
    param.map_or(Base::Decimal, base_of)
}

/// The nearest descriptor before a path that is relative to one.
fn directory(ty: &FalcoEvent, index: usize) -> Option<usize> {
    if ty.params.get(index)?.ty != ParamType::FsRelPath {
        return None;
    }
    let before = ty.params.get(..index)?;
    before.iter().rposition(|param| param.ty == ParamType::Fd)
}

fn field_type(ty: ParamType) -> FieldType {
    use ParamType as T;
    match ty {
        T::Int8 => FieldType::Int8,
        T::Int16 => FieldType::Int16,
        T::Int32 => FieldType::Int32,
        T::Int64 => FieldType::Int64,
        T::UInt8 | T::L4Proto | T::SockFamily => FieldType::Uint8,
        T::UInt16 | T::SyscallId => FieldType::Uint16,
        T::UInt32 | T::SigSet => FieldType::Uint32,
        T::UInt64 => FieldType::Uint64,
        T::CharBuf => FieldType::Charbuf,
        T::FsPath => FieldType::Fspath,
        T::FsRelPath => FieldType::Fsrelpath,
        T::Errno => FieldType::Errno,
        T::SockAddr => FieldType::Sockaddr,
        T::SockTuple => FieldType::Socktuple,
        T::Fd | T::Fd32 => FieldType::Fd,
        T::Pid | T::Pid32 => FieldType::Pid,
        T::SigType => FieldType::Sigtype,
        T::RelTime => FieldType::Reltime,
        T::AbsTime => FieldType::Abstime,
        T::Port => FieldType::Port,
        T::Bool => FieldType::Bool,
        T::Flags8 | T::Flags16 | T::Flags32 => FieldType::Flags,
        T::EnumFlags8 | T::EnumFlags16 | T::EnumFlags32 => FieldType::Enumflags,
        T::Uid => FieldType::Uid,
        T::Gid => FieldType::Gid,
        T::Mode => FieldType::Mode,
        _ => FieldType::Bytebuf,
    }
}

/// What a value of several possible types is, by its first byte: type and base.
pub(super) fn variant(argument: &Argument, index: u8) -> Option<(FieldType, Base)> {
    Some(match (argument.name, index) {
        // Values of socket options.
        ("val", 1) => (FieldType::Errno, Base::Decimal),
        ("val", 2) => (FieldType::Uint32, Base::Decimal),
        ("val", 3) => (FieldType::Uint64, Base::Decimal),
        ("val", 4) => (FieldType::Reltime, Base::Decimal),
        // What `ptrace` was given and what it gave.
        ("addr" | "data", 0) => (FieldType::Uint64, Base::Hexadecimal),
        ("addr" | "data", 1) => (FieldType::Sigtype, Base::Decimal),
        // What `bpf` returned.
        ("res_or_fd", 0) => (FieldType::Fd, Base::Decimal),
        ("res_or_fd", 1) => (FieldType::Errno, Base::Decimal),
        _ => return None,
    })
}
