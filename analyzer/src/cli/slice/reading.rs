//! The first reading: who lives in each capture, and which events are asked for.

use anyhow::{Context as _, Result};
use falco_analyze::derive::slice::{Study, Wanted, study};
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Flow, Input, Part};

use crate::cli::progress::Bar;
use crate::cli::span::Parts;
use crate::cli::stop::Stop;

/// One capture, as it was read the first time.
pub(super) struct Read<'i> {
    pub(super) input: &'i Input,
    pub(super) part: &'i Part,
    pub(super) study: Study,
}

/// Reads captures once.
pub(super) fn read<'i>(
    inputs: &'i Inputs,
    parts: &'i Parts,
    wanted: &Wanted<'_>,
    (bar, stop): (&Bar, &Stop),
) -> Result<Vec<Read<'i>>> {
    let mut read = Vec::new();
    for (input, part) in parts.of(inputs) {
        let found = study((input, part), wanted, &mut |bytes| {
            advance(bar, stop, bytes)
        })?;
        let study = found.context("stopped; nothing was written")?;
        read.push(Read { input, part, study });
    }
    Ok(read)
}

/// Tells how far a reading is, and whether it goes on.
pub(super) fn advance(bar: &Bar, stop: &Stop, bytes: u64) -> Flow {
    bar.inc(bytes);
    stop.flow()
}
