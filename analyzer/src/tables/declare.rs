//! How a table's columns are declared: each once, with its name, its type and what it says.
//!
//! In: lists written by hand. Out: enums of columns and their definitions, which layouts and `TABLES.md` follow.

use crate::columns::{Column, ColumnDef, ColumnSource, TableLayout};

/// An enum of columns with their definitions.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($column:ident: $text:literal, $ty:ident, $says:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $(#[doc = $says] $column),+ }

        impl crate::tables::declare::Declared for $name {
            fn def(self) -> crate::columns::ColumnDef {
                use crate::columns::{ColumnDef, ColumnType};
                match self {
                    $($name::$column => ColumnDef { name: $text, ty: ColumnType::$ty, doc: $says },)+
                }
            }
        }
    };
}
pub(super) use columns;

/// A column of a table.
pub(super) trait Declared: Copy + 'static {
    /// Name, type, and what it says.
    fn def(self) -> ColumnDef;
}

/// The definitions of a table's columns.
pub(super) fn defs<C: Declared>(columns: &[C]) -> Vec<ColumnDef> {
    columns.iter().map(|column| column.def()).collect()
}

/// Those of a table's columns that a layout has, in its order.
pub(super) fn asked<C: Declared>(columns: &[C], layout: &TableLayout) -> Vec<C> {
    let place = |column: &Column| match column.source {
        ColumnSource::Place(place) => columns.get(place).copied(),
        _ => None,
    };
    layout.columns().iter().filter_map(place).collect()
}
