//! Names of flags and values of files, descriptors and mounts: Falco's name, Falco's value, Linux's value.

use super::{Conversion, Flag, FlagTable, Kind, flag, open};

/// Commands of `fcntl`.
pub(in crate::fields) static FCNTL_COMMAND: FlagTable = FlagTable {
    kind: Kind::Value,
    conversion: Conversion::Listed,
    flags: &[
        flag("F_GETPIPE_SZ", 0x1d, 0x408),
        flag("F_SETPIPE_SZ", 0x1c, 0x407),
        flag("F_NOTIFY", 0x1b, 0x402),
        flag("F_DUPFD_CLOEXEC", 0x1a, 0x406),
        flag("F_CANCELLK", 0x19, 0x405),
        flag("F_GETLEASE", 0x18, 0x401),
        flag("F_SETLEASE", 0x17, 0x400),
        flag("F_GETOWN_EX", 0x16, 0x10),
        flag("F_SETOWN_EX", 0x15, 0xf),
        flag("F_SETLKW64", 0x13, 0xe),
        flag("F_SETLK64", 0x12, 0xd),
        flag("F_GETLK64", 0x11, 0xc),
        flag("F_GETSIG", 0xf, 0xb),
        flag("F_SETSIG", 0xd, 0xa),
        flag("F_GETOWN", 0xc, 0x9),
        flag("F_SETOWN", 0xa, 0x8),
        flag("F_SETLKW", 0x9, 0x7),
        flag("F_SETLK", 0x8, 0x6),
        flag("F_GETLK", 0x6, 0x5),
        flag("F_SETFL", 0x5, 0x4),
        flag("F_GETFL", 0x4, 0x3),
        flag("F_SETFD", 0x3, 0x2),
        flag("F_GETFD", 0x2, 0x1),
        flag("F_DUPFD", 0x1, 0),
        flag("F_OFD_GETLK", 0x1e, 0x24),
        flag("F_OFD_SETLK", 0x1f, 0x25),
        flag("F_OFD_SETLKW", 0x20, 0x26),
    ],
};

/// Flags of `open` and of calls with flags of the same names.
pub(in crate::fields) static OPEN: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::By(open::from_linux),
    flags: OPEN_FLAGS,
};

/// `O_CLOEXEC` and `O_NONBLOCK` of calls that make a descriptor, under whatever names those calls have for them.
pub(in crate::fields) static CREATION: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::By(open::creation_from_linux),
    flags: OPEN_FLAGS,
};

/// What a `creat` found or made.
pub(in crate::fields) static CREAT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("FD_UPPER_LAYER_CREAT", 0x1, 0x1),
        flag("FD_LOWER_LAYER_CREAT", 0x2, 0x2),
    ],
};

const OPEN_FLAGS: &[Flag] = &[
    flag("O_LARGEFILE", 0x800, 0),
    flag("O_DIRECTORY", 0x400, 0),
    flag("O_DIRECT", 0x200, 0),
    flag("O_TRUNC", 0x100, 0),
    flag("O_SYNC", 0x80, 0),
    flag("O_NONBLOCK", 0x40, 0),
    flag("O_EXCL", 0x20, 0),
    flag("O_DSYNC", 0x10, 0),
    flag("O_APPEND", 0x8, 0),
    flag("O_CREAT", 0x4, 0),
    flag("O_RDWR", 0x3, 0),
    flag("O_WRONLY", 0x2, 0),
    flag("O_RDONLY", 0x1, 0),
    flag("O_CLOEXEC", 0x1000, 0),
    flag("O_NONE", 0x0, 0),
    flag("O_TMPFILE", 0x2000, 0),
    flag("O_F_CREATED", 0x4000, 0),
    flag("FD_UPPER_LAYER", 0x8000, 0),
    flag("FD_LOWER_LAYER", 0x10000, 0),
];

/// Permissions of files.
pub(in crate::fields) static MODE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("S_IXOTH", 0x1, 0x1),
        flag("S_IWOTH", 0x2, 0x2),
        flag("S_IROTH", 0x4, 0x4),
        flag("S_IXGRP", 0x8, 0x8),
        flag("S_IWGRP", 0x10, 0x10),
        flag("S_IRGRP", 0x20, 0x20),
        flag("S_IXUSR", 0x40, 0x40),
        flag("S_IWUSR", 0x80, 0x80),
        flag("S_IRUSR", 0x100, 0x100),
        flag("S_ISVTX", 0x200, 0x200),
        flag("S_ISGID", 0x400, 0x400),
        flag("S_ISUID", 0x800, 0x800),
    ],
};

/// Flags of `unlinkat`.
pub(in crate::fields) static UNLINKAT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[flag("AT_REMOVEDIR", 0x200, 0x200)],
};

/// Flags of `linkat`.
pub(in crate::fields) static LINKAT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("AT_SYMLINK_FOLLOW", 0x400, 0x400),
        flag("AT_EMPTY_PATH", 0x1000, 0x1000),
    ],
};

/// Flags of `fchownat`.
pub(in crate::fields) static FCHOWNAT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("AT_SYMLINK_NOFOLLOW", 0x400, 0x100),
        flag("AT_EMPTY_PATH", 0x1000, 0x1000),
    ],
};

