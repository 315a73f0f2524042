//! One argument of an event: its name, where its value comes from, how it prints.

use falco_abi::Role;
use falco_rules::FieldType;

use super::Raw;
use crate::dialect::words::Words;

/// Which part of its parameter an argument shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// The first string.
    FirstString,
    /// The strings after the first.
    OtherStrings,
    /// Of an exit status: what the program returned.
    ExitCode,
    /// Of an exit status: the signal that ended it.
    ExitSignal,
    /// Of an exit status: whether core was dumped.
    ExitCore,
    /// Of a socket's type: its flags.
    SocketFlags,
    /// The flags of an open, with what the open found or made (parameter of this index).
    OpenFlags(Option<usize>),
    /// What a `creat` found or made.
    CreatFlags,
    /// Both ends of a socket, if the call that connects them did not fail.
    Connected,
    /// The value of a socket option, which is a number where it has four bytes.
    OptionValue,
    /// A queue's length in percent of the limit in the parameter of this index.
    Percent(usize),
    /// Nothing of it: a fact of the thread.
    Fact(Fact),
    /// All of it, in Falco's own encoding.
    AsWritten,
    /// In Falco's own encoding: a byte that says what the value is, and the value.
    Variant,
    /// In Falco's own encoding: descriptors with what is waited for.
    Descriptors,
    /// In Falco's own encoding: a set of signals.
    Signals,
    /// Falco's number of a call, which resolves to the call's name.
    Call,
}

/// What Falco's driver adds to births and execs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// Not recorded.
    Unknown,
    /// The number zero: a result or flags that the call says by its name.
    Zero,
    /// Start of the pid namespace, which Falco tells of the child alone.
    PidnsStart,
    /// How many bytes a vector got: none where the call failed.
    Got,
    /// Who adopts the children of one that ends; 0 where it has none.
    Reaper,
    Exe,
    Args,
    Tid,
    Pid,
    Ppid,
    FdLimit,
    FaultsMajor,
    FaultsMinor,
    VmSize,
    VmRss,
    VmSwap,
    Comm,
    Cgroups,
    Uid,
    Gid,
    Vtid,
    Vpid,
    ExeFlags,
    Loginuid,
    Tty,
    Vpgid,
    Pgid,
    CapInheritable,
    CapPermitted,
    CapEffective,
    ExeInode,
    ExeCtime,
    ExeMtime,
    ExePath,
}

/// The base in which a number prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Decimal,
    Hexadecimal,
    Octal,
}

/// One argument of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    /// The index of the parameter it comes from.
    pub(super) param: usize,
    pub(super) part: Part,
    pub(super) ty: FieldType,
    pub(super) role: Role,
    pub(super) base: Base,
    /// The parameter with the directory that a relative path starts from.
    pub(super) directory: Option<usize>,
    /// Falco's words for the values of an argument in its own encoding.
    pub(super) words: Words,
}

impl Argument {
    /// Whether its values are strings or bytes.
    pub(super) fn is_text(&self) -> bool {
        matches!(
            self.ty,
            FieldType::Charbuf
                | FieldType::Fspath
                | FieldType::Fsrelpath
                | FieldType::Bytebuf
                | FieldType::Sockaddr
                | FieldType::Socktuple
        )
    }

    /// Whether its values are bytes that are no string.
    pub(super) fn is_bytes(&self) -> bool {
        matches!(
            self.ty,
            FieldType::Bytebuf | FieldType::Sockaddr | FieldType::Socktuple
        )
    }

    /// Whether its values may be negative.
    pub(super) fn is_signed(&self) -> bool {
        matches!(
            self.ty,
            FieldType::Errno
                | FieldType::Fd
                | FieldType::Pid
                | FieldType::Int8
                | FieldType::Int16
                | FieldType::Int32
                | FieldType::Int64
        )
    }

    /// A number of its type.
    pub(super) fn number<'a>(&self, value: i64) -> Raw<'a> {
        if self.is_signed() {
            Raw::Int(value)
        } else {
            Raw::Uint(value as u64)
        }
    }
}
