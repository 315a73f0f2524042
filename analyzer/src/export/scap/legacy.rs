//! Events as programs of 2022 read them: calls as pairs of an enter and an exit, in the types that were known then.
//!
//! In: one event of today's. Out: an exit that carries what exits carried then, and in front of it an enter with the arguments, made up at the exit's time.
//! Parameters were only ever appended to a type, so those of 2022 are the first ones of today's; what the enter lacks or the exit had moved goes by its name.
//! Calls whose type is newer become the older type of the same meaning, or the call without a type of its own, known by its number alone.
//! What becomes of which type is planned below; here events are taken along the plans.

mod plan;

use std::collections::HashMap;

use falco_abi::Wire;
use falco_format::Tid;

use self::plan::{EXECVE, Form, Plan, SYSCALL_EXIT, Source, UNKNOWN_CALL, known_call, plan_for};
use super::rows::EventRow;
use crate::dialect::catalog::ParamType;
use crate::dialect::{ENTER_SEEN, wire_of};

/// The greatest type of a descriptor that was known.
const FD_TYPE_MAX: u8 = 16;

/// Marks of Falco's on the flags of an open: what the call found or made, which no enter can know.
const FOUND_BY_OPEN: u32 = 0x1_c000;

/// Enters that old captures have without parameters: `open`, `creat`, `openat`, `openat2`.
const BARE_ENTERS: [u16; 4] = [2, 58, 306, 326];

/// Types that got parameters later without becoming new ones: exits of `open`, `openat` and `openat2`, and `procexit`.
const SHORT: [u16; 4] = [3, 307, 327, 186];

/// How many threads are remembered to have entered a call with an event that is no made-up one. An exit follows within a few events.
const ENTERED_MAX: usize = 65_536;

/// Whether a descriptor's type was known.
pub(super) fn knows_fd_type(ty: u8) -> bool {
    ty <= FD_TYPE_MAX
}

/// Turns events into those of 2022.
#[derive(Debug, Default)]
pub(super) struct Legacy {
    /// Threads whose enter was written already, with its type.
    entered: HashMap<Tid, u16>,
    enter: EventRow,
    exit: EventRow,
}

/// What an event became.
#[derive(Debug)]
pub(super) enum Lowered<'l> {
    /// It cannot be said.
    Unsaid,
    /// Its exit will say it.
    Later,
    /// One event, or an exit with the enter that is made up in front of it.
    Events(Option<&'l EventRow>, &'l EventRow),
}

impl Legacy {
    /// The events of 2022 that an event becomes.
    pub(super) fn lower(&mut self, row: &EventRow) -> Lowered<'_> {
        match plan_for(row.code, || present(row)) {
            None | Some(Plan::None) => Lowered::Unsaid,
            // Nothing but the time is known of it, and of which type it is its exit will tell.
            Some(Plan::One(_)) if row.code == EXECVE - 1 && row.values().all(<[u8]>::is_empty) => {
                Lowered::Later
            }
            Some(Plan::One(form)) => {
                if ENTER_SEEN.contains(&row.code) {
                    self.note_enter(row);
                }
                fill(&mut self.exit, form, row);
                Lowered::Events(None, &self.exit)
            }
            Some(Plan::Pair(enter, exit)) => {
                fill(&mut self.exit, exit, row);
                if self.entered.remove(&row.tid) == Some(enter.code) {
                    return Lowered::Events(None, &self.exit);
                }
                fill(&mut self.enter, enter, row);
                Lowered::Events(Some(&self.enter), &self.exit)
            }
            Some(Plan::Call(number)) => {
                // The kernel's number of the call stands in enters alone, which today's captures do not have.
                let number = number.to_le_bytes();
                begin(&mut self.enter, SYSCALL_EXIT.saturating_sub(1), row);
                self.enter.push(&[&number]);
                self.enter.push(&[&[0, 0]]);
                begin(&mut self.exit, SYSCALL_EXIT, row);
                self.exit.push(&[&number]);
                Lowered::Events(Some(&self.enter), &self.exit)
            }
        }
    }

    fn note_enter(&mut self, row: &EventRow) {
        if self.entered.len() >= ENTERED_MAX {
            self.entered.clear();
        }
        self.entered.insert(row.tid, row.code);
    }
}

