//! What is missing from the evidence that answers rest on: judged here, and told here, for every command alike.
//!
//! ```text
//! gaps   what lies between the segments of a capture, and between the captures of a node
//! text   what is missing, in words for people
//! ```
//!
//! In: opened captures, and the tally of a reading. Out: whether the evidence is whole, the gaps as rows, and words.
//! It proves nothing: digests and the numbers of events are `verify`'s.

mod gaps;
mod text;

pub use falco_format::text::grouped;
pub use gaps::{Gap, GapKind, gaps};

use falco_format::text::Lines;

use falco_format::{Span, UnixNanos};

use crate::pipeline::{Input, Part, Tally};

/// Whether everything is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing is known to be missing.
    Whole,
    /// Nothing was lost while there was a recording, but somewhere in between there was none: it ended in order, and another one began later.
    Paused,
    /// Something is missing: events were lost, an end or a segment is missing, or there is damage.
    Incomplete,
}

/// What opening knows of some captures, before anything of them is read.
#[derive(Clone, Debug, Default)]
pub struct Completeness {
    /// Everything that lies between segments and captures.
    pub gaps: Vec<Gap>,
    /// How many more lie outside of the time that is read, so that no answer rests on them.
    pub gaps_outside: u64,
}

impl Completeness {
    /// Looks at what lies between the segments of captures, and between captures of one node.
    #[must_use]
    pub fn of(inputs: &[Input]) -> Self {
        Self {
            gaps: gaps(inputs),
            gaps_outside: 0,
        }
    }

    /// The same for those who read a part: what touches the time from one moment to another, each open where it is `None`. The rest is only counted.
    #[must_use]
    pub fn within(self, from: Option<UnixNanos>, until: Option<UnixNanos>) -> Self {
        let all = self.gaps.len();
        let is_within = |gap: &Gap| gap.touches(from, until);
        let gaps: Vec<_> = self.gaps.into_iter().filter(is_within).collect();
        Self {
            gaps_outside: all.saturating_sub(gaps.len()) as u64,
            gaps,
        }
    }

    /// Looks at what lies between the parts that are read for a span of time: what is missing of them, and of the time up to the span that state rests on.
    #[must_use]
    pub fn of_parts<'p>(
        inputs: &[Input],
        parts: impl IntoIterator<Item = &'p Part>,
        span: Span,
    ) -> Self {
        let found = Self::of(inputs);
        if span.is_open() {
            return found;
        }
        // None is the beginning of a capture, before which there is nothing.
        let read = parts.into_iter().filter(|part| !part.is_empty());
        let from = read.map(Part::from).min().flatten();
        // A snapshot may be taken a while after its segment began: what is missing up to it is missing of the span.
        let from = from.map(|from| span.since.map_or(from, |since| from.min(since)));
        found.within(from, span.until)
    }

    /// Whether everything is there, after a reading that came across `tally`.
    #[must_use]
    pub fn evidence(&self, tally: &Tally) -> Evidence {
        let is_whole = tally.is_complete() && !self.gaps.iter().any(|gap| gap.kind.is_loss());
        let is_paused = self.gaps.iter().any(|gap| gap.kind == GapKind::Pause);
        match (is_whole, is_paused) {
            (false, _) => Evidence::Incomplete,
            (true, true) => Evidence::Paused,
            (true, false) => Evidence::Whole,
        }
    }

    /// What is missing, in words; that nothing is, where nothing is.
    pub fn push(&self, tally: &Tally, out: &mut Lines) {
        self.push_but_damage(tally, out);
        text::push_damage(tally, out);
    }

    /// The same without the damaged places, for those who list them all.
    pub fn push_but_damage(&self, tally: &Tally, out: &mut Lines) {
        text::push(self, tally, out);
    }
}
