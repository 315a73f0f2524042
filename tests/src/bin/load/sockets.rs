//! Sockets with both ends in one process: listened, connected, accepted, by the C library's calls.
//!
//! The standard library's sockets end the process when another has closed their number, which happens here all the time.

use std::ffi::{OsString, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStringExt;

use crate::{Load, Random, kernel};

const AF_UNIX: c_int = 1;
const AF_INET: c_int = 2;
const AF_INET6: c_int = 10;
const SOCK_STREAM: c_int = 1;
const SOCK_DGRAM: c_int = 2;
const SOCK_NONBLOCK: c_int = 0o4_000;
/// The longest address of a unix socket, bytes.
const UNIX_MAX: usize = 108;
/// The port of the discard service, where nobody needs to listen for a datagram socket to be connected.
const DISCARD: u16 = 9;

// SAFETY: these are the C library's functions of these names and types; `socket` and `listen` touch no memory of ours.
unsafe extern "C" {
    safe fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    safe fn listen(fd: c_int, backlog: c_int) -> c_int;
    fn bind(fd: c_int, address: *const c_void, length: c_uint) -> c_int;
    fn connect(fd: c_int, address: *const c_void, length: c_uint) -> c_int;
    fn getsockname(fd: c_int, address: *mut c_void, length: *mut c_uint) -> c_int;
    fn accept4(fd: c_int, address: *mut c_void, length: *mut c_uint, flags: c_int) -> c_int;
}

/// Makes sockets of one family and hands back their numbers. Whatever fails, since another closed it or there are too many, is left as it is.
pub(crate) fn make(load: &Load, random: &mut Random) -> Vec<c_int> {
    let mut made = Vec::new();
    match random.below(5) {
        0 | 1 => {
            stream(AF_INET, &ip(AF_INET, 0), random, &mut made);
        }
        2 => {
            stream(AF_INET6, &ip(AF_INET6, 0), random, &mut made);
        }
        3 => made.extend(datagram(random)),
        _ => {
            let name = format!("socket-{}-{}", kernel::thread_id(), random.next());
            stream(AF_UNIX, &unix(load, &name), random, &mut made);
        }
    }
    made
}

fn stream(domain: c_int, address: &[u8], random: &mut Random, made: &mut Vec<c_int>) -> Option<()> {
    let cloexec = kernel::O_CLOEXEC * c_int::from(random.below(2) == 0);
    // Never blocking: the other end may be closed by another at any time.
    let server = positive(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | cloexec, 0))?;
    made.push(server);
    bind_to(server, address);
    listen(server, 4);
    let address = match domain {
        AF_UNIX => address.to_vec(),
        _ => own_address(server)?,
    };
    if random.below(4) == 0 {
        return None;
    }
    let client = positive(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | cloexec, 0))?;
    made.push(client);
    connect_to(client, &address);
    // SAFETY: no address is asked for.
    let accepted = unsafe { accept4(server, std::ptr::null_mut(), std::ptr::null_mut(), cloexec) };
    made.extend(positive(accepted));
    Some(())
}

fn datagram(random: &mut Random) -> Option<c_int> {
    let fd = positive(socket(AF_INET, SOCK_DGRAM | kernel::O_CLOEXEC, 0))?;
    if random.below(2) == 0 {
        bind_to(fd, &ip(AF_INET, 0));
    }
    if random.below(2) == 0 {
        connect_to(fd, &ip(AF_INET, DISCARD));
    }
    Some(fd)
}

fn positive(fd: c_int) -> Option<c_int> {
    (fd >= 0).then_some(fd)
}

fn bind_to(fd: c_int, address: &[u8]) {
    // SAFETY: the address is as long as it says.
    unsafe { bind(fd, address.as_ptr().cast(), address.len() as c_uint) };
}

fn connect_to(fd: c_int, address: &[u8]) {
    // SAFETY: the address is as long as it says.
    unsafe { connect(fd, address.as_ptr().cast(), address.len() as c_uint) };
}

fn own_address(fd: c_int) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; UNIX_MAX + 2];
    let mut length = bytes.len() as c_uint;
    // SAFETY: there is room for as many bytes as `length` says.
    let result = unsafe { getsockname(fd, bytes.as_mut_ptr().cast(), &raw mut length) };
    bytes.truncate(length as usize);
    (result == 0).then_some(bytes)
}

/// A `struct sockaddr_in` or `sockaddr_in6` of the loopback.
fn ip(family: c_int, port: u16) -> Vec<u8> {
    let mut bytes = (family as u16).to_ne_bytes().to_vec();
    bytes.extend(port.to_be_bytes());
    if family == AF_INET {
        bytes.extend([127, 0, 0, 1]);
        bytes.resize(16, 0);
    } else {
        bytes.resize(8 + 15, 0);
        bytes.push(1);
        bytes.resize(28, 0);
    }
    bytes
}

/// A `struct sockaddr_un` of a path in the load's directory.
fn unix(load: &Load, name: &str) -> Vec<u8> {
    let mut bytes = (AF_UNIX as u16).to_ne_bytes().to_vec();
    let path: OsString = load.directory.join(name).into();
    bytes.extend(path.into_vec());
    bytes.truncate(UNIX_MAX + 1);
    bytes.push(0);
    bytes
}
