//! Segments: append-only files of items, each readable alone.
//!
//! [`SegmentWriter`] appends items through a [`SegmentIo`]; the scanner finds them again whatever happened to the file in between.
//! A segment knows nothing of the directory it lies in; that is `capture`'s matter.

mod damage;
mod fault;
mod header;
mod index;
mod io;
mod scan;
mod writer;

pub use damage::{Damage, DamageKind};
pub use fault::{Fault, MemoryIo};
pub use header::{Dialect, FormatVersion, SegmentHeader};
pub use index::{End, Index, IndexEntry, Sequel};
pub use io::{Fate, FileIo, SegmentIo};
pub use writer::{SegmentSummary, SegmentWriter, WriteError};

pub(crate) use damage::decode_repair;
pub(crate) use header::BadHeader;
pub(crate) use scan::{Found, RawItem, Scanner};
