//! Differences between a recording and its export that stay, each with its reason.

/// Why answers of some kind differ.
struct Known {
    /// The questions; a star at the end stands for any rest.
    questions: &'static [&'static str],
    /// The event types.
    types: &'static [&'static str],
    /// What the recording says and what the export says.
    when: fn(Option<&str>, Option<&str>) -> bool,
    reason: &'static str,
}

const ANY: &[&str] = &["*"];

/// Whatever both say.
fn always(_: Option<&str>, _: Option<&str>) -> bool {
    true
}

/// What was not recorded is what Falco's recorder writes where it has none.
fn is_made_up(ours: Option<&str>, theirs: Option<&str>) -> bool {
    let begins = |text: Option<&str>, words: &[&str]| {
        text.is_none_or(|text| {
            words
                .iter()
                .any(|word| text == *word || text.starts_with(&format!("{word} printed")))
        })
    };
    begins(ours, &["<NA>", "NULL"])
        && begins(theirs, &["0", "-1", "4294967295", "NULL", "<NA>", ""])
}

const KNOWN: &[Known] = &[
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
        questions: &["fd.typechar", "evt.arg.fd"],
        types: ANY,
        when: |ours, theirs| {
            let is = |text: Option<&str>, kind: &str| {
                text.is_some_and(|text| text == kind || text.starts_with(&format!("<{kind}>")))
            };
            is(ours, "o") && is(theirs, "X")
        },
        reason: "A socket that no table of the kernel lists is of no known type in a recording; Falco's recorder calls it unsupported.",
    },
    Known {
        questions: &["evt.arg.*", "evt.rawarg.*"],
        types: &["getsockopt", "prlimit", "setrlimit", "timerfd_create"],
        when: |_, theirs| {
            theirs.is_some_and(|theirs| {
                theirs.starts_with("255") || theirs.starts_with('0') || theirs == "RLIMIT_UNKNOWN"
            })
        },
        reason: "Falco has one byte for these numbers, and no flags of timers.",
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
        questions: &[
            "fd.name",
            "fd.nameraw",
            "fd.containername",
            "evt.arg.*",
            "evt.rawarg.*",
        ],
        types: ANY,
        when: |_, theirs| theirs.is_some_and(|theirs| theirs.contains("/proc/")),
        reason: "Falco names a descriptor of a process by its directory in /proc; a recording leaves it without a name.",
    },
];

