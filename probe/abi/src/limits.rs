//! Every limit of the capture, with its unit and its reason.

/// The longest frame, in bytes. A power of two: the probe masks write offsets with it. An exec holds four paths and strings of 4,096 bytes each, or five with its environment, and its credentials behind them.
pub const FRAME_MAX: usize = 32 * 1024;
/// One more than the longest single value, in bytes. A power of two: the probe masks lengths with it.
pub const VALUE_MAX: usize = 8 * 1024;
/// The longest path copied, in bytes with the NUL: the kernel's own limit, so that no path that a call accepted is cut.
pub const PATH_MAX: u16 = 4096;
/// The longest argument vector copied, in bytes: Falco's limit.
pub const ARGV_MAX: u16 = 4096;
/// The longest environment copied, in bytes: Falco's limit. Zero unless asked for.
pub const ENV_MAX: u16 = 4096;
/// The longest I/O payload copied, in bytes: Falco's limit. Zero unless asked for.
pub const PAYLOAD_MAX: u16 = 80;
/// The longest socket address copied, in bytes: `sockaddr_un` is 110.
pub const SOCKADDR_MAX: u16 = 128;
/// The longest socket tuple, in bytes: two unix addresses' fixed part and one path.
pub const TUPLE_MAX: u16 = 160;
/// The longest short string (comm, module arguments, file system type), in bytes with the NUL.
pub const NAME_MAX: u16 = 256;
/// How many strings of an argument vector are read from a failed exec's pointers.
pub const ARGV_STRINGS_MAX: u16 = 24;
/// How many directories and mounts the walk from a dentry to its root may climb; a path of more is cut, and says so.
pub const PATH_COMPONENTS_MAX: usize = 128;
/// How many cgroup directories the walk to the root may climb.
pub const CGROUP_COMPONENTS_MAX: usize = 12;
/// How many parameters one event may have.
pub const PARAMS_MAX: usize = 48;
/// How many steps the program at `sys_exit` interprets for one call: no syscall row has more parameters.
pub const SYSCALL_PARAMS_MAX: usize = 16;
/// The largest syscall number of any ABI that the plan index has room for.
pub const SYSCALL_NUMBERS: usize = 512;
/// One more than the largest event id of the table; the size of arrays indexed by event id.
pub const EVENT_IDS: usize = 320;
/// How many messages of one call become events: as many as the kernel takes of one `sendmmsg`. It hands out more to a `recvmmsg` that asks for more; those beyond are counted as lost.
pub const MESSAGES_MAX: usize = 1024;
/// How many buffers of an iovec array are looked at.
pub const IOVECS_MAX: usize = 16;
