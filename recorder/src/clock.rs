//! The clocks: boot time, which orders events, and the wall clock that it is translated to.
//!
//! Owns when a new pair of the two is worth writing.

use falco_format::{ClockPair, UnixNanos};
use rustix::time::{ClockId, clock_gettime};

/// How far the wall clock may wander from the last pair before a new one is written, in nanoseconds: a thousandth of what people read, far above what two readings differ by.
const DRIFT_MAX_NS: u64 = 1_000_000;
/// How often a pair is read to find the one whose readings stand closest together.
const READINGS: usize = 5;

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// Nanoseconds of `CLOCK_BOOTTIME`.
pub fn boottime_ns() -> u64 {
    nanoseconds(ClockId::Boottime)
}

/// Now, by the wall clock.
pub fn realtime() -> UnixNanos {
    UnixNanos(nanoseconds(ClockId::Realtime))
}

/// A moment of the wall clock as text, in UTC.
pub fn utc(time: UnixNanos, form: &str) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(time.0));
    let time = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime(form).to_string()
}

/// Reads both clocks as close together as can be.
pub fn pair() -> ClockPair {
    let reading = || {
        let before = boottime_ns();
        let realtime_ns = realtime();
        let spread = boottime_ns().saturating_sub(before);
        (
            spread,
            ClockPair {
                boottime_ns: before.saturating_add(spread / 2),
                realtime_ns,
            },
        )
    };
    let mut best = reading();
    for _ in 1..READINGS {
        best = best.min(reading());
    }
    best.1
}

/// Watches the wall clock for steps.
#[derive(Debug)]
pub struct ClockWatch {
    last: ClockPair,
}

impl ClockWatch {
    /// Begins with a pair that has been written.
    pub fn new(written: ClockPair) -> ClockWatch {
        ClockWatch { last: written }
    }

    /// The pair, if it says something that the last one did not.
    pub fn check(&mut self, now: ClockPair) -> Option<ClockPair> {
        let expected = i128::from(self.last.realtime_ns.0) + i128::from(now.boottime_ns)
            - i128::from(self.last.boottime_ns);
        let drift = expected.abs_diff(i128::from(now.realtime_ns.0));
        if drift <= u128::from(DRIFT_MAX_NS) {
            return None;
        }
        self.last = now;
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_once_and_a_steady_clock_never() {
        let at = |boottime_ns, realtime_ns| ClockPair {
            boottime_ns,
            realtime_ns: UnixNanos(realtime_ns),
        };
        let mut watch = ClockWatch::new(at(0, 1_000_000_000));
        let mut check = |pair, told| assert_eq!(watch.check(pair).is_some(), told, "{pair:?}");
        check(at(5_000_000_000, 6_000_000_000), false);
        check(at(6_000_000_000, 7_000_900_000), false);
        check(at(7_000_000_000, 3_000_000_000), true);
        check(at(8_000_000_000, 4_000_000_000), false);
        check(at(9_000_000_000, 900_000_000_000), true);
    }

    #[test]
    fn the_clocks_run() {
        let (first, second) = (pair(), pair());
        assert!(second.boottime_ns >= first.boottime_ns && first.realtime_ns.0 > first.boottime_ns);
    }
}
