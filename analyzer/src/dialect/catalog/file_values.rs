//! Names of values that parameters about files, memory and descriptors take.
//!
//! In the order in which words are printed: the first that fits stands first.

use super::Values;

pub(super) const OPEN_FLAGS: Values = &[
    ("O_LARGEFILE", 0x800), ("O_DIRECTORY", 0x400), ("O_DIRECT", 0x200), ("O_TRUNC", 0x100), ("O_SYNC", 0x80),
    ("O_NONBLOCK", 0x40), ("O_EXCL", 0x20), ("O_DSYNC", 0x10), ("O_APPEND", 0x8), ("O_CREAT", 0x4), ("O_RDWR", 0x3),
    ("O_WRONLY", 0x2), ("O_RDONLY", 0x1), ("O_CLOEXEC", 0x1000), ("O_NONE", 0x0), ("O_TMPFILE", 0x2000),
    ("O_F_CREATED", 0x4000), ("FD_UPPER_LAYER", 0x8000), ("FD_LOWER_LAYER", 0x10000),
];

pub(super) const CREAT_FLAGS: Values = &[
    ("FD_UPPER_LAYER_CREAT", 0x1), ("FD_LOWER_LAYER_CREAT", 0x2),
];

pub(super) const LSEEK_WHENCE: Values = &[
    ("SEEK_END", 0x2), ("SEEK_CUR", 0x1), ("SEEK_SET", 0x0),
];

pub(super) const FCNTL_COMMANDS: Values = &[
    ("F_GETPIPE_SZ", 0x1d), ("F_SETPIPE_SZ", 0x1c), ("F_NOTIFY", 0x1b), ("F_DUPFD_CLOEXEC", 0x1a),
    ("F_CANCELLK", 0x19), ("F_GETLEASE", 0x18), ("F_SETLEASE", 0x17), ("F_GETOWN_EX", 0x16), ("F_SETOWN_EX", 0x15),
    ("F_SETLKW64", 0x13), ("F_SETLK64", 0x12), ("F_GETLK64", 0x11), ("F_GETSIG", 0xf), ("F_SETSIG", 0xd),
    ("F_GETOWN", 0xc), ("F_SETOWN", 0xa), ("F_SETLKW", 0x9), ("F_SETLK", 0x8), ("F_GETLK", 0x6), ("F_SETFL", 0x5),
    ("F_GETFL", 0x4), ("F_SETFD", 0x3), ("F_GETFD", 0x2), ("F_DUPFD", 0x1), ("F_OFD_GETLK", 0x1e),
    ("F_OFD_SETLK", 0x1f), ("F_OFD_SETLKW", 0x20), ("UNKNOWN", 0x0),
];

pub(super) const PROTECTIONS: Values = &[
    ("PROT_READ", 0x1), ("PROT_WRITE", 0x2), ("PROT_EXEC", 0x4), ("PROT_SEM", 0x8), ("PROT_GROWSDOWN", 0x10),
    ("PROT_GROWSUP", 0x20), ("PROT_SAO", 0x40), ("PROT_NONE", 0x0),
];

pub(super) const MMAP_FLAGS: Values = &[
    ("MAP_SHARED", 0x1), ("MAP_PRIVATE", 0x2), ("MAP_FIXED", 0x4), ("MAP_ANONYMOUS", 0x8), ("MAP_32BIT", 0x10),
    ("MAP_RENAME", 0x20), ("MAP_NORESERVE", 0x40), ("MAP_POPULATE", 0x80), ("MAP_NONBLOCK", 0x100),
    ("MAP_GROWSDOWN", 0x200), ("MAP_DENYWRITE", 0x400), ("MAP_EXECUTABLE", 0x800), ("MAP_INHERIT", 0x1000),
    ("MAP_FILE", 0x2000), ("MAP_LOCKED", 0x4000),
];

pub(super) const SPLICE_FLAGS: Values = &[
    ("SPLICE_F_MOVE", 0x1), ("SPLICE_F_NONBLOCK", 0x2), ("SPLICE_F_MORE", 0x4), ("SPLICE_F_GIFT", 0x8),
];

pub(super) const QUOTACTL_COMMANDS: Values = &[
    ("Q_QUOTAON", 0x1), ("Q_QUOTAOFF", 0x2), ("Q_GETFMT", 0x4), ("Q_GETINFO", 0x8), ("Q_SETINFO", 0x10),
    ("Q_GETQUOTA", 0x20), ("Q_SETQUOTA", 0x40), ("Q_SYNC", 0x80), ("Q_XQUOTAON", 0x100), ("Q_XQUOTAOFF", 0x200),
    ("Q_XGETQUOTA", 0x400), ("Q_XSETQLIM", 0x800), ("Q_XGETQSTAT", 0x1000), ("Q_XQUOTARM", 0x2000),
    ("Q_XQUOTASYNC", 0x4000),
];

