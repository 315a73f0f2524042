//! What fields read of the state: with only the rows applied that change what a field reads, its values are those that all rows give.
//!
//! Over captures of ours and of Falco's; and where a part is left out on purpose, values differ, so that the comparison can fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use falco_abi::EventId;
use falco_abi::events::events;
use falco_format::{ClockMap, Dialect, Item, Projection};
use falco_rules::{
    ArgumentKind, BoundField, Event as _, FieldArgument, FieldDef, FieldId, Schema as _,
    value_to_json,
};

use crate::dialect::{catalog, event_id};
use crate::fields::{EventContext, SCHEMA, nature};
use crate::pipeline::Input;
use crate::state::changes;
use crate::state::facets::Facets;
use crate::state::{State, StateLimits, state_projection};

/// How many events of a capture are compared: every kind comes early.
const EVENTS_MAX: u64 = 6_000;

/// A part of the fields, and the state as it is for them.
struct Part {
    fields: Vec<(BoundField, &'static FieldDef)>,
    asked: Facets,
    state: State,
}

impl Part {
    fn new(fields: Vec<(BoundField, &'static FieldDef)>, asked: Facets, dialect: Dialect) -> Part {
        Part {
            fields,
            asked,
            state: State::new(StateLimits::default(), dialect),
        }
    }
}

/// Fields without an argument, by what they read.
fn parts() -> BTreeMap<Facets, Vec<(BoundField, &'static FieldDef)>> {
    let mut parts: BTreeMap<Facets, Vec<_>> = BTreeMap::new();
    for (id, def) in (0..).map(FieldId).zip(SCHEMA.fields()) {
        let is_asked = matches!(
            def.argument,
            ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional
        );
        if is_asked {
            let bound = BoundField {
                field: id,
                argument: FieldArgument::None,
                slot: 0,
            };
            let asked = nature(id).reads.with_sources();
            parts.entry(asked).or_default().push((bound, def));
        }
    }
    parts
}

fn dialect_of(input: &Input) -> Dialect {
    let mut items = input.items();
    let header = items.find_map(|item| match item {
        Item::Segment(header) => Some(header.dialect),
        _ => None,
    });
    header.expect("a segment")
}

/// The first difference of each field between a state that saw all rows and those of the parts, and how many rows each part was spared.
fn differences(input: &Input, parts: &mut [Part]) -> (BTreeMap<&'static str, String>, Vec<u64>) {
    let mut whole = State::new(StateLimits::default(), dialect_of(input));
    let mut clock = ClockMap::new();
    let (mut found, mut number) = (BTreeMap::new(), 0_u64);
    let mut spared = vec![0; parts.len()];
    for item in input.items() {
        match item {
            Item::Clock(pairs) => clock.add(&pairs),
            Item::Lost(intervals) => {
                whole.lost(&intervals);
                parts
                    .iter_mut()
                    .for_each(|part| part.state.lost(&intervals));
            }
            Item::State(block) => {
                let rows = block.decode(&Projection::all()).expect("decodes");
                for view in rows.iter() {
                    whole.apply_snapshot(&view);
                    parts
                        .iter_mut()
                        .for_each(|part| part.state.apply_snapshot(&view));
                }
            }
            Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("decodes");
                for view in rows.iter() {
                    number += 1;
                    if number > EVENTS_MAX {
                        return (found, spared);
                    }
                    whole.before(&view);
                    let all = EventContext::new(&whole, &view, &clock, number);
                    for (part, spared) in parts.iter_mut().zip(&mut spared) {
                        let is_applied = part.state.before_for(part.asked, &view);
                        *spared += u64::from(!is_applied);
                        let some = EventContext::new(&part.state, &view, &clock, number);
                        for (field, def) in &part.fields {
                            if all.extract(field) != some.extract(field) {
                                let value = |context: &EventContext<'_>| {
                                    value_to_json(context.extract(field), def)
                                };
                                found.entry(def.name).or_insert_with(|| {
                                    let (all, some) = (value(&all), value(&some));
                                    format!("event {number}: {all}, not {some}")
                                });
                            }
                        }
                        if is_applied {
                            part.state.after(&view);
                        }
                    }
                    whole.after(&view);
                }
            }
            _ => {}
        }
    }
    (found, spared)
}

/// A kept capture of ours, and Falco's where they are at hand.
fn captures() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let Some(reference) = std::env::var_os("FALCO_REFERENCE") else {
        println!("skipped Falco's captures: FALCO_REFERENCE does not name them");
        return vec![own];
    };
    let small = [
        "live-small-default.scap.gz",
        "live-medium-default.scap.gz",
        "falco-empty-9e0651e.scap",
        "falco-ping_sendto.scap",
        "falco-psp-privileged.scap",
        "falco-open-multiple-files.scap",
        "libs-single_ipv6_conn.scap",
        "falco-cat_write.scap",
    ];
    let place = PathBuf::from(reference).join("captures");
    let theirs = small.map(|name| place.join(name));
    std::iter::once(own).chain(theirs).collect()
}

#[test]
fn a_field_needs_no_other_rows_than_it_says() {
    let mut complaints = Vec::new();
    for path in captures() {
        let input = Input::open(&path).expect("opens");
        let dialect = dialect_of(&input);
        let parts = parts().into_iter();
        let mut parts: Vec<_> = parts
            .map(|(asked, fields)| Part::new(fields, asked, dialect))
            .collect();
        let (found, spared) = differences(&input, &mut parts);
        for (field, difference) in found {
            complaints.push(format!("{}: {field}: {difference}", path.display()));
        }
        // Who asks for nothing of the state is spared nearly all of it.
        let least = parts.iter().position(|part| part.asked == Facets::NONE);
        assert!(least.is_some_and(|place| spared[place] > 0), "{path:?}");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Leaving out a part that fields read shows: the comparison is none that cannot fail.
#[test]
fn a_part_that_is_left_out_is_missed() {
    let path = &captures()[0];
    let input = Input::open(path).expect("opens");
    for (asked, field) in [
        (Facets::NONE, "proc.name"),
        (Facets::NONE, "proc.ppid"),
        (Facets::ANCESTRY, "fd.name"),
        (Facets::ANCESTRY, "proc.fdopencount"),
        (Facets::ANCESTRY, "proc.cwd"),
    ] {
        let all = parts().into_values().flatten();
        let fields = all.filter(|(_, def)| def.name == field).collect();
        let mut parts = [Part::new(fields, asked, dialect_of(&input))];
        let (found, _) = differences(&input, &mut parts);
        assert!(found.contains_key(field), "{field} from {asked:?} alone");
    }
}

/// Every event that the state reads changes some part, and is in the table of what it changes.
#[test]
fn every_event_that_the_state_reads_changes_something() {
    let mut native = events().map(|event| event.id);
    let mut falcos = catalog::all().map(|ty| event_id(ty.code));
    let check = |ids: &mut dyn Iterator<Item = EventId>, dialect| {
        let wanted = state_projection(dialect, Facets::ALL);
        let forgotten: Vec<_> = ids
            .filter(|id| wanted.columns(*id).is_some())
            .filter(|id| changes(*id, dialect) == Facets::NONE)
            .collect();
        assert!(forgotten.is_empty(), "{dialect:?}: {forgotten:?}");
    };
    check(&mut native, Dialect::Native);
    check(&mut falcos, Dialect::Falco);
}
