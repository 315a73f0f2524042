//! Points in time as people and machines read them.
//!
//! Owns the choice of a time zone and the two forms in which alerts carry time.
//! In: nanoseconds since the epoch. Out: text with nine digits of a second.
//! It never looks at the zone of the machine unless the user asks for it: an answer depends on the capture and the options alone.

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone in which times are printed for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl Zone {
    /// Coordinated universal time: what replay uses unless asked otherwise.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// How far local time is ahead of UTC at a point in time, in seconds.
    #[must_use]
    pub fn offset_seconds(&self, realtime_ns: u64) -> i32 {
        self.0.to_offset(timestamp(realtime_ns)).seconds()
    }
}

/// The zone that a name does not name.
#[derive(Debug, thiserror::Error)]
#[error(
    "'{name}' is no time zone: give `utc`, `local`, or a name such as Europe/Berlin that this machine's zone files know"
)]
pub struct UnknownZone {
    /// The name as the user gave it.
    pub name: String,
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone {
            name: name.to_owned(),
        };
        match name.to_ascii_lowercase().as_str() {
            "utc" => Ok(Self::utc()),
            "local" => TimeZone::try_system().map(Self).map_err(|_| unknown()),
            _ => TimeZone::get(name).map(Self).map_err(|_| unknown()),
        }
    }
}

/// Appends `HH:MM:SS.nnnnnnnnn` in `zone`: how alerts and events begin.
pub fn push_clock(realtime_ns: u64, zone: &Zone, out: &mut String) {
    let offset = zone.0.to_offset(timestamp(realtime_ns));
    let local = offset.to_datetime(timestamp(realtime_ns));
    // Writing to a `String` cannot fail, so the result carries no information.
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}.{:09}",
        local.hour(),
        local.minute(),
        local.second(),
        local.subsec_nanosecond()
    );
}

/// Appends `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`: the `time` of an alert in JSON.
pub fn push_iso(realtime_ns: u64, out: &mut String) {
    let utc = jiff::tz::Offset::UTC.to_datetime(timestamp(realtime_ns));
    let date = utc.date();
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T",
        date.year(),
        date.month(),
        date.day()
    );
    push_clock(realtime_ns, &Zone::utc(), out);
    out.push('Z');
}

/// The ISO form as a string of its own.
#[must_use]
pub fn iso(realtime_ns: u64) -> String {
    let mut out = String::new();
    push_iso(realtime_ns, &mut out);
    out
}

/// Every u64 of nanoseconds lies before the year 2555, well within what a timestamp holds.
fn timestamp(realtime_ns: u64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(realtime_ns)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(realtime_ns: u64, zone: &str, clock: &str, expected_iso: &str) {
        let zone: Zone = zone.parse().expect("a zone");
        let mut out = String::new();
        push_clock(realtime_ns, &zone, &mut out);
        assert_eq!(
            (out.as_str(), iso(realtime_ns).as_str()),
            (clock, expected_iso)
        );
    }

    #[test]
    fn times_print_with_nine_digits() {
        check(
            1_534_551_451_397_761_344,
            "utc",
            "00:17:31.397761344",
            "2018-08-18T00:17:31.397761344Z",
        );
        check(
            0,
            "UTC",
            "00:00:00.000000000",
            "1970-01-01T00:00:00.000000000Z",
        );
        check(
            u64::MAX,
            "utc",
            "23:34:33.709551615",
            "2554-07-21T23:34:33.709551615Z",
        );
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        let error = Zone::from_str("Atlantis/Capital").expect_err("no such zone");
        assert!(error.to_string().contains("Atlantis/Capital"));
    }
}
