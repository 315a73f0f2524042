//! The parts of state that a question may need or leave aside: what each field reads, and what each event changes.
//!
//! In: the facets that somebody asks for. Out: the same state in those facets, from fewer rows.
//! A field names what it reads beside its extractor; events stand in one table here, for both dialects, since most have one name in both.
//! Snapshots belong to all facets: they are applied as they stand.

use std::fmt;

/// Some parts of state.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facets(u16);

macro_rules! facets {
    ($($name:ident = $bit:expr, $word:literal, $doc:literal;)+) => {
        impl Facets {
            $(#[doc = $doc] pub const $name: Facets = Facets(1 << $bit);)+

            /// All of them.
            pub const ALL: Facets = Facets($(Facets::$name.0)|+);

            /// Each of them by its name.
            const NAMED: &[(Facets, &str)] = &[$((Facets::$name, $word)),+];
        }
    };
}

facets! {
    PROGRAM = 0, "program", "What a process runs: its name, executable, arguments and environment.";
    ANCESTRY = 1, "ancestry", "Which threads there are, whose children they are, their ids, sessions, groups and terminals.";
    CREDENTIALS = 2, "credentials", "Users, groups and capabilities of threads.";
    DIRECTORIES = 3, "directories", "Working directories and roots of threads.";
    DESCRIPTORS = 4, "descriptors", "Which files the numbers of descriptors stand for, and how many there may be.";
    SOCKETS = 5, "sockets", "Addresses, ports and states of sockets.";
    CPU_TIMES = 6, "CPU times", "How long threads ran.";
    MEMORY = 7, "memory", "Memory of processes, and what faults they had.";
    ACCOUNTS = 8, "accounts", "Names of users and groups.";
    MOUNTS = 9, "mounts", "What is mounted where.";
    CGROUPS = 10, "cgroups", "Which cgroups threads are in, and so which container.";
    CONTAINERS = 11, "containers", "What runtimes say of containers.";
    CONNECTIONS = 12, "connections", "How far sockets are connected.";
}

impl Facets {
    /// None of them.
    pub const NONE: Facets = Facets(0);

    /// What arguments of events are resolved with: everything but what only fields of its own tell.
    pub const OF_ARGUMENTS: Facets = Facets::PROGRAM
        .and(Facets::ANCESTRY)
        .and(Facets::CREDENTIALS)
        .and(Facets::DIRECTORIES)
        .and(Facets::DESCRIPTORS)
        .and(Facets::SOCKETS)
        .and(Facets::ACCOUNTS)
        .and(Facets::CGROUPS)
        .and(Facets::CONTAINERS);

    /// What a thread has from its birth or its exec and loses at its end.
    const OF_THREAD: Facets = Facets::PROGRAM
        .and(Facets::ANCESTRY)
        .and(Facets::CREDENTIALS)
        .and(Facets::DIRECTORIES)
        .and(Facets::DESCRIPTORS)
        .and(Facets::SOCKETS)
        .and(Facets::CONNECTIONS)
        .and(Facets::CPU_TIMES)
        .and(Facets::MEMORY)
        .and(Facets::CGROUPS);

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Facets) -> Facets {
        Facets(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn common(self, other: Facets) -> Facets {
        Facets(self.0 & other.0)
    }

    /// Whether all of `other` are among them.
    #[must_use]
    pub const fn holds(self, other: Facets) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is among them.
    #[must_use]
    pub const fn meets(self, other: Facets) -> bool {
        self.0 & other.0 != 0
    }

    /// With all that their own changes look at: a path is resolved against a directory, an exec by a relative path too.
    #[must_use]
    pub const fn with_sources(self) -> Facets {
        let mut all = self;
        if all.meets(Facets::CONNECTIONS) {
            all = all.and(Facets::SOCKETS);
        }
        if all.meets(Facets::SOCKETS) {
            all = all.and(Facets::DESCRIPTORS);
        }
        if all.meets(Facets::PROGRAM) {
            // Whether a program may be written is asked of the credentials at its exec.
            all = all.and(Facets::CREDENTIALS).and(Facets::DESCRIPTORS);
        }
        if all.meets(Facets::DESCRIPTORS.and(Facets::DIRECTORIES)) {
            // Directories are entered by their descriptors, and descriptors are opened by paths.
            all = all.and(Facets::DESCRIPTORS).and(Facets::DIRECTORIES);
        }
        if all.meets(Facets::ACCOUNTS.and(Facets::CONTAINERS)) {
            all = all.and(Facets::CGROUPS);
        }
        if all.meets(Facets::OF_THREAD) {
            all = all.and(Facets::ANCESTRY);
        }
        all
    }
}

impl fmt::Debug for Facets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = f.debug_set();
        let own = Facets::NAMED.iter().filter(|(facet, _)| self.meets(*facet));
        own.for_each(|(_, name)| {
            names.entry(name);
        });
        names.finish()
    }
}

