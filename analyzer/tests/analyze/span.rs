//! Spans of time: with exact state the answers are those of the whole within the span, by one thread and several; without it events and their numbers are.
//!
//! Captures are random as in `borders`: two boots below one root, losses, snapshots anywhere, damaged bytes, segments and blocks of any size.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use falco_abi::Lane;
use falco_analyze::pipeline::{
    Child, Collector, Demand, Flow, Input, InputOutline, Observer, Part, PassOptions, Seen, Sink,
    collect, run_pass,
};
use falco_format::{Span, UnixNanos};
use proptest::prelude::*;

use crate::borders::{Asked, Step, Telling, demands, push, steps};
use crate::support::capture::BOOT_REALTIME;
use crate::support::{CaptureBuilder, Workspace, segment_files};

/// How much later than it stands in the stream a snapshot looks at what is there, in nanoseconds: what `borders` makes of five events.
const SEEN_LATER_MAX: u64 = 5_000;

/// What is told of the events within a span.
struct Within<'a>(Telling<'a>, Span);

impl Observer for Within<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        if self.1.contains(seen.time) {
            self.0.tell(seen);
        }
        Ok(Flow::Continue)
    }
}

impl Child for Within<'_> {
    type Harvest = String;

    fn event(&mut self, seen: &Seen<'_>) {
        self.0.tell(seen);
    }

    fn harvest(&mut self) -> Option<String> {
        Some(std::mem::take(&mut self.0.told))
    }
}

/// The same as a collector; whatever it is shown, it tells.
struct All<'a>(&'a Asked);

impl Collector for All<'_> {
    type Harvest = String;
    type Child<'c>
        = Within<'c>
    where
        Self: 'c;

    fn child(&self) -> Within<'_> {
        Within(Telling::new(self.0, 1), Span::default())
    }
}

struct Told(String);

impl Sink<String> for Told {
    fn harvest(&mut self, harvest: String) -> io::Result<Flow> {
        self.0.push_str(&harvest);
        Ok(Flow::Continue)
    }
}

fn options(part: Part, heals: bool) -> PassOptions {
    PassOptions {
        part,
        heal_containers: heals,
        ..PassOptions::default()
    }
}

/// The whole, of which the events within the span are told.
fn whole(asked: &Asked, input: &Input, demand: &Demand, (span, heals): (Span, bool)) -> String {
    let mut within = Within(Telling::new(asked, usize::MAX), span);
    let options = options(Part::whole(), heals);
    run_pass(input, demand, options, &mut within).expect("nothing fails");
    within.0.told
}

fn by_threads(
    asked: &Asked,
    input: &Input,
    demand: &Demand,
    (part, heals, threads): (&Part, bool, usize),
) -> String {
    let mut told = Told(String::new());
    let options = PassOptions {
        threads: NonZeroUsize::new(threads).expect("some"),
        ..options(part.clone(), heals)
    };
    collect(input, demand, options, &All(asked), &mut told).expect("nothing fails");
    told.0
}

/// A root of two boots.
fn write(workspace: &Workspace, steps: [&[Step]; 2], (block, segment): (usize, usize)) -> bool {
    for (boot, steps) in [7_u8, 8].into_iter().zip(steps) {
        let mut capture = CaptureBuilder::new("node-a").with_boot(boot);
        if steps.len().is_multiple_of(2) {
            capture = capture.with_snapshots();
        }
        // Their times overlap where the second begins within the first.
        capture.begin_later(u64::from(boot - 7) * (steps.len() as u64 % 3));
        capture.shell(100);
        steps.iter().for_each(|step| push(&mut capture, step));
        let name = format!(
            "root/2026010{boot}T030405Z-{}",
            format!("{boot:02x}").repeat(4)
        );
        capture.write_cut(&workspace.path(&name), block, segment);
    }
    true
}

fn damage(directory: &Path, place: u64) {
    let files = segment_files(directory);
    let file = &files[place as usize % files.len()];
    let mut bytes = std::fs::read(file).expect("readable");
    let at = place as usize % bytes.len();
    bytes[at] ^= 1 << (place % 8);
    std::fs::write(file, bytes).expect("writable");
}

