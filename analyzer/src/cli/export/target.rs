//! One file, or standard output, that an export writes.
//!
//! In: options as typed. Out: a writer, and what ends it: the file's name is given when all of it is written.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use falco_analyze::inputs::Inputs;
use falco_analyze::unfinished::{BeginError, Unfinished};

use crate::cli::output::{Unread, admit_no_capture, file_of, stdout, stdout_or};
use crate::cli::stop::Stop;

/// Where an export goes.
#[derive(clap::Args)]
pub(in crate::cli) struct TargetArgs {
    /// File that is written, or `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

/// What is being written.
pub(in crate::cli) struct Target {
    out: Box<dyn Write>,
    unread: Option<Unread>,
    ending: Ending,
}

/// What gives a file its name.
pub(in crate::cli) struct Ending(Option<Unfinished>);

impl TargetArgs {
    /// What the target is called.
    pub(in crate::cli) fn name(&self) -> String {
        stdout_or(&self.output).to_string()
    }

    /// What is said of an error.
    pub(in crate::cli) fn cannot(&self) -> String {
        format!("cannot write {}", self.name())
    }

    /// Begins to write; standard output where `admit` lets it be.
    pub(in crate::cli) fn begin(
        &self,
        inputs: &Inputs,
        admit: impl FnOnce() -> Result<()>,
    ) -> Result<Target> {
        let Some(path) = file_of(Some(&self.output)) else {
            admit()?;
            let results = stdout();
            return Ok(Target {
                unread: Some(results.unread()),
                out: Box::new(results),
                ending: Ending(None),
            });
        };
        admit_no_capture(path, inputs)?;
        if !self.force && path.exists() {
            bail!(
                "{} is there already; give another name, or --force to replace it",
                path.display()
            );
        }
        let (unfinished, file) = Unfinished::begin(path)
            .map_err(|error| match error {
                BeginError::Busy => anyhow::anyhow!("another export is writing it"),
                BeginError::Io(error) => error.into(),
            })
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Target {
            out: Box::new(BufWriter::new(file)),
            unread: None,
            ending: Ending(Some(unfinished)),
        })
    }
}

impl Target {
    /// Who tells that nobody reads standard output any more.
    pub(in crate::cli) fn unread(&self) -> Option<Unread> {
        self.unread.clone()
    }

    /// The writer, and what ends it.
    pub(in crate::cli) fn parts(self) -> (Box<dyn Write>, Ending) {
        (self.out, self.ending)
    }
}

impl Ending {
    /// Whether it is a file.
    pub(in crate::cli) fn is_file(&self) -> bool {
        self.0.is_some()
    }

    /// A file that is not whole gets no name.
    pub(in crate::cli) fn admit(&self, stop: &Stop) -> Result<()> {
        if stop.is_wanted() && self.is_file() {
            bail!("stopped by a signal: nothing was written")
        }
        Ok(())
    }

    /// Gives the file its name.
    pub(in crate::cli) fn finish(self) -> io::Result<()> {
        self.0.map_or(Ok(()), Unfinished::finish)
    }
}
