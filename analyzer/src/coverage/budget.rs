//! How many mutants are tried: so many, or as many as there is time for.
//!
//! In: what was asked for. Out: whether there is time for more; which are chosen is decided where they are tried.

use std::time::Instant;

/// How many mutants are tried.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// So many, chosen by the seed.
    Mutants(usize),
    /// As many as there is time for until then, in the order of the seed.
    Until(Instant),
}

/// How mutants are tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutation {
    /// What decides which mutants are chosen, and their order.
    pub seed: u64,
    /// How many; all where nothing is said.
    pub budget: Option<Budget>,
}

impl Mutation {
    /// Whether there is time for a further mutant.
    pub(super) fn has_time(&self) -> bool {
        match self.budget {
            Some(Budget::Until(end)) => Instant::now() < end,
            Some(Budget::Mutants(_)) | None => true,
        }
    }
}
