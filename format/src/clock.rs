//! Pairs of clocks, and the map from boot time to wall-clock time that they make.

use std::fmt;

use crate::bytes::{Cursor, Malformed};

/// A moment of wall-clock time: nanoseconds since the epoch, as `CLOCK_REALTIME` counts them.
///
/// Moments of boot time are plain numbers, of which there are many more; so neither is taken for the other.
/// Nobody takes 0 for a time: it stands for one that nobody wrote down.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixNanos(pub u64);

/// The number alone: what it counts, the name beside it says.
impl fmt::Debug for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl UnixNanos {
    /// Whether there is a time at all.
    pub fn is_known(self) -> bool {
        self.0 != 0
    }

    /// Nanoseconds since an earlier time; nothing where that is later.
    pub fn checked_since(self, earlier: UnixNanos) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    /// Nanoseconds since an earlier time; none since one that is later.
    pub fn since(self, earlier: UnixNanos) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Two clocks read at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClockPair {
    /// `CLOCK_BOOTTIME`, nanoseconds.
    pub boottime_ns: u64,
    /// `CLOCK_REALTIME`, nanoseconds since the epoch.
    pub realtime_ns: UnixNanos,
}

/// Maps `CLOCK_BOOTTIME` to `CLOCK_REALTIME` by the latest pair that is not younger; what is older than every pair uses the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockMap {
    pairs: Vec<ClockPair>,
}

impl ClockMap {
    /// An empty map, which knows no wall-clock time.
    pub fn new() -> Self {
        ClockMap::default()
    }

    /// A map of these pairs, in any order.
    pub fn from_pairs(pairs: &[ClockPair]) -> Self {
        let mut map = ClockMap::new();
        map.add(pairs);
        map
    }

    /// Adds pairs, as CLOCK items bring them.
    pub fn add(&mut self, pairs: &[ClockPair]) {
        self.pairs.extend_from_slice(pairs);
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The same, or nothing where no clock is known.
    pub fn known_realtime(&self, boottime_ns: u64) -> Option<UnixNanos> {
        (!self.is_empty()).then(|| self.realtime(boottime_ns))
    }

    /// The wall-clock time of a moment in nanoseconds of boot time; 0 where no clock is known.
    pub fn realtime(&self, boottime_ns: u64) -> UnixNanos {
        let younger = self
            .pairs
            .partition_point(|pair| pair.boottime_ns <= boottime_ns);
        let Some(pair) = self.pairs.get(younger.saturating_sub(1)) else {
            return UnixNanos::default();
        };
        let offset = i128::from(boottime_ns) - i128::from(pair.boottime_ns);
        let realtime = i128::from(pair.realtime_ns.0) + offset;
        UnixNanos(u64::try_from(realtime.max(0)).unwrap_or(u64::MAX))
    }

    /// The earliest and latest wall-clock time of moments between two boot times. Where the clock was stepped in between, that need not be at the ends.
    pub fn realtime_range(&self, first: u64, last: u64) -> (UnixNanos, UnixNanos) {
        let from = self.pairs.partition_point(|pair| pair.boottime_ns < first);
        let steps = self.pairs.get(from..).unwrap_or_default().iter();
        let steps = steps.map(|pair| pair.boottime_ns);
        let steps = steps.take_while(|at| *at <= last);
        let moments = [first, last]
            .into_iter()
            .chain(steps.flat_map(|at| [at.saturating_sub(1).max(first), at]));
        moments.fold(
            (UnixNanos(u64::MAX), UnixNanos(0)),
            |(earliest, latest), moment| {
                let realtime = self.realtime(moment);
                (earliest.min(realtime), latest.max(realtime))
            },
        )
    }

    /// The pairs, by boot time.
    pub fn pairs(&self) -> &[ClockPair] {
        &self.pairs
    }
}

/// Encodes a CLOCK payload: sixteen bytes per pair.
pub(crate) fn encode(pairs: &[ClockPair]) -> Vec<u8> {
    pairs
        .iter()
        .flat_map(|pair| {
            [
                pair.boottime_ns.to_le_bytes(),
                pair.realtime_ns.0.to_le_bytes(),
            ]
        })
        .flatten()
        .collect()
}

/// Decodes a CLOCK payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<ClockPair>, Malformed> {
    let mut cursor = Cursor::new(payload);
    let mut pairs = Vec::with_capacity(payload.len() / 16);
    while cursor.remaining() > 0 {
        pairs.push(ClockPair {
            boottime_ns: cursor.u64()?,
            realtime_ns: UnixNanos(cursor.u64()?),
        });
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_pair_that_is_not_younger_decides() {
        let pair = |boottime_ns, realtime_ns| ClockPair {
            boottime_ns,
            realtime_ns: UnixNanos(realtime_ns),
        };
        let map = ClockMap::from_pairs(&[pair(100, 5_000), pair(10, 1_000)]);
        let check = |boottime, realtime| {
            assert_eq!(map.realtime(boottime), UnixNanos(realtime), "{boottime}")
        };
        check(0, 990);
        check(10, 1_000);
        check(99, 1_089);
        check(100, 5_000);
        check(150, 5_050);
        check(u64::MAX, u64::MAX);
        assert_eq!(ClockMap::new().realtime(7), UnixNanos(0));
    }

    #[test]
    fn a_stepped_clock_widens_the_range_of_a_stretch() {
        let pair = |boottime_ns, realtime_ns| ClockPair {
            boottime_ns,
            realtime_ns: UnixNanos(realtime_ns),
        };
        // At 50 the clock was put back by 900, at 80 forward again.
        let clock = ClockMap::from_pairs(&[pair(0, 1_000), pair(50, 150), pair(80, 1_080)]);
        let check = |first, last, expected| {
            let (earliest, latest) = clock.realtime_range(first, last);
            assert_eq!((earliest.0, latest.0), expected);
        };
        check(10, 20, (1_010, 1_020));
        check(10, 60, (150, 1_049));
        check(60, 90, (160, 1_090));
        check(55, 85, (155, 1_085));
    }
}
