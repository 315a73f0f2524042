//! The raw values of arguments: taken from the row, in Falco's numbers, or from the state where Falco's driver adds a fact.

use std::borrow::Cow;

use falco_abi::frame::{created, exe_flags};
use falco_abi::{Role, events};

use crate::dialect::words::{EXE_FLAGS, PRCTL_OPTIONS, SOCKOPT_NAMES, falco};
use crate::fields::fd::Device;
use crate::fields::flags;
use crate::state::{Program, Row, Thread, strings};

use super::argument::{Argument, Fact, Part};
use super::{Arguments, Raw};

impl<'a> Arguments<'a> {
    pub(super) fn raw_of(&self, argument: &Argument) -> Raw<'a> {
        let row = self.row;
        let number = |number: Option<u64>| number.map_or(Raw::Absent, Raw::Uint);
        match argument.part {
            Part::Whole => self.whole(argument),
            Part::FirstString => {
                let first = row
                    .bytes(argument.param)
                    .and_then(|argv| strings(argv).next());
                first.map_or(Raw::Absent, |first| Raw::Bytes(Cow::Borrowed(first)))
            }
            Part::OtherStrings => {
                let Some(argv) = row.bytes(argument.param) else {
                    return Raw::Absent;
                };
                let first = argv
                    .iter()
                    .position(|&byte| byte == 0)
                    .map_or(argv.len(), |end| end + 1);
                Raw::Bytes(Cow::Borrowed(argv.get(first..).unwrap_or_default()))
            }
            Part::ExitCode => row
                .int(argument.param)
                .map_or(Raw::Absent, |status| Raw::Int(status >> 8 & 0xff)),
            Part::ExitSignal => {
                number(row.int(argument.param).map(|status| (status & 0x7f) as u64))
            }
            Part::ExitCore => number(
                row.int(argument.param)
                    .map(|status| (status >> 7 & 1) as u64),
            ),
            Part::Percent(limit) => number(self.percent(argument.param, limit)),
            Part::SocketFlags => number(
                row.uint(argument.param)
                    .map(|kind| flags::CREATION.to_falco(kind, row.abi())),
            ),
            Part::Connected if self.has_failed() => Raw::Absent,
            Part::Connected => self.whole(argument),
            Part::OptionValue => self.option_value(argument),
            Part::Fact(Fact::Zero) => argument.number(0),
            Part::Fact(fact) => self.fact(fact),
            Part::OpenFlags(opened) => number(open_flags(row, argument.param, opened)),
            Part::CreatFlags => number(row.uint(argument.param).map(|opened| opened >> 1 & 0b11)),
            Part::AsWritten | Part::Descriptors | Part::Signals | Part::Call => {
                self.as_written(argument)
            }
            Part::Variant => self.variant(argument),
        }
    }

    fn whole(&self, argument: &Argument) -> Raw<'a> {
        let row = self.row;
        if let Some(said) = falco_says(row, argument) {
            return said.map_or(Raw::Absent, |value| argument.number(value));
        }
        if argument.is_text() {
            return row
                .bytes(argument.param)
                .map_or(Raw::Absent, |bytes| Raw::Bytes(Cow::Borrowed(bytes)));
        }
        let Some(value) = row
            .int(argument.param)
            .or_else(|| row.uint(argument.param).map(|value| value as i64))
        else {
            return Raw::Absent;
        };
        if argument.is_signed() {
            return Raw::Int(value);
        }
        let value = value as u64;
        Raw::Uint(match flags::table(row.event(), argument.role) {
            Some(table) => table.to_falco(value, row.abi()),
            None if argument.role == Role::Dev => u32::try_from(value).map_or(value, |device| {
                u64::from(Device::of_kernel(device).as_stat())
            }),
            None => value,
        })
    }

    /// A value in Falco's own encoding.
    fn as_written(&self, argument: &Argument) -> Raw<'a> {
        let (row, place) = (self.row, argument.param);
        if argument.is_text() {
            let bytes = row.falco_bytes(place);
            // What Falco's drivers once wrote for a string that could not be read.
            let bytes = bytes.filter(|bytes| *bytes != b"(NULL)" || argument.is_bytes());
            return bytes.map_or(Raw::Absent, |bytes| Raw::Bytes(Cow::Borrowed(bytes)));
        }
        let wide = || row.falco_uint(place).map(|value| value as i64);
        let Some(value) = row.falco_int(place).or_else(wide) else {
            return Raw::Absent;
        };
        argument.number(value)
    }

    /// A value in Falco's own encoding, behind the byte that says what it is.
    fn variant(&self, argument: &Argument) -> Raw<'a> {
        let bytes = self.row.falco_bytes(argument.param);
        let Some(value) = bytes.and_then(|bytes| bytes.get(1..)) else {
            return Raw::Absent;
        };
        if argument.is_text() {
            return Raw::Bytes(Cow::Borrowed(value));
        }
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().zip(value) {
            *to = *from;
        }
        argument.number(i64::from_le_bytes(wide))
    }

    /// How full a queue is; one without a limit is empty.
    fn percent(&self, length: usize, limit: usize) -> Option<u64> {
        let (length, limit) = (self.row.uint(length)?, self.row.uint(limit)?);
        Some(length.saturating_mul(100).checked_div(limit).unwrap_or(0))
    }

    /// An option's value: the pending error of a socket as an error, other integers as numbers.
    fn option_value(&self, argument: &Argument) -> Raw<'a> {
        const SO_ERROR: u64 = falco(SOCKOPT_NAMES, "SO_ERROR");
        let bytes = self.row.bytes(argument.param);
        let number = bytes.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        let Some(number) = number.map(i32::from_le_bytes) else {
            return bytes.map_or(Raw::Absent, |bytes| Raw::Bytes(Cow::Borrowed(bytes)));
        };
        let option = self.position("optname").map(|place| self.raw(place));
        if option == Some(Raw::Uint(SO_ERROR)) {
            return Raw::Int(-i64::from(number));
        }
        Raw::Int(i64::from(number))
    }

    /// Whether the call failed, other than by being under way.
    fn has_failed(&self) -> bool {
        const RESULT: usize = 0;
        const EINPROGRESS: i64 = -115;
        let result = self.row.int(RESULT);
        result.is_some_and(|result| result < 0 && result != EINPROGRESS)
    }

    /// What Falco's driver adds to births and execs, from the state.
    fn fact(&self, fact: Fact) -> Raw<'a> {
        let thread = self.thread;
        let program = thread.map(|thread| &*thread.program);
        let text = |text: Option<&'a [u8]>| {
            text.map_or(Raw::Absent, |text| Raw::Bytes(Cow::Borrowed(text)))
        };
        let number = |number: Option<i64>| number.map_or(Raw::Absent, Raw::Int);
        match fact {
            Fact::Unknown | Fact::Zero => Raw::Absent,
            Fact::Got => {
                let got = self.row.int(events::recvmsg::res).unwrap_or(0);
                Raw::Uint(u64::try_from(got).unwrap_or(0))
            }
            Fact::PidnsStart => {
                let is_child = self.row.event() == events::procfork::EVENT;
                let is_child = is_child || self.row.int(events::clone::res) == Some(0);
                let start = thread.and_then(|thread| thread.pidns_start);
                Raw::Uint(start.filter(|_| is_child).unwrap_or(0))
            }
            Fact::Reaper => thread.map_or(Raw::Absent, |thread| {
                Raw::Int(self.state.reaper(thread).map_or(0, i64::from))
            }),
            Fact::Exe => text(program.and_then(|program| program.exe.as_deref())),
            Fact::Args => program.map_or(Raw::Absent, |program| {
                Raw::Bytes(Cow::Owned(each_with_nul(program)))
            }),
            Fact::Tid => Raw::Int(i64::from(self.row.tid())),
            Fact::Pid => Raw::Int(i64::from(self.row.pid())),
            Fact::Ppid => number(thread.and_then(|thread| thread.ids.ptid).map(i64::from)),
            Fact::FdLimit => {
                let limit = thread.and_then(|thread| thread.fdlimit);
                number(limit.and_then(|limit| i64::try_from(limit).ok()))
            }
            Fact::FaultsMajor | Fact::FaultsMinor | Fact::VmSize | Fact::VmRss | Fact::VmSwap => {
                number(figure(thread, fact))
            }
            Fact::Comm => text(thread.and_then(|thread| thread.comm.as_deref())),
            Fact::Cgroups => thread.map_or(Raw::Absent, |thread| {
                Raw::Bytes(Cow::Owned(cgroup_lines(thread)))
            }),
            Fact::Vtid => number(thread.and_then(|thread| thread.ids.vtid).map(i64::from)),
            Fact::Vpid => number(thread.and_then(|thread| thread.ids.vpid).map(i64::from)),
            Fact::ExeFlags => {
                thread.map_or(Raw::Absent, |thread| Raw::Uint(falco_exe_flags(thread)))
            }
            Fact::ExePath => text(program.and_then(|program| program.exepath.as_deref())),
            Fact::Vpgid => number(thread.and_then(|thread| thread.ids.vpgid).map(i64::from)),
            Fact::Pgid => number(thread.and_then(|thread| thread.ids.pgid)),
            _ => {
                let found = thread.and_then(|thread| plain_fact(thread, fact));
                found.map_or(Raw::Absent, Raw::Uint)
            }
        }
    }
}

