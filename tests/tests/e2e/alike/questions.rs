//! Every field with every argument that an event can be asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use falco_abi::events;
use falco_analyze::fields::SCHEMA;
use falco_rules::{
    ArgumentKind, BoundField, EventTypeId, FieldArgument, FieldDef, FieldId, Schema as _,
};

/// Ancestors that are asked for beside all of them.
const INDEXES: [u32; 3] = [0, 1, 2];

/// A field and its argument, with the name that a report gives it.
pub(super) struct Question {
    pub(super) name: String,
    pub(super) def: &'static FieldDef,
    pub(super) field: BoundField,
}

/// What can be asked of any event, and of events by type.
pub(super) struct Questions {
    all: Vec<Question>,
    /// How many are asked of every event; the rest name a parameter.
    of_every: usize,
    of_type: HashMap<EventTypeId, Arc<[usize]>>,
    places: HashMap<String, usize>,
}

impl Questions {
    pub(super) fn new() -> Self {
        let (mut all, mut by_name) = (Vec::new(), Vec::new());
        for (number, def) in (0..).zip(SCHEMA.fields()) {
            let takes_name = matches!(
                def.argument,
                ArgumentKind::EventParameter | ArgumentKind::RawEventParameter
            );
            for argument in arguments(def) {
                let is_named = takes_name && matches!(argument, FieldArgument::Key(_));
                let question = Question {
                    name: named_with(def, &argument),
                    def,
                    field: BoundField {
                        field: FieldId(number),
                        argument,
                        slot: 0,
                    },
                };
                if is_named {
                    by_name.push(question);
                } else {
                    all.push(question);
                }
            }
        }
        let of_every = all.len();
        all.extend(by_name);
        let named = |(place, question): (usize, &Question)| (question.name.clone(), place);
        let places = all.iter().enumerate().map(named).collect();
        Questions {
            all,
            of_every,
            of_type: HashMap::new(),
            places,
        }
    }

    /// What an event of a type is asked: the same questions in the same order whoever reads it.
    pub(super) fn of(&mut self, ty: EventTypeId) -> Arc<[usize]> {
        let (all, of_every) = (&self.all, self.of_every);
        let places = self.of_type.entry(ty).or_insert_with(|| {
            let asks = |place: &usize| {
                let field = &all[*place].field;
                *place < of_every || !SCHEMA.never_has(ty, field.field, &field.argument)
            };
            (0..all.len()).filter(asks).collect()
        });
        Arc::clone(places)
    }

    /// The place of a question.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// A question by its place.
    pub(super) fn at(&self, place: usize) -> &Question {
        &self.all[place]
    }
}

/// Parameters' names that some event has.
fn parameters() -> BTreeSet<&'static str> {
    let all = events().flat_map(|event| event.params.iter().map(|param| param.name));
    all.filter(|name| SCHEMA.parameter_type(name).is_some())
        .collect()
}

fn arguments(def: &FieldDef) -> Vec<FieldArgument> {
    let keys: BTreeMap<&str, &[&str]> = [
        ("proc.env", &["PATH", "BROAD"][..]),
        ("proc.aenv", &["PATH"][..]),
        ("evt.is_open_read", &[][..]),
        ("thread.cgroup", &["cpu", "memory", "pids"][..]),
    ]
    .into();
    let indexes = || INDEXES.into_iter().map(FieldArgument::Index);
    let keys = || {
        let keys = keys.get(def.name).copied().unwrap_or(&["0", "app"]);
        keys.iter().map(|key| FieldArgument::Key((*key).into()))
    };
    let none = std::iter::once(FieldArgument::None);
    match def.argument {
        ArgumentKind::None => none.collect(),
        ArgumentKind::IndexRequired => indexes().collect(),
        ArgumentKind::IndexOptional => none.chain(indexes()).collect(),
        ArgumentKind::KeyRequired => keys().collect(),
        ArgumentKind::KeyOptional => none.chain(keys()).collect(),
        // Arguments by their numbers are those by their names, in the order of `evt.args`.
        ArgumentKind::EventParameter | ArgumentKind::RawEventParameter => parameters()
            .into_iter()
            .map(|name| FieldArgument::Key(name.into()))
            .collect(),
    }
}

fn named_with(def: &FieldDef, argument: &FieldArgument) -> String {
    match argument {
        FieldArgument::None => def.name.to_owned(),
        FieldArgument::Index(index) => format!("{}[{index}]", def.name),
        FieldArgument::Key(key) => format!("{}.{key}", def.name),
    }
}
