//! The demand never changes an answer: what is left out of the state is what no answer rests on, and who is there is the same for each demand.
//!
//! Over captures in Falco's dialect, where rows are left out; that fields need no other parts of state than they say is tested with them.

use std::io;

use falco_format::{Block, BootId, Dialect, FormatVersion, Item, SegmentHeader};
use falco_rules::{
    ArgumentKind, BoundField, Event as _, FieldArgument, FieldId, Schema as _, value_to_json,
};
use proptest::prelude::*;

use crate::dialect::event_id;
use crate::fields::{SCHEMA, is_hidden};
use crate::pipeline::{Cursor, Demand, Flow, Observer, PassOptions, Seen, Shown, run};
use crate::state::StateLimits;
use crate::state::testing::falco::{Told, block};
use crate::state::testing::params;
use crate::state::tests::falco::properties::{Seed, TIGHT, any_row};

/// What an observer saw: the event's number, whether its evidence is complete, and values.
type Line = (u64, bool, Vec<String>);

struct Asked<'f> {
    fields: &'f [BoundField],
    shown: &'f Shown,
    lines: Vec<Line>,
}

impl Observer for Asked<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let is_asked = match self.shown {
            Shown::Every => true,
            Shown::Only(events) => events.contains(&seen.view.event()),
        };
        if is_asked {
            let value = |field: &BoundField| {
                let def = &SCHEMA.fields()[usize::from(field.field.0)];
                value_to_json(seen.context.extract(field), def).to_string()
            };
            let values = self.fields.iter().map(value).collect();
            self.lines.push((seen.number, seen.is_complete(), values));
        }
        Ok(Flow::Continue)
    }
}

fn items(blocks: impl IntoIterator<Item = Block>) -> Vec<Item> {
    let header = SegmentHeader {
        version: FormatVersion::CURRENT,
        boot_id: BootId([1; 16]),
        node: "node".into(),
        dialect: Dialect::Falco,
        segment_number: 1,
        previous: None,
        created_realtime: falco_format::UnixNanos(0),
        recording: None,
        capture: None,
    };
    let blocks = blocks.into_iter().map(Item::Events);
    std::iter::once(Item::Segment(header.into()))
        .chain(blocks)
        .collect()
}

/// What is seen of some events and fields by a demand.
fn seen(
    items: &[Item],
    demand: &Demand,
    (shown, fields): (&Shown, &[BoundField]),
    limits: StateLimits,
) -> Vec<Line> {
    let options = PassOptions {
        limits,
        ..PassOptions::default()
    };
    let mut asked = Asked {
        fields,
        shown,
        lines: Vec::new(),
    };
    let cursor = Cursor::new(&options, None);
    run(items.iter().cloned(), cursor, demand, &mut asked).expect("nobody fails");
    asked.lines
}

/// Every field that can be asked without an argument, or with the first one.
fn fields() -> Vec<BoundField> {
    let all = (0..).map(FieldId).zip(SCHEMA.fields());
    let bound = all.map(|(field, def)| {
        let argument = match def.argument {
            ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional => {
                FieldArgument::None
            }
            ArgumentKind::IndexRequired => FieldArgument::Index(1),
            ArgumentKind::KeyRequired
            | ArgumentKind::EventParameter
            | ArgumentKind::RawEventParameter => FieldArgument::Key("fd".into()),
        };
        BoundField {
            field,
            argument,
            slot: 0,
        }
    });
    bound.collect()
}

fn field(name: &str) -> BoundField {
    let named = |field: &BoundField| SCHEMA.fields()[usize::from(field.field.0)].name == name;
    fields().into_iter().find(named).expect("a field")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some fields of some events, and the same from all rows.
    #[test]
    fn a_demand_sees_what_all_rows_give(
        seeds in prop::collection::vec(any::<Seed>(), 1..160),
        length in 1_usize..40,
        asked in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        types in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        is_tight: bool,
    ) {
        let rows: Vec<Told<'_>> = seeds.iter().map(any_row).collect();
        let events = types.iter().map(|place| event_id(place.get(&rows).0));
        // Beginnings of calls nobody is shown.
        let shown = Shown::Only(events.filter(|event| !is_hidden(*event)).collect());
        let all = fields();
        let fields: Vec<BoundField> = asked.iter().map(|place| place.get(&all).clone()).collect();
        let blocks = (0..).zip(rows.chunks(length)).map(|(place, rows)| block(place * 1_000_000, rows.to_vec()));
        let items = items(blocks);
        let limits = if is_tight { TIGHT } else { StateLimits::default() };
        let some = seen(&items, &Demand::new(shown.clone(), &fields), (&shown, &fields), limits);
        let all = seen(&items, &Demand::everything(), (&shown, &fields), limits);
        let names: Vec<_> = fields.iter().map(|field| SCHEMA.fields()[usize::from(field.field.0)].name).collect();
        prop_assert_eq!(some, all, "{:?}", names);
    }
}

/// Types of Falco's: ends of calls, and what has no begin.
const FUTEX: u16 = 65;
const SWITCH: u16 = 152;
const PROCEXIT: u16 = 186;
const CLONE: u16 = 223;

/// Who makes entries of threads is the same whether anybody is shown their rows: a `futex` of a thread whose birth comes later, or never, is one.
#[test]
fn a_row_that_nobody_is_shown_makes_its_thread_known() {
    const LATE: u32 = 77;
    let switch = |tid| (SWITCH, tid, params![next: 1]);
    let futex = |tid| (FUTEX, tid, vec![]);
    let born = (
        CLONE,
        LATE,
        params![res: 0, tid: i64::from(LATE), pid: 77, ptid: 1, comm: "late", exe: "/late"],
    );
    let name = field("proc.name");
    let check = |rows: Vec<Told<'_>>, limits: StateLimits, expected: &[&str]| {
        for length in [1, 2, rows.len()] {
            let blocks = rows.chunks(length);
            let blocks = (0..)
                .zip(blocks)
                .map(|(place, rows)| block(place * 1_000_000, rows.to_vec()));
            let items = items(blocks);
            let with = |codes: &[u16]| Shown::Only(codes.iter().copied().map(event_id).collect());
            let only = with(&[SWITCH]);
            let fields = [name.clone()];
            for shown in [only.clone(), with(&[SWITCH, FUTEX]), Shown::Every] {
                let demand = Demand::new(shown, &fields);
                let lines = seen(&items, &demand, (&only, &fields), limits);
                let names: Vec<String> = lines
                    .into_iter()
                    .flat_map(|(_, _, values)| values)
                    .collect();
                assert_eq!(names, expected, "in blocks of {length}");
            }
        }
    };
    let all = StateLimits::default();
    // A switch makes no entry of its own.
    check(vec![switch(LATE)], all, &["null"]);
    check(
        vec![switch(LATE), futex(LATE), switch(LATE)],
        all,
        &["null", "\"<NA>\""],
    );
    check(
        vec![futex(LATE), born.clone(), switch(LATE)],
        all,
        &["\"late\""],
    );
    // Where there is room for one, the first row takes it, be it of a birth or not.
    let one = StateLimits { threads: 1, ..all };
    check(
        vec![futex(5), born.clone(), switch(LATE), switch(5)],
        one,
        &["null", "\"<NA>\""],
    );
    // What ends gives its place to whoever comes next. The other one has the parent.
    let two = StateLimits { threads: 2, ..all };
    let end = (PROCEXIT, LATE, vec![]);
    check(
        vec![
            born,
            futex(5),
            switch(5),
            end,
            futex(5),
            switch(5),
            switch(LATE),
        ],
        two,
        &["null", "\"<NA>\"", "null"],
    );
}
