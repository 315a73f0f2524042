//! `falco-analyze redact`: a capture in which names, texts and addresses are others, so that it can be shared.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use falco_analyze::completeness::Completeness;
use falco_analyze::derive::{DeriveReport, Operation, Rewriter as _, derive};
use falco_analyze::pipeline::{Flow, Input, Part, Stream as _, Tally};
use falco_analyze::redact::{Keep, Key, Redaction, Redactor, Sample, new_key};
use falco_analyze::sources::SYSCALLS;
use falco_analyze::unfinished::{BeginError, UnfinishedDirectory};
use falco_format::text::{Lines, count, plain};
use falco_format::{Block, Item, Projection};
use falco_rules::Selection;
use serde_json::json;

use super::args::{RuleFileArgs, one_of, open_captures, writer};
use super::exit::{EvidenceArgs, Outcome};
use super::notice;
use super::output::{admit_directory, admit_outside};
use super::progress::{self, Bar};
use super::stop::Stop;
use super::summary::grouped;

const EXAMPLES: &str = "\
Every word that is not kept is replaced by another one of the same length and shape, everywhere alike: in paths, arguments, environments, names of users, hosts and containers, payloads, snapshots, notes. Signs between words stay, so paths have the components that they had. Addresses are replaced by others of the same class (private, link-local, multicast, public), and two that share so many leading bits still share as many. Bytes that are no text are replaced by as many others. Numbers stay: times, ids of processes, users and inodes, ports, flags, results, sizes; in texts those of at most five digits.

The key decides what becomes what: the same key, with the same words kept, gives the same replacements in every capture, and without the key no word is computed back. What surrounds a word may still tell it, and numbers that stay (inodes, times, sizes, ports) may tell that two captures are of one machine. Who has the key can find out what a word was by trying words, so keep it where the originals are, or delete it.

