//! One event of our own captures as one of Falco's.
//!
//! In: an event with the state before it. Out: Falco's type with Falco's parameters, each the argument of the same name.
//! Numbers that were not recorded are what Falco's recorder writes where it has none: 0, and −1 for descriptors and ids. Strings and bytes are empty.

use std::collections::HashMap;

use falco_abi::{Abi, EventId, events};

use super::values::{self, Ends};
use crate::dialect::catalog::{self, FalcoEvent, ParamType};
use crate::dialect::words::{CLONE_FLAGS, falco};
use crate::dialect::{call_abi, falco_event, syscall_names};
use crate::export::scap::rows::EventRow;
use crate::fields::{Arguments, Raw};
use crate::pipeline::Seen;

/// Falco's number of `clone`, whose result is 0 in the child.
const CLONE: u16 = 223;
/// Falco's number of the exit of a call without a type of its own.
const SYSCALL: u16 = 1;
/// Falco's mark for a birth in another pid namespace: ids of the call and of the thread differ.
const CHILD_IN_PIDNS: u64 = falco(CLONE_FLAGS, "CLONE_CHILD_IN_PIDNS");

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// The row holds it.
    Said,
    /// Another event of the capture says it.
    SaidElsewhere,
    /// Falco has no type for it.
    Unsaid,
}

/// Falco's type of an event, and where its parameters are among the arguments.
type Plan = Option<(&'static FalcoEvent, Vec<Option<usize>>)>;

/// Turns events into Falco's. Keeps what it found out of types and calls.
#[derive(Debug, Default)]
pub(super) struct Converter {
    plans: HashMap<EventId, Plan>,
    calls: HashMap<(u8, u32), u16>,
}

impl Converter {
    /// Turns an event into a row.
    pub(super) fn event(&mut self, seen: &Seen<'_>, row: &mut EventRow) -> Conversion {
        let event = seen.view.event();
        if is_childs_return(seen) {
            return Conversion::SaidElsewhere;
        }
        if event == events::syscall::EVENT {
            let number = seen.view.uint(events::syscall::ID).unwrap_or(0) as u32;
            self.call(number, seen, row);
            return Conversion::Said;
        }
        let arguments = seen.context.arguments();
        let plan = self.plans.entry(event);
        let Some((ty, places)) = plan.or_insert_with(|| plan_of(event, &arguments)) else {
            return self.nameless(seen, row);
        };
        row.begin(ty.code, seen.time, seen.view.cpu(), seen.view.tid());
        for (param, place) in ty.params.iter().zip(places) {
            let raw = match place.map_or(Raw::Absent, |place| arguments.raw(place)) {
                Raw::Absent => unlisted(param.name, seen),
                _ if is_no_limit(param.name, seen) => Raw::Int(-1),
                raw => raw,
            };
            match param.ty {
                ParamType::SockTuple => row.push(&[&values::tuple(&Ends::of(seen.view, &raw))]),
                ParamType::Dyn => row.push(&[&values::dynamic(ty.name, &arguments, &raw)]),
                _ if param.name == "flags" && is_birth(event) => {
                    let flags = birth_flags(seen, &raw);
                    row.push(&[&values::plain(param.ty, &flags)]);
                }
                _ => row.push(&[&values::plain(param.ty, &raw)]),
            }
        }
        Conversion::Said
    }

    /// An event that has a row of its own with us and none with Falco: a call by its number, or nothing.
    fn nameless(&mut self, seen: &Seen<'_>, row: &mut EventRow) -> Conversion {
        let abi = call_abi(seen.view.abi());
        let number =
            Abi::from_u8(abi).and_then(|abi| falco_abi::syscalls::number(abi, seen.view.name()));
        let Some(number) = number else {
            return Conversion::Unsaid;
        };
        self.call(number, seen, row);
        Conversion::Said
    }

    /// A call without a type of its own: Falco's number for it, and the kernel's.
    fn call(&mut self, native: u32, seen: &Seen<'_>, row: &mut EventRow) {
        let abi = call_abi(seen.view.abi());
        let number = *self
            .calls
            .entry((abi, native))
            .or_insert_with(|| falcos_number(abi, native));
        row.begin(SYSCALL, seen.time, seen.view.cpu(), seen.view.tid());
        row.push(&[&number.to_le_bytes()]);
        row.push(&[&(native as u16).to_le_bytes()]);
    }
}

/// Whether a `prlimit` gave no limit to set.
/// Falco's recorder writes 0 then, as our fields show it; but its reader takes that for a limit that was set, and -1 for none.
fn is_no_limit(name: &str, seen: &Seen<'_>) -> bool {
    let param = match name {
        "newcur" => events::prlimit::newcur,
        "newmax" => events::prlimit::newmax,
        _ => return false,
    };
    seen.view.event() == events::prlimit::EVENT && seen.view.int(param).is_none()
}

/// What no argument of ours has.
fn unlisted(name: &str, seen: &Seen<'_>) -> Raw<'static> {
    match (name, seen.view.event()) {
        ("res", events::procfork::EVENT) => Raw::Int(0),
        ("pidns_init_start_ts", events::procfork::EVENT) => {
            let thread = seen.state().thread(seen.view.tid(), seen.view.start());
            let start = thread.and_then(|thread| thread.pidns_start);
            start.map_or(Raw::Absent, Raw::Uint)
        }
        // Limits that were not given or could not be read.
        (
            "cur" | "max" | "newcur" | "newmax" | "oldcur" | "oldmax",
            events::getrlimit::EVENT | events::setrlimit::EVENT | events::prlimit::EVENT,
        ) => Raw::Int(-1),
        _ => Raw::Absent,
    }
}

/// Whether it is the return of a birth in the child, whose first moment is told by `procfork`.
fn is_childs_return(seen: &Seen<'_>) -> bool {
    const RES: usize = 0;
    matches!(
        seen.view.event(),
        events::clone::EVENT | events::clone3::EVENT | events::fork::EVENT | events::vfork::EVENT
    ) && seen.view.int(RES) == Some(0)
}

fn is_birth(event: EventId) -> bool {
    matches!(
        event,
        events::clone::EVENT
            | events::clone3::EVENT
            | events::fork::EVENT
            | events::vfork::EVENT
            | events::procfork::EVENT
    )
}

fn birth_flags(seen: &Seen<'_>, raw: &Raw<'_>) -> Raw<'static> {
    let flags = match raw {
        Raw::Uint(flags) => *flags,
        _ => 0,
    };
    let thread = seen.state().thread(seen.view.tid(), seen.view.start());
    let is_elsewhere = thread
        .and_then(|thread| thread.ids.vtid)
        .is_some_and(|vtid| vtid.0 != i64::from(seen.view.tid()));
    Raw::Uint(flags | if is_elsewhere { CHILD_IN_PIDNS } else { 0 })
}

fn plan_of(event: EventId, arguments: &Arguments<'_>) -> Plan {
    let ty = match event {
        events::procfork::EVENT => catalog::event_of_code(CLONE),
        _ => falco_event(event),
    }?;
    let places = ty.params.iter().map(|param| arguments.position(param.name));
    Some((ty, places.collect()))
}

fn falcos_number(abi: u8, native: u32) -> u16 {
    let name = Abi::from_u8(abi).and_then(|abi| falco_abi::syscalls::name(abi, native));
    let place = name.and_then(|name| syscall_names().position(|other| other == name));
    place
        .and_then(|place| u16::try_from(place).ok())
        .unwrap_or(0)
}
