//! `falco-analyze slice`: the part of a capture that somebody wants to share, with the state that it needs.

mod process;
mod reading;
mod written;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use falco_analyze::derive::Operation;
use falco_analyze::derive::slice::{LifeId, Needed, UNLIKE, Wanted};
use falco_analyze::pipeline::Tally;
use falco_analyze::time::{TimeRange, Zone, full};
use falco_analyze::unfinished::{BeginError, UnfinishedDirectory};
use falco_format::text::{Lines, plain};
use falco_rules::Filter;
use serde_json::{Map, Value as Json, json};

use crate::cli::args::{ZoneArgs, open_captures};
use crate::cli::events::compile_filter;
use crate::cli::exit::{EvidenceArgs, Outcome};
use crate::cli::notice;
use crate::cli::output::{admit_directory, admit_outside};
use crate::cli::progress;
use crate::cli::span::{Parts, SpanArgs};
use crate::cli::stop::Stop;
use process::{AskedProcess, Found, processes};
use reading::{Read, read};
use written::write;

const EXAMPLES: &str = "\
What is asked for is kept: the events of a process and of all that descends from it, of a container, those that match a condition, those of a time; of several options, what all of them ask for. What else ran is left out, but for the rows that the state needs: births, programs, users, directories and descriptors of ancestors, of whoever shares them, and of processes that kept events name. Those are applied by readers and shown by none; no alert is theirs.
So every event that is kept answers every field as in the capture, but for evt.num, evt.reltime and evt.deltatime, which count or measure over events that are left out.

The slice says in every segment what it was made from (the digest of the segment, or the SHA-256 of the .scap file) and what was cut; `info` and `verify` tell it. Losses, gaps and damage of the capture are the slice's too. A slice of a slice names both steps.

A process id that was used again needs the time at which the process lived: 42@2026-01-02T03:04:05Z. Containers go by the beginning of an id, or by name.
A slice appears under its name only when it is whole. Of several captures each goes into a numbered directory, and those in which nothing is asked for are left out.

Exit codes: 0 written, 2 error: also where nothing is asked for that is there, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze slice capture/ -o attack/ --pid 4711
  falco-analyze slice capture/ -o attack/ --pid 4711@2026-01-02T03:04:05Z
  falco-analyze slice capture/ -o web/ --container 3ad7b26ded6d --since -15m
  falco-analyze slice trace.scap.gz -o sshd/ --where 'proc.name = sshd'";

/// Keep a part of captures, with the state that it needs, and say so in it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Directory for the slice; must not exist or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Events of this process and of all that descends from it; repeatable
    #[arg(long = "pid", value_name = "PID[@TIME]", value_delimiter = ',')]
    pids: Vec<String>,
    /// Events in this container: the beginning of its id, or its name
    #[arg(long, value_name = "ID|NAME")]
    container: Option<String>,
    /// Events that match a condition in Falco's language
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Slices.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    admit_directory(&args.output, "give the name of a directory")?;
    admit_outside(&args.output, &args.captures)?;
    let zone = args.zone.zone()?;
    let asked = args.span.asked(&zone)?;
    let processes = processes(&args.pids, &zone)?;
    let filters = filters(args)?;
    if processes.is_empty() && filters.is_empty() && !args.span.is_given() {
        bail!("say what to keep: --pid, --container, --where, --since or --until");
    }
    args.span.hint(args.filter.as_deref());
    let inputs = open_captures(&args.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    let target = begin(&args.output)?;
    let stop = Stop::catch()?;
    // Everything is read twice.
    let bar = progress::over(parts.bytes(&inputs.recordings()).saturating_mul(2));
    let wanted = Wanted {
        filters: filters.iter().collect(),
        span: parts.span(),
    };
    let read = read(&inputs, &parts, &wanted, (&bar, &stop))?;
    let mut tally = Tally::default();
    read.iter().for_each(|one| tally.add(&one.study.tally));
    let found = needed(&read, &processes, &zone).and_then(|needed| {
        let shown: u64 = needed.iter().map(Needed::shown).sum();
        if shown == 0 {
            return Err(nothing(args, &read));
        }
        Ok(needed)
    });
    // What was not found may be in what is missing.
    let needed = found.inspect_err(|_| {
        let mut text = Lines::new();
        completeness.push(&tally, &mut text);
        notice::tell(&text);
    })?;
    let operation = Operation {
        name: "slice".to_owned(),
        arguments: arguments(args, &parts, &zone),
    };
    let written = write(&read, &needed, &operation, (&target, &bar, &stop))?;
    target
        .finish()
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    bar.finish_and_clear();
    let mut text = written.summary(&args.output);
    parts.push(&zone, &mut text);
    completeness.push(&tally, &mut text);
    notice::tell(&text);
    Ok(args.evidence.outcome(completeness.evidence(&tally)))
}

