//! Which columns a table has, and some of them by name or place.
//!
//! In: the columns that tables declare. Out: a layout and its Arrow schema.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Schema as ArrowSchema, SchemaRef};
use falco_rules::{BoundField, similar};

use super::column::column_name;
use super::{Column, ColumnDef, ColumnSource, Table};

/// What asks for every column but the bytes of texts.
const ALL: &str = "all";
/// What stands for the columns that are shown where nobody names any.
const DEFAULT: &str = "default";

/// A name that is no column of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no column '{name}'{}", similar.as_ref().map(|similar| format!("; did you mean '{similar}'?")).unwrap_or_default())]
pub struct UnknownColumn {
    /// The name as given.
    pub name: String,
    /// The column whose name is most like it.
    pub similar: Option<String>,
}

/// Columns of a table, in order.
#[derive(Clone, Debug)]
pub struct TableLayout {
    table: Table,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl TableLayout {
    /// Every column of a table that is declared by hand.
    #[must_use]
    pub(super) fn declared(table: Table, columns: &[ColumnDef]) -> Self {
        let column = |(place, def): (usize, &ColumnDef)| Column {
            name: def.name.to_owned(),
            ty: def.ty,
            doc: def.doc,
            is_default: true,
            source: ColumnSource::Place(place),
        };
        Self::of(table, columns.iter().enumerate().map(column).collect())
    }

    /// Whose columns they are.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table
    }

    /// These columns of a batch that has every column of a table that is declared by hand.
    ///
    /// # Errors
    /// When the batch lacks one of them, which would be a defect of this program.
    pub(super) fn of_whole(&self, whole: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let place = |column: &Column| match column.source {
            ColumnSource::Place(place) => Some(place),
            _ => None,
        };
        let places: Vec<usize> = self.columns.iter().filter_map(place).collect();
        whole.project(&places)
    }

    /// The columns that are shown where nobody names any.
    #[must_use]
    pub fn defaults(&self) -> Self {
        let columns = self.columns.iter().filter(|column| column.is_default);
        Self::of(self.table, columns.cloned().collect())
    }

    /// Some of the columns, by their places, in the order given. Places that are not there are left out.
    #[must_use]
    pub fn project(&self, places: &[usize]) -> Self {
        Self::of(
            self.table,
            places
                .iter()
                .filter_map(|place| self.columns.get(*place).cloned())
                .collect(),
        )
    }

    /// Some of the columns, by name, in the order given, each once. A field's own name, with dots, names its column too, `all` names every one but the bytes of texts, and `default` those that are shown where nobody names any.
    ///
    /// # Errors
    /// The first name that is no column.
    pub fn select<N: AsRef<str>>(&self, names: &[N]) -> Result<Self, UnknownColumn> {
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            let named = match name.as_ref().trim() {
                ALL => self.but_bytes(),
                DEFAULT => self.default_places(),
                name => vec![self.place(name)?],
            };
            for place in named {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        Ok(self.project(&places))
    }

    fn default_places(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(|(place, column)| column.is_default.then_some(place))
            .collect()
    }

    /// The places of all columns but the bytes of texts.
    fn but_bytes(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        let is_other = |column: &Column| !matches!(column.source, ColumnSource::Bytes(..));
        columns
            .filter_map(|(place, column)| is_other(column).then_some(place))
            .collect()
    }

    /// The place of a column by its name.
    ///
    /// # Errors
    /// When it is no column.
    pub fn place(&self, name: &str) -> Result<usize, UnknownColumn> {
        let wanted = column_name(name.trim());
        let found = self.columns.iter().position(|column| column.name == wanted);
        let names = self.columns.iter().map(|column| column.name.as_str());
        found.ok_or_else(|| UnknownColumn {
            name: name.to_owned(),
            similar: similar(&wanted, names).map(ToOwned::to_owned),
        })
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The fields that its columns show.
    pub fn fields(&self) -> impl Iterator<Item = &BoundField> {
        self.columns
            .iter()
            .filter_map(|column| match &column.source {
                ColumnSource::Field(field, _)
                | ColumnSource::Bytes(field, _)
                | ColumnSource::Arguments(field, _) => Some(field),
                _ => None,
            })
    }

    /// The Arrow schema.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The same columns with the slots of their fields moved up by `first`, so that they do not meet those of a condition evaluated on the same event.
    #[must_use]
    pub(super) fn with_slots_from(&self, first: u32) -> Self {
        let mut layout = self.clone();
        for (slot, column) in (first..).zip(&mut layout.columns) {
            if let ColumnSource::Field(bound, _)
            | ColumnSource::Bytes(bound, _)
            | ColumnSource::Arguments(bound, _) = &mut column.source
            {
                bound.slot = slot;
            }
        }
        layout
    }

    pub(super) fn of(table: Table, columns: Vec<Column>) -> Self {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, column.ty.data_type(), true))
            .collect();
        Self {
            table,
            columns,
            schema: Arc::new(ArrowSchema::new(fields)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::ColumnType;

    /// The columns of `events` by these names, or what is said of them.
    fn selected(names: &[&str]) -> Result<Vec<String>, String> {
        let layout = Table::Events.layout().select(names);
        let layout = layout.map_err(|error| error.to_string())?;
        let columns = layout.columns().iter();
        Ok(columns.map(|column| column.name.clone()).collect())
    }

    fn check(names: &[&str], expected: Result<&[&str], &str>) {
        let expected = expected.map(|names| names.iter().map(ToString::to_string).collect());
        assert_eq!(selected(names), expected.map_err(ToOwned::to_owned));
    }

    #[test]
    fn columns_are_found_by_either_name() {
        check(
            &["fd.port", "evt_type", " cpu", "fd_port"],
            Ok(&["fd_port", "evt_type", "cpu"]),
        );
        check(
            &["evt_typ"],
            Err("there is no column 'evt_typ'; did you mean 'evt_type'?"),
        );
        check(&["quux"], Err("there is no column 'quux'"));
    }

    #[test]
    fn all_are_those_that_are_not_the_bytes_of_others() {
        let all = selected(&["all"]).expect("all of them");
        assert!(all.iter().any(|name| name == "proc_aname"));
        assert!(!all.iter().any(|name| name == "proc_name_bytes"));
        check(&["proc_name_bytes"], Ok(&["proc_name_bytes"]));
        let layout = Table::Events.layout();
        let is_twin = |column: &&Column| column.ty == ColumnType::Bytes;
        let twins = layout.columns().iter().filter(is_twin).count();
        // That of what was read or written is a field's own.
        assert_eq!(all.len() + twins - 1, layout.columns().len());
    }
}
