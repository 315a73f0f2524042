//! What a session offers: the tables of everything that was given, and the columns that they show.
//!
//! In: what was given. Out: tables with their default columns, and for a statement that names others, the same tables with those.
//! A hidden column is there for the statement that names it alone: `SELECT *`, `DESCRIBE` and the information schema know the default ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray as _;
use arrow::datatypes::UInt64Type;
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider,
};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, cast, col, lit};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use falco_analyze::columns::{Table, TableLayout};

use crate::evidence::{Evidence, SharedEvidence};
use crate::names::{Hidden, leave_out, words};
use crate::sources::Sources;
use crate::tables::{Given, GivenTable};

/// The tables.
#[derive(Debug)]
pub(crate) struct Offered {
    tables: BTreeMap<Table, Entry>,
}

/// What is counted of a table.
#[derive(Clone, Copy)]
enum Counted {
    /// The sum of a column.
    Sum(&'static str),
    /// Rows of some kinds.
    Kinds(&'static [&'static str]),
}

#[derive(Debug)]
struct Entry {
    /// Every column.
    layout: TableLayout,
    given: Given,
}

impl Entry {
    /// The columns that are shown, and some that are named, in the order of the table.
    fn shown(&self, named: &[String]) -> GivenTable {
        let columns = self.layout.columns().iter().enumerate();
        let is_shown = |name: &String, is_default: bool| {
            (is_default && self.given.exported.lacks(name).is_none()) || named.contains(name)
        };
        let places: Vec<usize> = columns
            .filter(|(_, column)| is_shown(&column.name, column.is_default))
            .map(|(place, _)| place)
            .collect();
        GivenTable::new(self.layout.project(&places), self.given.clone())
    }

    /// The hidden columns among some names.
    fn hidden<'n>(&self, is_named: impl Fn(&str) -> bool + 'n) -> Vec<String> {
        let columns = self.layout.columns().iter();
        let hidden = columns.filter(|column| !column.is_default && is_named(&column.name));
        hidden
            .filter(|column| self.given.exported.lacks(&column.name).is_none())
            .map(|column| column.name.clone())
            .collect()
    }
}

impl Offered {
    pub(crate) fn new(mut sources: Sources, evidence: &SharedEvidence) -> Self {
        let tables = Table::ALL.into_iter().map(|table| {
            let given = Given {
                captures: sources.captures.clone(),
                exported: Arc::new(sources.exports.remove(&table).unwrap_or_default()),
                evidence: evidence.clone(),
            };
            let layout = table.layout();
            (table, Entry { layout, given })
        });
        Self {
            tables: tables.collect(),
        }
    }

    /// Makes the tables known to a session.
    pub(crate) fn register(&self, context: &SessionContext) -> Result<()> {
        for (table, entry) in &self.tables {
            context.register_table(table.name(), Arc::new(entry.shown(&[])))?;
        }
        Ok(())
    }

    /// A file of an export that lacks a column of its table.
    pub(crate) fn lacks(&self, column: &str) -> Option<&Path> {
        let mut entries = self.tables.values();
        entries.find_map(|entry| entry.given.exported.lacks(column))
    }

    /// Plans a statement over the tables with the hidden columns that it names.
    pub(crate) async fn plan(
        &self,
        context: &SessionContext,
        mut statement: Statement,
    ) -> Result<LogicalPlan> {
        let named = words(&statement);
        let hidden: Hidden = self
            .tables
            .iter()
            .map(|(table, entry)| {
                let hidden = entry.hidden(|name| named.contains(name));
                (table.name().to_owned(), hidden)
            })
            .filter(|(_, hidden)| !hidden.is_empty())
            .collect();
        if hidden.is_empty() {
            return context.state().statement_to_plan(statement).await;
        }
        leave_out(&mut statement, &hidden);
        let state = self.with_hidden(context, &hidden).await?;
        state.statement_to_plan(statement).await
    }

    /// The state of a session in which tables have hidden columns too.
    async fn with_hidden(&self, context: &SessionContext, hidden: &Hidden) -> Result<SessionState> {
        let state = context.state();
        let names = state.config_options().catalog.clone();
        let shown = state
            .catalog_list()
            .catalog(&names.default_catalog)
            .and_then(|catalog| catalog.schema(&names.default_schema))
            .ok_or_else(|| internal_datafusion_err!("the session has no tables"))?;
        let schema = MemorySchemaProvider::new();
        for name in shown.table_names() {
            let mut entries = self.tables.iter();
            let entry = entries.find(|(table, _)| table.name() == name);
            let table = match (entry, hidden.get(&name)) {
                (Some((_, entry)), Some(hidden)) => Arc::new(entry.shown(hidden)),
                _ => match shown.table(&name).await? {
                    Some(table) => table,
                    None => continue,
                },
            };
            schema.register_table(name, table)?;
        }
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(&names.default_schema, Arc::new(schema))?;
        let catalogs = MemoryCatalogProviderList::new();
        let _ = datafusion::catalog::CatalogProviderList::register_catalog(
            &catalogs,
            names.default_catalog,
            Arc::new(catalog),
        );
        Ok(SessionStateBuilder::new_from_existing(state)
            .with_catalog_list(Arc::new(catalogs))
            .build())
    }

    /// What exports say was missing.
    pub(crate) async fn evidence_of_exports(&self, context: &SessionContext) -> Result<Evidence> {
        let sum = |table, column| self.number(context, table, Counted::Sum(column));
        let gaps = |kinds| self.number(context, Table::Gaps, Counted::Kinds(kinds));
        Ok(Evidence {
            lost_events: sum(Table::Losses, "events").await?,
            damaged_places: sum(Table::Segments, "damaged_places").await?,
            missing_ends: gaps(&["unsealed", "missing"]).await?,
            pauses: gaps(&["pause"]).await?,
            ..Evidence::default()
        })
    }

    /// A number that a table of exports tells.
    async fn number(
        &self,
        context: &SessionContext,
        table: Table,
        counted: Counted,
    ) -> Result<u64> {
        let Some(entry) = self.tables.get(&table) else {
            return Ok(0);
        };
        let column = match counted {
            Counted::Sum(column) => column,
            Counted::Kinds(_) => "kind",
        };
        let exported = &entry.given.exported;
        let Some(files) = exported
            .files(&entry.layout)?
            .filter(|_| exported.lacks(column).is_none())
        else {
            return Ok(0);
        };
        let mut frame = context.read_table(Arc::new(files))?;
        let number = match counted {
            Counted::Sum(column) => sum(col(column)),
            Counted::Kinds(kinds) => {
                let kinds: Vec<Expr> = kinds.iter().map(|kind| lit(*kind)).collect();
                frame = frame.filter(col("kind").in_list(kinds, false))?;
                count(lit(1))
            }
        };
        let number = cast(number, arrow::datatypes::DataType::UInt64).alias("number");
        let batches = frame.aggregate(Vec::new(), vec![number])?.collect().await?;
        let column = batches.first().and_then(|batch| batch.columns().first());
        let values = column.and_then(|column| column.as_primitive_opt::<UInt64Type>());
        let value = values.and_then(|values| values.iter().next().flatten());
        Ok(value.unwrap_or(0))
    }
}
