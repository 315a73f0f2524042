//! Intervals in which frames were lost, as LOST items carry them.

use falco_abi::{Lane, LossReason};

use crate::bytes::{Cursor, Malformed};

/// Frames of one CPU and lane that were due and are not in the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LostInterval {
    /// The CPU.
    pub cpu: u16,
    /// The lane.
    pub lane: Lane,
    /// Why.
    pub reason: LossReason,
    /// How many.
    pub count: u64,
    /// `CLOCK_BOOTTIME` in nanoseconds of the last frame before them; 0 where there was none.
    pub last_good_time: u64,
    /// `CLOCK_BOOTTIME` in nanoseconds of the first frame after them; `u64::MAX` where there was none yet.
    pub next_good_time: u64,
}

/// Encodes a LOST payload: thirty-two bytes per interval.
pub(crate) fn encode(intervals: &[LostInterval]) -> Vec<u8> {
    let mut out = Vec::with_capacity(intervals.len().saturating_mul(32));
    for interval in intervals {
        out.extend_from_slice(&interval.cpu.to_le_bytes());
        out.extend_from_slice(&[interval.lane as u8, interval.reason as u8, 0, 0, 0, 0]);
        out.extend_from_slice(&interval.count.to_le_bytes());
        out.extend_from_slice(&interval.last_good_time.to_le_bytes());
        out.extend_from_slice(&interval.next_good_time.to_le_bytes());
    }
    out
}

/// Decodes a LOST payload. A reason that a newer writer knew reads as [`LossReason::Unexplained`].
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<LostInterval>, Malformed> {
    let mut cursor = Cursor::new(payload);
    let mut intervals = Vec::with_capacity(payload.len() / 32);
    while cursor.remaining() > 0 {
        let at = cursor.malformed();
        let cpu = cursor.u16()?;
        let [lane, reason, ..] = cursor.array::<6>()?;
        intervals.push(LostInterval {
            cpu,
            lane: Lane::from_u8(lane).ok_or(at)?,
            reason: LossReason::from_u8(reason).unwrap_or(LossReason::Unexplained),
            count: cursor.u64()?,
            last_good_time: cursor.u64()?,
            next_good_time: cursor.u64()?,
        });
    }
    Ok(intervals)
}
