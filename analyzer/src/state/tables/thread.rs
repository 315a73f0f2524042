//! A thread: who it is, what it runs, on whose behalf.

use std::sync::Arc;

use falco_format::{Pid, Tid, UnixNanos};

use super::cgroup::Cgroups;
use super::falco::{FalcoFacts, UNKNOWN_PID, clone};
use super::fds::FdTable;
use super::numbers::{Ptid, Vpid, Vtid};
use super::shared::Handle;
use super::text::{Strings, Text};

/// A tick of /proc's start times, nanoseconds: `USER_HZ` is 100 on every architecture recorded.
pub(crate) const PROC_TICK_NS: u64 = 10_000_000;

/// What exec loaded. Shared by all threads of a process, and by its children until they exec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// `argv[0]`.
    pub exe: Option<Text>,
    /// `argv[1..]`.
    pub args: Strings,
    /// Whether the arguments are known at all.
    pub args_known: bool,
    /// `argv[1..]` joined by blanks.
    pub args_joined: Text,
    /// The path of the executable as the kernel resolved it.
    pub exepath: Option<Text>,
    /// Its path inside its file system, where its mount shows a part of that.
    pub inner_path: Option<Text>,
    /// How many names its inode had.
    pub links: Option<u32>,
    /// The mount that it was found in.
    pub mount: Option<u32>,
    /// The environment; empty unless it was recorded.
    pub env: Strings,
    /// Inode of the executable.
    pub inode: Option<u64>,
    /// Its change time.
    pub ctime: Option<UnixNanos>,
    /// Its modification time.
    pub mtime: Option<UnixNanos>,
    /// Its mode.
    pub mode: Option<u32>,
    /// Its owner.
    pub uid: Option<u32>,
    /// Its group.
    pub gid: Option<u32>,
    /// Bits of `falco_abi::frame::exe_flags`.
    pub flags: Option<u32>,
    /// Whether the user who executed it could have written to it then.
    pub writable: bool,
    /// When it was executed, nanoseconds of boot time; none if before the capture.
    pub executed: Option<u64>,
}

/// User, group and capability sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Effective user, which Falco calls the user.
    pub uid: Option<u32>,
    /// Effective group, which Falco calls the group.
    pub gid: Option<u32>,
    /// Audit user; 4,294,967,295 where unset.
    pub loginuid: Option<u32>,
    /// Inheritable capabilities.
    pub cap_inheritable: Option<u64>,
    /// Permitted capabilities.
    pub cap_permitted: Option<u64>,
    /// Effective capabilities.
    pub cap_effective: Option<u64>,
}

impl Credentials {
    /// Takes what is not known yet.
    pub(in crate::state) fn complete(&mut self, other: Credentials) {
        self.uid = self.uid.or(other.uid);
        self.gid = self.gid.or(other.gid);
        self.loginuid = self.loginuid.or(other.loginuid);
        self.cap_inheritable = self.cap_inheritable.or(other.cap_inheritable);
        self.cap_permitted = self.cap_permitted.or(other.cap_permitted);
        self.cap_effective = self.cap_effective.or(other.cap_effective);
    }
}

/// The numbers that a thread goes by, in the initial pid namespace and in its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// The parent.
    pub ptid: Option<Ptid>,
    /// Thread id, own namespace.
    pub vtid: Option<Vtid>,
    /// Process id, own namespace.
    pub vpid: Option<Vpid>,
    /// Process group: a process's number.
    pub pgid: Option<i64>,
    /// Process group, own namespace.
    pub vpgid: Option<Vpid>,
    /// Session: a process's number. Falco's captures tell the other alone.
    pub sid: Option<i64>,
    /// Session, own namespace.
    pub vsid: Option<Vpid>,
}

/// Directories that names are resolved against. What `CLONE_FS` shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directories {
    /// The working directory, as text with a trailing slash.
    pub cwd: Option<Text>,
    /// The root directory, where it was changed.
    pub root: Option<Text>,
    /// When an event last changed them, nanoseconds of boot time.
    pub(in crate::state) touched: u64,
}

impl Directories {
    /// Whether the working directory is known: what hangs on one that is not begins with `./`.
    pub(in crate::state) fn is_cwd_known(&self) -> bool {
        self.cwd.as_ref().is_some_and(|cwd| cwd.starts_with(b"/"))
    }
}

