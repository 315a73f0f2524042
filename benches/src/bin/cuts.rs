//! Cuts a capture at twenty times and counts, by field, what differs from exact state: `cargo run --release -p falco-benches --bin cuts -- CAPTURE`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use falco_analyze::pipeline::Input;
use falco_benches::cuts::{Places, cut};
use falco_benches::statistics::grouped;

/// Count by field what differs where state begins with the last snapshot instead of with the capture
#[derive(Parser)]
struct Arguments {
    /// The capture
    capture: PathBuf,
    /// At how many times it is cut
    #[arg(long, default_value_t = 20)]
    cuts: usize,
    /// How many events behind each cut are compared
    #[arg(long, default_value_t = 2_000)]
    events: usize,
    /// With exact state, where nothing may differ
    #[arg(long)]
    exact: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let input = Input::open(&arguments.capture)?;
    let asked = Places {
        cuts: arguments.cuts,
        events: arguments.events,
        is_exact: arguments.exact,
    };
    let cuts = cut(&input, asked)?;
    println!(
        "{} of {} cuts begin state with a later snapshot; {} events with {} fields each, {} differ ({:.2} %)",
        cuts.cuts,
        arguments.cuts,
        grouped(cuts.events),
        cuts.fields,
        grouped(cuts.events_differing),
        cuts.events_differing as f64 * 100.0 / cuts.events.max(1) as f64
    );
    println!("  differing   missing     extra     other  field");
    for field in &cuts.differing {
        println!(
            "  {:>9} {:>9} {:>9} {:>9}  {}",
            grouped(field.events()),
            grouped(field.missing),
            grouped(field.extra),
            grouped(field.other),
            field.name
        );
    }
    Ok(())
}
