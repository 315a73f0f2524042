//! The frame in which one finished event travels from the probe to the recorder.
//!
//! A frame is a [`FrameHeader`], one [`ParamDesc`] per parameter, then the values one after the other without padding.
//! Integers always take eight bytes here; the recorder keeps as many low bytes as the parameter's wire type has.
//! Strings come without their NUL. An absent value takes no bytes.

use crate::{Abi, EventId, Lane, ParamStatus};

/// The fixed part of a frame. 56 bytes, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct FrameHeader {
    /// `CLOCK_BOOTTIME` in nanoseconds, strictly increasing per CPU.
    pub time: u64,
    /// When the thread started, in nanoseconds of `CLOCK_BOOTTIME`: a reused tid is another thread.
    pub start: u64,
    /// Sequence number per CPU, from 0: counts every frame that was due, delivered or not.
    pub sequence: u64,
    /// Thread id, initial pid namespace.
    pub tid: u32,
    /// Process id, initial pid namespace.
    pub pid: u32,
    /// Bytes of the whole frame.
    pub length: u32,
    /// The event's id.
    pub event: u16,
    /// The CPU.
    pub cpu: u16,
    /// The [`Abi`] of the call; the native one for tracepoints.
    pub abi: u8,
    /// The [`Lane`].
    pub lane: u8,
    /// How many parameters follow.
    pub params: u8,
    /// Zero.
    pub reserved: [u8; 5],
    /// The syscall's number in its ABI, -1 where no syscall is running.
    pub syscall: i32,
    /// Zero.
    pub reserved2: u32,
}

/// The CPU of rows that the recorder adds of itself: none that any machine has, so that (boot, CPU, time) names them as it names frames.
pub const CPU_RECORDER: u16 = u16::MAX - 1;

/// Bytes of a [`FrameHeader`].
pub const HEADER_LEN: usize = size_of::<FrameHeader>();

const _: () = assert!(HEADER_LEN == 56);

impl FrameHeader {
    /// The event's id.
    pub const fn event_id(&self) -> EventId {
        EventId(self.event)
    }

    /// The ABI, if the byte is one.
    pub const fn abi(&self) -> Option<Abi> {
        Abi::from_u8(self.abi)
    }

    /// The lane, if the byte is one.
    pub const fn lane(&self) -> Option<Lane> {
        Lane::from_u8(self.lane)
    }
}

/// Status and length of one value: two status bits above fourteen bits of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct ParamDesc(pub u16);

impl ParamDesc {
    const LENGTH_BITS: u32 = 14;

    /// The longest value, in bytes.
    pub const LENGTH_MAX: u16 = (1 << Self::LENGTH_BITS) - 1;

    /// A descriptor. Lengths above [`Self::LENGTH_MAX`] are cut to it.
    pub const fn new(status: ParamStatus, length: u16) -> ParamDesc {
        let length = if length > Self::LENGTH_MAX {
            Self::LENGTH_MAX
        } else {
            length
        };
        ParamDesc((status as u16) << Self::LENGTH_BITS | length)
    }

    /// Bytes of the value.
    pub const fn length(self) -> u16 {
        self.0 & Self::LENGTH_MAX
    }

    /// Its status.
    pub const fn status(self) -> ParamStatus {
        match self.0 >> Self::LENGTH_BITS {
            0 => ParamStatus::Present,
            1 => ParamStatus::Truncated,
            2 => ParamStatus::Fault,
            _ => ParamStatus::Absent,
        }
    }
}

/// Bits of an `opened` parameter: what an open found or made.
pub mod created {
    /// The call created the file.
    pub const CREATED: u32 = 1;
    /// The file lies in the upper layer of an overlay.
    pub const UPPER_LAYER: u32 = 2;
    /// The file lies in a lower layer of an overlay.
    pub const LOWER_LAYER: u32 = 4;
}

/// Bits of an `exe_flags` parameter: facts of an executable.
pub mod exe_flags {
    /// It lies in the upper layer of an overlay.
    pub const UPPER_LAYER: u32 = 1;
    /// It lies in a lower layer of an overlay.
    pub const LOWER_LAYER: u32 = 2;
    /// It is a memfd.
    pub const MEMFD: u32 = 4;
    /// Its inode has no name left.
    pub const UNLINKED: u32 = 8;
    /// The name that it was found under was removed.
    pub const DELETED: u32 = 16;
    /// The climb from it did not end at the root of the task's mount namespace.
    pub const UNREACHABLE: u32 = 32;
    /// Its path lacks its beginning.
    pub const CUT: u32 = 64;
}

/// Bits of a `path_flags` parameter: what is to be known of the path of an open file.
pub mod path_flags {
    /// The name that the file was found under was removed.
    pub const DELETED: u32 = 1;
    /// The climb from the file did not end at the root of the task's mount namespace: it lies in a detached mount, in another namespace, or outside every directory.
    pub const UNREACHABLE: u32 = 2;
    /// The path, or the one inside the file system, lacks its beginning.
    pub const CUT: u32 = 4;
}

/// The encoding of both ends of a socket (`Role::Tuple`).
///
/// Byte 0 is the address family (`AF_UNIX` 1, `AF_INET` 2, `AF_INET6` 10), byte 1 the socket's protocol (`IPPROTO_TCP` 6, …; 0 for unix), bytes 2 and 3 its state as the kernel numbers it (low byte) and the socket's type (high byte).
/// Then for IPv4 and IPv6: local port u16, remote port u16 (both host order), local address, remote address (4 or 16 bytes each, network order).
/// For unix: the socket's inode u64, the peer's inode u64, then the path (the bound one, else the peer's; an abstract name keeps its leading NUL).
pub mod tuple {
    /// Where the addresses or inodes start.
    pub const IP_ADDRESSES: usize = 8;
    /// Bytes of an IPv4 tuple.
    pub const IPV4_LEN: usize = 16;
    /// Bytes of an IPv6 tuple.
    pub const IPV6_LEN: usize = 40;
    /// Where a unix tuple's path starts.
    pub const UNIX_PATH: usize = 20;
}
