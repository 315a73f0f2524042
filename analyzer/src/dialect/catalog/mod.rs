//! Falco's event types, as its captures number them: names, directions and parameters.
//!
//! In: nothing. Out: [`FalcoEvent`] by its number. The numbers are frozen by the captures that exist; new types are only appended.
//! What became of old types (whose exits lack what their enters carried) is the importer's matter.

#[rustfmt::skip]
mod codes_0;
#[rustfmt::skip]
mod codes_220;

use super::words::{Words, is_same};

use Category::*;
use Direction::*;
use Origin::*;

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
    pub values: Words,
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

/// A row of the table: the two sides of a call, or the one side that a type has. Begins have even numbers, and ends the next.
struct Row {
    begin: Option<FalcoEvent>,
    end: Option<FalcoEvent>,
}

/// The parameters of a side, if there is one.
type Params = Option<&'static [FalcoParam]>;

/// Parameters of a begin and the flags that it says itself.
type Begin = (&'static [FalcoParam], &'static [u16]);

impl Row {
    /// A row as it is written: `common` is what its sides share, and of `begin`, its flags and `end` each is there or not.
    const fn new(common: FalcoEvent, begin: &[Begin], end: Params) -> Row {
        let begin = match begin {
            [(params, own)] => Some(FalcoEvent {
                params,
                flags: match (own, end) {
                    ([flags], _) => *flags,
                    (_, None) => common.flags,
                    _ => common.flags | OLD,
                },
                ..common
            }),
            _ => None,
        };
        let end = match end {
            Some(params) => Some(FalcoEvent {
                code: common.code + 1,
                direction: Exit,
                params,
                ..common
            }),
            None => None,
        };
        Row { begin, end }
    }
}

/// A parameter as it is written: its format and its words are there or not.
const fn param(
    name: &'static str,
    ty: ParamType,
    format: &[Format],
    words: &[Words],
) -> FalcoParam {
    FalcoParam {
        name,
        ty,
        format: match format {
            [format] => *format,
            _ => usual_format(ty),
        },
        values: match words {
            [words] => words,
            _ => &[],
        },
    }
}

/// How a parameter prints where its row does not say it.
const fn usual_format(ty: ParamType) -> Format {
    use ParamType as T;
    match ty {
        T::FsPath | T::FsRelPath | T::CharBuf | T::ByteBuf => Format::None,
        T::CharBufArray | T::CharBufPairArray | T::SockAddr | T::SockTuple => Format::None,
        T::Flags8 | T::Flags16 | T::Flags32 => Format::Hexadecimal,
        T::Ipv4Addr | T::Ipv6Addr | T::Port => Format::Hexadecimal,
        T::Mode => Format::Octal,
        _ => Format::Decimal,
    }
}

/// The parameters of a begin: those of the end that have these names.
const fn named<const N: usize>(end: Params, names: [&str; N]) -> [FalcoParam; N] {
    let end = match end {
        Some(end) => end,
        None => &[],
    };
    let mut params = [param("", ParamType::Bool, &[], &[]); N];
    let mut place = 0;
    while place < N {
        let mut at = 0;
        while at < end.len() && !is_same(end[at].name, names[place]) {
            at += 1;
        }
        assert!(at < end.len(), "the end has no such parameter");
        params[place] = end[at];
        place += 1;
    }
    params
}

/// Declares rows: `number name Origin Category (flags) > begin < end`, or one side alone.
///
/// The end's parameters stand as `name: Type Format = WORDS`, the format where it is not the type's usual one.
/// The begin's are names of the end's, or its own where it has others.
/// The flags are the end's; the begin of a call has the same and [`OLD`], unless it says its own.
macro_rules! falco_events {
    ($(
        $code:literal $name:ident $origin:ident $category:ident ($flags:expr)
        $(> $begin:tt $(($begin_flags:expr))?)? $(< $end:tt)?
    )*) => {
        pub(super) const ROWS: &[Row] = &[$({
            const END: Params = falco_params!(end $($end)?);
            const COMMON: FalcoEvent = FalcoEvent {
                code: $code,
                name: stringify!($name),
                direction: Enter,
                origin: $origin,
                category: $category,
                flags: $flags,
                params: &[],
            };
            Row::new(
                COMMON,
                &[$((falco_params!($begin), &[$($begin_flags)?]))?],
                END,
            )
        }),*];
    };
}

/// Parameters as a row has them: written out, or by the names that they have in the end's.
macro_rules! falco_params {
    (end) => {
        None
    };
    (end $end:tt) => {
        Some(falco_params!($end))
    };
    ({ $($name:ident: $ty:ident $($format:ident)? $(= $words:ident)?),* $(,)? }) => {
        &[$(param(stringify!($name), ParamType::$ty, &[$(Format::$format)?], &[$($words)?])),*]
    };
    ([$($name:ident)*]) => {
        &named(END, [$(stringify!($name)),*])
    };
}

use {falco_events, falco_params};

const GROUPS: [&[Row]; 2] = [codes_0::ROWS, codes_220::ROWS];

/// How many numbers are taken, those that no event has among them.
pub const CODES: usize = 454;

static PLACES: [Option<&FalcoEvent>; CODES] = places();

const fn places() -> [Option<&'static FalcoEvent>; CODES] {
    let mut places = [None; CODES];
    let mut group = 0;
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].len() {
            let Row { begin, end } = &GROUPS[group][row];
            place(&mut places, begin);
            place(&mut places, end);
            row += 1;
        }
        group += 1;
    }
    places
}

const fn place(
    places: &mut [Option<&'static FalcoEvent>; CODES],
    event: &'static Option<FalcoEvent>,
) {
    if let Some(event) = event {
        let code = event.code as usize;
        assert!(places[code].is_none(), "a number is used twice");
        assert!(
            matches!(event.direction, Enter) == code.is_multiple_of(2),
            "begins have even numbers"
        );
        places[code] = Some(event);
    }
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