/// The flags of an open in Falco's numbers, with what the open found or made, from the kernel's in these parameters.
pub(in crate::fields) fn open_flags(
    row: Row<'_>,
    flags: usize,
    opened: Option<usize>,
) -> Option<u64> {
    let table = flags::table(row.event(), Role::OpenFlags)?;
    let flags = table.to_falco(row.uint(flags)?, row.abi());
    let opened = opened.and_then(|param| row.u32(param)).unwrap_or(0);
    let bits = [
        (created::CREATED, flags::FALCO_CREATED),
        (created::UPPER_LAYER, flags::FALCO_UPPER_LAYER),
        (created::LOWER_LAYER, flags::FALCO_LOWER_LAYER),
    ];
    Some(
        bits.iter()
            .filter(|(bit, _)| opened & bit != 0)
            .fold(flags, |all, (_, falco)| all | falco),
    )
}

/// What Falco's driver says in the place of a value: the inner none where it says nothing.
fn falco_says(row: Row<'_>, argument: &Argument) -> Option<Option<i64>> {
    const PR_SET_NAME: u64 = falco(PRCTL_OPTIONS, "PR_SET_NAME");
    const PR_GET_NAME: u64 = falco(PRCTL_OPTIONS, "PR_GET_NAME");
    const SOL_SOCKET: i64 = 1;
    const UNKNOWN_OPTION: i64 = falco(SOCKOPT_NAMES, "UNKNOWN").cast_signed();
    /// The bits that `chmod` can set.
    const PERMISSIONS: u64 = 0o7777;
    let has_failed = || row.int(0).is_some_and(|result| result < 0);
    let is_given = || row.int(argument.param).is_some();
    match (row.event(), argument.name) {
        // Options of other levels have the same numbers, and Falco knows those of `SOL_SOCKET` alone.
        (events::getsockopt::EVENT | events::setsockopt::EVENT, "optname") => {
            let is_getsockopt = row.event() == events::getsockopt::EVENT;
            let level = if is_getsockopt {
                events::getsockopt::level
            } else {
                events::setsockopt::level
            };
            (row.int(level) != Some(SOL_SOCKET)).then_some(Some(UNKNOWN_OPTION))
        }
        // A name is told as text, anything else as a number.
        (events::prctl::EVENT, "arg2_str" | "arg2_int") => {
            let is_name = matches!(
                row.uint(events::prctl::option),
                Some(PR_SET_NAME | PR_GET_NAME)
            );
            match (argument.name, is_name) {
                ("arg2_str", false) => Some(None),
                ("arg2_int", true) => Some(Some(0)),
                _ => None,
            }
        }
        // A limit that was not asked for is 0, one that was not told because the call failed is -1.
        (events::prlimit::EVENT, "oldcur" | "oldmax")
        | (events::getrlimit::EVENT, "cur" | "max")
            if has_failed() =>
        {
            Some(Some(-1))
        }
        (
            events::prlimit::EVENT | events::getrlimit::EVENT | events::setrlimit::EVENT,
            "cur" | "max" | "newcur" | "newmax" | "oldcur" | "oldmax",
        ) if !is_given() => Some(Some(0)),
        // Falco leaves a new directory's mode as the program gave it.
        (event, _)
            if argument.role == Role::Mode
                && !matches!(event, events::mkdir::EVENT | events::mkdirat::EVENT) =>
        {
            let mode = row.uint(argument.param);
            mode.map(|mode| Some((mode & PERMISSIONS).cast_signed()))
        }
        _ => None,
    }
}

