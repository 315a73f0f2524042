//! Moments as people type them for `--since`, `--until` and every other option that takes one.
//!
//! In: the text, the zone of the command, and the time that the captures span. Out: nanoseconds since the epoch.
//! Today's date never counts: what is not a whole date and time is completed from the captures alone, so that a command gives the same answer tomorrow.

use falco_format::UnixNanos;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::{TimeRange, Zone};

/// How many days an error lists at most; more say nothing that the first ones do not.
const DAYS_LISTED: usize = 8;

/// The last second of the year 9999: a number beyond is of milliseconds or nanoseconds.
const LAST_SECOND: u64 = 253_402_300_799;

/// The last year of which dates are read; its last day is not in every zone's reach, and stands for all time that follows.
const LAST_YEAR: i16 = 9999;
const END: i128 = 253_402_300_799_000_000_000;

/// A moment that may still need the captures to be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    text: String,
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// A point in time, in nanoseconds since the epoch.
    At(i128),
    /// A date and time of a zone, which may be two moments where its clocks are set back.
    Civil(DateTime, Zone),
    /// A time of day, on a day that the captures tell.
    Clock(Time, Zone),
    /// As long before the captures' end.
    BeforeEnd(SignedDuration),
}

/// Which end of a span a moment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first moment of it.
    Since,
    /// The last.
    Until,
}

/// Why a text is no moment of these captures.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum MomentError {
    /// It is in no form that is known.
    #[error(
        "'{0}' is no time: give a date and time as 2026-11-20T10:00:00Z, a date, a time of day as 10:00, how long before the captures' end as -15m, or seconds since 1970 as @1763632800"
    )]
    Unreadable(String),
    /// It counts from today.
    #[error("'{0}' would be another moment tomorrow; {1}")]
    CountsFromToday(String, &'static str),
    /// The captures have no time of day that it could be.
    #[error("no day of the captures has a {text} within them: they span {span}")]
    NoSuchClock {
        /// What was typed.
        text: String,
        /// From when to when the captures are.
        span: String,
    },
    /// The captures have several.
    #[error("{text} may be on {days}: say which, as {first}T{text}")]
    SeveralDays {
        /// What was typed.
        text: String,
        /// The days.
        days: String,
        /// The first of them.
        first: String,
    },
}

impl Moment {
    /// Reads a moment; dates and times without an offset are in `zone`.
    ///
    /// # Errors
    /// When the text is in no form of a moment.
    pub fn parse(text: &str, zone: &Zone) -> Result<Self, MomentError> {
        let text = text.trim();
        // A zone by name in brackets is not read here, and must not be passed over.
        let form = (!text.contains('['))
            .then(|| {
                seconds(text)
                    .or_else(|| before_end(text))
                    .or_else(|| timestamp(text))
                    .or_else(|| civil(text, zone))
            })
            .flatten();
        let form = form.ok_or_else(|| refused(text))?;
        Ok(Self {
            text: text.to_owned(),
            form,
        })
    }

    /// The text as it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The moment in nanoseconds since the epoch, completed from the time that the captures span.
    ///
    /// What lies before 1970 is 1970's first moment: no capture is older.
    ///
    /// # Errors
    /// When the captures leave open which moment is meant.
    pub fn resolve(&self, span: TimeRange<UnixNanos>) -> Result<UnixNanos, MomentError> {
        self.resolved(span, None)
    }

    /// The same of an end of a span of time: whatever may be meant, the span has the more of it.
    ///
    /// A time that clocks have twice is the first for a beginning and the second for an end.
    /// A time of day that captures around midnight do not have within them lies in front of them for a beginning, and behind them for an end.
    ///
    /// # Errors
    /// When the captures leave open which moment is meant.
    pub fn resolve_edge(
        &self,
        span: TimeRange<UnixNanos>,
        edge: Edge,
    ) -> Result<UnixNanos, MomentError> {
        self.resolved(span, Some(edge))
    }

    fn resolved(
        &self,
        span: TimeRange<UnixNanos>,
        edge: Option<Edge>,
    ) -> Result<UnixNanos, MomentError> {
        match &self.form {
            Form::At(nanoseconds) => Ok(clamped(*nanoseconds)),
            Form::Civil(moment, zone) => at(*moment, zone, edge)
                .map(clamped)
                .ok_or_else(|| MomentError::Unreadable(self.text.clone())),
            Form::BeforeEnd(duration) => Ok(clamped(i128::from(span.last.0) - duration.as_nanos())),
            Form::Clock(time, zone) => self.on_a_day(*time, zone, span, edge),
        }
    }

