//! Which event of ours a type of Falco's is.
//!
//! The newest exit (or the only form) of a name that the event table has goes by the table's id.
//! Every other type goes by [`FALCO_IDS`] and its number: types that the table has not, and enters.

use std::sync::LazyLock;

use falco_abi::EventId;
use falco_abi::events::SNAPSHOT;
use falco_abi::limits::EVENT_IDS;

use super::catalog::{self, Category, Direction, FalcoEvent, OLD, Origin};

/// Ids from here on are types of Falco's without an event of ours: this plus the type's number. Far above what the event table will reach.
pub const FALCO_IDS: u16 = 0x1000;

/// The id of rows whose type this build does not know. Rules never see them and they do not count.
pub const UNKNOWN_TYPE: EventId = EventId(0x0fff);

/// The numbers of enter types that old captures keep: the state sees them and they count, but rules do not see them.
pub const ENTER_SEEN: [u16; 7] = [2, 22, 58, 292, 306, 326, 330];

const _: () = assert!(EVENT_IDS < UNKNOWN_TYPE.0 as usize);

struct Ids {
    /// By number.
    of_code: Vec<EventId>,
    /// The types that go by an id of the event table.
    of_table: Vec<Option<&'static FalcoEvent>>,
}

static IDS: LazyLock<Ids> = LazyLock::new(|| {
    let codes = u16::try_from(catalog::CODES).unwrap_or(u16::MAX);
    let mut ids = Ids {
        of_code: (0..codes).map(|code| EventId(FALCO_IDS + code)).collect(),
        of_table: vec![None; EVENT_IDS],
    };
    for event in falco_abi::events().filter(|event| !event.has(SNAPSHOT)) {
        // The newest of a name has the greatest number.
        let newest = catalog::all().filter(|ty| ty.name == event.name && is_final(ty));
        let Some(ty) = newest.last() else { continue };
        if let Some(id) = ids.of_code.get_mut(usize::from(ty.code)) {
            *id = event.id;
        }
        if let Some(place) = ids.of_table.get_mut(usize::from(event.id.0)) {
            *place = Some(ty);
        }
    }
    ids
});

/// Whether rows of this type stand in today's captures as they are.
fn is_final(ty: &FalcoEvent) -> bool {
    let is_call = ty.origin == Origin::Syscall;
    !ty.has(OLD) && (!is_call || ty.direction == Direction::Exit)
}

/// The id of a type's rows.
#[must_use]
pub fn event_id(code: u16) -> EventId {
    IDS.of_code
        .get(usize::from(code))
        .copied()
        .unwrap_or(UNKNOWN_TYPE)
}

/// The type of rows with this id in an imported capture.
#[must_use]
pub fn falco_event(id: EventId) -> Option<&'static FalcoEvent> {
    match id.0.checked_sub(FALCO_IDS) {
        Some(code) => catalog::event_of_code(code),
        None => IDS.of_table.get(usize::from(id.0)).copied().flatten(),
    }
}

/// Whether an imported capture may open with rows of this event: accounts and containers that were there before.
/// Falco reads those for its state and shows them to nobody; later ones it shows.
#[must_use]
pub fn may_open(id: EventId) -> bool {
    let ty = falco_event(id);
    ty.is_some_and(|ty| ty.origin == Origin::Meta && ty.category == Category::Process)
}

#[cfg(test)]
mod tests {
    use falco_abi::events;

    use super::*;

    #[test]
    fn ids_lead_there_and_back() {
        for ty in catalog::all() {
            let id = event_id(ty.code);
            assert_eq!(
                falco_event(id).map(|ty| ty.code),
                Some(ty.code),
                "{}",
                ty.name
            );
        }
        assert_eq!(event_id(3), events::open::EVENT);
        assert_eq!(event_id(2), EventId(FALCO_IDS + 2));
        assert_eq!(event_id(catalog::CODES as u16), UNKNOWN_TYPE);
        assert_eq!(event_id(u16::MAX), UNKNOWN_TYPE);
        assert_eq!(falco_event(UNKNOWN_TYPE).map(|ty| ty.code), None);
    }

    #[test]
    fn names_of_the_table_lead_to_their_newest_type() {
        for (name, code) in [
            ("openat", 307),
            ("execve", 293),
            ("clone", 223),
            ("accept", 247),
            ("procexit", 186),
            ("container", 324),
        ] {
            let event = events::event_by_name(name).expect("a row");
            let ty = falco_event(event.id).expect("a type");
            assert_eq!((ty.name, ty.code), (name, code));
        }
    }

    #[test]
    fn enters_that_stay_are_enters() {
        for code in ENTER_SEEN {
            let ty = catalog::event_of_code(code).expect("a type");
            assert_eq!(ty.direction, Direction::Enter, "{}", ty.name);
        }
    }

    #[test]
    fn captures_open_with_accounts_and_containers() {
        for (code, expected) in [
            (324, true),
            (354, true),
            (360, true),
            (186, false),
            (234, false),
            (307, false),
        ] {
            assert_eq!(may_open(event_id(code)), expected, "{code}");
        }
    }
}
