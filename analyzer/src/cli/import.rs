//! `falco-analyze import`: a `.scap` file of Falco's as a capture.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use falco_analyze::completeness::Completeness;
use falco_analyze::pipeline::{Input, Opened};
use falco_analyze::scap::{ImportError, ImportOptions, ImportReport, import};
use falco_format::text::{Lines, count, plain};

use super::args::{one_of, open_captures};
use super::exit::{EvidenceArgs, Outcome};
use super::notice;
use super::output::admit_directory;
use super::progress::{self, Bar};
use super::stop::Stop;
use super::summary::push_reading;

const EXAMPLES: &str = "\
A file may be plain or packed by gzip, zstd or xz. Its events keep their order, their times and Falco's own encoding of flags, addresses and descriptors, so that rules give the same alerts for the capture as for the file.
Of old files the begin of a call goes into its end, as in today's. What a capture cannot hold is told on stderr. A file of several sections becomes several captures, and so do several files: DIR/1, DIR/2 and so on.
A capture appears under its name only when it is whole.
A file is imported whole: --since and --until are options of what reads the capture.

Exit codes: 0 imported, 2 error, 3 imported, but the file is damaged: what lies before the damage was imported.

Examples:
  falco-analyze import old.scap.gz -o capture/
  falco-analyze replay capture/ -r falco_rules.yaml";

/// The default size of a segment, in MiB: what the recorder writes.
const SEGMENT_MIB: u64 = 64;

/// Turn .scap files of Falco or sysdig into captures
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The files, directories of them, or `-` for standard input; of several, each goes into a numbered directory
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory for the captures; must not exist or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Begin a new segment at this many MiB
    #[arg(long, value_name = "MIB", default_value_t = SEGMENT_MIB, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    segment_mib: u64,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Imports.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    admit_directory(&args.output, "give the name of a directory")?;
    let inputs = open_captures(&args.files)?;
    let is_filled = || {
        let entries = fs::read_dir(&args.output);
        entries.is_ok_and(|mut entries| entries.next().is_some())
    };
    if inputs.len() > 1 && is_filled() {
        let path = args.output.clone();
        return Err(ImportError::NotEmpty { path }.into());
    }
    let stop = Stop::catch()?;
    let bar = progress::bar(&inputs);
    let started = Instant::now();
    let mut report = ImportReport::default();
    for (place, input) in inputs.iter().enumerate() {
        let output = one_of(&args.output, place, inputs.len());
        match import_one(args, input, &output, (&bar, &stop)) {
            Ok(more) => {
                report.tally.add(&more.tally);
                report.captures.extend(more.captures);
            }
            Err(error) => {
                // Some of several would be taken for all of them.
                for earlier in 0..place {
                    let _ = fs::remove_dir_all(one_of(&args.output, earlier, inputs.len()));
                }
                return Err(error);
            }
        }
    }
    bar.finish_and_clear();
    notice::tell(&summary(&report, started));
    let evidence = Completeness::default().evidence(&report.tally);
    Ok(args.evidence.outcome(evidence))
}

fn import_one(
    args: &Args,
    input: &Input,
    output: &Path,
    (bar, stop): (&Bar, &Stop),
) -> Result<ImportReport> {
    let Opened::Scap(file) = &input.opened else {
        bail!(
            "{} is a capture already: only .scap files are imported",
            input.path.display()
        );
    };
    let options = ImportOptions {
        segment_bytes: args.segment_mib << 20,
    };
    let mut read = 0;
    Ok(import(file, output, options, |bytes_read| {
        bar.inc(bytes_read.saturating_sub(read));
        read = bytes_read;
        stop.flow()
    })?)
}

fn summary(report: &ImportReport, started: Instant) -> Lines {
    let mut text = Lines::new();
    for capture in &report.captures {
        text.line(format_args!(
            "Wrote {}: {}, {}",
            plain(&capture.directory),
            count(capture.segments, "segment"),
            count(capture.bytes, "byte"),
        ));
    }
    push_reading(&report.tally, started.elapsed(), &mut text);
    Completeness::default().push(&report.tally, &mut text);
    text
}
