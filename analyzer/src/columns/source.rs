//! What answers queries over the tables, wherever its bytes lie.
//!
//! Readers of tables know this trait alone: not files, not directories, not one process.

use std::fmt;
use std::num::NonZeroUsize;

use falco_rules::Filter;

use super::error::SourceError;
use super::gaps::gaps;
use super::losses::losses;
use super::scan::scan;
use super::segments::segments;
use super::{BatchSink, ScanTally, Table, TableLayout, TableQuery};
use crate::completeness::{self, Gap};
use crate::fields::SCHEMA;
use crate::pipeline::{Input, Part, Spread};
use crate::tables::{self, Asked};

/// What has tables: everything of one boot of one node, or a part of it.
pub trait TableSource: fmt::Debug + Send + Sync {
    /// What it is called in the column `capture`.
    fn name(&self) -> String;

    /// Hands the rows of a table that may answer the query to the sink, with the layout's columns in its order; rows of `events` in stream order.
    ///
    /// # Errors
    /// When the source cannot be read, or the sink fails.
    fn rows(
        &self,
        layout: &TableLayout,
        query: &TableQuery,
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError>;

    /// What lies between its segments and at its ends: the rows of the table `gaps`.
    fn gaps(&self) -> Vec<Gap>;

    /// The capture behind it, for who asks more of it than tables; none where there is none.
    fn input(&self) -> Option<&Input> {
        None
    }
}

/// The tables of an opened capture.
pub struct CaptureTables {
    input: Input,
    spread: Spread,
    part: Part,
}

impl CaptureTables {
    /// The tables of a capture.
    #[must_use]
    pub fn new(input: Input) -> Self {
        Self {
            input,
            part: Part::whole(),
            spread: NonZeroUsize::MIN.into(),
        }
    }

    /// The tables of a part of a capture.
    #[must_use]
    pub fn of_part(input: Input, part: Part) -> Self {
        Self {
            part,
            ..Self::new(input)
        }
    }

    /// The same, read by so many threads; the rows and their order are the same.
    #[must_use]
    pub fn with_threads(self, threads: impl Into<Spread>) -> Self {
        Self {
            spread: threads.into(),
            ..self
        }
    }

    /// As [`TableSource::rows`] of `events`, the rows that `filter` matches alone.
    ///
    /// # Errors
    /// When the capture cannot be read, or the sink fails.
    pub fn matching(
        &self,
        layout: &TableLayout,
        filter: Option<&Filter>,
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError> {
        Ok(scan(
            (&self.input, &self.part),
            &SCHEMA,
            layout,
            (&TableQuery::default(), filter),
            self.spread.threads(),
            sink,
        )?)
    }
}

impl CaptureTables {
    /// Several tables in one reading, each with who takes its rows. Rows and their order are those that each gives alone.
    /// What is told from items alone is read for itself, without decoding anything.
    ///
    /// # Errors
    /// When the capture cannot be read, or a sink fails.
    pub fn scan_tables(&self, tables: Vec<Asked<'_>>) -> Result<ScanTally, SourceError> {
        let (mut decoded, mut rows) = (Vec::new(), 0);
        for (layout, sink) in tables {
            if layout.table().is_told_by_items() {
                rows += self.rows(layout, &TableQuery::default(), sink)?.rows;
            } else {
                decoded.push((layout, sink));
            }
        }
        let mut tally = tables::scan((&self.input, &self.part), decoded, self.spread)?;
        tally.rows += rows;
        Ok(tally)
    }
}

impl fmt::Debug for CaptureTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaptureTables")
            .field(&self.input.path)
            .finish()
    }
}

impl TableSource for CaptureTables {
    fn name(&self) -> String {
        self.input.path.display().to_string()
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }

    fn rows(
        &self,
        layout: &TableLayout,
        query: &TableQuery,
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError> {
        let (input, part) = (&self.input, &self.part);
        let whole = match layout.table() {
            Table::Events => {
                let asked = (query, None);
                return Ok(scan(
                    (input, part),
                    &SCHEMA,
                    layout,
                    asked,
                    self.spread.threads(),
                    sink,
                )?);
            }
            Table::Losses => losses(&self.name(), (input, part))?,
            Table::Segments => segments(&self.name(), (input, part))?,
            Table::Gaps => gaps(&self.gaps())?,
            Table::Processes
            | Table::Files
            | Table::Connections
            | Table::Listeners
            | Table::Containers
            | Table::Users => {
                return self.scan_tables(vec![(layout, sink)]);
            }
        };
        let tally = ScanTally {
            rows: whole.num_rows() as u64,
            ..ScanTally::default()
        };
        sink.batch(layout.of_whole(&whole)?)?;
        Ok(tally)
    }

    fn gaps(&self) -> Vec<Gap> {
        let gaps = completeness::gaps(std::slice::from_ref(&self.input));
        let (from, until) = (self.part.from(), self.part.span.until);
        let is_within = |gap: &Gap| gap.touches(from, until);
        gaps.into_iter().filter(is_within).collect()
    }
}
