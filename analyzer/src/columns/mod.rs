//! Captures as tables, which exports and SQL share.
//!
//! ```text
//! table     which tables there are
//! declared  their columns; `TABLES.md` is made of it
//! events    the columns of `events`, of the fields that the source declares
//! layout    some of a table's columns, and the Arrow schema
//! escape    bytes that are no UTF-8 as text, and back
//! query     what a reader asks for: columns, event types, times → which blocks are decoded, and what of them
//! condition rows are asked before they are built
//! scan      a capture → the pass → rows → batches, handed to a sink
//! words     text that many rows share
//! groups    columns that are functions of the same state
//! made      columns that never have a value, or are another one again
//! named     texts by name
//! builder   events → arrays, at most 8,192 rows and 16 MiB of text at a time
//! losses, segments, gaps   the small tables, told from items alone
//! source    a capture as one thing that answers queries, wherever its bytes lie
//! ```
//!
//! A column carries the name of Falco's field with dots as underscores, with the value that rules see; beside the fields stand the columns that lead back into the evidence.
//! What queries do with the batches is not known here, and a batch does not know whether it becomes a file.

mod builder;
mod column;
mod condition;
mod declared;
mod error;
mod escape;
mod events;
mod gaps;
mod groups;
mod layout;
mod losses;
mod made;
mod named;
mod query;
mod scan;
mod segments;
mod small;
mod source;
mod table;
mod value;
mod words;

pub use crate::tables::Asked;
pub use builder::{BATCH_ROWS_MAX, BATCH_SPELT_BYTES_MAX, BATCH_TEXT_BYTES_MAX, BatchBuilder};
pub use column::{Column, ColumnDef, ColumnSource};
pub use condition::{Condition, FieldKind};
pub use declared::tables_page;
pub use error::SourceError;
pub use escape::{escaped, unescaped};
pub use layout::{TableLayout, UnknownColumn};
pub use query::{Bounds, TableQuery};
pub use scan::{BatchSink, ScanTally};
pub(crate) use scan::{Batches as EventBatches, Columns as EventColumns};
pub use source::{CaptureTables, TableSource, TableTotals};
pub use table::{EXPORT_EXTENSION, Table};
pub use value::ColumnType;

pub use falco_rules::similar as similar_name;
