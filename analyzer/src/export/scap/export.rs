//! One capture into a file: as it is where it is in Falco's dialect and whole, else by way of the state.

use std::io::{self, Write};

use falco_format::{Dialect, Item};
use falco_rules::Filter;

use super::{ScapSchema, Sections, Written, copy, native};
use crate::pipeline::{Flow, Input, Part, Tally};

/// What was read and what was written.
#[derive(Clone, Debug, Default)]
pub struct ExportTally {
    /// What was come across.
    pub read: Tally,
    /// What is in the file.
    pub written: Written,
}

/// Writes a part of an input into a file, the events that `filter` matches alone. `progress` is told how many of the [input's bytes](Input::bytes) were read since the last call, and may stop the export.
///
/// # Errors
/// When the writer fails, or `progress` stops; captures cannot make an export fail.
pub fn export_scap(
    (input, part): (&Input, &Part),
    filter: Option<&Filter>,
    schema: ScapSchema,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64) -> Flow,
) -> io::Result<ExportTally> {
    let mut sections = Sections::new(out, schema, input);
    let is_all = filter.is_none() && part.span.is_open();
    let read = if is_all && is_falcos(input) {
        copy::copy(input, &mut sections, progress)?
    } else {
        native::convert((input, part), filter, &mut sections, progress)?
    };
    Ok(ExportTally {
        read,
        written: sections.written,
    })
}

/// Whether the first segment is in Falco's dialect: captures do not mix them.
fn is_falcos(input: &Input) -> bool {
    let first = input.items().find_map(|item| match item {
        Item::Segment(header) => Some(header.dialect),
        _ => None,
    });
    first == Some(Dialect::Falco)
}