/// A span whose ends are these thousandths of the time that there is, and a little beyond it.
fn span_of(input: &Input, since: Option<u16>, until: Option<u16>) -> Option<Span> {
    let times = InputOutline::of(input).times()?;
    let length = times.last.since(times.first) + 20;
    let at =
        |thousandth: u16| UnixNanos(times.first.0 - 10 + length * u64::from(thousandth) / 1_000);
    Some(Span {
        since: since.map(at),
        until: until.map(at),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_exact_state_a_span_has_what_the_whole_has_within_it(
        first in steps(),
        second in steps(),
        block in 1_usize..20,
        segment in 1_usize..60,
        damaged in prop::option::of(any::<u64>()),
        since in prop::option::of(0_u16..1_000),
        until in prop::option::of(0_u16..1_000),
        heals: bool,
    ) {
        let workspace = Workspace::new();
        write(&workspace, [&first, &second], (block, segment));
        if let Some(place) = damaged {
            damage(&workspace.path("root/20260107T030405Z-07070707"), place);
        }
        let Ok(input) = Input::open(&workspace.path("root")) else {
            return Ok(());
        };
        let Some(span) = span_of(&input, since, until) else {
            return Ok(());
        };
        let outline = InputOutline::of(&input);
        let part = outline.part(span, true);
        let asked = Asked::new();
        for demand in demands() {
            let expected = whole(&asked, &input, &demand, (span, heals));
            for threads in [1, 3] {
                let told = by_threads(&asked, &input, &demand, (&part, heals, threads));
                prop_assert_eq!(&told, &expected, "{:?} by {} threads", span, threads);
            }
        }
    }

    #[test]
    fn whatever_state_begins_with_events_and_their_numbers_are_those_of_the_whole(
        first in steps(),
        second in steps(),
        block in 1_usize..20,
        segment in 1_usize..60,
        since in prop::option::of(0_u16..1_000),
        until in prop::option::of(0_u16..1_000),
    ) {
        let workspace = Workspace::new();
        write(&workspace, [&first, &second], (block, segment));
        let input = Input::open(&workspace.path("root")).expect("opens");
        let span = span_of(&input, since, until).expect("times");
        let part = InputOutline::of(&input).part(span, false);
        let expected = named(&input, Part::whole());
        let expected: Vec<_> = expected.into_iter().filter(|event| span.contains(event.0)).collect();
        let found = named(&input, part.clone());
        prop_assert_eq!(found, expected, "{:?}", span);
        // A snapshot may stand a few events in front of the time that its rows were looked at.
        let begins_late = part.state_from().zip(span.since);
        prop_assert!(begins_late.is_none_or(|(from, since)| from.0 <= since.0 + SEEN_LATER_MAX));
    }
}

/// Time, number, the time before, the first time, segment and name of each event.
type Named = (UnixNanos, u64, String, u64);

fn named(input: &Input, part: Part) -> Vec<Named> {
    struct Names(falco_rules::Template, Vec<Named>);
    impl Observer for Names {
        fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
            let mut text = String::new();
            self.0.render(seen.context, &mut text);
            self.1.push((seen.time, seen.number, text, seen.segment));
            Ok(Flow::Continue)
        }
    }
    let line = "*%evt.num %evt.time %evt.deltatime %evt.reltime %evt.cpu %evt.type %thread.tid";
    let template = falco_rules::Template::compile(&falco_analyze::fields::SCHEMA, line);
    let mut names = Names(template.expect("fields that there are"), Vec::new());
    let demand = Demand::everything();
    run_pass(input, &demand, options(part, false), &mut names).expect("nothing fails");
    names.1
}

/// A minute apart, ten programs that read `/etc/shadow`; every two minutes a segment begins.
pub(crate) fn minutes(node: CaptureBuilder) -> CaptureBuilder {
    let mut capture = node.with_snapshots();
    capture.shell(100);
    for tid in 200..210 {
        capture.start_program(100, tid, "/usr/bin/cat", &["cat", "/etc/shadow"]);
        capture.open(tid, "/etc/shadow", 3);
        capture.end(tid);
        capture.wait(60_000_000_000);
    }
    capture
}

/// Ten minutes from 03:04:10 on.
pub(crate) fn workspace() -> Workspace {
    assert_eq!(BOOT_REALTIME, 1_767_323_045_000_000_000);
    let workspace = Workspace::new();
    minutes(CaptureBuilder::new("node-a")).write_cut(&workspace.path("capture"), 2, 8);
    minutes(CaptureBuilder::new("node-a")).write(&workspace.path("one"));
    workspace
        .run(&["export", "scap", "one", "-o", "file.scap"])
        .ends_with(0);
    workspace
}

#[test]
fn every_form_of_a_moment_chooses_the_same() {
    let workspace = workspace();
    let check = |capture: &str, arguments: &[&str], expected: usize| {
        let all = [
            &["events", capture, "evt.type = openat", "-p", "%evt.num"],
            arguments,
        ]
        .concat();
        let run = workspace.run(&all).ends_with(0);
        let numbers: Vec<_> = run.stdout.lines().collect();
        assert_eq!(numbers.len(), expected, "{all:?}\n{}", run.stdout);
        run
    };
    for capture in ["capture", "one", "file.scap"] {
        let check = |arguments, expected| check(capture, arguments, expected);
        check(&[], 10);
        check(&["--since", "2026-01-02T03:07:00Z"], 7);
        check(&["--since", "2026-01-02T04:07:00+01:00"], 7);
        check(&["--since", "03:07"], 7);
        check(&["--since", "04:07", "--time-zone", "Europe/Berlin"], 7);
        check(&["--since", "2026-01-02 03:07"], 7);
        check(&["--since", "@1767323220"], 7);
        check(&["--since", "-390s"], 7);
        check(&["--since", "2026-01-02"], 10);
        check(&["--until", "03:07"], 3);
        check(&["--since", "03:05", "--until", "03:07"], 2);
        check(
            &["--since", "03:05", "--until", "03:07", "--exact-state"],
            2,
        );
    }
    // An event at either end lies within.
    let first = "2026-01-02T03:04:10.000002000Z";
    check("capture", &["--since", first, "--until", first], 1);
}

#[test]
fn numbers_are_those_of_the_whole_and_what_is_not_read_is_told() {
    let workspace = workspace();
    let events = [
        "events",
        "capture",
        "evt.type = openat",
        "-p",
        "%evt.num %proc.name",
    ];
    let run = workspace.run(&[&events[..], &["--since", "03:10", "--until", "03:11"]].concat());
    let run = run.ends_with(0);
    // The seventh program is in the fourth segment; of its own birth the segment has the snapshot in front.
    assert_eq!(run.stdout, "27 cat\n");
    run.says("Span: 2026-01-02T03:10:00.000000000Z to 2026-01-02T03:11:00.000000000Z\n")
        .says("State: from the snapshot of 2026-01-02T03:10:10.000023000Z on; --exact-state begins with the capture\n")
        .says("Not read: 3 segments with 24 events in front of what state rests on, 1 segment behind the span\n");
}

#[test]
fn an_alert_says_what_its_state_rests_on() {
    let workspace = workspace();
    let replay = [
        "replay",
        "capture",
        "-r",
        "rules.yaml",
        "--format",
        "json",
        "--rule",
        "Sensitive*",
    ];
    let state_from = |arguments: &[&str]| {
        let run = workspace
            .run(&[&replay[..], arguments].concat())
            .ends_with(0);
        let alerts = run.json_lines();
        let fields = alerts.iter().map(|alert| alert["output_fields"].clone());
        fields
            .map(|fields| fields["evidence.state_from"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(state_from(&[]), vec![None; 10]);
    assert_eq!(state_from(&["--until", "03:05"]), vec![None; 1]);
    let begun = Some("2026-01-02T03:12:10.000031000Z".to_owned());
    assert_eq!(state_from(&["--since", "03:12:30"]), vec![begun; 1]);
    assert_eq!(
        state_from(&["--since", "03:12:30", "--exact-state"]),
        vec![None; 1]
    );
}

#[test]
fn what_chooses_nothing_is_an_error_that_says_what_there_is() {
    let workspace = workspace();
    let refused = |arguments: &[&str], words: &str| {
        for command in [
            &["events", "capture"][..],
            &["replay", "capture", "-r", "rules.yaml"],
            &["export", "parquet", "capture", "-o", "tables"],
            &["export", "scap", "file.scap", "-o", "other.scap"],
        ] {
            workspace
                .run(&[command, arguments].concat())
                .ends_with(2)
                .says(words);
        }
        assert!(!workspace.path("other.scap").exists() && !workspace.path("tables").exists());
    };
    let range = "they span 2026-01-02T03:04:10.000000000Z to 2026-01-02T03:13:10.00003";
    refused(
        &["--since", "03:09", "--until", "03:08"],
        "--since is behind --until",
    );
    refused(&["--since", "2026-01-03"], range);
    refused(&["--until", "2026-01-01T10:00:00Z"], range);
    refused(&["--since", "2025-01-01", "--until", "2025-01-02"], range);
    refused(
        &["--since", "03:10", "--time-zone", "Atlantis/Capital"],
        "is no time zone",
    );
    refused(
        &["--since", "yesterday"],
        "--since: 'yesterday' would be another moment tomorrow",
    );
    refused(&["--until", "soon"], "--until: 'soon' is no time: give");
    refused(&["--until", "25:00"], "is no time");
}

#[test]
fn who_chooses_a_time_by_a_condition_is_told_of_the_other_way() {
    let workspace = workspace();
    let hint = "events of a time are chosen by --since and --until";
    let run = |condition: &str, more: &[&str]| {
        workspace.run(&[&["events", "capture", condition][..], more].concat())
    };
    run("evt.datetime >= \"2026-01-02 03:07\"", &[])
        .ends_with(2)
        .says(hint);
    run("evt.rawtime > 1767323220000000000", &[])
        .ends_with(0)
        .says(hint);
    let told = |run: crate::support::Run| run.stderr.contains(hint);
    assert!(!told(run("evt.rawtime > 5", &["--since", "03:07"])));
    assert!(!told(run("proc.pid > 5", &[])));
    assert!(!told(run("evt.datetime startswith 2026", &[])));
}

#[test]
fn exports_have_the_events_of_a_span() {
    let workspace = workspace();
    let span = ["--since", "03:07", "--until", "03:09"];
    for capture in ["capture", "file.scap"] {
        let export = [
            "export",
            "parquet",
            capture,
            "-o",
            "tables",
            "--force",
            "--where",
            "evt.type = openat",
        ];
        workspace
            .run(&[&export[..], &span].concat())
            .ends_with(0)
            .says("events.parquet: 2 rows");
        let export = ["export", "scap", capture, "-o", "part.scap", "--force"];
        workspace.run(&[&export[..], &span].concat()).ends_with(0);
        let events = [
            "events",
            "part.scap",
            "evt.type = openat",
            "-p",
            "%evt.datetime %proc.name",
        ];
        let run = workspace.run(&events).ends_with(0);
        let expected = "2026-01-02 03:07:10.000014000 cat\n2026-01-02 03:08:10.000018000 cat\n";
        assert_eq!(run.stdout, expected, "{capture}");
    }
}

/// What a quiet CPU lost is told when it has an event again, perhaps long behind the span.
#[test]
fn losses_of_a_span_are_told_though_they_stand_behind_it() {
    let workspace = Workspace::new();
    let mut capture = minutes(CaptureBuilder::new("node-a"));
    capture.lose_since(Lane::File, 3, 310_000_000_000);
    capture.open(100, "/etc/hostname", 5);
    for (name, block, segment) in [("capture", 2, 8), ("one", 2, usize::MAX)] {
        capture.write_cut(&workspace.path(name), block, segment);
        let replay = ["replay", name, "-r", "rules.yaml"];
        let run = |span: &[&str]| workspace.run(&[&replay[..], span].concat());
        let lost = "Lost: 3 events (1 interval)";
        run(&[]).ends_with(3).says(lost);
        // Its last event before them was at 03:09:00.
        run(&["--since", "03:10", "--until", "03:11"])
            .ends_with(3)
            .says(lost);
        run(&["--since", "03:08", "--until", "03:08:30"])
            .ends_with(0)
            .says("Lost: nothing\n");
    }
}

#[test]
fn what_is_missing_elsewhere_is_not_missing_of_a_span() {
    let workspace = workspace();
    let files = segment_files(&workspace.path("capture"));
    assert_eq!(files.len(), 5);
    std::fs::remove_file(&files[1]).expect("removed");
    let replay = ["replay", "capture", "-r", "rules.yaml"];
    let run = |span: &[&str]| workspace.run(&[&replay[..], span].concat());
    run(&[])
        .ends_with(3)
        .says("Missing: 1 segment between 1 and 3");
    run(&["--since", "03:11"])
        .ends_with(0)
        .says("Outside of what was read: 1 gap, which this answer does not rest on\n");
    run(&["--since", "03:11", "--exact-state"]).ends_with(3);
    run(&["--until", "03:05"]).ends_with(0);
    // A span within the gap has nothing but the gap.
    run(&["--since", "03:07", "--until", "03:07:30"])
        .ends_with(3)
        .says("Alerts: 0");
}
