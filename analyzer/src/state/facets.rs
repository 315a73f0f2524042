//! The parts of state that a question may need or leave aside.
//!
//! A field names those that it reads beside its extractor, and an event those that it changes: what nobody reads need not be kept.
//! Facts belong to the facet that they are named after here, and to no other.

use std::fmt;

/// Some parts of state.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Facets(u16);

macro_rules! facets {
    ($($name:ident = $bit:expr, $word:literal, $doc:literal;)+) => {
        impl Facets {
            $(#[doc = $doc] pub const $name: Facets = Facets(1 << $bit);)+

            /// Each of them by its name.
            const NAMED: &[(Facets, &str)] = &[$((Facets::$name, $word)),+];
        }
    };
}

facets! {
    PROGRAM = 0, "program", "What a process runs: its name, executable, arguments and environment.";
    ANCESTRY = 1, "ancestry", "Which threads there are, whose children they are, their ids, sessions and groups.";
    CREDENTIALS = 2, "credentials", "Users, groups and capabilities of threads.";
    DIRECTORIES = 3, "directories", "Working directories and roots of threads.";
    DESCRIPTORS = 4, "descriptors", "Which files the numbers of descriptors stand for.";
    SOCKETS = 5, "sockets", "Addresses and ports of sockets.";
    CPU_TIMES = 6, "CPU times", "How long threads ran, and where.";
    MEMORY = 7, "memory", "Memory of processes, and what faults they had.";
    ACCOUNTS = 8, "accounts", "Names of users and groups.";
    MOUNTS = 9, "mounts", "What is mounted where.";
    CGROUPS = 10, "cgroups", "Which cgroups threads are in, and so which container.";
    CONTAINERS = 11, "containers", "What runtimes say of containers.";
}

impl Facets {
    /// None of them.
    pub const NONE: Facets = Facets(0);

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Facets) -> Facets {
        Facets(self.0 | other.0)
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
