//! SQL over captures and over Parquet exports of captures.
//!
//! ```text
//! sources     paths → captures, and the files of exports
//! exports     files of exports, checked → tables
//! tables      a table over captures and exports alike
//! held        in which form queries hold columns: text as views
//! scan        the passes over captures as a DataFusion plan: batches as the query pulls them
//! pushdown    filters → event types and times of captures that may match
//! conditions  filters → a condition of Falco's language that captures are asked before a row is built
//! options     how captures are read
//! names       which columns a statement names, and what `*` stands for
//! offered     the tables of a session, for a statement with the hidden columns that it names
//! functions   the functions that SQL has beyond DataFusion's own: the past, alerts, networks
//! evidence    what was missing from what answers rest on
//! soon        rows of filters are handed on as they come, where nothing waits for all of them
//! reading     how far the passes of a query are
//! session     DataFusion, read-only, with bounded memory
//! keywords    the words that statements are made of
//! trouble/    why a query gave no answer, in words, and where in it
//! script      lines → statements and commands
//! catalog     what there is to be asked: tables, columns, functions
//! output/     result batches → table, JSON lines, CSV, Parquet, Arrow
//! views       questions that every analyst asks, as tables
//! ```
//!
//! The only package that knows DataFusion. What a column is, and how an event becomes a row, is falco-analyze's.
//! Below `sources` and `exports` nothing knows a path: a table is made of sources that answer queries, and of URLs.

mod catalog;
mod conditions;
mod evidence;
mod exports;
mod functions;
mod held;
mod keywords;
mod names;
mod offered;
mod options;
mod output;
mod pushdown;
mod reading;
mod scan;
mod script;
mod session;
mod soon;
mod sources;
mod tables;
mod trouble;
pub mod views;

pub use catalog::{Function, Listed, ListedColumn, ListedKind};
pub use evidence::Evidence;
pub use exports::ExportedError;
pub use functions::{FUNCTIONS, OwnFunction};
pub use keywords::KEYWORDS;
pub use options::ScanOptions;
pub use output::{Expanded, Form, Format, OutputError, Results, listing, write_results};
pub use reading::Reading;
pub use scan::PASSES_AT_ONCE_MAX;
pub use script::{Excerpt, Piece, PieceKind, STATEMENT_BYTES_MAX, Script, is_whole};
pub use session::{SessionOptions, SqlSession};
pub use sources::{Sources, SourcesError, open_sources};
pub use trouble::{Kind, Place, SqlError, pointed};
