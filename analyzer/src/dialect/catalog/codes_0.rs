//! Event types 0 to 99.

use super::*;

pub(super) const EVENTS: &[FalcoEvent] = &[
    event(0, "syscall", Enter, Syscall, Other, OLD, &[
        plain("ID", T::SyscallId, F::Decimal),
        plain("nativeID", T::UInt16, F::Decimal),
    ]),
    event(1, "syscall", Exit, Syscall, Other, 0, &[
        plain("ID", T::SyscallId, F::Decimal),
        plain("nativeID", T::UInt16, F::Decimal),
    ]),
    event(2, "open", Enter, Syscall, File, CREATES_FD | MODIFIES_STATE, &[
        plain("name", T::FsPath, F::None),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
        plain("mode", T::UInt32, F::Octal),
    ]),
    event(3, "open", Exit, Syscall, File, CREATES_FD | MODIFIES_STATE, &[
        plain("fd", T::Fd, F::Decimal),
        plain("name", T::FsPath, F::None),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
        plain("mode", T::UInt32, F::Octal),
        plain("dev", T::UInt32, F::Hexadecimal),
        plain("ino", T::UInt64, F::Decimal),
    ]),
    event(4, "close", Enter, Syscall, IoOther, DESTROYS_FD | USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(5, "close", Exit, Syscall, IoOther, DESTROYS_FD | USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(6, "read", Enter, Syscall, IoRead, USES_FD | READS | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(7, "read", Exit, Syscall, IoRead, USES_FD | READS, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(8, "write", Enter, Syscall, IoWrite, USES_FD | WRITES | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(9, "write", Exit, Syscall, IoWrite, USES_FD | WRITES, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(10, "brk", Enter, Syscall, Memory, OLD, &[
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(11, "brk", Exit, Syscall, Memory, OLD, &[
        plain("res", T::UInt64, F::Hexadecimal),
    ]),
    event(12, "execve", Enter, Syscall, Process, MODIFIES_STATE | OLD, &[]),
    event(13, "execve", Exit, Syscall, Process, MODIFIES_STATE | OLD, &[
        plain("res", T::Errno, F::Decimal),
        plain("exe", T::CharBuf, F::None),
        plain("args", T::ByteBuf, F::None),
        plain("tid", T::Pid, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("ptid", T::Pid, F::Decimal),
        plain("cwd", T::CharBuf, F::None),
        plain("fdlimit", T::UInt64, F::Decimal),
    ]),
    event(14, "clone", Enter, Syscall, Process, MODIFIES_STATE | OLD, &[]),
    event(15, "clone", Exit, Syscall, Process, MODIFIES_STATE | OLD, &[
        plain("res", T::Pid, F::Decimal),
        plain("exe", T::CharBuf, F::None),
        plain("args", T::ByteBuf, F::None),
        plain("tid", T::Pid, F::Decimal),
        plain("pid", T::Pid, F::Decimal),
        plain("ptid", T::Pid, F::Decimal),
        plain("cwd", T::CharBuf, F::None),
        plain("fdlimit", T::Int64, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, CLONE_FLAGS),
        plain("uid", T::UInt32, F::Decimal),
        plain("gid", T::UInt32, F::Decimal),
    ]),
    event(16, "procexit", Enter, Tracepoint, Process, MODIFIES_STATE | OLD, &[]),
    event(18, "socket", Enter, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[
        named("domain", T::EnumFlags32, F::Decimal, SOCKET_FAMILIES),
        plain("type", T::UInt32, F::Decimal),
        plain("proto", T::UInt32, F::Decimal),
    ]),
    event(19, "socket", Exit, Syscall, Net, CREATES_FD | MODIFIES_STATE, &[
        plain("fd", T::Fd, F::Decimal),
        named("domain", T::EnumFlags32, F::Decimal, SOCKET_FAMILIES),
        plain("type", T::UInt32, F::Decimal),
        plain("proto", T::UInt32, F::Decimal),
        named("flags", T::Flags32, F::Hexadecimal, OPEN_FLAGS),
    ]),
    event(20, "bind", Enter, Syscall, Net, USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(21, "bind", Exit, Syscall, Net, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("addr", T::SockAddr, F::None),
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(22, "connect", Enter, Syscall, Net, USES_FD | MODIFIES_STATE, &[
        plain("fd", T::Fd, F::Decimal),
        plain("addr", T::SockAddr, F::None),
    ]),
    event(23, "connect", Exit, Syscall, Net, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("addr", T::SockAddr, F::None),
    ]),
    event(24, "listen", Enter, Syscall, Net, USES_FD | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("backlog", T::Int32, F::Decimal),
    ]),
    event(25, "listen", Exit, Syscall, Net, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("backlog", T::Int32, F::Decimal),
    ]),
    event(26, "accept", Enter, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[]),
    event(27, "accept", Exit, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
        plain("queuepct", T::UInt8, F::Decimal),
    ]),
    event(28, "send", Enter, Syscall, IoWrite, USES_FD | WRITES | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(29, "send", Exit, Syscall, IoWrite, USES_FD | WRITES, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(30, "sendto", Enter, Syscall, IoWrite, USES_FD | WRITES | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(31, "sendto", Exit, Syscall, IoWrite, USES_FD | WRITES | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(32, "recv", Enter, Syscall, IoRead, USES_FD | READS | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(33, "recv", Exit, Syscall, IoRead, USES_FD | READS, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(34, "recvfrom", Enter, Syscall, IoRead, USES_FD | READS | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(35, "recvfrom", Exit, Syscall, IoRead, USES_FD | READS | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("tuple", T::SockTuple, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
    ]),
    event(36, "shutdown", Enter, Syscall, Net, USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        named("how", T::EnumFlags8, F::Hexadecimal, SHUTDOWN_HOW),
    ]),
    event(37, "shutdown", Exit, Syscall, Net, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        named("how", T::EnumFlags8, F::Hexadecimal, SHUTDOWN_HOW),
    ]),
    event(38, "getsockname", Enter, Syscall, Net, OLD, &[]),
    event(39, "getsockname", Exit, Syscall, Net, 0, &[]),
    event(40, "getpeername", Enter, Syscall, Net, OLD, &[]),
    event(41, "getpeername", Exit, Syscall, Net, 0, &[]),
    event(42, "socketpair", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[
        named("domain", T::EnumFlags32, F::Decimal, SOCKET_FAMILIES),
        plain("type", T::UInt32, F::Decimal),
        plain("proto", T::UInt32, F::Decimal),
    ]),
    event(43, "socketpair", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd1", T::Fd, F::Decimal),
        plain("fd2", T::Fd, F::Decimal),
        plain("source", T::UInt64, F::Hexadecimal),
        plain("peer", T::UInt64, F::Hexadecimal),
        named("domain", T::EnumFlags32, F::Decimal, SOCKET_FAMILIES),
        plain("type", T::UInt32, F::Decimal),
        plain("proto", T::UInt32, F::Decimal),
    ]),
    event(44, "setsockopt", Enter, Syscall, Net, OLD, &[]),
    event(45, "setsockopt", Exit, Syscall, Net, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        named("level", T::EnumFlags8, F::Decimal, SOCKOPT_LEVELS),
        named("optname", T::EnumFlags8, F::Decimal, SOCKOPT_NAMES),
        plain("val", T::Dyn, F::Decimal),
        plain("optlen", T::UInt32, F::Decimal),
    ]),
    event(46, "getsockopt", Enter, Syscall, Net, MODIFIES_STATE | OLD, &[]),
    event(47, "getsockopt", Exit, Syscall, Net, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        named("level", T::EnumFlags8, F::Decimal, SOCKOPT_LEVELS),
        named("optname", T::EnumFlags8, F::Decimal, SOCKOPT_NAMES),
        plain("val", T::Dyn, F::Decimal),
        plain("optlen", T::UInt32, F::Decimal),
    ]),
    event(48, "sendmsg", Enter, Syscall, IoWrite, USES_FD | WRITES | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(49, "sendmsg", Exit, Syscall, IoWrite, USES_FD | WRITES | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(50, "sendmmsg", Enter, Syscall, IoWrite, OLD, &[]),
    event(51, "sendmmsg", Exit, Syscall, IoWrite, USES_FD | WRITES | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("tuple", T::SockTuple, F::None),
    ]),
    event(52, "recvmsg", Enter, Syscall, IoRead, USES_FD | READS | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(53, "recvmsg", Exit, Syscall, IoRead, USES_FD | READS | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("tuple", T::SockTuple, F::None),
        plain("msgcontrol", T::ByteBuf, F::None),
        plain("fd", T::Fd, F::Decimal),
    ]),
    event(54, "recvmmsg", Enter, Syscall, IoRead, OLD, &[]),
    event(55, "recvmmsg", Exit, Syscall, IoRead, USES_FD | READS | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("size", T::UInt32, F::Decimal),
        plain("data", T::ByteBuf, F::None),
        plain("tuple", T::SockTuple, F::None),
        plain("msgcontrol", T::ByteBuf, F::None),
    ]),
    event(56, "accept", Enter, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("flags", T::Int32, F::Hexadecimal),
    ]),
    event(57, "accept", Exit, Syscall, Net, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("tuple", T::SockTuple, F::None),
        plain("queuepct", T::UInt8, F::Decimal),
    ]),
    event(58, "creat", Enter, Syscall, File, CREATES_FD | MODIFIES_STATE, &[
        plain("name", T::FsPath, F::None),
        plain("mode", T::UInt32, F::Octal),
    ]),
    event(59, "creat", Exit, Syscall, File, CREATES_FD | MODIFIES_STATE, &[
        plain("fd", T::Fd, F::Decimal),
        plain("name", T::FsPath, F::None),
        plain("mode", T::UInt32, F::Octal),
        plain("dev", T::UInt32, F::Hexadecimal),
        plain("ino", T::UInt64, F::Decimal),
        named("creat_flags", T::Flags16, F::Hexadecimal, CREAT_FLAGS),
    ]),
    event(60, "pipe", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[]),
    event(61, "pipe", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd1", T::Fd, F::Decimal),
        plain("fd2", T::Fd, F::Decimal),
        plain("ino", T::UInt64, F::Decimal),
    ]),
    event(62, "eventfd", Enter, Syscall, Ipc, CREATES_FD | MODIFIES_STATE | OLD, &[
        plain("initval", T::UInt64, F::Decimal),
        plain("flags", T::UInt32, F::Hexadecimal),
    ]),
    event(63, "eventfd", Exit, Syscall, Ipc, CREATES_FD | MODIFIES_STATE, &[
        plain("res", T::Fd, F::Decimal),
        plain("initval", T::UInt64, F::Decimal),
        plain("flags", T::UInt32, F::Hexadecimal),
    ]),
    event(64, "futex", Enter, Syscall, Ipc, OLD, &[
        plain("addr", T::UInt64, F::Hexadecimal),
        named("op", T::Flags16, F::Hexadecimal, FUTEX_OPERATIONS),
        plain("val", T::UInt64, F::Decimal),
    ]),
    event(65, "futex", Exit, Syscall, Ipc, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("addr", T::UInt64, F::Hexadecimal),
        named("op", T::Flags16, F::Hexadecimal, FUTEX_OPERATIONS),
        plain("val", T::UInt64, F::Decimal),
    ]),
    event(66, "stat", Enter, Syscall, File, OLD, &[]),
    event(67, "stat", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
    ]),
    event(68, "lstat", Enter, Syscall, File, OLD, &[]),
    event(69, "lstat", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
    ]),
    event(70, "fstat", Enter, Syscall, File, USES_FD | OLD, &[
        plain("fd", T::Fd, F::None),
    ]),
    event(71, "fstat", Exit, Syscall, File, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::None),
    ]),
    event(72, "stat64", Enter, Syscall, File, OLD, &[]),
    event(73, "stat64", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
    ]),
    event(74, "lstat64", Enter, Syscall, File, OLD, &[]),
    event(75, "lstat64", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::FsPath, F::None),
    ]),
    event(76, "fstat64", Enter, Syscall, File, USES_FD | OLD, &[
        plain("fd", T::Fd, F::None),
    ]),
    event(77, "fstat64", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(78, "epoll_wait", Enter, Syscall, Wait, WAITS | OLD, &[
        plain("maxevents", T::Errno, F::Decimal),
    ]),
    event(79, "epoll_wait", Exit, Syscall, Wait, WAITS, &[
        plain("res", T::Errno, F::Decimal),
        plain("maxevents", T::Errno, F::Decimal),
    ]),
    event(80, "poll", Enter, Syscall, Wait, WAITS | OLD, &[
        plain("fds", T::FdList, F::Decimal),
        plain("timeout", T::Int64, F::Decimal),
    ]),
    event(81, "poll", Exit, Syscall, Wait, WAITS, &[
        plain("res", T::Errno, F::Decimal),
        plain("fds", T::FdList, F::Decimal),
        plain("timeout", T::Int64, F::Decimal),
    ]),
    event(82, "select", Enter, Syscall, Wait, WAITS | OLD, &[]),
    event(83, "select", Exit, Syscall, Wait, WAITS, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(84, "select", Enter, Syscall, Wait, WAITS | OLD, &[]),
    event(85, "select", Exit, Syscall, Wait, WAITS | OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(86, "lseek", Enter, Syscall, File, USES_FD | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("offset", T::UInt64, F::Decimal),
        named("whence", T::EnumFlags8, F::Decimal, LSEEK_WHENCE),
    ]),
    event(87, "lseek", Exit, Syscall, File, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("offset", T::UInt64, F::Decimal),
        named("whence", T::EnumFlags8, F::Decimal, LSEEK_WHENCE),
    ]),
    event(88, "llseek", Enter, Syscall, File, USES_FD | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("offset", T::UInt64, F::Decimal),
        named("whence", T::EnumFlags8, F::Decimal, LSEEK_WHENCE),
    ]),
    event(89, "llseek", Exit, Syscall, File, USES_FD, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::Decimal),
        plain("offset", T::UInt64, F::Decimal),
        named("whence", T::EnumFlags8, F::Decimal, LSEEK_WHENCE),
    ]),
    event(90, "ioctl", Enter, Syscall, IoOther, USES_FD | OLD, &[
        plain("fd", T::Fd, F::Decimal),
        plain("request", T::UInt64, F::Hexadecimal),
    ]),
    event(91, "ioctl", Exit, Syscall, IoOther, USES_FD | OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
    event(92, "getcwd", Enter, Syscall, File, OLD, &[]),
    event(93, "getcwd", Exit, Syscall, File, 0, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::CharBuf, F::None),
    ]),
    event(94, "chdir", Enter, Syscall, File, MODIFIES_STATE | OLD, &[]),
    event(95, "chdir", Exit, Syscall, File, MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("path", T::CharBuf, F::None),
    ]),
    event(96, "fchdir", Enter, Syscall, File, USES_FD | MODIFIES_STATE | OLD, &[
        plain("fd", T::Fd, F::None),
    ]),
    event(97, "fchdir", Exit, Syscall, File, USES_FD | MODIFIES_STATE, &[
        plain("res", T::Errno, F::Decimal),
        plain("fd", T::Fd, F::None),
    ]),
    event(98, "mkdir", Enter, Syscall, File, OLD, &[
        plain("path", T::FsPath, F::None),
        plain("mode", T::UInt32, F::Hexadecimal),
    ]),
    event(99, "mkdir", Exit, Syscall, File, OLD, &[
        plain("res", T::Errno, F::Decimal),
    ]),
];
