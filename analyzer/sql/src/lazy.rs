//! Tables of one batch per source, read when a query asks for them.
//!
//! The items of a large capture take seconds to walk, and most queries do not ask for `losses` or `segments`.

use std::fmt;
use std::io;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::sum;
use arrow::datatypes::{SchemaRef, UInt64Type};
use async_trait::async_trait;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use falco_analyze::columns::{BatchSink, TableLayout, TableQuery, TableSource};
use falco_analyze::pipeline::Flow;

use crate::evidence::{Evidence, SharedEvidence};

/// A table whose rows are read when it is scanned.
pub(crate) struct LazyTable {
    sources: Vec<Arc<dyn TableSource>>,
    layout: TableLayout,
    evidence: SharedEvidence,
}

impl LazyTable {
    pub(crate) fn new(
        sources: Vec<Arc<dyn TableSource>>,
        layout: TableLayout,
        evidence: SharedEvidence,
    ) -> Self {
        Self {
            sources,
            layout,
            evidence,
        }
    }

    fn batches(&self) -> Result<Vec<RecordBatch>> {
        let mut batches = Kept(Vec::new());
        for source in &self.sources {
            let before = batches.0.len();
            source
                .rows(&self.layout, &TableQuery::default(), &mut batches)
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            for batch in batches.0.iter().skip(before) {
                self.evidence.add(&source.name(), missing(batch));
            }
        }
        Ok(batches.0)
    }
}

/// Batches that are kept.
struct Kept(Vec<RecordBatch>);

impl BatchSink for Kept {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.0.push(batch);
        Ok(Flow::Continue)
    }
}

/// What the rows of a table say is missing.
fn missing(batch: &RecordBatch) -> Evidence {
    let total = |name: &str| {
        let column = batch
            .column_by_name(name)
            .and_then(|column| column.as_primitive_opt::<UInt64Type>());
        column.and_then(sum).unwrap_or(0)
    };
    let is_losses = batch.column_by_name("reason").is_some();
    Evidence {
        lost_events: total(if is_losses { "events" } else { "lost_events" }),
        damaged_places: total("damaged_places"),
        ..Evidence::default()
    }
}

impl fmt::Debug for LazyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LazyTable({} sources)", self.sources.len())
    }
}

#[async_trait]
impl TableProvider for LazyTable {
    fn schema(&self) -> SchemaRef {
        self.layout.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = MemorySourceConfig::try_new_exec(
            &[self.batches()?],
            self.layout.schema(),
            projection.cloned(),
        )?;
        Ok(plan)
    }
}
