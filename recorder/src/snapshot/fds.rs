//! The open descriptors of a process, as rows.

use std::cell::RefCell;
use std::os::unix::ffi::OsStrExt;

use falco_abi::events::state_fd as param;
use rustix::fs::{AtFlags, CWD, StatxFlags};

use super::Snapshot;
use super::mounts::device;
use super::sockets::{self, Sockets};
use super::status::fdinfo_flags;
use crate::row::{Row, Subject};

/// How many descriptors of one process are looked at; what is beyond is counted as unreadable.
const FDS_PER_PROCESS_MAX: usize = 1 << 16;
/// The longest name of a protocol, in bytes: the kernel keeps 32 with the NUL.
const PROTOCOL_MAX: usize = 32;

/// Writes a row per descriptor of a process, or of a thread that has a table of its own.
pub(super) fn descriptors(
    snapshot: &mut Snapshot<'_>,
    subject: &Subject,
    sockets: &RefCell<Sockets>,
) {
    let below = if subject.tid == subject.pid {
        subject.pid.to_string()
    } else {
        format!("{}/task/{}", subject.pid, subject.tid)
    };
    let numbers = snapshot.proc.numbers(format!("{below}/fd"));
    let beyond = numbers.len().saturating_sub(FDS_PER_PROCESS_MAX);
    let beyond = u32::try_from(beyond).unwrap_or(u32::MAX);
    snapshot.proc.unreadable = snapshot.proc.unreadable.saturating_add(beyond);
    for fd in numbers.into_iter().take(FDS_PER_PROCESS_MAX) {
        let time = (snapshot.options.now)();
        let Some(name) = snapshot.proc.link(format!("{below}/fd/{fd}")) else {
            continue;
        };
        let info = snapshot.proc.text(format!("{below}/fdinfo/{fd}"));
        let mut row = Row::new(param::EVENT, *subject, time);
        row.int(param::fd, i64::from(fd))
            .uint(param::flags, info.as_deref().and_then(fdinfo_flags))
            .bytes(
                param::tuple,
                tuple(snapshot, (&below, subject.pid), fd, &name, sockets).as_deref(),
            )
            .bytes(param::name, name.as_slice());
        add_inode(snapshot, &below, fd, &mut row);
        snapshot.counts.fds = snapshot.counts.fds.saturating_add(1);
        snapshot.sink.row(&row);
    }
}

fn add_inode(snapshot: &mut Snapshot<'_>, below: &str, fd: u32, row: &mut Row) {
    let path = snapshot.proc.path(format!("{below}/fd/{fd}"));
    // What a remote file system knows is not waited for.
    let result = rustix::fs::statx(
        CWD,
        path.as_os_str().as_bytes(),
        AtFlags::STATX_DONT_SYNC,
        StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::INO,
    );
    if let Some(stat) = snapshot.proc.counted(result.map_err(Into::into)) {
        row.uint(param::mode, u64::from(stat.stx_mode))
            .uint(param::ino, stat.stx_ino)
            .uint(param::dev, device(stat.stx_dev_major, stat.stx_dev_minor));
    }
}

/// The tuple of a descriptor that is a socket: as the tables have it, or by its protocol alone.
fn tuple(
    snapshot: &mut Snapshot<'_>,
    (below, pid): (&str, u32),
    fd: u32,
    name: &[u8],
    sockets: &RefCell<Sockets>,
) -> Option<Vec<u8>> {
    let inode = socket_inode(name)?;
    let listed = || sockets.borrow().tuple(inode).map(<[u8]>::to_vec);
    if let Some(known) = listed() {
        return Some(known);
    }
    let path = snapshot.proc.path(format!("{below}/fd/{fd}"));
    let mut protocol = [0; PROTOCOL_MAX];
    let length = rustix::fs::getxattr(&path, "system.sockprotoname", &mut protocol).ok()?;
    let protocol = protocol.get(..length)?;
    let protocol = protocol.split(|byte| *byte == 0).next()?;
    sockets.borrow_mut().read_again(&mut snapshot.proc, pid);
    listed().or_else(|| sockets::unlisted(protocol))
}

/// The inode in `socket:[123]`.
fn socket_inode(name: &[u8]) -> Option<u64> {
    let inode = name.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(inode).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_known_by_their_name() {
        assert_eq!(socket_inode(b"socket:[123]"), Some(123));
        assert_eq!(socket_inode(b"pipe:[123]"), None);
        assert_eq!(socket_inode(b"socket:[x]"), None);
    }
}
