//! Which events of a capture a condition holds for, by their places in the stream.
//!
//! In: a capture and a condition without macros. Out: a bit for each event, so that what is asked of many events later costs one reading.
//! What is absent compares false, as everywhere in Falco's language: of each event the condition holds or it does not.

use std::io;
use std::num::NonZeroUsize;

use falco_rules::{Diagnostic, Filter};

use crate::fields::{SCHEMA, event_ids_of};
use crate::pipeline::{
    Child, Collector, Demand, Flow, Input, PassOptions, Seen, Shown, Sink, Tally, collect,
};

const BITS: u64 = 64;
/// How many places are handed over at once.
const PLACES_MAX: usize = 4_096;

/// The events that a condition holds for.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// A bit for each place, the first one for place 0, which no event has.
    bits: Vec<u64>,
}

/// Why nothing could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChosenError {
    /// The condition is none.
    #[error("{}", falco_rules::render(.0, false))]
    Condition(Vec<Diagnostic>),
    /// The capture could not be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}

impl Chosen {
    /// Asks every event of a capture, with so many threads; and tells what reading came across.
    ///
    /// # Errors
    /// When the condition does not compile.
    pub fn of(
        input: &Input,
        condition: &str,
        threads: NonZeroUsize,
    ) -> Result<(Chosen, Tally), ChosenError> {
        let (mut chosen, tally) = Self::each(input, &[condition], threads)?;
        Ok((chosen.pop().unwrap_or_default(), tally))
    }

    /// The same of several conditions in one reading, in their order.
    ///
    /// # Errors
    /// When one of them does not compile.
    pub fn each<C: AsRef<str>>(
        input: &Input,
        conditions: &[C],
        threads: NonZeroUsize,
    ) -> Result<(Vec<Chosen>, Tally), ChosenError> {
        let compile = |condition: &C| Filter::compile(&SCHEMA, condition.as_ref());
        let filters: Result<Vec<Filter>, _> = conditions.iter().map(compile).collect();
        let asking = Asking(filters.map_err(ChosenError::Condition)?);
        let options = PassOptions {
            threads,
            ..PassOptions::default()
        };
        let mut found = Found(conditions.iter().map(|_| Chosen::default()).collect());
        let tally = collect(input, &asking.demand(), options, &asking, &mut found)?;
        Ok((found.0, tally))
    }

    /// Whether the condition holds for the event of this place.
    #[must_use]
    pub fn has(&self, place: u64) -> bool {
        let word = usize::try_from(place / BITS).ok();
        let word = word.and_then(|word| self.bits.get(word)).copied();
        word.unwrap_or(0) >> (place % BITS) & 1 != 0
    }

    fn add(&mut self, place: u64) {
        let Ok(word) = usize::try_from(place / BITS) else {
            return;
        };
        if self.bits.len() <= word {
            self.bits.resize(word.saturating_add(1), 0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= 1 << (place % BITS);
        }
    }
}

/// What each condition holds for, and the place of an event.
type Held = (usize, u64);

/// By condition.
struct Found(Vec<Chosen>);

impl Sink<Vec<Held>> for Found {
    fn harvest(&mut self, held: Vec<Held>) -> io::Result<Flow> {
        for (condition, place) in held {
            if let Some(chosen) = self.0.get_mut(condition) {
                chosen.add(place);
            }
        }
        Ok(Flow::Continue)
    }
}

struct Asking(Vec<Filter>);

impl Asking {
    /// The events that any of them may hold for.
    fn demand(&self) -> Demand {
        let types = self.0.iter().flat_map(|filter| filter.event_types().iter());
        let shown = Shown::Only(types.flat_map(event_ids_of).collect());
        Demand::new(shown, self.0.iter().flat_map(Filter::slots))
    }
}

impl Collector for Asking {
    type Harvest = Vec<Held>;
    type Child<'c>
        = Places<'c>
    where
        Self: 'c;

    fn child(&self) -> Places<'_> {
        Places {
            filters: &self.0,
            held: Vec::new(),
        }
    }
}

/// One worker's places.
struct Places<'c> {
    filters: &'c [Filter],
    held: Vec<Held>,
}

impl Child for Places<'_> {
    type Harvest = Vec<Held>;

    fn event(&mut self, seen: &Seen<'_>) {
        for (condition, filter) in self.filters.iter().enumerate() {
            if filter.matches(seen.context) {
                self.held.push((condition, seen.number));
            }
        }
    }

    fn is_full(&mut self) -> bool {
        self.held.len() >= PLACES_MAX
    }

    fn harvest(&mut self) -> Option<Vec<Held>> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then_some(held)
    }
}
