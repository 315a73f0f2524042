//! The columns of each table, and the page that lists them: from these declarations readers, exports and `TABLES.md` follow.
//!
//! In: columns declared by hand, and the fields of events. Out: layouts. How rows are found is each table's own file.

use std::fmt::Write as _;

use arrow_schema::DataType;

use super::{Column, ColumnDef, ColumnSource, ColumnType, Table, TableLayout};
use crate::fields::{SCHEMA, nature};
use crate::tables::columns_of;

/// Columns of `losses`.
const LOSSES: [ColumnDef; 14] = [
    ColumnDef {
        name: "node",
        ty: ColumnType::Text,
        doc: "The node's name.",
    },
    ColumnDef {
        name: "boot_id",
        ty: ColumnType::Text,
        doc: "The boot that it belongs to; empty for imports that do not tell.",
    },
    ColumnDef {
        name: "cpu",
        ty: ColumnType::Uint,
        doc: "The CPU whose events were lost; NULL where bytes are damaged.",
    },
    ColumnDef {
        name: "lane",
        ty: ColumnType::Text,
        doc: "The lane: `process`, `file` or `bulk`; NULL where bytes are damaged.",
    },
    ColumnDef {
        name: "reason",
        ty: ColumnType::Text,
        doc: "Why they were lost; `damage` where bytes of the capture are not what was written.",
    },
    ColumnDef {
        name: "events",
        ty: ColumnType::Uint,
        doc: "How many events were lost; NULL where bytes are damaged, since nobody can count them.",
    },
    ColumnDef {
        name: "last_good_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time of the last event before the loss, nanoseconds; NULL before the first.",
    },
    ColumnDef {
        name: "next_good_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time of the first event after it; NULL after the last.",
    },
    ColumnDef {
        name: "last_good_time",
        ty: ColumnType::Time,
        doc: "Time of the last event before the loss.",
    },
    ColumnDef {
        name: "next_good_time",
        ty: ColumnType::Time,
        doc: "Time of the first event after it.",
    },
    ColumnDef {
        name: "capture",
        ty: ColumnType::Text,
        doc: "The capture, as it was named by who opened it.",
    },
    ColumnDef {
        name: "segment",
        ty: ColumnType::Uint,
        doc: "The segment's number.",
    },
    ColumnDef {
        name: "damage",
        ty: ColumnType::Text,
        doc: "What is damaged; NULL of events that were lost while recording.",
    },
    ColumnDef {
        name: "bytes_skipped",
        ty: ColumnType::Uint,
        doc: "How many bytes were passed over for it.",
    },
];

/// Columns of `segments`.
const SEGMENTS: [ColumnDef; 17] = [
    ColumnDef {
        name: "node",
        ty: ColumnType::Text,
        doc: "The node's name.",
    },
    ColumnDef {
        name: "boot_id",
        ty: ColumnType::Text,
        doc: "The boot that it belongs to; empty for imports that do not tell.",
    },
    ColumnDef {
        name: "capture",
        ty: ColumnType::Text,
        doc: "The capture, as it was named by who opened it.",
    },
    ColumnDef {
        name: "segment",
        ty: ColumnType::Uint,
        doc: "The segment's number.",
    },
    ColumnDef {
        name: "sealed",
        ty: ColumnType::Bool,
        doc: "Whether it ends with its digest.",
    },
    ColumnDef {
        name: "begun",
        ty: ColumnType::Time,
        doc: "When it was begun; NULL for imports.",
    },
    ColumnDef {
        name: "first_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time of its first event, nanoseconds.",
    },
    ColumnDef {
        name: "last_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time of its last event, nanoseconds.",
    },
    ColumnDef {
        name: "first_time",
        ty: ColumnType::Time,
        doc: "Time of its first event.",
    },
    ColumnDef {
        name: "last_time",
        ty: ColumnType::Time,
        doc: "Time of its last event.",
    },
    ColumnDef {
        name: "events",
        ty: ColumnType::Uint,
        doc: "Events of the segment.",
    },
    ColumnDef {
        name: "blocks",
        ty: ColumnType::Uint,
        doc: "Blocks of events.",
    },
    ColumnDef {
        name: "state_rows",
        ty: ColumnType::Uint,
        doc: "Rows of snapshots.",
    },
    ColumnDef {
        name: "encoded_bytes",
        ty: ColumnType::Uint,
        doc: "Bytes of its blocks as they are stored.",
    },
    ColumnDef {
        name: "raw_bytes",
        ty: ColumnType::Uint,
        doc: "Bytes of its blocks before compression.",
    },
    ColumnDef {
        name: "lost_events",
        ty: ColumnType::Uint,
        doc: "Events that were lost while it was written.",
    },
    ColumnDef {
        name: "damaged_places",
        ty: ColumnType::Uint,
        doc: "Places where its bytes are not what was written.",
    },
];

