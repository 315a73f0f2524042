//! An opened input of whatever source, and how it meets rules: the one way in which commands judge. Several of them are judged by `many`.
//!
//! In: inputs as they were opened, and rules of any sources. Out: what those of the input's source say, in the order of its events, to one sink for all; and a tally.

use std::io;
use std::num::NonZeroUsize;

use falco_rules::{RuleMatching, RuleSet};

use super::log::LogInput;
use crate::fields::SCHEMA;
use crate::pipeline::{Alerts, Demand, Input, Judged, Part, PassOptions, Sink, Tally, collect};

/// An opened input.
#[derive(Clone, Copy)]
pub enum Recording<'i> {
    /// A capture of system calls.
    Capture(&'i Input),
    /// A log of another source.
    Log(&'i LogInput),
}

impl Recording<'_> {
    /// What it is called: where it was found.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Recording::Capture(input) => input.path.display().to_string(),
            Recording::Log(log) => log.path.display().to_string(),
        }
    }

    /// How much is read of a part, for those who show how far they are: bytes of files.
    #[must_use]
    pub fn bytes_of(&self, part: &Part) -> u64 {
        match self {
            Recording::Capture(input) => input.bytes_of(part),
            Recording::Log(log) => log.bytes(),
        }
    }
}

/// By what inputs are judged.
pub struct Judgement<'r> {
    rules: &'r RuleSet,
    matching: RuleMatching,
    options: PassOptions,
    /// What the rules ask of captures.
    demand: Demand,
}

impl<'r> Judgement<'r> {
    /// By these rules; the options are for captures, but for the part, which each has of its own.
    #[must_use]
    pub fn new(rules: &'r RuleSet, matching: RuleMatching, options: PassOptions) -> Self {
        Judgement {
            rules,
            matching,
            options,
            demand: Demand::of_rules(rules),
        }
    }

    /// How many threads there are for all inputs together.
    pub(super) fn threads(&self) -> NonZeroUsize {
        self.options.threads
    }

    /// Judges a part of one input with so many threads.
    pub(super) fn with(
        &self,
        (recording, part): (Recording<'_>, &Part),
        threads: NonZeroUsize,
        sink: &mut impl Sink<Judged<'r>>,
    ) -> io::Result<Tally> {
        match recording {
            Recording::Capture(input) => {
                let alerts = Alerts::new(self.rules, &SCHEMA, self.matching);
                let options = PassOptions {
                    part: part.clone(),
                    threads,
                    ..self.options.clone()
                };
                collect(input, &self.demand, options, &alerts, sink)
            }
            Recording::Log(log) => log.judge((self.rules, self.matching), part.span, sink),
        }
    }
}