/// A fact that is an unsigned number.
fn plain_fact(thread: &Thread, fact: Fact) -> Option<u64> {
    let credentials = &thread.credentials;
    match fact {
        Fact::Uid => credentials.uid.map(u64::from),
        Fact::Gid => credentials.gid.map(u64::from),
        Fact::Loginuid => credentials.loginuid.map(u64::from),
        Fact::Tty => thread.tty.map(u64::from),
        Fact::CapInheritable => credentials.cap_inheritable,
        Fact::CapPermitted => credentials.cap_permitted,
        Fact::CapEffective => credentials.cap_effective,
        Fact::ExeInode => thread.program.inode,
        Fact::ExeCtime => thread.program.ctime.map(|time| time.0),
        Fact::ExeMtime => thread.program.mtime.map(|time| time.0),
        _ => None,
    }
}

/// The arguments after the first, each followed by a NUL.
fn each_with_nul(program: &Program) -> Vec<u8> {
    let mut bytes = Vec::new();
    for argument in program.args.iter() {
        bytes.extend_from_slice(argument);
        bytes.push(0);
    }
    bytes
}

/// `controller=path` of every cgroup, each followed by a NUL.
pub(crate) fn cgroup_lines(thread: &Thread) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in thread.cgroups.entries() {
        for name in entry.controllers.split(|&byte| byte == b',') {
            bytes.extend_from_slice(name);
            bytes.push(b'=');
            bytes.extend_from_slice(&entry.path);
            bytes.push(0);
        }
    }
    bytes
}

