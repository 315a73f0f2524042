//! Flags and named values: Linux's numbers become Falco's, and Falco's names.
//!
//! Rules compare with Falco's numbers and names; the order of names in print is that of Falco's event table.
//! What Linux has and Falco does not name is dropped where Falco translates, and kept where Falco passes the number on.

mod errno;
mod open;
mod tables;

use falco_abi::{Abi, EventId, Role, events};

pub(crate) use errno::{errno_name, signal_name};
pub(super) use tables::{CREAT, CREATION, URING_FEATURES};

use crate::dialect::words::{OPEN_FLAGS, Word, Words, falco};
use tables::*;

/// `O_F_CREATED` among Falco's `open` flags: the call created the file.
pub(super) const FALCO_CREATED: u64 = falco(OPEN_FLAGS, "O_F_CREATED");
/// `FD_UPPER_LAYER`: the file lies in the upper layer of an overlay.
pub(super) const FALCO_UPPER_LAYER: u64 = falco(OPEN_FLAGS, "FD_UPPER_LAYER");
/// `FD_LOWER_LAYER`: the file lies in a lower layer of an overlay.
pub(super) const FALCO_LOWER_LAYER: u64 = falco(OPEN_FLAGS, "FD_LOWER_LAYER");

/// The flags of a call's parameter of this role.
pub(super) fn table(event: EventId, role: Role) -> Option<&'static FlagTable> {
    Some(match role {
        Role::OpenFlags => &OPEN,
        Role::Mode => &MODE,
        Role::CloneFlags => &CLONE,
        Role::SocketFamily => &DOMAIN,
        Role::FcntlCommand => &FCNTL_COMMAND,
        Role::PtraceRequest => &PTRACE_REQUEST,
        Role::PrctlOption => &PRCTL_OPTION,
        Role::BpfCommand => &BPF_COMMAND,
        Role::UnlinkatFlags => &UNLINKAT,
        Role::RenameFlags => &RENAME,
        Role::MountFlags => &MOUNT,
        Role::UmountFlags => &UMOUNT,
        Role::ResolveFlags => &RESOLVE,
        Role::ShutdownHow => &SHUTDOWN_HOW,
        Role::Rlimit => &RLIMIT,
        Role::MmapProt => &PROT,
        Role::MmapFlags => &MMAP,
        Role::SockoptLevel => &SOCKOPT_LEVEL,
        Role::SockoptName => &SOCKOPT_NAME,
        Role::ExeFlags => &EXE,
        Role::AtFlags => match event {
            events::fchownat::EVENT => &FCHOWNAT,
            _ => &LINKAT,
        },
        Role::CallFlags => return call_flags(event),
        _ => return None,
    })
}

/// Flags that only one call has.
fn call_flags(event: EventId) -> Option<&'static FlagTable> {
    Some(match event {
        events::close_range::EVENT => &CLOSE_RANGE,
        events::dup3::EVENT
        | events::pipe2::EVENT
        | events::eventfd2::EVENT
        | events::inotify_init1::EVENT
        | events::signalfd4::EVENT
        | events::userfaultfd::EVENT => &CREATION,
        events::epoll_create1::EVENT => &EPOLL,
        events::memfd_create::EVENT => &MEMFD,
        events::pidfd_open::EVENT => &PIDFD,
        events::finit_module::EVENT => &MODULE,
        events::io_uring_setup::EVENT => &URING_SETUP,
        _ => return None,
    })
}

/// How a number is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A set of bits.
    Bits,
    /// One of several values.
    Value,
}

/// How Linux's number becomes Falco's.
enum Conversion {
    /// It is the same.
    Same,
    /// Bit by bit, or value by value, through the table; what is not there becomes nothing.
    Listed,
    /// By rules of its own.
    By(fn(u64, Abi) -> u64),
}

/// The flags of one parameter.
pub(super) struct FlagTable {
    kind: Kind,
    conversion: Conversion,
    words: Words,
}