/// Faults that are known and not mended yet.
const OPEN: &[Known] = &[
    Known {
        questions: &["fd.lport", "fd.rport", "fd.lproto", "fd.rproto"],
        types: ANY,
        when: always,
        reason: "Which end is local, where a process of a container whose address is not known talks to itself.",
    },
    Known {
        questions: &[
            "fd.ip", "fd.net", "fd.cip", "fd.cnet", "fd.sip", "fd.snet", "fd.lip", "fd.lnet",
            "fd.rip", "fd.rnet",
        ],
        types: ANY,
        when: |ours, theirs| {
            ours.is_some() && matches!(theirs, None | Some("0.0.0.0 0.0.0.0" | ":: ::"))
        },
        reason: "An export has no address of sockets bound to port 0, nor of the ends of some datagram sockets.",
    },
    Known {
        questions: &[
            "fd.port",
            "fd.proto",
            "fd.cport",
            "fd.cproto",
            "fd.sport",
            "fd.sproto",
            "fd.is_server",
            "fd.connected",
            "fd.name_changed",
        ],
        types: ANY,
        when: |ours, _| ours.is_some(),
        reason: "Roles and ports of sockets bound to port 0, and of datagram sockets.",
    },
    Known {
        questions: &[
            "fd.ip",
            "fd.net",
            "fd.sip",
            "fd.snet",
            "fd.sport",
            "fd.sproto",
            "fd.l4proto",
            "fd.name",
            "fd.nameraw",
            "fd.containername",
            "evt.arg.fd",
        ],
        types: ANY,
        when: |ours, theirs| {
            ours.is_none_or(|ours| {
                ours.is_empty()
                    || ours.ends_with([':', '>'])
                    || matches!(ours, "<NA>" | "0.0.0.0 0.0.0.0" | ":: ::")
            }) && theirs.is_some_and(|theirs| {
                matches!(theirs, "0" | "0.0.0.0" | "::" | "tcp" | "udp")
                    || theirs.ends_with("0.0.0.0:0")
                    || theirs.ends_with(":::0")
            })
        },
        reason: "A socket that is bound to nothing has the unspecified address and port 0 in an export.",
    },
    Known {
        questions: &["fd.l4proto"],
        types: ANY,
        when: |_, theirs| theirs == Some("<NA>"),
        reason: "The protocol of datagram sockets whose ends are not known.",
    },
    Known {
        questions: &[
            "fd.name",
            "fd.nameraw",
            "fd.containername",
            "evt.arg.fd",
            "evt.arg.listenfd",
            "evt.arg.tuple",
            "evt.rawarg.tuple",
        ],
        types: ANY,
        when: |_, theirs| theirs.is_some_and(|theirs| theirs.contains("->")),
        reason: "Datagram sockets have both ends in the name in an export, and the own end in a recording.",
    },
    Known {
        questions: &["fd.*"],
        types: ANY,
        when: |ours, theirs| ours.is_none() && matches!(theirs, Some("false" | "<NA>")),
        reason: "Of a descriptor that a refused call did not return, an export answers, and a recording does not.",
    },
    Known {
        questions: &["fd.containerdirectory", "fd.directory"],
        types: ANY,
        when: |ours, theirs| ours.is_some_and(|ours| ours.ends_with('/')) && theirs.is_none(),
        reason: "The same of directories, the other way round.",
    },
    Known {
        questions: &[
            "evt.abspath",
            "fs.path.name",
            "fd.name",
            "fd.nameraw",
            "fd.containername",
            "fd.directory",
            "fd.containerdirectory",
            "fd.filename",
        ],
        types: &["open"],
        when: |_, theirs| {
            theirs.is_none_or(|theirs| theirs.is_empty() || theirs.ends_with([':', '/']))
        },
        reason: "An empty path is the working directory in a recording.",
    },
    Known {
        questions: &["fd.typechar"],
        types: &["accept"],
        when: |ours, theirs| ours == Some("4") && theirs == Some("o"),
        reason: "The kind of socket that a refused call would have returned.",
    },
    Known {
        questions: &["fs.path.target"],
        types: &["symlinkat"],
        when: always,
        reason: "A target of a link is resolved in a recording against a directory that an export does not know.",
    },
    Known {
        questions: &["evt.arg.uid", "evt.arg.gid"],
        types: &["chown", "lchown", "fchown", "fchownat"],
        when: always,
        reason: "Falco's owners of these calls are plain numbers.",
    },
    Known {
        questions: &[
            "evt.arg.dirfd",
            "evt.arg.pathname",
            "evt.rawarg.dirfd",
            "evt.rawarg.pathname",
            "evt.arg.flags",
            "evt.rawarg.flags",
        ],
        types: &["execveat"],
        when: |_, theirs| theirs.is_none(),
        reason: "What a failed `execveat` was asked for.",
    },
    Known {
        questions: &["proc.fdlimit"],
        types: ANY,
        when: |_, theirs| theirs == Some("0"),
        reason: "The limit after a refused `prlimit`.",
    },
    Known {
        questions: &["evt.count.error*"],
        types: &["procfork", "accept", "memfd_create"],
        when: |ours, theirs| ours.is_none() || theirs.is_none(),
        reason: "Errors by kind.",
    },
];

