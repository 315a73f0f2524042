//! The event table: one row per event, grouped by what the event is about.
//!
//! Everything that must be known of an event derives from its row: how it is captured, how it lies in a block, its name and arguments in rules, its columns in SQL.
//! Ids are never reused and parameters are only appended, so that old captures read for ever.

mod descriptor;
mod file;
mod io;
mod memory;
mod meta;
mod network;
mod process;
mod state;

pub use descriptor::*;
pub use file::*;
pub use io::*;
pub use memory::*;
pub use meta::*;
pub use network::*;
pub use process::*;
pub use state::*;

use crate::limits::EVENT_IDS;
use crate::{Category, EventId, Lane, ParamDef};

/// [`EventDef::flags`]: recorded unless the user chooses otherwise.
pub const DEFAULT: u8 = 1;
/// [`EventDef::flags`]: the state of threads, descriptors, users or containers depends on it.
pub const STATE: u8 = 2;
/// [`EventDef::flags`]: at `sys_exit` only failed calls are taken, the others come from a tracepoint.
pub const ONLY_FAILED: u8 = 4;
/// [`EventDef::flags`]: a call is as many events as the messages that its result counts; register 1 points to their `struct mmsghdr`s.
pub const MESSAGES: u8 = 16;
/// [`EventDef::flags`]: a row of a STATE item, never an event of the stream.
pub const SNAPSHOT: u8 = 8;

/// The tracepoint that an event is taken from, beside or instead of `sys_exit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracepoint {
    /// `sched_process_exec`.
    Exec,
    /// `sched_process_fork`.
    Fork,
    /// `sched_process_exit`.
    Exit,
    /// `cgroup_attach_task`.
    CgroupAttach,
}

/// One event: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct EventDef {
    /// Its id.
    pub id: EventId,
    /// Its name: Falco's where Falco has one.
    pub name: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
    /// Its category.
    pub category: Category,
    /// Its lane.
    pub lane: Lane,
    /// Bits: [`DEFAULT`], [`STATE`], [`ONLY_FAILED`], [`SNAPSHOT`], [`MESSAGES`].
    pub flags: u8,
    /// The tracepoint it is taken from, if any.
    pub tracepoint: Option<Tracepoint>,
    /// The kernel's names of the syscalls it is taken from.
    pub syscalls: &'static [&'static str],
    /// Its parameters, in order.
    pub params: &'static [ParamDef],
}

impl EventDef {
    /// Whether a flag is set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The index of a parameter by its name.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.name == name)
    }
}

/// Declares rows. Each event becomes an entry of the group's constant, and a module of its name with `EVENT`, its id, and one constant per parameter: its index.
macro_rules! event_rows {
    ($group:ident; $(
        $(#[doc = $doc:literal])+
        $id:literal $name:ident $category:ident $lane:ident ($flags:expr) $(via $tracepoint:ident)? [$($syscall:literal),*]
        { $($param:ident : $wire:ident $role:ident = $source:expr $(, at $at:expr)?;)* }
    )*) => {
        /// The rows of this group.
        pub(super) const $group: &[$crate::EventDef] = {
            #[expect(clippy::allow_attributes, reason = "not every group uses every name")]
            #[allow(unused_imports, reason = "not every group uses every name")]
            use {
                $crate::FdField as F, $crate::FdSource as D, $crate::Length as L, $crate::MsgPart as M, $crate::TaskField as T,
                $crate::Source::*, $crate::events::{DEFAULT, MESSAGES, ONLY_FAILED, SNAPSHOT, STATE},
            };
            &[$($crate::EventDef {
                id: $crate::EventId($id),
                name: stringify!($name),
                doc: concat!($($doc),+),
                category: $crate::Category::$category,
                lane: $crate::Lane::$lane,
                flags: $flags,
                tracepoint: $crate::events::or_no_tracepoint!($($tracepoint)?),
                syscalls: &[$($syscall),*],
                params: &[$($crate::ParamDef {
                    name: $crate::events::plain_name(stringify!($param)),
                    wire: $crate::Wire::$wire,
                    role: $crate::Role::$role,
                    source: $source,
                    tracepoint: $crate::events::or_none!($($at)?),
                }),*],
            }),*]
        };
        $(
            $(#[doc = $doc])+
            #[expect(clippy::allow_attributes, reason = "an event may have no parameters")]
            #[allow(non_upper_case_globals, non_camel_case_types, dead_code, clippy::upper_case_acronyms, reason = "constants are named as the parameters are")]
            pub mod $name {
                /// The event's id.
                pub const EVENT: $crate::EventId = $crate::EventId($id);
                #[repr(usize)]
                enum Index { $($param),* }
                $(
                    /// The index of this parameter.
                    pub const $param: usize = Index::$param as usize;
                )*
            }
        )*
    };
}

/// The source at the tracepoint, where one is given.
macro_rules! or_none {
    () => {
        $crate::Source::None
    };
    ($at:expr) => {
        $at
    };
}

/// The tracepoint, where one is given.
macro_rules! or_no_tracepoint {
    () => {
        Option::None
    };
    ($tracepoint:ident) => {
        Option::Some($crate::Tracepoint::$tracepoint)
    };
}

use {event_rows, or_no_tracepoint, or_none};

/// A parameter's name without the `r#` that keywords need in Rust.
const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

const GROUPS: [&[EventDef]; 8] = [
    PROCESS, FILE, NETWORK, DESCRIPTOR, MEMORY, IO, META, SNAPSHOTS,
];

/// Where each id's row is: group and place, or `u16::MAX`.
const PLACES: [(u16, u16); EVENT_IDS] = places();

const fn places() -> [(u16, u16); EVENT_IDS] {
    let mut places = [(u16::MAX, u16::MAX); EVENT_IDS];
    let mut group = 0;
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].len() {
            let id = GROUPS[group][row].id.0 as usize;
            assert!(places[id].0 == u16::MAX, "an event id is used twice");
            places[id] = (group as u16, row as u16);
            row += 1;
        }
        group += 1;
    }
    places
}

/// The row of an id, if there is one.
pub fn event(id: EventId) -> Option<&'static EventDef> {
    let (group, row) = *PLACES.get(usize::from(id.0))?;
    GROUPS.get(usize::from(group))?.get(usize::from(row))
}

/// The row of a name, if there is one.
pub fn event_by_name(name: &str) -> Option<&'static EventDef> {
    events().find(|event| event.name == name)
}

/// Every row, in the order of ids within each group.
pub fn events() -> impl Iterator<Item = &'static EventDef> {
    GROUPS.iter().flat_map(|group| group.iter())
}