impl FlagTable {
    /// Falco's number for Linux's.
    pub(super) fn to_falco(&self, linux: u64, abi: Abi) -> u64 {
        let mut words = self.words.iter();
        match (&self.conversion, self.kind) {
            (Conversion::Same, _) => linux,
            (Conversion::By(convert), _) => convert(linux, abi),
            (Conversion::Listed, Kind::Bits) => words
                .filter(|word| {
                    word.linux(abi)
                        .is_some_and(|bit| bit != 0 && linux & bit == bit)
                })
                .fold(0, |bits, word| bits | word.falco),
            (Conversion::Listed, Kind::Value) => words
                .find(|word| word.linux(abi) == Some(linux))
                .map_or(0, |word| word.falco),
        }
    }

    /// Appends the names of Falco's number, joined by `|`. False if it has none.
    pub(super) fn names(&self, falco: u64, out: &mut Vec<u8>) -> bool {
        write_names(self.words, falco, self.kind == Kind::Value, out)
    }
}

/// Appends the names of a number, joined by `|`: of all its bits, or of it as one of several values. False if it has none.
pub(super) fn write_names(words: Words, number: u64, is_one_of: bool, out: &mut Vec<u8>) -> bool {
    let mut left = number;
    let mut is_first = true;
    for &Word {
        name, falco: value, ..
    } in words
    {
        let matches = if is_one_of || value == 0 {
            value == number
        } else {
            left & value == value
        };
        if matches {
            if !is_first {
                out.push(b'|');
            }
            is_first = false;
            out.extend_from_slice(name.as_bytes());
            // `O_RDWR` holds the bits of `O_RDONLY`: what is named is not named again.
            left &= !value;
        }
    }
    !is_first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &FlagTable, linux: u64, number: u64, names: &str) {
        let falco = table.to_falco(linux, Abi::X86_64);
        let mut out = Vec::new();
        table.names(falco, &mut out);
        assert_eq!((falco, &*String::from_utf8_lossy(&out)), (number, names));
    }

    #[test]
    fn numbers_and_names_are_falcos() {
        check(&OPEN, 0o2_000_000, 4097, "O_RDONLY|O_CLOEXEC");
        check(&OPEN, 0o102, 7, "O_CREAT|O_RDWR");
        // Linux's O_TMPFILE contains O_DIRECTORY; Falco's test for it is met by either.
        check(
            &OPEN,
            0o2_204_000,
            13_377,
            "O_DIRECTORY|O_NONBLOCK|O_RDONLY|O_CLOEXEC|O_TMPFILE",
        );
        check(&CLONE, 0x1_2000, 0x2400, "CLONE_PTRACE|CLONE_THREAD");
        check(&DOMAIN, 1, 1, "AF_LOCAL|AF_UNIX");
        check(&FCNTL_COMMAND, 1, 2, "F_GETFD");
        check(&PTRACE_REQUEST, 16, 11, "PTRACE_ATTACH");
        check(
            &MODE,
            0o755,
            0o755,
            "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR",
        );
        check(&PROT, 0, 0, "PROT_NONE");
        check(&MMAP, 0x22, 10, "MAP_PRIVATE|MAP_ANONYMOUS");
        check(&RESOLVE, 8, 1, "RESOLVE_BENEATH");
        check(&RENAME, 0, 0, "");
        check(&CREATION, 0o2_004_000, 4160, "O_NONBLOCK|O_CLOEXEC");
        check(&CREATION, 0, 0, "O_NONE");
    }

    #[test]
    fn arm_has_other_open_flags() {
        let directory = OPEN.to_falco(0o40_000, Abi::Aarch64);
        let direct = OPEN.to_falco(0o40_000, Abi::X86_64);
        assert_eq!((directory & 0x400, direct & 0x200), (0x400, 0x200));
    }
}
