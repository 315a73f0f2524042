//! What there is to be asked: tables and views, their columns, functions.
//!
//! In: a session. Out: names with what they mean, for the shell's listings, for completion, and for what was probably meant.

use std::collections::BTreeMap;

use datafusion::catalog::SchemaProvider;
use datafusion::logical_expr::{Documentation, TableType};
use falco_analyze::columns::Table;
use std::sync::Arc;

use crate::functions::FUNCTIONS;
use crate::session::SqlSession;
use crate::trouble::Scope;
use crate::views;

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it is a view: a query with a name.
    pub is_view: bool,
    /// What it holds.
    pub doc: &'static str,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedColumn {
    /// Its name.
    pub name: String,
    /// Its type, as Arrow calls it.
    pub ty: String,
    /// Whether `SELECT *` shows it.
    pub is_default: bool,
    /// What it says.
    pub doc: String,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Scalar, aggregate, window or table.
    pub kind: &'static str,
    /// How it is called.
    pub usage: String,
    /// What it gives.
    pub doc: String,
}

impl SqlSession {
    fn schema(&self) -> Option<Arc<dyn SchemaProvider>> {
        let state = self.context.state();
        let catalog = &state.config_options().catalog;
        let found = self.context.catalog(&catalog.default_catalog)?;
        found.schema(&catalog.default_schema)
    }

    /// Tables and views, by name.
    pub async fn listed(&self) -> Vec<Listed> {
        let Some(schema) = self.schema() else {
            return Vec::new();
        };
        let mut listed = Vec::new();
        for name in schema.table_names() {
            let kind = schema.table_type(&name).await.ok().flatten();
            listed.push(Listed {
                doc: Table::named(&name).map_or_else(|| views::doc(&name), Table::doc),
                is_view: kind == Some(TableType::View),
                name,
            });
        }
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed
    }

    /// The columns of a table or a view, those that only a query that names them sees behind the others; `None` where there is no such table.
    pub async fn columns(&self, table: &str) -> Option<Vec<ListedColumn>> {
        let schema = self.schema()?;
        let found = schema
            .table_names()
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(table))?;
        let provider = schema.table(&found).await.ok().flatten()?;
        let layout = Table::named(&found).map(Table::layout);
        let known: BTreeMap<&str, _> = layout
            .iter()
            .flat_map(|layout| layout.columns())
            .map(|column| (column.name.as_str(), column))
            .collect();
        let fields = provider.schema();
        let mut columns: Vec<ListedColumn> = fields
            .fields()
            .iter()
            .map(|field| ListedColumn {
                name: field.name().clone(),
                ty: field.data_type().to_string(),
                is_default: known
                    .get(field.name().as_str())
                    .is_none_or(|column| column.is_default),
                doc: known
                    .get(field.name().as_str())
                    .map_or("", |column| column.doc)
                    .to_owned(),
            })
            .collect();
        let hidden = layout.iter().flat_map(|layout| layout.columns());
        let hidden = hidden.filter(|column| {
            fields.column_with_name(&column.name).is_none()
                && self.offered.lacks(&column.name).is_none()
        });
        columns.extend(hidden.map(|column| ListedColumn {
            name: column.name.clone(),
            ty: column.ty.data_type().to_string(),
            is_default: false,
            doc: column.doc.to_owned(),
        }));
        columns.sort_by_key(|column| !column.is_default);
        Some(columns)
    }

    /// Every function, by name.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        let state = self.context.state();
        let mut functions: Vec<Function> = Vec::new();
        for (name, function) in state.scalar_functions() {
            functions.push(described(name, "scalar", function.documentation()));
        }
        for (name, function) in state.aggregate_functions() {
            functions.push(described(name, "aggregate", function.documentation()));
        }
        for (name, function) in state.window_functions() {
            functions.push(described(name, "window", function.documentation()));
        }
        for name in state.table_functions().keys() {
            functions.push(described(name, "table", None));
        }
        for own in FUNCTIONS {
            let listed = functions.iter_mut();
            for listed in listed.filter(|listed| listed.name == own.name) {
                listed.usage = own.call.to_owned();
                listed.doc = own.doc.to_owned();
            }
        }
        functions.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
        functions
    }
}

fn described(name: &str, kind: &'static str, documentation: Option<&Documentation>) -> Function {
    let usage =
        documentation.map_or_else(|| format!("{name}(…)"), |told| told.syntax_example.clone());
    let doc = documentation.map(|told| told.description.trim());
    Function {
        name: name.to_owned(),
        kind,
        usage,
        // The first sentence says what it gives; examples follow in lines of their own.
        doc: doc
            .and_then(|doc| doc.lines().next())
            .unwrap_or_default()
            .to_owned(),
    }
}

impl Scope for SqlSession {
    fn tables(&self) -> Vec<String> {
        self.schema()
            .map(|schema| schema.table_names())
            .unwrap_or_default()
    }

    fn functions(&self) -> Vec<String> {
        let all = SqlSession::functions(self).into_iter();
        all.filter(|function| function.kind != "table")
            .map(|function| function.name)
            .collect()
    }

    fn table_functions(&self) -> Vec<String> {
        self.context
            .state()
            .table_functions()
            .keys()
            .cloned()
            .collect()
    }

    fn hidden_columns(&self) -> Vec<String> {
        let layouts: Vec<_> = Table::ALL.into_iter().map(Table::layout).collect();
        let columns = layouts.iter().flat_map(|layout| layout.columns());
        columns
            .filter(|column| !column.is_default)
            .map(|column| column.name.clone())
            .collect()
    }
}
