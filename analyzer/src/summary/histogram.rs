//! How many things happened when: counts over time in a bounded number of buckets, the same whatever the order in which they come.
//!
//! In: times, one by one. Out: counts for columns of equal length.
//! A bucket is as wide as a power of two of nanoseconds, and begins at a multiple of that: two histograms of one width have the same borders, and the narrowest width at which all times fit is the one that is kept.

use falco_format::UnixNanos;

/// How many buckets there are at most: as many as the widest line of a terminal shows as a sparkline.
pub const BUCKETS_MAX: usize = 64;

/// The narrowest bucket, as a power of two of nanoseconds: about a millisecond, below which nobody looks.
const NARROWEST: u32 = 20;

/// Counts over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The width of a bucket, as a power of two of nanoseconds.
    width: u32,
    /// The number of the first bucket, counted from 1970.
    first: u64,
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            width: NARROWEST,
            first: 0,
            counts: Vec::new(),
        }
    }
}

impl Histogram {
    /// Counts something that happened at a time.
    pub fn add(&mut self, time: UnixNanos) {
        if self.counts.is_empty() {
            self.first = time.0 >> self.width;
            self.counts.push(1);
            return;
        }
        while !self.fits(time.0 >> self.width) {
            self.widen();
        }
        let bucket = time.0 >> self.width;
        if bucket < self.first {
            let more = usize::try_from(self.first - bucket).unwrap_or(0);
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first = bucket;
        }
        let place = usize::try_from(bucket - self.first).unwrap_or(0);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }

    /// The counts over the time that `all` spans, in so many columns at most.
    #[must_use]
    pub fn over(&self, all: &Histogram, columns: usize) -> Vec<u64> {
        let (mut own, mut all) = (self.clone(), all.clone());
        while all.counts.len() > columns.max(1) {
            all.widen();
        }
        while own.width < all.width {
            own.widen();
        }
        let mut counts = vec![0; all.counts.len()];
        for (bucket, count) in (own.first..).zip(&own.counts) {
            let place = bucket.checked_sub(all.first);
            let place = place.and_then(|place| usize::try_from(place).ok());
            if let Some(sum) = place.and_then(|place| counts.get_mut(place)) {
                *sum += count;
            }
        }
        counts
    }

    /// How long a column of as many as fit into `columns` is, in nanoseconds.
    #[must_use]
    pub fn width_ns(&self, columns: usize) -> u64 {
        let mut all = self.clone();
        while all.counts.len() > columns.max(1) {
            all.widen();
        }
        1_u64.checked_shl(all.width).unwrap_or(u64::MAX)
    }

    fn fits(&self, bucket: u64) -> bool {
        let last = self.first + (self.counts.len() as u64).saturating_sub(1);
        let all = last.max(bucket) - self.first.min(bucket);
        all < BUCKETS_MAX as u64
    }

    /// Makes one bucket of two.
    fn widen(&mut self) {
        let first = self.first >> 1;
        let mut counts: Vec<u64> = Vec::with_capacity(self.counts.len() / 2 + 1);
        for (bucket, count) in (self.first..).zip(&self.counts) {
            let place = usize::try_from((bucket >> 1) - first).unwrap_or(0);
            if place >= counts.len() {
                counts.resize(place + 1, 0);
            }
            if let Some(sum) = counts.get_mut(place) {
                *sum = sum.saturating_add(*count);
            }
        }
        *self = Histogram {
            width: self.width + 1,
            first,
            counts,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        times
            .into_iter()
            .for_each(|time| histogram.add(UnixNanos(time)));
        histogram
    }

    #[test]
    fn the_order_of_times_changes_nothing() {
        let second = 1_000_000_000;
        let check = |times: &[u64]| {
            let (forward, backward) = (of(times.iter().copied()), of(times.iter().rev().copied()));
            assert_eq!(forward, backward, "{times:?}");
            let all: u64 = forward.counts.iter().sum();
            assert_eq!(all, times.len() as u64, "{times:?}");
            assert!(forward.counts.len() <= BUCKETS_MAX, "{times:?}");
        };
        check(&[0]);
        check(&[5, 5, 5]);
        check(&[0, u64::MAX]);
        check(&[u64::MAX, 1, u64::MAX / 2]);
        check(&[
            1_700_000_000 * second,
            1_700_000_060 * second,
            1_700_000_001 * second,
        ]);
        let many: Vec<u64> = (0..1_000).map(|at| (at * 7_919) % 1_009 * second).collect();
        check(&many);
    }

    #[test]
    fn a_part_stands_where_it_is_of_the_whole() {
        let second = 1_000_000_000;
        let all = of((0..100).map(|at| at * second));
        let late = of([98 * second, 99 * second]);
        for columns in [64, 16, 5, 1, 0] {
            let counts = late.over(&all, columns);
            assert!(counts.len() <= columns.max(1), "{columns}");
            assert_eq!(counts.iter().sum::<u64>(), 2, "{columns}");
            assert!(counts.last().is_some_and(|last| *last > 0), "{columns}");
            let whole = all.over(&all, columns);
            assert_eq!(whole.iter().sum::<u64>(), 100, "{columns}");
        }
    }
}
