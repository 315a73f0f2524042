//! Writes a generated capture: `cargo run --release -p falco-benches --bin generate -- --events 10M --seed 1 -o DIR`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use falco_benches::generate::{Generator, Load};
use falco_benches::statistics::{count_of, grouped};

/// Write a capture of a busy node, made from a seed: the same seed gives the same bytes
#[derive(Parser)]
struct Arguments {
    /// How many events: 1000, 500K, 10M
    #[arg(long, default_value = "1M")]
    events: String,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the node does: mixed, opens, forks
    #[arg(long, default_value = "mixed")]
    load: String,
    /// Bytes after which a segment is sealed: 64M by default
    #[arg(long)]
    segment_size: Option<String>,
    /// The directory of the capture, which must not hold one
    #[arg(short, long)]
    output: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let events = count_of(&arguments.events).context("--events is a number, such as 10M")?;
    let mut generator = Generator::new(events, arguments.seed);
    let Some(load) = Load::of(&arguments.load) else {
        bail!("--load is mixed, opens or forks, not {}", arguments.load);
    };
    generator.load = load;
    if let Some(size) = &arguments.segment_size {
        generator.segment_bytes =
            count_of(size).context("--segment-size is a number, such as 64M")?;
    }
    let generated = generator.write(&arguments.output)?;
    println!(
        "{}: {} events, {} bytes ({:.2} per event), {:.1} s",
        arguments.output.display(),
        grouped(generated.events),
        grouped(generated.bytes),
        generated.bytes as f64 / generated.events.max(1) as f64,
        generated.nanoseconds as f64 / 1e9
    );
    Ok(())
}
