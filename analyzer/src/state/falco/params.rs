//! Where Falco's rows have the parameters of the event table: the parameter of the same name.

use std::sync::LazyLock;

use falco_abi::EventId;
use falco_abi::events::{self, SNAPSHOT};
use falco_abi::limits::{EVENT_IDS, PARAMS_MAX};

use crate::dialect::{SNAPSHOT_PARAMS, falco_event};

/// Place of a parameter that Falco has not.
const NONE: u8 = u8::MAX;

/// By id of the event table and index of its parameter.
static PLACES: LazyLock<Box<[[u8; PARAMS_MAX]]>> = LazyLock::new(|| {
    let mut places = vec![[NONE; PARAMS_MAX]; EVENT_IDS];
    for event in events::events() {
        let names = if event.has(SNAPSHOT) {
            snapshot_names(event.id)
        } else {
            let ty = falco_event(event.id);
            ty.map_or_else(Vec::new, |ty| ty.params.iter().map(|p| p.name).collect())
        };
        let place = |name: &str| names.iter().position(|other| *other == name);
        let of_event = event.params.iter().map(|param| {
            let place = place(param.name).and_then(|place| u8::try_from(place).ok());
            place.unwrap_or(NONE)
        });
        if let Some(entry) = places.get_mut(usize::from(event.id.0)) {
            let entries = entry.iter_mut().zip(of_event);
            entries.for_each(|(entry, place)| *entry = place);
        }
    }
    places.into_boxed_slice()
});

fn snapshot_names(id: EventId) -> Vec<&'static str> {
    let row = SNAPSHOT_PARAMS.iter().find(|(event, _)| *event == id);
    row.map_or_else(Vec::new, |(_, params)| {
        params.iter().map(|(name, _, _)| *name).collect()
    })
}

/// The place in Falco's row of a parameter of the event table.
#[inline]
pub(in crate::state) fn falco_place(event: EventId, param: usize) -> Option<usize> {
    let place = *PLACES.get(usize::from(event.0))?.get(param)?;
    (place != NONE).then_some(usize::from(place))
}

#[cfg(test)]
mod tests {
    use falco_abi::events::{clone, connect, openat, prlimit, state_thread};

    use super::*;

    #[test]
    fn a_parameter_is_the_one_of_its_name() {
        assert_eq!(falco_place(openat::EVENT, openat::flags), Some(3));
        assert_eq!(falco_place(openat::EVENT, openat::opened), None);
        assert_eq!(falco_place(connect::EVENT, connect::fd), Some(2));
        assert_eq!(falco_place(clone::EVENT, clone::flags), Some(15));
        assert_eq!(falco_place(prlimit::EVENT, prlimit::resource), Some(6));
        assert_eq!(
            falco_place(state_thread::EVENT, state_thread::ptid),
            Some(0)
        );
        assert_eq!(falco_place(EventId(u16::MAX), 0), None);
    }
}
