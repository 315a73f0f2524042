//! What becomes of each of today's event types in the words of 2022: which type it is told as, and where its parameters come from.
//!
//! Owns the table of what was known then, and makes a plan for each type of the catalog, once. It reads no event.

use std::sync::LazyLock;

use crate::dialect::catalog::{self, Direction, FalcoEvent, Origin, ParamType};
use crate::dialect::syscall_names;

/// A number that was not in use, or whose values cannot be carried over.
const __: u8 = u8::MAX;

/// How many parameters a type had in 2022 (libraries of March 2022, which sysdig 0.29 has), by its number.
#[rustfmt::skip]
const PARAMS: [u8; 336] = [
    2, 1, 3, 5, 1, 1, 2, 2, 2, 2, 1, 1, 0, 8, 0, 11, 0, __, 3, 1, 1, 2, 2, 2, 2, 1, 0, 3,
    2, 2, 3, 2, 2, 2, 2, 3, 2, 1, 0, 0, 0, 0, 3, 5, 0, 6, 0, 6, 3, 2, 0, 0, 1, 4, 0, 0,
    1, 3, 2, 4, 0, 4, 2, 1, 3, 1, 0, 2, 0, 2, 1, 1, 0, 2, 0, 2, 1, 1, 1, 1, 2, 2, 0, 1,
    0, 1, 3, 1, 3, 1, 2, 1, 0, 2, 0, 2, 1, 1, 2, 1, 1, 1, 4, 1, 2, 1, 4, 1, 1, 1, 2, 1,
    3, 2, 3, 2, 1, 3, 2, 2, 2, 3, 3, 2, 1, 1, 3, 1, 2, 1, 2, 1, 3, 1, 1, 1, 2, 1, 1, 1,
    1, 3, 1, 3, 2, 5, 1, __, 1, 1, 2, 1, 6, __, 0, 13, 0, 16, 1, 4, 6, 4, 6, 4, 2, 4, 4, 1,
    2, 3, 3, 1, 0, 14, 0, 3, 0, 5, 0, 3, 0, 4, 0, 16, 0, 16, 4, __, 4, 2, 4, 14, 3, 1, 3, 1,
    __, __, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 4, 0, 4, 0, 15, 0, 17, 0, 17, 0, 17, 0, 20,
    0, 20, 0, 20, 4, __, 0, 16, 3, __, 2, __, 1, 1, 1, 1, 2, 1, 2, 1, 2, __, 0, 5, 1, 5, 1, 8,
    4, 1, 3, 2, 1, 4, 1, 2, 1, __, 3, 1, 1, 2, 0, 2, 3, __, 1, __, 1, __, 0, 1, 1, 2, 0, 2,
    2, __, 0, 17, 1, 1, 4, __, 1, 17, 3, __, 1, 20, 2, 1, __, __, 1, 1, 0, 2, 0, 4, 0, 4, 4, 6,
    0, 3, 0, 6, 0, 4, 0, 3, 0, 3, 0, 6, 0, 2, __, __, 1, __, 5, 6, 3, 1, 3, 20, 3, 3, 0, 20,
];

/// Types of today's and the older type that programs of 2022 take for the same.
const OLDER: [(u16, u16); 10] = [
    (363, 125), // dup2
    (365, 125), // dup3
    (367, 125), // dup
    (387, 259), // umount
    (389, 249), // accept4
    (391, 259), // umount2
    (393, 61),  // pipe2
    (395, 139), // inotify_init1
    (397, 63),  // eventfd2
    (399, 127), // signalfd4
];

/// Parameters that went by another name: today's type, the name then, the name now.
const RENAMED: [(u16, &str, &str); 3] = [
    (363, "fd", "oldfd"),
    (365, "fd", "oldfd"),
    (367, "fd", "oldfd"),
];

/// The exit of a call without a type of its own.
pub(super) const SYSCALL_EXIT: u16 = 1;
/// The greatest number of a call that was known: readers of that time look names up without asking whether they have them.
const CALL_MAX: u16 = 328;
/// What a call without a number is.
pub(super) const UNKNOWN_CALL: u16 = 0;

/// Of `execve` the types with fewer parameters, for exits that have no more: readers do not take a type's event without its last ones.
const SHORTER_EXECS: [(usize, u16); 2] = [(16, 231), (17, 283)];
/// `execve` of today.
pub(super) const EXECVE: u16 = 293;

/// Where a parameter of 2022 comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The parameter of today's event, if it has it.
    pub(super) from: Option<usize>,
    /// How it lay in 2022.
    pub(super) ty: ParamType,
    /// Whether marks of the exit are taken off.
    pub(super) is_asked: bool,
    /// Whether it is the number of a call.
    pub(super) is_call: bool,
    /// What stands for a string that is absent.
    pub(super) absent: &'static [u8],
}