/// Flags of `renameat2`.
pub(in crate::fields) static RENAME: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("RENAME_NOREPLACE", 0x1, 0x1),
        flag("RENAME_EXCHANGE", 0x2, 0x2),
        flag("RENAME_WHITEOUT", 0x4, 0x4),
    ],
};

/// Flags of `mount`.
pub(in crate::fields) static MOUNT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("RDONLY", 0x1, 0x1),
        flag("NOSUID", 0x2, 0x2),
        flag("NODEV", 0x4, 0x4),
        flag("NOEXEC", 0x8, 0x8),
        flag("SYNCHRONOUS", 0x10, 0x10),
        flag("REMOUNT", 0x20, 0x20),
        flag("MANDLOCK", 0x40, 0x40),
        flag("DIRSYNC", 0x80, 0x80),
        flag("NOATIME", 0x400, 0x400),
        flag("NODIRATIME", 0x800, 0x800),
        flag("BIND", 0x1000, 0x1000),
        flag("MOVE", 0x2000, 0x2000),
        flag("REC", 0x4000, 0x4000),
        flag("SILENT", 0x8000, 0x8000),
        flag("POSIXACL", 0x10000, 0x10000),
        flag("UNBINDABLE", 0x20000, 0x20000),
        flag("PRIVATE", 0x40000, 0x40000),
        flag("SLAVE", 0x80000, 0x80000),
        flag("SHARED", 0x100000, 0x100000),
        flag("RELATIME", 0x200000, 0x200000),
        flag("KERNMOUNT", 0x400000, 0x400000),
        flag("I_VERSION", 0x800000, 0x800000),
        flag("STRICTATIME", 0x1000000, 0x1000000),
        flag("LAZYTIME", 0x2000000, 0x2000000),
        flag("NOSEC", 0x10000000, 0x10000000),
        flag("BORN", 0x20000000, 0x20000000),
        flag("ACTIVE", 0x40000000, 0x40000000),
        flag("NOUSER", 0x80000000, 0x80000000),
    ],
};

/// Flags of `umount2`.
pub(in crate::fields) static UMOUNT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("FORCE", 0x1, 0x1),
        flag("DETACH", 0x2, 0x2),
        flag("EXPIRE", 0x4, 0x4),
        flag("NOFOLLOW", 0x8, 0x8),
    ],
};

/// Rules for the walk of `openat2`.
pub(in crate::fields) static RESOLVE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("RESOLVE_BENEATH", 0x1, 0x8),
        flag("RESOLVE_IN_ROOT", 0x2, 0x10),
        flag("RESOLVE_NO_MAGICLINKS", 0x4, 0x2),
        flag("RESOLVE_NO_SYMLINKS", 0x8, 0x4),
        flag("RESOLVE_NO_XDEV", 0x10, 0x1),
        flag("RESOLVE_CACHED", 0x20, 0x20),
    ],
};

/// Flags of `close_range`.
pub(in crate::fields) static CLOSE_RANGE: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("CLOSE_RANGE_UNSHARE", 0x2, 0x2),
        flag("CLOSE_RANGE_CLOEXEC", 0x4, 0x4),
    ],
};

/// Flags of `memfd_create`.
pub(in crate::fields) static MEMFD: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("MFD_CLOEXEC", 0x1, 0x1),
        flag("MFD_ALLOW_SEALING", 0x2, 0x2),
        flag("MFD_HUGETLB", 0x4, 0x4),
    ],
};

/// Flags of `epoll_create1`.
pub(in crate::fields) static EPOLL: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[flag("EPOLL_CLOEXEC", 0x1, 0x80000)],
};

/// Flags of `io_uring_setup`.
pub(in crate::fields) static URING_SETUP: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("IORING_SETUP_IOPOLL", 0x1, 0x1),
        flag("IORING_SETUP_SQPOLL", 0x2, 0x2),
        flag("IORING_SQ_NEED_WAKEUP", 0x4, 0x4),
        flag("IORING_SETUP_SQ_AFF", 0x8, 0x8),
        flag("IORING_SETUP_CQSIZE", 0x10, 0x10),
        flag("IORING_SETUP_CLAMP", 0x20, 0x20),
        flag("IORING_SETUP_ATTACH_RW", 0x40, 0x40),
        flag("IORING_SETUP_R_DISABLED", 0x80, 0x80),
    ],
};

/// Features of an io_uring instance.
pub(in crate::fields) static URING_FEATURES: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Same,
    flags: &[
        flag("IORING_FEAT_SINGLE_MMAP", 0x1, 0x1),
        flag("IORING_FEAT_NODROP", 0x2, 0x2),
        flag("IORING_FEAT_SUBMIT_STABLE", 0x4, 0x4),
        flag("IORING_FEAT_RW_CUR_POS", 0x8, 0x8),
        flag("IORING_FEAT_CUR_PERSONALITY", 0x10, 0x10),
        flag("IORING_FEAT_FAST_POLL", 0x20, 0x20),
        flag("IORING_FEAT_POLL_32BITS", 0x40, 0x40),
        flag("IORING_FEAT_SQPOLL_NONFIXED", 0x80, 0x80),
        flag("IORING_FEAT_ENTER_EXT_ARG", 0x100, 0x100),
        flag("IORING_FEAT_NATIVE_WORKERS", 0x200, 0x200),
        flag("IORING_FEAT_RSRC_TAGS", 0x400, 0x400),
    ],
};
