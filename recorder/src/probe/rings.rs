//! The rings: one per CPU and lane, made by hand, read by polling.

use aya::maps::{ArrayOfMaps, Map, MapData, RingBuf};
use aya_obj::generated::bpf_map_type;
use falco_abi::Lane;

use super::error::ProbeError;

/// How much was drained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainStats {
    /// Frames.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl DrainStats {
    /// Adds what another drain gave.
    pub fn add(&mut self, other: DrainStats) {
        self.frames = self.frames.saturating_add(other.frames);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// One ring.
pub struct Ring {
    /// Its CPU.
    pub cpu: u32,
    /// Its lane.
    pub lane: Lane,
    ring: RingBuf<MapData>,
}

impl Ring {
    /// Gives every frame that is there to the sink, oldest first, but stops after about as many bytes as the ring holds, so that a busy CPU cannot keep the reader for ever.
    pub fn drain(&mut self, limit_bytes: u64, mut sink: impl FnMut(&[u8])) -> DrainStats {
        let mut stats = DrainStats::default();
        while stats.bytes < limit_bytes {
            let Some(frame) = self.ring.next() else {
                break;
            };
            sink(&frame);
            stats.frames += 1;
            stats.bytes += frame.len() as u64;
        }
        stats
    }
}

/// Checks that the kernel will take a ring of this size.
pub(super) fn check_size(bytes: u32) -> Result<(), ProbeError> {
    let least = rustix::param::page_size() as u32;
    if bytes.is_power_of_two() && bytes >= least {
        Ok(())
    } else {
        Err(ProbeError::BadRingSize { bytes, least })
    }
}

/// Makes the rings of a CPU's lanes and puts them where the probe looks. This must happen before the programs are attached.
pub(super) fn make(
    rings: &mut ArrayOfMaps<MapData, RingBuf<MapData>>,
    cpu: u32,
    bytes: [u32; Lane::COUNT],
) -> Result<Vec<Ring>, ProbeError> {
    let mut made = Vec::with_capacity(Lane::COUNT);
    for (lane, bytes) in Lane::ALL.iter().copied().zip(bytes) {
        let doing = format!("make a ring of {bytes} bytes for CPU {cpu}");
        let error = |error| ProbeError::from_map(&doing, error);
        let kind = bpf_map_type::BPF_MAP_TYPE_RINGBUF as u32;
        let definition = aya_obj::Map::new_from_params(kind, 0, 0, bytes, 0);
        let data = MapData::create(definition, lane.name(), None).map_err(error)?;
        let ring = RingBuf::try_from(Map::RingBuf(data)).map_err(error)?;
        let index = cpu * Lane::COUNT as u32 + lane as u32;
        rings.set(index, &ring, 0).map_err(error)?;
        made.push(Ring { cpu, lane, ring });
    }
    Ok(made)
}
