//! Captures as events of the Open Cybersecurity Schema Framework.
//!
//! ```text
//! meaning     which events become which class, and which activity of it
//! attributes  what each attribute says: the mapping
//! who         attributes of processes, users, containers
//! files, network, finding   those of files, of what goes over the network, of what rules say
//! event       an event as attributes ask it: columns of `events`, and what a rule said
//! value       values of attributes
//! nested      attributes by path → columns of structs and lists
//! collect     one pass: events and alerts → records, in stream order
//! write       records → JSON lines, Parquet
//! page        the mapping → `OCSF.md`
//! ```
//!
//! A record is of one event, so it leads back to it; values are those of Falco's fields, after state is known.

mod attributes;
mod collect;
mod event;
mod files;
mod finding;
mod meaning;
mod nested;
mod network;
mod page;
mod value;
mod who;
mod write;

pub use crate::export::class::Class;
pub use attributes::VERSION as OCSF_VERSION;
pub use collect::{Ocsf, Shape};
pub use page::ocsf_page;
pub use write::{OcsfLines, OcsfParquet};
