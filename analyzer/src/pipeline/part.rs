//! Which part of a capture a pass is asked for: what is read of it, and of which time events are shown.
//!
//! In: made by an [`InputOutline`](super::InputOutline). Out: for the stream, where it begins and stops; for a cursor, what it begins with.
//! By default it is everything, which nobody looks at indexes for.

use std::sync::Arc;

use falco_format::{Passed, Span, Stretch, UnixNanos};

/// A part of a capture.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The time of the events that are shown.
    pub span: Span,
    pub(super) reading: Reading,
}

/// What is read.
#[derive(Clone, Debug, Default)]
pub(super) enum Reading {
    #[default]
    Everything,
    /// These segments.
    Stretch(Arc<Stretch>),
    /// So many blocks of events from the beginning on, and what stands between them.
    Blocks(u64),
}

impl Part {
    /// Everything.
    #[must_use]
    pub fn whole() -> Self {
        Self::default()
    }

    /// Everything is read, and the events of a span are shown.
    #[must_use]
    pub fn of_span(span: Span) -> Self {
        Part {
            span,
            reading: Reading::Everything,
        }
    }

    /// Nothing is read, of a span in which nothing lies.
    #[must_use]
    pub fn nothing_of(span: Span) -> Self {
        Part {
            span,
            reading: Reading::Blocks(0),
        }
    }

    /// What of it is read that is shown, should somebody else choose what is shown.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Part {
            span: Span::default(),
            reading: self.reading.clone(),
        }
    }

    /// The same with everything that follows.
    #[must_use]
    pub(super) fn to_the_end(&self) -> Self {
        let reading = match &self.reading {
            Reading::Stretch(stretch) => Reading::Stretch(Arc::new(stretch.to_the_end())),
            Reading::Blocks(0) => Reading::Blocks(0),
            Reading::Blocks(_) | Reading::Everything => Reading::Everything,
        };
        Part {
            span: self.span,
            reading,
        }
    }

    /// What stands in front of it.
    #[must_use]
    pub fn passed(&self) -> Option<&Passed> {
        self.stretch().map(|stretch| &stretch.passed)
    }

    /// Whether nothing is read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.reading {
            Reading::Stretch(stretch) => stretch.is_empty(),
            Reading::Blocks(blocks) => *blocks == 0,
            Reading::Everything => false,
        }
    }

    /// From when on it is read; none from the capture's beginning.
    #[must_use]
    pub fn from(&self) -> Option<UnixNanos> {
        self.stretch()?.from
    }

    /// Its segments from their beginnings to their ends, for who tells what segments hold.
    #[must_use]
    pub fn in_whole_segments(&self) -> Self {
        let reading = match &self.reading {
            Reading::Stretch(stretch) => Reading::Stretch(Arc::new(stretch.in_whole_segments())),
            Reading::Blocks(0) => Reading::Blocks(0),
            Reading::Blocks(_) | Reading::Everything => Reading::Everything,
        };
        Part {
            span: self.span,
            reading,
        }
    }

    /// When the snapshot was taken that state begins with; none where it begins with the capture or with a boot.
    #[must_use]
    pub fn state_from(&self) -> Option<UnixNanos> {
        self.passed()?.carried.as_ref()?.state_from
    }

    /// The segments, where it is one of segments.
    #[must_use]
    pub fn stretch(&self) -> Option<&Stretch> {
        match &self.reading {
            Reading::Stretch(stretch) => Some(stretch),
            Reading::Everything | Reading::Blocks(_) => None,
        }
    }
}
