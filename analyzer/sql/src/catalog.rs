//! What there is to be asked: tables and views, their columns, functions.
//!
//! In: a session. Out: names with what they mean, for the shell's listings, for completion, and for what was probably meant.

use std::collections::BTreeMap;

use datafusion::catalog::SchemaProvider;
use datafusion::logical_expr::{Documentation, TableType};
use falco_analyze::columns::Table;
use std::sync::Arc;

use crate::functions::FUNCTIONS;
use crate::held::held;
use crate::session::SqlSession;
use crate::trouble::Scope;
use crate::views;

/// What stands behind `FROM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// Rows that are read.
    Table,
    /// A query with a name.
    View,
    /// The same with an argument.
    Function,
}

impl ListedKind {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ListedKind::Table => "table",
            ListedKind::View => "view",
            ListedKind::Function => "function",
        }
    }
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name; of a function, how it is called.
    pub name: String,
    /// What it is.
    pub kind: ListedKind,
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

/// Functions of tables that DataFusion has and does not describe: name, how it is called, what it gives.
const BORROWED: [(&str, &str, &str); 2] = [
    (
        "generate_series",
        "generate_series(first, last [, step])",
        "Numbers, days or moments from the first to the last, both among them.",
    ),
    (
        "range",
        "range(first, end [, step])",
        "Numbers, days or moments from the first on, the end not among them.",
    ),
];

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
                kind: match kind {
                    Some(TableType::View) => ListedKind::View,
                    _ => ListedKind::Table,
                },
                name,
            });
        }
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed
    }

    /// Views by name; behind them the functions that answer like views and take an argument.
    pub async fn views(&self) -> Vec<Listed> {
        let mut listed = self.listed().await;
        listed.retain(|listed| listed.kind == ListedKind::View);
        let functions = views::ALL.iter().filter(|view| view.is_function);
        listed.extend(functions.map(|view| Listed {
            name: view.name.to_owned(),
            kind: ListedKind::Function,
            doc: view.doc,
        }));
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
            ty: held(&column.ty.data_type()).to_string(),
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
        let own = FUNCTIONS.iter().map(|own| (own.name, own.call, own.doc));
        for (name, call, doc) in own.chain(BORROWED) {
            let listed = functions.iter_mut();
            for listed in listed.filter(|listed| listed.name == name) {
                listed.usage = call.to_owned();
                listed.doc = doc.to_owned();
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