/// What an event of a name changes, of a thread that is known; some change it in one dialect alone.
pub(in crate::state) fn of_name(name: &str) -> Facets {
    match name {
        "execve" | "execveat" | "procfork" | "procexit" | "clone" | "clone3" | "fork" | "vfork" => {
            Facets::OF_THREAD
        }
        "setpgid" | "setsid" | "prctl" => Facets::ANCESTRY.and(Facets::CREDENTIALS),
        "setns" | "unshare" => Facets::ANCESTRY
            .and(Facets::CREDENTIALS)
            .and(Facets::DIRECTORIES)
            .and(Facets::DESCRIPTORS)
            .and(Facets::CGROUPS),
        "setuid" | "setgid" | "setreuid" | "setregid" | "setresuid" | "setresgid" | "setfsuid"
        | "setfsgid" | "capset" => Facets::CREDENTIALS,
        "chdir" | "fchdir" | "chroot" | "getcwd" => Facets::DIRECTORIES,
        "mount" | "umount" | "umount2" => Facets::MOUNTS,
        "cgroup_attach_task" => Facets::CGROUPS,
        "container" | "asyncevent" => Facets::CONTAINERS,
        "useradded" | "groupadded" | "userdeleted" | "groupdeleted" => Facets::ACCOUNTS,
        "switch" => Facets::CPU_TIMES.and(Facets::MEMORY),
        "procinfo" => Facets::CPU_TIMES,
        "brk" | "mmap" | "mmap2" | "munmap" => Facets::MEMORY,
        // It makes whoever it is about known.
        "prlimit" => Facets::ANCESTRY.and(Facets::DESCRIPTORS),
        "open" | "openat" | "openat2" | "creat" | "open_by_handle_at" | "setrlimit"
        | "getrlimit" | "memfd_create" | "inotify_init" | "inotify_init1" | "epoll_create"
        | "epoll_create1" | "eventfd" | "eventfd2" | "signalfd" | "signalfd4"
        | "timerfd_create" | "io_uring_setup" | "userfaultfd" | "bpf" | "pidfd_open" | "pipe"
        | "pipe2" => Facets::DESCRIPTORS,
        // Copies and ends of sockets among others.
        "close" | "close_range" | "dup" | "dup2" | "dup3" | "fcntl" | "pidfd_getfd" | "socket"
        | "socketpair" | "accept" | "accept4" | "bind" | "connect" | "listen" | "shutdown"
        | "getsockopt" | "send" | "sendto" | "sendmsg" | "sendmmsg" | "recv" | "recvfrom"
        | "recvmsg" | "recvmmsg" => Facets::DESCRIPTORS
            .and(Facets::SOCKETS)
            .and(Facets::CONNECTIONS),
        // Whoever reads from a socket or writes to one has a connection; these calls tell no ends.
        "read" | "readv" | "pread" | "preadv" | "write" | "writev" | "pwrite" | "pwritev" => {
            Facets::CONNECTIONS
        }
        _ => Facets::NONE,
    }
}
