//! The probe as a source of frames.
//!
//! Owns the translation between the probe's words and the pipeline's, and what happens when the kernel refuses to answer: the counters keep their last values.

use falco_abi::{Lane, LossReason};

use crate::probe::{self, Probe, ProbeError};
use crate::source::{FrameSource, Lanes, LossCounter};

/// The CPU of losses that belong to none that is known.
pub const CPU_UNKNOWN: u16 = u16::MAX;

/// What the kernel puts before each frame of a ring, in bytes.
const FRAME_OVERHEAD_BYTES: u64 = 8;

/// The attached probe.
pub struct LiveSource {
    probe: Probe,
    limits: [u64; Lane::COUNT],
    /// How full the fullest ring of each lane was, in thousandths.
    fill: [u32; Lane::COUNT],
    /// The last answers about losses.
    counters: Vec<LossCounter>,
}

impl LiveSource {
    /// Takes a probe that is attached.
    pub fn new(probe: Probe, ring_bytes: [u32; Lane::COUNT]) -> LiveSource {
        LiveSource {
            probe,
            limits: ring_bytes.map(u64::from),
            fill: [0; Lane::COUNT],
            counters: Vec::new(),
        }
    }

    fn read_losses(&self) -> Result<Vec<LossCounter>, ProbeError> {
        let losses = self.probe.losses()?;
        let mut counters: Vec<LossCounter> = losses
            .into_iter()
            .map(|losses| LossCounter {
                cpu: u16::try_from(losses.cpu).unwrap_or(CPU_UNKNOWN),
                lane: losses.lane,
                reason: losses.reason,
                count: losses.count,
                last_good_time: losses.good_before_time,
            })
            .collect();
        let skipped = self.probe.recursion_misses()?;
        if skipped > 0 {
            // The kernel counts them by program alone: of which CPU and lane they were is not known.
            counters.push(LossCounter {
                cpu: CPU_UNKNOWN,
                lane: Lane::Process,
                reason: LossReason::Recursion,
                count: skipped,
                last_good_time: 0,
            });
        }
        Ok(counters)
    }
}

impl FrameSource for LiveSource {
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8])) {
        for lane in Lane::ALL.iter().filter(|lane| lanes.has(**lane)) {
            let limit = self.limits.get(*lane as usize).copied().unwrap_or(0);
            let mut fullest = 0;
            for ring in self
                .probe
                .rings()
                .iter_mut()
                .filter(|ring| ring.lane == *lane)
            {
                let taken = ring.drain(limit, &mut *sink);
                let bytes = taken.frames.saturating_mul(FRAME_OVERHEAD_BYTES);
                fullest = fullest.max(bytes.saturating_add(taken.bytes));
            }
            let fill = fullest.saturating_mul(1000).checked_div(limit).unwrap_or(0);
            if let Some(known) = self.fill.get_mut(*lane as usize) {
                *known = (*known).max(u32::try_from(fill).unwrap_or(1000).min(1000));
            }
        }
    }

    fn losses(&mut self) -> Vec<LossCounter> {
        if let Ok(counters) = self.read_losses() {
            self.counters = counters;
        }
        self.counters.clone()
    }

    fn take_fill(&mut self) -> [u32; Lane::COUNT] {
        std::mem::take(&mut self.fill)
    }

    fn shed(&mut self, lanes: Lanes) -> bool {
        let lanes: Vec<Lane> = Lane::ALL
            .iter()
            .copied()
            .filter(|lane| lanes.has(*lane))
            .collect();
        self.probe.shed(&lanes).is_ok()
    }

    fn barrier(&mut self) {
        probe::barrier();
    }

    fn stop(&mut self) {
        self.probe.detach();
    }
}
