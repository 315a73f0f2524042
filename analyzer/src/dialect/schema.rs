//! The event table of an imported capture: what its SCHEMA item holds.
//!
//! In: the catalog. Out: a [`Schema`] whose events have Falco's parameters in Falco's order, and the rows of STATE items as `.scap` has them.
//! Wire types follow from Falco's types; an address, a tuple or a list is bytes as Falco wrote them.

use std::sync::{Arc, LazyLock};

use falco_abi::events::{self, DEFAULT, STATE};
use falco_abi::{Category, EventId, Lane, Role, Wire};
use falco_format::{Schema, SchemaEvent, SchemaParam};

use super::catalog::{self, FalcoEvent, MODIFIES_STATE, Origin, ParamType};
use super::ids::{UNKNOWN_TYPE, event_id};
use super::words::is_same;

/// Parameters of a row of an unknown type: its number, how many parameters it said to have, and its bytes after the fixed part.
pub mod unknown_type {
    /// The number of the type.
    pub const CODE: usize = 0;
    /// Flags of its block.
    pub const FLAGS: usize = 1;
    /// The bytes after the event's fixed part, as they stood in the file.
    pub const BYTES: usize = 2;
}

type Param = (&'static str, Wire, Role);

/// The rows of STATE items in the Falco dialect: event, parameters in order.
///
/// A thread's id and its process id stand in the row's meta data. `argv` is not split: `exe` is `argv[0]` and `args` the rest, as `.scap` has them.
#[rustfmt::skip]
pub const SNAPSHOT_PARAMS: &[(EventId, &[Param])] = &[
    (events::state_host::EVENT, &[
        ("hostname", Wire::Str, Role::Plain), ("cpus", Wire::U32, Role::Plain), ("memory", Wire::U64, Role::Plain),
        ("max_pid", Wire::U64, Role::Plain), ("machine_info", Wire::Bytes, Role::Plain),
    ]),
    (events::state_thread::EVENT, &[
        ("ptid", Wire::I64, Role::Pid), ("sid", Wire::I64, Role::Pid), ("vpgid", Wire::I64, Role::Pid),
        ("comm", Wire::Str, Role::Plain), ("exe", Wire::Str, Role::Plain), ("trusted_exepath", Wire::Str, Role::Path),
        ("args", Wire::Bytes, Role::Strings), ("cwd", Wire::Str, Role::Path), ("fdlimit", Wire::U64, Role::Plain),
        ("flags", Wire::U32, Role::Plain), ("uid", Wire::U32, Role::Uid), ("gid", Wire::U32, Role::Gid),
        ("vm_size", Wire::U32, Role::Plain), ("vm_rss", Wire::U32, Role::Plain), ("vm_swap", Wire::U32, Role::Plain),
        ("pgft_maj", Wire::U64, Role::Plain), ("pgft_min", Wire::U64, Role::Plain), ("env", Wire::Bytes, Role::Strings),
        ("vtid", Wire::I64, Role::Pid), ("vpid", Wire::I64, Role::Pid), ("cgroups", Wire::Bytes, Role::Strings),
        ("root", Wire::Str, Role::Path), ("pidns_init_start_ts", Wire::U64, Role::Plain), ("tty", Wire::U32, Role::Plain),
        ("loginuid", Wire::U32, Role::Uid), ("exe_writable", Wire::U8, Role::Plain),
        ("cap_inheritable", Wire::U64, Role::Capabilities), ("cap_permitted", Wire::U64, Role::Capabilities),
        ("cap_effective", Wire::U64, Role::Capabilities), ("exe_upper_layer", Wire::U8, Role::Plain),
        ("exe_ino", Wire::U64, Role::Plain), ("exe_ino_ctime", Wire::U64, Role::AbsTime), ("exe_ino_mtime", Wire::U64, Role::AbsTime),
        ("exe_from_memfd", Wire::U8, Role::Plain), ("exe_lower_layer", Wire::U8, Role::Plain), ("pgid", Wire::I64, Role::Pid),
    ]),
    (events::state_fd::EVENT, &[
        ("fd", Wire::I64, Role::Fd), ("ino", Wire::U64, Role::Plain), ("type", Wire::U8, Role::Plain), ("name", Wire::Str, Role::Path),
        ("flags", Wire::U32, Role::Plain), ("dev", Wire::U32, Role::Plain), ("sip", Wire::Bytes, Role::Plain), ("dip", Wire::Bytes, Role::Plain),
        ("sport", Wire::U16, Role::Plain), ("dport", Wire::U16, Role::Plain), ("l4proto", Wire::U8, Role::Plain),
        ("source", Wire::U64, Role::Plain), ("destination", Wire::U64, Role::Plain),
    ]),
    (events::state_user::EVENT, &[
        ("uid", Wire::U32, Role::Uid), ("gid", Wire::U32, Role::Gid), ("name", Wire::Str, Role::Plain), ("home", Wire::Str, Role::Plain),
        ("shell", Wire::Str, Role::Plain), ("container_id", Wire::Str, Role::Plain),
    ]),
    (events::state_group::EVENT, &[
        ("gid", Wire::U32, Role::Gid), ("name", Wire::Str, Role::Plain), ("container_id", Wire::Str, Role::Plain),
    ]),
    (events::state_interface::EVENT, &[
        ("type", Wire::U16, Role::Plain), ("name", Wire::Str, Role::Plain), ("address", Wire::Bytes, Role::Plain),
        ("netmask", Wire::Bytes, Role::Plain), ("broadcast", Wire::Bytes, Role::Plain), ("link_speed", Wire::U64, Role::Plain),
    ]),
    (events::state_complete::EVENT, &[
        ("threads", Wire::U32, Role::Plain), ("fds", Wire::U32, Role::Plain), ("unreadable", Wire::U32, Role::Plain), ("origin", Wire::U8, Role::Plain),
    ]),
];

/// The index of a parameter of a STATE row of the Falco dialect, for use in constants.
///
/// # Panics
/// At compile time, when the row has no such parameter.
#[must_use]
#[expect(clippy::panic, reason = "it runs while compiling")]
pub const fn snapshot_param(event: EventId, name: &str) -> usize {
    let mut row = 0;
    while row < SNAPSHOT_PARAMS.len() {
        let (id, params) = SNAPSHOT_PARAMS[row];
        let mut index = 0;
        while id.0 == event.0 && index < params.len() {
            if is_same(params[index].0, name) {
                return index;
            }
            index += 1;
        }
        row += 1;
    }
    panic!("no such parameter")
}

/// How a value of a type lies in a column. Signed bytes and words keep their bits.
#[must_use]
pub const fn wire_of(ty: ParamType) -> Wire {
    use ParamType as T;
    match ty {
        T::Int8
        | T::UInt8
        | T::Flags8
        | T::EnumFlags8
        | T::Bool
        | T::SigType
        | T::L4Proto
        | T::SockFamily => Wire::U8,
        T::Int16 | T::UInt16 | T::Flags16 | T::EnumFlags16 | T::SyscallId | T::Port => Wire::U16,
        T::UInt32 | T::Flags32 | T::EnumFlags32 | T::Uid | T::Gid | T::Mode | T::SigSet => {
            Wire::U32
        }
        T::Int32 | T::Fd32 | T::Pid32 => Wire::I32,
        T::Int64 | T::Errno | T::Fd | T::Pid => Wire::I64,
        T::UInt64 | T::RelTime | T::AbsTime => Wire::U64,
        T::CharBuf | T::FsPath | T::FsRelPath => Wire::Str,
        _ => Wire::Bytes,
    }
}

fn role_of(ty: ParamType) -> Role {
    use ParamType as T;
    match ty {
        T::Errno => Role::Errno,
        T::Fd | T::Fd32 => Role::Fd,
        T::Pid | T::Pid32 => Role::Pid,
        T::Uid => Role::Uid,
        T::Gid => Role::Gid,
        T::FsPath => Role::Path,
        T::FsRelPath => Role::RelPath,
        T::AbsTime => Role::AbsTime,
        T::SigType => Role::Signal,
        _ => Role::Plain,
    }
}

/// What a type is about, as the event table has it.
#[must_use]
pub fn category_of(ty: &FalcoEvent) -> Category {
    use catalog::Category as C;
    match ty.category {
        C::Unknown | C::Other => Category::Other,
        C::File => Category::File,
        C::Net => Category::Net,
        C::Ipc => Category::Ipc,
        C::Memory => Category::Memory,
        C::Process => Category::Process,
        C::Sleep => Category::Sleep,
        C::System => Category::System,
        C::Signal => Category::Signal,
        C::User => Category::User,
        C::Time => Category::Time,
        C::IoRead => Category::IoRead,
        C::IoWrite => Category::IoWrite,
        C::IoOther => Category::IoOther,
        C::Wait => Category::Wait,
        C::Scheduler => Category::Scheduler,
        C::Internal => Category::Internal,
    }
}

fn schema_event(ty: &FalcoEvent) -> SchemaEvent {
    let lane = match ty.category {
        catalog::Category::Process | catalog::Category::User => Lane::Process,
        catalog::Category::IoRead
        | catalog::Category::IoWrite
        | catalog::Category::Wait
        | catalog::Category::Scheduler => Lane::Bulk,
        _ if ty.origin == Origin::Meta => Lane::Process,
        _ => Lane::File,
    };
    let state = if ty.has(MODIFIES_STATE) { STATE } else { 0 };
    let params = ty.params.iter();
    let params =
        params.map(|param| SchemaParam::new(param.name, wire_of(param.ty), role_of(param.ty)));
    SchemaEvent::new(
        event_id(ty.code),
        ty.name,
        category_of(ty),
        lane,
        DEFAULT | state,
        params.collect(),
    )
}

fn snapshot_event(id: EventId, params: &[Param]) -> Option<SchemaEvent> {
    let native = falco_abi::event(id)?;
    let params = params
        .iter()
        .map(|(name, wire, role)| SchemaParam::new(name, *wire, *role));
    Some(SchemaEvent::new(
        id,
        native.name,
        native.category,
        native.lane,
        native.flags,
        params.collect(),
    ))
}

static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let unknown = SchemaEvent::new(
        UNKNOWN_TYPE,
        "unknown",
        Category::Internal,
        Lane::Process,
        DEFAULT,
        vec![
            SchemaParam::new("code", Wire::U16, Role::Plain),
            SchemaParam::new("flags", Wire::U32, Role::Plain),
            SchemaParam::new("bytes", Wire::Bytes, Role::Plain),
        ],
    );
    let snapshots = SNAPSHOT_PARAMS
        .iter()
        .filter_map(|(id, params)| snapshot_event(*id, params));
    let events = catalog::all()
        .map(schema_event)
        .chain(snapshots)
        .chain([unknown]);
    // What the catalog holds is fixed when this is built, and a test builds it.
    Arc::new(
        Schema::foreign(events.collect()).unwrap_or_else(|_| Schema::native().subset(|_| false)),
    )
});

/// The table of segments whose parameters are in Falco's dialect.
#[must_use]
pub fn falco_schema() -> Arc<Schema> {
    Arc::clone(&SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_row() {
        let schema = falco_schema();
        for ty in catalog::all() {
            let event = schema.event(event_id(ty.code)).expect("a row");
            let names: Vec<&str> = event
                .params
                .iter()
                .map(|param| param.name.as_str())
                .collect();
            let expected: Vec<&str> = ty.params.iter().map(|param| param.name).collect();
            assert_eq!((event.name.as_str(), names), (ty.name, expected));
        }
        for (id, params) in SNAPSHOT_PARAMS {
            assert_eq!(
                schema.event(*id).map(|event| event.params.len()),
                Some(params.len())
            );
        }
        assert!(schema.event(UNKNOWN_TYPE).is_some());
    }
}
