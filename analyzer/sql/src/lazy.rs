//! Tables of one batch per source, read when a query asks for them.
//!
//! The items of a large capture take seconds to walk, and most queries do not ask for `losses` or `segments`.

use std::fmt;
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
use falco_analyze::columns::{EventSource, SourceError};

use crate::evidence::{Evidence, SharedEvidence};

/// How a table is read from a source.
type Read = fn(&dyn EventSource) -> Result<RecordBatch, SourceError>;

/// A table whose rows are read when it is scanned.
pub(crate) struct LazyTable {
    sources: Vec<Arc<dyn EventSource>>,
    schema: SchemaRef,
    read: Read,
    evidence: SharedEvidence,
}

impl LazyTable {
    pub(crate) fn new(
        sources: Vec<Arc<dyn EventSource>>,
        schema: SchemaRef,
        read: Read,
        evidence: SharedEvidence,
    ) -> Self {
        Self {
            sources,
            schema,
            read,
            evidence,
        }
    }

    fn batches(&self) -> Result<Vec<RecordBatch>> {
        let read = |source: &Arc<dyn EventSource>| {
            let batch = (self.read)(source.as_ref())
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            self.evidence.add(&source.name(), missing(&batch));
            Ok(batch)
        };
        self.sources.iter().map(read).collect()
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
        Arc::clone(&self.schema)
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
            Arc::clone(&self.schema),
            projection.cloned(),
        )?;
        Ok(plan)
    }
}
