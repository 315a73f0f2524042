//! Importing: the capture replays to what the file replays to, byte for byte.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::alert_to_json;
use falco_analyze::pipeline::{
    Demand, Flow, Input, Judge, Observer, PassOptions, Seen, Tally, run_pass,
};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_analyze::scap::{ImportError, ImportOptions, ScapFile, import};
use falco_analyze::survey::survey;
use falco_analyze::time::Zone;
use falco_format::{Capture, verify};
use falco_rules::{RuleMatching, RuleSet, Selection};
use tempfile::TempDir;

use super::bytes::File;
use super::reference::{directory, files, name_of};

/// The largest capture takes minutes in a debug build and shows nothing that the others do not.
const LARGEST: &str = "live-large";
const OPTIONS: ImportOptions = ImportOptions {
    segment_bytes: 64 << 20,
};

fn rules(path: &Path) -> RuleSet {
    let texts = read_rule_files(&[path]).expect("rules");
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    loaded.rules.expect("rules that load")
}

struct Replay<'r> {
    judge: Judge<'r>,
    lines: Vec<String>,
}

impl Observer for Replay<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let Self { judge, lines } = self;
        judge.judge(seen, |alert| {
            lines.push(alert_to_json(alert, &Zone::utc()).to_string());
            Ok(())
        })?;
        Ok(Flow::Continue)
    }
}

/// The alerts of a capture or file as they are printed, and what was read.
fn alerts(path: &Path, rules: &RuleSet) -> (Vec<String>, Tally) {
    let input = Input::open(path).expect("opens");
    let mut replay = Replay {
        judge: Judge::new(rules, &SCHEMA, RuleMatching::All),
        lines: Vec::new(),
    };
    let demand = Demand::of_rules(rules);
    let tally = run_pass(&input, &demand, PassOptions::default(), &mut replay).expect("reads");
    (replay.lines, tally)
}

fn imported(file: &Path, output: &Path, options: ImportOptions) -> Vec<PathBuf> {
    let file = ScapFile::open(file)
        .expect("opens")
        .expect("a file of Falco's");
    let report = import(&file, output, options, |_| Flow::Continue).expect("imports");
    let captures = report.captures.into_iter();
    captures.map(|capture| capture.directory).collect()
}

/// Writes a file that was made by hand.
fn written(directory: &TempDir, file: File) -> PathBuf {
    let path = directory.path().join("file.scap");
    fs::write(&path, file.0).expect("writes");
    path
}

fn procinfos(file: File, count: usize) -> File {
    let number = 1u64.to_le_bytes();
    (0..count).fold(file, |file, _| file.event(3, 234, &[&number, &number]))
}

#[test]
fn captures_replay_to_the_alerts_of_their_files() {
    let Some(directory) = directory("captures_replay_to_the_alerts_of_their_files") else {
        return;
    };
    let rules = rules(&directory.join("truth/broad.yaml"));
    let mut compared = 0;
    for path in files(&directory.join("captures")) {
        let name = name_of(&path);
        if name == LARGEST {
            continue;
        }
        let target = TempDir::new().expect("a directory");
        let captures = imported(&path, target.path(), OPTIONS);
        assert_eq!(captures, [target.path()], "{name}");
        let (of_file, read) = alerts(&path, &rules);
        let (of_capture, reread) = alerts(target.path(), &rules);
        assert_eq!(of_file, of_capture, "{name}");
        assert_eq!(read.by_event, reread.by_event, "{name}");
        let capture = Capture::open(target.path()).expect("opens");
        assert!(verify(&capture).is_intact(), "{name}");
        compared += of_file.len();
    }
    assert!(compared > 0, "there are alerts to compare");
}

#[test]
fn segments_end_at_their_size_and_are_chained() {
    let directory = TempDir::new().expect("a directory");
    let path = written(&directory, procinfos(File::new(), 200_000));
    let options = ImportOptions { segment_bytes: 1 };
    let target = directory.path().join("capture");
    assert_eq!(imported(&path, &target, options), [target.as_path()]);
    let capture = Capture::open(&target).expect("opens");
    // The first event is a block of its own, and each further block has 65,536.
    assert_eq!(capture.segments().len(), 5);
    let report = verify(&capture);
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(survey(capture.items()).total.events, 200_000);
}

#[test]
fn each_section_is_a_capture() {
    let directory = TempDir::new().expect("a directory");
    let file = procinfos(procinfos(File::new(), 2).section(), 3);
    let path = written(&directory, file);
    let target = directory.path().join("a/b");
    let captures = imported(&path, &target, OPTIONS);
    assert_eq!(captures, [target.join("1"), target.join("2")]);
    let events = captures.iter().map(|path| {
        let capture = Capture::open(path).expect("opens");
        survey(capture.items()).total.events
    });
    assert_eq!(events.collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn damage_is_written_down() {
    let directory = TempDir::new().expect("a directory");
    let mut file = procinfos(File::new(), 3);
    file.0.truncate(file.0.len() - 5);
    let path = written(&directory, file);
    let target = directory.path().join("capture");
    imported(&path, &target, OPTIONS);
    for path in [&path, &target] {
        let input = Input::open(path).expect("opens");
        let survey = survey(input.items());
        assert_eq!(survey.total.events, 2, "{}", path.display());
        assert_eq!(survey.total.damaged_places, 1, "{}", path.display());
        assert!(!survey.total.is_complete());
    }
}

#[test]
fn a_directory_that_is_not_empty_is_refused() {
    let directory = TempDir::new().expect("a directory");
    let path = written(&directory, procinfos(File::new(), 1));
    let file = ScapFile::open(&path)
        .expect("opens")
        .expect("a file of Falco's");
    let error = import(&file, directory.path(), OPTIONS, |_| Flow::Continue).expect_err("refused");
    assert!(matches!(error, ImportError::NotEmpty { .. }), "{error}");
    assert_eq!(files(directory.path()), [path]);
}

#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let directory = TempDir::new().expect("a directory");
    let path = written(&directory, procinfos(File::new(), 1));
    let file = ScapFile::open(&path)
        .expect("opens")
        .expect("a file of Falco's");
    let target = directory.path().join("some/new/capture");
    let error = import(&file, &target, OPTIONS, |_| Flow::Stop).expect_err("stopped");
    assert!(matches!(error, ImportError::Stopped), "{error}");
    assert_eq!(files(directory.path()), [path]);
}

#[test]
fn captures_are_seen_by_their_owner_alone() {
    let directory = TempDir::new().expect("a directory");
    let path = written(&directory, procinfos(File::new(), 1));
    let empty = directory.path().join("empty");
    fs::create_dir(&empty).expect("is made");
    for target in [directory.path().join("a/b"), empty] {
        assert_eq!(imported(&path, &target, OPTIONS), [target.as_path()]);
        let segments = files(&target);
        assert_eq!(segments.len(), 1, "{}", target.display());
        let mode = |path: &Path| {
            let metadata = fs::metadata(path).expect("is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(&segments[0]), 0o600);
        // A directory that was there stays as its owner made it.
        if target.ends_with("b") {
            assert_eq!(mode(&target), 0o700);
        }
        assert_eq!(
            survey(Capture::open(&target).expect("opens").items())
                .total
                .events,
            1
        );
    }
    let names = fs::read_dir(directory.path()).expect("can be listed");
    assert_eq!(names.count(), 3, "nothing unfinished is left");
}
