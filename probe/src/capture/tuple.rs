//! Both ends of a socket, in the encoding of `falco_abi::frame::tuple`.

use falco_abi::ParamStatus;
use falco_abi::frame::tuple::{IPV4_LEN, IPV6_LEN, UNIX_PATH};
use falco_abi::limits::TUPLE_MAX;

use super::exe;
use crate::frame::{Event, VALUE_MASK};
use crate::read::{copy_kernel, follow, masked, number};
use crate::settings::offset;

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
/// The type bits of an inode's mode, and those of a socket.
const S_IFMT: u16 = 0o170_000;
const S_IFSOCK: u16 = 0o140_000;
/// Bytes before the path in `struct sockaddr_un`.
const UNIX_FAMILY: u64 = 2;
/// The longest path of a unix socket.
const UNIX_PATH_MAX: u64 = 108;
/// Bytes that every family has: family, protocol, state, type.
const COMMON: u64 = 4;

/// Writes the tuple of an open file's socket; absent if it is none.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_tuple(cpu: u32, index: u32, file: u64) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(sock) = sock_of(file) else {
        event.put_absent(index);
        return 0;
    };
    if event.room(TUPLE_MAX as u64) < TUPLE_MAX as u64 {
        event.put(index, ParamStatus::Truncated, 0);
        return 0;
    }
    let family = number::<u16>(sock, offset!(sock_family)).unwrap_or(0);
    let length = unsafe {
        // SAFETY: the place has room for a tuple, see above.
        let to = event.spot();
        common(to, sock, family);
        match family {
            AF_INET => inet4(to, sock),
            AF_INET6 => inet6(to, sock),
            AF_UNIX => unix(to, sock),
            _ => COMMON,
        }
    };
    event.put(index, ParamStatus::Present, length);
    0
}

/// The `struct sock` of an open file, if it is a socket.
#[inline(always)]
pub fn sock_of(file: u64) -> Option<u64> {
    let inode = exe::inode(file)?;
    let mode = number::<u16>(inode, offset!(inode_mode))?;
    if mode & S_IFMT != S_IFSOCK {
        return None;
    }
    let socket = follow(file, offset!(file_private))?;
    follow(socket, offset!(socket_sk))
}

/// # Safety
/// `to` has room for a tuple, as in all functions below.
#[inline(always)]
unsafe fn common(to: *mut u8, sock: u64, family: u16) {
    let protocol = if family == AF_UNIX {
        0
    } else {
        number::<u16>(sock, offset!(sock_protocol)).unwrap_or(0)
    };
    let state = number::<u8>(sock, offset!(sock_state)).unwrap_or(0);
    let kind = number::<u16>(sock, offset!(sock_type)).unwrap_or(0);
    // SAFETY: as the caller promises.
    unsafe {
        *to = family as u8;
        *to.add(1) = protocol as u8;
        *to.add(2) = state;
        *to.add(3) = kind as u8;
    }
}

#[inline(always)]
unsafe fn ports(to: *mut u8, sock: u64) {
    let bound = number::<u16>(sock, offset!(sock_local_port)).unwrap_or(0);
    // A connection that failed gives its port back; what it had stays where segments take it from.
    let local = if bound == 0 {
        u16::from_be(number::<u16>(sock, offset!(sock_source_port)).unwrap_or(0))
    } else {
        bound
    };
    let remote = number::<u16>(sock, offset!(sock_remote_port)).unwrap_or(0);
    // SAFETY: as the caller promises.
    unsafe {
        core::ptr::write_volatile(to.add(4).cast::<u16>(), local);
        core::ptr::write_volatile(to.add(6).cast::<u16>(), u16::from_be(remote));
    }
}

#[inline(always)]
unsafe fn inet4(to: *mut u8, sock: u64) -> u64 {
    let local = number::<u32>(sock, offset!(sock_local4)).unwrap_or(0);
    let remote = number::<u32>(sock, offset!(sock_remote4)).unwrap_or(0);
    // SAFETY: as the caller promises.
    unsafe {
        ports(to, sock);
        core::ptr::write_volatile(to.add(8).cast::<u32>(), local);
        core::ptr::write_volatile(to.add(12).cast::<u32>(), remote);
    }
    IPV4_LEN as u64
}

#[inline(always)]
unsafe fn inet6(to: *mut u8, sock: u64) -> u64 {
    let local = number::<[u64; 2]>(sock, offset!(sock_local6)).unwrap_or([0; 2]);
    let remote = number::<[u64; 2]>(sock, offset!(sock_remote6)).unwrap_or([0; 2]);
    // SAFETY: as the caller promises.
    unsafe {
        ports(to, sock);
        core::ptr::write_volatile(to.add(8).cast::<u64>(), local[0]);
        core::ptr::write_volatile(to.add(16).cast::<u64>(), local[1]);
        core::ptr::write_volatile(to.add(24).cast::<u64>(), remote[0]);
        core::ptr::write_volatile(to.add(32).cast::<u64>(), remote[1]);
    }
    IPV6_LEN as u64
}

/// The inode of the socket behind a `struct sock`, 0 while it has none.
#[inline(always)]
fn socket_inode(sock: u64) -> u64 {
    follow(sock, offset!(sock_socket))
        .and_then(|socket| follow(socket, offset!(socket_file)))
        .and_then(exe::inode)
        .and_then(|inode| number::<u64>(inode, offset!(inode_ino)))
        .unwrap_or(0)
}

#[inline(always)]
unsafe fn unix(to: *mut u8, sock: u64) -> u64 {
    let peer = follow(sock, offset!(unix_peer));
    let peer_inode = peer.map_or(0, socket_inode);
    // SAFETY: as the caller promises.
    unsafe {
        core::ptr::write_volatile(to.add(4).cast::<u64>(), socket_inode(sock));
        core::ptr::write_volatile(to.add(12).cast::<u64>(), peer_inode);
    }
    let bound = follow(sock, offset!(unix_addr));
    let address = bound.or_else(|| peer.and_then(|peer| follow(peer, offset!(unix_addr))));
    let fixed = UNIX_PATH as u64;
    let Some(address) = address else {
        return fixed;
    };
    let (Some(length), Some(name)) = (
        number::<u32>(address, offset!(unix_address_len)),
        offset!(unix_address_name),
    ) else {
        return fixed;
    };
    let length = (length as u64).wrapping_sub(UNIX_FAMILY);
    let length = if length > UNIX_PATH_MAX { 0 } else { length };
    let length = masked::<VALUE_MASK>(length);
    // SAFETY: as the caller promises; the path is no longer than its limit.
    let copied = unsafe { copy_kernel(to.add(UNIX_PATH), length, address + name + UNIX_FAMILY) };
    if copied { fixed + length } else { fixed }
}
