//! Which columns a table has, their types, and where each value comes from.
//!
//! In: the columns that tables declare, and for `events` the fields that the source declares. Out: a layout and its Arrow schema.
//! Fields that mean nothing without an argument have no column; the arguments of the event itself stand in the column `evt_arg` by name.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Schema as ArrowSchema, SchemaRef};
use falco_rules::{
    ArgumentKind, BoundField, FieldArgument, FieldDef, FieldId, FieldType, Multiplicity, Schema,
    similar,
};

use super::{Column, ColumnDef, ColumnSource, ColumnType, Table};
use crate::fields::{Nature, TimeKind};

/// The first column, which is the event's time as a time; the field of this name is the same as a text.
const EVENT_TIME: &str = "evt_time";

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
    /// Every column of `events`: the time, the evidence, then the fields in the order of the reference.
    ///
    /// What is not known of a field's type, its nature tells.
    #[must_use]
    pub fn events(schema: &dyn Schema, nature: impl Fn(FieldId) -> Nature) -> Self {
        let evidence = evidence_columns().map(|(name, ty, source, doc)| Column {
            name: name.to_owned(),
            ty,
            doc,
            is_default: true,
            source,
        });
        let fields = (0_u16..)
            .zip(schema.fields())
            .filter_map(|(id, def)| field_column((FieldId(id), nature(FieldId(id))), def))
            .filter(|column| column.name != EVENT_TIME);
        Self::of(Table::Events, evidence.into_iter().chain(fields).collect())
    }

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

    /// Some of the columns, by name, in the order given, each once. A field's own name, with dots, names its column too.
    ///
    /// # Errors
    /// The first name that is no column.
    pub fn select<N: AsRef<str>>(&self, names: &[N]) -> Result<Self, UnknownColumn> {
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            let place = self.place(name.as_ref())?;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Ok(self.project(&places))
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
                ColumnSource::Field(field, _) => Some(field),
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
            if let ColumnSource::Field(bound, _) = &mut column.source {
                bound.slot = slot;
            }
        }
        layout
    }

    fn of(table: Table, columns: Vec<Column>) -> Self {
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

/// The columns of `events` that lead back into the evidence.
fn evidence_columns() -> [(&'static str, ColumnType, ColumnSource, &'static str); 9] {
    use ColumnType::{Bool, Text, Time, Uint};
    [
        (
            EVENT_TIME,
            Time,
            ColumnSource::Time,
            "When the event ended.",
        ),
        ("node", Text, ColumnSource::Node, "The node's name."),
        (
            "boot_id",
            Text,
            ColumnSource::BootId,
            "The boot that it belongs to; empty for imports that do not tell.",
        ),
        ("cpu", Uint, ColumnSource::Cpu, "The CPU on which it ended."),
        (
            "boottime_ns",
            Uint,
            ColumnSource::Boottime,
            "Nanoseconds since boot; with boot and CPU the event's name for ever.",
        ),
        (
            "complete",
            Bool,
            ColumnSource::Complete,
            "Whether nothing was lost that the row may rest on.",
        ),
        (
            "capture",
            Text,
            ColumnSource::Capture,
            "The capture, as it was named by who opened it.",
        ),
        (
            "segment",
            Uint,
            ColumnSource::Segment,
            "The number of the segment in which it was found.",
        ),
        (
            "position",
            Uint,
            ColumnSource::Position,
            "Its place in the stream of its capture, from 1.",
        ),
    ]
}

fn column_name(field: &str) -> String {
    field.replace('.', "_")
}

/// The column of a field; `None` for fields that need an argument.
fn field_column((id, nature): (FieldId, Nature), def: &FieldDef) -> Option<Column> {
    let bound = BoundField {
        field: id,
        argument: FieldArgument::None,
        slot: u32::from(id.0),
    };
    let (ty, source) = match def.argument {
        ArgumentKind::EventParameter => (ColumnType::Named, ColumnSource::Arguments(id, *def)),
        ArgumentKind::IndexRequired
        | ArgumentKind::KeyRequired
        | ArgumentKind::RawEventParameter => return None,
        ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional => {
            (column_type(def, nature), ColumnSource::Field(bound, *def))
        }
    };
    Some(Column {
        name: column_name(def.name),
        ty,
        doc: def.doc,
        is_default: true,
        source,
    })
}

fn column_type(def: &FieldDef, nature: Nature) -> ColumnType {
    let one = match def.ty {
        _ if nature.time == Some(TimeKind::Instant) => ColumnType::Time,
        FieldType::Bool => ColumnType::Bool,
        FieldType::Double => ColumnType::Double,
        FieldType::Bytebuf => ColumnType::Bytes,
        FieldType::Int8
        | FieldType::Int16
        | FieldType::Int32
        | FieldType::Int64
        | FieldType::Errno
        | FieldType::Fd
        | FieldType::Pid => ColumnType::Int,
        FieldType::Uint8
        | FieldType::Uint16
        | FieldType::Uint32
        | FieldType::Uint64
        | FieldType::Uid
        | FieldType::Gid
        | FieldType::Port
        | FieldType::Sigtype
        | FieldType::Flags
        | FieldType::Enumflags
        | FieldType::Mode
        | FieldType::Reltime
        | FieldType::Abstime => ColumnType::Uint,
        FieldType::Charbuf
        | FieldType::Fspath
        | FieldType::Fsrelpath
        | FieldType::Ipaddr
        | FieldType::Ipnet
        | FieldType::Sockaddr
        | FieldType::Socktuple => ColumnType::Text,
    };
    if def.multiplicity == Multiplicity::One {
        one
    } else {
        one.listed()
    }
}

#[cfg(test)]
mod tests {
    use falco_rules::EventTypeDef;

    use super::*;

    const FIELD: FieldDef = FieldDef {
        name: "evt.type",
        ty: FieldType::Charbuf,
        argument: ArgumentKind::None,
        multiplicity: Multiplicity::One,
        doc: "",
    };

    struct Source;

    /// Of its fields, `evt.rawtime` is a point in time.
    fn nature_of(field: FieldId) -> Nature {
        let mut nature = Nature::PLAIN;
        nature.time = (field == FieldId(2)).then_some(TimeKind::Instant);
        nature
    }

    impl Schema for Source {
        fn source(&self) -> &'static str {
            "syscall"
        }

        fn fields(&self) -> &'static [FieldDef] {
            const {
                &[
                    FieldDef {
                        name: "evt.time",
                        ..FIELD
                    },
                    FIELD,
                    FieldDef {
                        name: "evt.rawtime",
                        ty: FieldType::Abstime,
                        ..FIELD
                    },
                    FieldDef {
                        name: "evt.rawtime.s",
                        ty: FieldType::Abstime,
                        ..FIELD
                    },
                    FieldDef {
                        name: "evt.arg",
                        argument: ArgumentKind::EventParameter,
                        ..FIELD
                    },
                    FieldDef {
                        name: "evt.rawarg",
                        argument: ArgumentKind::RawEventParameter,
                        ..FIELD
                    },
                    FieldDef {
                        name: "proc.apid",
                        ty: FieldType::Pid,
                        argument: ArgumentKind::IndexOptional,
                        multiplicity: Multiplicity::Any,
                        ..FIELD
                    },
                    FieldDef {
                        name: "proc.env",
                        argument: ArgumentKind::KeyRequired,
                        ..FIELD
                    },
                    FieldDef {
                        name: "fd.port",
                        ty: FieldType::Port,
                        multiplicity: Multiplicity::EitherEnd,
                        ..FIELD
                    },
                    FieldDef {
                        name: "evt.is_open_read",
                        ty: FieldType::Bool,
                        ..FIELD
                    },
                ]
            }
        }

        fn event_types(&self) -> &[EventTypeDef] {
            &[]
        }

        fn parameter_type(&self, _: &str) -> Option<FieldType> {
            None
        }

        fn service_port(&self, _: &str) -> Option<u16> {
            None
        }
    }

    #[test]
    fn fields_become_columns_of_their_types() {
        let layout = TableLayout::events(&Source, nature_of);
        let fields: Vec<_> = layout
            .columns()
            .iter()
            .skip(9)
            .map(|column| (column.name.as_str(), column.ty))
            .collect();
        let expected = [
            ("evt_type", ColumnType::Text),
            ("evt_rawtime", ColumnType::Time),
            ("evt_rawtime_s", ColumnType::Uint),
            ("evt_arg", ColumnType::Named),
            ("proc_apid", ColumnType::Ints),
            ("fd_port", ColumnType::Ints),
            ("evt_is_open_read", ColumnType::Bool),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn columns_are_found_by_either_name() {
        let layout = TableLayout::events(&Source, nature_of);
        let check = |names: &[&str], expected: Result<&[&str], &str>| {
            let found = layout.select(names);
            let found = found.as_ref().map(|layout| {
                layout
                    .columns()
                    .iter()
                    .map(|column| column.name.as_str())
                    .collect::<Vec<_>>()
            });
            let found = found.map_err(ToString::to_string);
            assert_eq!(
                found,
                expected.map(<[_]>::to_vec).map_err(ToOwned::to_owned)
            );
        };
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
}
