//! Where events have what many fields ask for: result, descriptor, payload.
//!
//! In: the event table and the catalog of Falco's types. Out: places in a row's own list of parameters, found once and not by name for every event.

use std::sync::LazyLock;

use falco_abi::limits::EVENT_IDS;
use falco_abi::{EventDef, EventId, Role, events};

use crate::dialect;
use crate::dialect::catalog::{
    self, CODES, CREATES_FD, DESTROYS_FD, Direction, FalcoEvent, Origin, ParamType, USES_FD,
};
use crate::state::Row;

/// Places in the row as it was written.
///
/// Made for every event that is shown, so it is small: a schema has at most 64 parameters of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The call's result, or the descriptor that it made.
    pub(super) result: Option<u8>,
    /// The descriptor that the event is about, as Falco chooses it.
    pub(super) fd: Option<u8>,
    /// Bytes that were read or written.
    pub(super) payload: Option<u8>,
}

/// The result stands first, in calls and in Falco's types.
pub(crate) const RESULT: u8 = 0;

static NATIVE: LazyLock<Vec<Places>> = LazyLock::new(|| {
    let mut places = vec![Places::default(); EVENT_IDS];
    for event in events() {
        if let Some(place) = places.get_mut(usize::from(event.id.0)) {
            *place = of_event(event);
        }
    }
    places
});

static FALCO: LazyLock<Vec<Places>> = LazyLock::new(|| {
    let of_code = |code: usize| {
        let ty = u16::try_from(code).ok().and_then(catalog::event_of_code);
        ty.map_or_else(Places::default, of_type)
    };
    (0..CODES).map(of_code).collect()
});

/// The places of a row.
pub(super) fn of(row: Row<'_>) -> Places {
    let mut places = match row.falco_event() {
        Some(ty) => FALCO.get(usize::from(ty.code)),
        None if row.manner().has_falcos_types() => None,
        None => NATIVE.get(usize::from(row.event().0)),
    }
    .copied()
    .unwrap_or_default();
    if row.event() == events::fcntl::EVENT && duplicates(row) {
        places.fd = Some(RESULT);
    }
    places
}

/// Whether a `fcntl` made another descriptor, which is then the one it is about.
fn duplicates(row: Row<'_>) -> bool {
    const F_DUPFD: u64 = 0;
    const F_DUPFD_CLOEXEC: u64 = 1030;
    let command = row.fcntl_command(events::fcntl::cmd);
    let made = row
        .int(events::fcntl::res)
        .is_some_and(|result| result >= 0);
    made && matches!(command, Some(F_DUPFD | F_DUPFD_CLOEXEC))
}

fn of_event(event: &EventDef) -> Places {
    let params = event.params;
    Places {
        result: has_result(event).then_some(RESULT),
        fd: small(fd_of_event(event.id)),
        payload: small(params.iter().position(|param| param.role == Role::Payload)),
    }
}

/// A place of one of the few parameters that an event has.
fn small(place: Option<usize>) -> Option<u8> {
    place.and_then(|place| u8::try_from(place).ok())
}

fn has_result(event: &EventDef) -> bool {
    let Some(first) = event.params.first() else {
        return false;
    };
    let is_result = match first.role {
        Role::Errno => true,
        Role::Fd | Role::Pid | Role::Plain => matches!(first.name, "res" | "fd"),
        _ => false,
    };
    let is_syscall = !event.syscalls.is_empty() || first.role == Role::Errno;
    is_result && is_syscall && event.id != events::syscall::EVENT
}

fn of_type(ty: &FalcoEvent) -> Places {
    let makes_fd = ty.has(CREATES_FD) && ty.direction == Direction::Exit;
    let is_about_fd = ty.has(USES_FD | CREATES_FD | DESTROYS_FD);
    let fd = || ty.param("fd");
    let event = falco_abi::event(dialect::event_id(ty.code));
    // The parameter of the same name, where the event table chooses one.
    let chosen = event.and_then(|event| {
        let param = event.params.get(fd_of_event(event.id)?)?;
        ty.param(param.name)
    });
    // Where no name tells it, it is the first descriptor behind the result, which stands first.
    let first = || {
        let mut params = ty.params.iter().enumerate().skip(1);
        params.find(|(_, param)| param.ty == ParamType::Fd)
    };
    let used = || {
        let is_call = ty.direction == Direction::Exit && ty.has(USES_FD);
        first().filter(|_| is_call).map(|(place, _)| place)
    };
    Places {
        result: small(ty.param("res").or_else(|| fd().filter(|_| makes_fd)))
            .or_else(|| returns_id(ty).then_some(RESULT)),
        fd: small(
            chosen
                .or_else(|| fd().filter(|_| is_about_fd))
                .or_else(used),
        ),
        payload: small(ty.param("data")),
    }
}

/// Whether a call's first parameter is an id, which it returned: `getuid` and its kin have no parameter for a result.
fn returns_id(ty: &FalcoEvent) -> bool {
    let first = ty.params.first().map(|param| param.ty);
    let is_id = matches!(first, Some(ParamType::Uid | ParamType::Gid));
    is_id && ty.direction == Direction::Exit && ty.origin == Origin::Syscall
}

/// The parameter with the descriptor that an event is about.
fn fd_of_event(event: EventId) -> Option<usize> {
    Some(match event {
        events::dup::EVENT
        | events::dup2::EVENT
        | events::dup3::EVENT
        | events::eventfd::EVENT
        | events::eventfd2::EVENT
        | events::signalfd::EVENT
        | events::signalfd4::EVENT
        | events::timerfd_create::EVENT
        | events::inotify_init::EVENT
        | events::inotify_init1::EVENT
        | events::epoll_create::EVENT
        | events::epoll_create1::EVENT
        | events::io_uring_setup::EVENT
        | events::userfaultfd::EVENT => usize::from(RESULT),
        events::pipe::EVENT => events::pipe::fd2,
        events::pipe2::EVENT => events::pipe2::fd2,
        events::socketpair::EVENT => events::socketpair::fd2,
        events::fchmodat::EVENT => events::fchmodat::dirfd,
        events::fchownat::EVENT => events::fchownat::dirfd,
        events::mkdirat::EVENT => events::mkdirat::dirfd,
        events::unlinkat::EVENT => events::unlinkat::dirfd,
        events::symlinkat::EVENT => events::symlinkat::linkdirfd,
        _ => {
            let params = falco_abi::event(event)?.params;
            params
                .iter()
                .position(|param| param.name == "fd" && param.role == Role::Fd)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_name() {
        let check = |code: u16, result, fd, payload| {
            let ty = catalog::event_of_code(code).expect("a type");
            let expected = Places {
                result,
                fd,
                payload,
            };
            assert_eq!(of_type(ty), expected, "{}", ty.name);
        };
        check(307, Some(0), Some(0), None);
        check(7, Some(0), Some(2), Some(1));
        check(5, Some(0), Some(1), None);
        check(1, None, None, None);
        check(152, None, None, None);
        check(205, Some(0), None, None);
        check(167, Some(0), Some(1), None);
        check(189, Some(0), Some(2), None);
        check(319, Some(0), None, None);
        let openat = falco_abi::event(events::openat::EVENT).expect("a row");
        let expected = Places {
            result: Some(0),
            fd: Some(0),
            payload: None,
        };
        assert_eq!(of_event(openat), expected);
    }
}
