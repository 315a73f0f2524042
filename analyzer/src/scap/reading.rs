//! One event or one entry of a list, from the bytes of its block to its row.

use bumpalo::Bump;

use super::block::BlockKind;
use super::cursor::{Cursor, Malformed};
use super::event::{Body, RawEvent};
use super::lift::Lifter;
use super::rows::{EventRows, Place};
use super::snapshot::Snapshot;
use super::{fds, interfaces, process, users};

/// Lifts an event and makes it a row; in words why not, or what is wrong with the row.
pub(super) fn event(
    raw: &RawEvent<'_>,
    rows: &mut EventRows,
    lifter: &mut Lifter,
    arena: &Bump,
) -> Result<Option<&'static str>, &'static str> {
    const TOO_LONG: &str = "an event is longer than any row can be";
    const TORN: &str = "an exit finds the enter of another call, and takes nothing from it";
    const LONGER: &str = "an event is longer than its parameters; a length may be wrong";
    let place = Place {
        cpu: raw.cpu,
        time: raw.time,
        tid: raw.tid,
        flags: raw.flags,
    };
    match raw.body {
        Body::Unknown(count, bytes) => rows
            .unknown(place, (raw.code, count), bytes)
            .map(|()| None)
            .map_err(|_| TOO_LONG),
        Body::Known(event, params) => {
            let Some(lifted) = lifter.lift(raw.tid, event, params, arena) else {
                return Ok(None);
            };
            rows.known(place, lifted.event, &lifted.params)
                .map_err(|_| TOO_LONG)?;
            let is_longer = params.leaves_bytes().then_some(LONGER);
            Ok(lifted.is_torn.then_some(TORN).or(is_longer))
        }
    }
}

/// Reads one entry of a list.
pub(super) fn entry(
    list: BlockKind,
    tid: u64,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    match list {
        BlockKind::Processes { version } => process::entry(version, cursor, out),
        BlockKind::Fds { sized } => fds::entry(sized, tid, cursor, out),
        BlockKind::Users { sized } => users::entry(sized, cursor, out),
        BlockKind::Interfaces { sized } => interfaces::entry(sized, cursor, out),
        _ => Err(Malformed),
    }
}
