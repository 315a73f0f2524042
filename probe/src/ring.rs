//! The way out: one ring per CPU and lane.
//!
//! Behind one function, so that another transport can take its place.
//! No wake-up: the recorder polls at its own pace, and a wake-up costs more than the rest of the capture.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::{bpf_map_lookup_elem, bpf_ringbuf_output};
use falco_abi::Lane;

use crate::maps::RINGS;

/// Do not wake the reader.
const NO_WAKEUP: u64 = 1;

/// Sends a frame; whether there was room. The frame is copied whole.
///
/// # Safety
/// `length` bytes can be read from `frame`.
#[inline(always)]
pub unsafe fn send(cpu: u32, lane: u32, frame: *mut u8, length: u64) -> bool {
    let index = cpu * Lane::COUNT as u32 + lane;
    let rings = (&raw const RINGS).cast_mut().cast::<c_void>();
    // SAFETY: the map exists; the key is an initialised word; the verifier knows that what is found is a ring.
    unsafe {
        let ring = bpf_map_lookup_elem(rings, (&raw const index).cast());
        !ring.is_null() && bpf_ringbuf_output(ring, frame.cast(), length, NO_WAKEUP) == 0
    }
}
