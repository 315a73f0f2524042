//! The grammar of sources: where the probe finds a value.

use crate::ids::byte_enum;

/// How many bytes to copy from a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As many as the register says.
    Reg(u8),
    /// As many as the call returned.
    Ret,
    /// As many as the 32-bit integer behind the register says (value-result, as of `getsockopt`).
    At(u8),
    /// This many.
    Fixed(u8),
}

/// Which descriptor a value is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FdSource {
    /// The one in the register.
    Reg(u8),
    /// The one that the call returned, if it returned one.
    Ret,
    /// The one that a call that has succeeded wrote as a 32-bit integer behind the register.
    At {
        /// The register that points to it.
        reg: u8,
        /// Bytes from there.
        offset: u8,
    },
}

/// Which part of a `struct msghdr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MsgPart {
    /// `msg_name`: a socket address.
    Name = 0,
    /// The bytes of the vector, limited by the return value.
    Data = 1,
    /// `msg_control`.
    Control = 2,
    /// Of one of several messages: the bytes of its vector, limited by its own length.
    OwnData = 3,
    /// Of one of several messages: how many bytes it moved; the call's result where it moved no message.
    OwnLength = 4,
}

/// Where a value comes from. Registers are the syscall's arguments, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Not obtained: the value is absent.
    None,
    /// The number zero (the result of what has succeeded).
    Zero,
    /// The return value.
    Ret,
    /// The syscall's number in its ABI.
    SyscallNumber,
    /// A register.
    Reg(u8),
    /// A 64-bit offset that i386 passes in this register (low half) and the next.
    Reg64(u8),
    /// A NUL-terminated string behind the register. A NULL pointer is absent.
    UserStr(u8),
    /// An integer of `width` bytes at `offset` behind the register.
    UserInt {
        /// The register that points to it.
        reg: u8,
        /// Bytes from there.
        offset: u8,
        /// 1, 2, 4 or 8.
        width: u8,
    },
    /// A `long` of the caller's ABI (4 or 8 bytes) at index `index` behind the register.
    UserLong {
        /// The register that points to it.
        reg: u8,
        /// Its index.
        index: u8,
    },
    /// Bytes behind the register.
    UserBytes {
        /// The register that points to them.
        reg: u8,
        /// How many.
        len: Length,
    },
    /// A `struct sockaddr` behind `reg`.
    Sockaddr {
        /// The register that points to it.
        reg: u8,
        /// How long it is.
        len: Length,
    },
    /// The bytes of an iovec array, limited by the return value.
    Iovec {
        /// The register that points to the array.
        reg: u8,
        /// The register with the number of its entries.
        count: u8,
    },
    /// A part of the `struct msghdr` behind the register (for `sendmmsg`/`recvmmsg`: of the message that the event is about).
    Msghdr {
        /// The register that points to it.
        reg: u8,
        /// Which part.
        part: MsgPart,
    },
    /// The strings of a NULL-terminated array of string pointers behind the register.
    UserArgv(u8),
    /// A fact of the event's task (at fork: of the child).
    Task(TaskField),
    /// A fact of the task that runs (at fork: the parent). Elsewhere the same as [`Source::Task`].
    Current(TaskField),
    /// A fact of an open file.
    Fd(FdSource, FdField),
    /// An integer among the tracepoint's arguments.
    TpArg(u8),
    /// A kernel string among the tracepoint's arguments.
    TpStr(u8),
    /// At exec: the file name that was asked for.
    ExecFilename,
    /// At exec: the strings of the new image's argument area.
    ExecArgs,
    /// At exec: the strings of the new image's environment area.
    ExecEnv,
    /// At exec: the thread id that the thread had before it became the leader.
    ExecOldTid,
    /// At a cgroup's tracepoint: the hierarchy's id.
    CgroupHierarchy,
}

