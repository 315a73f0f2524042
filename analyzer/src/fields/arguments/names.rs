//! What numbers with names were printed as, so that the same number of the same argument is named once: flags, modes, errors, of which a capture has few.
//!
//! In: an argument, its number, and who prints it. Out: the text. Nothing of the state is in it: names of users and processes are not kept here.

use falco_abi::EventId;
use falco_rules::FieldType;

use super::Raw;
use super::argument::{Argument, Part};

/// How many texts are kept; a newer one takes the place of an older.
const PLACES: usize = 1_024;

/// Which number of which argument; arguments are told by where their declarations lie.
type Key = (usize, EventId, u64);

#[derive(Clone, Default)]
struct Entry {
    key: Option<Key>,
    text: Vec<u8>,
}

/// Texts of numbers.
pub(crate) struct Names {
    entries: Vec<Entry>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            entries: vec![Entry::default(); PLACES],
        }
    }
}

/// The number of an argument whose text is a function of it and of the event's type alone, and takes more than digits.
pub(super) fn named(argument: &Argument, raw: &Raw<'_>) -> Option<u64> {
    let is_own = matches!(
        argument.part,
        Part::Variant | Part::OptionValue | Part::Call
    );
    match (raw, argument.ty) {
        _ if is_own => None,
        (Raw::Int(value), FieldType::Errno) if *value < 0 => Some(value.cast_unsigned()),
        (
            Raw::Uint(value),
            FieldType::Flags
            | FieldType::Enumflags
            | FieldType::Mode
            | FieldType::Sigtype
            | FieldType::Reltime,
        ) => Some(*value),
        _ => None,
    }
}

/// Where a text is kept. Numbers that meet there take turns, which costs time alone.
fn place_of((argument, event, number): Key) -> usize {
    /// The golden ratio of 64 bits: spreads numbers that are near each other.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let own = (argument as u64).rotate_left(u32::BITS) ^ u64::from(event.0);
    let mixed = (number.wrapping_mul(SPREAD) ^ own).wrapping_mul(SPREAD);
    (mixed >> (u64::BITS - PLACES.ilog2())) as usize
}

impl Names {
    /// Writes the text of a number.
    pub(super) fn write(
        &mut self,
        (argument, event, number): (&'static Argument, EventId, u64),
        out: &mut Vec<u8>,
        print: impl FnOnce(&mut Vec<u8>),
    ) {
        let key = (std::ptr::from_ref(argument).addr(), event, number);
        let Some(entry) = self.entries.get_mut(place_of(key)) else {
            return print(out);
        };
        if entry.key != Some(key) {
            entry.text.clear();
            print(&mut entry.text);
            entry.key = Some(key);
        }
        out.extend_from_slice(&entry.text);
    }
}
