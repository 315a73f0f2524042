//! The block about the machine: CPUs, memory, host name.

use falco_abi::events::state_host;
use falco_format::RawParam;

use super::cursor::{Cursor, Malformed};
use super::snapshot::Snapshot;

/// Bytes of the host name, zeros behind it.
pub(crate) const HOSTNAME_LEN: usize = 128;
/// The longest body that is kept: today's takes 180 bytes, and reserved ones follow.
pub(super) const BODY_MAX: usize = 4096;

/// What the block says first; the rest is the time of boot, flags and reserved bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine<'a> {
    cpus: &'a [u8],
    memory: &'a [u8],
    max_pid: &'a [u8],
    pub(super) hostname: &'a [u8],
}

impl<'a> Machine<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let (cpus, memory, max_pid) = (cursor.take(4)?, cursor.take(8)?, cursor.take(8)?);
        let hostname = cursor.take(HOSTNAME_LEN)?;
        let length = hostname.iter().position(|byte| *byte == 0);
        Ok(Machine {
            cpus,
            memory,
            max_pid,
            hostname: hostname
                .get(..length.unwrap_or(HOSTNAME_LEN))
                .unwrap_or_default(),
        })
    }
}

/// Reads the body of a machine block into a row.
pub(super) fn read(body: &[u8], out: &mut Snapshot) -> Result<(), Malformed> {
    let machine = Machine::parse(body)?;
    let params = [
        machine.hostname,
        machine.cpus,
        machine.memory,
        machine.max_pid,
        body,
    ];
    out.push(state_host::EVENT, (0, 0), &params.map(RawParam::present));
    Ok(())
}
