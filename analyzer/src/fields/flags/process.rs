//! Names of flags and values of processes, programs and limits: Falco's name, Falco's value, Linux's value.

use super::{Conversion, FlagTable, Kind, flag};

/// Commands of `bpf`.
pub(in crate::fields) static BPF_COMMAND: FlagTable = FlagTable {
    kind: Kind::Value,
    conversion: Conversion::Same,
    flags: &[
        flag("BPF_MAP_CREATE", 0x0, 0x0),
        flag("BPF_MAP_LOOKUP_ELEM", 0x1, 0x1),
        flag("BPF_MAP_UPDATE_ELEM", 0x2, 0x2),
        flag("BPF_MAP_DELETE_ELEM", 0x3, 0x3),
        flag("BPF_MAP_GET_NEXT_KEY", 0x4, 0x4),
        flag("BPF_PROG_LOAD", 0x5, 0x5),
        flag("BPF_OBJ_PIN", 0x6, 0x6),
        flag("BPF_OBJ_GET", 0x7, 0x7),
        flag("BPF_PROG_ATTACH", 0x8, 0x8),
        flag("BPF_PROG_DETACH", 0x9, 0x9),
        flag("BPF_PROG_TEST_RUN", 0xa, 0xa),
        flag("BPF_PROG_RUN", 0xa, 0xa),
        flag("BPF_PROG_GET_NEXT_ID", 0xb, 0xb),
        flag("BPF_MAP_GET_NEXT_ID", 0xc, 0xc),
        flag("BPF_PROG_GET_FD_BY_ID", 0xd, 0xd),
        flag("BPF_MAP_GET_FD_BY_ID", 0xe, 0xe),
        flag("BPF_OBJ_GET_INFO_BY_FD", 0xf, 0xf),
        flag("BPF_PROG_QUERY", 0x10, 0x10),
        flag("BPF_RAW_TRACEPOINT_OPEN", 0x11, 0x11),
        flag("BPF_BTF_LOAD", 0x12, 0x12),
        flag("BPF_BTF_GET_FD_BY_ID", 0x13, 0x13),
        flag("BPF_TASK_FD_QUERY", 0x14, 0x14),
        flag("BPF_MAP_LOOKUP_AND_DELETE_ELEM", 0x15, 0x15),
        flag("BPF_MAP_FREEZE", 0x16, 0x16),
        flag("BPF_BTF_GET_NEXT_ID", 0x17, 0x17),
        flag("BPF_MAP_LOOKUP_BATCH", 0x18, 0x18),
        flag("BPF_MAP_LOOKUP_AND_DELETE_BATCH", 0x19, 0x19),
        flag("BPF_MAP_UPDATE_BATCH", 0x1a, 0x1a),
        flag("BPF_MAP_DELETE_BATCH", 0x1b, 0x1b),
        flag("BPF_LINK_CREATE", 0x1c, 0x1c),
        flag("BPF_LINK_UPDATE", 0x1d, 0x1d),
        flag("BPF_LINK_GET_FD_BY_ID", 0x1e, 0x1e),
        flag("BPF_LINK_GET_NEXT_ID", 0x1f, 0x1f),
        flag("BPF_ENABLE_STATS", 0x20, 0x20),
        flag("BPF_ITER_CREATE", 0x21, 0x21),
        flag("BPF_LINK_DETACH", 0x22, 0x22),
        flag("BPF_PROG_BIND_MAP", 0x23, 0x23),
    ],
};

