//! Counts and times of one thread while a program runs.

use std::time::Instant;

use crate::block::Block;
use crate::program::Watch;

/// Why there is a count for a number.
pub(super) const IS_PART: &str = "every part of the program has a count";

/// How often the clock is looked at to learn what that takes.
const CLOCK_LOOKS: usize = 1_000;

/// Of a condition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConditionCount {
    pub(super) asked: u64,
    pub(super) held: u64,
    pub(super) ns: u64,
}

/// Of a test.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PartCount {
    pub(super) asked: u64,
    pub(super) made: u64,
    pub(super) held: u64,
    pub(super) ns: u64,
}

impl ConditionCount {
    pub(super) fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.held += other.held;
        self.ns += other.ns;
    }
}

impl PartCount {
    pub(super) fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.made += other.made;
        self.held += other.held;
        self.ns += other.ns;
    }
}

/// Adds up counts by place; where nothing was counted yet, the others are taken.
pub(super) fn add<T: Clone>(sums: &mut Vec<T>, counts: &[T], add: impl Fn(&mut T, &T)) {
    if sums.is_empty() {
        sums.extend_from_slice(counts);
        return;
    }
    sums.iter_mut()
        .zip(counts)
        .for_each(|(sum, count)| add(sum, count));
}

/// Counts.
pub(super) struct Counter {
    conditions: Vec<ConditionCount>,
    parts: Vec<PartCount>,
    /// What tests took since the last guard or condition was done.
    spent_ns: u64,
    /// What one look at the clock takes.
    clock_ns: u64,
}

impl Counter {
    pub(super) fn new(conditions: usize, parts: usize) -> Self {
        Self {
            conditions: vec![ConditionCount::default(); conditions],
            parts: vec![PartCount::default(); parts],
            spent_ns: 0,
            clock_ns: clock_ns(),
        }
    }

    /// What was counted; counting begins anew.
    pub(super) fn take(&mut self) -> (Vec<ConditionCount>, Vec<PartCount>) {
        let anew = Self {
            clock_ns: self.clock_ns,
            ..Self {
                conditions: vec![ConditionCount::default(); self.conditions.len()],
                parts: vec![PartCount::default(); self.parts.len()],
                spent_ns: 0,
                clock_ns: 0,
            }
        };
        let counted = std::mem::replace(self, anew);
        (counted.conditions, counted.parts)
    }

    fn timed<R>(&mut self, work: impl FnOnce() -> R) -> (R, u64) {
        let started = Instant::now();
        let result = work();
        let ns = nanoseconds(started).saturating_sub(self.clock_ns);
        self.spent_ns += ns;
        (result, ns)
    }

    fn part(&mut self, leaf: u32) -> &mut PartCount {
        self.parts.get_mut(leaf as usize).expect(IS_PART)
    }

    fn condition_count(&mut self, index: u32) -> &mut ConditionCount {
        self.conditions.get_mut(index as usize).expect(IS_PART)
    }
}

impl Watch for Counter {
    fn test(&mut self, leaf: u32, test: impl FnOnce() -> bool) -> bool {
        let (holds, ns) = self.timed(test);
        self.part(leaf).add(&PartCount {
            asked: 1,
            made: 1,
            held: u64::from(holds),
            ns,
        });
        holds
    }

    fn remembered(&mut self, leaf: u32, holds: bool) {
        self.part(leaf).add(&PartCount {
            asked: 1,
            held: u64::from(holds),
            ..PartCount::default()
        });
    }

    fn look(&mut self, look: impl FnOnce() -> u64) -> u64 {
        self.timed(look).0
    }

    fn guard(&mut self, block: &Block, needed_by: u64) {
        let spent = std::mem::take(&mut self.spent_ns);
        let share = spent.checked_div(u64::from(needed_by.count_ones()));
        let conditions = block.roots.iter().enumerate();
        for (_, condition) in conditions.filter(|(place, _)| needed_by >> place & 1 == 1) {
            self.condition_count(condition.index).ns += share.unwrap_or(0);
        }
    }

    fn condition(&mut self, index: u32, holds: bool) {
        let ns = std::mem::take(&mut self.spent_ns);
        self.condition_count(index).add(&ConditionCount {
            asked: 1,
            held: u64::from(holds),
            ns,
        });
    }
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The least that passes between two looks at the clock, which no test is to be blamed for.
fn clock_ns() -> u64 {
    let looks = (0..CLOCK_LOOKS).map(|_| nanoseconds(Instant::now()));
    looks.min().unwrap_or(0)
}
