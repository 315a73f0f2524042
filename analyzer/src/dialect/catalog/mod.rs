//! Falco's event types, as its captures number them: names, directions, parameters, and the words for their values.
//!
//! In: nothing. Out: [`FalcoEvent`] by its number. The numbers are frozen by the captures that exist; new types are only appended.
//! What became of old types (whose exits lack what their enters carried) is the importer's matter.

#[rustfmt::skip]
mod codes_0;
#[rustfmt::skip]
mod codes_100;
#[rustfmt::skip]
mod codes_160;
#[rustfmt::skip]
mod codes_240;
#[rustfmt::skip]
mod codes_300;
#[rustfmt::skip]
mod codes_350;
#[rustfmt::skip]
mod codes_400;
#[rustfmt::skip]
mod file_values;
#[rustfmt::skip]
mod process_values;

use file_values::*;
use process_values::*;

use Category::*;
use Direction::*;
use Format as F;
use Origin::*;
use ParamType as T;

/// Words for values: word and value, in the order in which they are printed.
pub type Values = &'static [(&'static str, u32)];

/// It makes a descriptor.
pub const CREATES_FD: u16 = 1;
/// It closes a descriptor.
pub const DESTROYS_FD: u16 = 2;
/// It is about a descriptor.
pub const USES_FD: u16 = 4;
/// It reads from a descriptor.
pub const READS: u16 = 8;
/// It writes to a descriptor.
pub const WRITES: u16 = 16;
/// The state depends on it.
pub const MODIFIES_STATE: u16 = 32;
/// It waits.
pub const WAITS: u16 = 64;
/// A type that today's captures no longer hold; a reader turns it into a newer one.
pub const OLD: u16 = 128;
/// Lengths of its parameters take four bytes.
pub const LARGE: u16 = 256;

/// Which side of a call an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The begin of a call, a tracepoint, or a meta event: `>`.
    Enter,
    /// The end of a call: `<`.
    Exit,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A system call.
    Syscall,
    /// A tracepoint of the kernel.
    Tracepoint,
    /// The program that captured.
    Meta,
    /// A plugin.
    Plugin,
    /// A walk over the kernel's tasks.
    Walk,
}

/// How a value lies in a capture, and what it is.
#[expect(missing_docs, reason = "they are Falco's own names")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamType {
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    CharBuf,
    ByteBuf,
    Errno,
    SockAddr,
    SockTuple,
    Fd,
    Pid,
    FdList,
    FsPath,
    SyscallId,
    SigType,
    RelTime,
    AbsTime,
    Port,
    L4Proto,
    SockFamily,
    Bool,
    Ipv4Addr,
    Dyn,
    Flags8,
    Flags16,
    Flags32,
    Uid,
    Gid,
    Double,
    SigSet,
    CharBufArray,
    CharBufPairArray,
    Ipv4Net,
    Ipv6Addr,
    Ipv6Net,
    IpAddr,
    IpNet,
    Mode,
    FsRelPath,
    EnumFlags8,
    EnumFlags16,
    EnumFlags32,
    Fd32,
    Pid32,
}

/// How a number prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// It is no number.
    None,
    /// Decimal.
    Decimal,
    /// Hexadecimal.
    Hexadecimal,
    /// Octal.
    Octal,
}

/// What an event is about; Falco's own numbers have two categories that ours have not.
#[expect(missing_docs, reason = "they are Falco's own names")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Unknown,
    Other,
    File,
    Net,
    Ipc,
    Memory,
    Process,
    Sleep,
    System,
    Signal,
    User,
    Time,
    IoRead,
    IoWrite,
    IoOther,
    Wait,
    Scheduler,
    Internal,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct FalcoParam {
    /// Its name.
    pub name: &'static str,
    /// How it lies in a capture.
    pub ty: ParamType,
    /// How it prints.
    pub format: Format,
    /// The words for its values; empty where it has none.
    pub values: Values,
}

/// One event type.
#[derive(Clone, Copy, Debug)]
pub struct FalcoEvent {
    /// Its number.
    pub code: u16,
    /// Its name.
    pub name: &'static str,
    /// Which side of a call it is.
    pub direction: Direction,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is about.
    pub category: Category,
    /// Bits: [`CREATES_FD`] and the others.
    pub flags: u16,
    /// Its parameters, in order.
    pub params: &'static [FalcoParam],
}

impl FalcoEvent {
    /// Whether a flag is set.
    #[must_use]
    pub const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// The index of a parameter by its name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.name == name)
    }
}

#[expect(clippy::too_many_arguments, reason = "a row of a table, written out")]
const fn event(
    code: u16,
    name: &'static str,
    direction: Direction,
    origin: Origin,
    category: Category,
    flags: u16,
    params: &'static [FalcoParam],
) -> FalcoEvent {
    FalcoEvent {
        code,
        name,
        direction,
        origin,
        category,
        flags,
        params,
    }
}

const fn plain(name: &'static str, ty: ParamType, format: Format) -> FalcoParam {
    named(name, ty, format, &[])
}

const fn named(name: &'static str, ty: ParamType, format: Format, values: Values) -> FalcoParam {
    FalcoParam {
        name,
        ty,
        format,
        values,
    }
}

/// How many numbers are taken, those that no event has among them.
pub const CODES: usize = 454;

const GROUPS: [&[FalcoEvent]; 7] = [
    codes_0::EVENTS,
    codes_100::EVENTS,
    codes_160::EVENTS,
    codes_240::EVENTS,
    codes_300::EVENTS,
    codes_350::EVENTS,
    codes_400::EVENTS,
];

static PLACES: [Option<&FalcoEvent>; CODES] = places();

const fn places() -> [Option<&'static FalcoEvent>; CODES] {
    let mut places = [None; CODES];
    let mut group = 0;
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].len() {
            let code = GROUPS[group][row].code as usize;
            assert!(places[code].is_none(), "a number is used twice");
            places[code] = Some(&GROUPS[group][row]);
            row += 1;
        }
        group += 1;
    }
    places
}

/// The event type of a number, if there is one.
#[must_use]
pub fn event_of_code(code: u16) -> Option<&'static FalcoEvent> {
    PLACES.get(usize::from(code)).copied().flatten()
}

/// Every event type, by number.
pub fn all() -> impl Iterator<Item = &'static FalcoEvent> {
    PLACES.iter().copied().flatten()
}
