//! Event types as rules name them: the rows of the event table, then every syscall without a row of its own, then what only imported captures hold.
//!
//! One name may stand for several events: `futex` is a call without a row where we recorded it, and a type of Falco's where Falco did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use falco_abi::events::{self, SNAPSHOT};
use falco_abi::{Abi, EventId, syscalls};
use falco_rules::{EventTypeDef, EventTypeId};

use crate::dialect::catalog::{self, Direction, FalcoEvent, Origin};
use crate::dialect::{self, FALCO_IDS, UNKNOWN_TYPE};
use crate::state::Row;

/// How many numeric codes a call has in Falco that no type is named by: one for the begin of any such call, one for the end.
const USUAL_CODES: u16 = 2;

/// Falco's number of a call that its driver had no number for.
const UNKNOWN_CALL: u32 = 0;

/// Falco's name for types that no capture holds any more.
const NO_NAME: &str = "NA";

/// The names, and the ways to them.
struct EventTypes {
    defs: Vec<EventTypeDef>,
    /// The events of each type, in the order of the types.
    events: Vec<Vec<EventId>>,
    /// By event.
    of_event: Dense,
    /// Calls without a row: by number, one list for each ABI.
    of_call: Vec<(Abi, Dense)>,
    /// Calls without a type of Falco's, by Falco's number.
    of_falco_call: Vec<EventTypeId>,
    /// All names, sorted.
    by_name: BTreeMap<&'static str, EventTypeId>,
}

/// Types by small numbers: asked for every event, so found without hashing.
#[derive(Default)]
struct Dense(Vec<Option<EventTypeId>>);

impl Dense {
    fn insert(&mut self, number: u32, id: EventTypeId) {
        let place = number as usize;
        if place >= self.0.len() {
            self.0.resize(place + 1, None);
        }
        if let Some(entry) = self.0.get_mut(place) {
            *entry = Some(id);
        }
    }

    #[inline]
    fn get(&self, number: u32) -> Option<EventTypeId> {
        self.0.get(number as usize).copied().flatten()
    }
}

static TYPES: LazyLock<EventTypes> = LazyLock::new(EventTypes::new);

impl EventTypes {
    fn new() -> EventTypes {
        let mut types = EventTypes {
            defs: Vec::new(),
            events: Vec::new(),
            of_event: Dense::default(),
            of_call: Abi::ALL
                .iter()
                .map(|abi| (*abi, Dense::default()))
                .collect(),
            of_falco_call: Vec::new(),
            by_name: BTreeMap::new(),
        };
        types.add_table();
        types.add_calls();
        types.add_falcos();
        types.count_codes();
        types
    }

    /// The rows of the event table.
    fn add_table(&mut self) {
        for event in events::events().filter(|event| !event.has(SNAPSHOT)) {
            let id = self.add(event.name, event.id, event.id != events::syscall::EVENT);
            self.of_event.insert(u32::from(event.id.0), id);
        }
    }

    /// Calls without a row of their own.
    fn add_calls(&mut self) {
        let taken: BTreeSet<&str> = events::events()
            .flat_map(|event| event.syscalls.iter().copied())
            .collect();
        for (name, numbers) in syscalls::syscalls().filter(|(name, _)| !taken.contains(name)) {
            let id = self.add(falcos_name(name), events::syscall::EVENT, false);
            for ((_, calls), number) in self.of_call.iter_mut().zip(numbers) {
                if let Ok(number) = u32::try_from(number) {
                    calls.insert(number, id);
                }
            }
        }
    }

    /// Falco's types without a row in the event table, and the calls that Falco has no type for.
    fn add_falcos(&mut self) {
        for ty in catalog::all().filter(|ty| ty.name != NO_NAME) {
            let event = dialect::event_id(ty.code);
            if event.0 < FALCO_IDS {
                continue;
            }
            if is_hidden(event) {
                // Its exits have the name.
                continue;
            }
            let id = self.add(ty.name, event, !ty.params.is_empty());
            self.of_event.insert(u32::from(event.0), id);
        }
        for name in dialect::syscall_names() {
            let known = self.by_name.get(name).copied();
            let id = known.unwrap_or_else(|| self.add(name, events::syscall::EVENT, false));
            self.of_falco_call.push(id);
        }
    }

    /// Counts Falco's types of each name, old versions among them.
    fn count_codes(&mut self) {
        let mut codes: BTreeMap<&str, u16> = BTreeMap::new();
        for ty in catalog::all() {
            *codes.entry(ty.name).or_default() += 1;
        }
        for def in &mut self.defs {
            def.codes = codes.get(def.name).copied().unwrap_or(USUAL_CODES);
        }
    }

