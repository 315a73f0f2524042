//! How much the state may hold, and what it counts when it reaches a limit.
//!
//! Every limit bounds memory against a hostile capture.
//! What is dropped depends on the order of transitions alone, never on who asked for what, so that every replay drops the same.

/// Limits of one [`State`](crate::state::State).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateLimits {
    /// Threads. Above it the thread that was added first goes; in Falco's dialect no more are added. Falco's default is the same.
    pub threads: usize,
    /// Descriptors of one table. Above it new ones are not kept. Linux's usual hard limit of open files.
    pub fds_per_table: usize,
    /// Descriptors of all tables. Above it a child begins with an empty table.
    pub fds: usize,
    /// Users and groups, each.
    pub accounts: usize,
    /// Containers with metadata.
    pub containers: usize,
    /// Interface addresses and listening ports, each.
    pub endpoints: usize,
    /// Mounts of all namespaces. Above it namespaces without threads are forgotten, then one that grows further.
    pub mounts: usize,
}

impl StateLimits {
    /// The same as far as Falco keeps as much: what it drops is part of its answers.
    pub(in crate::state) fn as_falco(self) -> StateLimits {
        /// Descriptors of one table in Falco.
        const FALCO_FDS: usize = 4096;
        StateLimits {
            fds_per_table: self.fds_per_table.min(FALCO_FDS),
            ..self
        }
    }
}

impl Default for StateLimits {
    fn default() -> StateLimits {
        StateLimits {
            threads: 131_072,
            fds_per_table: 1_048_576,
            fds: 16_777_216,
            accounts: 262_144,
            containers: 65_536,
            endpoints: 65_536,
            mounts: 1_048_576,
        }
    }
}

/// What was dropped, repaired or could not be known. Never reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounters {
    /// Threads dropped because of [`StateLimits::threads`].
    pub threads_evicted: u64,
    /// Descriptors not kept because of a limit.
    pub fds_refused: u64,
    /// Users, groups, containers, endpoints and mounts not kept because of a limit; in tables also rows that are told before what they tell has ended, since too much was open.
    pub rows_refused: u64,
    /// Threads seen without their birth.
    pub threads_unknown: u64,
    /// Tids found in use by another thread, whose end was not seen.
    pub tids_reused: u64,
    /// Opens onto a descriptor that was in use, without a pending close to explain it.
    pub fds_overwritten: u64,
    /// Closes that were owed by an earlier open onto the same descriptor.
    pub closes_settled: u64,
}

/// Hands all names to a macro, which takes the counters apart, so that none can be missing.
macro_rules! of_all {
    ($use:ident) => {
        $use!(
            threads_evicted,
            fds_refused,
            rows_refused,
            threads_unknown,
            tids_reused,
            fds_overwritten,
            closes_settled
        )
    };
}

impl StateCounters {
    /// How much there was no room for.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let Self {
            threads_evicted,
            fds_refused,
            rows_refused,
            ..
        } = *self;
        [fds_refused, rows_refused]
            .into_iter()
            .fold(threads_evicted, u64::saturating_add)
    }

    /// Each with its name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 7] {
        macro_rules! named {
            ($($name:ident),*) => {{
                let Self { $($name),* } = *self;
                [$((stringify!($name), $name)),*]
            }};
        }
        of_all!(named)
    }

    /// Adds those of another state.
    pub fn add(&mut self, other: &Self) {
        macro_rules! add {
            ($($name:ident),*) => {{
                let Self { $($name),* } = *other;
                $(self.$name = self.$name.saturating_add($name);)*
            }};
        }
        of_all!(add);
    }
}
