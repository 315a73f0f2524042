//! Lists of network interfaces: which addresses are the machine's own.

use falco_abi::events::state_interface;
use falco_format::RawParam;

use super::cursor::{Cursor, Malformed};
use super::snapshot::Snapshot;

/// An IPv4 address with the speed of its link.
pub(crate) const IPV4: u16 = 1;
/// An IPv6 address with the speed of its link.
pub(crate) const IPV6: u16 = 2;
/// An IPv4 address alone.
pub(crate) const IPV4_NO_SPEED: u16 = 3;
/// An IPv6 address alone.
pub(crate) const IPV6_NO_SPEED: u16 = 4;

/// Reads one entry. Where entries carry their length, it does not count its own four bytes.
pub(super) fn entry(
    sized: bool,
    cursor: &mut Cursor<'_>,
    out: &mut Snapshot,
) -> Result<(), Malformed> {
    if !sized {
        return fields(cursor, out);
    }
    let length = cursor.u32()? as usize;
    let mut entry = Cursor::new(cursor.take(length)?);
    fields(&mut entry, out)?;
    out.left_over(&entry);
    Ok(())
}

fn fields(cursor: &mut Cursor<'_>, out: &mut Snapshot) -> Result<(), Malformed> {
    let kind = cursor.array::<2>()?;
    let name_len = usize::from(cursor.u16()?);
    let (address_len, has_speed) = match u16::from_le_bytes(kind) {
        IPV4 => (4, true),
        IPV6 => (16, true),
        IPV4_NO_SPEED => (4, false),
        IPV6_NO_SPEED => (16, false),
        _ => return Err(Malformed),
    };
    let mut address = || cursor.take(address_len).map(RawParam::present);
    let (address, netmask, broadcast) = (address()?, address()?, address()?);
    let speed = if has_speed {
        RawParam::present(cursor.take(8)?)
    } else {
        RawParam::ABSENT
    };
    let name = RawParam::present(cursor.take(name_len)?);
    let params = [
        RawParam::present(&kind),
        name,
        address,
        netmask,
        broadcast,
        speed,
    ];
    out.push(state_interface::EVENT, (0, 0), &params);
    Ok(())
}
