//! Tests of conditions as they are observed: what each answers for an event, its list's values and variants one by one.
//!
//! In: predicates of conditions, and variants of them that somebody wants to compare. Out: bits for an event, each test
//! asked once however many conditions have it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::compile::Matcher;
use crate::fields::Literal;
use crate::ir::{Comparison, Predicate};
use crate::optimize::leaf_of;
use crate::program::Leaf as Test;
use crate::syntax::{Modifier, Operator};
use crate::transform::{Buffers, each_value};
use crate::{Event, Multiplicity};

/// The bit of a test's own answer.
pub(crate) const TRUTH: usize = 0;

/// How many bits a word has.
const WORD: usize = u64::BITS as usize;

/// One test with what is asked beside it. Its answers are bits: its own, one for each value of its list, one for each
/// variant.
pub(crate) struct Leaf {
    pub(crate) predicate: Arc<Predicate>,
    truth: Test,
    values: Vec<Matcher>,
    variants: Vec<(Arc<Predicate>, Test)>,
    /// Where its words begin among those of all leaves.
    first_word: usize,
}

/// All tests of some conditions.
#[derive(Default)]
pub(crate) struct Leaves {
    leaves: Vec<Leaf>,
    known: HashMap<Arc<Predicate>, u32>,
    words: usize,
}

/// The literals of a comparison that has several, with the operator that each is compared by.
pub(crate) fn listed(predicate: &Predicate) -> Option<(Operator, &[Literal])> {
    match &predicate.comparison {
        Comparison::Set { operator, values }
        | Comparison::Modified {
            operator, values, ..
        } => Some((*operator, values)),
        Comparison::Exists | Comparison::Constant { .. } | Comparison::Term { .. } => None,
    }
}

/// Whether the test holds exactly if some value of its list holds alone, so that the values' bits tell what it would be
/// without one of them.
pub(crate) fn is_any_of_its_values(predicate: &Predicate) -> bool {
    match &predicate.comparison {
        Comparison::Set { operator, .. } => {
            *operator != Operator::In || predicate.left.multiplicity != Multiplicity::List
        }
        Comparison::Modified { modifier, .. } => *modifier == Modifier::Any,
        Comparison::Exists | Comparison::Constant { .. } | Comparison::Term { .. } => false,
    }
}

impl Leaf {
    fn new(predicate: &Arc<Predicate>) -> Self {
        let values = listed(predicate).map_or_else(Vec::new, |(operator, values)| {
            let one = |value| Matcher::any(equality(operator), std::slice::from_ref(value));
            let any = |value| match &predicate.comparison {
                Comparison::Modified { .. } => Matcher::one(operator, value),
                _ => one(value),
            };
            values.iter().map(any).collect()
        });
        Self {
            predicate: Arc::clone(predicate),
            truth: leaf_of(predicate),
            values,
            variants: Vec::new(),
            first_word: 0,
        }
    }

    /// The bit of a value of its list.
    pub(crate) fn value_bit(&self, value: usize) -> usize {
        TRUTH + 1 + value
    }

    /// The bits of all values of its list.
    pub(crate) fn value_bits(&self) -> std::ops::Range<usize> {
        self.value_bit(0)..self.value_bit(self.values.len())
    }

    /// The predicate of a variant's bit.
    pub(crate) fn variant(&self, bit: usize) -> Option<&Predicate> {
        let variant = bit.checked_sub(self.value_bits().end)?;
        self.variants
            .get(variant)
            .map(|(predicate, _)| &**predicate)
    }

    /// How many words its answers take.
    pub(crate) fn words(&self) -> usize {
        (self.value_bits().end + self.variants.len()).div_ceil(WORD)
    }

    /// Where they begin among those of all leaves.
    pub(crate) fn first_word(&self) -> usize {
        self.first_word
    }

    /// Answers for an event; the words are zero before.
    pub(crate) fn answer<E: Event + ?Sized>(
        &self,
        event: &E,
        buffers: &Buffers,
        words: &mut [u64],
    ) {
        let holds = self.truth.holds(event, buffers);
        set_if(words, TRUTH, holds);
        if !self.values.is_empty() && (holds || !is_any_of_its_values(&self.predicate)) {
            let first = self.value_bit(0);
            let is_present = each_value(&self.predicate.left, event, buffers, &mut |value| {
                let passing = self.values.iter().enumerate();
                for (place, _) in passing.filter(|(_, matcher)| matcher.passes(value)) {
                    set_if(words, first + place, true);
                }
            });
            if !is_present {
                self.value_bits().for_each(|bit| unset(words, bit));
            }
        }
        let variants = self.value_bits().end..;
        for (bit, (_, test)) in variants.zip(&self.variants) {
            set_if(words, bit, test.holds(event, buffers));
        }
    }
}

impl Leaves {
    /// The number of a predicate's leaf.
    pub(crate) fn of(&mut self, predicate: &Arc<Predicate>) -> u32 {
        if let Some(known) = self.known.get(predicate) {
            return *known;
        }
        let number = crate::source::place(self.leaves.len());
        self.leaves.push(Leaf::new(predicate));
        self.known.insert(Arc::clone(predicate), number);
        number
    }

    /// Asks one more question beside a test; its bit.
    pub(crate) fn ask(&mut self, leaf: u32, variant: Predicate) -> Option<usize> {
        let leaf = self.leaves.get_mut(leaf as usize)?;
        let known = leaf.variants.iter();
        let place = known
            .into_iter()
            .position(|(known, _)| **known == variant)
            .unwrap_or_else(|| {
                let variant = Arc::new(variant);
                let test = leaf_of(&variant);
                leaf.variants.push((variant, test));
                leaf.variants.len() - 1
            });
        Some(leaf.value_bits().end + place)
    }

    /// Gives each leaf its words, once all that is asked is known.
    pub(crate) fn lay_out(&mut self) {
        self.words = 0;
        for leaf in &mut self.leaves {
            leaf.first_word = self.words;
            self.words += leaf.words();
        }
    }

    /// How many words all answers take.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// How many leaves there are.
    pub(crate) fn len(&self) -> usize {
        self.leaves.len()
    }

    pub(crate) fn get(&self, leaf: u32) -> &Leaf {
        let leaf = self.leaves.get(leaf as usize);
        leaf.expect("a condition names leaves that were made for it")
    }
}

/// Whether a bit is set.
pub(crate) fn is_set(words: &[u64], bit: usize) -> bool {
    words
        .get(bit / WORD)
        .is_some_and(|word| word >> (bit % WORD) & 1 == 1)
}

fn set_if(words: &mut [u64], bit: usize, holds: bool) {
    if let Some(word) = words.get_mut(bit / WORD) {
        *word |= u64::from(holds) << (bit % WORD);
    }
}

fn unset(words: &mut [u64], bit: usize) {
    if let Some(word) = words.get_mut(bit / WORD) {
        *word &= !(1 << (bit % WORD));
    }
}

/// The test that asks for one value of a set.
fn equality(operator: Operator) -> Operator {
    match operator {
        Operator::In | Operator::Intersects => Operator::Equal,
        other => other,
    }
}
