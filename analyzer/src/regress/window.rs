//! The time of captures that a scenario is about.
//!
//! In: a scenario's window, and opened captures. Out: the part of each that is read, how long all of them last, and what is missing of them.

use falco_format::{Span, UnixNanos};

use super::problem::CannotRun;
use super::scenario::Window;
use crate::completeness::Completeness;
use crate::inputs::Inputs;
use crate::pipeline::Part;
use crate::sources::{Recording, RecordingOutline};
use crate::time::{Edge, Moment, TimeRange, Zone};

/// What is read of captures.
pub(super) struct Parts {
    list: Vec<Part>,
    span: Span,
    /// How long the captures last within the window, in nanoseconds of all together; known where somebody asked.
    pub(super) duration_ns: Option<u64>,
}

impl Parts {
    /// The parts of captures. How long they last is found out where it is asked for, since it means to look at their indexes.
    pub(super) fn of(
        window: &Window,
        recordings: &[Recording<'_>],
        needs_duration: bool,
    ) -> Result<Self, CannotRun> {
        let is_open = window.since.is_none() && window.until.is_none();
        if is_open && !needs_duration {
            return Ok(Parts {
                list: recordings.iter().map(|_| Part::whole()).collect(),
                span: Span::default(),
                duration_ns: None,
            });
        }
        let outlines: Vec<_> = recordings.iter().map(RecordingOutline::of).collect();
        let times: Vec<_> = outlines
            .iter()
            .filter_map(RecordingOutline::times)
            .collect();
        let all = times.iter().copied().reduce(|all, times| TimeRange {
            first: all.first.min(times.first),
            last: all.last.max(times.last),
        });
        let Some(all) = all else {
            return Err(CannotRun::because("no event of the captures has a time"));
        };
        let span = span(window, all, recordings)?;
        let within = times.iter().map(|times| {
            let first = span
                .since
                .map_or(times.first, |since| since.max(times.first));
            let last = span.until.map_or(times.last, |until| until.min(times.last));
            last.0.saturating_sub(first.0)
        });
        let duration_ns = within.fold(0_u64, u64::saturating_add);
        let list = outlines.iter();
        Ok(Parts {
            list: list
                .map(|outline| outline.part(span, window.is_exact))
                .collect(),
            span,
            duration_ns: Some(duration_ns),
        })
    }

    /// Whether everything is read.
    pub(super) fn is_open(&self) -> bool {
        self.span.is_open()
    }

    /// Each capture with its part.
    pub(super) fn of_each<'p, 'i>(
        &'p self,
        recordings: &[Recording<'i>],
    ) -> Vec<(Recording<'i>, &'p Part)> {
        recordings.iter().copied().zip(&self.list).collect()
    }

    /// What is known to be missing of what is read.
    pub(super) fn completeness(&self, inputs: &Inputs) -> Completeness {
        Completeness::of_parts(self.of_each(&inputs.recordings()), self.span)
    }
}

fn span(
    window: &Window,
    all: TimeRange<UnixNanos>,
    recordings: &[Recording<'_>],
) -> Result<Span, CannotRun> {
    let resolved = |key, moment: &Option<Moment>, edge| {
        let moment = moment.as_ref().map(|moment| moment.resolve_edge(all, edge));
        let moment = moment.transpose();
        moment.map_err(|error| CannotRun::because(format!("`{key}`: {error}")))
    };
    let span = Span {
        since: resolved("since", &window.since, Edge::Since)?,
        until: resolved("until", &window.until, Edge::Until)?,
    };
    let is_backwards = span
        .since
        .zip(span.until)
        .is_some_and(|(since, until)| since > until);
    if is_backwards {
        return Err(CannotRun::because("`since` is behind `until`"));
    }
    if !span.touches(all.first, all.last) {
        return Err(CannotRun::because(format!(
            "the captures have nothing between `since` and `until`: they span {}{}",
            all.spelled(&Zone::utc()),
            Completeness::beside(recordings, span).appended()
        )));
    }
    Ok(span)
}
