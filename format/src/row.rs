//! What every row has: its meta data, and its parameters as bytes with their status.

use falco_abi::{EventId, ParamStatus};

use crate::ids::{Pid, Tid};

/// The fixed part of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RowMeta {
    /// `CLOCK_BOOTTIME`, nanoseconds.
    pub time: u64,
    /// The CPU.
    pub cpu: u16,
    /// The `falco_abi::Abi` of the call as its number; unknown ones are kept.
    pub abi: u8,
    /// Thread id, initial pid namespace.
    pub tid: Tid,
    /// Process id, initial pid namespace.
    pub pid: Pid,
    /// When the thread started, nanoseconds of `CLOCK_BOOTTIME`.
    pub start: u64,
    /// Sequence number per CPU.
    pub sequence: u64,
}

/// One parameter of a row: what became of it, and its bytes.
///
/// Fixed wire types have the little-endian bytes of exactly their width, or none where the status says that nothing was obtained.
/// An empty string that is present is not the same as an absent one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawParam<'a> {
    /// What became of it.
    pub status: ParamStatus,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> RawParam<'a> {
    /// No such value.
    pub const ABSENT: RawParam<'static> = RawParam {
        status: ParamStatus::Absent,
        bytes: &[],
    };

    /// A whole value.
    pub const fn present(bytes: &'a [u8]) -> RawParam<'a> {
        RawParam {
            status: ParamStatus::Present,
            bytes,
        }
    }

    /// A value that was cut at its limit.
    pub const fn truncated(bytes: &'a [u8]) -> RawParam<'a> {
        RawParam {
            status: ParamStatus::Truncated,
            bytes,
        }
    }
}

/// Why a row was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The schema has no such event.
    #[error("event {} is not in the schema", .0.0)]
    UnknownEvent(EventId),
    /// More parameters than the event has.
    #[error("event {} has {expected} parameters, not {found}", .event.0)]
    TooManyParams {
        /// The event.
        event: EventId,
        /// How many it has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// The bytes of a parameter do not fit its wire type and status.
    #[error("parameter {param} of event {} cannot have {length} bytes with status {}", .event.0, .status.name())]
    BadLength {
        /// The event.
        event: EventId,
        /// Index of the parameter.
        param: usize,
        /// Bytes that were given.
        length: usize,
        /// Its status.
        status: ParamStatus,
    },
    /// The row is longer than [`crate::limits::ROW_BYTES_MAX`].
    #[error("a row of event {} has {length} bytes of values", .event.0)]
    TooLong {
        /// The event.
        event: EventId,
        /// Bytes of its values.
        length: usize,
    },
}

/// Why a frame of the probe was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Fewer bytes than its header or its own length say.
    #[error("a frame of {found} bytes is shorter than {expected}")]
    Short {
        /// Bytes that are there.
        found: usize,
        /// Bytes that are needed.
        expected: usize,
    },
    /// An integer that does not take eight bytes.
    #[error("integer parameter {param} of event {} has {length} bytes in its frame", .event.0)]
    BadInteger {
        /// The event.
        event: EventId,
        /// Index of the parameter.
        param: usize,
        /// Bytes it has.
        length: usize,
    },
    /// What it holds is no row of the schema.
    #[error(transparent)]
    Row(#[from] RowError),
}
