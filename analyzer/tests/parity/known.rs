//! Differences from Falco that stay, each with its reason.

use super::ledger::Difference;

/// Matches any place or any thing.
const ANY: &str = "*";

/// Why values of some kind differ.
struct Known {
    /// The set, as in `PARITY.md`.
    set: &'static str,
    /// The capture or case, or [`ANY`].
    place: &'static str,
    /// What differs, or [`ANY`]; a star at the end stands for any rest.
    what: &'static str,
    reason: &'static str,
}

const BY_CGROUP: &str =
    "Falco says it once a runtime has answered; the path of the cgroup tells it at once.";
const BOOT: &str = "On replay Falco adds no time of boot: it has nanoseconds since boot where it promises those since the epoch, and nothing where the namespace is the host's.";
const PARENT: &str = "Where the parent's birth was not seen Falco says 0 for its time, and for the time since then a number that has nothing to do with it. Ours are absent.";
const NAMES: &str = "The capture tells of the user or group in an event of its own; Falco stays with what it assumed before.";
const NAMESPACE: &str = "In a container the number is that of the container's own namespace; Falco looks it up among the host's threads.";
const LEFT_OVER: &str =
    "What is no buffer of bytes, or empty, Falco prints with what stood in its own buffer before.";
const BOTH_ENDS: &str = "Falco compares them and cannot print them.";
const SERVICES: &str = "Falco names services only where it may ask the machine that replays, and has an empty word for sockets without such an end.";
const UNKNOWN_START: &str = "Falco does not know the working directory as the start of these: a rule on the path would not see it.";
const EVERY_PATH: &str =
    "Falco knows the path of fewer calls, and doubles the slash after a root directory.";
const MAPPED: &str = "A socket that turns from IPv6 to IPv4 loses its name in Falco.";

const BOUND_V6: &str = "A bound IPv6 socket that a datagram reaches keeps the kind of a bound one in Falco, which reads the ends from the wrong places then.";

const KNOWN: &[Known] = &[
    Known {
        set: "filters",
        place: ANY,
        what: "proc.apid intersects (1,2)",
        reason: "Falco finds no ancestor in the set, although nearly every process descends from 1. \
        A condition that can never hold is of no use to anyone, so we look.",
    },
    Known {
        set: "broad",
        place: ANY,
        what: "container.full_id of *",
        reason: BY_CGROUP,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "container.type of *",
        reason: BY_CGROUP,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.pidns_init_start_ts of *",
        reason: BOOT,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "container.start_ts of *",
        reason: BOOT,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.ppid.duration of *",
        reason: PARENT,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.ppid.ts of *",
        reason: PARENT,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "user.name of *",
        reason: NAMES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "user.homedir of *",
        reason: NAMES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "user.shell of *",
        reason: NAMES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "group.name of *",
        reason: NAMES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.sname of *",
        reason: NAMESPACE,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.sid.exe of *",
        reason: NAMESPACE,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.sid.exepath of *",
        reason: NAMESPACE,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.vpgid.name of *",
        reason: NAMESPACE,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "proc.vpgid.exe of *",
        reason: NAMESPACE,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "evt.buffer of *",
        reason: LEFT_OVER,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.ip of *",
        reason: BOTH_ENDS,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.proto of *",
        reason: BOTH_ENDS,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.cproto of *",
        reason: SERVICES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.lproto of *",
        reason: SERVICES,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.name of openat",
        reason: UNKNOWN_START,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.name of unlinkat",
        reason: UNKNOWN_START,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.name of fchmodat",
        reason: UNKNOWN_START,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.source of symlinkat",
        reason: UNKNOWN_START,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.name of creat",
        reason: EVERY_PATH,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.nameraw of creat",
        reason: EVERY_PATH,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.name of open_by_handle_at",
        reason: EVERY_PATH,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fs.path.nameraw of open_by_handle_at",
        reason: EVERY_PATH,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "evt.abspath*",
        reason: EVERY_PATH,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.name of *",
        reason: MAPPED,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.containername of *",
        reason: MAPPED,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "evt.args of recvfrom",
        reason: MAPPED,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "evt.args of connect",
        reason: MAPPED,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "evt.args of sendto",
        reason: MAPPED,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.cip of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.cport of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.is_server of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.l4proto of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.lip of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.lport of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.rip of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.rport of recvfrom",
        reason: BOUND_V6,
    },
    Known {
        set: "broad",
        place: ANY,
        what: "fd.sport of recvfrom",
        reason: BOUND_V6,
    },
];

impl Known {
    fn covers(&self, set: &str, place: &str, what: &str) -> bool {
        self.set == set
            && (self.place == ANY || self.place == place)
            && match self.what.strip_suffix(ANY) {
                Some(beginning) => what.starts_with(beginning),
                None => self.what == what,
            }
    }
}

/// The name under which a difference stands in the page: that of its kind, where a reason is given for a kind.
pub(crate) fn name<'d>(set: &str, place: &str, what: &'d str) -> &'d str {
    let mut rows = KNOWN.iter();
    let row = rows.find(|row| row.covers(set, place, what));
    row.filter(|row| row.what.ends_with(ANY))
        .map_or(what, |row| row.what)
}

/// Why a difference is there.
pub(crate) fn reason(set: &str, place: &str, what: &str) -> Option<&'static str> {
    let mut rows = KNOWN.iter();
    rows.find(|row| row.covers(set, place, what))
        .map(|row| row.reason)
}

/// Rows of a set that no difference needs.
pub(crate) fn stale(set: &str, differences: &[Difference]) -> Vec<String> {
    let is_needed = |row: &&Known| {
        differences
            .iter()
            .any(|difference| row.covers(set, &difference.place, &difference.what))
    };
    KNOWN
        .iter()
        .filter(|row| row.set == set && !is_needed(row))
        .map(|row| format!("{} in {}", row.what, row.place))
        .collect()
}
