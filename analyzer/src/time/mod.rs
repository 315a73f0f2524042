//! Points in time as people and machines read them.
//!
//! Owns the choice of a time zone, the forms in which alerts carry time, and the one in which lines for people do ([`Stamp`]).
//! In: nanoseconds since the epoch. Out: text with nine digits of a second. The other way is [`Moment`]'s.
//! It never looks at the zone of the machine unless the user asks for it: an answer depends on the capture and the options alone.

mod moment;

pub use moment::{Edge, Moment, MomentError};

use std::fmt::Write as _;
use std::str::FromStr;

use falco_format::UnixNanos;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// First and last of some times: of boot time in nanoseconds, unless another kind is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange<T = u64> {
    /// The earliest.
    pub first: T,
    /// The latest.
    pub last: T,
}

impl<T: Copy + Ord> TimeRange<T> {
    /// The range that holds another one too, which is all of it where there is none yet.
    #[must_use]
    pub fn extended(range: Option<Self>, first: T, last: T) -> Self {
        range.map_or(Self { first, last }, |range| Self {
            first: range.first.min(first),
            last: range.last.max(last),
        })
    }
}

impl TimeRange<UnixNanos> {
    /// The range in words: from its first moment to its last, as lines for people have times.
    #[must_use]
    pub fn spelled(self, zone: &Zone) -> String {
        let [first, last] = [self.first, self.last].map(|time| moment(time, zone));
        format!("{first} to {last}")
    }
}

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
    pub fn offset_seconds(&self, time: UnixNanos) -> i32 {
        self.0.to_offset(timestamp(time)).seconds()
    }
}

/// Why a name is no zone.
#[derive(Debug, thiserror::Error)]
pub enum UnknownZone {
    /// It names none.
    #[error(
        "'{0}' is no time zone: give `utc`, `local`, or a name such as Europe/Berlin that this machine's zone files know"
    )]
    Name(String),
    /// It is `local`, and the environment says which that is, but what it says is none.
    #[error(
        "`local` is no time zone here: the environment's TZ is '{0}', which this machine's zone files do not know; mend TZ, or give `utc` or a name such as Europe/Berlin"
    )]
    Environment(String),
    /// It is `local`, and nobody says which that is.
    #[error(
        "`local` is no time zone here: this machine is set to none, or to one that its zone files do not know; give `utc` or a name such as Europe/Berlin"
    )]
    Unset,
}

impl UnknownZone {
    /// Of `local`: the environment counts before what the machine is set to.
    fn local() -> Self {
        match std::env::var_os("TZ") {
            Some(zone) => Self::Environment(zone.to_string_lossy().into_owned()),
            None => Self::Unset,
        }
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone::Name(name.to_owned());
        match name.to_ascii_lowercase().as_str() {
            "utc" => Ok(Self::utc()),
            "local" => TimeZone::try_system()
                .map(Self)
                .map_err(|_| UnknownZone::local()),
            _ => TimeZone::get(name).map(Self).map_err(|_| unknown()),
        }
    }
}

/// Appends `HH:MM:SS.nnnnnnnnn` in `zone`: how alerts and events begin.
pub fn push_clock(time: UnixNanos, zone: &Zone, out: &mut String) {
    let time = timestamp(time);
    push_clock_of(time, zone.0.to_offset(time), out);
}

fn push_clock_of(time: Timestamp, offset: Offset, out: &mut String) {
    let local = offset.to_datetime(time);
    push_digits::<2>(local.hour().into(), out);
    out.push(':');
    push_digits::<2>(local.minute().into(), out);
    out.push(':');
    push_digits::<2>(local.second().into(), out);
    out.push('.');
    push_digits::<9>(local.subsec_nanosecond(), out);
}

/// Appends a number that is not negative by so many digits. A formatter takes several times as long, and each event of an export has times.
fn push_digits<const DIGITS: usize>(number: i32, out: &mut String) {
    const TEN: u32 = 10;
    let mut left = number.unsigned_abs();
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % TEN) as u8;
        left /= TEN;
    }
    out.extend(digits.map(char::from));
}

/// Appends `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`: the `time` of an alert in JSON.
pub fn push_iso(time: UnixNanos, out: &mut String) {
    push_date(timestamp(time), Offset::UTC, out);
    push_clock(time, &Zone::utc(), out);
    out.push('Z');
}

/// The ISO form as a string of its own.
#[must_use]
pub fn iso(time: UnixNanos) -> String {
    let mut out = String::new();
    push_iso(time, &mut out);
    out
}

