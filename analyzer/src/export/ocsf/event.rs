//! An event as the attributes ask it: columns of `events`, and what a rule said of it.
//!
//! In: a record batch with the columns of [`columns`]. Out: values by row. What is NULL or empty is nothing.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use falco_rules::Priority;

use crate::columns::{Table, TableLayout, UnknownColumn};
use crate::export::class::{Activity, Class};

/// A program was started, or was to be.
pub(super) const LAUNCH: Activity = Activity(1, "Launch");

/// The columns that are asked.
macro_rules! columns {
    ($($name:ident: $text:literal,)+) => {
        /// A column of `events`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum F { $($name),+ }

        const NAMES: &[&str] = &[$($text),+];
    };
}

columns! {
    Time: "evt_time",
    Node: "node",
    BootId: "boot_id",
    Cpu: "cpu",
    Boottime: "boottime_ns",
    Position: "position",
    Capture: "capture",
    Complete: "complete",
    Type: "evt_type",
    Result: "evt_res",
    RawResult: "evt_rawres",
    Arguments: "args",
    Tid: "thread_tid",
    Pid: "proc_pid",
    Name: "proc_name",
    ExePath: "proc_exepath",
    CmdLine: "proc_cmdline",
    Cwd: "proc_cwd",
    Ppid: "proc_ppid",
    ParentName: "proc_pname",
    ParentExePath: "proc_pexepath",
    ParentCmdLine: "proc_pcmdline",
    Uid: "user_uid",
    UserName: "user_name",
    ContainerId: "container_id",
    ContainerName: "container_name",
    Image: "container_image",
    ImageId: "container_image_id",
    FdType: "fd_type",
    FdName: "fd_name",
    FdInode: "fd_ino",
    Protocol: "fd_l4proto",
    ClientIp: "fd_cip",
    ClientPort: "fd_cport",
    ServerIp: "fd_sip",
    ServerPort: "fd_sport",
    IsServer: "fd_is_server",
    Path: "fs_path_name",
    SourcePath: "fs_path_source",
    TargetPath: "fs_path_target",
    IsOpenCreate: "evt_is_open_create",
}

/// The columns of `events` that the attributes are made of.
pub(super) fn columns() -> Result<TableLayout, UnknownColumn> {
    Table::Events.layout().select(NAMES)
}

/// What a rule said of an event.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) rule: String,
    pub(super) desc: String,
    pub(super) priority: Priority,
    pub(super) tags: Vec<String>,
    pub(super) message: String,
    /// `evidence.id`.
    pub(super) id: String,
    /// The alert as `replay --format json` prints it.
    pub(super) json: String,
}

/// What is known of a row beside its columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    /// What a rule said of the event; none where it is told for itself.
    pub(super) told: Option<Told>,
    /// When the process began, nanoseconds since the epoch: that of its leader, where fields tell of the thread.
    pub(super) start: Option<i64>,
    /// When its parent began.
    pub(super) parent_start: Option<i64>,
    /// The user that a call asks for.
    pub(super) new_user: Option<u32>,
}

/// One row.
pub(super) struct Event<'a> {
    batch: &'a RecordBatch,
    row: usize,
    pub(super) told: Option<&'a Told>,
    pub(super) beside: &'a Beside,
    pub(super) class: Class,
    pub(super) activity: Activity,
}

impl<'a> Event<'a> {
    /// A row, as this class and activity.
    pub(super) fn new(
        (batch, row): (&'a RecordBatch, usize),
        beside: &'a Beside,
        (class, activity): (Class, Activity),
    ) -> Event<'a> {
        Event {
            batch,
            row,
            told: beside.told.as_ref(),
            beside,
            class,
            activity,
        }
    }

    fn column(&self, field: F) -> Option<&'a ArrayRef> {
        let column = self.batch.columns().get(field as usize)?;
        (!column.is_null(self.row)).then_some(column)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, field: F) -> Option<&'a str> {
        let column = self.column(field)?;
        let text = match column.data_type() {
            DataType::Dictionary(..) => {
                let words = column.as_dictionary_opt::<Int32Type>()?;
                let values = words.values().as_string_opt::<i32>()?;
                let key = words.key(self.row)?;
                (!values.is_null(key)).then(|| values.value(key))?
            }
            _ => column.as_string_opt::<i32>()?.value(self.row),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A number; a time in nanoseconds.
    pub(super) fn int(&self, field: F) -> Option<i64> {
        let column = self.column(field)?;
        match column.data_type() {
            DataType::Int64 => Some(column.as_primitive_opt::<Int64Type>()?.value(self.row)),
            DataType::UInt64 => {
                let value = column.as_primitive_opt::<UInt64Type>()?.value(self.row);
                i64::try_from(value).ok()
            }
            DataType::Timestamp(..) => {
                let times = column.as_primitive_opt::<TimestampNanosecondType>()?;
                Some(times.value(self.row)).filter(|time| *time > 0)
            }
            _ => None,
        }
    }

    pub(super) fn bool(&self, field: F) -> Option<bool> {
        Some(self.column(field)?.as_boolean_opt()?.value(self.row))
    }

    /// An argument of the event by its name.
    pub(super) fn argument(&self, name: &str) -> Option<String> {
        let all = self.column(F::Arguments)?.as_map_opt()?;
        let pairs = all.value(self.row);
        let names = pairs.column(0).as_string_opt::<i32>()?;
        let values = pairs.column(1).as_string_opt::<i32>()?;
        let place = (0..names.len()).find(|place| names.value(*place) == name)?;
        (!values.is_null(place)).then(|| values.value(place).to_owned())
    }

    /// Whether it failed, as far as its result tells.
    pub(super) fn failed(&self) -> Option<bool> {
        match self.text(F::Result)? {
            "SUCCESS" => Some(false),
            // It goes on.
            "EINPROGRESS" => None,
            _ => Some(true),
        }
    }

    /// Whether a program was started, or was to be.
    pub(super) fn is_launch(&self) -> bool {
        self.class == Class::Process && self.activity == LAUNCH
    }
}
