//! When the event happened, and how long after others.

use falco_format::UnixNanos;
use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{Field, field, unsigned};
use crate::time::{Zone, iso, push_clock};

use FieldType::{Abstime, Charbuf, Reltime, Uint64};

pub(super) const CLOCK: &[Field] = &[
    field(
        "evt.num",
        Uint64,
        number,
        "Number of the event in the stream, from 1, counting every event.",
    )
    .of_result(),
    field(
        "evt.time",
        Charbuf,
        time,
        "Time of day with nine digits of a second.",
    )
    .time_of_event(),
    field(
        "evt.time.s",
        Charbuf,
        time_seconds,
        "Time of day in whole seconds.",
    )
    .time_of_event(),
    field(
        "evt.time.iso8601",
        Charbuf,
        time_iso,
        "Date and time in ISO 8601 with nanoseconds, in UTC.",
    )
    .time_of_event(),
    field(
        "evt.datetime",
        Charbuf,
        datetime,
        "Date and time with nine digits of a second.",
    )
    .time_of_event(),
    field(
        "evt.datetime.s",
        Charbuf,
        datetime_seconds,
        "Date and time in whole seconds.",
    )
    .time_of_event(),
    field(
        "evt.rawtime",
        Abstime,
        raw_time,
        "Nanoseconds since the epoch.",
    )
    .instant()
    .of_result(),
    field(
        "evt.rawtime.s",
        Abstime,
        raw_time_seconds,
        "Whole seconds since the epoch.",
    ),
    field(
        "evt.rawtime.ns",
        Abstime,
        raw_time_fraction,
        "Nanoseconds of the second.",
    ),
    field(
        "evt.reltime",
        Reltime,
        relative_time,
        "Nanoseconds since the first event of the stream.",
    )
    .duration(),
    field(
        "evt.reltime.s",
        Reltime,
        relative_time_seconds,
        "Whole seconds since the first event of the stream.",
    ),
    field(
        "evt.reltime.ns",
        Reltime,
        relative_time_fraction,
        "Nanoseconds of the second since the first event.",
    ),
];

pub(super) const DELTA: &[Field] = &[
    field(
        "evt.deltatime",
        Reltime,
        delta_time,
        "Nanoseconds since the event before.",
    )
    .duration()
    .since_event_before(),
    field(
        "evt.deltatime.s",
        Reltime,
        delta_time_seconds,
        "Whole seconds since the event before.",
    )
    .since_event_before(),
    field(
        "evt.deltatime.ns",
        Reltime,
        delta_time_fraction,
        "Nanoseconds of the second since the event before.",
    )
    .since_event_before(),
];

const SECOND_NS: u64 = 1_000_000_000;

fn number<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(event.number)
}

/// Composes a time's text. The clock is the time of day with nine digits.
fn clock<'e>(event: &'e EventContext<'_>, with_date: bool, digits: usize) -> Value<'e> {
    const CLOCK_LENGTH: usize = 18;
    let utc = Zone::utc();
    let zone = event.times.zone.unwrap_or(&utc);
    let time = event.time();
    let mut text = String::new();
    if with_date {
        let offset = i64::from(zone.offset_seconds(time)) * SECOND_NS.cast_signed();
        let local = iso(UnixNanos(time.0.saturating_add_signed(offset)));
        text.push_str(local.get(..10).unwrap_or_default());
        text.push(' ');
    }
    let start = text.len();
    push_clock(time, zone, &mut text);
    text.truncate(start + CLOCK_LENGTH - (9 - digits) - usize::from(digits == 0));
    event.composed(text.as_bytes())
}

fn time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    clock(event, false, 9)
}

fn time_seconds<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    clock(event, false, 0)
}

fn datetime<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    clock(event, true, 9)
}

fn datetime_seconds<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    clock(event, true, 0)
}

fn time_iso<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    // Falco writes the offset in digits.
    let mut text = iso(event.time());
    text.truncate(text.trim_end_matches('Z').len());
    text.push_str("+0000");
    event.composed(text.as_bytes())
}

fn raw_time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(event.time().0)
}

fn raw_time_seconds<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(event.time().0 / SECOND_NS)
}

fn raw_time_fraction<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(event.time().0 % SECOND_NS)
}

/// Nanoseconds since a boot time. Times that run backwards count as none.
fn since(event: &EventContext<'_>, earlier: Option<u64>) -> Option<u64> {
    earlier.map(|earlier| event.time().since(event.realtime(earlier)))
}

fn relative_time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.first))
}

fn relative_time_seconds<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.first).map(|time| time / SECOND_NS))
}

fn relative_time_fraction<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.first).map(|time| time % SECOND_NS))
}

fn delta_time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.previous))
}

fn delta_time_seconds<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.previous).map(|time| time / SECOND_NS))
}

fn delta_time_fraction<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(since(event, event.times.previous).map(|time| time % SECOND_NS))
}