/// Why a recording has the child's side of a birth alone.
const CHILD: &str = "The child's own return: its birth is told by its first moment.";
/// Why a recording shows what its export tells in front.
const BEFORE: &str = "What is told before the first call is, in a file of Falco's, what was there before: its reader shows it to nobody.";
/// Events that one side has alone: side, type, reason.
const ALONE: &[(&str, &str, &str)] = &[
    ("recording", "clone", CHILD),
    ("recording", "clone3", CHILD),
    ("recording", "fork", CHILD),
    ("recording", "vfork", CHILD),
    (
        "recording",
        "cgroup_attach_task",
        "Falco has no such event.",
    ),
    ("recording", "container", BEFORE),
    ("recording", "useradded", BEFORE),
    ("recording", "groupadded", BEFORE),
    (
        "export",
        "container",
        "What the snapshot knew of containers is told by events in front.",
    ),
    (
        "export",
        "useradded",
        "Accounts in containers are told by events in front.",
    ),
    (
        "export",
        "groupadded",
        "Accounts in containers are told by events in front.",
    ),
];

/// Fields that no recording without a network, containers and orchestration has: name or its begin, reason.
const NEVER_HERE: &[(&str, &str)] = &[
    (
        "container.*",
        "Whatever runtimes say of containers: the workload runs in none of theirs.",
    ),
    (
        "k8s.*",
        "The same of pods; and what Falco itself no longer fills.",
    ),
    ("evt.asynctype", "Events of plugins."),
    ("evt.plugin*", "Events of plugins."),
    ("fd.cip.name", "Would ask DNS."),
    ("fd.sip.name", "Would ask DNS."),
    ("fd.lip.name", "Would ask DNS."),
    ("fd.rip.name", "Would ask DNS."),
    ("fdlist.*", "`poll` is not recorded by default."),
    (
        "thread.exectime",
        "Switches between threads are not recorded.",
    ),
    (
        "thread.totexectime",
        "Switches between threads are not recorded.",
    ),
    ("thread.cpu*", "Switches between threads are not recorded."),
];

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => text.starts_with(begin),
        None => pattern == text,
    }
}

/// Why a difference is there.
pub(super) fn reason(
    question: &str,
    ty: &str,
    ours: Option<&str>,
    theirs: Option<&str>,
) -> Option<&'static str> {
    let is_one =
        |patterns: &[&str], text: &str| patterns.iter().any(|pattern| matches(pattern, text));
    let mut rows = KNOWN.iter().chain(OPEN);
    let row = rows.find(|row| {
        is_one(row.questions, question) && is_one(row.types, ty) && (row.when)(ours, theirs)
    });
    row.map(|row| row.reason)
}

/// The tables as a section of the page.
pub(super) fn section() -> String {
    let names = |names: &[&str]| match names {
        ["*"] => "any".to_owned(),
        names => names.join("`, `"),
    };
    let mut text = "| fields | of events | why |\n|---|---|---|\n".to_owned();
    for (rows, begin) in [(KNOWN, ""), (OPEN, "Not mended yet: ")] {
        for row in rows {
            let (fields, types) = (names(row.questions), names(row.types));
            text += &format!("| `{fields}` | `{types}` | {begin}{} |\n", row.reason);
        }
    }
    text += "\n| in | events | why |\n|---|---|---|\n";
    for (side, ty, reason) in ALONE {
        text += &format!("| the {side} alone | `{ty}` | {reason} |\n");
    }
    text
}

/// Why an event has no partner.
pub(super) fn is_alone(side: &str, ty: &str) -> Option<&'static str> {
    let mut rows = ALONE.iter();
    rows.find(|(at, of, _)| *at == side && *of == ty)
        .map(|(_, _, reason)| *reason)
}

/// Why a field has no value in the recording.
pub(super) fn never_here(field: &str) -> Option<&'static str> {
    let mut rows = NEVER_HERE.iter();
    rows.find(|(name, _)| matches(name, field))
        .map(|(_, reason)| *reason)
}
