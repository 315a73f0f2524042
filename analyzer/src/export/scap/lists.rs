//! The lists before the events: the machine, interfaces, users and groups, processes, descriptors.
//!
//! In: rows of STATE items in Falco's dialect. Out: one block for each run of rows of a kind, in the order of the rows.
//! Processes take the oldest form that has all their fields, so that what an old capture's entries lacked is not made up.

use std::io::{self, Write};

use falco_abi::EventId;
use falco_abi::events::{
    state_fd, state_group, state_host, state_interface, state_thread, state_user,
};

use super::frame::BlockBytes;
use super::rows::ListRow;
use crate::dialect::snapshot_param;
use crate::scap::block::kind;
use crate::scap::fds::fd_type;
use crate::scap::interfaces;
use crate::scap::machine::HOSTNAME_LEN;
use crate::scap::process::{self, APPENDED_SINCE, BEFORE_INSERTION, INSERTED, SIZED_SINCE, Shape};
use crate::scap::users;

/// Bytes of a block about the machine: CPUs, memory, greatest pid, host name, the time of boot and three reserved numbers.
const MACHINE_LEN: usize = 4 + 8 + 8 + HOSTNAME_LEN + 4 * 8;
/// The form of lists of processes without appended fields, in which entries carry their length.
const NEWEST: u8 = SIZED_SINCE;

