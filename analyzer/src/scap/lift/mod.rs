//! Lifting: events of old captures become what today's captures hold.
//!
//! Old captures have an event for the begin of a call and one for its end, and old types with fewer parameters.
//! The begin is kept per thread until its end takes its parameters over; old types become new ones; what nobody knows is absent.
//! Rules are applied until none fits. In: an event. Out: the event as a row shows it, or that it is none.

mod container;
mod kept;
mod rule;
mod rules_0;
mod rules_110;

use std::sync::LazyLock;

use bumpalo::Bump;

use self::kept::{Kept, KeptEvents};
use self::rule::{Action, Part, Rule};
use super::event::{PARAMS_MAX, Params};
use crate::dialect::catalog::{CODES, Direction, FalcoEvent, Origin, event_of_code};
use crate::dialect::{ENTER_SEEN, wire_of};

/// How many rules may follow each other. A test shows that the longest chain is shorter.
const STEPS_MAX: usize = 16;
/// The widest number.
const ZEROS: [u8; 8] = [0; 8];

/// An event with its parameters, on its way up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifted<'b> {
    pub(super) event: &'static FalcoEvent,
    pub(super) params: Params<'b>,
    /// The enter that was kept belonged to another type: its parameters were not taken.
    pub(super) is_torn: bool,
}

/// Lifts events, and keeps what that needs.
#[derive(Default)]
pub(super) struct Lifter {
    kept: KeptEvents,
}

/// The rules of a type, and a bit for each count of parameters that one is for.
#[derive(Clone, Copy, Default)]
struct OfType {
    counts: u64,
    rules: &'static [Rule],
}

static OF_TYPES: LazyLock<Vec<OfType>> = LazyLock::new(|| {
    let mut types = vec![OfType::default(); CODES];
    let groups = [rules_0::RULES, rules_110::RULES];
    let by_type = groups
        .into_iter()
        .flat_map(|rules| rules.chunk_by(|left, right| left.code == right.code));
    for rules in by_type {
        let Some(first) = rules.first() else { continue };
        let counts = rules.iter().fold(0, |bits, rule| bits | 1 << rule.params);
        if let Some(of_type) = types.get_mut(usize::from(first.code)) {
            *of_type = OfType { counts, rules };
        }
    }
    types
});

fn rule_of(code: u16, params: usize) -> Option<&'static Rule> {
    let of_type = OF_TYPES.get(usize::from(code))?;
    if params >= PARAMS_MAX || of_type.counts >> params & 1 == 0 {
        return None;
    }
    let mut rules = of_type.rules.iter();
    rules.find(|rule| usize::from(rule.params) == params)
}

impl Lifter {
    /// Lifts an event of a thread; `None` where it is no row of its own. What is made on the way lives in the arena.
    pub(super) fn lift<'b>(
        &mut self,
        tid: u64,
        event: &'static FalcoEvent,
        params: Params<'b>,
        arena: &'b Bump,
    ) -> Option<Lifted<'b>> {
        let mut lifted = Lifted {
            event,
            params,
            is_torn: false,
        };
        for _ in 0..STEPS_MAX {
            let Some(rule) = rule_of(lifted.event.code, lifted.params.count()) else {
                break;
            };
            match rule.action {
                Action::Pass => break,
                Action::Store => {
                    self.kept.keep(tid, lifted.event.code, &lifted.params);
                    return None;
                }
                Action::StoreAndPass => {
                    self.kept.keep(tid, lifted.event.code, &lifted.params);
                    break;
                }
                Action::Add(parts) => {
                    let step = (lifted.event, lifted.params.iter().collect(), parts);
                    self.apply(tid, &mut lifted, step, arena);
                }
                Action::Turn(new, parts) => {
                    let event = event_of_code(new)?;
                    self.apply(tid, &mut lifted, (event, Vec::new(), parts), arena);
                }
            }
        }
        (!is_lone_enter(lifted.event)).then_some(lifted)
    }

    /// How many enters were given up because too much waited for its exit.
    pub(super) fn given_up(&self) -> u64 {
        self.kept.given_up()
    }

    /// One step: the event becomes `event`, with the parameters that it begins with and then these parts.
    fn apply<'b>(
        &mut self,
        tid: u64,
        lifted: &mut Lifted<'b>,
        (event, mut list, parts): (&'static FalcoEvent, Vec<&'b [u8]>, &'static [Part]),
        arena: &'b Bump,
    ) {
        let wants_enter = parts
            .iter()
            .any(|part| matches!(part, Part::Enter(..) | Part::EnterOrEmpty(..)));
        let mut enter = None;
        if wants_enter && let Some(kept) = self.kept.take(tid, arena) {
            // An exit's number is its enter's and one.
            if kept.code().checked_add(1) == Some(lifted.event.code) {
                enter = Some(kept);
            } else {
                lifted.is_torn = true;
            }
        }
        for part in parts {
            add_part(*part, &lifted.params, (event, &mut list), (enter, arena));
        }
        lifted.event = event;
        lifted.params = Params::List(arena.alloc_slice_copy(&list));
    }
}

