//! The table `events` over sources of events.
//!
//! In: which columns a query needs, and its filters. Out: a plan that reads no more than those need.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use falco_analyze::columns::{TableLayout, TableSource};

use crate::evidence::SharedEvidence;
use crate::pushdown::query_of;
use crate::scan::EventsScan;

/// The table `events`.
#[derive(Debug)]
pub(crate) struct EventsTable {
    sources: Vec<Arc<dyn TableSource>>,
    layout: TableLayout,
    evidence: SharedEvidence,
}

impl EventsTable {
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
}

#[async_trait]
impl TableProvider for EventsTable {
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
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let layout =
            projection.map_or_else(|| self.layout.clone(), |places| self.layout.project(places));
        let scan = EventsScan::new(
            self.sources.clone(),
            layout,
            query_of(filters),
            self.evidence.clone(),
        );
        Ok(Arc::new(scan))
    }

    /// A filter that says something of types or times spares work, and is looked at again row by row.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if query_of([*filter]).is_open() {
                TableProviderFilterPushDown::Unsupported
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(support).collect())
    }
}
