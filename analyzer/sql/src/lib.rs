//! SQL over captures and over Parquet exports of captures.
//!
//! ```text
//! sources     paths → captures, or files of an export
//! events      the table `events`: columns, event types and times that a query needs are pushed down into the pass
//! scan        the pass as a DataFusion plan: one partition per capture, batches as the query pulls them
//! pushdown    filters → what of the captures may match
//! lazy        the small tables `losses`, `segments` and `gaps`, read when a query asks for them
//! functions   the functions that SQL has beyond DataFusion's own: the past, alerts, networks
//! evidence    what was missing from what answers rest on
//! session     DataFusion, read-only, with bounded memory
//! trouble/    why a query gave no answer, in words, and where in it
//! script      lines → statements and commands
//! catalog     what there is to be asked: tables, columns, functions
//! output/     result batches → table, JSON lines, CSV, Parquet, Arrow
//! views       questions that every analyst asks, as tables
//! ```
//!
//! The only package that knows DataFusion. What a column is, and how an event becomes a row, is falco-analyze's.
//! Below `sources` nothing knows a path: a table is made of sources that answer queries, and of URLs.

mod catalog;
mod events;
mod evidence;
mod functions;
mod lazy;
mod output;
mod pushdown;
mod scan;
mod script;
mod session;
mod sources;
mod trouble;
pub mod views;

pub use catalog::{Function, Listed, ListedColumn};
pub use evidence::Evidence;
pub use functions::{FUNCTIONS, OwnFunction};
pub use output::{Expanded, Form, Format, OutputError, Results, listing, write_results};
pub use scan::PASSES_AT_ONCE_MAX;
pub use script::{Excerpt, Piece, PieceKind, STATEMENT_BYTES_MAX, Script, is_whole};
pub use session::{SessionOptions, SqlSession};
pub use sources::{ExportFiles, Sources, SourcesError, open_sources};
pub use trouble::{Kind, Place, SqlError, pointed};
