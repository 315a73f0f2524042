//! A cursor may be cloned at any border of blocks: whoever walks the clone sees what one walk over everything sees, and so do several threads.
//!
//! Streams are random: events of every type, with small numbers that hit what is there, ends and births of reused numbers, losses, snapshots in the middle, containers that are told late, damaged bytes, two boots, and both dialects in one stream.

use std::fmt::Write as _;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use falco_abi::events::{SNAPSHOT, STATE, chdir, container, events};
use falco_abi::{EventDef, Lane};
use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::alert_to_json;
use falco_analyze::pipeline::{
    Child, Collector, Cursor, Decoded, Demand, Flow, Input, Interest, Judge, LaterByWorld,
    LookAhead, Observer, PassOptions, Seen, Shown, Sink, Spread, Tally, collect_items, run,
};
use falco_analyze::rule_files::{RuleText, load_rules};
use falco_analyze::time::Zone;
use falco_format::{Dialect, Item};
use falco_rules::{RuleMatching, RuleSet, Selection, Template};
use proptest::prelude::*;

use crate::support::capture::Row;
use crate::support::{CaptureBuilder, RULES, Workspace, segment_files};

/// What is compared of each event: what rests on the row, on the thread and its ancestors, on descriptors, on accounts and containers, and on what stood before.
const LINE: &str = "*%evt.num %evt.time %evt.deltatime %evt.reltime %evt.cpu %evt.type %evt.args %evt.failed \
    %proc.name %proc.cmdline %proc.exepath %proc.pname %proc.aname[2] %proc.cwd %proc.is_exe_upper_layer %proc.duration \
    %thread.tid %proc.nthreads %thread.vmsize %user.name %group.name %fd.num %fd.name %fd.type %fd.sip %fd.sport \
    %container.id %container.name %container.image.repository";

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Start {
        child: u32,
        program: u8,
    },
    Open {
        thread: u32,
        path: u8,
        fd: i64,
    },
    End {
        thread: u32,
    },
    Any {
        event: usize,
        thread: u32,
        seed: u64,
    },
    Tell {
        what: u8,
    },
    Lose {
        lane: u8,
        count: u64,
    },
    See {
        steps: i64,
    },
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let thread = 200_u32..206;
    let step = prop_oneof![
        3 => (thread.clone(), 0_u8..3).prop_map(|(child, program)| Step::Start { child, program }),
        5 => (thread.clone(), 0_u8..4, -3_i64..6).prop_map(|(thread, path, fd)| Step::Open { thread, path, fd }),
        2 => thread.clone().prop_map(|thread| Step::End { thread }),
        9 => (any::<usize>(), thread, any::<u64>()).prop_map(|(event, thread, seed)| Step::Any { event, thread, seed }),
        1 => (0_u8..4).prop_map(|what| Step::Tell { what }),
        1 => (0_u8..3, 1_u64..5).prop_map(|(lane, count)| Step::Lose { lane, count }),
        2 => (-3_i64..6).prop_map(|steps| Step::See { steps }),
    ];
    prop::collection::vec(step, 1..90)
}

/// An event of any type, by a thread of a process of three.
fn any_row(event: usize, thread: u32, seed: u64) -> Row {
    let table: Vec<&EventDef> = events().filter(|event| !event.has(SNAPSHOT)).collect();
    let def = table[event % table.len()];
    let start = u64::from(thread) * 10_000_000 + seed % 2;
    let mut row = Row::new(def.id, thread).of(200 + thread % 3, start);
    for (index, param) in def.params.iter().enumerate() {
        let noise = seed.rotate_left(index as u32 * 7);
        let is_small = !noise.is_multiple_of(5);
        row = match param.wire.width() {
            // Small numbers hit what is there; others are whatever they are.
            Some(_) if is_small => row.int(index, (noise % 9).cast_signed()),
            Some(_) => row.int(index, noise.cast_signed()),
            None => row.text(index, &noise.to_le_bytes()[..(noise % 8) as usize]),
        };
    }
    row
}

