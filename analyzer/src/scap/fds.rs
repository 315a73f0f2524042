//! Lists of descriptors: one block for each thread that has a table of its own.

use falco_abi::events::state_fd;
use falco_format::RawParam;

use super::cursor::{Cursor, Malformed};
use super::snapshot::Snapshot;
use crate::dialect::{SNAPSHOT_PARAMS, snapshot_param};

/// What a descriptor is, by the number in its entry.
pub(crate) mod fd_type {
    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const FILE: u8 = 1;
    pub(crate) const DIRECTORY: u8 = 2;
    pub(crate) const IPV4: u8 = 3;
    pub(crate) const IPV6: u8 = 4;
    pub(crate) const IPV4_SERVER: u8 = 5;
    pub(crate) const IPV6_SERVER: u8 = 6;
    pub(crate) const FIFO: u8 = 7;
    pub(crate) const UNIX: u8 = 8;
    pub(crate) const EVENT: u8 = 9;
    pub(crate) const UNSUPPORTED: u8 = 10;
    pub(crate) const SIGNAL: u8 = 11;
    pub(crate) const EVENT_POLL: u8 = 12;
    pub(crate) const INOTIFY: u8 = 13;
    pub(crate) const TIMER: u8 = 14;
    pub(crate) const NETLINK: u8 = 15;
    pub(crate) const FILE_V2: u8 = 16;
    pub(crate) const BPF: u8 = 17;
    pub(crate) const USERFAULT: u8 = 18;
    pub(crate) const IO_URING: u8 = 19;
    pub(crate) const MEMFD: u8 = 20;
    pub(crate) const PIDFD: u8 = 21;
}

const COUNT: usize = {
    let mut row = 0;
    while SNAPSHOT_PARAMS[row].0.0 != state_fd::EVENT.0 {
        row += 1;
    }
    SNAPSHOT_PARAMS[row].1.len()
};
const FD: usize = snapshot_param(state_fd::EVENT, "fd");
const INO: usize = snapshot_param(state_fd::EVENT, "ino");
const TYPE: usize = snapshot_param(state_fd::EVENT, "type");
const NAME: usize = snapshot_param(state_fd::EVENT, "name");
const FLAGS: usize = snapshot_param(state_fd::EVENT, "flags");
const DEV: usize = snapshot_param(state_fd::EVENT, "dev");
const SIP: usize = snapshot_param(state_fd::EVENT, "sip");
const DIP: usize = snapshot_param(state_fd::EVENT, "dip");
const SPORT: usize = snapshot_param(state_fd::EVENT, "sport");
const DPORT: usize = snapshot_param(state_fd::EVENT, "dport");
const L4PROTO: usize = snapshot_param(state_fd::EVENT, "l4proto");
const SOURCE: usize = snapshot_param(state_fd::EVENT, "source");
const DESTINATION: usize = snapshot_param(state_fd::EVENT, "destination");

/// A row that is filled field by field.
struct FdRow<'a, 'c> {
    cursor: &'c mut Cursor<'a>,
    row: [RawParam<'a>; COUNT],
}

impl<'a> FdRow<'a, '_> {
    fn set(&mut self, index: usize, value: &'a [u8]) {
        if let Some(slot) = self.row.get_mut(index) {
            *slot = RawParam::present(value);
        }
    }

    fn fixed(&mut self, index: usize, length: usize) -> Result<(), Malformed> {
        let value = self.cursor.take(length)?;
        self.set(index, value);
        Ok(())
    }

    fn name(&mut self) -> Result<(), Malformed> {
        let value = self.cursor.string()?;
        self.set(NAME, value);
        Ok(())
    }

    /// Both ends of a connection.
    fn ends(&mut self, address_len: usize) -> Result<(), Malformed> {
        self.fixed(SIP, address_len)?;
        self.fixed(DIP, address_len)?;
        self.fixed(SPORT, 2)?;
        self.fixed(DPORT, 2)?;
        self.fixed(L4PROTO, 1)
    }

    /// The address of a listening socket.
    fn listener(&mut self, address_len: usize) -> Result<(), Malformed> {
        self.fixed(SIP, address_len)?;
        self.fixed(SPORT, 2)?;
        self.fixed(L4PROTO, 1)
    }

    /// What a type has beside number, inode and type. `sized` entries of newer writers end with the device of a file.
    fn of_type(&mut self, ty: u8, sized: bool) -> Result<(), Malformed> {
        match ty {
            fd_type::UNKNOWN => Ok(()),
            fd_type::IPV4 => self.ends(4),
            fd_type::IPV6 => self.ends(16),
            fd_type::IPV4_SERVER => self.listener(4),
            fd_type::IPV6_SERVER => self.listener(16),
            fd_type::UNIX => {
                self.fixed(SOURCE, 8)?;
                self.fixed(DESTINATION, 8)?;
                self.name()
            }
            fd_type::FILE_V2 => {
                self.fixed(FLAGS, 4)?;
                self.name()?;
                match sized {
                    // Older writers end the entry before the device.
                    true => self.fixed(DEV, 4).or(Ok(())),
                    false => Ok(()),
                }
            }
            fd_type::FILE..=fd_type::PIDFD => self.name(),
            // A type of the future: its entry says where the next one begins, or nobody does.
            _ if sized => Ok(()),
            _ => Err(Malformed),
        }
    }
}

/// Reads one entry of a thread's list. Where entries carry their length, it counts its own four bytes.
pub(super) fn entry(
    sized: bool,
    tid: u64,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    if !sized {
        return fields(false, tid, cursor, out);
    }
    let mut entry = cursor.sized_entry()?;
    fields(true, tid, &mut entry, out)?;
    out.left_over(&entry);
    Ok(())
}

fn fields(
    sized: bool,
    tid: u64,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    let mut row = FdRow {
        cursor,
        row: [RawParam::ABSENT; COUNT],
    };
    row.fixed(FD, 8)?;
    row.fixed(INO, 8)?;
    let ty = row.cursor.take(1)?;
    row.set(TYPE, ty);
    row.of_type(ty.first().copied().unwrap_or(fd_type::UNKNOWN), sized)?;
    out.push(state_fd::EVENT, (tid, 0), &row.row);
    Ok(())
}
