//! The times of a capture, known before its events are read: from indexes, of which a `.scap` file has none.
//!
//! In: an input. Out: the first and last moment of it, and the [`Part`] of it for a span of time.
//! A `.scap` file is read once to know them; its state begins with the file in any case.

use std::sync::Arc;

use falco_format::{ClockMap, Item, Outline, Span, UnixNanos};

use super::part::{Part, Reading};
use super::{Input, Opened};
use crate::time::TimeRange;

/// What is known of an input's times.
pub struct InputOutline<'i> {
    input: &'i Input,
    known: Known,
}

enum Known {
    Capture(Outline),
    /// The times of each block of a `.scap` file, in stream order.
    Blocks(Vec<TimeRange<UnixNanos>>),
}

impl<'i> InputOutline<'i> {
    /// Looks at indexes; a file that has none is read.
    #[must_use]
    pub fn of(input: &'i Input) -> Self {
        let known = match &input.opened {
            Opened::Capture(capture) => Known::Capture(capture.outline()),
            Opened::Scap(_) => Known::Blocks(blocks(input.items())),
        };
        InputOutline { input, known }
    }

    /// The first and last moment of it that is known.
    #[must_use]
    pub fn times(&self) -> Option<TimeRange<UnixNanos>> {
        match &self.known {
            Known::Capture(outline) => {
                let (first, last) = outline.times()?;
                Some(TimeRange { first, last })
            }
            Known::Blocks(blocks) => {
                let known = blocks.iter().filter(|block| block.last.is_known());
                known.fold(None, |range, block| {
                    let is_known = block.first.is_known();
                    let first = if is_known { block.first } else { block.last };
                    Some(TimeRange::extended(range, first, block.last))
                })
            }
        }
    }

    /// The part of it for a span of time. State begins with the last snapshot in front of it, unless it is to be exact.
    #[must_use]
    pub fn part(&self, span: Span, is_exact: bool) -> Part {
        if span.is_open() {
            return Part::whole();
        }
        let reading = match (&self.known, &self.input.opened) {
            (Known::Capture(outline), Opened::Capture(capture)) => {
                Reading::Stretch(Arc::new(capture.stretch(outline, &span, is_exact)))
            }
            (Known::Blocks(blocks), _) => match wanted(blocks, span) {
                all if all == blocks.len() as u64 && all > 0 => Reading::Everything,
                some => Reading::Blocks(some),
            },
            (Known::Capture(_), Opened::Scap(_)) => Reading::Everything,
        };
        Part { span, reading }
    }
}

/// How many blocks are read: up to the last one that begins before the span ends, and none where all lie beside it.
fn wanted(blocks: &[TimeRange<UnixNanos>], span: Span) -> u64 {
    let is_asked = |block: &TimeRange<UnixNanos>| span.touches(block.first, block.last);
    if !blocks.iter().any(is_asked) {
        return 0;
    }
    let is_begun = |block: &TimeRange<UnixNanos>| span.is_begun(block.first);
    let last = blocks.iter().rposition(is_begun);
    last.map_or(0, |last| last as u64 + 1)
}

fn blocks(items: impl Iterator<Item = Item>) -> Vec<TimeRange<UnixNanos>> {
    let mut clock = ClockMap::new();
    let mut blocks = Vec::new();
    for item in items {
        match item {
            Item::Segment(_) => clock = ClockMap::new(),
            Item::Clock(pairs) => clock.add(&pairs),
            Item::Events(block) => {
                let (first, last) = clock.realtime_range(block.first_time(), block.last_time());
                blocks.push(TimeRange { first, last });
            }
            _ => {}
        }
    }
    blocks
}
