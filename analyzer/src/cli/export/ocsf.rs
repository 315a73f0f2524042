//! `--schema ocsf`: events and alerts as records of the Open Cybersecurity Schema Framework, as JSON lines or as Parquet.
//!
//! In: options as typed. Out: files, and what is said of them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use falco_analyze::columns::BatchSink;
use falco_analyze::export::ocsf::{Class, Ocsf, OcsfLines, OcsfParquet, Shape};
use falco_analyze::export::tables::WrittenTable;
use falco_analyze::sources::SYSCALLS;
use falco_format::text::{Lines, count};
use falco_rules::{RuleSet, Selection};

use super::reading::ReadingArgs;
use super::target::TargetArgs;
use crate::cli::args::load_rules;
use crate::cli::exit::Outcome;

/// Whose schema, and what is told in it.
#[derive(clap::Args)]
pub(super) struct OcsfArgs {
    /// Whose schema the records have
    #[arg(long, value_enum, value_name = "SCHEMA", default_value_t = Schema::Falco)]
    schema: Schema,
    /// Classes of OCSF that are written, by number, separated by commas; all unless given
    #[arg(long, value_delimiter = ',', value_name = "CLASSES", value_parser = class)]
    classes: Vec<Class>,
    /// Rule file, or a directory of them, whose alerts are findings of OCSF; repeatable, read in this order
    #[arg(short = 'r', long = "rules", value_name = "FILE|DIR")]
    rules: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Schema {
    /// Tables with Falco's names
    Falco,
    /// Events of the Open Cybersecurity Schema Framework
    Ocsf,
}

fn class(text: &str) -> Result<Class, String> {
    let text = text.trim();
    let is_named = |class: &Class| class.uid().to_string() == text || class.name() == text;
    let found = Class::ALL.into_iter().find(is_named);
    found.ok_or_else(|| {
        let all = Class::ALL.map(|class| format!("{} ({})", class.uid(), class.name()));
        format!(
            "there is no class '{text}'; the classes are {}",
            all.join(", ")
        )
    })
}

impl OcsfArgs {
    /// Whether records of OCSF are wanted.
    pub(super) fn is_asked(&self) -> bool {
        self.schema == Schema::Ocsf
    }

    /// Options of this schema say nothing in another.
    pub(super) fn admit_none(&self) -> Result<()> {
        if !self.rules.is_empty() || !self.classes.is_empty() {
            bail!("--rules and --classes go with --schema ocsf");
        }
        Ok(())
    }

    /// The classes that are written: findings where there are rules to find something.
    fn classes(&self) -> Result<Vec<Class>> {
        let has_rules = !self.rules.is_empty();
        if self.classes.is_empty() {
            let is_written = |class: &Class| has_rules || *class != Class::Finding;
            return Ok(Class::ALL.into_iter().filter(is_written).collect());
        }
        let asks = self.classes.contains(&Class::Finding);
        if asks && !has_rules {
            bail!("findings are alerts of rules: name them with --rules");
        }
        if has_rules && !asks {
            bail!("--rules says what is found, and --classes leaves findings (2004) out");
        }
        let is_written = |class: &Class| self.classes.contains(class);
        Ok(Class::ALL.into_iter().filter(is_written).collect())
    }

    /// The rules, if any are named; none of either where they have errors, which are told then.
    fn rules(&self) -> Result<Option<Option<RuleSet>>> {
        if self.rules.is_empty() {
            return Ok(Some(None));
        }
        let rules = load_rules(&[SYSCALLS], (&self.rules, &Selection::default()), "written")?;
        Ok(rules.map(Some))
    }

    /// Writes JSON lines of all classes, in the order of the events.
    pub(super) fn write_lines(
        &self,
        reading: &ReadingArgs,
        target: &TargetArgs,
    ) -> Result<Outcome> {
        let classes = self.classes()?;
        reading.admit_no_columns()?;
        let Some(rules) = self.rules()? else {
            return Ok(Outcome::Failed);
        };
        let (mut reading, inputs) = reading.open()?;
        let begun = target.begin(&inputs, || Ok(()))?;
        if let Some(unread) = begun.unread() {
            reading.end_with(unread);
        }
        let (out, ending) = begun.parts();
        let mut lines = OcsfLines::new(out);
        let named = || target.cannot();
        let asked = Ocsf::new(vec![Shape::of(&classes)], reading.filter(), rules.as_ref())?;
        let bar = reading.read_once();
        let read = reading.each(inputs, |_, input, part| {
            let mut sink = reading.with_bar(&mut lines, &bar);
            Ok(asked.read((input, part), reading.threads(), &mut [&mut sink])?)
        });
        let tally = read.with_context(named)?;
        ending.admit(reading.stop())?;
        let records = lines.finish().with_context(named)?;
        ending.finish().with_context(named)?;
        bar.finish_and_clear();
        let mut text = Lines::new();
        if !reading.stop().is_wanted() {
            text.line(format_args!(
                "Wrote {}: {}, from {}",
                target.name(),
                count(records, "record"),
                count(tally.events, "event")
            ));
        }
        reading.stop().push_partial(&mut text);
        Ok(reading.tell(&tally, text))
    }

    /// Writes a Parquet file for each class.
    pub(super) fn write_parquet(
        &self,
        reading: &ReadingArgs,
        (directory, force): (&Path, bool),
    ) -> Result<Outcome> {
        let classes = self.classes()?;
        reading.admit_no_columns()?;
        let Some(rules) = self.rules()? else {
            return Ok(Outcome::Failed);
        };
        let (reading, inputs) = reading.open()?;
        let shapes = classes.iter().map(|class| Shape::of(&[*class])).collect();
        let asked = Ocsf::new(shapes, reading.filter(), rules.as_ref())?;
        let mut export = OcsfParquet::create(directory, &classes, force)?;
        let bar = reading.read_once();
        let tally = reading.each(inputs, |capture, input, part| {
            export.capture(capture);
            let sinks = export.sinks().into_iter();
            let mut sinks: Vec<_> = sinks.map(|sink| reading.with_bar(sink, &bar)).collect();
            let mut sinks: Vec<&mut dyn BatchSink> = sinks
                .iter_mut()
                .map(|sink| sink as &mut dyn BatchSink)
                .collect();
            Ok(asked.read((input, part), reading.threads(), &mut sinks)?)
        })?;
        if reading.stop().is_wanted() {
            bail!("stopped by a signal: nothing was written")
        }
        let written = export.finish()?;
        bar.finish_and_clear();
        Ok(reading.tell(&tally, summary(directory, &written)))
    }
}

fn summary(directory: &Path, written: &[WrittenTable]) -> Lines {
    let mut text = Lines::new();
    for file in written {
        text.line(format_args!(
            "Wrote {}: {}, {}",
            directory.join(format!("{}.parquet", file.table)).display(),
            count(file.rows, "record"),
            count(file.bytes, "byte")
        ));
    }
    text
}