    /// The one day of the captures on which the time of day is within them; where they are of one day, that day in any case.
    fn on_a_day(
        &self,
        time: Time,
        zone: &Zone,
        span: TimeRange<UnixNanos>,
        edge: Option<Edge>,
    ) -> Result<UnixNanos, MomentError> {
        let day = |nanoseconds| zone.0.to_datetime(super::timestamp(nanoseconds)).date();
        let (first, last) = (day(span.first), day(span.last));
        let mut moments = Vec::new();
        let mut date = Some(first);
        while let Some(today) = date.filter(|date| *date <= last) {
            let moment = at(today.to_datetime(time), zone, edge).map(clamped);
            let moment = moment.filter(|moment| (span.first..=span.last).contains(moment));
            moments.extend(moment.map(|moment| (today, moment)));
            // One more than is listed says that there are more.
            date = today
                .tomorrow()
                .ok()
                .filter(|_| moments.len() <= DAYS_LISTED);
        }
        // Where no day has it, the captures go past one midnight.
        let outside = match edge {
            _ if first == last => Some(last),
            Some(Edge::Since) => Some(first),
            Some(Edge::Until) => Some(last),
            None => None,
        };
        match (&moments[..], outside) {
            (&[(_, moment)], _) => Ok(moment),
            ([], Some(day)) => at(day.to_datetime(time), zone, edge)
                .map(clamped)
                .ok_or_else(|| MomentError::Unreadable(self.text.clone())),
            ([], None) => Err(MomentError::NoSuchClock {
                text: self.text.clone(),
                span: span.spelled(zone),
            }),
            (&[(first, _), ..], _) => Err(MomentError::SeveralDays {
                text: self.text.clone(),
                days: listed(&moments),
                first: first.to_string(),
            }),
        }
    }
}

fn listed(moments: &[(Date, UnixNanos)]) -> String {
    let mut days: Vec<String> = moments.iter().map(|(day, _)| day.to_string()).collect();
    if days.len() > DAYS_LISTED {
        days.truncate(DAYS_LISTED);
        days.push("more days".to_owned());
    }
    let last = days.pop().unwrap_or_default();
    format!("{} and {last}", days.join(", "))
}

fn clamped(nanoseconds: i128) -> UnixNanos {
    UnixNanos(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
}

/// `@1763632800.5`: seconds since the epoch.
fn seconds(text: &str) -> Option<Form> {
    let digits = text.strip_prefix('@')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= LAST_SECOND)?;
    let fraction: u32 = format!("{fraction:0<9}").parse().ok()?;
    Some(Form::At(
        i128::from(whole) * 1_000_000_000 + i128::from(fraction),
    ))
}

/// `-15m`, `-1h30m`, `-2 days`: before the captures' end.
fn before_end(text: &str) -> Option<Form> {
    let span: Span = text.strip_prefix('-')?.trim_start().parse().ok()?;
    // A day is 24 hours here: a zone's change of clocks makes no span of time longer.
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(Form::BeforeEnd(duration))
}

/// A date and time with an offset.
fn timestamp(text: &str) -> Option<Form> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(Form::At(timestamp.as_nanosecond()));
    }
    let moment: DateTime = text.strip_suffix('Z')?.parse().ok()?;
    (moment.year() == LAST_YEAR).then_some(Form::At(END))
}

/// A date, a date and time, or a time of day, in the command's zone. An offset would be passed over where it is not part of a moment.
fn civil(text: &str, zone: &Zone) -> Option<Form> {
    if text.contains('+') {
        return None;
    }
    if text.contains('-') {
        let moment: DateTime = text.parse().ok()?;
        at(moment, zone, None)?;
        return Some(Form::Civil(moment, zone.clone()));
    }
    let is_clock = text.contains(':');
    let time: Time = text.parse().ok().filter(|_| is_clock)?;
    Some(Form::Clock(time, zone.clone()))
}

