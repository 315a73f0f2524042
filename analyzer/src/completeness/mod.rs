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
use gaps::placed_gaps;
pub use gaps::{Gap, GapKind, gaps};

use falco_format::text::Lines;

use falco_format::Span;

use crate::pipeline::{Input, Part, Tally};
use crate::sources::Recording;

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

    /// Looks at what lies between the parts that are read for a span of time: what is missing of them, and of the time up to the span that state rests on.
    ///
    /// State of one capture rests on nothing of another: of each, its own part counts.
    #[must_use]
    pub fn of_parts<'i>(
        read: impl IntoIterator<Item = (Recording<'i>, &'i Part)>,
        span: Span,
    ) -> Self {
        let captures = read.into_iter().filter_map(|(recording, part)| {
            let Recording::Capture(input) = recording else {
                return None;
            };
            Some((input, part))
        });
        let (inputs, parts): (Vec<_>, Vec<_>) = captures.unzip();
        let from = |place: Option<usize>| {
            let part = place.and_then(|place| parts.get(place));
            part.filter(|part| !part.is_empty())
                .map_or(span.since, |part| {
                    // None is the beginning of a capture, before which there is nothing.
                    // A snapshot may be taken a while after its segment began: what is missing up to it is missing of the span.
                    let from = part.from();
                    from.map(|from| span.since.map_or(from, |since| from.min(since)))
                })
        };
        let placed = placed_gaps(inputs.iter().copied());
        let all = placed.len();
        let within = placed
            .into_iter()
            .filter(|(place, gap)| gap.touches(from(*place), span.until));
        let gaps: Vec<_> = within.map(|(_, gap)| gap).collect();
        Self {
            gaps_outside: all.saturating_sub(gaps.len()) as u64,
            gaps,
        }
    }

    /// Looks at what a span of time lacks that nothing of the captures is in: it may be why.
    #[must_use]
    pub fn beside(recordings: &[Recording<'_>], span: Span) -> Self {
        let nothing = Part::nothing_of(span);
        Self::of_parts(recordings.iter().map(|one| (*one, &nothing)), span)
    }

    /// The gaps in words, each behind a semicolon, for an error that says what captures span.
    #[must_use]
    pub fn appended(&self) -> String {
        let mut lines = Lines::new();
        text::push_gaps(&self.gaps, &mut lines);
        let lines = lines.as_str().lines();
        lines.map(|line| format!("; {line}")).collect()
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
