//! What a span of time may get wrong: state that begins with the last snapshot before the span, beside state that begins with the capture.
//!
//! In: a capture. Out: for each field how often it has another value, over the first events behind evenly spaced cuts.
//! With exact state nothing may differ; what the event says by itself never does.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io;

use anyhow::{Context as _, Result, ensure};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Demand, Flow, Input, InputOutline, Observer, Part, PassOptions, Seen, run_pass,
};
use falco_format::{Span, UnixNanos};
use falco_rules::{
    ArgumentKind, BoundField, Event as _, FieldArgument, FieldDef, FieldId, Schema as _, Value,
    value_to_json,
};

/// Where a capture is cut.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// At how many times, evenly spaced over it.
    pub cuts: usize,
    /// How many events behind each are compared.
    pub events: usize,
    /// Whether state is to be exact, so that nothing may differ.
    pub is_exact: bool,
}

/// What differs in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The field.
    pub name: &'static str,
    /// Events for which it has no value and should have one.
    pub missing: u64,
    /// Events for which it has one and should have none.
    pub extra: u64,
    /// Events for which it has another one.
    pub other: u64,
}

impl Differing {
    /// In all.
    pub fn events(&self) -> u64 {
        self.missing + self.extra + self.other
    }
}

/// What was compared.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// Cuts whose state began with a snapshot behind the capture's beginning.
    pub cuts: usize,
    /// Events, each with all fields.
    pub events: u64,
    /// Events of which some field differs.
    pub events_differing: u64,
    /// Fields that were compared.
    pub fields: usize,
    /// Those that differ, the most frequent first.
    pub differing: Vec<Differing>,
}

/// The values of an event's fields, as far as they must be compared: 0 for none.
type Values = Vec<u32>;

/// An event and its values; the number tells whether both readings see the same event.
type Told = Vec<(u64, Values)>;

/// Fields that need no argument.
fn fields() -> Vec<(BoundField, &'static FieldDef)> {
    let all = (0..).map(FieldId).zip(SCHEMA.fields());
    let asked = all.filter(|(_, def)| {
        matches!(
            def.argument,
            ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional
        )
    });
    let bound = |(field, def): (FieldId, &'static FieldDef)| {
        let argument = FieldArgument::None;
        let bound = BoundField {
            field,
            argument,
            slot: 0,
        };
        (bound, def)
    };
    asked.map(bound).collect()
}

struct Telling<'f> {
    fields: &'f [(BoundField, &'static FieldDef)],
    /// Where the cuts are, in order.
    cuts: &'f [UnixNanos],
    events: usize,
    told: Vec<Told>,
}

impl Observer for Telling<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let events = self.events;
        let is_wanted = |cut: &UnixNanos, told: &Told| *cut <= seen.time && told.len() < events;
        let mut places = self.cuts.iter().zip(&self.told);
        if !places.any(|(cut, told)| is_wanted(cut, told)) {
            let is_done = self.told.iter().all(|told| told.len() >= events);
            return Ok(if is_done { Flow::Stop } else { Flow::Continue });
        }
        let values: Values = self
            .fields
            .iter()
            .map(|(field, def)| match seen.context.extract(field) {
                Value::Absent => 0,
                value => hashed(&value_to_json(value, def).to_string()),
            })
            .collect();
        for (cut, told) in self.cuts.iter().zip(&mut self.told) {
            if is_wanted(cut, told) {
                told.push((seen.number, values.clone()));
            }
        }
        Ok(Flow::Continue)
    }
}

fn hashed(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (hasher.finish() as u32).max(1)
}

