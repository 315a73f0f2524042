//! Passes over sources as a plan that DataFusion pulls batches from.
//!
//! In: sources, columns, what is asked of them. Out: streams of batches, one partition per source.
//! A pass runs on a thread of its own and waits when the query does not keep up, so that memory stays bounded; a query that has enough ends it.

use std::fmt;
use std::io;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use falco_analyze::columns::{BatchSink, ScanTally, TableLayout, TableQuery, TableSource};
use falco_analyze::pipeline::Flow;
use tokio::sync::mpsc::Sender;

use crate::evidence::{Evidence, SharedEvidence};

/// How many batches may wait between a pass and its query.
const WAITING_BATCHES_MAX: usize = 4;
/// How many sources are read at once, for each time that a query names the table. Each takes some MiB and a thread, and a folder of rotated files may hold thousands.
pub const PASSES_AT_ONCE_MAX: usize = 16;

/// A plan that reads events.
#[derive(Debug)]
pub(crate) struct EventsScan {
    sources: Vec<Arc<dyn TableSource>>,
    layout: TableLayout,
    query: TableQuery,
    evidence: SharedEvidence,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl EventsScan {
    pub(crate) fn new(
        sources: Vec<Arc<dyn TableSource>>,
        layout: TableLayout,
        query: TableQuery,
        evidence: SharedEvidence,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(layout.schema()),
            Partitioning::UnknownPartitioning(sources.len().min(PASSES_AT_ONCE_MAX)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self {
            sources,
            layout,
            query,
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
            internal_err!("a scan of events has no children")
        }
    }

    /// Tells what a pass read, in the plan's metrics and in the account of evidence.
    fn account(&self, partition: usize) -> impl Fn(&str, &ScanTally) + Send + 'static {
        let counter =
            |name: &'static str| MetricBuilder::new(&self.metrics).counter(name, partition);
        let (rows, shown, blocks) = (
            MetricBuilder::new(&self.metrics).output_rows(partition),
            counter("events_shown"),
            counter("blocks_shown"),
        );
        let evidence = self.evidence.clone();
        move |source, tally| {
            rows.add(usize::try_from(tally.rows).unwrap_or(usize::MAX));
            shown.add(usize::try_from(tally.shown).unwrap_or(usize::MAX));
            blocks.add(usize::try_from(tally.blocks_shown).unwrap_or(usize::MAX));
            evidence.add(source, Evidence::of_reading(&tally.read));
        }
    }
}

impl DisplayAs for EventsScan {
    fn fmt_as(&self, _form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self
            .layout
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        write!(
            f,
            "EventsScan: sources={}, columns=[{}]",
            self.sources.len(),
            columns.join(", ")
        )?;
        if let Some(types) = &self.query.types {
            write!(
                f,
                ", evt_type=[{}]",
                types
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            )?;
        }
        let end = |end: Option<u64>| end.map(|end| end.to_string()).unwrap_or_default();
        let time = self.query.time;
        if !time.is_open() {
            let [first, last] = [time.first, time.last].map(|end| end.map(|end| end.0));
            write!(f, ", time={}..{}", end(first), end(last))?;
        }
        let boottime = self.query.boottime;
        if !boottime.is_open() {
            write!(
                f,
                ", boottime={}..{}",
                end(boottime.first),
                end(boottime.last)
            )?;
        }
        Ok(())
    }
}

impl ExecutionPlan for EventsScan {
    fn name(&self) -> &'static str {
        "EventsScan"
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
        let mut builder =
            RecordBatchReceiverStream::builder(self.layout.schema(), WAITING_BATCHES_MAX);
        let mut sink = Channel(builder.tx());
        let (layout, query, account) = (
            self.layout.clone(),
            self.query.clone(),
            self.account(partition),
        );
        let evidence = self.evidence.clone();
        builder.spawn_blocking(move || {
            let _running = evidence.begin();
            for source in sources {
                let tally = source
                    .rows(&layout, &query, &mut sink)
                    .map_err(|error| DataFusionError::External(Box::new(error)))?;
                account(&source.name(), &tally);
            }
            Ok(())
        });
        Ok(builder.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Batches to the query.
struct Channel(Sender<Result<RecordBatch>>);

impl BatchSink for Channel {
    /// A query that has enough closes the channel; that ends the pass and is no error.
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        Ok(if self.0.blocking_send(Ok(batch)).is_ok() {
            Flow::Continue
        } else {
            Flow::Stop
        })
    }

    fn is_done(&self) -> bool {
        self.0.is_closed()
    }
}