    /// Adds an event to a name, and the name where it is new.
    fn add(&mut self, name: &'static str, event: EventId, has_params: bool) -> EventTypeId {
        if let Some(id) = self.by_name.get(name) {
            if let Some(events) = self.events.get_mut(usize::from(id.0)) {
                events.push(event);
            }
            if let Some(def) = self.defs.get_mut(usize::from(id.0)) {
                def.has_params |= has_params;
            }
            return *id;
        }
        let id = EventTypeId(u16::try_from(self.defs.len()).expect("there are few names"));
        self.defs.push(EventTypeDef {
            name,
            codes: USUAL_CODES,
            has_params,
        });
        self.events.push(vec![event]);
        self.by_name.insert(name, id);
        id
    }
}

/// Whether rules and filters never see rows of this event: beginnings of calls, and types that this build does not know.
pub fn is_hidden(event: EventId) -> bool {
    if event == UNKNOWN_TYPE {
        return true;
    }
    let ty = event
        .0
        .checked_sub(FALCO_IDS)
        .and_then(catalog::event_of_code);
    ty.is_some_and(|ty| ty.origin == Origin::Syscall && ty.direction == Direction::Enter)
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
        && let Some(id) = of_call(row)
    {
        return id;
    }
    // What a newer recorder wrote and this program does not know.
    let unknown = || event_type_of(events::syscall::EVENT);
    event_type_of(event)
        .or_else(unknown)
        .unwrap_or(EventTypeId(0))
}

/// The type of a call without a row, by its number.
fn of_call(row: Row<'_>) -> Option<EventTypeId> {
    let number = row.u32(events::syscall::ID)?;
    if !row.manner().has_falcos_call_numbers() {
        return of_number(row.abi(), number);
    }
    if number != UNKNOWN_CALL {
        let calls = &TYPES.of_falco_call;
        return calls.get(usize::try_from(number).ok()?).copied();
    }
    // Old drivers had no number of Falco's for every call, and wrote the kernel's beside it.
    let native = row.falco_uint(row.falco_param("nativeID")?)?;
    let native = u32::try_from(native).ok()?;
    let named = || event_type_by_name(syscalls::name(Abi::X86_64, native)?);
    of_number(Abi::X86_64, native).or_else(named)
}

/// The type of a call without a row, by the kernel's number.
fn of_number(abi: Abi, number: u32) -> Option<EventTypeId> {
    let mut lists = TYPES.of_call.iter();
    let (_, calls) = lists.find(|(of, _)| *of == abi)?;
    calls.get(number)
}

/// The name of a type.
pub(super) fn name(id: EventTypeId) -> &'static str {
    let def = TYPES.defs.get(usize::from(id.0));
    def.map_or("", |def| def.name)
}

/// Falco's type of the name, where Falco has one beside the number of the call.
pub(super) fn falco_type(id: EventTypeId) -> Option<&'static FalcoEvent> {
    event_ids_of(id)
        .filter(|event| *event != events::syscall::EVENT)
        .filter_map(dialect::falco_event)
        .last()
}

/// The events that may be of a type, in captures of ours and in imported ones.
pub fn event_ids_of(id: EventTypeId) -> impl Iterator<Item = EventId> {
    let events = TYPES.events.get(usize::from(id.0));
    events.map_or(&[][..], Vec::as_slice).iter().copied()
}

/// The type of an event of the table. Calls without a row have many: this is the one of those whose number is not known.
pub fn event_type_of(event: EventId) -> Option<EventTypeId> {
    TYPES.of_event.get(u32::from(event.0))
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
        assert_eq!(events.first(), Some(&events::openat::EVENT));
        let fsync = event_type_by_name("fsync").expect("a call without a row");
        let events: Vec<_> = event_ids_of(fsync).collect();
        assert_eq!(events, [events::syscall::EVENT]);
        assert_eq!(event_type_by_name("state_thread"), None);
    }

    #[test]
    fn codes_are_those_of_falcos_table() {
        let check = |name: &str, expected: u16| {
            let def = defs().iter().find(|def| def.name == name);
            assert_eq!(def.map(|def| def.codes), Some(expected), "{name}");
        };
        // One by one, of a name that begins anew with a changed type, of a call without a type.
        check("keyctl", 1);
        check("select", 4);
        check("execve", 16);
        check("openat", 4);
        check("fsync", 2);
        check("procfork", 2);
    }

    #[test]
    fn names_of_imported_events_have_their_ids() {
        let check = |name: &str, expected: &[u16]| {
            let id = event_type_by_name(name).expect("a name");
            let events: Vec<u16> = event_ids_of(id).map(|event| event.0).collect();
            assert_eq!(events, expected, "{name}");
            for event in expected.iter().filter(|event| **event >= FALCO_IDS) {
                assert_eq!(event_type_of(EventId(*event)), Some(id));
            }
        };
        check("switch", &[FALCO_IDS + 146, FALCO_IDS + 152]);
        check("futex", &[events::syscall::EVENT.0, FALCO_IDS + 65]);
        check("openat", &[events::openat::EVENT.0, FALCO_IDS + 103]);
        check("fsync", &[events::syscall::EVENT.0]);
        assert!(is_hidden(UNKNOWN_TYPE));
        assert!(is_hidden(EventId(FALCO_IDS + 2)));
        assert!(!is_hidden(EventId(FALCO_IDS + 152)));
    }
}
