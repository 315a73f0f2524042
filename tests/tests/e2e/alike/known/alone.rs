//! Events that one side has alone, and fields that have no value here.

/// Why a recording has the child's side of a birth alone.
const CHILD: &str = "The child's own return: its birth is told by its first moment.";
/// Why a recording shows what its export tells in front.
const BEFORE: &str = "What is told before the first call is, in a file of Falco's, what was there before: its reader shows it to nobody.";
/// Events that one side has alone: side, type, reason.
pub(super) const ALONE: &[(&str, &str, &str)] = &[
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
pub(super) const NEVER_HERE: &[(&str, &str)] = &[
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