/// How many parameters an event has up to the last one that is present.
fn present(row: &EventRow) -> usize {
    let present = row
        .values()
        .zip(1usize..)
        .filter(|(value, _)| !value.is_empty());
    present.last().map_or(0, |(_, count)| count)
}

fn begin(event: &mut EventRow, code: u16, row: &EventRow) {
    event.begin(code, row.time, row.cpu, row.tid);
    event.flags = row.flags;
}

fn fill(event: &mut EventRow, form: &Form, row: &EventRow) {
    begin(event, form.code, row);
    // Enters of these types got their parameters late: readers know those without, and would take a made-up name for the file's.
    if BARE_ENTERS.contains(&row.code) && row.values().all(<[u8]>::is_empty) {
        return;
    }
    for source in form.params.iter().take(count(form, row)) {
        let value = source.from.and_then(|from| row.value(from));
        push(event, source, value.unwrap_or_default());
    }
}

/// How many parameters an event gets: of some types readers know events that lack the last ones.
fn count(form: &Form, row: &EventRow) -> usize {
    let is_short = SHORT.contains(&row.code) && row.code == form.code;
    match present(row) {
        0 => form.params.len(),
        count if is_short => count,
        _ => form.params.len(),
    }
}

/// Adds a value at the width of its type. Readers of 2022 do not know absent values: a descriptor is −1 then, a number 0, and a string what recorders of that time wrote.
fn push(event: &mut EventRow, source: &Source, value: &[u8]) {
    let wire = wire_of(source.ty);
    let Some(width) = wire.width() else {
        let is_absent = wire == Wire::Str && value.is_empty();
        return event.push(&[if is_absent { source.absent } else { value }]);
    };
    let is_signed = matches!(wire, Wire::I32 | Wire::I64);
    let is_id = matches!(
        source.ty,
        ParamType::Fd | ParamType::Pid | ParamType::Fd32 | ParamType::Pid32
    );
    let is_negative = match value.last() {
        Some(last) => is_signed && *last >= 0x80,
        None => is_id,
    };
    let mut bytes = [if is_negative { 0xff } else { 0 }; size_of::<u64>()];
    for (slot, byte) in bytes.iter_mut().zip(value) {
        *slot = *byte;
    }
    if source.is_asked {
        let flags = u64::from_le_bytes(bytes) & !u64::from(FOUND_BY_OPEN);
        bytes = flags.to_le_bytes();
    }
    if source.is_call {
        let number = u16::try_from(u64::from_le_bytes(bytes)).unwrap_or(UNKNOWN_CALL);
        bytes = u64::from(known_call(number)).to_le_bytes();
    }
    event.push(&[bytes.get(..width).unwrap_or(&bytes)]);
}

#[cfg(test)]
mod tests {
    use falco_format::UnixNanos;
    use proptest::prelude::*;

    use super::*;

    /// The events that one of today's becomes, as type and values.
    fn lowered(legacy: &mut Legacy, code: u16, values: &[&[u8]]) -> Vec<(u16, Vec<Vec<u8>>)> {
        let mut row = EventRow::default();
        row.begin(code, UnixNanos(1), 0, Tid(7));
        values.iter().for_each(|value| row.push(&[value]));
        let Lowered::Events(enter, exit) = legacy.lower(&row) else {
            return Vec::new();
        };
        let values = |event: &EventRow| event.values().map(<[u8]>::to_vec).collect();
        let events = enter.into_iter().chain([exit]);
        events.map(|event| (event.code, values(event))).collect()
    }

    #[test]
    fn a_call_becomes_an_enter_and_an_exit() {
        let fd = 3i64.to_le_bytes();
        let res = 0i64.to_le_bytes();
        let events = lowered(&mut Legacy::default(), 5, &[&res, &fd]);
        assert_eq!(events, [(4, vec![fd.to_vec()]), (5, vec![res.to_vec()])]);
    }

