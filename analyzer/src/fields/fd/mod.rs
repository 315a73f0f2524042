//! `fd.*`: the descriptor that the event is about.

mod file;
mod socket;

use falco_abi::{Role, events};
use falco_rules::Value;

use super::EventContext;
use super::declare::Field;
use crate::state::{Fd, Row};

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 5] = [
    file::NAMES,
    socket::ENDS,
    file::PLACES,
    socket::SERVICES,
    file::FIELDS,
];

/// Whether a `fcntl` made another descriptor, which is then the one it is about.
fn duplicates(row: Row<'_>) -> bool {
    const F_DUPFD: u64 = 0;
    const F_DUPFD_CLOEXEC: u64 = 1030;
    let command = row.uint(events::fcntl::cmd);
    let made = row
        .int(events::fcntl::res)
        .is_some_and(|result| result >= 0);
    made && matches!(command, Some(F_DUPFD | F_DUPFD_CLOEXEC))
}

/// The parameter with the descriptor that an event is about, as Falco chooses it.
pub(super) fn param_of(row: Row<'_>) -> Option<usize> {
    let event = row.event();
    const RESULT: usize = 0;
    Some(match event {
        events::fcntl::EVENT if duplicates(row) => RESULT,
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
        | events::userfaultfd::EVENT => RESULT,
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

pub(super) fn file<'e>(event: &'e EventContext<'_>) -> Option<&'e Fd> {
    event.fd()?.file
}

/// A fact of the descriptor's file, false for what is not known.
pub(super) fn holds<'e>(event: &'e EventContext<'_>, test: fn(&Fd) -> bool) -> Value<'e> {
    match event.fd() {
        None => Value::Absent,
        Some(fd) => Value::Bool(fd.file.is_some_and(test)),
    }
}

/// The kernel keeps major and minor apart; stat and Falco mix them.
pub(super) fn stat_device(device: u32) -> u32 {
    const MINOR_BITS: u32 = 20;
    let (major, minor) = (device >> MINOR_BITS, device & ((1 << MINOR_BITS) - 1));
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}
