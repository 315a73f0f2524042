//! Passes over sources as a plan that DataFusion pulls batches from.
//!
//! In: sources, columns, what is asked of them. Out: streams of batches, one partition per source.
//! A pass runs on a thread of its own and waits when the query does not keep up, so that memory stays bounded; a query that has enough ends it.

use std::fmt;
use std::io;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, ScalarValue, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use falco_analyze::columns::{
    BatchSink, ColumnSource, ScanTally, TableLayout, TableQuery, TableSource, TableTotals,
};
use falco_analyze::pipeline::Flow;
use falco_format::UnixNanos;
use tokio::sync::mpsc::Sender;

use crate::evidence::{Evidence, SharedEvidence};
use crate::held;
use crate::reading::Reading;

/// How many batches may wait between a pass and its query.
const WAITING_BATCHES_MAX: usize = 4;
/// How many sources are read at once, for each time that a query names the table. Each takes some MiB and a thread, and a folder of rotated files may hold thousands.
pub const PASSES_AT_ONCE_MAX: usize = 16;

/// What is asked of a table of captures.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) layout: TableLayout,
    pub(crate) query: TableQuery,
    /// What is known of all rows of each source, where that is known.
    pub(crate) totals: Option<Vec<TableTotals>>,
}

/// A plan that reads a table.
#[derive(Debug)]
pub(crate) struct TableScan {
    sources: Vec<Arc<dyn TableSource>>,
    asked: Asked,
    evidence: SharedEvidence,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl TableScan {
    pub(crate) fn new(
        sources: Vec<Arc<dyn TableSource>>,
        asked: Asked,
        evidence: SharedEvidence,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(held::schema(&asked.layout)),
            Partitioning::UnknownPartitioning(sources.len().min(PASSES_AT_ONCE_MAX)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self {
            sources,
            asked,
            evidence,
            properties: Arc::new(properties),
            metrics,
        }
    }

    fn without_children(
        self: Arc<Self>,
        children: &[Arc<dyn ExecutionPlan>],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() {
            Ok(self)
        } else {
            internal_err!("a scan of captures has no children")
        }
    }

    /// Tells what a pass read, in the plan's metrics and in the account of evidence.
    fn account(&self, partition: usize) -> impl Fn(&str, &ScanTally) + Send + 'static {
        let counter =
            |name: &'static str| MetricBuilder::new(&self.metrics).counter(name, partition);
        let counters = [
            MetricBuilder::new(&self.metrics).output_rows(partition),
            counter("events_shown"),
            counter("blocks_shown"),
            counter("blocks_skipped"),
            counter("segments_skipped"),
            counter("bytes_read"),
            counter("bytes_decompressed"),
        ];
        let evidence = self.evidence.clone();
        move |source, tally| {
            let read = &tally.read;
            let counts = [
                tally.rows,
                tally.shown,
                tally.blocks_shown,
                tally.blocks_skipped,
                tally.segments_skipped,
                read.encoded_bytes,
                read.decompressed_bytes,
            ];
            for (counter, count) in counters.iter().zip(counts) {
                counter.add(usize::try_from(count).unwrap_or(usize::MAX));
            }
            evidence.add(source, Evidence::of_reading(read));
        }
    }

    /// What is known of the rows: for certain where every one of them comes, and about where some are left out.
    fn statistics(&self) -> Statistics {
        let Asked {
            layout,
            query,
            totals,
        } = &self.asked;
        let mut statistics = Statistics::new_unknown(&held::schema(layout));
        let Some(totals) = totals else {
            return statistics;
        };
        let rows = totals.iter().map(|totals| totals.rows);
        let rows = rows.fold(0, u64::saturating_add);
        let rows = Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX));
        if !query.is_open() {
            statistics.num_rows = rows.to_inexact();
            return statistics;
        }
        statistics.num_rows = rows;
        let columns = statistics.column_statistics.iter_mut();
        for (known, column) in columns.zip(layout.columns()) {
            let range = match column.source {
                ColumnSource::Time => {
                    range_of(totals.iter().map(|totals| totals.times), time_scalar)
                }
                ColumnSource::Boottime => {
                    range_of(totals.iter().map(|totals| totals.boottime), |value: u64| {
                        Some(ScalarValue::UInt64(Some(value)))
                    })
                }
                _ => None,
            };
            if let Some((least, most)) = range {
                known.min_value = Precision::Exact(least);
                known.max_value = Precision::Exact(most);
                known.null_count = Precision::Exact(0);
            }
        }
        statistics
    }
}

/// The range that holds all of some, where each is known.
fn range_of<T: Ord + Copy>(
    ranges: impl Iterator<Item = Option<(T, T)>>,
    scalar: impl Fn(T) -> Option<ScalarValue>,
) -> Option<(ScalarValue, ScalarValue)> {
    let ranges: Vec<(T, T)> = ranges.collect::<Option<_>>()?;
    let least = ranges.iter().map(|(least, _)| *least).min()?;
    let most = ranges.iter().map(|(_, most)| *most).max()?;
    Some((scalar(least)?, scalar(most)?))
}