pub(super) const QUOTA_TYPES: Values = &[
    ("USRQUOTA", 0x1), ("GRPQUOTA", 0x2),
];

pub(super) const QUOTA_FORMATS: Values = &[
    ("QFMT_NOT_USED", 0x1), ("QFMT_VFS_OLD", 0x2), ("QFMT_VFS_V0", 0x4), ("QFMT_VFS_V1", 0x8),
];

pub(super) const QUOTA_FLAGS: Values = &[
    ("DQF_NONE", 0x1), ("V1_DQF_RSQUASH", 0x2),
];

pub(super) const FLOCK_OPERATIONS: Values = &[
    ("LOCK_SH", 0x1), ("LOCK_EX", 0x2), ("LOCK_NB", 0x4), ("LOCK_UN", 0x8), ("LOCK_NONE", 0x0),
];

pub(super) const MOUNT_FLAGS: Values = &[
    ("RDONLY", 0x1), ("NOSUID", 0x2), ("NODEV", 0x4), ("NOEXEC", 0x8), ("SYNCHRONOUS", 0x10), ("REMOUNT", 0x20),
    ("MANDLOCK", 0x40), ("DIRSYNC", 0x80), ("NOATIME", 0x400), ("NODIRATIME", 0x800), ("BIND", 0x1000),
    ("MOVE", 0x2000), ("REC", 0x4000), ("SILENT", 0x8000), ("POSIXACL", 0x10000), ("UNBINDABLE", 0x20000),
    ("PRIVATE", 0x40000), ("SLAVE", 0x80000), ("SHARED", 0x100000), ("RELATIME", 0x200000), ("KERNMOUNT", 0x400000),
    ("I_VERSION", 0x800000), ("STRICTATIME", 0x1000000), ("LAZYTIME", 0x2000000), ("NOSEC", 0x10000000),
    ("BORN", 0x20000000), ("ACTIVE", 0x40000000), ("NOUSER", 0x80000000),
];

pub(super) const UMOUNT_FLAGS: Values = &[
    ("FORCE", 0x1), ("DETACH", 0x2), ("EXPIRE", 0x4), ("NOFOLLOW", 0x8),
];

pub(super) const ACCESS_MODES: Values = &[
    ("F_OK", 0x0), ("R_OK", 0x4), ("W_OK", 0x2), ("X_OK", 0x1),
];

pub(super) const UNLINKAT_FLAGS: Values = &[
    ("AT_REMOVEDIR", 0x200),
];

