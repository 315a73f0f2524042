//! Sets of event types, and which types a condition can be true for.
//!
//! In: a checked condition. Out: the set Falco computes for it, its traps included: only comparisons of `evt.type` and
//! `syscall.type` with `=`, `!=`, `in` and `exists` narrow the set, every other check leaves all types possible.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::ir::{Comparison, IrKind, IrNode};
use crate::syntax::Operator;
use crate::{EventTypeDef, EventTypeId};

/// The meta event that Falco runs through every rule.
const ASYNC_EVENT: &str = "asyncevent";

/// A set of event types of one schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventTypeSet {
    words: Vec<u64>,
    /// How many types the schema has.
    len: usize,
}

impl EventTypeSet {
    /// No type of a schema with `len` types.
    #[must_use]
    pub fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// Every type of a schema with `len` types.
    #[must_use]
    pub fn all(len: usize) -> Self {
        let mut set = Self {
            words: vec![u64::MAX; len.div_ceil(64)],
            len,
        };
        set.forget_beyond();
        set
    }

    /// No bit stands for a type that is none, so that equal sets are equal.
    fn forget_beyond(&mut self) {
        let used = self.len % 64;
        if let Some(last) = self.words.last_mut().filter(|_| used > 0) {
            *last &= (1 << used) - 1;
        }
    }

    /// Whether the set holds the type.
    #[must_use]
    #[inline]
    pub fn contains(&self, event_type: EventTypeId) -> bool {
        let index = usize::from(event_type.0);
        self.words
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Adds a type.
    ///
    /// # Panics
    ///
    /// If the schema has no such type.
    pub fn insert(&mut self, event_type: EventTypeId) {
        self.insert_index(usize::from(event_type.0));
    }

    fn insert_index(&mut self, index: usize) {
        let word = self.words.get_mut(index / 64);
        let word = word.expect("a type is added to a set of its own schema");
        *word |= 1 << (index % 64);
    }

    /// The types that a question is answered yes for.
    pub(crate) fn of(types: &[EventTypeDef], holds: impl Fn(&EventTypeDef) -> bool) -> Self {
        let mut set = Self::none(types.len());
        for (index, _) in types.iter().enumerate().filter(|(_, def)| holds(def)) {
            set.insert_index(index);
        }
        set
    }

    /// How many types the set holds.
    pub(crate) fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// How many types the schema has.
    pub(crate) fn of_how_many(&self) -> usize {
        self.len
    }

    /// Whether another set has every type of this one.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.words_with(other)
            .all(|(word, other)| word & !other == 0)
    }

    /// The words of both; sets of two schemas have nothing to do with each other.
    fn words_with<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = (u64, u64)> + 's {
        assert_eq!(self.len, other.len, "both sets are of one schema");
        self.words.iter().copied().zip(other.words.iter().copied())
    }

    /// The types of the set, in the order of the schema.
    pub fn iter(&self) -> impl Iterator<Item = EventTypeId> + '_ {
        type_ids(self.len).filter(|event_type| self.contains(*event_type))
    }

    /// Whether the set holds no type.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds every type of another set.
    ///
    /// # Panics
    ///
    /// If the other set is of a schema with another number of types.
    pub fn unite(&mut self, other: &Self) {
        self.words = self
            .words_with(other)
            .map(|(word, other)| word | other)
            .collect();
    }

    fn intersect(&mut self, other: &Self) {
        self.words = self
            .words_with(other)
            .map(|(word, other)| word & other)
            .collect();
    }

    pub(crate) fn complement(&self) -> Self {
        let mut set = Self {
            words: self.words.iter().map(|word| !word).collect(),
            len: self.len,
        };
        set.forget_beyond();
        set
    }
}

/// The types of a schema that has so many.
pub(crate) fn type_ids(count: usize) -> impl Iterator<Item = EventTypeId> {
    let number = |index| u16::try_from(index).expect("a schema has a number for each of its types");
    (0..count).map(move |index| EventTypeId(number(index)))
}

