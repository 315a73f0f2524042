//! What a section is called: it names no boot and no node itself, so both are made of its first bytes.

use falco_format::BootId;

use super::block::{BlockHead, HEAD_LEN, kind};
use super::machine::Machine;

/// Bytes from a section's start on that make its boot id.
pub(super) const IDENTITY_BYTES: usize = 64 << 10;

/// An id for a section, which has none of its own: the digest of its first bytes and of its place.
pub(super) fn boot_id(bytes: &[u8], section: u64) -> BootId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&section.to_le_bytes());
    hasher.update(bytes);
    let digest = *hasher.finalize().as_bytes();
    BootId(digest.first_chunk().copied().unwrap_or_default())
}

/// The host name, from the block about the machine that follows the section's header.
pub(super) fn node(bytes: &[u8], header_len: usize) -> String {
    let block_at = |place: usize| {
        let rest = bytes.get(place..)?;
        Some((BlockHead::parse(rest.first_chunk()?)?, rest))
    };
    let place = match block_at(header_len) {
        // What an export was made from stands in front.
        Some((head, _)) if head.number == kind::ORIGIN => header_len.saturating_add(head.length),
        _ => header_len,
    };
    let machine = block_at(place).and_then(|(head, rest)| {
        let body = rest.get(HEAD_LEN..HEAD_LEN.saturating_add(head.body_len()))?;
        (head.number == kind::MACHINE).then(|| Machine::parse(body).ok())?
    });
    machine.map_or_else(String::new, |machine| {
        String::from_utf8_lossy(machine.hostname).into_owned()
    })
}