/// Cuts a capture, and compares.
pub fn cut(input: &Input, asked: Places) -> Result<Cuts> {
    let Places {
        cuts: count,
        events,
        is_exact,
    } = asked;
    let outline = InputOutline::of(input);
    let times = outline.times().context("the capture has no times")?;
    let length = times.last.since(times.first);
    let step = length / (count as u64 + 1);
    let places: Vec<UnixNanos> = (1..=count as u64)
        .map(|place| UnixNanos(times.first.0 + place * step))
        .collect();
    let fields = fields();
    let whole = tell(input, (&fields, events), &places, Part::whole())?;
    let mut cuts = Cuts {
        fields: fields.len(),
        ..Cuts::default()
    };
    let mut differing: Vec<Differing> = fields
        .iter()
        .map(|(_, def)| Differing {
            name: def.name,
            missing: 0,
            extra: 0,
            other: 0,
        })
        .collect();
    for (place, expected) in places.iter().zip(whole) {
        let span = Span {
            since: Some(*place),
            until: None,
        };
        let part = outline.part(span, is_exact);
        cuts.cuts += usize::from(part.state_from().is_some());
        let found = tell(input, (&fields, events), &[*place], part)?
            .pop()
            .unwrap_or_default();
        ensure!(
            found
                .iter()
                .map(|event| event.0)
                .eq(expected.iter().map(|event| event.0)),
            "events behind a cut have other numbers"
        );
        for ((_, found), (_, expected)) in found.iter().zip(&expected) {
            cuts.events += 1;
            cuts.events_differing += u64::from(found != expected);
            for ((found, expected), field) in found.iter().zip(expected).zip(&mut differing) {
                match (found, expected) {
                    (found, expected) if found == expected => {}
                    (0, _) => field.missing += 1,
                    (_, 0) => field.extra += 1,
                    _ => field.other += 1,
                }
            }
        }
    }
    differing.retain(|field| field.events() > 0);
    differing.sort_by_key(|field| std::cmp::Reverse(field.events()));
    cuts.differing = differing;
    Ok(cuts)
}

fn tell(
    input: &Input,
    (fields, events): (&[(BoundField, &'static FieldDef)], usize),
    cuts: &[UnixNanos],
    part: Part,
) -> Result<Vec<Told>> {
    let mut telling = Telling {
        fields,
        cuts,
        events,
        told: vec![Vec::new(); cuts.len()],
    };
    let options = PassOptions {
        part,
        ..PassOptions::default()
    };
    run_pass(input, &Demand::everything(), options, &mut telling)?;
    Ok(telling.told)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::generate::Generator;

    #[test]
    fn a_cut_changes_no_event_and_exact_state_no_value() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut generator = Generator::new(20_000, 3);
        (generator.block_rows, generator.segment_bytes) = (1_000, 20 << 10);
        generator.write(directory.path()).expect("written");
        let input = Input::open(directory.path()).expect("opens");
        let cut = |is_exact| {
            let asked = Places {
                cuts: 4,
                events: 100,
                is_exact,
            };
            cut(&input, asked).expect("cut")
        };
        let exact = cut(true);
        assert_eq!((exact.events, exact.cuts), (400, 0));
        assert_eq!(exact.differing, []);
        let cuts = cut(false);
        assert_eq!((cuts.events, cuts.cuts), (400, 4));
        println!("{cuts:#?}");
        let named = |name: &str| cuts.differing.iter().any(|field| field.name == name);
        // What the event says by itself, and what segments and their indexes say of it.
        for name in [
            "evt.num",
            "evt.time",
            "evt.type",
            "evt.rawres",
            "evt.reltime",
            "evt.deltatime",
            "thread.tid",
        ] {
            assert!(!named(name), "{name}");
        }
        // What a snapshot tells of every thread.
        for field in &cuts.differing {
            assert!(field.events() < cuts.events / 2, "{field:?}");
        }
    }

    /// An import has one snapshot, so its state begins with the file wherever it is cut.
    #[test]
    fn state_of_an_import_begins_with_its_file() {
        let Some(reference) = std::env::var_os("FALCO_REFERENCE") else {
            println!("skipped: FALCO_REFERENCE names no captures in Falco's dialect");
            return;
        };
        let file = Path::new(&reference).join("captures/live-small-default.scap.gz");
        let input = Input::open(&file).expect("opens");
        let asked = Places {
            cuts: 3,
            events: 50,
            is_exact: false,
        };
        let cuts = cut(&input, asked).expect("cut");
        assert!(cuts.events > 0);
        assert_eq!((cuts.cuts, cuts.differing), (0, Vec::new()));
    }
}