byte_enum! {
    /// A fact of a task.
    TaskField {
        /// Thread id, in the initial pid namespace.
        Tid = 0, "tid";
        /// Process id (thread group id), in the initial pid namespace.
        Pid = 1, "pid";
        /// The real parent's process id, in the initial pid namespace.
        Ppid = 2, "ppid";
        /// Start of the task in nanoseconds of `CLOCK_BOOTTIME`.
        Start = 3, "start";
        /// Name of the thread, 15 bytes.
        Comm = 4, "comm";
        /// Real user id.
        Uid = 5, "uid";
        /// Effective user id.
        Euid = 6, "euid";
        /// Saved user id.
        Suid = 7, "suid";
        /// File system user id.
        Fsuid = 8, "fsuid";
        /// Real group id.
        Gid = 9, "gid";
        /// Effective group id.
        Egid = 10, "egid";
        /// Saved group id.
        Sgid = 11, "sgid";
        /// File system group id.
        Fsgid = 12, "fsgid";
        /// Login user id; 4,294,967,295 where unset.
        Loginuid = 13, "loginuid";
        /// Inheritable capabilities.
        CapInheritable = 14, "cap_inheritable";
        /// Permitted capabilities.
        CapPermitted = 15, "cap_permitted";
        /// Effective capabilities.
        CapEffective = 16, "cap_effective";
        /// Thread id in its own pid namespace.
        Vtid = 17, "vtid";
        /// Process id in its own pid namespace.
        Vpid = 18, "vpid";
        /// Process group, initial namespace.
        Pgid = 19, "pgid";
        /// Process group, own namespace.
        Vpgid = 20, "vpgid";
        /// Session, initial namespace.
        Sid = 21, "sid";
        /// Session, own namespace.
        Vsid = 22, "vsid";
        /// Controlling terminal's device number (`new_encode_dev`, as in /proc); 0 for none.
        Tty = 23, "tty";
        /// Path in the default (v2) cgroup hierarchy.
        CgroupPath = 24, "cgroup_path";
        /// Start of its pid namespace's init, in nanoseconds of `CLOCK_BOOTTIME`.
        PidnsInitStart = 25, "pidns_init_start";
        /// Inode of the executable.
        ExeIno = 26, "exe_ino";
        /// Device of the executable.
        ExeDev = 27, "exe_dev";
        /// Change time of the executable, nanoseconds since the epoch.
        ExeCtime = 28, "exe_ctime";
        /// Modification time of the executable, nanoseconds since the epoch.
        ExeMtime = 29, "exe_mtime";
        /// Mode of the executable's inode.
        ExeMode = 30, "exe_mode";
        /// Owner of the executable.
        ExeUid = 31, "exe_uid";
        /// Group of the executable.
        ExeGid = 32, "exe_gid";
        /// Bits of [`crate::frame::exe_flags`].
        ExeFlags = 33, "exe_flags";
        /// Path of the executable, by a bounded walk over dentries and mounts.
        ExePath = 34, "exe_path";
        /// Soft limit of open files.
        FdLimit = 35, "fdlimit";
        /// Inode of its mount namespace.
        MntNs = 36, "mnt_ns";
        /// Inode of its pid namespace.
        PidNs = 37, "pid_ns";
        /// Raw exit code, as `wait` gives it.
        ExitCode = 38, "exit_code";
        /// The task's kernel flags (`PF_*`).
        Flags = 39, "flags";
        /// Major page faults.
        FaultsMajor = 40, "faults_major";
        /// Minor page faults.
        FaultsMinor = 41, "faults_minor";
        /// Virtual memory, KiB.
        VmSize = 42, "vm_size";
        /// Resident memory, KiB.
        VmRss = 43, "vm_rss";
        /// Swapped memory, KiB.
        VmSwap = 44, "vm_swap";
        /// Working directory, by a bounded walk over dentries and mounts.
        Cwd = 45, "cwd";
        /// Inode of its network namespace.
        NetNs = 46, "net_ns";
        /// At fork: what the child shares with its parent, as `CLONE_*` bits (VM, FS, FILES, SIGHAND, THREAD), found by comparing pointers.
        SharedWithParent = 47, "shared";
        /// How many threads of the process still live.
        ThreadsLive = 48, "threads_live";
        /// Path of the executable inside its file system, where its mount shows a part of that.
        ExeInnerPath = 49, "exe_inner_path";
        /// How many names the executable's inode has.
        ExeNlink = 50, "exe_nlink";
        /// The mount that the executable was found in.
        ExeMountId = 51, "exe_mnt_id";
    }
}

byte_enum! {
    /// A fact of an open file.
    FdField {
        /// Inode.
        Ino = 0, "ino";
        /// Device.
        Dev = 1, "dev";
        /// Bits of [`crate::frame::created`].
        Opened = 2, "opened";
        /// Both ends of the socket.
        Tuple = 3, "tuple";
        /// The path of a directory or file, by a bounded walk over dentries and mounts.
        Path = 4, "path";
        /// Mode of the inode (its type bits tell file, directory, socket, pipe).
        Mode = 5, "mode";
        /// Flags of the open file (`O_*`).
        Flags = 6, "flags";
        /// How many connections of a listening socket wait to be accepted.
        QueueLength = 7, "queue_length";
        /// How many may wait.
        QueueMax = 8, "queue_max";
        /// The path inside the file system, where the mount shows a part of that: its root is not the super block's.
        InnerPath = 9, "inner_path";
        /// How many names the inode has.
        Nlink = 10, "nlink";
        /// The mount, as mountinfo numbers it.
        MountId = 11, "mnt_id";
        /// Bits of [`crate::frame::path_flags`], of the paths obtained before.
        PathFlags = 12, "path_flags";
    }
}
