//! What the fields of an event must be for conditions to hold, gathered over the conditions of a block.
//!
//! In: the conditions of a block. Out: for each field that several of them ask about one [`Lookup`], whose bits are the
//! conditions. Rules ask the same field for different values, and an event has one of them: one look rules out most
//! conditions, where their own tests would each look at the value again.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::estimate::Estimate;
use super::graph::{Graph, Node, NodeId};
use super::leaf::{LeafSpec, Test};
use crate::block::Indexed;
use crate::compile::{Lookup, MAX_PREFIX_BYTES};
use crate::fields::Literal;
use crate::ir::TermKind;
use crate::syntax::Operator;
use crate::{BoundField, FieldType};

/// Fewest conditions that a look at a field must serve: one or two test their own constants as fast.
const MIN_CONDITIONS: usize = 3;
/// Most tests that one condition is known by: it bounds the work on conditions made of macros that double.
const MAX_TESTS: usize = 64;
/// Most ways to know a condition that are compared, for the same reason.
const MAX_CANDIDATES: usize = 64;

/// Tests of which one must pass for a condition to hold.
pub(super) struct Alternatives {
    /// Leaves of the graph, each once.
    tests: Box<[NodeId]>,
    /// The slots of the fields they ask, each once.
    slots: Box<[u32]>,
}

/// What the nodes of a graph cannot hold without.
#[derive(Default)]
pub(super) struct Needs {
    known: HashMap<NodeId, Option<Rc<Alternatives>>>,
}

impl Needs {
    /// Tests of single fields of which one passes wherever the node holds; nothing where none are known. Recursion is as
    /// deep as the condition, which the loader bounds.
    fn of(&mut self, graph: &Graph<'_>, id: NodeId) -> Option<Rc<Alternatives>> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let needs = match graph.node(id) {
            Node::Leaf(spec) => constants(spec).map(|(field, ..)| {
                Rc::new(Alternatives {
                    tests: [id].into(),
                    slots: [field.slot].into(),
                })
            }),
            Node::And(members) => members
                .iter()
                .filter_map(|member| self.of(graph, *member))
                .min_by_key(|needs| (needs.slots.len(), needs.tests.len())),
            Node::Or(members) => self.of_each(graph, members),
            Node::Const(_) | Node::Not(_) | Node::Types(_) => None,
        };
        self.known.insert(id, needs.clone());
        needs
    }

    fn of_each(&mut self, graph: &Graph<'_>, members: &[NodeId]) -> Option<Rc<Alternatives>> {
        let (mut tests, mut slots) = (Vec::new(), Vec::new());
        for member in members {
            let needs = self.of(graph, *member)?;
            tests.extend_from_slice(&needs.tests);
            slots.extend_from_slice(&needs.slots);
            if tests.len() > MAX_TESTS {
                return None;
            }
        }
        for numbers in [&mut tests, &mut slots] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        Some(Rc::new(Alternatives {
            tests: tests.into(),
            slots: slots.into(),
        }))
    }
}

/// The test as a lookup can answer it: some value of a field equals one of the constants, or begins with one.
fn constants(spec: &LeafSpec) -> Option<(&BoundField, bool, &[Literal])> {
    let TermKind::Field(field) = &spec.term.kind else {
        return None;
    };
    let Test::Any {
        operator,
        constants,
    } = &spec.test
    else {
        return None;
    };
    let is_prefix = *operator == Operator::StartsWith;
    let is_known = is_prefix
        || matches!(
            operator,
            Operator::Equal | Operator::DoubleEqual | Operator::In | Operator::Intersects
        );
    let is_text =
        |constant: &Literal| matches!(constant, Literal::Text(text) if !text.contains(&0));
    let is_fit = is_known
        && spec.term.ty != FieldType::Bytebuf
        && !constants.is_empty()
        && constants.iter().all(is_text);
    is_fit.then_some((field, is_prefix, constants))
}

/// The index of a block: its lookups, the conditions it knows, and what it is like as a guard.
pub(super) struct BlockIndex {
    pub(super) lookups: Box<[Indexed]>,
    pub(super) conditions: u64,
    pub(super) estimate: Estimate,
}

/// Gathers what the conditions of a block need. What several conditions need in the same words is left to their guards,
/// which are asked before.
pub(super) fn index(graph: &Graph<'_>, needs: &mut Needs, roots: &[NodeId]) -> Option<BlockIndex> {
    if roots.len() < MIN_CONDITIONS {
        return None;
    }
    let members = |root: &'_ NodeId| match graph.node(*root) {
        Node::And(members) => members.to_vec(),
        _ => vec![*root],
    };
    let mut uses: HashMap<NodeId, u32> = HashMap::new();
    for member in roots.iter().flat_map(members) {
        *uses.entry(member).or_default() += 1;
    }
    let is_shared = |node: &NodeId| uses.get(node).is_some_and(|count| *count > 1);
    let candidates: Vec<Vec<Rc<Alternatives>>> = roots
        .iter()
        .map(|root| {
            let own = members(root).into_iter().filter(|id| !is_shared(id));
            own.filter_map(|member| needs.of(graph, member))
                .filter(|needs| !needs.tests.iter().any(is_shared))
                .take(MAX_CANDIDATES)
                .collect()
        })
        .collect();
    build(graph, &choose(graph, &candidates))
}

