//! Words for what captures have numbers for.
//!
//! In: numbers of terminals, ends of connections. Out: text as the tools of a machine have it.

use std::net::SocketAddr;

use falco_analyze::past::Process;
use falco_analyze::state::Endpoint;

/// The numbers of pseudo terminals: 256 names for each.
const PTS: std::ops::RangeInclusive<u32> = 136..=143;
/// The number of consoles and serial lines.
const TTY: u32 = 4;
/// From this minor number on they are serial lines.
const SERIAL_FROM: u32 = 64;
const MINORS: u32 = 256;

/// The name of a terminal by its device number, as the kernel encodes it in /proc: `pts/0`, `tty1`.
pub(super) fn terminal(device: u32) -> String {
    let major = device >> 8 & 0xfff;
    let minor = device & 0xff | device >> 12 & 0xfff00;
    match (major, minor) {
        (major, minor) if PTS.contains(&major) => {
            let before = (major - PTS.start()) * MINORS;
            format!("pts/{}", before.saturating_add(minor))
        }
        (TTY, minor @ ..SERIAL_FROM) => format!("tty{minor}"),
        (TTY, minor) => format!("ttyS{}", minor - SERIAL_FROM),
        (major, minor) => format!("{major}:{minor}"),
    }
}

/// An end of a connection; `*` for what is open.
pub(super) fn end(end: Option<Endpoint>) -> String {
    end.map_or_else(
        || "*".to_owned(),
        |end| SocketAddr::from((end.address, end.port)).to_string(),
    )
}

/// A user for people: the name, or the number where nobody knows it.
pub(super) fn user(name: Option<&[u8]>, uid: Option<u32>) -> String {
    match (name, uid) {
        (Some(name), _) => String::from_utf8_lossy(name).into_owned(),
        (None, Some(uid)) => uid.to_string(),
        (None, None) => "?".to_owned(),
    }
}

/// The command line as `ps` has it: all arguments, or the name in brackets where there are none.
pub(super) fn command(process: &Process<'_>) -> String {
    let argv = process.argv().unwrap_or_default();
    let has_text = argv.iter().any(|argument| !argument.is_empty());
    let text = if has_text {
        String::from_utf8_lossy(&argv.join(&b' ')).into_owned()
    } else {
        let name = process.name().unwrap_or(b"?");
        format!("[{}]", String::from_utf8_lossy(name))
    };
    if process.is_ending() {
        text + " <defunct>"
    } else {
        text
    }
}

/// A container for people: its name, or its id where nobody told it; none outside containers.
pub(super) fn container(process: &Process<'_>) -> Option<String> {
    let id = process.container_id();
    if id == b"host" {
        return None;
    }
    let named = process.container_name().map(str::to_owned);
    Some(named.unwrap_or_else(|| String::from_utf8_lossy(id).into_owned()))
}

/// The lossy text of a name; `?` where it is not known.
pub(super) fn name(name: Option<&[u8]>) -> String {
    String::from_utf8_lossy(name.unwrap_or(b"?")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_called_as_in_dev() {
        let check = |device, expected: &str| assert_eq!(terminal(device), expected);
        check(0x8800, "pts/0");
        check(0x8803, "pts/3");
        check(0x8901, "pts/257");
        check(0x0401, "tty1");
        check(0x0440, "ttyS0");
        check(0x0501, "5:1");
        check(u32::MAX, "4095:1048575");
    }
}
