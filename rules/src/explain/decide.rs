//! Which parts decided, and which are lacking.
//!
//! In: parts with their values. Out: the same, marked.
//! What decides is a certificate: leaves that make the whole what it is whatever the others are. Of an `and` that holds all members are needed, of one that does not, one member that fails is enough; of an `or` it is the other way round.
//! What is lacking is the opposite: leaves that, were they otherwise, would make the whole hold. Both are the fewest, counted by leaf, and the first of several as few.

use super::parts::{Part, PartKind};

/// How many leaves it takes.
#[derive(Clone, Copy, Default)]
struct Costs {
    /// To make the part what it is.
    deciding: u32,
    /// To make it otherwise.
    otherwise: u32,
}

/// Marks the parts.
pub(super) fn mark(parts: &mut [Part]) {
    let costs = costs(parts);
    spread(parts, &costs, Mark::Decides);
    if parts.first().is_some_and(|whole| !whole.holds) {
        spread(parts, &costs, Mark::Lacks);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Decides,
    Lacks,
}

/// The places of the parts right below one; of a check its values.
fn members(parts: &[Part], at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut next = at + 1;
    let end = parts.get(at).map_or(at, |part| part.end);
    while next < end {
        found.push(next);
        next = parts.get(next).map_or(end, |part| part.end.max(next + 1));
    }
    found
}

/// From the last part to the first, so that members come before what they are members of.
fn costs(parts: &[Part]) -> Vec<Costs> {
    let mut costs = vec![Costs::default(); parts.len()];
    for (at, part) in parts.iter().enumerate().rev() {
        let found = if part.is_leaf(at) {
            Costs {
                deciding: 1,
                otherwise: 1,
            }
        } else {
            let of_member = |member: &usize| costs.get(*member).copied().unwrap_or_default();
            let members = members(parts, at);
            let is = |holds: bool| {
                let same = move |member: &&usize| {
                    parts.get(**member).is_some_and(|part| part.holds == holds)
                };
                members.iter().filter(same).map(of_member)
            };
            let sum = |costs: &mut dyn Iterator<Item = u32>| costs.fold(0, u32::saturating_add);
            let decided_by_all = match part.kind {
                PartKind::And => part.holds,
                PartKind::Or => !part.holds,
                _ => true,
            };
            // Those members that are as the whole: all of them where all are needed.
            if matches!(part.kind, PartKind::And | PartKind::Or) {
                let mut deciding = is(part.holds).map(|costs| costs.deciding);
                let mut otherwise = is(part.holds).map(|costs| costs.otherwise);
                if decided_by_all {
                    Costs {
                        deciding: sum(&mut deciding),
                        otherwise: otherwise.min().unwrap_or(0),
                    }
                } else {
                    Costs {
                        deciding: deciding.min().unwrap_or(0),
                        otherwise: sum(&mut otherwise),
                    }
                }
            } else {
                members.first().map(of_member).unwrap_or_default()
            }
        };
        if let Some(costs) = costs.get_mut(at) {
            *costs = found;
        }
    }
    costs
}

/// From the first part to the last: a marked part hands its mark on to those members that it rests on.
fn spread(parts: &mut [Part], costs: &[Costs], mark: Mark) {
    let mut is_marked = vec![false; parts.len()];
    if let Some(whole) = is_marked.first_mut() {
        *whole = true;
    }
    for at in 0..parts.len() {
        if is_marked.get(at) != Some(&true) {
            continue;
        }
        for member in heirs(parts, costs, at, mark) {
            if let Some(marked) = is_marked.get_mut(member) {
                *marked = true;
            }
        }
        if let Some(part) = parts.get_mut(at) {
            match mark {
                Mark::Decides => part.decides = true,
                Mark::Lacks => part.is_lacking = true,
            }
        }
    }
}

/// Those members that a marked part rests on.
fn heirs(parts: &[Part], costs: &[Costs], at: usize, mark: Mark) -> Vec<usize> {
    let Some(part) = parts.get(at) else {
        return Vec::new();
    };
    let mut members = members(parts, at);
    let is_all_needed = match (&part.kind, mark) {
        (PartKind::Not | PartKind::Macro(_), _) => return members,
        // Values are what a check that holds found; one that does not hold found none of them.
        (PartKind::Check, _) if part.holds => true,
        (PartKind::Check | PartKind::Value, _) => return Vec::new(),
        (PartKind::And, Mark::Decides) | (PartKind::Or, Mark::Lacks) => part.holds,
        (PartKind::Or, Mark::Decides) | (PartKind::And, Mark::Lacks) => !part.holds,
    };
    let holds = part.holds;
    members.retain(|member| parts.get(*member).is_some_and(|part| part.holds == holds));
    if is_all_needed {
        return members;
    }
    let cost = |member: &usize| {
        let costs = costs.get(*member).copied().unwrap_or_default();
        match mark {
            Mark::Decides => costs.deciding,
            Mark::Lacks => costs.otherwise,
        }
    };
    // The first of the cheapest.
    members.into_iter().min_by_key(cost).into_iter().collect()
}
