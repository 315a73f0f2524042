//! What the list of sources says of one.

use falco_rules::Schema;

use super::log::{AnyLog, LogReader, Typed};
use crate::source::Source;

/// A source of events with all that belongs to it.
#[derive(Clone, Copy)]
pub struct Registered {
    /// Its fields, its event types, and what its alerts say of their evidence.
    pub schema: &'static dyn Source,
    /// What its inputs are, in words: several, for a message.
    pub reads: &'static str,
    /// Whether a file that begins with these bytes, unpacked, is one of its inputs.
    pub recognises: fn(&[u8]) -> bool,
    /// Its reader and its state.
    pub reading: Reading,
}

/// How the inputs of a source are read.
#[derive(Clone, Copy)]
pub enum Reading {
    /// As captures, with all that is true of captures alone.
    Captures,
    /// Line by line, from a file's beginning to its end.
    Log(&'static dyn AnyLog),
}

impl Registered {
    /// The source whose inputs this reader reads: logs.
    #[must_use]
    pub const fn log<R: LogReader>() -> Self {
        Registered {
            schema: R::SCHEMA,
            reads: R::READS,
            recognises: R::recognises,
            reading: Reading::Log(&Typed::<R>::NEW),
        }
    }
}

/// What inputs of some sources are, in words.
#[must_use]
pub fn readable(sources: &[Registered]) -> String {
    let all: Vec<&str> = sources.iter().map(|source| source.reads).collect();
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// What rules of some sources are compiled against.
#[must_use]
pub fn schemas(sources: &[Registered]) -> Vec<&'static dyn Schema> {
    let schema = |source: &Registered| source.schema as &'static dyn Schema;
    sources.iter().map(schema).collect()
}