fn time_scalar(time: UnixNanos) -> Option<ScalarValue> {
    let value = i64::try_from(time.0).ok()?;
    Some(ScalarValue::TimestampNanosecond(
        Some(value),
        Some("UTC".into()),
    ))
}

impl DisplayAs for TableScan {
    fn fmt_as(&self, _form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { layout, query, .. } = &self.asked;
        let columns = layout.columns().iter();
        let columns: Vec<_> = columns.map(|column| column.name.as_str()).collect();
        write!(
            f,
            "CaptureScan: table={}, captures={}, columns=[{}]",
            layout.table().name(),
            self.sources.len(),
            columns.join(", ")
        )?;
        if let Some(types) = &query.types {
            let types: Vec<_> = types.iter().map(String::as_str).collect();
            write!(f, ", evt_type=[{}]", types.join(", "))?;
        }
        let end = |end: Option<u64>| end.map(|end| end.to_string()).unwrap_or_default();
        let time = query.time;
        if !time.is_open() {
            let [first, last] = [time.first, time.last].map(|end| end.map(|end| end.0));
            write!(f, ", time={}..{}", end(first), end(last))?;
            let state = if query.is_state_exact {
                "exact"
            } else {
                "snapshot"
            };
            write!(f, ", state={state}")?;
        }
        let boottime = query.boottime;
        if !boottime.is_open() {
            let (first, last) = (end(boottime.first), end(boottime.last));
            write!(f, ", boottime={first}..{last}")?;
        }
        if let Some(condition) = &query.condition {
            write!(f, ", condition={}", condition.text())?;
        }
        if let Some(limit) = query.limit {
            write!(f, ", limit={limit}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for TableScan {
    fn name(&self) -> &'static str {
        "CaptureScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.without_children(&children)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.without_children(&children)
    }

    fn execute(
        &self,
        partition: usize,
        _context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let sources = self.sources.iter().skip(partition);
        let sources: Vec<_> = sources.step_by(PASSES_AT_ONCE_MAX).cloned().collect();
        if sources.is_empty() {
            return internal_err!("there is no source {partition}");
        }
        let schema = self.schema();
        let mut builder =
            RecordBatchReceiverStream::builder(Arc::clone(&schema), WAITING_BATCHES_MAX);
        let reading = Arc::clone(self.evidence.reading());
        let inputs = sources.iter().filter_map(|source| source.input());
        inputs.for_each(|input| reading.expect(input.bytes()));
        let mut sink = Channel {
            schema,
            reading,
            sender: builder.tx(),
            left: self.asked.query.limit.unwrap_or(u64::MAX),
            last: None,
        };
        let (layout, query, account) = (
            self.asked.layout.clone(),
            self.asked.query.clone(),
            self.account(partition),
        );
        let evidence = self.evidence.clone();
        builder.spawn_blocking(move || {
            let _running = evidence.begin();
            for source in sources {
                if sink.is_done() {
                    break;
                }
                let tally = source
                    .rows(&layout, &query, &mut sink)
                    .map_err(|error| DataFusionError::External(Box::new(error)))?;
                account(&source.name(), &tally);
                sink.end();
            }
            Ok(())
        });
        Ok(builder.build())
    }

    fn statistics_from_inputs(
        &self,
        _inputs: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(Arc::new(match args.partition() {
            None => self.statistics(),
            Some(_) => Statistics::new_unknown(&self.schema()),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Batches to the query.
struct Channel {
    /// What queries know the rows by.
    schema: SchemaRef,
    reading: Arc<Reading>,
    sender: Sender<Result<RecordBatch>>,
    /// How many rows are wanted still.
    left: u64,
    /// The batch with the last row that is wanted: with it the query ends, so it waits until the pass has told what it read.
    last: Option<RecordBatch>,
}

impl Channel {
    /// Sends what waits for the end of a pass.
    fn end(&mut self) {
        if let Some(batch) = self.last.take() {
            // A query that has ended meanwhile wants no more.
            let _ = self.sender.blocking_send(Ok(batch));
        }
    }
}

impl BatchSink for Channel {
    /// A query that has enough closes the channel; that ends the pass and is no error.
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        let batch = held::as_schema(&batch, &self.schema).map_err(io::Error::other)?;
        self.left = self.left.saturating_sub(batch.num_rows() as u64);
        if self.left == 0 {
            self.last = Some(batch);
            return Ok(Flow::Stop);
        }
        Ok(if self.sender.blocking_send(Ok(batch)).is_ok() {
            Flow::Continue
        } else {
            Flow::Stop
        })
    }

    fn is_done(&self) -> bool {
        self.left == 0 || self.sender.is_closed()
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.reading.more(encoded_bytes);
    }
}
