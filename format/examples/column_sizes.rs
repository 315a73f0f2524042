//! Prints what the blocks of a capture cost: `cargo run -p falco-format --example column_sizes -- CAPTURE`.
//!
//! One line per part and column, in bytes per event of the whole capture, the dearest first.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use falco_format::{Capture, Item};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: column_sizes CAPTURE")?;
    let capture = Capture::open(Path::new(&path))?;
    let (mut events, mut bytes, mut raw, mut blocks, mut state) = (0, 0, 0, 0, 0);
    let mut parts: BTreeMap<String, usize> = BTreeMap::new();
    for item in capture.items() {
        match item {
            Item::Events(block) => {
                events += block.rows();
                bytes += block.encoded_bytes();
                raw += block.raw_bytes();
                blocks += 1;
                for (part, size) in block.sizes()? {
                    *parts.entry(part).or_insert(0) += size;
                }
            }
            Item::State(block) => state += block.encoded_bytes(),
            Item::Damage(damage) => eprintln!("{damage}"),
            _ => {}
        }
    }
    let each = |bytes: f64| bytes / events.max(1) as f64;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{events} events in {blocks} blocks, {state} bytes of state"
    )?;
    writeln!(
        out,
        "{:.2} bytes per event, {:.1} raw",
        each(bytes as f64),
        each(raw as f64)
    )?;
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    for (part, size) in parts {
        writeln!(out, "{:>8.3}  {part}", each(size as f64))?;
    }
    Ok(())
}
