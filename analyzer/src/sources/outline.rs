//! The times of an opened input of whatever source, known before it is judged.
//!
//! In: an input. Out: its first and last moment, and its part for a span of time.
//! A log has no index and its state begins with its first line, so it is read once to know them, and of its events those of the span are judged.

use falco_format::{Span, UnixNanos};

use super::Recording;
use crate::pipeline::{InputOutline, Part};
use crate::time::TimeRange;

/// What is known of an input's times.
pub enum RecordingOutline<'i> {
    /// Of a capture.
    Capture(InputOutline<'i>),
    /// Of a log: its times, where it has an event.
    Log(Option<TimeRange<UnixNanos>>),
}

impl<'i> RecordingOutline<'i> {
    /// Looks at indexes; what has none is read.
    #[must_use]
    pub fn of(recording: &Recording<'i>) -> Self {
        match recording {
            Recording::Capture(input) => Self::Capture(InputOutline::of(input)),
            Recording::Log(log) => Self::Log(log.times()),
        }
    }

    /// The first and last moment that is known.
    #[must_use]
    pub fn times(&self) -> Option<TimeRange<UnixNanos>> {
        match self {
            Self::Capture(outline) => outline.times(),
            Self::Log(times) => *times,
        }
    }

    /// Whether a span of time has something of it, as far as is known.
    #[must_use]
    pub fn touches(&self, span: Span) -> bool {
        self.times()
            .is_some_and(|times| span.touches(times.first, times.last))
    }

    /// The part for a span of time. State begins with the last snapshot in front of it, unless it is to be exact.
    #[must_use]
    pub fn part(&self, span: Span, is_exact: bool) -> Part {
        match self {
            Self::Capture(outline) => outline.part(span, is_exact),
            Self::Log(_) => Part::of_span(span),
        }
    }
}
