//! Where frames come from: what the pipeline asks of the probe, so that it can be tested without one.

use falco_abi::{Lane, LossReason};

/// Which lanes are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    bits: u8,
}

impl Lanes {
    /// None of them.
    pub const NONE: Lanes = Lanes { bits: 0 };
    /// Every lane.
    pub const ALL: Lanes = Lanes {
        bits: (1 << Lane::COUNT) - 1,
    };

    /// These and one more.
    #[must_use]
    pub const fn with(self, lane: Lane) -> Lanes {
        Lanes {
            bits: self.bits | 1 << lane as u8,
        }
    }

    /// Whether a lane is among them.
    pub const fn has(self, lane: Lane) -> bool {
        self.bits & 1 << lane as u8 != 0
    }
}

/// How many frames of one CPU and lane were lost for one reason since the probe was attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossCounter {
    /// The CPU.
    pub cpu: u16,
    /// The lane.
    pub lane: Lane,
    /// Why.
    pub reason: LossReason,
    /// How many.
    pub count: u64,
    /// Time of the last frame that was delivered before the latest of them; 0 where there was none.
    pub last_good_time: u64,
}

/// Where frames come from.
pub trait FrameSource: Send {
    /// Takes every frame that waits in these lanes. Frames of one CPU and lane come in the order of their times.
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8]));

    /// The counters of losses that are not zero.
    fn losses(&mut self) -> Vec<LossCounter>;

    /// How full the fullest ring of each lane was since the last call, in thousandths.
    fn take_fill(&mut self) -> [u32; Lane::COUNT] {
        [0; Lane::COUNT]
    }

    /// Switches these lanes off and all others on. Returns whether that worked.
    fn shed(&mut self, lanes: Lanes) -> bool;

    /// Returns when every CPU has finished the frame that it was at.
    fn barrier(&mut self);

    /// No more frames come; those that wait can still be drained.
    fn stop(&mut self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_a_set() {
        let lanes = Lanes::NONE.with(Lane::Bulk);
        assert!(lanes.has(Lane::Bulk) && !lanes.has(Lane::Process));
        assert_eq!(lanes.with(Lane::File).with(Lane::Process), Lanes::ALL);
    }
}
