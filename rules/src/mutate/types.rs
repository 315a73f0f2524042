//! The types of events that a changed condition can match, by the rules that hold for conditions as they are written.
//!
//! In: a condition's graph and what is changed in it. Out: a set of types.

use crate::EventTypeDef;
use crate::coverage::graph::{Condition, Op, Override};
use crate::coverage::leaf::{Leaves, listed};
use crate::event_types::{EventTypeSet, named_types, with_async_events};
use crate::ir::{Comparison, Predicate};

/// The types for which the changed condition may hold.
pub(super) fn possible(
    (condition, leaves): (&Condition, &Leaves),
    overrides: &[(u32, Override)],
    types: &[EventTypeDef],
) -> EventTypeSet {
    // Of each node, as it is and negated: what does not ask for the type may be either for every event.
    let mut sets: Vec<(EventTypeSet, EventTypeSet)> = Vec::new();
    let (all, none) = (
        EventTypeSet::all(types.len()),
        EventTypeSet::none(types.len()),
    );
    for (place, node) in (0..).zip(&condition.nodes) {
        let over = overrides.iter().find(|(changed, _)| *changed == place);
        let over = over.map(|(_, over)| *over);
        let of = |member: &u32| sets.get(*member as usize).cloned();
        let joined = |members: &[u32], is_and: bool| {
            let members = members.iter().filter_map(of);
            let joined = members.reduce(|(holds, fails), (other_holds, other_fails)| {
                if is_and {
                    (both(&holds, &other_holds), either(&fails, &other_fails))
                } else {
                    (either(&holds, &other_holds), both(&fails, &other_fails))
                }
            });
            joined.unwrap_or_else(|| (all.clone(), all.clone()))
        };
        let (holds, fails) = match &node.op {
            _ if over == Some(Override::Constant(true)) => (all.clone(), none.clone()),
            _ if over == Some(Override::Constant(false)) => (none.clone(), all.clone()),
            Op::And(members) => joined(members, true),
            Op::Or(members) => joined(members, false),
            Op::Not(member) => {
                let (holds, fails) = of(member).unwrap_or_else(|| (all.clone(), all.clone()));
                (fails, holds)
            }
            Op::Macro(body) => of(body).unwrap_or_else(|| (all.clone(), all.clone())),
            Op::Leaf(leaf) => match leaf_types((condition, leaves), *leaf, over, types) {
                Some(named) => {
                    let others = named.complement();
                    (named, others)
                }
                None => (all.clone(), all.clone()),
            },
        };
        sets.push(if over == Some(Override::Negated) {
            (fails, holds)
        } else {
            (holds, fails)
        });
    }
    let whole = sets.pop().map_or(all, |(holds, _)| holds);
    with_async_events(whole, types)
}

fn both(left: &EventTypeSet, right: &EventTypeSet) -> EventTypeSet {
    let mut either = left.complement();
    either.unite(&right.complement());
    either.complement()
}

fn either(left: &EventTypeSet, right: &EventTypeSet) -> EventTypeSet {
    let mut either = left.clone();
    either.unite(right);
    either
}

/// The types that a test names, as it is or changed, if it is one of those that narrow.
fn leaf_types(
    (condition, leaves): (&Condition, &Leaves),
    place: u32,
    over: Option<Override>,
    types: &[EventTypeDef],
) -> Option<EventTypeSet> {
    let of = condition.leaves.get(place as usize)?;
    let leaf = leaves.get(of.leaf);
    match over {
        Some(Override::Bit(bit)) => named_types(leaf.variant(bit)?, types),
        Some(Override::Without(value)) => {
            let rest = without(&leaf.predicate, value)?;
            named_types(&rest, types)
        }
        _ => named_types(&leaf.predicate, types),
    }
}

/// A predicate without one of the values of its list; nothing where it has none beside it.
pub(super) fn without(predicate: &Predicate, value: usize) -> Option<Predicate> {
    let (operator, values) = listed(predicate)?;
    let others = values.iter().enumerate().filter(|(at, _)| *at != value);
    let values: Vec<_> = others.map(|(_, value)| value.clone()).collect();
    if values.is_empty() {
        return None;
    }
    let comparison = match &predicate.comparison {
        Comparison::Modified { modifier, .. } => Comparison::Modified {
            operator,
            modifier: *modifier,
            values,
        },
        _ => Comparison::Set { operator, values },
    };
    Some(Predicate {
        left: predicate.left.clone(),
        comparison,
    })
}
