//! Any bytes as a segment: opened, walked, verified, or refused. Checksums are set right first, so that what lies behind them is reached.
#![no_main]

use falco_format::{Capture, Item, Projection, verify};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8; 8] = b"\x89FLC\r\n\x1a\n";
const TAIL: &[u8; 8] = b"\x98flcend\n";

fuzz_target!(|data: &[u8]| {
    // The first byte says whether checksums are set right: damage must be met, too.
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let mut bytes = rest.to_vec();
    if first & 1 == 0 {
        let mut at = 0;
        while at < bytes.len() {
            at = seal(&mut bytes, at).unwrap_or(at + 8);
        }
    }
    let Ok(capture) = Capture::from_bytes(bytes) else {
        return;
    };
    for item in capture.items() {
        if let Item::State(block) | Item::Events(block) = item {
            let _ = block.decode(&Projection::all());
        }
    }
    let _ = verify(&capture);
    for segment in capture.segments() {
        let _ = (segment.index(), segment.derivation(), segment.dropped());
    }
});

/// Sets magic, checksums and trailer of the item at this offset right, and returns where it ends.
fn seal(bytes: &mut [u8], at: usize) -> Option<usize> {
    let item = bytes.get_mut(at..)?;
    let length = u32::from_le_bytes(item.get(20..24)?.try_into().ok()?) as usize;
    let padded = length.checked_next_multiple_of(8)?;
    let end = padded.checked_add(56)?;
    let item = item.get_mut(..end)?;
    item[..8].copy_from_slice(MAGIC);
    item[40 + length..40 + padded].fill(0);
    let payload_crc = crc32c::crc32c(&item[40..40 + length]);
    item[32..36].copy_from_slice(&payload_crc.to_le_bytes());
    let header_crc = crc32c::crc32c(&item[..36]);
    item[36..40].copy_from_slice(&header_crc.to_le_bytes());
    let again = crc32c::crc32c(&item[..40]);
    let trailer = &mut item[40 + padded..];
    trailer[..4].copy_from_slice(&(end as u32).to_le_bytes());
    trailer[4..8].copy_from_slice(&again.to_le_bytes());
    trailer[8..].copy_from_slice(TAIL);
    Some(at + end)
}
