//! Syscall numbers: which call a number means in each ABI, and which event it becomes.

mod numbers;

use crate::events::{self, EventDef};
use crate::{Abi, EventId};

use numbers::NUMBERS;

/// What the calls of i386's `socketcall` are named, by the call's number from 0 (which is none).
pub const SOCKETCALLS: [&str; 21] = [
    "",
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// Every syscall name with its numbers per [`Abi`] (-1 where the ABI lacks it), sorted by name.
pub fn syscalls() -> impl Iterator<Item = (&'static str, [i16; 4])> {
    NUMBERS.iter().copied()
}

/// The name of a number in an ABI.
pub fn name(abi: Abi, number: u32) -> Option<&'static str> {
    let wanted = i16::try_from(number).ok()?;
    let column = abi as usize;
    syscalls()
        .find(|(_, numbers)| numbers.get(column) == Some(&wanted))
        .map(|(name, _)| name)
}

/// The number of a name in an ABI.
pub fn number(abi: Abi, name: &str) -> Option<u32> {
    let place = NUMBERS
        .binary_search_by(|(other, _)| (*other).cmp(name))
        .ok()?;
    let number = NUMBERS.get(place)?.1.get(abi as usize)?;
    u32::try_from(*number).ok()
}

/// The event that a syscall's name becomes: its own row, else the generic row `syscall`.
pub fn event_of(name: &str) -> &'static EventDef {
    let own = events::events().find(|event| event.syscalls.contains(&name));
    own.or_else(|| events::event(GENERIC))
        .expect("the table has the generic row")
}

/// The event of calls that have no row of their own.
pub const GENERIC: EventId = events::syscall::EVENT;