pub(super) const LINKAT_FLAGS: Values = &[
    ("AT_SYMLINK_FOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000),
];

pub(super) const CHMOD_MODES: Values = &[
    ("S_IXOTH", 0x1), ("S_IWOTH", 0x2), ("S_IROTH", 0x4), ("S_IXGRP", 0x8), ("S_IWGRP", 0x10), ("S_IRGRP", 0x20),
    ("S_IXUSR", 0x40), ("S_IWUSR", 0x80), ("S_IRUSR", 0x100), ("S_ISVTX", 0x200), ("S_ISGID", 0x400),
    ("S_ISUID", 0x800),
];

pub(super) const RENAME_FLAGS: Values = &[
    ("RENAME_NOREPLACE", 0x1), ("RENAME_EXCHANGE", 0x2), ("RENAME_WHITEOUT", 0x4),
];

pub(super) const RESOLVE_FLAGS: Values = &[
    ("RESOLVE_BENEATH", 0x1), ("RESOLVE_IN_ROOT", 0x2), ("RESOLVE_NO_MAGICLINKS", 0x4), ("RESOLVE_NO_SYMLINKS", 0x8),
    ("RESOLVE_NO_XDEV", 0x10), ("RESOLVE_CACHED", 0x20),
];

pub(super) const IO_URING_SETUP_FLAGS: Values = &[
    ("IORING_SETUP_IOPOLL", 0x1), ("IORING_SETUP_SQPOLL", 0x2), ("IORING_SQ_NEED_WAKEUP", 0x4),
    ("IORING_SETUP_SQ_AFF", 0x8), ("IORING_SETUP_CQSIZE", 0x10), ("IORING_SETUP_CLAMP", 0x20),
    ("IORING_SETUP_ATTACH_RW", 0x40), ("IORING_SETUP_R_DISABLED", 0x80),
];

pub(super) const IO_URING_FEATURES: Values = &[
    ("IORING_FEAT_SINGLE_MMAP", 0x1), ("IORING_FEAT_NODROP", 0x2), ("IORING_FEAT_SUBMIT_STABLE", 0x4),
    ("IORING_FEAT_RW_CUR_POS", 0x8), ("IORING_FEAT_CUR_PERSONALITY", 0x10), ("IORING_FEAT_FAST_POLL", 0x20),
    ("IORING_FEAT_POLL_32BITS", 0x40), ("IORING_FEAT_SQPOLL_NONFIXED", 0x80), ("IORING_FEAT_ENTER_EXT_ARG", 0x100),
    ("IORING_FEAT_NATIVE_WORKERS", 0x200), ("IORING_FEAT_RSRC_TAGS", 0x400),
];

pub(super) const IO_URING_ENTER_FLAGS: Values = &[
    ("IORING_ENTER_GETEVENTS", 0x1), ("IORING_ENTER_SQ_WAKEUP", 0x2), ("IORING_ENTER_SQ_WAIT", 0x4),
    ("IORING_ENTER_EXT_ARG", 0x8),
];

pub(super) const IO_URING_REGISTER_OPCODES: Values = &[
    ("IORING_REGISTER_BUFFERS", 0x0), ("IORING_UNREGISTER_BUFFERS", 0x1), ("IORING_REGISTER_FILES", 0x2),
    ("IORING_UNREGISTER_FILES", 0x3), ("IORING_REGISTER_EVENTFD", 0x4), ("IORING_UNREGISTER_EVENTFD", 0x5),
    ("IORING_REGISTER_FILES_UPDATE", 0x6), ("IORING_REGISTER_EVENTFD_ASYNC", 0x7), ("IORING_REGISTER_PROBE", 0x8),
    ("IORING_REGISTER_PERSONALITY", 0x9), ("IORING_UNREGISTER_PERSONALITY", 0xa),
    ("IORING_REGISTER_RESTRICTIONS", 0xb), ("IORING_REGISTER_ENABLE_RINGS", 0xc), ("IORING_REGISTER_FILES2", 0xd),
    ("IORING_REGISTER_FILES_UPDATE2", 0xe), ("IORING_REGISTER_BUFFERS2", 0xf),
    ("IORING_REGISTER_BUFFERS_UPDATE", 0x10), ("IORING_REGISTER_IOWQ_AFF", 0x11),
    ("IORING_UNREGISTER_IOWQ_AFF", 0x12), ("IORING_REGISTER_IOWQ_MAX_WORKERS", 0x13),
    ("IORING_REGISTER_RING_FDS", 0x14), ("IORING_UNREGISTER_RING_FDS", 0x15),
];

pub(super) const MLOCKALL_FLAGS: Values = &[
    ("MCL_CURRENT", 0x1), ("MCL_FUTURE", 0x2), ("MCL_ONFAULT", 0x4),
];

pub(super) const MLOCK2_FLAGS: Values = &[
    ("MLOCK_ONFAULT", 0x1),
];

pub(super) const FSCONFIG_COMMANDS: Values = &[
    ("FSCONFIG_SET_FLAG", 0x0), ("FSCONFIG_SET_STRING", 0x1), ("FSCONFIG_SET_BINARY", 0x2),
    ("FSCONFIG_SET_PATH", 0x3), ("FSCONFIG_SET_PATH_EMPTY", 0x4), ("FSCONFIG_SET_FD", 0x5),
    ("FSCONFIG_CMD_CREATE", 0x6), ("FSCONFIG_CMD_RECONFIGURE", 0x7),
];

pub(super) const EPOLL_CREATE1_FLAGS: Values = &[
    ("EPOLL_CLOEXEC", 0x1),
];

pub(super) const FCHOWNAT_FLAGS: Values = &[
    ("AT_SYMLINK_NOFOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000),
];

pub(super) const MEMFD_FLAGS: Values = &[
    ("MFD_CLOEXEC", 0x1), ("MFD_ALLOW_SEALING", 0x2), ("MFD_HUGETLB", 0x4),
];

pub(super) const MKNOD_MODES: Values = &[
    ("S_IXOTH", 0x1), ("S_IWOTH", 0x2), ("S_IROTH", 0x4), ("S_IXGRP", 0x8), ("S_IWGRP", 0x10), ("S_IRGRP", 0x20),
    ("S_IXUSR", 0x40), ("S_IWUSR", 0x80), ("S_IRUSR", 0x100), ("S_ISVTX", 0x200), ("S_ISGID", 0x400),
    ("S_ISUID", 0x800), ("S_IFREG", 0x8000), ("S_IFCHR", 0x2000), ("S_IFBLK", 0x6000), ("S_IFIFO", 0x1000),
    ("S_IFSOCK", 0xc000),
];

pub(super) const NEWFSTATAT_FLAGS: Values = &[
    ("AT_EMPTY_PATH", 0x1000), ("AT_NO_AUTOMOUNT", 0x800), ("AT_SYMLINK_NOFOLLOW", 0x100),
];

pub(super) const CLOSE_RANGE_FLAGS: Values = &[
    ("CLOSE_RANGE_UNSHARE", 0x2), ("CLOSE_RANGE_CLOEXEC", 0x4),
];
