//! Lists of processes: nine forms, each with more fields than the one before.
//!
//! The ninth gives the length of each entry, and fields were appended to it over time; what an entry does not have is absent.

use std::ops::Range;

use falco_abi::events::state_thread;
use falco_format::RawParam;

use crate::dialect::snapshot_param;

use super::cursor::{Cursor, Malformed};
use super::snapshot::Snapshot;

/// The first form whose entries carry their length.
pub(crate) const SIZED_SINCE: u8 = 9;
/// Fields from here on may end with the entry.
pub(crate) const APPENDED_SINCE: u8 = 10;

/// How a field lies in an entry.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// So many bytes.
    Fixed(usize),
    /// A length in two bytes, and as many bytes.
    Text,
}

use Shape::{Fixed, Text};

/// The fields behind the thread's and the process's id, in the order of the file, which is that of the row.
/// In front stands the form that first had them.
pub(crate) const FIELDS: [(u8, Shape); 36] = [
    (1, Fixed(8)),              // ptid
    (6, Fixed(8)),              // sid
    (8, Fixed(8)),              // vpgid
    (1, Text),                  // comm
    (1, Text),                  // exe
    (7, Text),                  // exepath
    (1, Text),                  // args
    (1, Text),                  // cwd
    (1, Fixed(8)),              // fdlimit
    (1, Fixed(4)),              // flags
    (1, Fixed(4)),              // uid
    (1, Fixed(4)),              // gid
    (2, Fixed(4)),              // vm_size
    (2, Fixed(4)),              // vm_rss
    (2, Fixed(4)),              // vm_swap
    (2, Fixed(8)),              // pgft_maj
    (2, Fixed(8)),              // pgft_min
    (3, Text),                  // env
    (4, Fixed(8)),              // vtid
    (4, Fixed(8)),              // vpid
    (4, Text),                  // cgroups
    (5, Text),                  // root
    (APPENDED_SINCE, Fixed(8)), // pidns_init_start_ts
    (APPENDED_SINCE, Fixed(4)), // tty
    (APPENDED_SINCE, Fixed(4)), // loginuid
    (APPENDED_SINCE, Fixed(1)), // exe_writable
    (APPENDED_SINCE, Fixed(8)), // cap_inheritable
    (APPENDED_SINCE, Fixed(8)), // cap_permitted
    (APPENDED_SINCE, Fixed(8)), // cap_effective
    (APPENDED_SINCE, Fixed(1)), // exe_upper_layer
    (APPENDED_SINCE, Fixed(8)), // exe_ino
    (APPENDED_SINCE, Fixed(8)), // exe_ino_ctime
    (APPENDED_SINCE, Fixed(8)), // exe_ino_mtime
    (APPENDED_SINCE, Fixed(1)), // exe_from_memfd
    (APPENDED_SINCE, Fixed(1)), // exe_lower_layer
    (APPENDED_SINCE, Fixed(8)), // pgid
];

/// Two fields that were put before others which captures already had: where the namespace began, and the terminal.
pub(crate) const INSERTED: Range<usize> = snapshot_param(state_thread::EVENT, "pidns_init_start_ts")
    ..snapshot_param(state_thread::EVENT, "loginuid");

/// Bytes behind the root directory in entries from before that: the login, whether the executable can be written, capabilities.
/// No entry with the inserted fields has as many.
pub(crate) const BEFORE_INSERTION: [usize; 3] = [4, 5, 29];

/// Reads one entry of a list of this form.
pub(super) fn entry(
    version: u8,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    if version < SIZED_SINCE {
        return fields(version, cursor, out);
    }
    let mut entry = cursor.sized_entry()?;
    fields(version, &mut entry, out)?;
    out.left_over(&entry);
    Ok(())
}

fn fields(version: u8, cursor: &mut Cursor<'_>, out: &mut Snapshot) -> Result<(), Malformed> {
    let ids = (cursor.u64()?, cursor.u64()?);
    let mut row = [RawParam::ABSENT; FIELDS.len()];
    let mut lacks_inserted = false;
    for (index, (slot, (since, shape))) in row.iter_mut().zip(FIELDS).enumerate() {
        let is_appended = since == APPENDED_SINCE && version >= SIZED_SINCE;
        if index == INSERTED.start {
            lacks_inserted = BEFORE_INSERTION.contains(&cursor.rest().len());
        }
        let is_lacking = lacks_inserted && INSERTED.contains(&index);
        if is_lacking || (since > version && !is_appended) {
            continue;
        }
        let value = match shape {
            Fixed(length) => cursor.take(length),
            Text => cursor.string(),
        };
        match value {
            Ok(value) => *slot = RawParam::present(value),
            Err(_) if is_appended => break,
            Err(malformed) => return Err(malformed),
        }
    }
    out.push(state_thread::EVENT, ids, &row);
    Ok(())
}
