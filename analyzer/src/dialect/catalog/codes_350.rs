//! Event types 350 to 399.

use super::*;

pub(super) const EVENTS: &[FalcoEvent] = &[
    event(350, "munlockall", Enter, Syscall, Memory, OLD, &[]),
    event(351, "munlockall", Exit, Syscall, Memory, 0, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(352, "capset", Enter, Syscall, Process, MODIFIES_STATE | OLD, &[]),
    event(353, "capset", Exit, Syscall, Process, MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("cap_inheritable", T::UInt64, F::Hexadecimal),
        plain("cap_permitted", T::UInt64, F::Hexadecimal),
        plain("cap_effective", T::UInt64, F::Hexadecimal),
    ]),
    event(354, "useradded", Enter, Meta, Process, MODIFIES_STATE, &[
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
        plain("name", T::CharBuf, F::None),
        plain("home", T::CharBuf, F::None),
        plain("shell", T::CharBuf, F::None),
        plain("container_id", T::CharBuf, F::None),
    ]),
    event(356, "userdeleted", Enter, Meta, Process, MODIFIES_STATE, &[
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
        plain("name", T::CharBuf, F::None),
        plain("home", T::CharBuf, F::None),
        plain("shell", T::CharBuf, F::None),
        plain("container_id", T::CharBuf, F::None),
    ]),
    event(358, "groupadded", Enter, Meta, Process, MODIFIES_STATE, &[
        plain("gid", T::UInt32, F::Decimal),
        plain("name", T::CharBuf, F::None),
        plain("container_id", T::CharBuf, F::None),
    ]),
    event(360, "groupdeleted", Enter, Meta, Process, MODIFIES_STATE, &[
        plain("gid", T::UInt32, F::Decimal),
        plain("name", T::CharBuf, F::None),
        plain("container_id", T::CharBuf, F::None),
    ]),
    event(362, "dup2", Enter, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(363, "dup2", Exit, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("oldfd", T::Fd, F::Decimal),
        plain("newfd", T::Fd, F::Decimal),
    ]),
    event(364, "dup3", Enter, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(365, "dup3", Exit, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("oldfd", T::Fd, F::Decimal),
        plain("newfd", T::Fd, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
    ]),
    event(366, "dup", Enter, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(367, "dup", Exit, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("oldfd", T::Fd, F::Decimal),
    ]),
    event(368, "bpf", Enter, Syscall, Other, CREATES_FD | OLD, &[
        plain("cmd", T::Int64, F::Decimal),
    ]),
    event(369, "bpf", Exit, Syscall, Other, CREATES_FD, &[
        plain("fd", T::Fd, F::Decimal),
        named("cmd", T::EnumFlags32, F::Decimal, BPF_COMMANDS),
    ]),
    event(370, "mlock2", Enter, Syscall, Memory, OLD, &[]),
    event(371, "mlock2", Exit, Syscall, Memory, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("addr", T::UInt64, F::Hexadecimal),
        plain("len", T::UInt64, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, MLOCK2_FLAGS),
    ]),
    event(372, "fsconfig", Enter, Syscall, System, OLD, &[]),
    event(373, "fsconfig", Exit, Syscall, System, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        named("cmd", T::EnumFlags32, F::Decimal, FSCONFIG_COMMANDS),
        plain("key", T::CharBuf, F::None),
        plain("value_bytebuf", T::ByteBuf, F::None),
        plain("value_charbuf", T::CharBuf, F::None),
        plain("aux", T::Int32, F::Decimal),
    ]),
    event(374, "epoll_create", Enter, Syscall, Wait, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("size", T::Int32, F::Decimal),
    ]),
    event(375, "epoll_create", Exit, Syscall, Wait, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("size", T::Int32, F::Decimal),
    ]),
    event(376, "epoll_create1", Enter, Syscall, Wait, CREATES_FD | MODIFIES_STATE | OLD, &[
        named("flags", T::Flags32, F::Hexadecimal, EPOLL_CREATE1_FLAGS),
    ]),
    event(377, "epoll_create1", Exit, Syscall, Wait, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, EPOLL_CREATE1_FLAGS),
    ]),
    event(378, "chown", Enter, Syscall, File, OLD, &[]),
    event(379, "chown", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
    ]),
    event(380, "lchown", Enter, Syscall, File, OLD, &[]),
    event(381, "lchown", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
    ]),
    event(382, "fchown", Enter, Syscall, File, OLD, &[]),
    event(383, "fchown", Exit, Syscall, File, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
    ]),
    event(384, "fchownat", Enter, Syscall, File, OLD, &[]),
    event(385, "fchownat", Exit, Syscall, File, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("dirfd", T::Fd, F::Decimal),
        plain("pathname", T::FsRelPath, F::None),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, FCHOWNAT_FLAGS),
    ]),
    event(386, "umount", Enter, Syscall, File, MODIFIES_STATE | OLD, &[]),
    event(387, "umount", Exit, Syscall, File, MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("name", T::FsPath, F::None),
    ]),
    event(388, "accept4", Enter, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("flags", T::Int32, F::Hexadecimal),
    ]),
    event(389, "accept4", Exit, Syscall, Net, CREATES_FD | MODIFIES_STATE, &[
        plain("fd", T::Fd, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
        plain("queuepct", T::UInt8, F::Decimal),
        plain("queuelen", T::UInt32, F::Decimal),
        plain("queuemax", T::UInt32, F::Decimal),
        plain("flags", T::Int32, F::Hexadecimal),
    ]),
    event(390, "umount2", Enter, Syscall, File, MODIFIES_STATE | OLD, &[
        named("flags", T::Flags32, F::Hexadecimal, UMOUNT_FLAGS),
    ]),
    event(391, "umount2", Exit, Syscall, File, MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("name", T::FsPath, F::None),
        named("flags", T::Flags32, F::Hexadecimal, UMOUNT_FLAGS),
    ]),
    event(392, "pipe2", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[]),
    event(393, "pipe2", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd1", T::Fd, F::Decimal),
        plain("fd2", T::Fd, F::Decimal),
        plain("ino", T::UInt64, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
    ]),
    event(394, "inotify_init1", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[]),
    event(395, "inotify_init1", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        named("flags", T::Flags16, F::Hexadecimal, OPEN_FLAGS),
    ]),
    event(396, "eventfd2", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("initval", T::UInt64, F::Decimal),
    ]),
    event(397, "eventfd2", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        named("flags", T::Flags16, F::Hexadecimal, OPEN_FLAGS),
        plain("initval", T::UInt64, F::Decimal),
    ]),
    event(398, "signalfd4", Enter, Syscall, Signal, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("mask", T::UInt32, F::Hexadecimal),
    ]),
    event(399, "signalfd4", Exit, Syscall, Signal, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        named("flags", T::Flags16, F::Hexadecimal, OPEN_FLAGS),
        plain("fd", T::Fd, F::Decimal),
        plain("mask", T::UInt32, F::Hexadecimal),
    ]),
];
