//! Events that one side has alone, and fields that have no value here.

use super::super::questions::Questions;
use super::super::rows::Row;

/// Why events of some types have no partner in the export.
pub(super) struct Alone {
    pub(super) types: &'static [&'static str],
    pub(super) when: fn(&Lone<'_>) -> bool,
    pub(super) reason: &'static str,
}

/// A recorded event that the export has not.
pub(in crate::alike) struct Lone<'l> {
    pub(in crate::alike) row: &'l Row,
    pub(in crate::alike) questions: &'l Questions,
    /// Whether the recording and its export had an event in common before.
    pub(in crate::alike) has_begun: bool,
}

impl Lone<'_> {
    fn answer(&self, question: &str) -> Option<&str> {
        self.row.answer(self.questions.place(question)?)
    }
}

/// Recorded events that the export has not. It has none of its own.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["clone", "clone3", "fork", "vfork"],
        when: |lone| lone.answer("evt.rawres") == Some("0"),
        reason: "The child's own return: its birth is told by its first moment.",
    },
    Alone {
        types: &["cgroup_attach_task"],
        when: |_| true,
        reason: "Falco has no such event.",
    },
    Alone {
        types: &["container", "useradded", "groupadded"],
        when: |lone| !lone.has_begun,
        reason: "What is told before the first call is, in a file of Falco's, what was there before: its reader shows it to nobody.",
    },
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
