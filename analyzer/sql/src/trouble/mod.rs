//! Why a query gave no answer, in words for whoever typed it.
//!
//! In: DataFusion's errors, and the names that are in scope. Out: one sentence that names the column, table or function, what was probably meant, and the place in the query ([`pointer`]).
//! DataFusion's own messages list every column that there is, which are hundreds.

mod explain;
mod pointer;

use std::fmt;

use datafusion::common::{DataFusionError, Span};

pub(crate) use explain::{Scope, explain, explain_syntax};
pub use pointer::pointed;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A column.
    Column,
    /// A table or a view.
    Table,
    /// A function of values.
    Function,
    /// A function that gives a table.
    TableFunction,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Column => "column",
            Kind::Table => "table",
            Kind::Function => "function",
            Kind::TableFunction => "table function",
        })
    }
}

/// A place in a statement: lines and characters from 1, the end behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line and character where it begins.
    pub start: (u64, u64),
    /// Line and character behind it.
    pub end: (u64, u64),
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self {
            start: (span.start.line, span.start.column),
            end: (span.end.line, span.end.column),
        }
    }
}

/// Why a query gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// Nothing in scope has a name.
    #[error("there is no {kind} '{name}'{}", hint(*kind, similar.as_deref()))]
    Unknown {
        /// What was looked for.
        kind: Kind,
        /// The name.
        name: String,
        /// What is in scope, and most like it.
        similar: Option<String>,
        /// Where the name stands.
        place: Option<Place>,
    },
    /// It is not SQL.
    #[error("{message}{}", meant(similar.as_deref()))]
    Syntax {
        /// What was expected, and what stands there.
        message: String,
        /// The word that was probably meant.
        similar: Option<String>,
        /// Where.
        place: Option<Place>,
    },
    /// It would change something.
    #[error("{what} is refused: captures are evidence, and queries only read them")]
    Refused {
        /// What it would do.
        what: String,
    },
    /// There is no statement to run.
    #[error("the query is empty")]
    Empty,
    /// DataFusion refused the query or failed in it.
    #[error("{message}{}", help.as_ref().map_or_else(String::new, |help| format!("; {help}")))]
    Query {
        /// Why.
        message: String,
        /// What may be done about it.
        help: Option<String>,
        /// Where.
        place: Option<Place>,
    },
}

impl SqlError {
    /// Where in the statement it is wrong, as far as that is known.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            SqlError::Unknown { place, .. }
            | SqlError::Syntax { place, .. }
            | SqlError::Query { place, .. } => *place,
            SqlError::Refused { .. } | SqlError::Empty => None,
        }
    }
}

impl From<DataFusionError> for SqlError {
    /// Explains where nothing is in scope that could have been meant.
    fn from(error: DataFusionError) -> Self {
        explain(&error, &explain::Nothing)
    }
}

fn meant(similar: Option<&str>) -> String {
    similar.map_or_else(String::new, |similar| {
        format!("; did you mean '{similar}'?")
    })
}

fn hint(kind: Kind, similar: Option<&str>) -> String {
    if similar.is_some() {
        return meant(similar);
    }
    match kind {
        Kind::Column => "; `DESCRIBE` with the name of a table lists its columns",
        Kind::Table => "; `SHOW TABLES` lists them",
        Kind::Function | Kind::TableFunction => {
            "; `SELECT routine_name FROM information_schema.routines` lists them"
        }
    }
    .to_owned()
}
