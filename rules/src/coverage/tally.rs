//! What observed patterns prove of parts.
//!
//! In: conditions and what was observed of them. Out: for each part how often it held and did not, and how often that
//! decided something. The words are defined here, and nowhere else.
//!
//! - *Evaluated*: a part is evaluated for each event of a type that its rule can match, whether or not the rule's
//!   program had to ask; it held, or did not.
//! - *Proven to hold*: where the rule needs a part to hold, an alert had it: it held, and so did all that it stands in,
//!   in an event of which the rule alerted. Where the part stands under `not`, it alone kept the rule from alerting: it
//!   held, and had it not held, the condition would have.
//! - *Proven not to hold*: the other way round. Where the rule needs a part, it alone kept the rule from alerting (a
//!   near miss); where it stands under `not`, an alert was let through because it did not hold.
//!
//! A rule is shown events of types that it can match alone, so that a check of the type is never asked to fail.
//! A part of a macro or a list is proven once some rule with it proves it. The first member of `or` of which nothing is
//! proven to hold is an alternative that no test would miss; an `and` member that is never proven not to hold could be
//! deleted unseen. Of a value of a list only its holding is asked: whether others are missing from a list, no event tells.

use super::graph::{Condition, Node, Op};
use super::leaf::{Leaves, is_set};
use super::pattern::Pattern;

/// What is known of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartTally {
    /// Evaluations for which it held.
    pub held: u64,
    /// Evaluations for which it did not.
    pub failed: u64,
    /// Events by which it is proven to hold.
    pub proven_held: u64,
    /// Events by which it is proven not to hold.
    pub proven_failed: u64,
}

/// What is known of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Events of types that it can match.
    pub events: u64,
    /// Events for which its condition held.
    pub matches: u64,
    /// Events of which it alerted: of those that match, no rule before it did where only the first may alert.
    pub alerts: u64,
}

/// Adds what a pattern proves. `sees` says whether the rule can match events of the pattern's type.
pub(crate) fn add(
    condition: &Condition,
    leaves: &Leaves,
    pattern: &Pattern,
    rule: &mut RuleTally,
    parts: &mut [PartTally],
) {
    let answers = &pattern.words;
    let values = condition.evaluate(leaves, answers, &[]);
    let holds = values.last().copied().unwrap_or(false);
    rule.events += pattern.events;
    rule.matches += if holds { pattern.events } else { 0 };
    rule.alerts += pattern.alerts;
    let decides = decides(condition, &values);
    for ((node, value), decides) in condition.nodes.iter().zip(&values).zip(&decides) {
        let Some(part) = node.part else { continue };
        // With the value that the rule wants of it, a part is proven by alerts; with the other by being the only one.
        let proven = match (*value == node.is_for, holds) {
            (true, true) if decides.is_live => pattern.alerts,
            (false, false) if decides.is_alone => pattern.events,
            _ => 0,
        };
        if let Some(tally) = parts.get_mut(part as usize) {
            count(tally, *value, pattern.events, proven);
        }
        add_values(condition, leaves, (node, proven), pattern, parts);
    }
}

fn count(tally: &mut PartTally, value: bool, events: u64, proven: u64) {
    if value {
        tally.held += events;
        tally.proven_held += proven;
    } else {
        tally.failed += events;
        tally.proven_failed += proven;
    }
}

/// The values of a check's list: each holds if it would alone.
fn add_values(
    condition: &Condition,
    leaves: &Leaves,
    (node, proven): (&Node, u64),
    pattern: &Pattern,
    parts: &mut [PartTally],
) {
    let Op::Leaf(place) = node.op else { return };
    let Some(of) = condition.leaves.get(place as usize) else {
        return;
    };
    let (leaf, answers) = (
        leaves.get(of.leaf),
        condition.answers_of(place, &pattern.words),
    );
    for (number, part) in node.values.iter().enumerate() {
        let holds = is_set(answers, leaf.value_bit(number));
        if let Some(tally) = parts.get_mut(*part as usize) {
            count(tally, holds, pattern.events, if holds { proven } else { 0 });
        }
    }
}

/// What a node's value does to the whole.
#[derive(Clone, Copy, Default)]
struct Decides {
    /// It is as the rule wants it, and so is all that it stands in.
    is_live: bool,
    /// With the opposite value of it alone, the whole had the opposite value.
    is_alone: bool,
}

/// From the whole down: a member decides where its group does and the other members leave the group to it.
fn decides(condition: &Condition, values: &[bool]) -> Vec<Decides> {
    let mut decides = vec![Decides::default(); values.len()];
    if let Some(whole) = decides.last_mut() {
        *whole = Decides {
            is_live: true,
            is_alone: true,
        };
    }
    let value = |member: &u32| values.get(*member as usize).copied().unwrap_or(false);
    for (place, node) in condition.nodes.iter().enumerate().rev() {
        let Some(above) = decides.get(place).copied() else {
            continue;
        };
        let is_live = above.is_live && values.get(place) == Some(&node.is_for);
        let mut below = |member: &u32, is_alone: bool| {
            if let Some(decides) = decides.get_mut(*member as usize) {
                decides.is_live |= is_live;
                decides.is_alone |= above.is_alone && is_alone;
            }
        };
        match &node.op {
            Op::And(members) | Op::Or(members) => {
                // What a member must be so that it does not settle the group by itself.
                let open = matches!(node.op, Op::And(_));
                let settling = members
                    .iter()
                    .filter(|member| value(member) != open)
                    .count();
                for member in members {
                    let own = usize::from(value(member) != open);
                    below(member, settling == own);
                }
            }
            Op::Not(member) | Op::Macro(member) => below(member, true),
            Op::Leaf(_) => {}
        }
    }
    decides
}
