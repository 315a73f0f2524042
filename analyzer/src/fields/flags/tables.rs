//! Which words a parameter of ours has, whether it is a set of bits or one value, and how Linux's number becomes Falco's.

use super::Conversion::{By, Listed, Same};
use super::Kind::{Bits, Value};
use super::{FlagTable, open};
use crate::dialect::words;

macro_rules! tables {
    ($($(#[doc = $doc:literal])? $table:ident: $kind:ident $conversion:expr, $words:ident;)*) => {
        $(
            $(#[doc = $doc])?
            pub(in crate::fields) static $table: FlagTable = FlagTable {
                kind: $kind,
                conversion: $conversion,
                words: words::$words,
            };
        )*
    };
}

tables! {
    FCNTL_COMMAND: Value Listed, FCNTL_COMMANDS;
    OPEN: Bits By(open::from_linux), OPEN_FLAGS;
    /// `O_CLOEXEC` and `O_NONBLOCK` of calls that make a descriptor, under whatever names those calls have for them.
    CREATION: Bits By(open::creation_from_linux), OPEN_FLAGS;
    CREAT: Bits Same, CREAT_FLAGS;
    MODE: Bits Same, CHMOD_MODES;
    UNLINKAT: Bits Same, UNLINKAT_FLAGS;
    LINKAT: Bits Same, LINKAT_FLAGS;
    FCHOWNAT: Bits Listed, FCHOWNAT_FLAGS;
    RENAME: Bits Same, RENAME_FLAGS;
    MOUNT: Bits Same, MOUNT_FLAGS;
    UMOUNT: Bits Same, UMOUNT_FLAGS;
    RESOLVE: Bits Listed, RESOLVE_FLAGS;
    CLOSE_RANGE: Bits Same, CLOSE_RANGE_FLAGS;
    MEMFD: Bits Same, MEMFD_FLAGS;
    EPOLL: Bits Listed, EPOLL_CREATE1_FLAGS;
    URING_SETUP: Bits Same, IO_URING_SETUP_FLAGS;
    URING_FEATURES: Bits Same, IO_URING_FEATURES;
    PROT: Bits Listed, PROTECTIONS;
    MMAP: Bits Listed, MMAP_FLAGS;
    BPF_COMMAND: Value Same, BPF_COMMANDS;
    PRCTL_OPTION: Value Same, PRCTL_OPTIONS;
    RLIMIT: Value Same, RLIMITS;
    PTRACE_REQUEST: Value Listed, PTRACE_REQUESTS;
    CLONE: Bits Listed, CLONE_FLAGS;
    EXE: Bits Listed, EXE_FLAGS;
    PIDFD: Bits Listed, PIDFD_OPEN_FLAGS;
    MODULE: Bits Same, FINIT_MODULE_FLAGS;
    DOMAIN: Value Same, SOCKET_FAMILIES;
    SHUTDOWN_HOW: Value Same, SHUTDOWN_HOW;
    SOCKOPT_LEVEL: Value Listed, SOCKOPT_LEVELS;
    SOCKOPT_NAME: Value Listed, SOCKOPT_NAMES;
}
