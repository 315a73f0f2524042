//! Which events of a capture a condition holds for, by their places in the stream.
//!
//! In: a capture and a condition without macros. Out: a bit for each event, so that what is asked of many events later costs one reading.
//! What is absent compares false, as everywhere in Falco's language: of each event the condition holds or it does not.

use std::io;
use std::num::NonZeroUsize;

use falco_rules::{Diagnostic, Filter};

use crate::fields::SCHEMA;
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
        let filter = Filter::compile(&SCHEMA, condition).map_err(ChosenError::Condition)?;
        let demand = Demand::new(Shown::of_types(filter.event_types()), filter.slots());
        let options = PassOptions {
            threads,
            ..PassOptions::default()
        };
        let mut chosen = Chosen::default();
        let tally = collect(input, &demand, options, &Asking(filter), &mut chosen)?;
        Ok((chosen, tally))
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

impl Sink<Vec<u64>> for Chosen {
    fn harvest(&mut self, places: Vec<u64>) -> io::Result<Flow> {
        places.into_iter().for_each(|place| self.add(place));
        Ok(Flow::Continue)
    }
}

struct Asking(Filter);

impl Collector for Asking {
    type Harvest = Vec<u64>;
    type Child<'c>
        = Places<'c>
    where
        Self: 'c;

    fn child(&self) -> Places<'_> {
        Places {
            filter: &self.0,
            places: Vec::new(),
        }
    }
}

/// One worker's places.
struct Places<'c> {
    filter: &'c Filter,
    places: Vec<u64>,
}

impl Child for Places<'_> {
    type Harvest = Vec<u64>;

    fn event(&mut self, seen: &Seen<'_>) {
        if self.filter.matches(seen.context) {
            self.places.push(seen.number);
        }
    }

    fn is_full(&mut self) -> bool {
        self.places.len() >= PLACES_MAX
    }

    fn harvest(&mut self) -> Option<Vec<u64>> {
        let places = std::mem::take(&mut self.places);
        (!places.is_empty()).then_some(places)
    }
}
