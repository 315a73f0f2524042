//! The event table turned into what the probe interprets: plans, and which call has which.

use falco_abi::kernel::{SOCKETCALL_SLOTS, slot};
use falco_abi::limits::SYSCALL_NUMBERS;
use falco_abi::plan::{Limits, PLAN_LEN, Plan};
use falco_abi::syscalls::{self, GENERIC, SOCKETCALLS};
use falco_abi::{Abi, EventDef, EventId, Tracepoint, event};

/// How many ABIs the plan index has tables for.
const ABIS: usize = 4;

/// What the probe is told about the events.
pub(super) struct Plans {
    /// By place: the plan's bytes.
    pub(super) plans: Vec<(u32, [u8; PLAN_LEN])>,
    /// By ABI and number: one more than the plan's place, 0 for none.
    pub(super) index: Vec<u16>,
    /// The same for the calls behind `socketcall`.
    pub(super) socketcalls: [u16; SOCKETCALL_SLOTS],
    /// The same for calls without a row of their own.
    pub(super) generic: u16,
    /// Which tracepoints are needed.
    pub(super) tracepoints: Vec<Tracepoint>,
}

/// Makes the plans of the selected events.
pub(super) fn plans(selected: &[EventId], limits: Limits, abis: &[Abi]) -> Plans {
    let generic = if selected.contains(&GENERIC) {
        entry(GENERIC)
    } else {
        0
    };
    let mut made = Plans {
        plans: Vec::new(),
        index: index(selected, generic, abis),
        socketcalls: socketcalls(selected, generic),
        generic,
        tracepoints: Vec::new(),
    };
    for row in selected.iter().filter_map(|id| event(*id)) {
        if at_exit(row) {
            let plan = Plan::at_syscall_exit(row, limits);
            made.plans.push((u32::from(row.id.0), plan.to_bytes()));
        }
        if let Some(tracepoint) = row.tracepoint {
            let plan = Plan::at_tracepoint(row, limits);
            made.plans
                .push((tracepoint_slot(tracepoint), plan.to_bytes()));
            made.tracepoints.push(tracepoint);
        }
    }
    made
}

fn at_exit(row: &EventDef) -> bool {
    !row.syscalls.is_empty() || row.id == GENERIC
}

const fn entry(id: EventId) -> u16 {
    id.0 + 1
}

const fn tracepoint_slot(tracepoint: Tracepoint) -> u32 {
    match tracepoint {
        Tracepoint::Exec => slot::EXEC,
        Tracepoint::Fork => slot::FORK,
        Tracepoint::Exit => slot::EXIT,
        Tracepoint::CgroupAttach => slot::CGROUP_ATTACH,
    }
}

/// The entry of a call's name.
fn entry_of(name: &str, selected: &[EventId], generic: u16) -> u16 {
    let row = syscalls::event_of(name);
    if row.id == GENERIC {
        generic
    } else if selected.contains(&row.id) {
        entry(row.id)
    } else {
        0
    }
}

fn index(selected: &[EventId], generic: u16, abis: &[Abi]) -> Vec<u16> {
    let mut index = vec![0; ABIS * SYSCALL_NUMBERS];
    for abi in abis {
        let first = *abi as usize * SYSCALL_NUMBERS;
        // Numbers that no name has are calls without a row.
        if let Some(table) = index.get_mut(first..first + SYSCALL_NUMBERS) {
            table.fill(generic);
        }
    }
    for (name, numbers) in syscalls::syscalls() {
        let value = entry_of(name, selected, generic);
        for abi in abis {
            let number = numbers.get(*abi as usize).copied().unwrap_or(-1);
            let Ok(number) = usize::try_from(number) else {
                continue;
            };
            let place = *abi as usize * SYSCALL_NUMBERS + number;
            if number < SYSCALL_NUMBERS
                && let Some(entry) = index.get_mut(place)
            {
                *entry = value;
            }
        }
    }
    index
}

fn socketcalls(selected: &[EventId], generic: u16) -> [u16; SOCKETCALL_SLOTS] {
    let mut table = [generic; SOCKETCALL_SLOTS];
    for (place, name) in table.iter_mut().zip(SOCKETCALLS) {
        if !name.is_empty() {
            *place = entry_of(name, selected, generic);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_abi::event_by_name;

    const ABIS_OF_X86: [Abi; 3] = [Abi::X86_64, Abi::I386, Abi::X32];

    fn made(names: &[&str]) -> Plans {
        let rows = names.iter().map(|name| event_by_name(name).unwrap().id);
        let rows: Vec<EventId> = rows.collect();
        plans(&rows, Limits::default(), &ABIS_OF_X86)
    }

    fn check(plans: &Plans, abi: Abi, number: usize, expected: Option<&str>) {
        let found = plans.index[abi as usize * SYSCALL_NUMBERS + number];
        let expected = expected.map_or(0, |name| event_by_name(name).unwrap().id.0 + 1);
        assert_eq!(found, expected, "{} {number}", abi.name());
    }

    #[test]
    fn a_number_leads_to_the_row_of_its_own_abi() {
        let plans = made(&["close", "read", "openat"]);
        check(&plans, Abi::X86_64, 3, Some("close"));
        check(&plans, Abi::I386, 3, Some("read"));
        check(&plans, Abi::I386, 6, Some("close"));
        check(&plans, Abi::X32, 257, Some("openat"));
        check(&plans, Abi::X86_64, 1, None);
        check(&plans, Abi::Aarch64, 57, None);
    }

    #[test]
    fn calls_without_a_row_are_generic_when_asked_for() {
        let plans = made(&["syscall", "close"]);
        check(&plans, Abi::X86_64, 24, Some("syscall"));
        check(&plans, Abi::X86_64, 511, Some("syscall"));
        check(&plans, Abi::X86_64, 3, Some("close"));
        // It has a row of its own, which is not selected.
        check(&plans, Abi::X86_64, 0, None);
        check(&plans, Abi::Aarch64, 24, None);
        assert_eq!(plans.generic, GENERIC.0 + 1);
    }

    #[test]
    fn the_calls_behind_socketcall_have_their_own_rows() {
        let plans = made(&["connect", "send"]);
        let entry = |name| event_by_name(name).unwrap().id.0 + 1;
        assert_eq!(plans.socketcalls[3], entry("connect"));
        assert_eq!(plans.socketcalls[9], entry("send"));
        assert_eq!(plans.socketcalls[1], 0);
    }

    #[test]
    fn an_event_of_a_tracepoint_has_a_plan_there_and_at_its_call() {
        let plans = made(&["execve"]);
        let places: Vec<u32> = plans.plans.iter().map(|(place, _)| *place).collect();
        let row = event_by_name("execve").unwrap();
        assert_eq!(places, [u32::from(row.id.0), slot::EXEC]);
        assert_eq!(plans.tracepoints, [Tracepoint::Exec]);
    }
}