pub(crate) fn push(capture: &mut CaptureBuilder, step: &Step) {
    match *step {
        Step::Start { child, program } => {
            let path = ["/usr/bin/cat", "/usr/sbin/sshd", "/tmp/x"][usize::from(program)];
            capture.start_program(100, child, path, &[path, "argument"]);
        }
        Step::Open { thread, path, fd } => {
            let path = ["/etc/shadow", "/etc/sudoers", "/tmp/a", "relative"][usize::from(path)];
            capture.open(thread, path, fd);
        }
        Step::End { thread } => capture.end(thread),
        Step::Any {
            event,
            thread,
            seed,
        } => capture.push(any_row(event, thread, seed)),
        Step::Tell { what } => {
            let image = [
                "",
                r#","imagerepo":"nginx""#,
                r#","imagerepo":"sh","imagetag":"2""#,
            ];
            let image = image.get(usize::from(what)).unwrap_or(&image[0]);
            let json = format!(r#"{{"container":{{"id":"web","name":"w{what}"{image}}}}}"#);
            capture.push(Row::new(container::EVENT, 0).text(container::json, json));
        }
        Step::Lose { lane, count } => capture.lose(Lane::ALL[usize::from(lane)], count),
        Step::See { steps } => capture.see_at(steps),
    }
}

/// A capture of a boot, in blocks of so many rows; where asked for, with a byte that was flipped at a place of it.
fn written(
    workspace: &Workspace,
    (boot, steps): (u8, &[Step]),
    block: usize,
    damage: Option<u64>,
) -> Vec<Item> {
    let mut capture = CaptureBuilder::new("node-a").with_boot(boot);
    capture.shell(100);
    steps.iter().for_each(|step| push(&mut capture, step));
    let path = workspace.path(&format!("capture-{boot}"));
    capture.write_cut(&path, block, block * 7);
    if let Some(place) = damage {
        let files = segment_files(&path);
        let file = &files[place as usize % files.len()];
        let mut bytes = std::fs::read(file).expect("readable");
        let at = place as usize % bytes.len();
        bytes[at] ^= 1 << (place % 8);
        std::fs::write(file, bytes).expect("writable");
    }
    items_of(&path)
}

/// Nothing where the damage left nothing to open.
fn items_of(path: &Path) -> Vec<Item> {
    Input::open(path).map_or_else(|_| Vec::new(), |input| input.items().collect())
}

/// What is asked of each event.
pub(crate) struct Asked {
    rules: RuleSet,
    line: Template,
}

impl Asked {
    pub(crate) fn new() -> Asked {
        let text = RuleText {
            name: "rules.yaml".to_owned(),
            text: RULES.to_owned(),
        };
        let loaded = load_rules(&SCHEMA, &[text], &Selection::default());
        Asked {
            rules: loaded.rules.expect("the rules load"),
            line: Template::compile(&SCHEMA, LINE).expect("fields that there are"),
        }
    }
}

/// One event and its alerts, as text.
pub(crate) struct Telling<'a> {
    asked: &'a Asked,
    judge: Judge<'a>,
    pub(crate) told: String,
    /// Bytes after which a portion ends.
    portion: usize,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(asked: &'a Asked, portion: usize) -> Telling<'a> {
        Telling {
            asked,
            judge: Judge::new(&asked.rules, &SCHEMA, RuleMatching::All),
            told: String::new(),
            portion,
        }
    }

    pub(crate) fn tell(&mut self, seen: &Seen<'_>) {
        self.asked.line.render(seen.context, &mut self.told);
        let (place, complete) = ((seen.segment, seen.number), seen.is_complete());
        writeln!(self.told, " {place:?} {complete} {:?}", seen.origin).expect("a string");
        let told = &mut self.told;
        self.judge.each(seen, |alert| {
            let alert = alert_to_json(&alert, &Zone::utc());
            writeln!(told, "{alert}").expect("a string");
        });
    }
}

impl Observer for Telling<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.tell(seen);
        Ok(Flow::Continue)
    }
}

impl Child for Telling<'_> {
    type Harvest = String;

    fn event(&mut self, seen: &Seen<'_>) {
        self.tell(seen);
    }

    fn is_full(&mut self) -> bool {
        self.told.len() >= self.portion
    }

    fn harvest(&mut self) -> Option<String> {
        (!self.told.is_empty()).then(|| std::mem::take(&mut self.told))
    }
}

