//! A second source beside system calls: a schema, a reader and a state of its own, and one line where sources are listed.
//!
//! What is tested here is `replay` itself, as it is run from the command line, with that list in the place of the program's own.

mod reader;
mod schema;
mod state;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser as _;
use falco_abi::events;
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::Demand;
use falco_analyze::rule_files::{RuleText, load_rules_of};
use falco_analyze::sources::{Registered, SYSCALLS};
use falco_rules::{Schema, Selection};
use serde_json::{Value as Json, json};

use super::exit::Outcome;
use super::{Cli, Command, replay};
use schema::Doors;

/// Every source there is.
const SOURCES: [Registered; 2] = [
    SYSCALLS,
    Registered::log::<Doors>(), // The line.
];

const RULES: &str = "\
- list: known
  items: [ada, ben]
- rule: Stranger
  desc: Somebody who is not known opens a door
  source: doors
  condition: evt.type = opened and not door.by in (known)
  output: '%door.by at %door.name, %door.inside inside'
  priority: WARNING
- rule: Mount
  desc: Something is mounted
  condition: evt.type = mount
  output: Mounted by %proc.name
  priority: INFO
";

/// Of the days before and behind the capture; a line of the second is none.
const BEFORE: &str = r#"{"ns":1700000000000000000,"door":"front","by":"ada","in":true}
{"ns":1700000001000000000,"door":"front","by":"eve","in":true}
"#;
const BEHIND: &str = r#"{"ns":1900000000000000000,"door":"back","by":"ada","in":true}
no door

{"ns":1900000001000000000,"door":"back","by":"eve","in":false}
"#;

struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Self {
        let workspace = Workspace(tempfile::tempdir().expect("a directory"));
        workspace.write("rules.yaml", RULES.as_bytes());
        workspace.write("logs/before", BEFORE.as_bytes());
        workspace.write("logs/notes.txt", b"nothing that is read");
        workspace.write("behind", BEHIND.as_bytes());
        let file = File::create(workspace.path("behind.gz")).expect("made");
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(BEHIND.as_bytes()).expect("packs");
        packed.finish().expect("ends");
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        if name == "capture" {
            return Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
        }
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    /// Runs `replay` over inputs: how it ends, and the alerts.
    fn replay(&self, inputs: &[&str], options: &[&str]) -> Result<(Outcome, Vec<Json>)> {
        let (rules, output) = (self.path("rules.yaml"), self.path("alerts"));
        let mut line = vec!["falco-analyze".into(), "replay".into()];
        line.extend(inputs.iter().map(|input| self.path(input).into_os_string()));
        line.extend(["-r".into(), rules.into_os_string()]);
        line.extend(["-o".into(), output.clone().into_os_string()]);
        line.extend(["--format", "json"].map(Into::into));
        line.extend(options.iter().map(Into::into));
        let Command::Replay(args) = Cli::try_parse_from(line)?.command else {
            panic!("another command");
        };
        let outcome = replay::run(&args, &SOURCES)?;
        let text = fs::read_to_string(output)?;
        let alerts = text.lines().map(serde_json::from_str);
        Ok((outcome, alerts.collect::<Result<_, _>>()?))
    }
}

#[test]
fn alerts_of_a_second_source_stand_among_those_of_system_calls() {
    let workspace = Workspace::new();
    let one = |input| workspace.replay(&[input], &[]).expect("replays");
    let told = |alerts: &[Json]| -> Vec<Json> {
        let keys = ["source", "rule", "output_fields"];
        let told = |alert: &Json| keys.map(|key| alert[key].clone()).into();
        alerts.iter().map(told).collect()
    };
    let fields = |time: u64, door: &str, inside: u64, line: u64| json!({"door.by": "eve", "door.inside": inside, "door.name": door, "evidence.line": line, "evt.time": time});
    let before = fields(1_700_000_001_000_000_000, "front", 2, 2);
    let behind = fields(1_900_000_001_000_000_000, "back", 1, 4);
    let before = vec![json!(["doors", "Stranger", before])];
    let behind = vec![json!(["doors", "Stranger", behind])];
    let (outcome, capture) = one("capture");
    assert_eq!(outcome, Outcome::Clean);
    assert!(!capture.is_empty());
    assert!(capture.iter().all(|alert| alert["source"] == "syscall"));
    assert_eq!(told(&one("logs").1), before);
    for input in ["behind", "behind.gz"] {
        let (outcome, alerts) = one(input);
        assert_eq!(
            (outcome, told(&alerts)),
            (Outcome::Incomplete, behind.clone())
        );
    }
    // In the order of their first events, whatever the order in which they were given, and each once.
    let expected = [before, told(&capture), behind].concat();
    for inputs in [
        ["behind", "logs", "capture", "behind.gz"],
        ["capture", "behind.gz", "behind", "logs/before"],
    ] {
        let (outcome, alerts) = workspace.replay(&inputs, &[]).expect("replays");
        assert_eq!(
            (outcome, told(&alerts)),
            (Outcome::Incomplete, expected.clone())
        );
    }
    let selected = workspace.replay(&["logs", "capture"], &["--rule", "Mount", "--exit-code"]);
    let (outcome, alerts) = selected.expect("replays");
    assert_eq!(
        (outcome, told(&alerts)),
        (Outcome::Findings, told(&capture))
    );
}

