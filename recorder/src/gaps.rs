//! Sequence numbers against what is said to be lost: a frame that is missing for no reason is said to be missing.
//!
//! The probe numbers every frame that was due on a CPU, delivered or not.
//! Up to a watermark every delivered frame has been drained, so what is missing below the highest number must have been counted as lost; what was not is reported once, as unexplained.

use std::collections::BTreeMap;

use falco_abi::view::FrameView;
use falco_abi::{Lane, LossReason};
use falco_format::LostInterval;

/// What a frame's header says that is needed here.
#[derive(Clone, Copy, Debug)]
struct Place {
    time: u64,
    sequence: u64,
    cpu: u16,
}

/// What is known of a CPU's numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    /// One more than the highest number up to the last watermark.
    due: u64,
    /// How many frames came.
    came: u64,
    /// How many were said to be lost.
    said: u64,
}

/// Follows the sequence numbers of all CPUs.
#[derive(Debug, Default)]
pub struct GapWatch {
    cpus: BTreeMap<u16, Numbers>,
    /// Frames younger than the last watermark.
    younger: Vec<Place>,
    watermark: u64,
}

impl GapWatch {
    /// Takes note of a frame, whether it can be parsed or not: it came.
    pub fn came(&mut self, frame: &[u8]) {
        self.younger.extend(place(frame));
    }

    /// Takes note of losses that are said. A frame that came and could not be parsed is not missing.
    pub fn said(&mut self, lost: &[LostInterval]) {
        for interval in lost {
            if !matches!(
                interval.reason,
                LossReason::Recursion | LossReason::BadFrame
            ) {
                let numbers = self.cpus.entry(interval.cpu).or_default();
                numbers.said = numbers.said.saturating_add(interval.count);
            }
        }
    }

    /// Everything up to this time has been drained: what is missing that nobody has said to be lost?
    pub fn close(&mut self, watermark: u64) -> Vec<LostInterval> {
        let cpus = &mut self.cpus;
        self.younger.retain(|place| {
            if place.time > watermark {
                return true;
            }
            let numbers = cpus.entry(place.cpu).or_default();
            numbers.came = numbers.came.saturating_add(1);
            numbers.due = numbers.due.max(place.sequence.saturating_add(1));
            false
        });
        let since = std::mem::replace(&mut self.watermark, watermark);
        let mut found = Vec::new();
        for (cpu, numbers) in cpus {
            let known = numbers.came.saturating_add(numbers.said);
            let count = numbers.due.saturating_sub(known);
            if count > 0 {
                numbers.said = numbers.said.saturating_add(count);
                found.push(LostInterval {
                    cpu: *cpu,
                    // Which lane it would have come through nobody knows; the one of most consequence is assumed.
                    lane: Lane::Process,
                    reason: LossReason::Unexplained,
                    count,
                    last_good_time: since,
                    next_good_time: watermark,
                });
            }
        }
        found
    }
}

fn place(frame: &[u8]) -> Option<Place> {
    let view = FrameView::new(frame).ok()?;
    Some(Place {
        time: view.time(),
        sequence: view.sequence(),
        cpu: view.cpu(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_abi::FrameHeader;

    fn frame(time: u64, sequence: u64) -> Vec<u8> {
        let header = FrameHeader {
            time,
            sequence,
            ..FrameHeader::EMPTY
        };
        header.to_bytes().to_vec()
    }

    fn lost(reason: LossReason, count: u64) -> LostInterval {
        LostInterval {
            cpu: 0,
            lane: Lane::File,
            reason,
            count,
            last_good_time: 0,
            next_good_time: 0,
        }
    }

    #[test]
    fn only_what_nobody_has_said_is_unexplained() {
        let mut watch = GapWatch::default();
        let mut check = |frames: &[(u64, u64)], said: &[LostInterval], watermark, expected: u64| {
            for (time, sequence) in frames {
                watch.came(&frame(*time, *sequence));
            }
            watch.said(said);
            let found: u64 = watch.close(watermark).iter().map(|lost| lost.count).sum();
            assert_eq!(found, expected, "up to {watermark}");
        };
        check(&[(1, 0), (2, 1)], &[], 10, 0);
        // Number 2 is in another ring, not drained yet: younger than the watermark as number 3 is.
        check(&[(12, 3)], &[], 11, 0);
        check(&[(11, 2)], &[], 20, 0);
        check(&[(25, 6)], &[lost(LossReason::RingFull, 2)], 30, 0);
        check(&[(35, 9)], &[], 40, 2);
        check(&[(45, 10)], &[], 50, 0);
        // Counted before the gap shows.
        check(&[], &[lost(LossReason::Shed, 3)], 60, 0);
        check(&[(65, 14)], &[], 70, 0);
        // What the kernel skipped has no number, and what was broken came.
        check(
            &[(75, 16)],
            &[
                lost(LossReason::Recursion, 1),
                lost(LossReason::BadFrame, 1),
            ],
            80,
            1,
        );
    }

    #[test]
    fn what_is_too_short_to_tell_is_passed_over() {
        let mut watch = GapWatch::default();
        watch.came(&[1, 2, 3]);
        assert!(watch.close(u64::MAX).is_empty());
    }
}
