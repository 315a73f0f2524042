//! The second reading: what is needed of each capture is written, and told.

use std::path::Path;

use anyhow::{Context as _, Result};
use falco_analyze::derive::slice::{Cutter, Needed};
use falco_analyze::derive::{DeriveReport, Operation, derive};
use falco_analyze::unfinished::UnfinishedDirectory;
use falco_format::DerivationCounts;
use falco_format::text::{Lines, count, plain};

use super::reading::{Read, advance};
use crate::cli::args::one_of;
use crate::cli::progress::Bar;
use crate::cli::stop::Stop;
use crate::cli::summary::grouped;

/// What was written of all captures.
#[derive(Default)]
pub(super) struct Written {
    counts: DerivationCounts,
    segments: u64,
    bytes: u64,
    /// The captures that were, in their order.
    captures: Vec<String>,
    /// Captures in which nothing was asked for.
    empty: Vec<String>,
}

impl Written {
    fn add(&mut self, report: &DeriveReport) {
        self.counts.add(&report.counts);
        self.segments = self.segments.saturating_add(report.segments);
        self.bytes = self.bytes.saturating_add(report.bytes);
    }

    /// What was written, in words.
    pub(super) fn summary(&self, output: &Path) -> Lines {
        let mut text = Lines::new();
        let counts = &self.counts;
        text.line(format_args!(
            "Wrote {}: {} of {}, {} for the state alone; {} of snapshots; {}, {}",
            plain(output),
            grouped(counts.kept),
            count(
                counts
                    .kept
                    .saturating_add(counts.for_state)
                    .saturating_add(counts.left_out),
                "event"
            ),
            grouped(counts.for_state),
            count(counts.entries_kept, "row"),
            count(self.segments, "segment"),
            count(self.bytes, "byte"),
        ));
        // Which directory is of which capture.
        let numbered = (1..)
            .zip(&self.captures)
            .filter(|_| self.captures.len() > 1);
        for (number, capture) in numbered {
            text.line(format_args!("  {number}: {capture}"));
        }
        if !self.empty.is_empty() {
            text.line(format_args!(
                "Nothing that was asked for: in {}",
                self.empty.join(", ")
            ));
        }
        text
    }
}

/// Reads captures a second time, and writes what is needed of each.
pub(super) fn write(
    read: &[Read<'_>],
    needed: &[Needed],
    operation: &Operation,
    (target, bar, stop): (&UnfinishedDirectory, &Bar, &Stop),
) -> Result<Written> {
    let mut written = Written::default();
    let kept = needed.iter().filter(|needed| needed.shown() > 0).count();
    for (one, needed) in read.iter().zip(needed) {
        if needed.shown() == 0 {
            written.empty.push(plain(&one.input.path).to_string());
            continue;
        }
        let place = written.captures.len();
        let directory = one_of(target.temporary(), place, kept);
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("cannot write {}", directory.display()))?;
        let mut cutter = Cutter::new(&one.study, needed);
        let mut watch = |bytes| advance(bar, stop, bytes);
        let source = (one.input, one.part);
        let report = derive(source, operation, &mut cutter, &directory, &mut watch)?;
        written.add(&report);
        written.captures.push(plain(&one.input.path).to_string());
    }
    Ok(written)
}
