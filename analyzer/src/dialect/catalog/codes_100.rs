//! Event types 100 to 159.

use super::*;

pub(super) const EVENTS: &[FalcoEvent] = &[
    event(100, "rmdir", Enter, Syscall, File, OLD, &[
        plain("path", T::FsPath, F::None),
    ]),
    event(101, "rmdir", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(102, "openat", Enter, Syscall, File, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("dirfd", T::Fd, F::Decimal),
        plain("name", T::CharBuf, F::None),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
        plain("mode", T::UInt32, F::Octal),
    ]),
    event(103, "openat", Exit, Syscall, File, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(104, "link", Enter, Syscall, File, OLD, &[
        plain("oldpath", T::FsPath, F::None),
        plain("newpath", T::FsPath, F::None),
    ]),
    event(105, "link", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(106, "linkat", Enter, Syscall, File, OLD, &[
        plain("olddir", T::Fd, F::Decimal),
        plain("oldpath", T::CharBuf, F::None),
        plain("newdir", T::Fd, F::Decimal),
        plain("newpath", T::CharBuf, F::None),
    ]),
    event(107, "linkat", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(108, "unlink", Enter, Syscall, File, OLD, &[
        plain("path", T::FsPath, F::None),
    ]),
    event(109, "unlink", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(110, "unlinkat", Enter, Syscall, File, OLD, &[
        plain("dirfd", T::Fd, F::Decimal),
        plain("name", T::CharBuf, F::None),
    ]),
    event(111, "unlinkat", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(112, "pread", Enter, Syscall, IoRead, USES_FD | READS | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(113, "pread", Exit, Syscall, IoRead, USES_FD | READS, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(114, "pwrite", Enter, Syscall, IoWrite, USES_FD | WRITES | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(115, "pwrite", Exit, Syscall, IoWrite, USES_FD | WRITES, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(116, "readv", Enter, Syscall, IoRead, USES_FD | READS | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(117, "readv", Exit, Syscall, IoRead, USES_FD | READS, &[
        plain("res", T::Errno, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(118, "writev", Enter, Syscall, IoWrite, USES_FD | WRITES | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(119, "writev", Exit, Syscall, IoWrite, USES_FD | WRITES, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(120, "preadv", Enter, Syscall, IoRead, USES_FD | READS | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(121, "preadv", Exit, Syscall, IoRead, USES_FD | READS, &[
        plain("res", T::Errno, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(122, "pwritev", Enter, Syscall, IoWrite, USES_FD | WRITES | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(123, "pwritev", Exit, Syscall, IoWrite, USES_FD | WRITES, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("pos", T::UInt64, F::Decimal),
    ]),
    event(124, "dup", Enter, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(125, "dup", Exit, Syscall, IoOther, CREATES_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("res", T::Fd, F::Decimal),
    ]),
    event(126, "signalfd", Enter, Syscall, Signal, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("mask", T::UInt32, F::Hexadecimal),
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(127, "signalfd", Exit, Syscall, Signal, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("mask", T::UInt32, F::Hexadecimal),
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(128, "kill", Enter, Syscall, Signal, OLD, &[
        plain("pid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(129, "kill", Exit, Syscall, Signal, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(130, "tkill", Enter, Syscall, Signal, OLD, &[
        plain("tid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(131, "tkill", Exit, Syscall, Signal, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("tid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(132, "tgkill", Enter, Syscall, Signal, OLD, &[
        plain("pid", T::Pid, F::Decimal),
        plain("tid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(133, "tgkill", Exit, Syscall, Signal, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("tid", T::Pid, F::Decimal),
        plain("sig", T::SigType, F::Decimal),
    ]),
    event(134, "nanosleep", Enter, Syscall, Sleep, WAITS | OLD, &[
        plain("interval", T::RelTime, F::Decimal),
    ]),
    event(135, "nanosleep", Exit, Syscall, Sleep, WAITS, &[
        plain("res", T::Errno, F::Decimal),
        plain("interval", T::RelTime, F::Decimal),
    ]),
    event(136, "timerfd_create", Enter, Syscall, Time, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("clockid", T::UInt8, F::Decimal),
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(137, "timerfd_create", Exit, Syscall, Time, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("clockid", T::UInt8, F::Decimal),
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(138, "inotify_init", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(139, "inotify_init", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("flags", T::UInt8, F::Hexadecimal),
    ]),
    event(140, "getrlimit", Enter, Syscall, Process, OLD, &[
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(141, "getrlimit", Exit, Syscall, Process, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("cur", T::Int64, F::Decimal),
        plain("max", T::Int64, F::Decimal),
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(142, "setrlimit", Enter, Syscall, Process, OLD, &[
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(143, "setrlimit", Exit, Syscall, Process, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("cur", T::Int64, F::Decimal),
        plain("max", T::Int64, F::Decimal),
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(144, "prlimit", Enter, Syscall, Process, OLD, &[
        plain("pid", T::Pid, F::Decimal),
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(145, "prlimit", Exit, Syscall, Process, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("newcur", T::Int64, F::Decimal),
        plain("newmax", T::Int64, F::Decimal),
        plain("oldcur", T::Int64, F::Decimal),
        plain("oldmax", T::Int64, F::Decimal),
        plain("pid", T::Int64, F::Decimal),
        named("resource", T::EnumFlags8, F::Decimal, RLIMITS),
    ]),
    event(146, "switch", Enter, Tracepoint, Scheduler, OLD, &[
        plain("next", T::Pid, F::Decimal),
    ]),
    event(148, "drop", Enter, Meta, Internal, 0, &[
        plain("ratio", T::UInt32, F::Decimal),
    ]),
    event(149, "drop", Exit, Meta, Internal, 0, &[
        plain("ratio", T::UInt32, F::Decimal),
    ]),
    event(150, "fcntl", Enter, Syscall, IoOther, USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        named("cmd", T::EnumFlags8, F::Decimal, FCNTL_COMMANDS),
    ]),
    event(151, "fcntl", Exit, Syscall, IoOther, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        named("cmd", T::EnumFlags8, F::Decimal, FCNTL_COMMANDS),
        plain("arg", T::UInt64, F::Hexadecimal),
    ]),
    event(152, "switch", Enter, Tracepoint, Scheduler, 0, &[
        plain("next", T::Pid, F::Decimal),
        plain("pgft_maj", T::UInt64, F::Decimal),
        plain("pgft_min", T::UInt64, F::Decimal),
        plain("vm_size", T::UInt32, F::Decimal),
        plain("vm_rss", T::UInt32, F::Decimal),
        plain("vm_swap", T::UInt32, F::Decimal),
    ]),
    event(154, "execve", Enter, Syscall, Process, MODIFIES_STATE | OLD, &[]),
    event(155, "execve", Exit, Syscall, Process, MODIFIES_STATE | OLD, &[
        plain("res", T::Errno, F::Decimal),
        plain("exe", T::CharBuf, F::None),
        plain("args", T::ByteBuf, F::None),
        plain("tid", T::Pid, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("ptid", T::Pid, F::Decimal),
        plain("cwd", T::CharBuf, F::None),
        plain("fdlimit", T::UInt64, F::Decimal),
        plain("pgft_maj", T::UInt64, F::Decimal),
        plain("pgft_min", T::UInt64, F::Decimal),
        plain("vm_size", T::UInt32, F::Decimal),
        plain("vm_rss", T::UInt32, F::Decimal),
        plain("vm_swap", T::UInt32, F::Decimal),
    ]),
    event(156, "clone", Enter, Syscall, Process, MODIFIES_STATE | OLD, &[]),
    event(157, "clone", Exit, Syscall, Process, MODIFIES_STATE | OLD, &[
        plain("res", T::Pid, F::Decimal),
        plain("exe", T::CharBuf, F::None),
        plain("args", T::ByteBuf, F::None),
        plain("tid", T::Pid, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("ptid", T::Pid, F::Decimal),
        plain("cwd", T::CharBuf, F::None),
        plain("fdlimit", T::Int64, F::Decimal),
        plain("pgft_maj", T::UInt64, F::Decimal),
        plain("pgft_min", T::UInt64, F::Decimal),
        plain("vm_size", T::UInt32, F::Decimal),
        plain("vm_rss", T::UInt32, F::Decimal),
        plain("vm_swap", T::UInt32, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, CLONE_FLAGS),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
    ]),
    event(158, "brk", Enter, Syscall, Memory, OLD, &[
        plain("addr", T::UInt64, F::Hexadecimal),
    ]),
    event(159, "brk", Exit, Syscall, Memory, 0, &[
        plain("res", T::UInt64, F::Hexadecimal),
        plain("vm_size", T::UInt32, F::Decimal),
        plain("vm_rss", T::UInt32, F::Decimal),
        plain("vm_swap", T::UInt32, F::Decimal),
        plain("addr", T::UInt64, F::Hexadecimal),
    ]),
];
