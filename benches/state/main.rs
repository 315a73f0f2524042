//! What carries a state that is read by position: three prototypes over one stream of transitions.
//!
//! `cargo bench --profile dist -p falco-benches --bench state [-- CAPTURE]`.
//! Persistent maps whose snapshot is a clone of a root, version chains per key, and plain tables that are cloned whole at each border of a block.
//! Each prototype runs in a process of its own, so that memory is its own, and all must answer alike.
//! The prototypes live here alone; what was chosen stands in `ARCHITECTURE.md`.

mod chains;
mod persistent;
mod plain;
mod stream;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use falco_benches::statistics::grouped;

use chains::Chains;
use persistent::Persistent;
use plain::Plain;
use stream::{Event, Name};

/// Rows of a block, as the recorder bounds them.
const BLOCK: usize = 65_536;
/// Each so-manieth event asks for a descriptor, as a rule does.
const ASKS_EVERY: usize = 4;

/// A way to keep the state.
trait Design: Default {
    /// What a worker needs of the border of its block.
    type Border;

    /// Applies the event at a position.
    fn apply(&mut self, position: u32, event: &Event);

    /// What is kept at a border.
    fn border(&mut self) -> Self::Border;

    /// Answers a block's questions in order: what the descriptor was just after each asking event.
    fn answer(&self, border: &Self::Border, first: u32, events: &[Event], answers: &mut Vec<Name>);
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let plain: Vec<&String> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    let (only, capture) = match plain.as_slice() {
        [] => (None, None),
        [word, rest @ ..] if ["persistent", "chains", "plain"].contains(&word.as_str()) => {
            (Some(word.as_str()), rest.first())
        }
        [capture, ..] => (None, Some(capture)),
    };
    if let Some(only) = only {
        let events = match capture {
            Some(capture) => stream::of_capture(Path::new(capture.as_str()))?,
            None => stream::generated(),
        };
        match only {
            "persistent" => measure::<Persistent>(only, &events),
            "chains" => measure::<Chains>(only, &events),
            _ => measure::<Plain>(only, &events),
        }
        return Ok(());
    }
    println!("design        apply/event     border   answer   memory    digest");
    for design in ["persistent", "chains", "plain"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(design).args(capture);
        let output = command.output().context("the prototype runs")?;
        print!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn measure<D: Design>(name: &str, events: &[Event]) {
    let before = resident_bytes();
    let mut design = D::default();
    let (mut applying, mut bordering) = (0.0, 0.0);
    let mut borders = Vec::new();
    for (number, block) in events.chunks(BLOCK).enumerate() {
        let started = Instant::now();
        borders.push(design.border());
        bordering += started.elapsed().as_secs_f64();
        let started = Instant::now();
        for (position, event) in (number * BLOCK..).zip(block) {
            design.apply(position as u32, event);
        }
        applying += started.elapsed().as_secs_f64();
    }
    let memory = resident_bytes().saturating_sub(before);
    let mut answers = Vec::new();
    let started = Instant::now();
    for ((number, block), border) in events.chunks(BLOCK).enumerate().zip(&borders) {
        design.answer(border, (number * BLOCK) as u32, block, &mut answers);
    }
    let answering = started.elapsed().as_secs_f64();
    let digest = answers
        .iter()
        .fold(0_u64, |sum, name| sum.rotate_left(5) ^ u64::from(*name));
    println!(
        "{name:<12} {:>9.0} ns {:>8.0} us {:>5.0} ns {:>5} MB  {digest:016x}  ({} events, {} answers, {} borders kept)",
        applying * 1e9 / events.len() as f64,
        bordering * 1e6 / borders.len() as f64,
        answering * 1e9 / answers.len() as f64,
        memory >> 20,
        grouped(events.len() as u64),
        grouped(answers.len() as u64),
        borders.len(),
    );
}

/// Whether an event asks for its descriptor.
fn asks(position: u32) -> bool {
    (position as usize).is_multiple_of(ASKS_EVERY)
}

/// The memory of this process that is in RAM, bytes.
fn resident_bytes() -> u64 {
    const PAGE: u64 = 4096;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE
}