/// A moment that a change of clocks skips is the one that its zone's rules of before the change make of it, and so is one that it has twice, but for the end of a span.
fn at(moment: DateTime, zone: &Zone, edge: Option<Edge>) -> Option<i128> {
    let zoned = zone.0.to_ambiguous_zoned(moment);
    let zoned = match edge {
        Some(Edge::Until) => zoned.later(),
        Some(Edge::Since) | None => zoned.compatible(),
    };
    match zoned {
        Ok(zoned) => Some(zoned.timestamp().as_nanosecond()),
        Err(_) => (moment.year() == LAST_YEAR).then_some(END),
    }
}

fn refused(text: &str) -> MomentError {
    let counts_from_today = match text {
        "now" => "the captures' end is where a command ends by itself",
        "today" | "yesterday" | "tomorrow" => "give the date, as 2026-11-20",
        _ if text.ends_with(" ago") => "count from the captures' end, as -15m",
        _ => return MomentError::Unreadable(text.to_owned()),
    };
    MomentError::CountsFromToday(text.to_owned(), counts_from_today)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 08:00 UTC to 2026-11-21 09:30 UTC.
    const SPAN: TimeRange<UnixNanos> = TimeRange {
        first: UnixNanos(1_795_161_600_000_000_000),
        last: UnixNanos(1_795_253_400_000_000_000),
    };

    fn resolved(text: &str, zone: &str) -> Result<String, String> {
        let zone: Zone = zone.parse().expect("a zone");
        let moment = Moment::parse(text, &zone).and_then(|moment| moment.resolve(SPAN));
        moment
            .map(super::super::iso)
            .map_err(|error| error.to_string())
    }

    fn check(text: &str, zone: &str, expected: &str) {
        let expected = format!("{expected}Z");
        assert_eq!(
            resolved(text, zone).as_deref(),
            Ok(expected.as_str()),
            "{text}"
        );
    }

    #[test]
    fn the_span_is_what_the_tests_take_it_for() {
        assert_eq!(
            SPAN.spelled(&Zone::utc()),
            "2026-11-20T08:00:00.000000000Z to 2026-11-21T09:30:00.000000000Z"
        );
    }

    #[test]
    fn every_form_of_a_moment_is_read() {
        let check = |text, expected| check(text, "utc", expected);
        check("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000000000");
        check(
            "2026-11-20T10:00:00.5+01:00",
            "2026-11-20T09:00:00.500000000",
        );
        check("2026-11-20 10:00", "2026-11-20T10:00:00.000000000");
        check("2026-11-20T10:00:07", "2026-11-20T10:00:07.000000000");
        check("2026-11-20", "2026-11-20T00:00:00.000000000");
        check("10:00", "2026-11-20T10:00:00.000000000");
        check("07:59:59.25", "2026-11-21T07:59:59.250000000");
        check("-15m", "2026-11-21T09:15:00.000000000");
        check("-1h30m", "2026-11-21T08:00:00.000000000");
        check("-1d", "2026-11-20T09:30:00.000000000");
        check("-90s", "2026-11-21T09:28:30.000000000");
        check("@1795161600", "2026-11-20T08:00:00.000000000");
        check("@1795161600.25", "2026-11-20T08:00:00.250000000");
    }

    #[test]
    fn times_without_an_offset_are_in_the_zone() {
        check(
            "2026-11-20",
            "Europe/Berlin",
            "2026-11-19T23:00:00.000000000",
        );
        check("10:45", "Europe/Berlin", "2026-11-20T09:45:00.000000000");
        check(
            "2026-11-20T10:00:00Z",
            "Europe/Berlin",
            "2026-11-20T10:00:00.000000000",
        );
    }

    #[test]
    fn what_is_no_moment_says_what_would_be() {
        let refused = |text: &str, part: &str| {
            let error = resolved(text, "utc").expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        };
        for text in [
            "",
            "tuesday",
            "25:00",
            "2026-13-01",
            "15",
            "15m",
            "@x",
            "@",
            "--15m",
            "- -15m",
            "10:00+05:00",
            "10:00[Europe/Berlin]",
            "2026-11-20T10:00:00[Europe/Berlin]",
            "2026-11-20T10:00:00+05:00[Europe/Berlin]",
            "2026-11-20[Europe/Berlin]",
            "2026-11-20+05:00",
            "@1795205510000",
        ] {
            refused(text, "is no time");
        }
        for text in ["now", "today", "15m ago"] {
            refused(text, "would be another moment tomorrow");
        }
        refused("09:00", "may be on 2026-11-20 and 2026-11-21");
        let before = TimeRange {
            first: SPAN.first,
            last: UnixNanos(SPAN.last.0 - 3_600_000_000_000),
        };
        let clock = Moment::parse("07:59:59.5", &Zone::utc()).and_then(|clock| {
            clock.resolve(TimeRange {
                last: UnixNanos(before.last.0 - 3_600_000_000_000),
                ..before
            })
        });
        let error = clock.expect_err("it is not within the captures");
        let expected = "no day of the captures has a 07:59:59.5 within them: they span 2026-11-20T08:00:00.000000000Z to";
        assert!(error.to_string().starts_with(expected), "{error}");
    }

    #[track_caller]
    fn check_edges(text: &str, zone: &str, span: TimeRange<UnixNanos>, expected: [&str; 2]) {
        let zone: Zone = zone.parse().expect("a zone");
        let moment = Moment::parse(text, &zone).expect("a moment");
        let edges = [Edge::Since, Edge::Until].map(|edge| {
            let resolved = moment.resolve_edge(span, edge);
            super::super::iso(resolved.expect("a moment"))
        });
        assert_eq!(edges, expected.map(|time| format!("{time}.000000000Z")));
    }

    #[test]
    fn captures_around_midnight_have_a_time_of_day_in_front_or_behind() {
        // 2026-11-20 23:10 UTC to 2026-11-21 00:30 UTC.
        let span = TimeRange {
            first: UnixNanos(SPAN.first.0 + 54_600_000_000_000),
            last: UnixNanos(SPAN.first.0 + 59_400_000_000_000),
        };
        let check = |text, since, until| check_edges(text, "utc", span, [since, until]);
        check("23:00", "2026-11-20T23:00:00", "2026-11-21T23:00:00");
        check("00:40", "2026-11-20T00:40:00", "2026-11-21T00:40:00");
        check("23:20", "2026-11-20T23:20:00", "2026-11-20T23:20:00");
        check("00:20", "2026-11-21T00:20:00", "2026-11-21T00:20:00");
    }

    #[test]
    fn a_time_that_clocks_have_twice_is_whole_in_a_span() {
        let check = |text, since, until| {
            check_edges(text, "Europe/Berlin", SPAN, [since, until]);
        };
        check(
            "2026-10-25T02:30",
            "2026-10-25T00:30:00",
            "2026-10-25T01:30:00",
        );
        // One that they skip is no two.
        check(
            "2026-03-29T02:30",
            "2026-03-29T01:30:00",
            "2026-03-29T01:30:00",
        );
        check(
            "2026-10-25T04:00",
            "2026-10-25T03:00:00",
            "2026-10-25T03:00:00",
        );
    }

    #[test]
    fn the_last_day_of_all_is_read() {
        for text in ["9999-12-31", "9999-12-31T23:59:59", "9999-12-31T00:00:00Z"] {
            for zone in ["utc", "Pacific/Honolulu", "Asia/Tokyo"] {
                let zone: Zone = zone.parse().expect("a zone");
                let moment = Moment::parse(text, &zone).and_then(|moment| moment.resolve(SPAN));
                assert_eq!(moment, Ok(UnixNanos(u64::MAX)), "{text}");
            }
        }
    }

    #[test]
    fn of_captures_of_one_day_a_time_of_day_is_of_that_day() {
        let span = TimeRange {
            first: SPAN.first,
            last: UnixNanos(SPAN.first.0 + 1_000_000_000),
        };
        let clock = Moment::parse("18:00", &Zone::utc()).expect("a time of day");
        let moment = clock
            .resolve(span)
            .map(|moment| super::super::iso(moment).to_string());
        assert_eq!(moment.as_deref(), Ok("2026-11-20T18:00:00.000000000Z"));
    }

    #[test]
    fn what_lies_outside_of_all_time_is_its_edge() {
        check("-100000d", "utc", "1970-01-01T00:00:00.000000000");
        check("1902-01-01", "utc", "1970-01-01T00:00:00.000000000");
    }
}
