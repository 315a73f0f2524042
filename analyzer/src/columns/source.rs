//! What answers queries over the tables, wherever its bytes lie.
//!
//! Readers of tables know this trait alone: not files, not directories, not one process.

use std::fmt;
use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use falco_rules::Filter;

use super::error::SourceError;
use super::losses::losses;
use super::scan::scan;
use super::segments::segments;
use super::{BatchSink, EventQuery, ScanTally, TableLayout};
use crate::completeness::{Gap, gaps};
use crate::fields::{SCHEMA, nature};
use crate::pipeline::{Input, Part};

/// One source of events: everything of one boot of one node, or a part of it.
pub trait EventSource: fmt::Debug + Send + Sync {
    /// What it is called in the column `capture`.
    fn name(&self) -> String;

    /// Hands the rows of `events` that may answer the query to the sink, in stream order.
    ///
    /// # Errors
    /// When the source cannot be read, or the sink fails.
    fn events(
        &self,
        layout: &TableLayout,
        query: &EventQuery,
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError>;

    /// The table `losses`.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn losses(&self) -> Result<RecordBatch, SourceError>;

    /// The table `segments`.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn segments(&self) -> Result<RecordBatch, SourceError>;

    /// What lies between its segments and at its ends: the rows of the table `gaps`.
    fn gaps(&self) -> Vec<Gap>;
}

/// The tables of an opened capture.
pub struct CaptureTables {
    input: Input,
    threads: NonZeroUsize,
    part: Part,
}

impl CaptureTables {
    /// The tables of a capture.
    #[must_use]
    pub fn new(input: Input) -> Self {
        Self {
            input,
            part: Part::whole(),
            threads: NonZeroUsize::MIN,
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
    pub fn with_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// Every column of `events` as captures have them.
    #[must_use]
    pub fn layout() -> TableLayout {
        TableLayout::events(&SCHEMA, nature)
    }

    /// As [`EventSource::events`], the rows that `filter` matches alone.
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
            (&EventQuery::default(), filter),
            self.threads,
            sink,
        )?)
    }
}

impl fmt::Debug for CaptureTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaptureTables")
            .field(&self.input.path)
            .finish()
    }
}

impl EventSource for CaptureTables {
    fn name(&self) -> String {
        self.input.path.display().to_string()
    }

    fn events(
        &self,
        layout: &TableLayout,
        query: &EventQuery,
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError> {
        let asked = (query, None);
        Ok(scan(
            (&self.input, &self.part),
            &SCHEMA,
            layout,
            asked,
            self.threads,
            sink,
        )?)
    }

    fn losses(&self) -> Result<RecordBatch, SourceError> {
        losses(&self.name(), (&self.input, &self.part))
    }

    fn segments(&self) -> Result<RecordBatch, SourceError> {
        segments(&self.name(), (&self.input, &self.part))
    }

    fn gaps(&self) -> Vec<Gap> {
        let gaps = gaps(std::slice::from_ref(&self.input));
        let (from, until) = (self.part.from(), self.part.span.until);
        let is_within = |gap: &Gap| gap.touches(from, until);
        gaps.into_iter().filter(is_within).collect()
    }
}
