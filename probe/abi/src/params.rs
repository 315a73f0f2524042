//! Parameters: how a value lies on the wire, and what it means.

use crate::Source;

/// How a value lies on the wire and in a column. Integers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Wire {
    /// One byte, unsigned.
    U8 = 0,
    /// Two bytes, unsigned.
    U16 = 1,
    /// Four bytes, unsigned.
    U32 = 2,
    /// Eight bytes, unsigned.
    U64 = 3,
    /// Four bytes, signed.
    I32 = 4,
    /// Eight bytes, signed.
    I64 = 5,
    /// A string without its NUL; any bytes.
    Str = 6,
    /// Bytes.
    Bytes = 7,
}

impl Wire {
    /// The width in bytes of a fixed value; `None` for strings and bytes.
    pub const fn width(self) -> Option<usize> {
        match self {
            Wire::U8 => Some(1),
            Wire::U16 => Some(2),
            Wire::U32 | Wire::I32 => Some(4),
            Wire::U64 | Wire::I64 => Some(8),
            Wire::Str | Wire::Bytes => None,
        }
    }

    /// Whether the value is signed.
    pub const fn is_signed(self) -> bool {
        matches!(self, Wire::I32 | Wire::I64)
    }

    /// The wire type that a byte stands for, if it stands for one.
    pub const fn from_u8(byte: u8) -> Option<Wire> {
        Some(match byte {
            0 => Wire::U8,
            1 => Wire::U16,
            2 => Wire::U32,
            3 => Wire::U64,
            4 => Wire::I32,
            5 => Wire::I64,
            6 => Wire::Str,
            7 => Wire::Bytes,
            _ => return None,
        })
    }
}

crate::ids::byte_enum! {
    /// What a value means: how to print it and how state uses it. Values are Linux's own.
    Role {
        /// A number, a string or bytes, printed as such.
        Plain = 0, "plain";
        /// A result: negative is `-errno`.
        Errno = 1, "errno";
        /// A descriptor; a negative result is `-errno`; `AT_FDCWD` is -100.
        Fd = 2, "fd";
        /// A thread or process id.
        Pid = 3, "pid";
        /// A user id.
        Uid = 4, "uid";
        /// A group id.
        Gid = 5, "gid";
        /// A path, relative to the working directory.
        Path = 6, "path";
        /// A path, relative to the directory descriptor named before it.
        RelPath = 7, "relpath";
        /// A `struct sockaddr` as the program gave it.
        Sockaddr = 8, "sockaddr";
        /// Both ends of a socket, in the encoding of [`crate::frame::tuple`].
        Tuple = 9, "tuple";
        /// Strings, each followed by a NUL.
        Strings = 10, "strings";
        /// I/O payload.
        Payload = 11, "payload";
        /// `open` flags.
        OpenFlags = 12, "open_flags";
        /// A file mode.
        Mode = 13, "mode";
        /// `clone` flags.
        CloneFlags = 14, "clone_flags";
        /// A device number in the kernel's encoding (major << 20 | minor).
        Dev = 15, "dev";
        /// A socket domain.
        SocketFamily = 16, "socket_family";
        /// A socket type with its flags (`SOCK_CLOEXEC`, `SOCK_NONBLOCK`).
        SocketType = 17, "socket_type";
        /// A `fcntl` command.
        FcntlCommand = 18, "fcntl_command";
        /// A `ptrace` request.
        PtraceRequest = 19, "ptrace_request";
        /// A `prctl` option.
        PrctlOption = 20, "prctl_option";
        /// A `bpf` command.
        BpfCommand = 21, "bpf_command";
        /// `unlinkat` flags.
        UnlinkatFlags = 22, "unlinkat_flags";
        /// `renameat2` flags.
        RenameFlags = 23, "rename_flags";
        /// `linkat` and other `AT_*` flags.
        AtFlags = 24, "at_flags";
        /// `mount` flags.
        MountFlags = 25, "mount_flags";
        /// `umount2` flags.
        UmountFlags = 26, "umount_flags";
        /// `openat2` resolve flags.
        ResolveFlags = 27, "resolve_flags";
        /// `shutdown` direction.
        ShutdownHow = 28, "shutdown_how";
        /// A resource limit's name.
        Rlimit = 29, "rlimit";
        /// Memory protection.
        MmapProt = 30, "mmap_prot";
        /// `mmap` flags.
        MmapFlags = 31, "mmap_flags";
        /// A capability set.
        Capabilities = 32, "capabilities";
        /// A signal's number.
        Signal = 33, "signal";
        /// Flags of calls with few of them, named by the call (`memfd_create`, `dup3`, `close_range`, …).
        CallFlags = 34, "call_flags";
        /// Nanoseconds since the epoch.
        AbsTime = 35, "abstime";
        /// A socket option's level.
        SockoptLevel = 36, "sockopt_level";
        /// A socket option's name.
        SockoptName = 37, "sockopt_name";
        /// Bits of [`crate::frame::created`]: what an open found or made.
        OpenedFlags = 38, "opened_flags";
        /// Bits of [`crate::frame::exe_flags`]: facts of an executable.
        ExeFlags = 39, "exe_flags";
        /// A path as the kernel has it: absolute, or without a slash at its beginning where it is cut, or does not end at the root of the task's mount namespace.
        RealPath = 40, "real_path";
        /// Bits of [`crate::frame::path_flags`].
        PathFlags = 41, "path_flags";
    }
}

/// One parameter of an event.
#[derive(Clone, Copy, Debug)]
pub struct ParamDef {
    /// Falco's parameter name where Falco has one.
    pub name: &'static str,
    /// How it lies on the wire.
    pub wire: Wire,
    /// What it means.
    pub role: Role,
    /// How the program at `sys_exit` obtains it; [`Source::None`] in events that have no syscall.
    pub source: Source,
    /// How the event's tracepoint obtains it, for events that have one; [`Source::None`] elsewhere.
    pub tracepoint: Source,
}