/// Date, time and offset as a string of its own: how lines for people have times.
#[must_use]
pub fn full(time: UnixNanos, zone: &Zone) -> String {
    let stamp = Stamp {
        form: TimeForm::Full,
        zone: zone.clone(),
    };
    let mut out = String::new();
    stamp.push(time, &mut out);
    out
}

/// The same of a moment that somebody asked for, which is known: the time 0 is 1970's first moment.
#[must_use]
pub fn moment(time: UnixNanos, zone: &Zone) -> String {
    let mut out = String::new();
    push_full(timestamp(time), zone, &mut out);
    out
}

/// Appends any moment, as [`moment`] has it: nanoseconds since 1970, or before.
pub fn push_moment(nanoseconds: i64, zone: &Zone, out: &mut String) {
    let time = Timestamp::from_nanosecond(i128::from(nanoseconds));
    push_full(time.unwrap_or(Timestamp::MIN), zone, out);
}

/// What stands where a time is not known.
const NO_TIME: &str = "none";

/// How much of a time is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeForm {
    /// Date, time, and how far the zone is from UTC.
    #[default]
    Full,
    /// The time of day, as Falco prints it.
    Short,
}

/// How lines for people begin: the form of the time, and its zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stamp {
    /// How much of it.
    pub form: TimeForm,
    /// The zone.
    pub zone: Zone,
}

impl Stamp {
    /// Appends a time: `2018-08-18T00:17:31.397761344Z`, in other zones with the offset, `none` for the time 0; or the time of day alone.
    pub fn push(&self, time: UnixNanos, out: &mut String) {
        if self.form == TimeForm::Short {
            return push_clock(time, &self.zone, out);
        }
        if !time.is_known() {
            return out.push_str(NO_TIME);
        }
        push_full(timestamp(time), &self.zone, out);
    }
}

fn push_full(time: Timestamp, zone: &Zone, out: &mut String) {
    let offset = zone.0.to_offset(time);
    push_date(time, offset, out);
    push_clock_of(time, offset, out);
    if offset == Offset::UTC {
        return out.push('Z');
    }
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    let _ = write!(out, "{sign}{hours:02}:{minutes:02}");
}

fn push_date(time: Timestamp, offset: Offset, out: &mut String) {
    let date = offset.to_datetime(time).date();
    // A time of nanoseconds lies in a year of four digits, and not before Christ.
    push_digits::<4>(date.year().into(), out);
    out.push('-');
    push_digits::<2>(date.month().into(), out);
    out.push('-');
    push_digits::<2>(date.day().into(), out);
    out.push('T');
}

/// Every u64 of nanoseconds lies before the year 2555, well within what a timestamp holds.
fn timestamp(time: UnixNanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: u64, zone: &str, clock: &str, expected_iso: &str) {
        let zone: Zone = zone.parse().expect("a zone");
        let mut out = String::new();
        push_clock(UnixNanos(time), &zone, &mut out);
        assert_eq!(
            (out.as_str(), iso(UnixNanos(time)).as_str()),
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
    fn lines_begin_with_date_time_and_offset() {
        let check = |time, zone: &str, form, expected: &str| {
            let zone = zone.parse().expect("a zone");
            let mut out = String::new();
            Stamp { form, zone }.push(UnixNanos(time), &mut out);
            assert_eq!(out, expected);
        };
        let time = 1_534_551_451_397_761_344;
        check(
            time,
            "utc",
            TimeForm::Full,
            "2018-08-18T00:17:31.397761344Z",
        );
        check(
            time,
            "America/New_York",
            TimeForm::Full,
            "2018-08-17T20:17:31.397761344-04:00",
        );
        check(
            time,
            "Asia/Kolkata",
            TimeForm::Full,
            "2018-08-18T05:47:31.397761344+05:30",
        );
        check(time, "utc", TimeForm::Short, "00:17:31.397761344");
        check(0, "Asia/Kolkata", TimeForm::Full, "none");
        check(0, "utc", TimeForm::Short, "00:00:00.000000000");
    }

    #[test]
    fn a_moment_that_is_asked_for_is_known() {
        let first = "1970-01-01T00:00:00.000000000Z";
        assert_eq!(moment(UnixNanos(0), &Zone::utc()), first);
        let mut out = String::new();
        push_moment(-1, &Zone::utc(), &mut out);
        assert_eq!(out, "1969-12-31T23:59:59.999999999Z");
        let range = TimeRange {
            first: UnixNanos(0),
            last: UnixNanos(0),
        };
        assert_eq!(range.spelled(&Zone::utc()), format!("{first} to {first}"));
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        let error = Zone::from_str("Atlantis/Capital").expect_err("no such zone");
        assert!(error.to_string().contains("Atlantis/Capital"));
    }
}
