//! What is counted by what.
//!
//! In: the kind that is asked for. Out: the fields that name a thing of it, and what events must be to be of one.

use falco_abi::EventId;
use falco_abi::events::{execve, execveat};

use crate::pipeline::Shown;

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Processes, one for each that had a number.
    Procs,
    /// Files, by their paths.
    Files,
    /// Connections and other sockets of the internet protocols, by their ends.
    Conns,
    /// Programs that were executed.
    Execs,
    /// Users for whom processes acted.
    Users,
    /// Containers.
    Containers,
    /// Calls that failed, by the call and its error.
    Errors,
    /// Calls and other events, by their types.
    Syscalls,
}

/// A field that names a thing, and what it is called in rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The name in rows.
    pub(super) name: &'static str,
    /// The fields, of which the first counts that has a value; without any it is when the process began.
    pub(super) fields: &'static [&'static str],
    /// Whether an event without it is of no thing.
    pub(super) is_needed: bool,
}

const fn part(name: &'static str, fields: &'static [&'static str]) -> Part {
    Part {
        name,
        fields,
        is_needed: false,
    }
}

const fn needed(name: &'static str, fields: &'static [&'static str]) -> Part {
    Part {
        name,
        fields,
        is_needed: true,
    }
}

/// The programs' begins.
const BEGINS: [EventId; 2] = [execve::EVENT, execveat::EVENT];

impl Kind {
    /// What names a thing.
    pub(super) fn parts(self) -> &'static [Part] {
        match self {
            Kind::Procs => {
                const {
                    &[
                        needed("pid", &["proc.pid"]),
                        part("name", &["proc.name"]),
                        part("user", &["user.name", "user.uid"]),
                        part("container", &["container.name", "container.id"]),
                        part("started", &[]),
                    ]
                }
            }
            Kind::Files => {
                const {
                    &[needed(
                        "path",
                        &[
                            "fs.path.name",
                            "fs.path.source",
                            "fs.path.target",
                            "fd.name",
                        ],
                    )]
                }
            }
            Kind::Conns => {
                const {
                    &[
                        needed("connection", &["fd.name"]),
                        part("protocol", &["fd.l4proto"]),
                        part("name", &["proc.name"]),
                        part("container", &["container.name", "container.id"]),
                    ]
                }
            }
            Kind::Execs => {
                const {
                    &[
                        needed("exe_path", &["proc.exepath"]),
                        part("container", &["container.name", "container.id"]),
                    ]
                }
            }
            Kind::Users => {
                const {
                    &[
                        needed("uid", &["user.uid"]),
                        part("user", &["user.name"]),
                        part("container", &["container.name", "container.id"]),
                    ]
                }
            }
            Kind::Containers => {
                const {
                    &[
                        needed("container_id", &["container.id"]),
                        part("name", &["container.name"]),
                        part("image", &["container.image"]),
                    ]
                }
            }
            Kind::Errors => {
                const { &[needed("call", &["evt.type"]), needed("error", &["evt.res"])] }
            }
            Kind::Syscalls => const { &[needed("call", &["evt.type"])] },
        }
    }

    /// The names of what names a thing, in the order in which rows have them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.parts().iter().map(|part| part.name)
    }

    /// The type that a descriptor must have, where the thing is one and nothing else names it.
    pub(super) fn descriptors(self) -> Option<&'static [&'static [u8]]> {
        match self {
            Kind::Files => Some(&[b"file", b"directory"]),
            Kind::Conns => Some(&[b"ipv4", b"ipv6"]),
            _ => None,
        }
    }

    /// The events that are counted.
    pub(super) fn shown(self) -> Shown {
        match self {
            Kind::Execs => Shown::Only(BEGINS.into_iter().collect()),
            _ => Shown::Every,
        }
    }
}

/// Fields that are asked of every event beside: whether it failed, what it returned, which way bytes went, what its descriptor is.
pub(super) const BESIDE: [&str; 4] = ["evt.failed", "evt.rawres", "evt.io_dir", "fd.type"];
/// The field that makes a path of a descriptor alone.
pub(super) const OF_DESCRIPTOR: &str = "fd.name";
