//! What another order of tests would save, by what each cost and how often it held.
//!
//! In: a program and what was counted. Out: for each condition the time that the best order of its groups takes less than
//! the one it has, tests taken as independent of each other.

use std::collections::HashMap;

use super::{ProfileCounts, Watched};
use crate::event_types::type_ids;
use crate::program::{Ref, Shape};

/// What a part costs each time that it is asked, in nanoseconds: as it is ordered, and ordered best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    ordered: f64,
    best: f64,
    /// The share of events for which it holds; nothing where it was never asked.
    holds: Option<f64>,
}

impl Cost {
    /// What was never asked costs nothing and decides nothing.
    const NEVER: Self = Self {
        ordered: 0.0,
        best: 0.0,
        holds: None,
    };

    fn negated(self) -> Self {
        Self {
            holds: self.holds.map(|holds| 1.0 - holds),
            ..self
        }
    }

    /// How often it leaves a group undecided.
    fn leaves(self, is_and: bool) -> f64 {
        match self.holds {
            None => 1.0,
            Some(holds) if is_and => holds,
            Some(holds) => 1.0 - holds,
        }
    }

    /// The best cost for each time that it decides its group; the least comes first.
    fn rank(self, is_and: bool) -> f64 {
        self.best / (1.0 - self.leaves(is_and)).max(f64::MIN_POSITIVE)
    }

    /// A group of members that are asked in this order.
    pub(super) fn group(mut members: Vec<Self>, is_and: bool) -> Self {
        let total = |members: &[Self], cost: fn(&Self) -> f64| {
            let step = |(sum, undecided): (f64, f64), member: &Self| {
                (
                    sum + undecided * cost(member),
                    undecided * member.leaves(is_and),
                )
            };
            members.iter().fold((0.0, 1.0), step)
        };
        let (ordered, undecided) = total(&members, |member| member.ordered);
        members.sort_by(|left, right| left.rank(is_and).total_cmp(&right.rank(is_and)));
        let (best, _) = total(&members, |member| member.best);
        let is_known = members.iter().any(|member| member.holds.is_some());
        let holds = if is_and { undecided } else { 1.0 - undecided };
        Self {
            ordered,
            best: best.min(ordered),
            holds: is_known.then_some(holds),
        }
    }
}

/// The time that each condition would save, by what it is called.
pub(super) fn savings(watched: &Watched, counts: &ProfileCounts) -> HashMap<u32, u64> {
    let mut costs = Costs {
        watched,
        counts,
        known: HashMap::new(),
    };
    let program = &watched.program;
    let mut class_events = vec![0_u64; program.classes.len()];
    for (id, events) in type_ids(counts.events.len()).zip(&counts.events) {
        let class = program.class_of_type.get(usize::from(id.0));
        if let Some(sum) = class.and_then(|class| class_events.get_mut(*class as usize)) {
            *sum += events;
        }
    }
    // Conditions are counted over all classes: each class has its part by its events.
    let mut sums: HashMap<u32, (f64, f64)> = HashMap::new();
    for condition in &watched.outline.conditions {
        let events = class_events.get(condition.class as usize).copied();
        let events = events.unwrap_or(0) as f64;
        let members = condition
            .rest
            .iter()
            .map(|member| costs.of(*member))
            .collect();
        let cost = Cost::group(members, true);
        let (saved, all) = sums.entry(condition.index).or_default();
        *saved += events * (cost.ordered - cost.best);
        *all += events;
    }
    let saved = |(index, (saved, events)): (u32, (f64, f64))| {
        let asked = counts.conditions.get(index as usize)?.asked as f64;
        (events > 0.0).then(|| (index, (asked * saved / events) as u64))
    };
    sums.into_iter().filter_map(saved).collect()
}

struct Costs<'w> {
    watched: &'w Watched,
    counts: &'w ProfileCounts,
    known: HashMap<usize, Cost>,
}

impl Costs<'_> {
    /// Recursion is as deep as the condition, which the loader bounds.
    fn of(&mut self, reference: Ref) -> Cost {
        let cost = match self.known.get(&reference.node()).copied() {
            Some(known) => known,
            None => {
                let cost = self.of_node(reference);
                self.known.insert(reference.node(), cost);
                cost
            }
        };
        if reference.is_negated() {
            cost.negated()
        } else {
            cost
        }
    }

    fn of_node(&mut self, reference: Ref) -> Cost {
        let watched = self.watched;
        match watched.program.shape(reference) {
            Shape::Const(value) => Cost {
                holds: Some(f64::from(u8::from(value))),
                ..Cost::NEVER
            },
            Shape::Leaf(leaf) => self.of_leaf(leaf),
            Shape::Group { members, is_and } => {
                let members = members.iter().map(|member| self.of(*member)).collect();
                Cost::group(members, is_and)
            }
        }
    }

    fn of_leaf(&self, leaf: u32) -> Cost {
        let count = self.counts.parts.get(leaf as usize);
        let count = count.filter(|count| count.asked > 0);
        count.map_or(Cost::NEVER, |count| {
            let cost = count.ns as f64 / count.asked as f64;
            Cost {
                ordered: cost,
                best: cost,
                holds: Some(count.held as f64 / count.asked as f64),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    /// Members as cost and share of events for which they hold; the whole as ordered, and best.
    fn check(members: &[(f64, f64)], is_and: bool, expected: (f64, f64)) {
        let cost = |(cost, holds): &(f64, f64)| Cost {
            ordered: *cost,
            best: *cost,
            holds: Some(*holds),
        };
        let found = Cost::group(members.iter().map(cost).collect(), is_and);
        assert_eq!((found.ordered, found.best), expected, "{members:?}");
    }

    #[test]
    fn what_is_cheap_and_decides_comes_first() {
        check(&[(100.0, 0.5), (10.0, 0.5)], true, (105.0, 60.0));
        check(&[(10.0, 0.5), (100.0, 0.5)], true, (60.0, 60.0));
        check(&[(10.0, 0.5), (10.0, 0.0)], true, (15.0, 10.0));
        check(&[(10.0, 0.5), (10.0, 1.0)], true, (15.0, 15.0));
        check(&[(10.0, 0.0), (10.0, 1.0)], false, (20.0, 10.0));
        check(&[], true, (0.0, 0.0));
    }
}
