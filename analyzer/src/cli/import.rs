//! `falco-analyze import`: a `.scap` file of Falco's as a capture.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use falco_analyze::pipeline::{Input, Opened};
use falco_analyze::scap::{ImportOptions, ImportReport, import};
use falco_format::text::{Lines, plain};

use super::args::count;
use super::exit::Outcome;
use super::notice;
use super::progress;
use super::stop::Stop;
use super::summary::{grouped, push_missing, push_reading};

const EXAMPLES: &str = "\
The file may be plain or packed by gzip or zstd. Its events keep their order, their times and Falco's own encoding
of flags, addresses and descriptors, so that rules give the same alerts for the capture as for the file.
Of old files the begin of a call goes into its end, as in today's. What a capture cannot hold is told on stderr.
A file of several sections becomes several captures: DIR/1, DIR/2 and so on.
A capture appears under its name only when it is whole.

Exit codes: 0 imported, 2 error, 3 imported, but the file is damaged: what lies before the damage was imported.

Examples:
  falco-analyze import old.scap.gz -o capture/
  falco-analyze replay capture/ -r falco_rules.yaml";

/// The default size of a segment, in MiB: what the recorder writes.
const SEGMENT_MIB: u64 = 64;

/// Turn a .scap file of Falco or sysdig into a capture
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory for the capture; must not exist or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Begin a new segment at this many MiB
    #[arg(long, value_name = "MIB", default_value_t = SEGMENT_MIB, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    segment_mib: u64,
}

/// Imports.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let input = Input::open(&args.file)?;
    let Opened::Scap(file) = &input.opened else {
        bail!(
            "{} is a capture already: only .scap files are imported",
            args.file.display()
        );
    };
    let stop = Stop::catch()?;
    let options = ImportOptions {
        segment_bytes: args.segment_mib << 20,
    };
    let bar = progress::bar(std::slice::from_ref(&input));
    let started = Instant::now();
    let imported = import(file, &args.output, options, |bytes_read| {
        bar.set_position(bytes_read);
        stop.flow()
    });
    bar.finish_and_clear();
    let report = imported?;
    notice::tell(&summary(&report, started));
    Ok(if report.tally.is_complete() {
        Outcome::Clean
    } else {
        Outcome::Incomplete
    })
}

fn summary(report: &ImportReport, started: Instant) -> Lines {
    let mut text = Lines::new();
    for capture in &report.captures {
        text.line(format_args!(
            "Wrote {}: {}, {} bytes",
            plain(&capture.directory),
            count(
                usize::try_from(capture.segments).unwrap_or(usize::MAX),
                "segment"
            ),
            grouped(capture.bytes),
        ));
    }
    push_reading(&report.tally, started.elapsed(), &mut text);
    push_missing(&report.tally, &mut text);
    text
}