#[test]
fn what_no_source_reads_is_told_with_what_could_be_read() {
    let workspace = Workspace::new();
    workspace.write("bytes", b"\x01\x02\xff\xfe of nobody");
    workspace.write("other/notes.txt", b"nothing that is read");
    workspace.write("json", b"{\"another\": 1}\n");
    for input in ["logs/notes.txt", "bytes", "other", "json"] {
        let error = workspace.replay(&["capture", input], &[]).expect_err(input);
        let told = format!("{error:#}");
        let known = "captures of system calls (segments *.flc, .scap files) and logs of doors";
        assert!(
            told.contains(known) && told.contains(input),
            "{input}: {told}"
        );
    }
}

/// Alerts are never written over what they are drawn from, whatever it is called.
#[test]
fn a_log_is_not_written_over() {
    let workspace = Workspace::new();
    fs::hard_link(workspace.path("behind"), workspace.path("alerts")).expect("linked");
    let error = workspace
        .replay(&["logs", "behind"], &[])
        .expect_err("refused");
    assert!(error.to_string().contains("one of the logs"), "{error:#}");
    assert_eq!(
        fs::read_to_string(workspace.path("behind")).expect("reads"),
        BEHIND
    );
}

/// An empty log, lines that are cut or no text, and one that is longer than any: nothing of it ends the replay.
#[test]
fn whatever_a_log_holds_is_read_to_its_end() {
    let workspace = Workspace::new();
    let last = BEHIND.lines().next_back().expect("a line");
    let check = |bytes: Vec<u8>, outcome, alerts: usize| {
        workspace.write("log", &bytes);
        let (ended, found) = workspace.replay(&["log"], &[]).expect("replays");
        assert_eq!((ended, found.len()), (outcome, alerts));
    };
    let start = br#"{"ns":1,"door":"d","by":"ada","in":true}"#.to_vec();
    check(start.clone(), Outcome::Clean, 0);
    check(
        [&start[..], b"\n\xff\xfe\0\n", last.as_bytes()].concat(),
        Outcome::Incomplete,
        1,
    );
    check(
        [&start[..], b"\n", &last.as_bytes()[..30]].concat(),
        Outcome::Incomplete,
        0,
    );
    let long = vec![b'x'; 20 << 20];
    check(
        [&start[..], b"\n", &long, b"\n", last.as_bytes(), b"\n"].concat(),
        Outcome::Incomplete,
        1,
    );
    check(
        [&start[..], &b"[".repeat(1 << 20)].concat(),
        Outcome::Incomplete,
        0,
    );
}

/// Captures are asked for what rules of system calls ask, whichever source comes first.
#[test]
fn a_demand_is_that_of_the_rules_of_system_calls() {
    let text = RuleText {
        name: "rules.yaml".to_owned(),
        text: RULES.to_owned(),
    };
    let check = |schemas: &[&dyn Schema], asks| {
        let loaded = load_rules_of(schemas, std::slice::from_ref(&text), &Selection::default());
        let rules = loaded.rules.expect("rules");
        let demand = Demand::of_rules(&rules);
        assert_eq!(demand.shows(events::mount::EVENT), asks);
        assert!(!demand.shows(events::openat::EVENT));
    };
    check(&[&SCHEMA, &Doors], true);
    check(&[&Doors, &SCHEMA], true);
    check(&[&Doors], false);
}