/// For each condition the alternatives it is known by, so that every field serves several: a field that does not is
/// given up, and the conditions choose again.
fn choose<'c>(
    graph: &Graph<'_>,
    candidates: &'c [Vec<Rc<Alternatives>>],
) -> Vec<Option<&'c Alternatives>> {
    let mut given_up: HashSet<u32> = HashSet::new();
    loop {
        let open = |needs: &&Alternatives| !needs.slots.iter().any(|slot| given_up.contains(slot));
        let mut serves: HashMap<u32, usize> = HashMap::new();
        for own in candidates {
            let open = own.iter().map(|needs| &**needs).filter(open);
            let mut slots: Vec<u32> = open.flat_map(|needs| needs.slots.to_vec()).collect();
            slots.sort_unstable();
            slots.dedup();
            for slot in slots {
                *serves.entry(slot).or_default() += 1;
            }
        }
        let preference = |needs: &&Alternatives| {
            let counts = needs.slots.iter().map(|slot| serves.get(slot).copied());
            let served = counts.min().flatten().unwrap_or(0);
            (Reverse(served), needs.slots.len(), needs.tests.len())
        };
        let chosen: Vec<_> = candidates
            .iter()
            .map(|own| {
                let open = own.iter().map(|needs| &**needs).filter(open);
                open.min_by_key(preference)
            })
            .collect();
        let unfit = unfit_fields(graph, &chosen);
        if unfit.is_empty() {
            return chosen;
        }
        given_up.extend(unfit);
    }
}

/// Fields that serve too few of the chosen, or whose prefixes are too long.
fn unfit_fields(graph: &Graph<'_>, chosen: &[Option<&Alternatives>]) -> Vec<u32> {
    let mut known: HashMap<u32, (usize, usize)> = HashMap::new();
    for needs in chosen.iter().flatten() {
        for slot in &needs.slots {
            known.entry(*slot).or_default().0 += 1;
        }
        for test in &needs.tests {
            let (field, is_prefix, constants) = answerable(graph, *test);
            if is_prefix {
                let bytes: usize = texts(constants).map(<[u8]>::len).sum();
                known.entry(field.slot).or_default().1 += bytes;
            }
        }
    }
    let is_unfit = |(_, (conditions, bytes)): &(u32, (usize, usize))| {
        *conditions < MIN_CONDITIONS || *bytes > MAX_PREFIX_BYTES
    };
    let unfit = known.into_iter().filter(is_unfit);
    unfit.map(|(slot, _)| slot).collect()
}

fn texts(constants: &[Literal]) -> impl Iterator<Item = &[u8]> {
    constants.iter().map(Literal::text)
}

/// The test of one of the [`Alternatives`], as [`constants`] has it.
fn answerable<'g>(graph: &'g Graph<'_>, test: NodeId) -> (&'g BoundField, bool, &'g [Literal]) {
    let known = match graph.node(test) {
        Node::Leaf(spec) => constants(spec),
        _ => None,
    };
    known.expect("alternatives are tests that a lookup can answer")
}

/// What one field is looked up for.
struct Asked<'g> {
    field: &'g BoundField,
    by: u64,
    equal: Vec<(&'g [u8], u64)>,
    prefixes: Vec<(&'g [u8], u64)>,
}

fn build(graph: &Graph<'_>, chosen: &[Option<&Alternatives>]) -> Option<BlockIndex> {
    let mut asked: HashMap<u32, Asked<'_>> = HashMap::new();
    let mut conditions = 0;
    for (place, needs) in chosen.iter().enumerate() {
        let bit = 1_u64 << place;
        for test in needs.iter().flat_map(|needs| &needs.tests) {
            let (field, is_prefix, constants) = answerable(graph, *test);
            conditions |= bit;
            let asked = asked.entry(field.slot).or_insert_with(|| Asked {
                field,
                by: 0,
                equal: Vec::new(),
                prefixes: Vec::new(),
            });
            asked.by |= bit;
            let strings = if is_prefix {
                &mut asked.prefixes
            } else {
                &mut asked.equal
            };
            strings.extend(texts(constants).map(|text| (text, bit)));
        }
    }
    if asked.is_empty() {
        return None;
    }
    let mut asked: Vec<_> = asked.into_values().collect();
    // The sooner all conditions passed, the fewer fields are asked.
    asked.sort_by_key(|asked| (Reverse(asked.by.count_ones()), asked.field.slot));
    let lookups: Box<[Indexed]> = asked
        .into_iter()
        .map(|asked| Indexed {
            field: asked.field.clone(),
            asked_by: asked.by,
            lookup: Lookup::new(&asked.equal, &asked.prefixes),
        })
        .collect();
    let estimate = Estimate::lookups(lookups.len());
    Some(BlockIndex {
        lookups,
        conditions,
        estimate,
    })
}