/// Columns of `gaps`.
const GAPS: [ColumnDef; 12] = [
    ColumnDef {
        name: "node",
        ty: ColumnType::Text,
        doc: "The node's name.",
    },
    ColumnDef {
        name: "boot_id",
        ty: ColumnType::Text,
        doc: "The boot that it belongs to; empty for imports that do not tell.",
    },
    ColumnDef {
        name: "next_boot_id",
        ty: ColumnType::Text,
        doc: "The boot that follows, where the gap lies between two.",
    },
    ColumnDef {
        name: "kind",
        ty: ColumnType::Text,
        doc: "What is missing: `pause`, `unsealed`, `missing` and others.",
    },
    ColumnDef {
        name: "from_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time at which it begins, nanoseconds.",
    },
    ColumnDef {
        name: "to_boottime_ns",
        ty: ColumnType::Uint,
        doc: "Boot time at which it ends, nanoseconds.",
    },
    ColumnDef {
        name: "from_time",
        ty: ColumnType::Time,
        doc: "When it begins.",
    },
    ColumnDef {
        name: "to_time",
        ty: ColumnType::Time,
        doc: "When it ends.",
    },
    ColumnDef {
        name: "capture",
        ty: ColumnType::Text,
        doc: "The capture, as it was named by who opened it.",
    },
    ColumnDef {
        name: "segment_before",
        ty: ColumnType::Uint,
        doc: "The segment in front of it.",
    },
    ColumnDef {
        name: "segment_after",
        ty: ColumnType::Uint,
        doc: "The segment behind it.",
    },
    ColumnDef {
        name: "segments_missing",
        ty: ColumnType::Uint,
        doc: "How many segments are missing.",
    },
];

impl Table {
    /// Every column that it can have.
    #[must_use]
    pub fn layout(self) -> TableLayout {
        match self {
            Table::Losses => TableLayout::declared(self, &LOSSES),
            Table::Segments => TableLayout::declared(self, &SEGMENTS),
            Table::Gaps => TableLayout::declared(self, &GAPS),
            Table::Processes
            | Table::Files
            | Table::Connections
            | Table::Listeners
            | Table::Containers
            | Table::Users => TableLayout::declared(self, &columns_of(self)),
            Table::Events => TableLayout::events(&SCHEMA, nature),
        }
    }
}

/// The page of all tables in Markdown: what `TABLES.md` holds.
#[must_use]
pub fn tables_page() -> String {
    let mut page = String::new();
    for table in Table::ALL {
        let _ = write!(
            page,
            "\n## `{}`\n\n{}\n\n| column | type | default | what it says |\n|---|---|---|---|\n",
            table.name(),
            table.doc()
        );
        let layout = table.layout();
        let is_listed = |column: &&Column| !matches!(column.source, ColumnSource::Bytes(..));
        for column in layout.columns().iter().filter(is_listed) {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                column.name,
                type_name(&column.ty.data_type()),
                if column.is_default { "yes" } else { "" },
                column.doc.replace('|', "\\|"),
            );
        }
    }
    page
}

/// A type as the page names it.
fn type_name(ty: &DataType) -> String {
    match ty {
        DataType::Timestamp(_, _) => "timestamp[ns, UTC]".to_owned(),
        DataType::Duration(_) => "duration[ns]".to_owned(),
        DataType::List(item) => format!("list of {}", type_name(item.data_type())),
        DataType::Map(_, _) => "map of text to text".to_owned(),
        DataType::Dictionary(_, value) => type_name(value),
        DataType::Utf8 => "text".to_owned(),
        DataType::Binary => "bytes".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::UInt64 => "uint64".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        other => other.to_string(),
    }
}
