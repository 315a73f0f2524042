//! What answers queries over the tables, wherever its bytes lie.
//!
//! Readers of tables know this trait alone: not files, not directories, not one process.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use falco_abi::EventId;
use falco_format::UnixNanos;
use falco_rules::Filter;

use super::error::SourceError;
use super::gaps::gaps;
use super::losses::losses;
use super::scan::{EventsAsked, scan};
use super::segments::segments;
use super::{BatchSink, Condition, ScanTally, Table, TableLayout, TableQuery};
use crate::completeness::{self, Gap};
use crate::dialect::UNKNOWN_TYPE;
use crate::fields::is_hidden;
use crate::pipeline::{Input, Part, Spread, Tally};
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

    /// What is known of all rows of a table without reading them; none where only reading tells.
    fn totals(&self, _table: Table) -> Option<TableTotals> {
        None
    }
}

/// What all rows of a table together are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableTotals {
    /// How many they are.
    pub rows: u64,
    /// The earliest and latest time of them, where it is known for certain.
    pub times: Option<(UnixNanos, UnixNanos)>,
    /// The least and greatest boot time of them.
    pub boottime: Option<(u64, u64)>,
    /// Events that were lost meanwhile.
    pub lost_events: u64,
}

/// The tables of an opened capture.
pub struct CaptureTables {
    input: Input,
    spread: Spread,
    /// What is read, where that is not everything.
    part: Option<Part>,
    totals: OnceLock<Option<TableTotals>>,
}

impl CaptureTables {
    /// The tables of a capture.
    #[must_use]
    pub fn new(input: Input) -> Self {
        Self {
            input,
            part: None,
            spread: NonZeroUsize::MIN.into(),
            totals: OnceLock::new(),
        }
    }

    /// The tables of a part of a capture.
    #[must_use]
    pub fn of_part(input: Input, part: Part) -> Self {
        Self {
            part: Some(part),
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
        let asked = TableQuery::default();
        self.events(layout, (&asked, filter), sink)
    }

    fn part(&self) -> Part {
        self.part.clone().unwrap_or_default()
    }

    /// The rows of `events`.
    fn events(
        &self,
        layout: &TableLayout,
        (query, filter): (&TableQuery, Option<&Filter>),
        sink: &mut dyn BatchSink,
    ) -> Result<ScanTally, SourceError> {
        let demand = EventsAsked::new(layout, query, filter);
        let part = match &self.part {
            Some(part) => part.clone(),
            None => demand.part(&self.input),
        };
        Ok(scan(
            (&self.input, &part),
            demand,
            self.spread.threads(),
            sink,
        )?)
    }

    /// What the indexes of a capture of our own add up to. What may not be shown, nobody counts.
    fn totals_of_events(&self) -> Option<TableTotals> {
        let capture = self.input.capture().filter(|_| self.part.is_none())?;
        let totals = capture.totals()?;
        let is_shown = |event: &EventId| *event != UNKNOWN_TYPE && !is_hidden(*event);
        let is_plain = totals.event_counts.keys().all(is_shown);
        is_plain.then(|| TableTotals {
            rows: totals.rows(),
            times: totals.times,
            boottime: totals.boottime,
            lost_events: totals.lost_events,
        })
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
        let mut tally = tables::scan((&self.input, &self.part()), decoded, self.spread)?;
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
        let read = (&self.input, &self.part());
        let (whole, read) = match layout.table() {
            Table::Events => {
                let filter = query.condition.as_deref().map(Condition::filter);
                return self.events(layout, (query, filter), sink);
            }
            Table::Losses => losses(&self.name(), read)?,
            Table::Segments => segments(&self.name(), read)?,
            Table::Gaps => (gaps(&self.gaps())?, Tally::default()),
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
            read,
            rows: whole.num_rows() as u64,
            ..ScanTally::default()
        };
        sink.batch(layout.of_whole(&whole)?)?;
        Ok(tally)
    }

    fn gaps(&self) -> Vec<Gap> {
        let gaps = completeness::gaps(std::slice::from_ref(&self.input));
        let part = self.part();
        let (from, until) = (part.from(), part.span.until);
        let is_within = |gap: &Gap| gap.touches(from, until);
        gaps.into_iter().filter(is_within).collect()
    }

    fn totals(&self, table: Table) -> Option<TableTotals> {
        match table {
            Table::Events => *self.totals.get_or_init(|| self.totals_of_events()),
            _ => None,
        }
    }
}
