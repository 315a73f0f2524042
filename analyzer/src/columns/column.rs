//! A column: its name, its type, what it says, and where its values come from.
//!
//! In: nothing. Out: the types that layouts are made of.

use falco_rules::{BoundField, FieldDef};

use super::ColumnType;

/// Where a column's values come from.
#[derive(Clone, Debug)]
pub enum ColumnSource {
    /// The boot id.
    BootId,
    /// The node's name.
    Node,
    /// The CPU.
    Cpu,
    /// Nanoseconds since boot; with boot and CPU the event's name for ever.
    Boottime,
    /// Whether nothing was lost that the row's state may rest on.
    Complete,
    /// The capture as it was named by who opened it.
    Capture,
    /// The number of the segment in which the event was found.
    Segment,
    /// The event's place in the stream of its capture, from 1.
    Position,
    /// When the event ended.
    Time,
    /// A field of the event.
    Field(BoundField, FieldDef),
    /// The arguments of the event, each as `evt.arg.NAME` prints it.
    Arguments(BoundField, FieldDef),
    /// The bytes of a field of the event that is text elsewhere.
    Bytes(BoundField, FieldDef),
    /// The column at this place of a table that is declared by hand, whose own file knows.
    Place(usize),
}

/// A column of the table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// What it says.
    pub doc: &'static str,
    /// Whether it is shown where nobody names columns.
    pub is_default: bool,
    /// Where its values come from.
    pub source: ColumnSource,
}

/// A column of a table that is declared by hand.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: ColumnType,
    /// What it says, in one sentence.
    pub doc: &'static str,
}

/// The name of a field's column.
pub(super) fn column_name(field: &str) -> String {
    field.replace('.', "_")
}
