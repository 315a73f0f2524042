//! `falco-analyze export scap`: captures as a file that Falco and sysdig read.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use falco_analyze::export::scap::{
    ExportTally, Packing, ScapSchema, ScapTarget, ScapWriteError, Written, export_scap,
};
use falco_analyze::pipeline::Tally;
use falco_format::text::{Lines, count as count_of};

use crate::cli::args::{ZoneArgs, open_captures};
use crate::cli::events::compile_filter;
use crate::cli::exit::{EvidenceArgs, Outcome};
use crate::cli::notice;
use crate::cli::output::{Unread, admit_bytes_on_stdout, file_of, stdout_or};
use crate::cli::progress;
use crate::cli::span::SpanArgs;
use crate::cli::stop::Stop;
use crate::cli::summary::grouped;

const EXAMPLES: &str = "\
Writes one section for each boot: lists of processes, descriptors, users and interfaces, then the events.
A capture that came from a .scap file is given back as it was: reading the export gives the same events.
A recording of falco-record is told in Falco's types and encodings. What Falco has no type for (moves between cgroups, mounts of the snapshot) is left out and counted on stderr; what was not recorded is 0 or empty.
A birth is told by the child's first event, as `clone` with result 0; the child's own return of the call is left out.

Each section names the recording that it is made from, in a block that other readers pass over: an export that is given beside its recording is read once. An import of an export does not tell any more.

--schema 2022 writes the event types of March 2022, calls as pairs of an enter and an exit, for Debian's sysdig 0.29 and its like. Enters are made up, at the time of their exits. Calls whose types are newer become the older type of the same meaning (dup2 and dup3 become dup) or a call without arguments (those of numbers above that time's, such as close_range, of an unknown name); user and group events have no such type and are
left out, and counted. Falco's and sysdig's readers take gzip but not zstd.

--where keeps the events that match, --since and --until those of a time, and of the others those that the state depends on: marked so that readers use them for the state and do not show them.

The file is readable by its owner alone, as captures are, and appears under its name only when it is whole.

Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze export scap capture/ -o capture.scap --compress gzip
  falco-analyze export scap capture/ -o old.scap --schema 2022 && sysdig -r old.scap
  falco-analyze export scap capture/ -o sshd.scap --where 'proc.name = sshd'";

/// Write captures as one .scap file
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// The file to write; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How the file is packed
    #[arg(long, value_enum, default_value_t = Compress::None)]
    compress: Compress,
    /// Whose event types the file has
    #[arg(long, value_enum, default_value_t = Schema::Today)]
    schema: Schema,
    /// Only events that match a condition in Falco's language
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compress {
    /// Not at all
    None,
    /// As gzip
    Gzip,
    /// As zstd
    Zstd,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Schema {
    /// Version 1.2 with today's types: finished calls
    #[value(name = "1.2")]
    Today,
    /// The types of 2022: enters and exits
    #[value(name = "2022")]
    Of2022,
}

/// Exports.
pub(super) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked = args.span.asked(&zone)?;
    let filter = args.filter.as_deref().map(compile_filter).transpose()?;
    args.span.hint(args.filter.as_deref());
    let inputs = open_captures(&args.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    let packing = match args.compress {
        Compress::None => Packing::None,
        Compress::Gzip => Packing::Gzip,
        Compress::Zstd => Packing::Zstd,
    };
    let schema = match args.schema {
        Schema::Today => ScapSchema::Today,
        Schema::Of2022 => ScapSchema::Of2022,
    };
    let unread = Unread::default();
    let stop = Stop::catch()?.or_unread(unread.clone());
    let mut target = if file_of(Some(&args.output)).is_some() {
        ScapTarget::create(&args.output, packing, args.force)?
    } else {
        admit_bytes_on_stdout("a .scap file")?;
        ScapTarget::stdout(packing)?
    };
    let bar = progress::over(parts.bytes(&inputs.recordings()));
    let (mut read, mut written) = (Tally::default(), Written::default());
    for one in parts.of(&inputs) {
        let mut advance = |bytes| {
            bar.inc(bytes);
            stop.flow()
        };
        let tally = export_scap(one, filter.as_ref(), schema, &mut target, &mut advance);
        let tally = unread.forgive(tally, ExportTally::default());
        let tally = tally.with_context(|| format!("cannot write {}", stdout_or(&args.output)))?;
        read.add(&tally.read);
        written.add(&tally.written);
        if unread.is_so() {
            break;
        }
    }
    let bytes = finish(target, &unread)?;
    bar.finish_and_clear();
    let mut text = if unread.is_so() {
        Lines::new()
    } else {
        summary(args, &read, &written, bytes)
    };
    stop.push_partial(&mut text);
    parts.push(&zone, &mut text);
    completeness.push(&read, &mut text);
    notice::tell(&text);
    Ok(args.evidence.outcome(completeness.evidence(&read)))
}

/// Writes what waits; that nobody reads it any more is no error.
fn finish(target: ScapTarget, unread: &Unread) -> Result<u64> {
    match target.finish() {
        Err(ScapWriteError::Io { path, source }) => unread
            .forgive(Err(source), 0)
            .with_context(|| format!("cannot write {}", path.display())),
        finished => Ok(finished?),
    }
}

fn summary(args: &Args, read: &Tally, written: &Written, bytes: u64) -> Lines {
    let mut text = Lines::new();
    text.line(format_args!(
        "Wrote {}: {} of {}, {} of lists, {}, {}",
        stdout_or(&args.output),
        grouped(written.events),
        count_of(read.events, "event"),
        count_of(written.entries, "entry"),
        count_of(written.sections, "section"),
        count_of(bytes, "byte")
    ));
    for (count, before, behind) in [
        (
            written.for_state,
            "For the state alone",
            "events that readers take for the state and do not show",
        ),
        (
            written.made_up,
            "Made up",
            "enter events, at the times of their exits",
        ),
        (
            written.cut,
            "Cut",
            "values of more than 65,535 bytes, of which .scap holds the first",
        ),
        (
            written.said_elsewhere,
            "Told once",
            "returns and enters that another event tells (see --help)",
        ),
    ] {
        if count > 0 {
            text.line(format_args!("{before}: {} {behind}", grouped(count)));
        }
    }
    if !written.unsaid.is_empty() {
        text.line("Left out, since the schema has no words for them:");
        for (name, count) in &written.unsaid {
            text.line(format_args!("  {:>9}  {name}", grouped(*count)));
        }
    }
    text
}
