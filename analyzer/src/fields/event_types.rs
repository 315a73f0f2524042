//! Event types as rules name them: the rows of the event table, then every syscall without a row of its own, then what Falco has and this recorder has not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use falco_abi::events::{self, SNAPSHOT};
use falco_abi::{Abi, EventId, syscalls};
use falco_rules::{EventTypeDef, EventTypeId};

use crate::state::Row;

/// How many numeric codes an event has in Falco unless it says otherwise: one for the call's begin, one for its end.
const USUAL_CODES: u16 = 2;

/// Names with another number of codes, because old versions of theirs count or because they have no begin.
const CODES: [(&str, u16); 28] = [
    ("accept", 8),
    ("asyncevent", 1),
    ("bpf", 4),
    ("brk", 4),
    ("clone", 8),
    ("close_range", 1),
    ("container", 3),
    ("dup", 4),
    ("execve", 16),
    ("fork", 6),
    ("groupadded", 1),
    ("groupdeleted", 1),
    ("ioctl", 4),
    ("link", 4),
    ("linkat", 4),
    ("mkdir", 4),
    ("openat", 4),
    ("page_fault", 1),
    ("pluginevent", 1),
    ("procinfo", 1),
    ("rmdir", 4),
    ("signaldeliver", 1),
    ("umount", 4),
    ("unlink", 4),
    ("unlinkat", 4),
    ("useradded", 1),
    ("userdeleted", 1),
    ("vfork", 6),
];

/// Falco's events that no capture of ours holds, so that rules which name them load.
const NEVER_RECORDED: [&str; 16] = [
    "asyncevent",
    "cpu_hotplug",
    "drop",
    "groupdeleted",
    "infra",
    "k8s",
    "mesos",
    "notification",
    "page_fault",
    "pluginevent",
    "procinfo",
    "scapevent",
    "signaldeliver",
    "switch",
    "tracer",
    "userdeleted",
];

/// The names, and the ways to them.
struct EventTypes {
    defs: Vec<EventTypeDef>,
    /// The event of each type, in the order of the types.
    events: Vec<Option<EventId>>,
    of_event: HashMap<EventId, EventTypeId>,
    /// Calls without a row, by ABI and number.
    of_call: HashMap<(Abi, u32), EventTypeId>,
    /// All names, sorted.
    by_name: BTreeMap<&'static str, EventTypeId>,
}

static TYPES: LazyLock<EventTypes> = LazyLock::new(EventTypes::new);

impl EventTypes {
    fn new() -> EventTypes {
        let mut types = EventTypes {
            defs: Vec::new(),
            events: Vec::new(),
            of_event: HashMap::new(),
            of_call: HashMap::new(),
            by_name: BTreeMap::new(),
        };
        for event in events::events().filter(|event| !event.has(SNAPSHOT)) {
            let id = types.add(
                event.name,
                Some(event.id),
                event.id != events::syscall::EVENT,
            );
            types.of_event.insert(event.id, id);
        }
        let taken: BTreeSet<&str> = events::events()
            .flat_map(|event| event.syscalls.iter().copied())
            .collect();
        for (name, numbers) in syscalls::syscalls().filter(|(name, _)| !taken.contains(name)) {
            let id = types.add(falcos_name(name), Some(events::syscall::EVENT), false);
            for (abi, number) in Abi::ALL.iter().zip(numbers) {
                if let Ok(number) = u32::try_from(number) {
                    types.of_call.insert((*abi, number), id);
                }
            }
        }
        for name in NEVER_RECORDED {
            types.add(name, None, true);
        }
        types
    }

    fn add(&mut self, name: &'static str, event: Option<EventId>, has_params: bool) -> EventTypeId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = EventTypeId(u16::try_from(self.defs.len()).expect("there are few names"));
        let codes = CODES.iter().find(|(other, _)| *other == name);
        self.defs.push(EventTypeDef {
            name,
            codes: codes.map_or(USUAL_CODES, |(_, codes)| *codes),
            has_params,
        });
        self.events.push(event);
        self.by_name.insert(name, id);
        id
    }
}

/// Falco's name of a call where it is not the kernel's.
fn falcos_name(name: &'static str) -> &'static str {
    match name {
        "_llseek" => "llseek",
        same => same,
    }
}

/// Every name.
pub(super) fn defs() -> &'static [EventTypeDef] {
    &TYPES.defs
}

/// The type of an event: of calls without a row their own name's, by number and ABI.
pub(super) fn of_row(row: Row<'_>) -> EventTypeId {
    let event = row.event();
    if event == events::syscall::EVENT
        && let Some(number) = row.u32(events::syscall::ID)
        && let Some(id) = TYPES.of_call.get(&(row.abi(), number))
    {
        return *id;
    }
    let known = TYPES.of_event.get(&event);
    // What a newer recorder wrote and this program does not know.
    let unknown = || TYPES.of_event.get(&events::syscall::EVENT).copied();
    known.copied().or_else(unknown).unwrap_or(EventTypeId(0))
}

/// The name of a type.
pub(super) fn name(id: EventTypeId) -> &'static str {
    let def = TYPES.defs.get(usize::from(id.0));
    def.map_or("", |def| def.name)
}

/// The events of the table that may be of a type: one, or none if no capture holds it.
pub fn event_ids_of(id: EventTypeId) -> impl Iterator<Item = EventId> {
    let event = TYPES.events.get(usize::from(id.0));
    event.copied().flatten().into_iter()
}

/// The type of an event of the table. Calls without a row have many: this is the one of those whose number is not known.
pub fn event_type_of(event: EventId) -> Option<EventTypeId> {
    TYPES.of_event.get(&event).copied()
}

/// The type of a name.
pub fn event_type_by_name(name: &str) -> Option<EventTypeId> {
    TYPES.by_name.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for (index, def) in defs().iter().enumerate() {
            let id = event_type_by_name(def.name).expect("every name is known");
            assert_eq!(usize::from(id.0), index, "{}", def.name);
            assert_eq!(name(id), def.name);
        }
        let openat = event_type_by_name("openat").expect("a row");
        let events: Vec<_> = event_ids_of(openat).collect();
        assert_eq!(events, [events::openat::EVENT]);
        let fsync = event_type_by_name("fsync").expect("a call without a row");
        let events: Vec<_> = event_ids_of(fsync).collect();
        assert_eq!(events, [events::syscall::EVENT]);
        let switch = event_type_by_name("switch").expect("a name of Falco's");
        assert_eq!(event_ids_of(switch).count(), 0);
        assert_eq!(event_type_by_name("state_thread"), None);
    }
}