    #[test]
    fn newer_calls_become_older_ones_or_their_number() {
        let (res, old, new) = (5i64.to_le_bytes(), 3i64.to_le_bytes(), 5i64.to_le_bytes());
        let events = lowered(&mut Legacy::default(), 363, &[&res, &old, &new]);
        assert_eq!(
            events,
            [(124, vec![old.to_vec()]), (125, vec![res.to_vec()])]
        );
        // mlock
        let events = lowered(&mut Legacy::default(), 345, &[&res, &old, &new]);
        assert_eq!(
            events.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            [0, 1]
        );
        // close_range, whose number is unknown, by its own type and by its number alone.
        let unknown = [0, 1].map(|code| (code, vec![0, 0]));
        for (code, values) in [
            (451, [&res[..], &old]),
            (1, [&400u16.to_le_bytes()[..], &[]]),
        ] {
            let events = lowered(&mut Legacy::default(), code, &values);
            let ids = events
                .into_iter()
                .map(|(code, values)| (code, values[0].clone()));
            assert_eq!(ids.collect::<Vec<_>>(), unknown, "{code}");
        }
        // useradded
        assert_eq!(lowered(&mut Legacy::default(), 354, &[]), []);
    }

    #[test]
    fn an_enter_that_is_there_is_not_made_up() {
        let mut legacy = Legacy::default();
        let name: &[u8] = b"/tmp/x\0";
        let fd = 3i64.to_le_bytes();
        let flags = 0x4001u32.to_le_bytes();
        let codes = |events: Vec<(u16, Vec<Vec<u8>>)>| -> Vec<u16> {
            events.into_iter().map(|(code, _)| code).collect()
        };
        assert_eq!(
            codes(lowered(&mut legacy, 2, &[name, &flags, &[0; 4]])),
            [2]
        );
        assert_eq!(codes(lowered(&mut legacy, 3, &[&fd, name, &flags])), [3]);
        assert_eq!(lowered(&mut legacy, 2, &[&[], &[], &[]]), [(2, vec![])]);
        assert_eq!(codes(lowered(&mut legacy, 3, &[&fd, name, &flags])), [3]);
        let events = lowered(&mut legacy, 3, &[&fd, name, &flags]);
        let (enter, values) = events.first().expect("an enter");
        assert_eq!(
            (*enter, values.get(1)),
            (2, Some(&1u32.to_le_bytes().to_vec()))
        );
    }

    #[test]
    fn what_is_absent_is_what_recorders_wrote() {
        let events = lowered(
            &mut Legacy::default(),
            3,
            &[&[], &[], &[], &[1, 0, 0, 0], &[]],
        );
        let (enter, asked) = events.first().expect("an enter");
        assert_eq!((*enter, asked.first()), (2, Some(&b"<NA>\0".to_vec())));
        let (_, exit) = events.last().expect("an exit");
        let expected: [&[u8]; 4] = [&[0xff; 8], b"<NA>\0", &[0; 4], &[1, 0, 0, 0]];
        assert_eq!(exit, &expected.map(<[u8]>::to_vec));
    }

    #[test]
    fn an_exec_is_of_the_type_that_has_what_it_has() {
        let check = |present: usize, expected: &[u16]| {
            let values = vec![&[1u8][..]; present];
            let events = lowered(&mut Legacy::default(), EXECVE, &values);
            let codes: Vec<u16> = events.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes, expected);
        };
        check(16, &[230, 231]);
        check(17, &[282, 283]);
        check(30, &[292, 293]);
        assert_eq!(lowered(&mut Legacy::default(), EXECVE - 1, &[&[]]), []);
    }

    proptest! {
        /// Whatever an event holds, what it becomes has the count of its type, or fewer where readers know that.
        #[test]
        fn any_event_becomes_one_of_then(
            code in 0u16..500,
            values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..33),
        ) {
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            for (code, values) in lowered(&mut Legacy::default(), code, &values) {
                let count = plan::count_of(code);
                prop_assert!(count.is_some_and(|count| values.len() <= count));
            }
        }
    }
}
