//! What was lost: the probe's counters become intervals, and intervals become sums for the summary.
//!
//! Counters in, LOST intervals out.
//! An interval ends when the counters were read, or a little later than the first good frame: what it says is at most too wide.

use std::collections::BTreeMap;

use falco_abi::{EventId, Lane, LossReason, events};
use falco_format::{Block, BlockError, LostInterval, Projection};

use crate::source::LossCounter;

/// Follows the probe's counters.
#[derive(Debug, Default)]
pub struct LossWatch {
    known: BTreeMap<(u16, Lane, LossReason), u64>,
    /// When the counters were last read.
    read_at: u64,
}

impl LossWatch {
    /// Begins when the probe was attached.
    pub fn new(attached_at: u64) -> LossWatch {
        LossWatch {
            known: BTreeMap::new(),
            read_at: attached_at,
        }
    }

    /// What was lost since the last call. `now` is after everything that the counters count.
    pub fn update(&mut self, counters: &[LossCounter], now: u64) -> Vec<LostInterval> {
        let mut lost = Vec::new();
        for counter in counters {
            let known = self
                .known
                .entry((counter.cpu, counter.lane, counter.reason))
                .or_default();
            let count = counter.count.saturating_sub(*known);
            if count == 0 {
                continue;
            }
            *known = counter.count;
            lost.push(LostInterval {
                cpu: counter.cpu,
                lane: counter.lane,
                reason: counter.reason,
                count,
                // Losses may have begun before the last good frame; none is older than the last reading.
                last_good_time: self.read_at.min(counter.last_good_time.max(1)),
                next_good_time: now,
            });
        }
        self.read_at = now;
        lost
    }
}

/// Losses that could not be written yet, one interval per CPU, lane and reason.
#[derive(Debug, Default)]
pub struct PendingLosses {
    intervals: BTreeMap<(u16, Lane, LossReason), LostInterval>,
}

impl PendingLosses {
    /// Adds intervals; those of the same CPU, lane and reason become one.
    pub fn add(&mut self, intervals: &[LostInterval]) {
        for interval in intervals {
            self.intervals
                .entry((interval.cpu, interval.lane, interval.reason))
                .and_modify(|known| {
                    known.count = known.count.saturating_add(interval.count);
                    known.last_good_time = known.last_good_time.min(interval.last_good_time);
                    known.next_good_time = known.next_good_time.max(interval.next_good_time);
                })
                .or_insert(*interval);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The intervals, by CPU, lane and reason.
    pub fn intervals(&self) -> Vec<LostInterval> {
        self.intervals.values().copied().collect()
    }

    /// Forgets them: they were written.
    pub fn clear(&mut self) {
        self.intervals.clear();
    }
}

/// The losses that it means when a block cannot be written: every row of it, by CPU and lane.
pub fn of_block(block: &Block) -> Result<Vec<LostInterval>, BlockError> {
    let projection = block
        .event_counts()
        .fold(Projection::none(), |projection, (event, _)| {
            projection.with_params(event, 0)
        });
    let mut lost = PendingLosses::default();
    for row in block.decode(&projection)?.iter() {
        lost.add(&[LostInterval {
            cpu: row.meta().cpu,
            lane: lane(row.event()),
            reason: LossReason::WriteFailed,
            count: 1,
            last_good_time: block.first_time(),
            next_good_time: block.last_time(),
        }]);
    }
    Ok(lost.intervals())
}

fn lane(event: EventId) -> Lane {
    events::event(event).map_or(Lane::Bulk, |def| def.lane)
}

/// How many frames were lost for each reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossSums {
    counts: BTreeMap<(LossReason, Lane), u64>,
}

impl LossSums {
    /// Adds intervals.
    pub fn add(&mut self, intervals: &[LostInterval]) {
        for interval in intervals {
            let sum = self
                .counts
                .entry((interval.reason, interval.lane))
                .or_default();
            *sum = sum.saturating_add(interval.count);
        }
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.counts
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The sums by reason and lane.
    pub fn iter(&self) -> impl Iterator<Item = (LossReason, Lane, u64)> {
        self.counts
            .iter()
            .map(|((reason, lane), count)| (*reason, *lane, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(cpu: u16, count: u64, last_good_time: u64) -> LossCounter {
        LossCounter {
            cpu,
            lane: Lane::File,
            reason: LossReason::RingFull,
            count,
            last_good_time,
        }
    }

    #[test]
    fn only_what_is_new_is_told_and_the_sum_is_exact() {
        let mut watch = LossWatch::new(10);
        let mut sums = LossSums::default();
        let mut check = |counters: &[LossCounter], now, expected: &[(u64, u64, u64)]| {
            let lost = watch.update(counters, now);
            sums.add(&lost);
            let shown: Vec<_> = lost
                .iter()
                .map(|lost| (lost.count, lost.last_good_time, lost.next_good_time))
                .collect();
            assert_eq!(shown, expected);
        };
        check(&[], 20, &[]);
        check(&[counter(0, 5, 15)], 30, &[(5, 15, 30)]);
        check(&[counter(0, 5, 15)], 40, &[]);
        check(
            &[counter(0, 9, 45), counter(1, 1, 38)],
            50,
            &[(4, 40, 50), (1, 38, 50)],
        );
        assert_eq!(sums.total(), 10);
        assert_eq!(
            sums.iter().collect::<Vec<_>>(),
            [(LossReason::RingFull, Lane::File, 10)]
        );
    }

    #[test]
    fn what_waits_does_not_grow() {
        let mut pending = PendingLosses::default();
        let interval = |first, last| LostInterval {
            cpu: 0,
            lane: Lane::Process,
            reason: LossReason::WriteFailed,
            count: 2,
            last_good_time: first,
            next_good_time: last,
        };
        pending.add(&[interval(5, 9), interval(9, 12), interval(3, 4)]);
        let all = pending.intervals();
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].count, all[0].last_good_time, all[0].next_good_time),
            (6, 3, 12)
        );
        pending.clear();
        assert!(pending.is_empty());
    }
}
