//! A recording that was kept once: whatever the format becomes, it reads as it did.

use std::collections::BTreeMap;
use std::fs;

use crate::capture::Recorded;
use crate::programs::{analyze, root};

#[test]
fn the_first_recording_reads_as_it_did() {
    let top = root().join("corpus/format-v1");
    let recorded = Recorded::read(&top.join("capture"));
    assert!(recorded.missing.is_empty(), "{:?}", recorded.missing);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &recorded.calls {
        *counts.entry(&call.name).or_default() += 1;
    }
    let lines = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}\n"));
    let expected = fs::read_to_string(top.join("events.txt")).expect("kept");
    assert_eq!(lines.collect::<String>(), expected);
    let rules = top.join("rules.yaml").to_string_lossy().into_owned();
    let capture = top.join("capture").to_string_lossy().into_owned();
    let ran = analyze(["replay", &capture, "-r", &rules]);
    ran.expect_code(0);
    let expected = fs::read_to_string(top.join("alerts.txt")).expect("kept");
    assert_eq!(ran.stdout, expected);
}
