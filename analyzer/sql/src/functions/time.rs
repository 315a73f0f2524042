//! A moment that a function is asked of.
//!
//! In: an argument: a text as the command line takes it, or a timestamp. Out: the moment, and the captures that have it.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::logical_expr::Expr;
use falco_analyze::columns::TableSource;
use falco_analyze::past::span;
use falco_analyze::pipeline::{Input, TimeRange};
use falco_analyze::time::{Moment, Zone, moment};
use falco_format::UnixNanos;

use super::Asked;
use super::arguments::constant;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_MICRO: i64 = 1_000;

/// A moment, and the captures that have it.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub(super) time: UnixNanos,
    pub(super) captures: Vec<Arc<dyn TableSource>>,
}

/// The capture behind a source; none where it is something else.
pub(super) fn input(source: &Arc<dyn TableSource>) -> Option<&Input> {
    source.input()
}

/// The captures of a session; an error where it has none, since exports hold no state.
pub(super) fn captures(function: &str, asked: &Asked) -> Result<Vec<Arc<dyn TableSource>>> {
    let all = asked.captures.iter();
    let captures: Vec<_> = all.filter(|one| input(one).is_some()).cloned().collect();
    if captures.is_empty() {
        return plan_err!("{function} asks captures, and only exports were given");
    }
    Ok(captures)
}

/// Finds the moment that an argument names, and who has it. Without an argument it is the end.
pub(super) fn when(function: &str, asked: &Asked, argument: Option<&Expr>) -> Result<When> {
    let captures = captures(function, asked)?;
    let spans = captures.into_iter().filter_map(|capture| {
        let span = span(input(&capture)?)?;
        Some((capture, span))
    });
    let spans: Vec<_> = spans.collect();
    let all = spans.iter().map(|(_, span)| *span).reduce(both);
    let all =
        all.ok_or_else(|| plan_datafusion_err!("{function}: no event of the captures has a time"))?;
    let time = match argument {
        None => all.last,
        Some(argument) => {
            let found = resolve(constant(function, argument)?, all);
            found.map_err(|said| plan_datafusion_err!("{function}: {said}"))?
        }
    };
    let has_it = |span: &TimeRange<UnixNanos>| span.first <= time && time <= span.last;
    let here = spans.into_iter().filter(|(_, span)| has_it(span));
    let captures: Vec<_> = here.map(|(capture, _)| capture).collect();
    if captures.is_empty() {
        let zone = Zone::utc();
        return plan_err!(
            "{function}: the captures have nothing of {}: they span {}",
            moment(time, &zone),
            all.spelled(&zone)
        );
    }
    Ok(When { time, captures })
}

fn both(one: TimeRange<UnixNanos>, other: TimeRange<UnixNanos>) -> TimeRange<UnixNanos> {
    TimeRange {
        first: one.first.min(other.first),
        last: one.last.max(other.last),
    }
}

fn resolve(value: &ScalarValue, all: TimeRange<UnixNanos>) -> Result<UnixNanos, String> {
    if let Some(text) = value.try_as_str().flatten() {
        let moment = Moment::parse(text, &Zone::utc()).map_err(|error| error.to_string())?;
        return moment.resolve(all).map_err(|error| error.to_string());
    }
    let nanos = match value {
        ScalarValue::TimestampNanosecond(Some(value), _) => Some(*value),
        ScalarValue::TimestampMicrosecond(Some(value), _) => value.checked_mul(NANOS_PER_MICRO),
        ScalarValue::TimestampMillisecond(Some(value), _) => value.checked_mul(NANOS_PER_MILLI),
        ScalarValue::TimestampSecond(Some(value), _) => value.checked_mul(NANOS_PER_SECOND),
        _ => None,
    };
    let nanos = nanos.ok_or_else(|| format!("{value} is no moment"))?;
    // What lies before 1970 is older than any capture.
    Ok(UnixNanos(u64::try_from(nanos).unwrap_or(0)))
}

/// A fault of a capture while it is read.
pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
