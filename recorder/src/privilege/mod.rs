//! Privileges: each thread keeps what its work needs, and nothing else.
//!
//! Capabilities and filters of system calls (`calls`) belong to threads. They are dropped after attaching; a command that is to be recorded is started before that, with what the user had.
//! A thread that is started later has what its starter kept.

mod calls;

use std::path::Path;

use rustix::fs::stat;
use rustix::process::geteuid;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// What a thread is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reads counters and switches lanes by the `bpf` call.
    Drain,
    /// Compresses; touches nothing but memory.
    Compress,
    /// Writes segments and takes snapshots of every process.
    Write {
        /// Whether the directory belongs to another user.
        in_foreign_directory: bool,
        /// Whether what is made is given to a group.
        shares: bool,
    },
    /// Asks container runtimes, and reads what they leave on disk.
    Ask,
    /// Reads accounts in the roots of containers.
    ReadAccounts,
    /// Brings digests to where they go.
    Tell,
    /// Forwards signals to the command.
    Wait,
}

fn needed(work: Work) -> CapabilitySet {
    match work {
        Work::Drain => CapabilitySet::BPF,
        Work::Compress | Work::Tell => CapabilitySet::empty(),
        Work::Write {
            in_foreign_directory,
            shares,
        } => {
            let mut needed = CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH;
            needed.set(CapabilitySet::DAC_OVERRIDE, in_foreign_directory);
            needed.set(CapabilitySet::CHOWN, shares);
            needed
        }
        // Sockets of runtimes belong to root and may be written by root: who runs as root needs no capability to connect.
        // Reading what they leave on disk needs one, where the containers' users are others.
        Work::Ask => CapabilitySet::DAC_READ_SEARCH,
        // The root of a process is open to those who may trace it.
        Work::ReadAccounts => CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH,
        Work::Wait => CapabilitySet::KILL,
    }
}

/// Drops what the calling thread's work does not need. Returns whether the kernel agreed.
pub fn keep_for(work: Work) -> bool {
    let Ok(sets) = capabilities(None) else {
        return false;
    };
    let wanted = needed(work);
    let kept = CapabilitySets {
        effective: sets.effective & wanted,
        permitted: sets.permitted & wanted,
        inheritable: CapabilitySet::empty(),
    };
    let kept = set_capabilities(None, kept).is_ok();
    calls::refuse_for(work) && kept
}

/// The capabilities among these that the calling thread lacks, by name.
pub fn lacking(wanted: &[(&'static str, CapabilitySet)]) -> Vec<&'static str> {
    let effective = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    wanted
        .iter()
        .filter(|(_, set)| !effective.contains(*set))
        .map(|(name, _)| *name)
        .collect()
}

/// What loading the probe needs, of a thread that does not have `CAP_SYS_ADMIN`.
const LOADING_CAPABILITIES: &[(&str, CapabilitySet)] = &[
    ("CAP_BPF", CapabilitySet::BPF),
    ("CAP_PERFMON", CapabilitySet::PERFMON),
];

/// The capabilities that loading the probe needs and the calling thread lacks, by name.
pub fn lacking_to_load() -> Vec<&'static str> {
    if lacking(&[("CAP_SYS_ADMIN", CapabilitySet::SYS_ADMIN)]).is_empty() {
        return Vec::new();
    }
    lacking(LOADING_CAPABILITIES)
}

/// What a snapshot of all processes needs.
pub const SNAPSHOT_CAPABILITIES: &[(&str, CapabilitySet)] = &[
    ("CAP_SYS_PTRACE", CapabilitySet::SYS_PTRACE),
    ("CAP_DAC_READ_SEARCH", CapabilitySet::DAC_READ_SEARCH),
];

/// Whether a directory belongs to another user.
pub fn is_foreign(directory: &Path) -> bool {
    stat(directory).is_ok_and(|found| found.st_uid != geteuid().as_raw())
}

#[cfg(test)]
mod tests;