Kept are words that every Linux machine has (/etc/shadow, bash, libc, root), localhost, documentation networks, what a file of --keep says, and with --keep-rules all that rules compare with, so that they alert as they did. A word is kept wherever it stands, also with up to two digits behind it (eth0, tty1): a secret that is such a word is kept too. Of what was read and written (--payload), single letters and short numbers are replaced as well, and less than four bytes that were moved at once are made dots: they may be keys that somebody pressed. Look at the result before it is shared.
A file of --keep is TOML:
  words = [\"/srv/shop\", \"checkout\"]   # kept: every word of these texts
  replace = [\"mail\"]                  # replaced, though it is built in
  networks = [\"192.0.2.0/24\"]         # their addresses are kept
  numbers = 5                         # numbers of so many digits are kept
  built_in = true                     # whether the words of every Linux machine are

What is written says in every segment what it was made from (a digest) and how; `info` and `verify` tell it. It never holds the key, but a value that tells whether two captures have the same one. It appears under its name only when it is whole. Of several captures each goes into a numbered directory.

Exit codes: 0 written, 2 error: also where there is no key, or others may read it, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze redact --new-key key
  falco-analyze redact capture/ -o shared/ --key key
  falco-analyze redact capture/ -o shared/ --key key --keep-rules -r rules/ --keep keep.toml
  falco-analyze redact trace.scap.gz --key key --dry-run --sample 20";

/// Replace names, texts and addresses, consistently, so that captures can be shared
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required_unless_present = "new_key", value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Directory for what is written; must not exist or be empty
    #[arg(short, long, value_name = "DIR", required_unless_present_any = ["new_key", "dry_run"])]
    output: Option<PathBuf>,
    /// File with the key: at least 32 bytes that nobody can guess, and that only its owner may read
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Make a key in a new file, and nothing else
    #[arg(long, value_name = "FILE", exclusive = true)]
    new_key: Option<PathBuf>,
    /// File that says what else is kept; repeatable
    #[arg(long = "keep", value_name = "FILE")]
    keep: Vec<PathBuf>,
    /// Keep what rules compare with: those of -r, or those that come with the program
    #[arg(long)]
    keep_rules: bool,
    #[command(flatten)]
    rules: RuleFileArgs,
    /// Write nothing, and report what would be replaced and kept
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,
    /// Report how much was replaced, and how much was kept and by whom
    #[arg(long)]
    report: bool,
    /// Show so many different values before and after: not for those who get the capture
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    sample: usize,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Redacts, or makes a key.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if let Some(path) = &args.new_key {
        new_key(path)?;
        let mut text = Lines::new();
        text.line(format_args!("Wrote {}: a new key", plain(path)));
        notice::tell(&text);
        return Ok(Outcome::Clean);
    }
    if let Some(output) = &args.output {
        admit_directory(output, "give the name of a directory")?;
        admit_outside(output, &args.captures)?;
    }
    let path = args.key.as_deref().context(
        "what becomes what follows from a key: make one with `falco-analyze redact --new-key FILE`, and give it with --key FILE",
    )?;
    let key = Key::read(path)?;
    let Some(keep) = keep(args)? else {
        return Ok(Outcome::Failed);
    };
    let inputs = open_captures(&args.captures)?;
    let completeness = Completeness::of(&inputs);
    let target = args.output.as_deref().map(begin).transpose()?;
    let stop = Stop::catch()?;
    let bar = progress::bar(&inputs);
    let operation = Operation {
        name: "redact".to_owned(),
        arguments: json!({ "key": key.check(), "kept": keep.fingerprint(&key), "rules": args.keep_rules }),
    };
    let mut done = Done::new(Redactor::new(&key, keep));
    for (place, input) in inputs.iter().enumerate() {
        match &target {
            Some(target) => {
                let directory = one_of(target.temporary(), place, inputs.len());
                done.write(input, &operation, &directory, (args.sample, &bar, &stop))?;
            }
            None => done.look(input, (args.sample, &bar, &stop))?,
        }
    }
    if let (Some(target), Some(output)) = (target, &args.output) {
        target
            .finish()
            .with_context(|| format!("cannot write {}", output.display()))?;
    }
    bar.finish_and_clear();
    let mut text = Lines::new();
    if let Some(output) = &args.output {
        done.push_written(output, &mut text);
    }
    completeness.push(&done.read, &mut text);
    notice::tell(&text);
    report(args, &done)?;
    Ok(args.evidence.outcome(completeness.evidence(&done.read)))
}

/// What is kept; nothing where the rules have errors, which are told.
fn keep(args: &Args) -> Result<Option<Keep>> {
    let mut keep = Keep::read(&args.keep)?;
    if !args.keep_rules {
        if args.rules.is_given() {
            bail!("-r says which rules --keep-rules is about; give that too, or leave -r away");
        }
        return Ok(Some(keep));
    }
    let loaded = args
        .rules
        .load(&[SYSCALLS], &Selection::default(), "redacted")?;
    let Some(rules) = loaded else {
        return Ok(None);
    };
    let left = keep.add_compared(&rules.compared());
    if !left.is_empty() {
        notice::complain(format_args!(
            "rules look for single letters within words ({}), which are not kept: what they say may differ",
            plain(&left.join(", "))
        ));
    }
    Ok(Some(keep))
}

fn begin(output: &Path) -> Result<UnfinishedDirectory> {
    UnfinishedDirectory::begin(output).map_err(|error| match error {
        BeginError::Io(source) if source.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
            anyhow!(
                "the directory {} is not empty; give another for the capture",
                plain(output)
            )
        }
        error => anyhow!(error).context(format!("{} cannot take the capture", plain(output))),
    })
}

/// What was done so far.
struct Done {
    redactor: Redactor,
    samples: Vec<Sample>,
    read: Tally,
    written: DeriveReport,
}

impl Done {
    fn new(redactor: Redactor) -> Self {
        Done {
            redactor,
            samples: Vec::new(),
            read: Tally::default(),
            written: DeriveReport::default(),
        }
    }

    fn write(
        &mut self,
        input: &Input,
        operation: &Operation,
        directory: &Path,
        (samples, bar, stop): (usize, &Bar, &Stop),
    ) -> Result<()> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot write {}", directory.display()))?;
        let left = samples.saturating_sub(self.samples.len());
        let mut redaction = Redaction::new(&mut self.redactor, left);
        let mut watch = |bytes| {
            bar.inc(bytes);
            stop.flow()
        };
        let source = (input, &Part::whole());
        let report = derive(source, operation, &mut redaction, directory, &mut watch)?;
        self.samples.extend_from_slice(redaction.samples());
        self.read.add(&report.read);
        self.written.counts.add(&report.counts);
        self.written.segments = self.written.segments.saturating_add(report.segments);
        self.written.bytes = self.written.bytes.saturating_add(report.bytes);
        Ok(())
    }

    /// Redacts, and writes nothing.
    fn look(&mut self, input: &Input, (samples, bar, stop): (usize, &Bar, &Stop)) -> Result<()> {
        let left = samples.saturating_sub(self.samples.len());
        let mut redaction = Redaction::new(&mut self.redactor, left);
        let (mut items, mut told) = (input.items(), 0);
        while let Some(item) = items.next() {
            self.read.item(&item);
            match &item {
                Item::Segment(header) => redaction.header(&mut header.as_ref().clone()),
                Item::State(block) | Item::Events(block) => look_at(block, &mut redaction),
                _ => {}
            }
            let done = items.bytes_done();
            bar.inc(done.saturating_sub(told));
            told = done;
            if stop.flow() == Flow::Stop {
                bail!("stopped; nothing was written");
            }
        }
        self.samples.extend_from_slice(redaction.samples());
        Ok(())
    }

    fn push_written(&self, output: &Path, text: &mut Lines) {
        let counts = &self.written.counts;
        text.line(format_args!(
            "Wrote {}: {}, {} of them changed; {} of snapshots, {} of them changed; {}, {}",
            plain(output),
            count(counts.kept.saturating_add(counts.for_state), "event"),
            grouped(counts.changed),
            count(counts.entries_kept, "row"),
            grouped(counts.entries_changed),
            count(self.written.segments, "segment"),
            count(self.written.bytes, "byte"),
        ));
    }
}

/// Rows that do not decode are told with the tally.
fn look_at(block: &Block, redaction: &mut Redaction<'_>) {
    let Ok(rows) = block.decode(&Projection::all()) else {
        return;
    };
    for view in rows.iter() {
        redaction.event(&view, 0);
    }
}

fn report(args: &Args, done: &Done) -> Result<()> {
    let mut text = Lines::new();
    if args.report || args.dry_run {
        let tally = done.redactor.tally();
        text.line("Replaced:");
        for (what, times) in tally.replaced() {
            text.line(format_args!("  {:>12}  {what}", grouped(times)));
        }
        text.line("Kept:");
        for (what, times) in tally.kept() {
            text.line(format_args!("  {:>12}  {what}", grouped(times)));
        }
    }
    if args.sample > 0 {
        text.line("Before and after:");
    }
    for (before, after) in &done.samples {
        let shown = |bytes: &[u8]| plain(bytes).to_string();
        text.line(format_args!("  {}", shown(before)));
        text.line(format_args!("    {}", shown(after)));
    }
    let mut writer = writer();
    writer.write_all(text.as_str().as_bytes())?;
    Ok(writer.flush()?)
}
