//! The fields of source `syscall`: what rules, filters, outputs, exports and SQL can ask of an event.
//!
//! ```text
//! basis        what a field's value is a function of
//! declare      a field's declaration: name, type, argument, sentence for the reference, extractor
//! event process thread user fd fdlist fs_path memory schedule container   the declarations, by class, each beside its extractor
//! arguments    the arguments of an event, raw and resolved
//! flags        Linux's numbers as Falco's numbers and names
//! places       where events have what many fields ask for
//! event_types  the names that rules have for events
//! schema       all of it as the rule engine's Schema
//! manner       what differs between an answer to a recording and one to a capture of Falco's
//! keys         what values that are functions of state are looked up by
//! known        values as tables hold them
//! provenance   where a value comes from
//! context      an event with the state around it, as the rule engine's Event
//! unsupported  Falco's fields that are not here, each with the reason
//! ```
//!
//! Values come from the row and the state alone, never from the machine that replays.
//! What cannot be known is absent; what Falco knows as an empty string, or as the string `<NA>`, is that.

mod arguments;
mod basis;
mod container;
mod context;
mod declare;
mod event;
mod event_types;
mod fd;
mod fdlist;
mod flags;
mod fs_path;
mod keys;
mod known;
mod limits;
mod manner;
mod memory;
mod places;
mod process;
mod provenance;
mod schedule;
mod schema;
mod services;
#[cfg(test)]
mod tests;
mod thread;
mod unsupported;
mod user;

pub(crate) use arguments::{Arguments, Known, Names, Raw, cgroup_lines, is_incoming};
pub use basis::Basis;
pub use context::{EventContext, Times};
pub use declare::{Nature, TimeKind};
pub use event_types::{event_ids_of, event_type_by_name, event_type_of, is_hidden};
pub(crate) use fd::Device;
pub(crate) use flags::{errno_name, signal_name};
pub(crate) use places::RESULT;
pub use provenance::Provenance;
pub(crate) use schema::are_alike;
pub use schema::{SCHEMA, SyscallSchema, is_time_of_event, nature};
pub(crate) use thread::capability_names;
pub use unsupported::{UNSUPPORTED, Unsupported};
