//! The columns of `events`: those that are shown where nobody names any, and every other field of the language on request.
//!
//! In: the fields that the source declares. Out: the table's layout.
//! The first columns are for who reads events, and lead back into the evidence. Behind them stands every field in the order of the reference, then for each text its bytes.
//! Fields that mean nothing without an argument have no column of their own; the arguments of the event stand by name in the column `args`.

use std::collections::HashSet;

use falco_rules::{
    ArgumentKind, BoundField, FieldArgument, FieldDef, FieldId, FieldType, Multiplicity, Schema,
};

use super::column::column_name;
use super::{Column, ColumnSource, ColumnType, Table, TableLayout};
use crate::fields::{Basis, Nature, TimeKind};

/// The first column, which is the event's time as a time; the field of this name is the same as a text.
const EVENT_TIME: &str = "evt_time";
/// What is behind a column's name in that of its bytes.
const TWIN: &str = "_bytes";

/// What is shown by default, in order.
pub(super) const DEFAULTS: [&str; 41] = [
    EVENT_TIME,
    "node",
    "evt_type",
    "evt_category",
    "thread_tid",
    "proc_pid",
    "proc_ppid",
    "proc_name",
    "proc_exepath",
    "proc_cmdline",
    "proc_pname",
    "user_uid",
    "user_name",
    "container_id",
    "container_name",
    "container_image",
    "k8s_ns_name",
    "k8s_pod_name",
    "fd_num",
    "fd_type",
    "fd_name",
    "fd_l4proto",
    "fd_cip",
    "fd_cport",
    "fd_sip",
    "fd_sport",
    "evt_res",
    "evt_rawres",
    "evt_failed",
    "evt_arg_flags",
    "fs_path_name",
    "fs_path_source",
    "fs_path_target",
    "args",
    "complete",
    "boot_id",
    "cpu",
    "boottime_ns",
    "capture",
    "segment",
    "position",
];

impl TableLayout {
    /// Every column of `events`.
    ///
    /// What is not known of a field's type, its nature tells.
    #[must_use]
    pub fn events(schema: &dyn Schema, nature: impl Fn(FieldId) -> Nature) -> Self {
        let fields = (0_u16..).map(FieldId).zip(schema.fields());
        let mut columns: Vec<Column> = evidence().into();
        for (id, def) in fields {
            if def.argument == ArgumentKind::EventParameter {
                columns.extend(of_arguments(id, def));
            } else {
                columns.extend(of_field((id, nature(id)), def));
            }
        }
        // A field whose name is that of another column says the same in another form.
        let mut names = HashSet::new();
        columns.retain(|column| names.insert(column.name.clone()));
        let twins: Vec<Column> = columns.iter().filter_map(twin).collect();
        columns.extend(twins);
        let rank = |column: &Column| DEFAULTS.iter().position(|name| *name == column.name);
        for column in &mut columns {
            column.is_default = rank(column).is_some();
        }
        columns.sort_by_key(|column| rank(column).unwrap_or(usize::MAX));
        Self::of(Table::Events, columns)
    }
}

/// A column that is not a default one yet.
fn column(
    name: impl Into<String>,
    ty: ColumnType,
    doc: &'static str,
    source: ColumnSource,
) -> Column {
    Column {
        name: name.into(),
        ty,
        doc,
        is_default: false,
        source,
    }
}

/// The columns that lead back into the evidence.
fn evidence() -> [Column; 9] {
    use ColumnType::{Bool, SharedText, Time, Uint};
    [
        column(
            EVENT_TIME,
            Time,
            "When the event ended.",
            ColumnSource::Time,
        ),
        column("node", SharedText, "The node's name.", ColumnSource::Node),
        column(
            "boot_id",
            SharedText,
            "The boot that it belongs to; empty for imports that do not tell.",
            ColumnSource::BootId,
        ),
        column("cpu", Uint, "The CPU on which it ended.", ColumnSource::Cpu),
        column(
            "boottime_ns",
            Uint,
            "Nanoseconds since boot; with boot and CPU the event's name for ever.",
            ColumnSource::Boottime,
        ),
        column(
            "complete",
            Bool,
            "Whether nothing was lost that the row may rest on.",
            ColumnSource::Complete,
        ),
        column(
            "capture",
            SharedText,
            "The capture, as it was named by who opened it.",
            ColumnSource::Capture,
        ),
        column(
            "segment",
            Uint,
            "The number of the segment in which it was found.",
            ColumnSource::Segment,
        ),
        column(
            "position",
            Uint,
            "Its place in the stream of its capture, from 1.",
            ColumnSource::Position,
        ),
    ]
}