/// The types for which `node` may be true, the asynchronous events aside.
pub(crate) fn possible_types(node: &IrNode, types: &[EventTypeDef]) -> EventTypeSet {
    KnownMacros::default().possible_types(node, types)
}

/// The sets of macro bodies, by body and negation: one that many rules use is looked at twice at most. A body is kept, so
/// that its address stays its own.
#[derive(Debug, Default)]
pub(crate) struct KnownMacros(HashMap<(*const IrNode, bool), (Arc<IrNode>, EventTypeSet)>);

impl KnownMacros {
    /// As [`possible_types`].
    pub(crate) fn possible_types(&mut self, node: &IrNode, types: &[EventTypeDef]) -> EventTypeSet {
        Analysis {
            types,
            macros: &mut self.0,
        }
        .possible(node, false)
    }
}

/// Adds the events that run through every rule.
pub(crate) fn with_async_events(mut set: EventTypeSet, types: &[EventTypeDef]) -> EventTypeSet {
    if let Some(index) = types.iter().position(|def| def.name == ASYNC_EVENT) {
        set.insert_index(index);
    }
    set
}

/// How many numeric event codes of Falco a set stands for.
pub(crate) fn code_count(set: &EventTypeSet, types: &[EventTypeDef]) -> u32 {
    let of_type = |id: EventTypeId| {
        let def = types.get(usize::from(id.0));
        u32::from(def.expect("the set is of these types").codes)
    };
    set.iter().map(of_type).sum()
}

struct Analysis<'t> {
    types: &'t [EventTypeDef],
    macros: &'t mut HashMap<(*const IrNode, bool), (Arc<IrNode>, EventTypeSet)>,
}

impl Analysis<'_> {
    /// `not` travels down to the checks by De Morgan's laws.
    fn possible(&mut self, node: &IrNode, negated: bool) -> EventTypeSet {
        match &node.kind {
            IrKind::Not(inner) => self.possible(inner, !negated),
            IrKind::Macro { body, .. } => {
                let key = (Arc::as_ptr(body), negated);
                if let Some((_, known)) = self.macros.get(&key) {
                    return known.clone();
                }
                let set = self.possible(body, negated);
                self.macros.insert(key, (Arc::clone(body), set.clone()));
                set
            }
            IrKind::And(members) | IrKind::Or(members) => {
                let intersects = matches!(node.kind, IrKind::And(_)) != negated;
                let sets = members.iter().map(|member| self.possible(member, negated));
                let joined = sets.reduce(|mut set, other| {
                    if intersects {
                        set.intersect(&other)
                    } else {
                        set.unite(&other)
                    }
                    set
                });
                joined.expect("a group has members")
            }
            IrKind::Check(check) => match named_types(check, self.types) {
                Some(set) if negated => set.complement(),
                Some(set) => set,
                None => EventTypeSet::all(self.types.len()),
            },
        }
    }
}

/// The set a check names, if it is one of those that narrow.
pub(crate) fn named_types(
    check: &crate::ir::Predicate,
    types: &[EventTypeDef],
) -> Option<EventTypeSet> {
    if !check.left.names_event_type {
        return None;
    }
    let named = |values: &[crate::fields::Literal]| {
        let wanted: HashSet<&[u8]> = values.iter().map(crate::fields::Literal::text).collect();
        EventTypeSet::of(types, |def| wanted.contains(def.name.as_bytes()))
    };
    match &check.comparison {
        Comparison::Exists => Some(EventTypeSet::all(types.len())),
        Comparison::Constant {
            operator: Operator::Equal,
            value,
        } => Some(named(std::slice::from_ref(value))),
        Comparison::Constant {
            operator: Operator::NotEqual,
            value,
        } => Some(named(std::slice::from_ref(value)).complement()),
        Comparison::Set {
            operator: Operator::In,
            values,
        } => Some(named(values)),
        _ => None,
    }
}
