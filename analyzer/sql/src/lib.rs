//! SQL over captures and over Parquet exports of captures.
//!
//! ```text
//! sources     paths → captures, or files of an export
//! events      the table `events`: columns, event types and times that a query needs are pushed down into the pass
//! scan        the pass as a DataFusion plan: one partition per capture, batches as the query pulls them
//! pushdown    filters → what of the captures may match
//! lazy        the small tables `losses`, `segments` and `gaps`, read when a query asks for them
//! evidence    what was missing from what answers rest on
//! session     DataFusion, read-only, with bounded memory
//! message     errors as one line
//! output      result batches → table, JSON lines, CSV
//! ```
//!
//! The only package that knows DataFusion. What a column is, and how an event becomes a row, is falco-analyze's.
//! Below `sources` nothing knows a path: a table is made of sources that answer queries, and of URLs.

mod events;
mod evidence;
mod lazy;
mod message;
mod output;
mod pushdown;
mod scan;
mod session;
mod sources;

pub use evidence::Evidence;
pub use output::{Format, OutputError, Results, write_results};
pub use scan::PASSES_AT_ONCE_MAX;
pub use session::{SessionOptions, SqlError, SqlSession};
pub use sources::{ExportFiles, Sources, SourcesError, open_sources};
