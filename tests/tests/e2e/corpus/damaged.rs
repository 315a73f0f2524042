//! What is damaged is never a pass: the kept damaged captures hold as long as their scenarios say that something is missing, and no longer.

use std::fs;
use std::path::Path;

use crate::programs::{Ran, analyze, root};

/// Bytes of a segment that hold no whole item.
const STUMP: usize = 40;

/// A copy of a damaged scenario, with its text and its segment changed.
fn check(name: &str, change: impl Fn(&str) -> String, keep: Option<usize>, code: i32, word: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let scenario = root().join("corpus/damaged").join(name);
    let rules = root()
        .join("rules/default")
        .canonicalize()
        .expect("the rules");
    let text = fs::read_to_string(scenario.join("scenario.toml")).expect("a scenario");
    let text = text.replace("../../../rules/default", &rules.to_string_lossy());
    fs::write(directory.path().join("scenario.toml"), change(&text)).expect("written");
    let capture = directory.path().join("capture");
    fs::create_dir(&capture).expect("made");
    let mut bytes = fs::read(scenario.join("capture/00000001.flc")).expect("a segment");
    bytes.truncate(keep.unwrap_or(bytes.len()));
    fs::write(capture.join("00000001.flc"), bytes).expect("written");
    let ran = run(directory.path());
    ran.expect_code(code);
    assert!(ran.stdout.contains(word), "no {word} in:\n{}", ran.stdout);
}

fn run(directory: &Path) -> Ran {
    analyze(["test", &*directory.to_string_lossy()])
}

#[test]
fn damaged_captures_are_no_pass() {
    let as_it_is = |text: &str| text.to_owned();
    let whole = |text: &str| text.replace("complete = false\n", "");
    for name in ["cut", "flipped"] {
        check(name, as_it_is, None, 0, "1 passed");
        check(name, whole, None, 3, "INCONCLUSIVE");
        check(name, as_it_is, Some(STUMP), 2, "ERROR");
    }
}
