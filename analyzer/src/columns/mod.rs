//! Captures as tables: `events`, `losses`, `segments` and `gaps`, which exports and SQL share.
//!
//! ```text
//! layout    the fields that the source declares → columns, their types, the Arrow schema
//! query     what a reader asks for: columns, event types, times → which blocks are decoded, and what of them
//! scan      a capture → the pass → rows → batches, handed to a sink
//! builder   events → arrays, at most 8,192 rows and 16 MiB of text at a time
//! losses, segments, gaps   the small tables, told from items alone
//! source    a capture as one thing that answers queries, wherever its bytes lie
//! parquet   the tables → files that appear only when they are whole
//! ```
//!
//! A column carries the name of Falco's field with dots as underscores, with the value that rules see; beside the fields stand the columns that lead back into the evidence.
//! What queries do with the batches is not known here, and a batch does not know whether it becomes a file.

mod builder;
mod error;
mod gaps;
mod layout;
mod losses;
mod parquet;
mod query;
mod scan;
mod segments;
mod small;
mod source;
mod value;

pub use builder::{BATCH_ROWS_MAX, BATCH_TEXT_BYTES_MAX, BatchBuilder};
pub use error::SourceError;
pub use gaps::{gaps_batch, gaps_schema};
pub use layout::{Column, ColumnSource, TableLayout, UnknownColumn};
pub use losses::losses_schema;
pub use parquet::{EXPORT_EXTENSION, ExportError, ParquetExport, TABLES, WrittenTable};
pub use query::{Bounds, EventQuery};
pub use scan::{BatchSink, ScanTally};
pub use segments::segments_schema;
pub use source::{CaptureTables, EventSource};
pub use value::ColumnType;

pub use falco_rules::similar as similar_name;
