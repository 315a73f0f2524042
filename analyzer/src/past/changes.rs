//! What differs between two moments: who began, who ended, and who became another.
//!
//! In: two moments of a capture. Out: the processes of which something differs, in the order of numbers.
//! A number that was used again is two processes: one that ended, and one that began.

use std::collections::BTreeMap;

use super::{Past, Process};
use crate::state::PROC_TICK_NS;

/// A process of which something differs.
#[derive(Clone)]
pub struct Changed<'s> {
    /// As it was; none where it had not begun.
    pub before: Option<Process<'s>>,
    /// As it became; none where it had ended.
    pub after: Option<Process<'s>>,
    /// What differs, where it lived at both.
    pub what: Vec<&'static str>,
}

/// What differs between an earlier and a later moment.
#[must_use]
pub fn changes<'s>(before: &'s Past, after: &'s Past) -> Vec<Changed<'s>> {
    let mut all: BTreeMap<i64, (Option<Process<'s>>, Option<Process<'s>>)> = BTreeMap::new();
    for process in before.processes() {
        all.entry(process.pid()).or_default().0 = Some(process);
    }
    for process in after.processes() {
        all.entry(process.pid()).or_default().1 = Some(process);
    }
    let pairs = all.into_values().flat_map(|(before, after)| {
        let is_same = before
            .zip(after)
            .is_some_and(|(before, after)| is_same(&before, &after));
        match (is_same, before.is_some(), after.is_some()) {
            (false, true, true) => vec![(before, None), (None, after)],
            _ => vec![(before, after)],
        }
    });
    let differing = pairs.filter_map(|(before, after)| {
        let what = before
            .zip(after)
            .map(|(before, after)| differences(&before, &after));
        let is_one = what.as_ref().is_none_or(|what| !what.is_empty());
        is_one.then(|| Changed {
            before,
            after,
            what: what.unwrap_or_default(),
        })
    });
    differing.collect()
}

/// Whether two are one process.
///
/// What /proc tells of a start is cut to a tick, in which a number may be used twice.
/// A birth that the later moment knows and the earlier one does not came between them: had it come before, both would know it, or the later one rested on a snapshot that is younger.
fn is_same(before: &Process<'_>, after: &Process<'_>) -> bool {
    let (before, after) = (before.thread(), after.thread());
    let (one, other) = (before.start, after.start);
    let is_one_start = one == 0 || other == 0 || one / PROC_TICK_NS == other / PROC_TICK_NS;
    is_one_start && (after.birth.is_none() || after.birth == before.birth)
}

fn differences(before: &Process<'_>, after: &Process<'_>) -> Vec<&'static str> {
    let differs = [
        (
            "program",
            before.exe_path() != after.exe_path() || before.argv() != after.argv(),
        ),
        ("name", before.name() != after.name()),
        ("parent", before.parent_pid() != after.parent_pid()),
        ("user", before.uid() != after.uid()),
        ("group", before.gid() != after.gid()),
        (
            "capabilities",
            before.capabilities() != after.capabilities(),
        ),
        ("session", before.session() != after.session()),
        ("directory", before.cwd() != after.cwd()),
        ("container", before.container_id() != after.container_id()),
        ("ending", before.is_ending() != after.is_ending()),
    ];
    let found = differs.into_iter().filter(|(_, differs)| *differs);
    found.map(|(name, _)| name).collect()
}
