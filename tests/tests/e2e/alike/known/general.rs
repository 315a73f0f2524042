//! What Falco's files say otherwise, or not at all.

use super::{ANY, Case, Known, always};

/// What was not recorded is what Falco's recorder writes where it has none.
fn is_made_up(case: &Case<'_>) -> bool {
    let begins = |text: Option<&str>, words: &[&str]| {
        text.is_none_or(|text| {
            words
                .iter()
                .any(|word| text == *word || text.starts_with(&format!("{word} printed")))
        })
    };
    begins(case.ours, &["<NA>", "NULL"])
        && begins(case.theirs, &["0", "-1", "4294967295", "NULL", "<NA>", ""])
}

/// What Falco's files say otherwise of anything but sockets.
pub(super) const ROWS: &[Known] = &[
    Known {
        questions: &[
            "fd.real_path",
            "fd.inner_path",
            "fd.nlink",
            "fd.mount_id",
            "fd.is_deleted",
            "fd.is_unreachable",
            "fd.is_cut",
            "proc.exe_inner_path",
            "proc.exe_nlink",
            "proc.exe_mount_id",
            "proc.is_exe_deleted",
            "proc.is_exe_unreachable",
        ],
        types: ANY,
        when: |case| case.theirs.is_none(),
        reason: "What was really opened or executed is told by recordings alone: Falco's files have no place for it.",
    },
    Known {
        questions: &["evt.num", "evt.deltatime*"],
        types: ANY,
        when: always,
        reason: "Numbers and distances count the events of a file, and an export has fewer.",
    },
    Known {
        questions: &[
            "proc.pid.ts",
            "proc.ppid.ts",
            "proc.duration",
            "proc.ppid.duration",
            "proc.exe_ino.ctime_duration_proc_start",
        ],
        types: ANY,
        when: always,
        reason: "A recording has the start that the kernel keeps; Falco takes the time of the birth's event, and knows none of who was there before.",
    },
    Known {
        questions: &["evt.arg.*", "evt.rawarg.*", "evt.arg[*"],
        types: ANY,
        when: is_made_up,
        reason: "An argument that was not recorded is absent; in Falco's files it is 0, and -1 for descriptors and ids.",
    },
    Known {
        questions: &["evt.rawarg.tuple", "evt.rawarg.addr", "evt.rawarg.val"],
        types: ANY,
        when: always,
        reason: "The raw bytes are the kernel's structure in a recording and Falco's encoding in an export.",
    },
    Known {
        questions: &[
            "evt.type",
            "syscall.type",
            "evt.dir",
            "evt.count.exit",
            "evt.count.procinfo",
            "evt.failed",
            "evt.rawres",
            "evt.res",
            "evt.args",
            "evt.info",
            "evt.arg*",
            "evt.rawarg.*",
            "evt.category",
            "evt.is_syslog",
            "evt.count.error*",
        ],
        types: &["procfork"],
        when: always,
        reason: "The child's first moment is an event of its own in a recording; Falco shows it as the child's return of `clone`.",
    },
    Known {
        questions: &[
            "evt.args",
            "evt.info",
            "evt.arg*",
            "evt.rawarg.*",
            "evt.category",
            "evt.failed",
            "evt.rawres",
            "evt.res",
            "evt.count.error*",
        ],
        types: &["setgroups", "setfsuid", "setfsgid"],
        when: always,
        reason: "Falco has no arguments and no result of these calls: they are known by their numbers.",
    },
    Known {
        questions: &["evt.args", "evt.info"],
        types: &[
            "signalfd",
            "signalfd4",
            "recvmmsg",
            "sendmmsg",
            "sendmsg",
            "execveat",
        ],
        when: always,
        reason: "Falco has arguments there that are not recorded: 0 in its files.",
    },
    Known {
        questions: &[
            "proc.pidns_init_start_ts",
            "proc.exe_ino.ctime_duration_pidns_start",
            "container.start_ts",
            "container.duration",
        ],
        types: ANY,
        when: always,
        reason: "Falco takes the moment of boot for the host's pid namespace, and 0 or nothing for processes whose namespace it was not told of; a recording has the start of the namespace's first process.",
    },
    Known {
        questions: &["proc.fdopencount", "proc.fdusage", "fd.types*"],
        types: ANY,
        when: always,
        reason: "Falco's lists say of files alone whether an exec closes them; others that were open when recording began stay open in an export.",
    },
    Known {
        questions: &["fd.dev", "fd.dev.minor", "fd.dev.major", "fd.ino"],
        types: ANY,
        when: always,
        reason: "Falco's files have device and inode of files alone; a recording has those of pipes and sockets too.",
    },
    Known {
        questions: &[
            "proc.sid",
            "proc.sid.*",
            "proc.sname",
            "proc.vpgid",
            "proc.vpgid.*",
            "proc.is_sid_leader",
            "proc.is_vpgid_leader",
        ],
        types: ANY,
        when: always,
        reason: "Falco's births in a pid namespace carry no session and no group, which stay the parent's.",
    },
    Known {
        questions: &["thread.cgroups", "thread.cgroup.*"],
        types: ANY,
        when: always,
        reason: "Falco has no event of a move to another control group.",
    },
    Known {
        questions: &[
            "evt.arg.flags",
            "evt.rawarg.flags",
            "evt.arg.vtid",
            "evt.arg.vpid",
            "evt.arg.res",
        ],
        types: &["clone", "clone3"],
        when: always,
        reason: "Falco marks a birth into another pid namespace among the flags, and resolves its ids as if they were the host's.",
    },
    Known {
        questions: &["evt.buffer", "evt.buflen"],
        types: &["ptrace"],
        when: always,
        reason: "What a tracer reads is no buffer of the event in a recording.",
    },
    Known {
        questions: &["evt.arg.*", "evt.rawarg.*"],
        types: &["getsockopt", "prlimit", "setrlimit", "timerfd_create"],
        when: |case| {
            case.theirs.is_some_and(|theirs| {
                theirs.starts_with("255") || theirs.starts_with('0') || theirs == "RLIMIT_UNKNOWN"
            })
        },
        reason: "Falco has one byte for these numbers, and no flags of timers.",
    },
    Known {
        questions: &[
            "evt.arg.dirfd",
            "evt.arg.pathname",
            "evt.rawarg.dirfd",
            "evt.rawarg.pathname",
        ],
        types: &["execveat"],
        when: |case| case.theirs.is_none(),
        reason: "Falco's `execveat` says neither the directory nor the path that a failed call named.",
    },
    Known {
        questions: &[
            "evt.arg.newcur",
            "evt.arg.newmax",
            "evt.rawarg.newcur",
            "evt.rawarg.newmax",
        ],
        types: &["prlimit"],
        when: |case| {
            matches!(
                (case.ours, case.theirs),
                (Some("0" | "0 printed 0"), Some("-1" | "-1 printed -1"))
            )
        },
        reason: "Falco's recorder writes 0 for a limit that was not given, and its reader takes that for one that was set; an export says -1, which it does not.",
    },
    Known {
        questions: &["fs.path.target"],
        types: &["symlinkat"],
        when: |case| {
            case.theirs
                .is_some_and(|theirs| theirs.starts_with("<UNKNOWN>"))
        },
        reason: "Falco does not know where the target of such a link begins; it begins where the link lies.",
    },
    Known {
        questions: &["fd.*", "evt.count.error.*"],
        types: &[
            "accept",
            "accept4",
            "bpf",
            "dup3",
            "io_uring_setup",
            "memfd_create",
            "pidfd_open",
            "userfaultfd",
        ],
        when: |case| {
            let is_made = |number: Option<&str>| number != Some("-1");
            !is_made(case.recorded("fd.num"))
                && !is_made(case.exported("fd.num"))
                && case.recorded("fd.type").is_none()
                && case.exported("fd.type") == Some("<NA>")
        },
        reason: "Falco enters a refused `memfd_create` or `pidfd_open` as a descriptor under the error's number, and finds it when a later call is refused with the same error.",
    },
];
