//! What is evaluated together: the conditions of one class of event types, in blocks, and what rules them out early.
//!
//! In: from the optimiser, entries into a [`crate::program::Program`] and lookups of fields. Out: to the program's scan,
//! which asks guards first and then what conditions are left. How nodes are evaluated is the program's alone.

use crate::compile::Lookup;
use crate::{BoundField, Event};

/// The first step of a condition's or a guard's flat form in the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(pub(crate) u32);

/// What is evaluated for events of one class of types: its conditions in place order, a word's worth in each block.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub(crate) blocks: Box<[Block]>,
}

/// How many conditions a block has at most: those that may still hold are the bits of one word, which costs a guard
/// that nobody waits for any more three instructions.
pub(crate) const BLOCK_CONDITIONS: usize = u64::BITS as usize;

/// Fewest conditions for which the index is asked: its looks at fields cost as much as some tests.
const MIN_INDEXED: u32 = 5;

/// Conditions that are evaluated together.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// In place order.
    pub(crate) roots: Box<[Condition]>,
    /// What several conditions need, the most needed first.
    pub(crate) guards: Box<[Guard]>,
    /// What fields must be, said for many conditions at once.
    pub(crate) index: Box<[Indexed]>,
}

/// One condition.
#[derive(Debug)]
pub(crate) struct Condition {
    /// What it is called.
    pub(crate) index: u32,
    /// What is left of it once those of its guards hold that are always asked.
    pub(crate) entry: Entry,
}

/// What conditions cannot hold without.
#[derive(Debug)]
pub(crate) struct Guard {
    /// A node that several of them need; without one, what the block's index says of each.
    pub(crate) entry: Option<Entry>,
    /// Bit n stands for the n-th condition of the block.
    pub(crate) needed_by: u64,
    /// How many conditions may wait for it in vain: none if it is always asked, one if a single condition had better ask
    /// it itself, in an order of its own.
    pub(crate) spared: u64,
}

/// One field's lookup. A condition that the block's index knows needs one of the fields it stands under to pass.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(crate) field: BoundField,
    /// The conditions it answers for; their bits are those of the block.
    pub(crate) asked_by: u64,
    pub(crate) lookup: Lookup,
}

impl Block {
    /// Those of the conditions the index knows and that may still hold for which some field is as they need it. One or
    /// two that ask a field had better look at it themselves.
    #[inline(never)]
    pub(crate) fn passed<E: Event + ?Sized>(&self, event: &E, alive: u64, known: u64) -> u64 {
        if (alive & known).count_ones() < MIN_INDEXED {
            return alive;
        }
        let mut passed = 0;
        for indexed in &self.index {
            let waiting = indexed.asked_by & alive & !passed;
            let but_one = waiting & waiting.wrapping_sub(1);
            passed |= if but_one & but_one.wrapping_sub(1) != 0 {
                indexed.lookup.bits(event.extract(&indexed.field))
            } else {
                waiting
            };
        }
        passed
    }
}
