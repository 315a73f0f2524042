//! Kinship at a moment: the line above a process, and those below it.
//!
//! In: processes. Out: the same with how far away each is. Who adopted orphans is their parent, as the kernel has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Process;

/// A process and how far away it is.
#[derive(Clone, Copy)]
pub struct Relative<'s> {
    /// Generations between; 0 for the process itself.
    pub level: u32,
    /// The process.
    pub process: Process<'s>,
}

/// A process and its ancestors.
pub(super) fn lineage(process: Process<'_>) -> Vec<Relative<'_>> {
    let line = std::iter::once(process).chain(process.ancestors());
    let levels = line.zip(0_u32..);
    levels
        .map(|(process, level)| Relative { level, process })
        .collect()
}

/// Those of some processes that descend from one, generation by generation.
pub(super) fn descendants<'s>(of: Process<'s>, all: Vec<Process<'s>>) -> Vec<Relative<'s>> {
    let mut children: BTreeMap<i64, Vec<Process<'s>>> = BTreeMap::new();
    for process in all {
        if let Some(parent) = process.parent() {
            children.entry(parent.pid()).or_default().push(process);
        }
    }
    let mut found = Vec::new();
    // In a capture of Falco's two may be each other's parents.
    let mut seen = BTreeSet::from([of.pid()]);
    let mut next = VecDeque::from([(of.pid(), 1_u32)]);
    while let Some((pid, level)) = next.pop_front() {
        for process in children.remove(&pid).unwrap_or_default() {
            if seen.insert(process.pid()) {
                next.push_back((process.pid(), level.saturating_add(1)));
                found.push(Relative { level, process });
            }
        }
    }
    found
}
