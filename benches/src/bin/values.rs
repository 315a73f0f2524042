//! What filters of values per block would cost and bring: `cargo run --release -p falco-benches --bin values -- CAPTURE...`.
//!
//! In: captures. Out: for each kind of value how many bytes per event a filter of each block's distinct values takes, and how many blocks a question for one value would still read.
//! It builds no filter: its size is that of ten bits for each distinct value, of which one in a hundred that are not there is taken for one that is.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use falco_abi::{Role, event};
use falco_analyze::pipeline::Input;
use falco_benches::statistics::grouped;
use falco_format::{Block, Item, Projection};

/// Bits of a filter for each value.
const BITS_PER_VALUE: f64 = 10.0;
/// How many values that are not there are taken for ones that are.
const MISTAKEN: f64 = 0.01;

/// Count what filters of values per block would cost and bring
#[derive(Parser)]
struct Arguments {
    /// The captures
    #[arg(required = true)]
    captures: Vec<PathBuf>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// A path, as the event has it.
    Path,
    /// An address, or both ends of a socket.
    Address,
    /// A process, by its number.
    Process,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Path, Kind::Address, Kind::Process];

    fn of(role: Role) -> Option<Kind> {
        match role {
            Role::Path | Role::RelPath | Role::RealPath => Some(Kind::Path),
            Role::Sockaddr | Role::Tuple => Some(Kind::Address),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Path => "path",
            Kind::Address => "address",
            Kind::Process => "process",
        }
    }
}

/// What blocks hold of a kind.
#[derive(Default)]
struct Held {
    /// Distinct values, added up over the blocks.
    values: u64,
    /// How many blocks hold each value.
    blocks: HashMap<Vec<u8>, u64>,
}

#[derive(Default)]
struct Found {
    events: u64,
    blocks: u64,
    bytes: u64,
    held: HashMap<Kind, Held>,
}

impl Found {
    fn block(&mut self, block: &Block) -> Result<()> {
        self.events += block.rows() as u64;
        self.blocks += 1;
        self.bytes += block.encoded_bytes() as u64;
        let mut distinct: HashMap<Kind, HashSet<Vec<u8>>> = HashMap::new();
        let rows = block.decode(&Projection::all())?;
        for view in rows.iter() {
            let pid = view.meta().pid.0.to_le_bytes().to_vec();
            distinct.entry(Kind::Process).or_default().insert(pid);
            let params = event(view.event()).map_or(&[][..], |event| event.params);
            for (index, param) in params.iter().enumerate() {
                let bytes = view.bytes(index).filter(|bytes| !bytes.is_empty());
                if let Some((kind, bytes)) = Kind::of(param.role).zip(bytes) {
                    distinct.entry(kind).or_default().insert(bytes.to_vec());
                }
            }
        }
        for (kind, values) in distinct {
            let held = self.held.entry(kind).or_default();
            held.values += values.len() as u64;
            for value in values {
                *held.blocks.entry(value).or_default() += 1;
            }
        }
        Ok(())
    }

    fn print(&self) {
        println!(
            "{} events in {} blocks, {:.2} bytes per event",
            grouped(self.events),
            grouped(self.blocks),
            self.bytes as f64 / self.events.max(1) as f64
        );
        println!(
            "  kind     distinct  bytes/event  of the blocks  read for a value at the quartiles, and for one that is nowhere"
        );
        for kind in Kind::ALL {
            let Some(held) = self.held.get(&kind) else {
                continue;
            };
            let filter_bytes = held.values as f64 * BITS_PER_VALUE / 8.0;
            let mut spread: Vec<u64> = held.blocks.values().copied().collect();
            spread.sort_unstable();
            let read = |holding: u64| {
                let others = self.blocks.saturating_sub(holding) as f64;
                (holding as f64 + others * MISTAKEN) * 100.0 / self.blocks.max(1) as f64
            };
            let at = |quarter: usize| {
                let last = spread.len().saturating_sub(1);
                read(spread.get(last * quarter / 4).copied().unwrap_or(0))
            };
            println!(
                "  {:<8} {:>8} {:>12.3} {:>12.1} %  {:.0} %, {:.0} %, {:.0} %, {:.0} %; {:.0} %",
                kind.name(),
                grouped(spread.len() as u64),
                filter_bytes / self.events.max(1) as f64,
                filter_bytes * 100.0 / self.bytes.max(1) as f64,
                at(1),
                at(2),
                at(3),
                at(4),
                read(0)
            );
        }
    }
}

fn main() -> Result<()> {
    for path in Arguments::parse().captures {
        let input = Input::open(&path)?;
        let mut found = Found::default();
        for item in input.items() {
            if let Item::Events(block) = item {
                found.block(&block)?;
            }
        }
        println!("{}", path.display());
        found.print();
    }
    Ok(())
}