/// A thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Thread id, initial namespace.
    pub tid: Tid,
    /// Process id, initial namespace.
    pub pid: Pid,
    /// Start, nanoseconds of boot time.
    pub start: u64,
    /// False if the start was read from /proc, which rounds down to a tick.
    pub start_exact: bool,
    /// When its birth was seen, nanoseconds of boot time; none if it was not.
    pub birth: Option<u64>,
    /// Its name, 15 bytes.
    pub comm: Option<Text>,
    /// What it runs.
    pub program: Arc<Program>,
    /// On whose behalf.
    pub credentials: Credentials,
    /// Other numbers.
    pub ids: Ids,
    /// Controlling terminal; 0 for none.
    pub tty: Option<u32>,
    /// Where it sits in the cgroup hierarchies.
    pub cgroups: Arc<Cgroups>,
    /// Soft limit of open files.
    pub fdlimit: Option<u64>,
    /// Start of its pid namespace's init, nanoseconds of boot time.
    pub pidns_start: Option<u64>,
    /// Inode of its mount namespace.
    pub mnt_ns: Option<u64>,
    /// Inode of its network namespace.
    pub net_ns: Option<u64>,
    /// Inode of its pid namespace.
    pub pid_ns: Option<u64>,
    /// The kernel's `PF_*` flags.
    pub kernel_flags: u32,
    /// Orphans below it become its children.
    pub is_subreaper: bool,
    /// It has ended, but threads of its process live.
    pub is_dead: bool,
    /// When its facts were last known to be whole, nanoseconds of boot time.
    pub verified: u64,
    /// What only Falco's captures tell of it.
    pub falco: FalcoFacts,
    /// Its descriptors.
    pub(in crate::state) files: Handle<FdTable>,
    /// Its directories.
    pub(in crate::state) directories: Handle<Directories>,
    /// When an event last changed something about it, nanoseconds of boot time: a row that looked before says less.
    pub(in crate::state) touched: u64,
    /// When an event last gave it descriptors or directories of its own, nanoseconds of boot time.
    pub(in crate::state) parted: u64,
    /// That it shares the table of its leader is only assumed: its birth was not seen.
    pub(in crate::state) assumes_files: bool,
    /// The snapshot in which it was last seen.
    pub(in crate::state) epoch: u32,
    /// Its place in the order in which threads were added.
    pub(in crate::state) serial: u64,
    /// Another number whenever it may have been changed, and that of no other thread.
    pub(in crate::state) version: u64,
}

impl Thread {
    /// Names this thread as it is: another number whenever something about it may have been changed, and never that of another thread of the same state.
    ///
    /// Its descriptors and directories have a life of their own.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// In Falco's dialect: whether nothing but the tid is known, or the parent is not.
    pub fn is_invalid(&self) -> bool {
        self.pid == UNKNOWN_PID || self.ids.ptid.is_none_or(|ptid| ptid.0 < 0)
    }

    /// The process id as Falco shows it: −1 where it is not known.
    pub fn shown_pid(&self) -> i64 {
        if self.pid == UNKNOWN_PID {
            -1
        } else {
            i64::from(self.pid)
        }
    }

    /// Of a recording: whether a snapshot has told of it.
    pub(crate) fn was_in_snapshot(&self) -> bool {
        self.epoch > 0
    }

    pub(in crate::state) fn is_in_pid_namespace(&self) -> bool {
        let other = |vtid: Vtid| vtid.0 >= 0 && vtid.0 != i64::from(self.tid);
        self.falco.flags & clone::CHILD_IN_PIDNS != 0 || self.ids.vtid.is_some_and(other)
    }

    /// Whether the kernel says that it has ended, and waits for its parent or for the other threads.
    pub(crate) fn has_exited(&self) -> bool {
        const PF_EXITING: u32 = 4;
        self.kernel_flags & PF_EXITING != 0
    }

    /// Whether it is the leader of its process.
    pub fn is_leader(&self) -> bool {
        self.tid == self.pid.leader()
    }

    /// Whether it goes by other numbers in its own pid namespace.
    pub(crate) fn is_in_namespace(&self) -> bool {
        let thread = self
            .ids
            .vtid
            .is_some_and(|own| own.0 != i64::from(self.tid));
        thread
            || self
                .ids
                .vpid
                .is_some_and(|own| own.0 != i64::from(self.pid))
    }

    /// Whether a row that names this tid and start is about this thread.
    ///
    /// Starts that were read from /proc are whole ticks: they agree if they lie in the same tick.
    /// A start of zero says nothing.
    pub(in crate::state) fn is_same(&self, start: u64, exact: bool) -> bool {
        if start == 0 || self.start == 0 {
            return true;
        }
        if exact && self.start_exact {
            return start == self.start;
        }
        start / PROC_TICK_NS == self.start / PROC_TICK_NS
    }
}

impl Program {
    /// Whether a user may write to the executable, as the kernel decides and Falco asks at the exec: the owner, the mode, or a capability.
    ///
    /// Supplementary groups, access lists and file systems that are read-only are not known here.
    pub(in crate::state) fn may_write(&self, user: &Credentials) -> bool {
        const CAP_DAC_OVERRIDE: u64 = 1 << 1;
        const CAP_FOWNER: u64 = 1 << 3;
        let (Some(mode), Some(uid)) = (self.mode, user.uid) else {
            return false;
        };
        let bit = if self.gid.is_some() && self.gid == user.gid {
            0o020
        } else {
            0o002
        };
        // Where capabilities are not known, root has them.
        let is_privileged = user
            .cap_effective
            .map_or(uid == 0, |held| held & (CAP_DAC_OVERRIDE | CAP_FOWNER) != 0);
        self.uid == Some(uid) || mode & bit != 0 || is_privileged
    }

    /// Takes the strings of an argument area, each followed by a NUL.
    pub(in crate::state) fn set_argv(&mut self, bytes: &[u8]) {
        let (exe, args) = Strings::split_first(bytes);
        self.exe = exe.map(Text::from);
        self.take_args(args);
    }

    /// Takes the strings after the first, where those alone are given.
    pub(in crate::state) fn set_args(&mut self, bytes: &[u8]) {
        self.take_args(Strings::of_area(bytes));
    }

    fn take_args(&mut self, args: Strings) {
        self.args_joined = args.joined();
        self.args = args;
        self.args_known = true;
    }
}