/// The same as a collector.
struct Tellers<'a>(&'a Asked, usize);

impl Collector for Tellers<'_> {
    type Harvest = String;
    type Child<'c>
        = Telling<'c>
    where
        Self: 'c;

    fn child(&self) -> Telling<'_> {
        Telling::new(self.0, self.1)
    }
}

struct Told {
    told: String,
    /// After how many harvests it has what it wants.
    until: usize,
}

impl Sink<String> for Told {
    fn harvest(&mut self, harvest: String) -> io::Result<Flow> {
        self.told.push_str(&harvest);
        self.until -= 1;
        Ok(if self.until == 0 {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}

fn begin(items: &[Item], heals: bool) -> Cursor {
    let options = PassOptions::default();
    let later = heals.then(|| LaterByWorld::collect(items.iter().cloned(), options.limits));
    Cursor::new(&options, later)
}

/// One walk over everything.
fn whole(asked: &Asked, items: &[Item], demand: &Demand, heals: bool) -> (String, Tally) {
    let mut telling = Telling::new(asked, usize::MAX);
    let cursor = begin(items, heals);
    let tally = run(items.iter().cloned(), cursor, demand, &mut telling);
    (telling.told, tally.expect("nothing fails"))
}

/// A clone at every border walks its block, the original advances: by the rows that the clone has, or by those of the state alone.
fn by_clones(asked: &Asked, items: &[Item], demand: &Demand, heals: bool, alone: bool) -> String {
    let mut cursor = begin(items, heals);
    let mut told = String::new();
    let mut ahead = LookAhead::new(items.iter().cloned());
    while let Some(item) = ahead.next() {
        if let Some(foresight) = ahead.foresight() {
            cursor.foresee(foresight);
        }
        let Item::Events(block) = &item else {
            cursor.item(&item);
            continue;
        };
        let decoded = |interest| Decoded::new(block, demand, cursor.dialect(), interest);
        let shown = decoded(Interest::Rows);
        let mut telling = Telling::new(asked, usize::MAX);
        let mut clone = cursor.clone();
        let beneath = decoded(Interest::State);
        // The first row of a thread that nobody knows makes its entry in Falco's dialect, whatever its type.
        let is_alone = alone && cursor.dialect() == Dialect::Native;
        cursor.advance(block, if is_alone { &beneath } else { &shown });
        clone
            .walk(block, &shown, demand, &mut telling)
            .expect("nothing fails");
        told.push_str(&telling.told);
    }
    told
}

fn by_threads(
    asked: &Asked,
    items: &[Item],
    demand: &Demand,
    (heals, portion): (bool, usize),
    spread: Spread,
) -> (String, Tally) {
    let mut told = Told {
        told: String::new(),
        until: usize::MAX,
    };
    let (items, cursor) = (items.iter().cloned(), begin(items, heals));
    let collector = Tellers(asked, portion);
    let tally = collect_items(items, cursor, demand, (&collector, spread), &mut told);
    (told.told, tally.expect("nothing fails"))
}

/// Over how many threads streams are read, cut and shared out in different ways; the numbers of rows are those of small blocks.
fn spreads(seed: u64) -> Vec<Spread> {
    let by = |threads| NonZeroUsize::new(threads).expect("some");
    let cut = |threads, rows, turn| Spread::by_chance(by(threads), rows, seed.rotate_left(turn));
    vec![
        by(1).into(),
        by(3).into(),
        cut(2, 1, 0),
        cut(3, 7, 13),
        cut(8, 20, 31),
        cut(64, 1, 47),
    ]
}

/// Compares all ways to read a stream.
fn check(items: &[Item], demand: &Demand, (heals, seed): (bool, u64)) -> Result<(), TestCaseError> {
    let asked = Asked::new();
    let (expected, tally) = whole(&asked, items, demand, heals);
    for alone in [false, true] {
        let told = by_clones(&asked, items, demand, heals, alone);
        prop_assert_eq!(&told, &expected, "by clones, alone: {}", alone);
    }
    let portions = [1, 900, usize::MAX].into_iter().cycle();
    for (spread, portion) in spreads(seed).into_iter().zip(portions) {
        let (told, other) = by_threads(&asked, items, demand, (heals, portion), spread);
        prop_assert_eq!(&told, &expected, "{:?}", spread);
        prop_assert_eq!(format!("{other:?}"), format!("{tally:?}"), "{:?}", spread);
    }
    Ok(())
}

/// Demands that leave much out: nobody's question changes what others see.
pub(crate) fn demands() -> [Demand; 2] {
    let asked = Asked::new();
    let fields = asked.line.fields().map(|(_, field)| field);
    let fields: Vec<_> = fields.chain(asked.rules.slots()).cloned().collect();
    let types = asked.rules.event_types();
    [
        Demand::everything(),
        Demand::new(Shown::of_types(types), &fields),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_clone_sees_what_the_original_would(
        first in steps(),
        second in steps(),
        block in 1_usize..20,
        damage in prop::option::of(any::<u64>()),
        heals: bool,
        seed: u64,
    ) {
        let workspace = Workspace::new();
        let mut items = written(&workspace, (7, &first), block, damage);
        // The node was started anew, and later the first boot's capture goes on as another copy of it.
        items.extend(written(&workspace, (8, &second), block, None));
        for demand in demands() {
            check(&items, &demand, (heals, seed))?;
        }
    }
}

/// A row of a snapshot that looked after the last row that changed the state, and before the last row of all, says nothing new: whoever decodes only what changes the state must come to the same.
#[test]
fn the_stream_comes_to_the_end_of_a_block_whichever_rows_are_decoded() {
    const SHELL: u32 = 100;
    let mut table = events().filter(|event| !event.has(SNAPSHOT));
    let idle = table.find(|event| !event.has(STATE)).expect("one");
    let moved = Row::new(chdir::EVENT, SHELL)
        .int(chdir::res, 0)
        .text(chdir::path, "/srv");
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(SHELL);
    capture.push(moved);
    capture.push(Row::new(idle.id, SHELL));
    capture.see_at(-1);
    capture.open(SHELL, "relative", 3);
    let workspace = Workspace::new();
    let path = workspace.path("capture");
    capture.write(&path);
    let asked = Asked::new();
    for demand in [Demand::everything(), Demand::of_rules(&asked.rules)] {
        let (told, _) = whole(&asked, &items_of(&path), &demand, false);
        let mut opens = told.lines().filter(|line| line.contains(" openat "));
        let open = opens.next().expect("an open");
        assert!(open.contains("/srv/relative"), "{open}");
    }
}

#[test]
fn worlds_of_both_dialects_follow_each_other() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        println!("skipped: FALCO_REFERENCE names no captures in Falco's dialect");
        return;
    };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let names = [
        "falco-connect_localhost",
        "falco-cat_write",
        "libs-single_ipv6_conn",
    ];
    let mut items = items_of(&corpus);
    for name in names {
        items.extend(items_of(&reference.join(format!("captures/{name}.scap"))));
    }
    items.extend(items_of(&corpus));
    let narrow = demands().into_iter().next_back().expect("one");
    check(&items, &narrow, (true, 9)).expect("all ways agree");
}

#[test]
fn a_sink_that_has_enough_ends_the_pass_at_the_same_place() {
    let asked = Asked::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let items = items_of(&corpus);
    let narrow = demands().into_iter().next_back().expect("one");
    let check = |until: usize| {
        let read = |spread: Spread| {
            let mut told = Told {
                told: String::new(),
                until,
            };
            let collector = Tellers(&asked, 1);
            let (items, cursor) = (items.iter().cloned(), begin(&items, false));
            let tally = collect_items(items, cursor, &narrow, (&collector, spread), &mut told);
            (told.told, format!("{:?}", tally.expect("nothing fails")))
        };
        let expected = read(NonZeroUsize::MIN.into());
        for spread in (0..9).flat_map(|seed| spreads(seed << 20)) {
            assert_eq!(read(spread), expected, "{until}, {spread:?}");
        }
    };
    [1, 2, 40].into_iter().for_each(check);
}
