//! What a generated capture must be: the same for the same seed, whole, and true to itself where a segment is read alone.

use std::path::Path;

use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Flow, Input, Judge, Observer, PassOptions, Seen, run_pass};
use falco_analyze::rule_files::{RuleText, load_rules};
use falco_format::{Capture, segment_file_name, verify};
use falco_rules::{RuleMatching, RuleSet, Selection};

use crate::captures::Contents;

use super::{Generated, Generator, Load};

fn generated(generator: &Generator) -> (tempfile::TempDir, Generated) {
    let directory = tempfile::tempdir().expect("a directory");
    let generated = generator.write(directory.path()).expect("written");
    (directory, generated)
}

fn segments(directory: &Path) -> Vec<Vec<u8>> {
    let numbers = 1..;
    let paths = numbers.map(|number| directory.join(segment_file_name(number)));
    let files = paths.map_while(|path| std::fs::read(path).ok());
    files.collect()
}

/// Small segments, so that a test has several.
fn small(load: Load, seed: u64) -> Generator {
    Generator {
        load,
        segment_bytes: 40_000,
        block_rows: 2_500,
        ..Generator::new(40_000, seed)
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for load in [Load::Mixed, Load::Opens, Load::Forks] {
        let (first, made) = generated(&small(load, 7));
        let (again, _) = generated(&small(load, 7));
        let (other, _) = generated(&small(load, 8));
        let bytes = segments(first.path());
        let total: usize = bytes.iter().map(Vec::len).sum();
        assert_eq!(total as u64, made.bytes, "{load:?}");
        assert!(bytes == segments(again.path()), "{load:?}");
        assert!(bytes != segments(other.path()), "{load:?}");
    }
}

#[test]
fn a_generated_capture_is_whole() {
    for load in [Load::Mixed, Load::Opens, Load::Forks] {
        let (directory, made) = generated(&small(load, 3));
        let capture = Capture::open(directory.path()).expect("opened");
        let report = verify(&capture);
        assert!(report.is_intact(), "{load:?}: {report:?}");
        assert!(report.damage.is_empty(), "{load:?}: {report:?}");
        let contents = Contents::of(directory.path()).expect("counted");
        assert_eq!(
            (contents.events, contents.lost),
            (made.events, 0),
            "{load:?}"
        );
        assert!(made.events >= 40_000, "{load:?}");
    }
}

/// A rule that says of nearly every event what the state knows.
/// Pipes are left out: the call that makes one tells no name, as in Falco, and /proc has one.
const TELLING: &str = "
- rule: everything
  desc: tells what is known
  condition: evt.type in (openat, close, read, write, dup, dup2, connect, accept4, sendto, recvfrom, execve, procexit, fcntl) and not fd.type = pipe
  output: '%evt.type %fd.num %fd.name %fd.typechar %fd.l4proto %proc.name %proc.cmdline %proc.exepath %proc.cwd %proc.pname %proc.aname[2] %proc.vpid %proc.pgid %proc.sname %user.uid %user.name %container.id %container.name %container.image.repository'
  priority: NOTICE
";

struct Told<'r> {
    judge: Judge<'r>,
    lines: Vec<String>,
}

impl Observer for Told<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> std::io::Result<Flow> {
        let lines = &mut self.lines;
        self.judge.judge(seen, |alert| {
            lines.push(alert.message.clone());
            Ok(())
        })?;
        Ok(Flow::Continue)
    }
}

fn told(path: &Path, rules: &RuleSet) -> Vec<String> {
    let input = Input::open(path).expect("opened");
    let mut told = Told {
        judge: Judge::new(rules, &SCHEMA, RuleMatching::First),
        lines: Vec::new(),
    };
    run_pass(
        &input,
        &Demand::of_rules(rules),
        PassOptions::default(),
        &mut told,
    )
    .expect("read");
    told.lines
}

#[test]
fn a_segment_alone_knows_what_the_whole_capture_knows() {
    let text = RuleText {
        name: "telling.yaml".into(),
        text: TELLING.into(),
    };
    let loaded = load_rules(&SCHEMA, &[text], &Selection::default());
    let rules = loaded.rules.expect("the rule loads");
    for load in [Load::Mixed, Load::Forks] {
        let (directory, _) = generated(&small(load, 5));
        let whole = told(directory.path(), &rules);
        let count = segments(directory.path()).len() as u64;
        assert!(count > 3, "{load:?}: {count} segments");
        let mut rest = whole.as_slice();
        for number in 1..=count {
            let alone = told(&directory.path().join(segment_file_name(number)), &rules);
            let (same, behind) = rest.split_at(alone.len());
            let differing = same.iter().zip(&alone).filter(|(one, other)| one != other);
            let differing: Vec<_> = differing.take(3).collect();
            assert!(differing.is_empty(), "{load:?}, {number}: {differing:#?}");
            rest = behind;
        }
        assert!(
            rest.is_empty() && whole.len() > 20_000,
            "{load:?}: {}",
            whole.len()
        );
    }
}
