//! The resolved form of an argument, where it has one: flags and errors by name, the file behind a descriptor, an absolute path.

use falco_abi::{Role, events};
use falco_format::Tid;
use falco_rules::FieldType;

use crate::fields::{event_types, flags};
use crate::state::{Side, Vtid};

use super::argument::{Argument, Fact, Part};
use super::{Arguments, Raw};

const AT_FDCWD: i64 = -100;

/// Writes the resolved form. False, and nothing written, where there is none.
pub(super) fn resolved(
    arguments: &Arguments<'_>,
    argument: &Argument,
    raw: &Raw<'_>,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    // A form without text is none.
    resolve(arguments, argument, raw, out) && out.len() > start
}

fn resolve(
    arguments: &Arguments<'_>,
    argument: &Argument,
    raw: &Raw<'_>,
    out: &mut Vec<u8>,
) -> bool {
    match (raw, argument.ty) {
        (Raw::Int(value), FieldType::Errno) => errno(*value, out),
        (Raw::Int(value), _) if argument.part == Part::OptionValue => errno(*value, out),
        (Raw::Int(value), FieldType::Fd) => descriptor(arguments, *value, out),
        (Raw::Int(value), FieldType::Pid) => process(arguments, argument, *value, out),
        (Raw::Uint(value), FieldType::Uid) => user(arguments, *value, out),
        (Raw::Uint(value), FieldType::Gid) => group(arguments, *value, out),
        (Raw::Uint(value), FieldType::Sigtype) => {
            let name = flags::signal_name(*value);
            name.inspect(|name| out.extend_from_slice(name.as_bytes()))
                .is_some()
        }
        (Raw::Uint(_), _) if argument.part == Part::Call => {
            let event_type = event_types::of_row(arguments.row);
            out.extend_from_slice(event_types::name(event_type).as_bytes());
            true
        }
        (Raw::Uint(value), _) if !argument.words.is_empty() => words(argument, *value, out),
        (Raw::Uint(value), FieldType::Flags | FieldType::Enumflags | FieldType::Mode) => {
            names(arguments, argument, *value, out)
        }
        (Raw::Uint(value), FieldType::Reltime) => {
            seconds(*value, out);
            true
        }
        (Raw::Bytes(path), FieldType::Fspath | FieldType::Fsrelpath) => {
            self::path(arguments, argument, path, out)
        }
        _ => false,
    }
}

fn names(arguments: &Arguments<'_>, argument: &Argument, value: u64, out: &mut Vec<u8>) -> bool {
    let event = arguments.row.event();
    let table = match argument.part {
        Part::SocketFlags => Some(&flags::CREATION),
        Part::CreatFlags => Some(&flags::CREAT),
        Part::Fact(_) => flags::table(event, Role::ExeFlags),
        Part::Whole if argument.name == "features" => Some(&flags::URING_FEATURES),
        _ => flags::table(event, argument.role),
    };
    table.is_some_and(|table| table.names(value, out))
}

/// Names of an argument in Falco's own encoding.
fn words(argument: &Argument, value: u64, out: &mut Vec<u8>) -> bool {
    flags::write_names(
        argument.words,
        value,
        argument.ty == FieldType::Enumflags,
        out,
    )
}

/// Seconds with six significant digits, without zeros at the end.
fn seconds(time_ns: u64, out: &mut Vec<u8>) {
    const DIGITS: i32 = 6;
    let value = time_ns as f64 / 1e9;
    let exponent = if time_ns == 0 {
        0
    } else {
        value.log10().floor() as i32
    };
    let text = if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        let text = format!("{value:.decimals$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        let text = format!("{value:.5e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        let power: i32 = power.parse().unwrap_or(0);
        let sign = if power < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", power.abs())
    };
    out.extend_from_slice(text.as_bytes());
    out.push(b's');
}

fn errno(value: i64, out: &mut Vec<u8>) -> bool {
    if value >= 0 {
        return false;
    }
    let name = flags::errno_name(value.unsigned_abs());
    name.inspect(|name| out.extend_from_slice(name.as_bytes()))
        .is_some()
}

/// `<f>/etc/passwd`: the type character, for IP sockets with the protocol's letter, and the name.
fn descriptor(arguments: &Arguments<'_>, value: i64, out: &mut Vec<u8>) -> bool {
    if value == AT_FDCWD {
        out.extend_from_slice(b"AT_FDCWD");
        return true;
    }
    if value < 0 {
        return errno(value, out);
    }
    let Some(file) = arguments.file(value) else {
        return false;
    };
    out.push(b'<');
    out.extend_from_slice(file.kind.type_char().as_bytes());
    // Falco knows the protocol of a socket whose side it knows.
    let socket = file.ip.filter(|socket| socket.side != Side::Unknown);
    if let Some(protocol) = socket.and_then(|socket| socket.protocol) {
        out.extend_from_slice(protocol.letter().as_bytes());
    }
    out.push(b'>');
    out.extend_from_slice(&file.name);
    true
}

/// The name of the thread that a number stands for. What a program gave or was told counts in its own pid namespace.
fn process(arguments: &Arguments<'_>, argument: &Argument, value: i64, out: &mut Vec<u8>) -> bool {
    let of_host = matches!(
        argument.part,
        Part::Fact(Fact::Tid | Fact::Pid | Fact::Ppid | Fact::Reaper)
    ) || arguments.row.event() == events::procfork::EVENT && argument.name == "ptid";
    let state = arguments.state;
    let own = arguments
        .thread
        .filter(|_| !of_host && arguments.row.manner().counts_in_namespaces());
    let thread = match own {
        Some(own) => state.meant(own, Vtid(value)),
        None => Tid::told(value).and_then(|tid| state.thread_of_tid(tid)),
    };
    let name = thread.and_then(|thread| thread.comm.as_deref());
    name.inspect(|name| out.extend_from_slice(name)).is_some()
}

fn user(arguments: &Arguments<'_>, value: u64, out: &mut Vec<u8>) -> bool {
    let Some(uid) = u32::try_from(value).ok().filter(|uid| *uid != u32::MAX) else {
        out.extend_from_slice(b"<NONE>");
        return true;
    };
    let name = arguments
        .state
        .user(container(arguments), uid)
        .map(|user| &user.name[..]);
    out.extend_from_slice(name.unwrap_or(if uid == 0 { b"root" } else { b"<NA>" }));
    true
}

fn group(arguments: &Arguments<'_>, value: u64, out: &mut Vec<u8>) -> bool {
    let Some(gid) = u32::try_from(value).ok().filter(|gid| *gid != u32::MAX) else {
        out.extend_from_slice(b"<NONE>");
        return true;
    };
    let name = arguments.state.group(container(arguments), gid);
    out.extend_from_slice(name.unwrap_or(if gid == 0 { b"root" } else { b"<NA>" }));
    true
}

fn container<'a>(arguments: &Arguments<'a>) -> Option<&'a [u8]> {
    let container = arguments.thread?.cgroups.container()?;
    Some(&container.id[..])
}

/// The absolute path of one that was given as relative.
fn path(arguments: &Arguments<'_>, argument: &Argument, given: &[u8], out: &mut Vec<u8>) -> bool {
    if given.is_empty() || given.starts_with(b"/") {
        return false;
    }
    let row = arguments.row;
    let directory = argument.directory.and_then(|param| {
        if row.manner().has_falcos_types() {
            let number = row.falco_int(param);
            number.and_then(|number| i32::try_from(number).ok())
        } else {
            row.fd(param)
        }
    });
    let resolved = arguments.state.resolve(arguments.thread, directory, given);
    out.extend_from_slice(&resolved);
    true
}
