//! How many events a part of captures has.
//!
//! In: captures with the part of each. Out: a number. A reading begins before its part, with what state rests on, and its tally counts that too; who is told of events is told of those of the part alone.

use std::io;

use falco_format::Block;

use super::window::Parts;
use crate::inputs::Inputs;
use crate::pipeline::{
    Child, Collector, Demand, Flow, Interest, PassOptions, Seen, Shown, Sink, collect,
};
use crate::sources::Recording;

/// Reads the parts and counts.
pub(super) fn events_within(
    parts: &Parts,
    inputs: &Inputs,
    options: &PassOptions,
) -> io::Result<u64> {
    let demand = Demand::new(Shown::Every, []);
    let mut counted = Counted(0);
    for (recording, part) in parts.of_each(&inputs.recordings()) {
        if let Recording::Capture(input) = recording {
            let options = PassOptions {
                part: part.clone(),
                ..options.clone()
            };
            collect(input, &demand, options, &Count, &mut counted)?;
        }
    }
    Ok(counted.0)
}

/// Counts events.
struct Count;

struct Counting(u64);

struct Counted(u64);

impl Collector for Count {
    type Harvest = u64;
    type Child<'c> = Counting;

    fn child(&self) -> Counting {
        Counting(0)
    }
}

impl Child for Counting {
    type Harvest = u64;

    fn event(&mut self, _: &Seen<'_>) {
        self.0 += 1;
    }

    fn harvest(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.0))
    }
}

impl Sink<u64> for Counted {
    fn block(&mut self, _: &Block) -> Interest {
        Interest::Rows
    }

    fn harvest(&mut self, events: u64) -> io::Result<Flow> {
        self.0 = self.0.saturating_add(events);
        Ok(Flow::Continue)
    }
}