fn begin(output: &Path) -> Result<UnfinishedDirectory> {
    UnfinishedDirectory::begin(output).map_err(|error| match error {
        BeginError::Io(source) if source.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
            anyhow!(
                "the directory {} is not empty; give another for the slice",
                plain(output)
            )
        }
        error => anyhow!(error).context(format!("{} cannot take the slice", plain(output))),
    })
}

/// The conditions that the options stand for.
fn filters(args: &Args) -> Result<Vec<Filter>> {
    let mut filters = Vec::new();
    if let Some(container) = &args.container {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if container.is_empty() || !container.chars().all(is_usual) {
            bail!(
                "--container: '{}' is neither an id nor a name of a container",
                plain(container)
            );
        }
        let condition = format!(
            "container.id != host and (container.id startswith \"{container}\" or container.full_id startswith \"{container}\" or container.name = \"{container}\")"
        );
        filters.push(compile_filter(&condition)?);
    }
    if let Some(filter) = &args.filter {
        filters.push(compile_filter(filter)?);
    }
    Ok(filters)
}

/// What is needed of each capture.
fn needed(read: &[Read<'_>], processes: &[AskedProcess], zone: &Zone) -> Result<Vec<Needed>> {
    if processes.is_empty() {
        return Ok(read.iter().map(|one| one.study.needed(None)).collect());
    }
    let times = read.iter().filter_map(|one| one.study.times);
    let times = times.reduce(|all, one| TimeRange::extended(Some(all), one.first, one.last));
    let mut roots: Vec<Vec<LifeId>> = vec![Vec::new(); read.len()];
    for process in processes {
        let lives: Vec<Found> = read
            .iter()
            .enumerate()
            .flat_map(|(place, one)| {
                let lives = one.study.lives_of(process.pid).into_iter();
                lives.map(move |life| (place, life))
            })
            .collect();
        let (place, id) = process.chosen(&lives, times, zone)?;
        if let Some(roots) = roots.get_mut(place) {
            roots.push(id);
        }
    }
    let all = read.iter().zip(&roots);
    Ok(all
        .map(|(one, roots)| one.study.needed(Some(roots)))
        .collect())
}

/// Why there is nothing to write.
fn nothing(args: &Args, read: &[Read<'_>]) -> anyhow::Error {
    let Some(asked) = &args.container else {
        return anyhow!("no event of the captures is what was asked for; nothing was written");
    };
    let mut names: Vec<String> = Vec::new();
    for (id, name) in read.iter().flat_map(|one| &one.study.containers) {
        let text = match name.as_str() {
            "" => plain(id).to_string(),
            name => format!("{} ({})", plain(id), plain(name)),
        };
        if !names.contains(&text) {
            names.push(text);
        }
    }
    if names.is_empty() {
        return anyhow!("no event of the captures is in a container; nothing was written");
    }
    anyhow!(
        "no event that was asked for is in a container {}; events are in {}; nothing was written",
        plain(asked),
        names.join(", ")
    )
}

/// The arguments as the slice says them.
fn arguments(args: &Args, parts: &Parts, zone: &Zone) -> Json {
    let span = parts.span();
    let mut said = Map::new();
    if !args.pids.is_empty() {
        said.insert("pid".to_owned(), json!(args.pids));
    }
    let texts = [
        ("container", args.container.clone()),
        ("where", args.filter.clone()),
        ("since", span.since.map(|since| full(since, zone))),
        ("until", span.until.map(|until| full(until, zone))),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            said.insert(name.to_owned(), Json::from(text));
        }
    }
    said.insert("other_values_of".to_owned(), json!(UNLIKE));
    Json::Object(said)
}