/// Options of `prctl`.
pub(in crate::fields) static PRCTL_OPTION: FlagTable = FlagTable {
    kind: Kind::Value,
    conversion: Conversion::Same,
    flags: &[
        flag("PR_GET_DUMPABLE", 0x3, 0x3),
        flag("PR_SET_DUMPABLE", 0x4, 0x4),
        flag("PR_GET_KEEPCAPS", 0x7, 0x7),
        flag("PR_SET_KEEPCAPS", 0x8, 0x8),
        flag("PR_SET_NAME", 0xf, 0xf),
        flag("PR_GET_NAME", 0x10, 0x10),
        flag("PR_GET_SECCOMP", 0x15, 0x15),
        flag("PR_SET_SECCOMP", 0x16, 0x16),
        flag("PR_CAPBSET_READ", 0x17, 0x17),
        flag("PR_CAPBSET_DROP", 0x18, 0x18),
        flag("PR_GET_SECUREBITS", 0x1b, 0x1b),
        flag("PR_SET_SECUREBITS", 0x1c, 0x1c),
        flag("PR_MCE_KILL", 0x21, 0x21),
        flag("PR_SET_MM", 0x23, 0x23),
        flag("PR_SET_CHILD_SUBREAPER", 0x24, 0x24),
        flag("PR_GET_CHILD_SUBREAPER", 0x25, 0x25),
        flag("PR_SET_NO_NEW_PRIVS", 0x26, 0x26),
        flag("PR_GET_NO_NEW_PRIVS", 0x27, 0x27),
        flag("PR_GET_TID_ADDRESS", 0x28, 0x28),
        flag("PR_SET_THP_DISABLE", 0x29, 0x29),
        flag("PR_GET_THP_DISABLE", 0x2a, 0x2a),
        flag("PR_CAP_AMBIENT", 0x2f, 0x2f),
    ],
};

/// Resources of limits.
pub(in crate::fields) static RLIMIT: FlagTable = FlagTable {
    kind: Kind::Value,
    conversion: Conversion::Same,
    flags: &[
        flag("RLIMIT_UNKNOWN", 0xff, 0xff),
        flag("RLIMIT_RTTIME", 0xf, 0xf),
        flag("RLIMIT_RTPRIO", 0xe, 0xe),
        flag("RLIMIT_NICE", 0xd, 0xd),
        flag("RLIMIT_MSGQUEUE", 0xc, 0xc),
        flag("RLIMIT_SIGPENDING", 0xb, 0xb),
        flag("RLIMIT_LOCKS", 0xa, 0xa),
        flag("RLIMIT_AS", 0x9, 0x9),
        flag("RLIMIT_MEMLOCK", 0x8, 0x8),
        flag("RLIMIT_NOFILE", 0x7, 0x7),
        flag("RLIMIT_NPROC", 0x6, 0x6),
        flag("RLIMIT_RSS", 0x5, 0x5),
        flag("RLIMIT_CORE", 0x4, 0x4),
        flag("RLIMIT_STACK", 0x3, 0x3),
        flag("RLIMIT_DATA", 0x2, 0x2),
        flag("RLIMIT_FSIZE", 0x1, 0x1),
        flag("RLIMIT_CPU", 0x0, 0x0),
    ],
};

/// Requests of `ptrace`.
pub(in crate::fields) static PTRACE_REQUEST: FlagTable = FlagTable {
    kind: Kind::Value,
    conversion: Conversion::Listed,
    flags: &[
        flag("PTRACE_SINGLEBLOCK", 0x26, 0x21),
        flag("PTRACE_SYSEMU_SINGLESTEP", 0x25, 0x20),
        flag("PTRACE_SYSEMU", 0x24, 0x1f),
        flag("PTRACE_ARCH_PRCTL", 0x23, 0x1e),
        flag("PTRACE_SET_THREAD_AREA", 0x22, 0x1a),
        flag("PTRACE_GET_THREAD_AREA", 0x21, 0x19),
        flag("PTRACE_OLDSETOPTIONS", 0x20, 0x15),
        flag("PTRACE_SETFPXREGS", 0x1f, 0x13),
        flag("PTRACE_GETFPXREGS", 0x1e, 0x12),
        flag("PTRACE_SETFPREGS", 0x1d, 0xf),
        flag("PTRACE_GETFPREGS", 0x1c, 0xe),
        flag("PTRACE_SETREGS", 0x1b, 0xd),
        flag("PTRACE_GETREGS", 0x1a, 0xc),
        flag("PTRACE_SETSIGMASK", 0x19, 0x420b),
        flag("PTRACE_GETSIGMASK", 0x18, 0x420a),
        flag("PTRACE_PEEKSIGINFO", 0x17, 0x4209),
        flag("PTRACE_LISTEN", 0x16, 0x4208),
        flag("PTRACE_INTERRUPT", 0x15, 0x4207),
        flag("PTRACE_SEIZE", 0x14, 0x4206),
        flag("PTRACE_SETREGSET", 0x13, 0x4205),
        flag("PTRACE_GETREGSET", 0x12, 0x4204),
        flag("PTRACE_SETSIGINFO", 0x11, 0x4203),
        flag("PTRACE_GETSIGINFO", 0x10, 0x4202),
        flag("PTRACE_GETEVENTMSG", 0xf, 0x4201),
        flag("PTRACE_SETOPTIONS", 0xe, 0x4200),
        flag("PTRACE_SYSCALL", 0xd, 0x18),
        flag("PTRACE_DETACH", 0xc, 0x11),
        flag("PTRACE_ATTACH", 0xb, 0x10),
        flag("PTRACE_SINGLESTEP", 0xa, 0x9),
        flag("PTRACE_KILL", 0x9, 0x8),
        flag("PTRACE_CONT", 0x8, 0x7),
        flag("PTRACE_POKEUSR", 0x7, 0x6),
        flag("PTRACE_POKEDATA", 0x6, 0x5),
        flag("PTRACE_POKETEXT", 0x5, 0x4),
        flag("PTRACE_PEEKUSR", 0x4, 0x3),
        flag("PTRACE_PEEKDATA", 0x3, 0x2),
        flag("PTRACE_PEEKTEXT", 0x2, 0x1),
        flag("PTRACE_TRACEME", 0x1, 0x0),
        flag("PTRACE_UNKNOWN", 0x0, 0xffffffff),
    ],
};

