//! Alerts, counted by everything that a person asks first.
//!
//! In: alerts with who is behind them, in any order. Out: rows with counts, first and last time, and counts over time.

use std::collections::BTreeMap;

use falco_format::UnixNanos;
use falco_rules::Priority;

use super::{Container, Histogram, Tactic, Who};
use crate::alert::Alert;

/// How many containers, nodes or programs have rows of their own; alerts of others are counted together. A row takes less than a kilobyte, so it is some megabytes.
pub const GROUPS_MAX: usize = 4_096;

/// How often, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many alerts.
    pub count: u64,
    /// The time of the first; 0 where none has a time.
    pub first: UnixNanos,
    /// The time of the last.
    pub last: UnixNanos,
    /// Their times.
    pub times: Histogram,
}

impl Row {
    fn add(&mut self, time: UnixNanos) {
        self.count = self.count.saturating_add(1);
        if !time.is_known() {
            return;
        }
        if !self.first.is_known() || time < self.first {
            self.first = time;
        }
        self.last = self.last.max(time);
        self.times.add(time);
    }
}

/// Rows by something of which there may be too many.
#[derive(Clone, Debug)]
pub struct Groups<K> {
    /// The rows.
    pub rows: BTreeMap<K, Row>,
    /// Those for which there was no room, together.
    pub others: Row,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Groups {
            rows: BTreeMap::new(),
            others: Row::default(),
        }
    }
}

impl<K: Ord> Groups<K> {
    fn add(&mut self, key: K, time: UnixNanos) {
        if self.rows.len() >= GROUPS_MAX && !self.rows.contains_key(&key) {
            self.others.add(time);
        } else {
            self.rows.entry(key).or_default().add(time);
        }
    }

    /// The rows, those with most alerts first.
    #[must_use]
    pub fn by_count(&self) -> Vec<(&K, &Row)> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.count));
        rows
    }
}

/// A program that ran somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Program {
    /// The name of its processes.
    pub name: String,
    /// The path of its executable.
    pub exe: String,
}

/// Everything that is counted.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// All alerts.
    pub all: Row,
    /// How many rest on evidence that is not complete.
    pub incomplete: u64,
    /// By rule, the gravest first.
    pub rules: BTreeMap<(Priority, String), Row>,
    /// By priority.
    pub priorities: BTreeMap<Priority, Row>,
    /// By node.
    pub nodes: Groups<String>,
    /// By container; only where it was asked who is behind alerts.
    pub containers: Groups<Container>,
    /// By tactic.
    pub tactics: BTreeMap<Tactic, Row>,
    /// By program; as for containers.
    pub programs: Groups<Program>,
}

impl Summary {
    /// Counts an alert.
    pub fn add(&mut self, alert: &Alert<'_>, who: Option<&Who>) {
        let (time, rule) = (alert.time, alert.rule);
        self.all.add(time);
        self.incomplete += u64::from(!alert.complete);
        let key = (rule.priority, rule.name.clone());
        self.rules.entry(key).or_default().add(time);
        self.priorities.entry(rule.priority).or_default().add(time);
        self.nodes.add(alert.origin.node.clone(), time);
        for tactic in rule.tags.iter().filter_map(|tag| Tactic::of_tag(tag)) {
            self.tactics.entry(tactic).or_default().add(time);
        }
        let Some(who) = who else {
            return;
        };
        self.containers.add(who.container.clone(), time);
        let program = Program {
            name: who.process.name.clone(),
            exe: who.process.exe.clone(),
        };
        self.programs.add(program, time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted_together() {
        let mut groups = Groups::default();
        for at in 0..GROUPS_MAX as u64 + 10 {
            groups.add(at, UnixNanos(1 + at));
            groups.add(0, UnixNanos(1 + at));
        }
        assert_eq!(groups.rows.len(), GROUPS_MAX);
        assert_eq!(groups.others.count, 10);
        let most = groups.by_count();
        assert_eq!(most.first().map(|(key, _)| **key), Some(0));
        let row = groups.rows.get(&0).cloned().unwrap_or_default();
        assert_eq!(
            (row.count, row.first),
            (GROUPS_MAX as u64 + 11, UnixNanos(1))
        );
        assert_eq!(row.last, UnixNanos(GROUPS_MAX as u64 + 10));
    }
}
