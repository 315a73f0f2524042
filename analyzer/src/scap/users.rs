//! Lists of users and groups.

use falco_abi::events::{state_group, state_user};
use falco_format::RawParam;

use super::cursor::{Cursor, Malformed};
use super::snapshot::Snapshot;

/// The first byte of a user's entry.
pub(crate) const USER: u8 = 0;
/// The first byte of a group's entry.
pub(crate) const GROUP: u8 = 1;

/// Reads one entry. Where entries carry their length, it counts its own four bytes.
pub(super) fn entry(
    sized: bool,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    if !sized {
        return fields(cursor, out);
    }
    let mut entry = cursor.sized_entry()?;
    fields(&mut entry, out)?;
    out.left_over(&entry);
    Ok(())
}

fn fields(cursor: &mut Cursor<'_>, out: &mut Snapshot) -> Result<(), Malformed> {
    match cursor.u8()? {
        USER => {
            let (uid, gid) = (cursor.take(4)?, cursor.take(4)?);
            let (name, home, shell) = (cursor.string()?, cursor.string()?, cursor.string()?);
            let params = [uid, gid, name, home, shell].map(RawParam::present);
            out.push(state_user::EVENT, (0, 0), &params);
            Ok(())
        }
        GROUP => {
            let params = [cursor.take(4)?, cursor.string()?].map(RawParam::present);
            out.push(state_group::EVENT, (0, 0), &params);
            Ok(())
        }
        _ => Err(Malformed),
    }
}