/// Flags of `clone`, `unshare` and `setns`.
pub(in crate::fields) static CLONE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("CLONE_FILES", 0x1, 0x400),
        flag("CLONE_FS", 0x2, 0x200),
        flag("CLONE_IO", 0x4, 0x80000000),
        flag("CLONE_NEWIPC", 0x8, 0x8000000),
        flag("CLONE_NEWNET", 0x10, 0x40000000),
        flag("CLONE_NEWNS", 0x20, 0x20000),
        flag("CLONE_NEWPID", 0x40, 0x20000000),
        flag("CLONE_NEWUTS", 0x80, 0x4000000),
        flag("CLONE_PARENT", 0x100, 0x8000),
        flag("CLONE_PARENT_SETTID", 0x200, 0x100000),
        flag("CLONE_PTRACE", 0x400, 0x2000),
        flag("CLONE_SIGHAND", 0x800, 0x800),
        flag("CLONE_SYSVSEM", 0x1000, 0x40000),
        flag("CLONE_THREAD", 0x2000, 0x10000),
        flag("CLONE_UNTRACED", 0x4000, 0x800000),
        flag("CLONE_VM", 0x8000, 0x100),
        flag("CLONE_NEWUSER", 0x100000, 0x10000000),
        flag("CLONE_CHILD_CLEARTID", 0x800000, 0x200000),
        flag("CLONE_CHILD_SETTID", 0x1000000, 0x1000000),
        flag("CLONE_SETTLS", 0x2000000, 0x80000),
        flag("CLONE_VFORK", 0x8000000, 0x4000),
        flag("CLONE_NEWCGROUP", 0x10000000, 0x2000000),
    ],
};

/// Facts of an executable.
pub(in crate::fields) static EXE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("EXE_WRITABLE", 0x1, 0x1),
        flag("EXE_UPPER_LAYER", 0x2, 0x2),
        flag("EXE_FROM_MEMFD", 0x4, 0x4),
        flag("EXE_LOWER_LAYER", 0x8, 0x8),
    ],
};

/// Flags of `pidfd_open`.
pub(in crate::fields) static PIDFD: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[flag("PIDFD_NONBLOCK", 0x1, 0x800)],
};

/// Flags of `finit_module`.
pub(in crate::fields) static MODULE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("MODULE_INIT_IGNORE_MODVERSIONS", 0x1, 0x1),
        flag("MODULE_INIT_IGNORE_VERMAGIC", 0x2, 0x2),
        flag("MODULE_INIT_COMPRESSED_FILE", 0x4, 0x4),
    ],
};
