//! A row of the recorder's own, of a STATE item or of the stream, while it is put together: values by parameter, in the wire types of the event table.
//!
//! Owns the encoding of numbers to their widths and the cutting of long strings; where rows go is the [`RowSink`]'s business.

use falco_abi::limits::{ARGV_MAX, ENV_MAX, TUPLE_MAX};
use falco_abi::{EventDef, EventId, ParamStatus, Role, events};

use crate::containers::metadata::JSON_MAX;

/// The longest path or other string of a snapshot, in bytes: the kernel's own `PATH_MAX`.
const STRING_MAX: usize = 4096;

/// The thread that a row is about; zeros where it is about none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Thread id.
    pub tid: u32,
    /// Process id.
    pub pid: u32,
    /// When the thread started, nanoseconds of `CLOCK_BOOTTIME`, cut to a clock tick (what /proc tells).
    pub start: u64,
}

/// One value: its status and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What became of it.
    pub status: ParamStatus,
    /// Its bytes; integers little-endian in their wire width.
    pub bytes: Vec<u8>,
}

/// A row of a STATE item, or an event that the recorder tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which kind of row.
    pub event: EventId,
    /// The thread it is about.
    pub subject: Subject,
    /// When it was seen, nanoseconds of `CLOCK_BOOTTIME`.
    pub time: u64,
    /// A value per parameter of the event.
    pub values: Vec<Value>,
}

/// Takes the rows of a snapshot in order.
pub trait RowSink {
    /// Takes one row.
    fn row(&mut self, row: &Row);
}

impl RowSink for Vec<Row> {
    fn row(&mut self, row: &Row) {
        self.push(row.clone());
    }
}

impl Row {
    /// A row whose values are all absent.
    pub fn new(event: EventId, subject: Subject, time: u64) -> Row {
        let count = events::event(event).map_or(0, |def| def.params.len());
        let absent = Value {
            status: ParamStatus::Absent,
            bytes: Vec::new(),
        };
        Row {
            event,
            subject,
            time,
            values: vec![absent; count],
        }
    }

    /// The event's row in the table.
    pub fn def(&self) -> Option<&'static EventDef> {
        events::event(self.event)
    }

    /// Sets an integer; the parameter keeps as many low bytes as it is wide. `None` leaves it absent.
    pub fn int(&mut self, param: usize, value: impl Into<Option<i64>>) -> &mut Row {
        let width = self
            .def()
            .and_then(|def| def.params.get(param))
            .and_then(|p| p.wire.width());
        if let (Some(value), Some(width), Some(slot)) =
            (value.into(), width, self.values.get_mut(param))
        {
            slot.status = ParamStatus::Present;
            slot.bytes = value.to_le_bytes().into_iter().take(width).collect();
        }
        self
    }

    /// Sets an unsigned integer, as [`Row::int`] does.
    pub fn uint(&mut self, param: usize, value: impl Into<Option<u64>>) -> &mut Row {
        self.int(param, value.into().map(u64::cast_signed))
    }

    /// Sets a string or bytes, cut to the limit of its kind. `None` leaves it absent.
    pub fn bytes<'a>(&mut self, param: usize, value: impl Into<Option<&'a [u8]>>) -> &mut Row {
        let Some(value) = value.into() else {
            return self;
        };
        let limit = self.limit(param);
        if let Some(slot) = self.values.get_mut(param) {
            let kept = value.get(..limit).unwrap_or(value);
            slot.status = if kept.len() < value.len() {
                ParamStatus::Truncated
            } else {
                ParamStatus::Present
            };
            slot.bytes = kept.to_vec();
        }
        self
    }

    /// Sets a string, as [`Row::bytes`] does.
    pub fn text(&mut self, param: usize, value: &str) -> &mut Row {
        self.bytes(param, value.as_bytes())
    }

    fn limit(&self, param: usize) -> usize {
        let Some(def) = self.def().and_then(|def| def.params.get(param)) else {
            return 0;
        };
        match (def.role, def.name) {
            (Role::Strings, "env") => usize::from(ENV_MAX),
            (Role::Strings, _) => usize::from(ARGV_MAX),
            (Role::Tuple, _) => usize::from(TUPLE_MAX),
            // A cut JSON is none; it has its own limit and is made to keep within it.
            (_, "json") => JSON_MAX,
            _ => STRING_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_abi::events::{state_fd, state_thread};

    #[test]
    fn values_take_their_wire_width_and_are_cut_at_their_limit() {
        let mut row = Row::new(state_thread::EVENT, Subject::default(), 7);
        row.uint(state_thread::uid, 0x1_0000_0005_u64)
            .int(state_thread::ptid, -1)
            .bytes(state_thread::argv, &[b'a'; 5000][..])
            .text(state_thread::comm, "sh");
        assert_eq!(row.values[state_thread::uid].bytes, [5, 0, 0, 0]);
        assert_eq!(row.values[state_thread::ptid].bytes, [255; 8]);
        assert_eq!(row.values[state_thread::argv].bytes.len(), 4096);
        assert_eq!(
            row.values[state_thread::argv].status,
            ParamStatus::Truncated
        );
        assert_eq!(row.values[state_thread::comm].bytes, b"sh");
        assert_eq!(row.values[state_thread::cwd].status, ParamStatus::Absent);
    }

    #[test]
    fn what_is_not_known_stays_absent() {
        let mut row = Row::new(state_fd::EVENT, Subject::default(), 0);
        row.uint(state_fd::ino, None).bytes(state_fd::tuple, None);
        assert!(
            row.values
                .iter()
                .all(|value| value.status == ParamStatus::Absent)
        );
    }
}