fn add_part<'b>(
    part: Part,
    old: &Params<'b>,
    (event, list): (&'static FalcoEvent, &mut Vec<&'b [u8]>),
    (enter, arena): (Option<Kept<'b>>, &'b Bump),
) {
    let kept = |index: u8| enter.and_then(|kept| kept.param(usize::from(index)));
    match part {
        Part::Old(first, last) => {
            for index in first..=last {
                let own = old.get(usize::from(index));
                list.push(own.unwrap_or_else(|| zeros(event, list.len())));
            }
        }
        Part::Enter(first, last) => {
            for index in first..=last {
                list.push(kept(index).unwrap_or_else(|| zeros(event, list.len())));
            }
        }
        Part::EnterOrEmpty(first, last) => {
            list.extend((first..=last).map(|index| kept(index).unwrap_or_default()));
        }
        Part::Default(count) => {
            (0..count).for_each(|_| list.push(zeros(event, list.len())));
        }
        Part::Empty(count) => (0..count).for_each(|_| list.push(&[])),
        Part::ContainerJson => list.push(container::json(old, arena)),
    }
}

/// Whether it is a call's begin that nothing keeps: its end says all there is to say, and Falco leaves it out too.
fn is_lone_enter(event: &FalcoEvent) -> bool {
    event.direction == Direction::Enter
        && event.origin == Origin::Syscall
        && !ENTER_SEEN.contains(&event.code)
}

/// The value of a parameter that nobody gives: zeros where its type has a width, else nothing.
fn zeros(event: &FalcoEvent, index: usize) -> &'static [u8] {
    let width = event
        .params
        .get(index)
        .and_then(|param| wire_of(param.ty).width());
    width.and_then(|width| ZEROS.get(..width)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::catalog::{OLD, all};

    /// An event with so many parameters, each of one byte.
    fn event_of(event: &'static FalcoEvent, count: usize) -> Params<'static> {
        const BYTE: &[u8] = b"\0";
        const BYTES: &[&[u8]] = &[BYTE; PARAMS_MAX];
        Params::List(&BYTES[..count.min(event.params.len())])
    }

    #[test]
    fn every_chain_of_rules_ends_and_ends_at_a_type_of_today() {
        let arena = Bump::new();
        for rule in rules_0::RULES.iter().chain(rules_110::RULES) {
            let event = event_of_code(rule.code).expect("a type");
            let params = event_of(event, usize::from(rule.params));
            assert_eq!(params.count(), usize::from(rule.params), "{}", event.name);
            let Some(lifted) = Lifter::default().lift(1, event, params, &arena) else {
                continue;
            };
            let count = lifted.params.count();
            let ends = rule_of(lifted.event.code, count)
                .is_none_or(|rule| matches!(rule.action, Action::Pass | Action::StoreAndPass));
            assert!(ends, "{} with {} parameters", event.name, rule.params);
            // The enters that the state sees are old by themselves.
            let is_today = !lifted.event.has(OLD) || ENTER_SEEN.contains(&lifted.event.code);
            assert!(
                is_today,
                "{} {} stays old as {}",
                event.name, rule.code, lifted.event.code
            );
            assert_eq!(
                count,
                lifted.event.params.len(),
                "{} of {}",
                event.name,
                rule.params
            );
        }
    }

    #[test]
    fn every_rule_is_found() {
        for rule in rules_0::RULES.iter().chain(rules_110::RULES) {
            assert_eq!(rule_of(rule.code, usize::from(rule.params)), Some(rule));
        }
        assert_eq!(rule_of(u16::MAX, 0), None);
        assert_eq!(rule_of(2, PARAMS_MAX), None);
    }

    #[test]
    fn types_of_today_are_left_alone() {
        let arena = Bump::new();
        for event in all().filter(|event| !event.has(OLD) && !is_lone_enter(event)) {
            let params = event_of(event, event.params.len());
            let lifted = Lifter::default().lift(1, event, params, &arena);
            let code = lifted.map(|lifted| lifted.event.code);
            assert_eq!(code, Some(event.code), "{}", event.name);
        }
    }
}