/// An event of 2022.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) code: u16,
    pub(super) params: Vec<Source>,
}

/// What becomes of a type.
#[derive(Clone, Debug, Default)]
pub(super) enum Plan {
    /// It cannot be said in 2022's words.
    #[default]
    None,
    /// An event without an enter, or an enter itself.
    One(Form),
    /// The made-up enter and the exit.
    Pair(Form, Form),
    /// A call by its number.
    Call(u16),
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let mut plans = vec![Plan::None; catalog::CODES];
    for event in catalog::all() {
        if let Some(plan) = plans.get_mut(usize::from(event.code)) {
            *plan = plan_of(event);
        }
    }
    plans
});

/// The plans of [`SHORTER_EXECS`].
static SHORTER_PLANS: LazyLock<Vec<(usize, Plan)>> = LazyLock::new(|| {
    let Some(event) = catalog::event_of_code(EXECVE) else {
        return Vec::new();
    };
    let plans = SHORTER_EXECS.iter();
    plans
        .map(|(count, code)| (*count, plan_as(event, *code)))
        .collect()
});

fn plan_of(event: &FalcoEvent) -> Plan {
    let older = OLDER.iter().find(|(code, _)| *code == event.code);
    plan_as(event, older.map_or(event.code, |(_, older)| *older))
}

/// The number of a call, or that of an unknown one where it came later.
pub(super) fn known_call(number: u16) -> u16 {
    if number <= CALL_MAX {
        number
    } else {
        UNKNOWN_CALL
    }
}

/// What becomes of an event as a type of 2022.
fn plan_as(event: &FalcoEvent, code: u16) -> Plan {
    let Some(exit) = form(event, code, false) else {
        let call = || syscall_names().position(|name| name == event.name);
        let is_exit = event.origin == Origin::Syscall && event.direction == Direction::Exit;
        let number = is_exit.then(call).flatten();
        return number
            .and_then(|number| u16::try_from(number).ok())
            .map_or(Plan::None, |number| Plan::Call(known_call(number)));
    };
    let is_exit = event.direction == Direction::Exit && event.origin == Origin::Syscall;
    let enter = code.checked_sub(1).filter(|_| is_exit);
    match enter.and_then(|enter| form(event, enter, true)) {
        Some(enter) => Plan::Pair(enter, exit),
        None => Plan::One(exit),
    }
}

/// How many parameters a type had in 2022, if there was one of this number.
pub(super) fn count_of(code: u16) -> Option<usize> {
    let count = PARAMS.get(usize::from(code)).filter(|count| **count != __);
    count.map(|count| usize::from(*count))
}

/// How an event of today's is told as a type of 2022.
fn form(event: &FalcoEvent, code: u16, is_asked: bool) -> Option<Form> {
    let count = count_of(code)?;
    let old = catalog::event_of_code(code)?;
    let place = |name: &str| {
        let renamed = RENAMED
            .iter()
            .find(|(code, then, _)| *code == event.code && *then == name);
        event.param(renamed.map_or(name, |(_, _, now)| now))
    };
    let params = old.params.iter().enumerate().take(count);
    let params = params.map(|(index, param)| Source {
        from: if code == event.code {
            Some(index)
        } else {
            place(param.name)
        },
        ty: param.ty,
        // Recorders left the working directory to readers, and wrote none.
        absent: if param.name == "cwd" {
            b"\0"
        } else {
            b"<NA>\0"
        },
        is_call: param.name == "ID" && code <= SYSCALL_EXIT,
        is_asked: is_asked && param.name == "flags" && event.name.starts_with("open"),
    });
    Some(Form {
        code,
        params: params.collect(),
    })
}

/// The plan for an event of a type, by how many parameters it has up to its last one where types differ in that; none for a number of no type.
pub(super) fn plan_for(code: u16, present: impl FnOnce() -> usize) -> Option<&'static Plan> {
    let plan = PLANS.get(usize::from(code));
    if code != EXECVE {
        return plan;
    }
    let present = present();
    let mut shorter = SHORTER_PLANS.iter();
    shorter
        .find(|(count, _)| present <= *count)
        .map_or(plan, |(_, plan)| Some(plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::catalog::OLD;

    #[test]
    fn every_type_that_was_known_has_a_form() {
        for (code, count) in (0u16..).zip(PARAMS) {
            let event = catalog::event_of_code(code);
            let is_known = count != __;
            assert!(!is_known || event.is_some(), "{code}");
            let Some(event) = event.filter(|event| is_known && !event.has(OLD)) else {
                continue;
            };
            assert!(usize::from(count) <= event.params.len(), "{code}");
            assert!(!matches!(plan_of(event), Plan::None), "{code}");
        }
    }
}