/// Writes the lists of a section. Rows of other kinds have no list and are counted by the caller. Returns how many strings were cut.
///
/// # Errors
/// When the writer fails.
pub(super) fn write(
    rows: &[ListRow<'_>],
    knows_fd_type: fn(u8) -> bool,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let mut block = BlockBytes::default();
    for run in rows.chunk_by(|left, right| list_of(left) == list_of(right)) {
        let Some(first) = run.first() else { continue };
        match first.event {
            state_host::EVENT => machine(&mut block, first),
            state_interface::EVENT => {
                block.begin(kind::INTERFACES_V2);
                run.iter().for_each(|row| interface(&mut block, row));
            }
            state_user::EVENT | state_group::EVENT => {
                block.begin(kind::USERS_V2);
                run.iter().for_each(|row| account(&mut block, row));
            }
            state_thread::EVENT => processes(&mut block, run),
            state_fd::EVENT => {
                block.begin(kind::FDS_V2).u64(u64::from(first.tid.0));
                run.iter()
                    .for_each(|row| descriptor(&mut block, row, knows_fd_type));
            }
            _ => continue,
        }
        block.finish(out)?;
    }
    Ok(block.cut())
}

/// Whether rows of an event have a list.
pub(super) fn has_list(event: EventId) -> bool {
    list_of_event(event, 0).is_some()
}

/// Rows with the same number stand in one block.
fn list_of(row: &ListRow<'_>) -> Option<(u8, u32)> {
    match row.event {
        // Entries of an older form stay in a block of it: a newer one would give them fields that they never had.
        state_thread::EVENT => list_of_event(row.event, u32::from(version_of(row))),
        event => list_of_event(event, row.tid.0),
    }
}

fn list_of_event(event: EventId, part: u32) -> Option<(u8, u32)> {
    Some(match event {
        state_host::EVENT => (0, 0),
        state_interface::EVENT => (1, 0),
        state_user::EVENT | state_group::EVENT => (2, 0),
        state_thread::EVENT => (3, part),
        state_fd::EVENT => (4, part),
        _ => return None,
    })
}

/// The body as it is kept.
fn machine(block: &mut BlockBytes, row: &ListRow<'_>) {
    const BODY: usize = snapshot_param(state_host::EVENT, "machine_info");
    block.begin(kind::MACHINE);
    block.bytes(row.value(BODY).unwrap_or(&[0; MACHINE_LEN]));
}

fn interface(block: &mut BlockBytes, row: &ListRow<'_>) {
    const TYPE: usize = snapshot_param(state_interface::EVENT, "type");
    const NAME: usize = snapshot_param(state_interface::EVENT, "name");
    const ADDRESS: usize = snapshot_param(state_interface::EVENT, "address");
    const SPEED: usize = snapshot_param(state_interface::EVENT, "link_speed");
    let ty = number(row.value(TYPE)) as u16;
    let address_len = match ty {
        interfaces::IPV4 | interfaces::IPV4_NO_SPEED => 4,
        _ => 16,
    };
    let name = row.value(NAME).unwrap_or_default();
    let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
    let place = block.place();
    block.u32(0).u16(ty).u16(name_len);
    // Address, mask and broadcast address stand one after the other, in the row as well.
    for index in ADDRESS..SPEED {
        fixed(block, row.value(index), address_len);
    }
    if matches!(ty, interfaces::IPV4 | interfaces::IPV6) {
        fixed(block, row.value(SPEED), 8);
    }
    block.bytes(name.get(..usize::from(name_len)).unwrap_or(name));
    // The length of an entry of this list does not count its own bytes.
    let length = block.place().saturating_sub(place).saturating_sub(4);
    block.set_u32(place, length);
}

fn account(block: &mut BlockBytes, row: &ListRow<'_>) {
    let place = block.place();
    let text = |index| row.value(index).unwrap_or_default();
    block.u32(0);
    if row.event == state_user::EVENT {
        block.bytes(&[users::USER]);
        fixed(
            block,
            row.value(snapshot_param(state_user::EVENT, "uid")),
            4,
        );
        fixed(
            block,
            row.value(snapshot_param(state_user::EVENT, "gid")),
            4,
        );
        block
            .text(text(snapshot_param(state_user::EVENT, "name")))
            .text(text(snapshot_param(state_user::EVENT, "home")))
            .text(text(snapshot_param(state_user::EVENT, "shell")));
    } else {
        block.bytes(&[users::GROUP]);
        fixed(
            block,
            row.value(snapshot_param(state_group::EVENT, "gid")),
            4,
        );
        block.text(text(snapshot_param(state_group::EVENT, "name")));
    }
    end_entry(block, place);
}

fn processes(block: &mut BlockBytes, rows: &[ListRow<'_>]) {
    let version = rows.first().map_or(NEWEST, version_of);
    let form = usize::from(version).checked_sub(1);
    let number = form.and_then(|form| kind::PROCESSES.get(form));
    block.begin(number.copied().unwrap_or_default());
    for row in rows {
        let place = block.place();
        if version >= SIZED_SINCE {
            block.u32(0);
        }
        block.u64(u64::from(row.tid.0)).u64(u64::from(row.pid.0));
        let last = row.values.iter().rposition(Option::is_some).unwrap_or(0);
        let lacks_inserted = lacks_inserted(row, last);
        for (index, (since, shape)) in process::FIELDS.iter().enumerate() {
            let is_there = match *since {
                APPENDED_SINCE if lacks_inserted && INSERTED.contains(&index) => false,
                APPENDED_SINCE => version >= SIZED_SINCE && index <= last,
                since => since <= version,
            };
            if !is_there {
                continue;
            }
            match shape {
                Shape::Fixed(length) => fixed(block, row.value(index), *length),
                Shape::Text => {
                    block.text(row.value(index).unwrap_or_default());
                }
            }
        }
        if version >= SIZED_SINCE {
            end_entry(block, place);
        }
    }
}

/// Whether a row is of the time before two fields were put before others: readers tell by the bytes behind the place.
fn lacks_inserted(row: &ListRow<'_>, last: usize) -> bool {
    let behind = row.values.iter().zip(process::FIELDS).enumerate();
    let behind = behind.filter(|(index, _)| (INSERTED.end..=last).contains(index));
    let length = behind.map(|(_, (_, (_, shape)))| match shape {
        Shape::Fixed(length) => length,
        Shape::Text => 0,
    });
    INSERTED.clone().all(|index| row.value(index).is_none())
        && BEFORE_INSERTION.contains(&length.sum())
}

/// The oldest form that has every field of a row: from the ninth on, one form has them all.
fn version_of(row: &ListRow<'_>) -> u8 {
    let present = row.values.iter().zip(process::FIELDS);
    let needed = present
        .filter(|(value, _)| value.is_some())
        .map(|(_, (since, _))| since.min(SIZED_SINCE));
    needed.max().unwrap_or(NEWEST)
}

fn descriptor(block: &mut BlockBytes, row: &ListRow<'_>, knows_fd_type: fn(u8) -> bool) {
    const TYPE: usize = snapshot_param(state_fd::EVENT, "type");
    let known = number(row.value(TYPE)) as u8;
    let ty = if knows_fd_type(known) {
        known
    } else {
        fd_type::UNSUPPORTED
    };
    let place = block.place();
    block.u32(0);
    fixed(block, row.value(snapshot_param(state_fd::EVENT, "fd")), 8);
    fixed(block, row.value(snapshot_param(state_fd::EVENT, "ino")), 8);
    block.bytes(&[ty]);
    of_type(block, row, ty);
    end_entry(block, place);
}

/// What a type of descriptors has beside number, inode and type.
fn of_type(block: &mut BlockBytes, row: &ListRow<'_>, ty: u8) {
    const SIP: usize = snapshot_param(state_fd::EVENT, "sip");
    const DIP: usize = snapshot_param(state_fd::EVENT, "dip");
    const SPORT: usize = snapshot_param(state_fd::EVENT, "sport");
    const DPORT: usize = snapshot_param(state_fd::EVENT, "dport");
    const L4PROTO: usize = snapshot_param(state_fd::EVENT, "l4proto");
    const DEV: usize = snapshot_param(state_fd::EVENT, "dev");
    let mut numbers = |fields: &[(usize, usize)]| {
        for (index, length) in fields {
            fixed(block, row.value(*index), *length);
        }
    };
    match ty {
        fd_type::UNKNOWN => {}
        fd_type::IPV4 => numbers(&[(SIP, 4), (DIP, 4), (SPORT, 2), (DPORT, 2), (L4PROTO, 1)]),
        fd_type::IPV6 => numbers(&[(SIP, 16), (DIP, 16), (SPORT, 2), (DPORT, 2), (L4PROTO, 1)]),
        fd_type::IPV4_SERVER => numbers(&[(SIP, 4), (SPORT, 2), (L4PROTO, 1)]),
        fd_type::IPV6_SERVER => numbers(&[(SIP, 16), (SPORT, 2), (L4PROTO, 1)]),
        fd_type::UNIX => {
            numbers(&[
                (snapshot_param(state_fd::EVENT, "source"), 8),
                (snapshot_param(state_fd::EVENT, "destination"), 8),
            ]);
            name(block, row);
        }
        fd_type::FILE_V2 => {
            numbers(&[(snapshot_param(state_fd::EVENT, "flags"), 4)]);
            name(block, row);
            // Older writers ended the entry before the device.
            if let Some(device) = row.value(DEV) {
                fixed(block, Some(device), 4);
            }
        }
        _ => name(block, row),
    }
}

fn name(block: &mut BlockBytes, row: &ListRow<'_>) {
    let name = row.value(snapshot_param(state_fd::EVENT, "name"));
    block.text(name.unwrap_or_default());
}

/// Writes the length of an entry that counts its own four bytes.
fn end_entry(block: &mut BlockBytes, place: usize) {
    let length = block.place().saturating_sub(place);
    block.set_u32(place, length);
}

/// A value at its width; zeros where there is none.
fn fixed(block: &mut BlockBytes, value: Option<&[u8]>, length: usize) {
    let value = value.unwrap_or_default();
    let taken = value.get(..length).unwrap_or(value);
    block.bytes(taken);
    for _ in taken.len()..length {
        block.bytes(&[0]);
    }
}

fn number(value: Option<&[u8]>) -> u64 {
    let bytes = value.unwrap_or_default().iter().take(8).rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}
