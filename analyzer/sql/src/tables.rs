//! A table over everything that was given: captures and exports alike.
//!
//! In: which columns a query needs, its filters, how many rows it wants. Out: a plan that reads no more than those need.
//! The rows of captures come by their passes, those of exports from Parquet; where both were given, one after the other.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use falco_analyze::columns::{Table, TableLayout, TableQuery, TableSource};

use crate::conditions::{condition_of, exact_condition_of, is_exact, text_of};
use crate::evidence::{Evidence, SharedEvidence};
use crate::exports::Exported;
use crate::held;
use crate::options::ScanOptions;
use crate::pushdown::query_of;
use crate::scan::{Asked, TableScan};

/// What was given that has rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) captures: Vec<Arc<dyn TableSource>>,
    /// The files of exports that hold the table.
    pub(crate) exported: Arc<Exported>,
    pub(crate) evidence: SharedEvidence,
}

/// A table.
#[derive(Debug)]
pub(crate) struct GivenTable {
    layout: TableLayout,
    given: Given,
}

impl GivenTable {
    /// The table with these columns.
    pub(crate) fn new(layout: TableLayout, given: Given) -> Self {
        Self { layout, given }
    }

    /// What is asked of captures.
    fn query(&self, options: &ScanOptions, filters: &[Expr], limit: Option<usize>) -> TableQuery {
        if !options.pushdown {
            // What nobody asks again is asked here all the same.
            return TableQuery {
                condition: exact_condition_of(filters).map(Arc::new),
                ..TableQuery::default()
            };
        }
        let limit = limit.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX));
        if self.layout.table() != Table::Events {
            return TableQuery {
                limit,
                ..TableQuery::default()
            };
        }
        TableQuery {
            condition: condition_of(filters, &self.layout).map(Arc::new),
            limit,
            is_state_exact: options.exact_state,
            ..query_of(filters)
        }
    }

    fn captured(
        &self,
        options: &ScanOptions,
        layout: TableLayout,
        query: TableQuery,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Given {
            captures, evidence, ..
        } = &self.given;
        let totals = captures.iter().map(|capture| {
            let totals = capture.totals(self.layout.table())?;
            // Who takes an answer from them is told what is missing as well.
            let lost_events = totals.lost_events;
            let lost = Evidence {
                lost_events,
                ..Evidence::default()
            };
            evidence.add(&capture.name(), lost);
            Some(totals)
        });
        let totals = options.pushdown.then(|| totals.collect()).flatten();
        let asked = Asked {
            layout,
            query,
            totals,
        };
        let scan = TableScan::new(captures.clone(), asked, evidence.clone());
        Ok(Arc::new(scan))
    }
}

#[async_trait]
impl TableProvider for GivenTable {
    fn schema(&self) -> SchemaRef {
        held::schema(&self.layout)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = state.config_options().extensions.get::<ScanOptions>();
        let options = options.cloned().unwrap_or_default();
        let mut plans = Vec::with_capacity(2);
        if !self.given.captures.is_empty() {
            let layout = projection
                .map_or_else(|| self.layout.clone(), |places| self.layout.project(places));
            let query = self.query(&options, filters, limit);
            plans.push(self.captured(&options, layout, query)?);
        }
        if let Some(files) = self.given.exported.files(&self.layout)? {
            plans.push(files.scan(state, projection, filters, limit).await?);
        }
        match plans.len() {
            0 => {
                let schema = projection.map_or_else(
                    || held::schema(&self.layout),
                    |places| held::schema(&self.layout.project(places)),
                );
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }

    /// A filter that says something of types, times or fields spares work, and is looked at again row by row.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let has_files = !self.given.exported.is_empty();
        let is_events = self.layout.table() == Table::Events;
        let support = |filter: &&Expr| {
            let is_told =
                || !query_of([*filter]).is_open() || text_of(filter, &self.layout).is_some();
            if !has_files && is_events && is_exact(filter) {
                TableProviderFilterPushDown::Exact
            } else if has_files || (is_events && is_told()) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }
}
