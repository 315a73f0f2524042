//! Scenarios over the kept captures: a rule that was broken is caught and explained, a new scenario passes, and none of it needs anything of the machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::programs::{Ran, analyze, analyzer, is_root, root};
use crate::skip::skipped;

/// The first scenario of the corpus and the default rules as they lie in the project, to be changed.
fn copy() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let corpus = directory.path().join("corpus");
    fs::create_dir(&corpus).expect("made");
    copy_tree(
        &root().join("corpus/first-light"),
        &corpus.join("first-light"),
    );
    let rules = directory.path().join("rules");
    fs::create_dir(&rules).expect("made");
    copy_tree(&root().join("rules/default"), &rules.join("default"));
    directory
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn test(directory: &Path, more: &[&str]) -> Ran {
    let corpus = directory.join("corpus").display().to_string();
    analyze([&["test", corpus.as_str()], more].concat())
}

#[test]
fn a_rule_that_lost_a_program_is_caught_and_explained() {
    let directory = copy();
    let file = directory.path().join("rules/default/80_network.yaml");
    let rules = fs::read_to_string(&file).expect("the rules");
    let changed = rules.replace("xmrig, ", "");
    assert_ne!(rules, changed);
    fs::write(&file, changed).expect("written");
    let ran = test(directory.path(), &[]);
    ran.expect_code(1);
    for words in [
        "- #4 2026-11-20T20:11:01.369842405Z Critical \"Crypto Miner Started\"",
        "expected: 'Crypto Miner Started' fires exactly once",
        "xmrig (123) execve: does not alert: 1 part is lacking",
        "is false: the event has xmrig (80_network.yaml:",
    ] {
        assert!(ran.stdout.contains(words), "no {words} in:\n{}", ran.stdout);
    }
    // Blessing shows the one alert that goes away, and what is left of it fails by what the rule is about.
    let ran = test(directory.path(), &["--bless"]);
    ran.expect_code(1);
    assert!(
        ran.stderr
            .contains("1 expectation of scenario.toml still fails"),
        "{}",
        ran.stderr
    );
    let removed = ran.stdout.lines().filter(|line| line.starts_with("-{"));
    assert_eq!(removed.count(), 1, "{}", ran.stdout);
    let ran = test(directory.path(), &["--rule", "Crypto Miner Started"]);
    ran.expect_code(1);
    assert!(!ran.stdout.contains("- #"), "{}", ran.stdout);
}

#[test]
fn a_scenario_that_is_made_of_a_capture_passes() {
    let directory = copy();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (capture, rules) = (path("corpus/first-light/capture"), path("rules/default"));
    let made = path("corpus/made");
    let ran = analyze(["test", "init", &capture, "-r", &rules, "-o", &made]);
    ran.expect_code(0);
    let ran = test(directory.path(), &[]);
    ran.expect_code(0);
    assert!(
        ran.stdout.contains("Scenarios: 2, 2 passed"),
        "{}",
        ran.stdout
    );
}

/// Nothing of the kernel that runs the tests has a part in what they say: neither its symbols nor what it tells in /sys, and no right of its owner.
#[test]
fn an_ordinary_user_without_sys_and_symbols_runs_them() {
    const NOBODY: &str = "65534";
    if !is_root() {
        return skipped("test without /sys", "only root can take it away");
    }
    let directory = copy();
    let program = directory.path().join("falco-analyze");
    fs::copy(analyzer(), &program).expect("copied");
    let readable = Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(directory.path())
        .status();
    assert!(readable.is_ok_and(|status| status.success()));
    let hidden = "mount -t tmpfs none /sys && mount --bind /dev/null /proc/kallsyms && exec setpriv --reuid=$0 --regid=$0 --clear-groups \"$@\"";
    let ran = Command::new("unshare")
        .args(["--mount", "sh", "-c", hidden, NOBODY])
        .arg(&program)
        .arg("test")
        .arg(directory.path().join("corpus"))
        .output();
    let Ok(ran) = ran else {
        return skipped("test without /sys", "there is no unshare");
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    if said.contains("unshare:") || said.contains("mount:") {
        return skipped("test without /sys", said.trim());
    }
    assert_eq!(ran.status.code(), Some(0), "{said}");
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(told.contains("1 passed, 0 failed"), "{told}");
}