/// The arguments of the event: all by name, and the one that most calls have in common.
fn of_arguments(field: FieldId, def: &FieldDef) -> [Column; 2] {
    let flags = BoundField {
        field,
        argument: FieldArgument::Key("flags".into()),
        slot: u32::from(field.0),
    };
    let all = BoundField {
        argument: FieldArgument::None,
        ..flags.clone()
    };
    [
        column(
            "args",
            ColumnType::Named,
            "The arguments by name, each resolved where it can be; NULL for one that is not known.",
            ColumnSource::Arguments(all, *def),
        ),
        column(
            "evt_arg_flags",
            ColumnType::SharedText,
            "The argument `flags` by names, such as `O_RDONLY|O_CLOEXEC`.",
            ColumnSource::Field(flags, *def),
        ),
    ]
}

/// The column of a field; `None` for fields that need an argument.
fn of_field((id, nature): (FieldId, Nature), def: &FieldDef) -> Option<Column> {
    match def.argument {
        ArgumentKind::EventParameter
        | ArgumentKind::IndexRequired
        | ArgumentKind::KeyRequired
        | ArgumentKind::RawEventParameter => return None,
        ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional => {}
    }
    let bound = BoundField {
        field: id,
        argument: FieldArgument::None,
        slot: u32::from(id.0),
    };
    let ty = column_type(def, nature);
    let source = ColumnSource::Field(bound, *def);
    Some(column(column_name(def.name), ty, def.doc, source))
}

/// The bytes of a column of text, as they were before they became text; of an address its four or sixteen bytes.
fn twin(text: &Column) -> Option<Column> {
    let is_text = matches!(text.ty, ColumnType::Text | ColumnType::SharedText);
    let ColumnSource::Field(bound, def) = text.source.clone() else {
        return None;
    };
    let source = ColumnSource::Bytes(bound, def);
    let name = format!("{}{TWIN}", text.name);
    is_text.then(|| column(name, ColumnType::Bytes, text.doc, source))
}

fn column_type(def: &FieldDef, nature: Nature) -> ColumnType {
    let one = match def.ty {
        _ if nature.time == Some(TimeKind::Instant) => ColumnType::Time,
        _ if nature.time == Some(TimeKind::Duration) => ColumnType::Duration,
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
        | FieldType::Socktuple => match nature.basis {
            Basis::Event => ColumnType::Text,
            _ => ColumnType::SharedText,
        },
    };
    if def.multiplicity == Multiplicity::One {
        one
    } else {
        one.listed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_by_default_stands_first_in_its_order() {
        let layout = Table::Events.layout();
        let shown = layout.columns().iter().filter(|column| column.is_default);
        let shown: Vec<_> = shown.map(|column| column.name.as_str()).collect();
        assert_eq!(shown, DEFAULTS);
        let first = layout.columns().iter().take(DEFAULTS.len());
        assert!(first.clone().all(|column| column.is_default));
    }

    #[test]
    fn fields_become_columns_of_their_types() {
        use ColumnType::{Bool, Bytes, Duration, Ints, Named, SharedText, Text, Texts, Time, Uint};
        let layout = Table::Events.layout();
        for (name, expected) in [
            ("evt_time", Time),
            ("evt_rawtime", Time),
            ("evt_rawtime_s", Uint),
            ("evt_reltime", Duration),
            ("evt_reltime_s", Uint),
            ("evt_datetime", Text),
            ("evt_type", SharedText),
            ("evt_arg_flags", SharedText),
            ("args", Named),
            ("evt_args", Text),
            ("evt_buffer", Bytes),
            ("proc_name", SharedText),
            ("proc_name_bytes", Bytes),
            ("proc_pid_ts", Time),
            ("proc_duration", Duration),
            ("proc_exe_ino_ctime_duration_proc_start", Duration),
            ("proc_pidns_init_start_ts", Time),
            ("proc_apid", Ints),
            ("proc_aname", Texts),
            ("container_duration", Duration),
            ("thread_exectime", Duration),
            ("fd_port", Ints),
            ("fd_cip", SharedText),
            ("evt_is_open_read", Bool),
        ] {
            let place = layout.place(name).expect("a column");
            assert_eq!(layout.columns()[place].ty, expected, "{name}");
        }
    }

    /// All but those whose argument must be given have a column.
    #[test]
    fn every_field_is_a_column_on_request() {
        let layout = Table::Events.layout();
        for def in crate::fields::SCHEMA.fields() {
            let is_there = layout.place(&column_name(def.name)).is_ok();
            let needs_argument = matches!(
                def.argument,
                ArgumentKind::EventParameter
                    | ArgumentKind::RawEventParameter
                    | ArgumentKind::IndexRequired
                    | ArgumentKind::KeyRequired
            );
            assert_eq!(is_there, !needs_argument, "{}", def.name);
        }
    }
}
