//! Numbers as people read them.
//!
//! In: bytes, nanoseconds, counts, times. Out: short text; programs are given the numbers themselves.

use falco_analyze::time::{Zone, full};
use falco_format::UnixNanos;
use indicatif::HumanBytes;

const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;
/// Up to here a number is shown digit by digit.
const EXACT_MAX: u64 = 99_999;

/// So many bytes, in powers of 1,024: `17 B`, `1.50 KiB`.
pub(crate) fn bytes(number: u64) -> String {
    HumanBytes(number).to_string()
}

/// So long, by its two largest units: `15 ms`, `2.5 s`, `3 min 4 s`, `2 d 5 h`.
pub(crate) fn duration(nanoseconds: u64) -> String {
    let seconds = nanoseconds / SECOND_NS;
    let parts = |large: u64, large_name, small_name, small: u64| {
        let (many, rest) = (seconds / large, seconds % large / small);
        match rest {
            0 => format!("{many} {large_name}"),
            rest => format!("{many} {large_name} {rest} {small_name}"),
        }
    };
    let small = |unit: u64, name| {
        let tenths = nanoseconds / (unit / 10);
        match (tenths / 10, tenths % 10) {
            (whole, 0) => format!("{whole} {name}"),
            (whole @ ..100, part) => format!("{whole}.{part} {name}"),
            (whole, _) => format!("{whole} {name}"),
        }
    };
    match (nanoseconds, seconds) {
        (..1_000, _) => format!("{nanoseconds} ns"),
        (..1_000_000, _) => small(1_000, "us"),
        (..SECOND_NS, _) => small(1_000_000, "ms"),
        (_, ..MINUTE_S) => small(SECOND_NS, "s"),
        (_, ..HOUR_S) => parts(MINUTE_S, "min", "s", 1),
        (_, ..DAY_S) => parts(HOUR_S, "h", "min", MINUTE_S),
        _ => parts(DAY_S, "d", "h", HOUR_S),
    }
}

/// So many, in a few characters: `1234`, `123k`, `1.2M`.
pub(crate) fn short_count(number: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    if number <= EXACT_MAX {
        return number.to_string();
    }
    let unit = UNITS.into_iter().find(|(unit, _)| number >= *unit);
    let (unit, name) = unit.unwrap_or((1, ""));
    match (number / unit, number % unit / (unit / 10).max(1)) {
        (whole @ ..10, part @ 1..) => format!("{whole}.{part}{name}"),
        (whole, _) => format!("{whole}{name}"),
    }
}

/// A moment to the second, with how far its zone is from UTC: `2026-11-20T10:00:00Z`. Where it is not known, `none`.
pub(crate) fn time(time: UnixNanos, zone: &Zone) -> String {
    let full = full(time, zone);
    match full.split_once('.') {
        Some((seconds, rest)) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{seconds}{zone}")
        }
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        let check = |shown: String, expected: &str| assert_eq!(shown, expected);
        check(bytes(17), "17 B");
        check(bytes(1_536), "1.50 KiB");
        check(bytes(u64::MAX), "16.00 EiB");
        check(duration(0), "0 ns");
        check(duration(1_500), "1.5 us");
        check(duration(15_000_000), "15 ms");
        check(duration(123_400_000), "123 ms");
        check(duration(2_500_000_000), "2.5 s");
        check(duration(184 * SECOND_NS), "3 min 4 s");
        check(duration(7_200 * SECOND_NS), "2 h");
        check(
            duration((2 * DAY_S + 5 * HOUR_S + 7) * SECOND_NS),
            "2 d 5 h",
        );
        check(duration(u64::MAX), "213503 d 23 h");
        check(short_count(99_999), "99999");
        check(short_count(123_456), "123k");
        check(short_count(1_234_567), "1.2M");
        check(short_count(u64::MAX), "18446P");
    }

    #[test]
    fn times_end_with_the_second() {
        let check = |nanoseconds, zone: &str, expected: &str| {
            let zone: Zone = zone.parse().expect("a zone");
            assert_eq!(time(UnixNanos(nanoseconds), &zone), expected);
        };
        check(1_534_551_451_397_761_344, "utc", "2018-08-18T00:17:31Z");
        check(0, "utc", "none");
    }
}