/// Facts of the executable in Falco's numbers.
fn falco_exe_flags(thread: &Thread) -> u64 {
    let flags = thread.program.flags.unwrap_or(0);
    let bits = [
        (thread.program.writable, falco(EXE_FLAGS, "EXE_WRITABLE")),
        (
            flags & exe_flags::UPPER_LAYER != 0,
            falco(EXE_FLAGS, "EXE_UPPER_LAYER"),
        ),
        (
            flags & exe_flags::MEMFD != 0,
            falco(EXE_FLAGS, "EXE_FROM_MEMFD"),
        ),
        (
            flags & exe_flags::LOWER_LAYER != 0,
            falco(EXE_FLAGS, "EXE_LOWER_LAYER"),
        ),
    ];
    bits.iter()
        .filter(|(holds, _)| *holds)
        .fold(0, |all, (_, bit)| all | bit)
}

/// A figure of memory or page faults, once an event has told it.
fn figure(thread: Option<&Thread>, fact: Fact) -> Option<i64> {
    let figures = thread.map(|thread| &thread.falco);
    let figures = figures.filter(|figures| figures.has_figures)?;
    let figure = match fact {
        Fact::FaultsMajor => figures.faults_major,
        Fact::FaultsMinor => figures.faults_minor,
        Fact::VmSize => u64::from(figures.vm_size),
        Fact::VmRss => u64::from(figures.vm_rss),
        _ => u64::from(figures.vm_swap),
    };
    i64::try_from(figure).ok()
}
