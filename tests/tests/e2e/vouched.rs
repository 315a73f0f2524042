//! A node that signs and anchors, from `keygen` to `verify`: recorded live, killed once, changed afterwards; with wrong keys and the anchors of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::live::recorder_or_skip;
use crate::programs::{Ran, analyze, recorder, run};

/// How long a test waits for what must come; a loaded machine may take long.
const PATIENCE_S: u64 = 60;

struct Node {
    scratch: tempfile::TempDir,
}

impl Node {
    fn new() -> Node {
        let node = Node {
            scratch: tempfile::tempdir().expect("a directory"),
        };
        let made = run(&recorder(), ["keygen", &node.path("key")]);
        made.expect_code(0);
        let public = fs::read_to_string(node.path("key.pub")).expect("a key");
        assert_eq!(made.stdout, public);
        node
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).display().to_string()
    }

    fn recording(&self) -> Vec<String> {
        let words = [
            "run", "-o", "CAPTURE", "--sign", "KEY", "--anchor", "ANCHORS",
        ];
        let meant = |word: &str| match word {
            "CAPTURE" => self.path("capture"),
            "KEY" => self.path("key"),
            "ANCHORS" => self.path("anchors"),
            other => other.to_owned(),
        };
        words.into_iter().map(meant).collect()
    }

    /// Records one command.
    fn record(&self, more: &[&str]) -> Ran {
        let mut words = self.recording();
        words.extend(more.iter().map(ToString::to_string));
        words.extend(["--", "true"].map(String::from));
        run(&recorder(), words)
    }

    fn verify(&self, more: &[&str]) -> Ran {
        let mut words = vec!["verify".to_owned(), self.path("capture")];
        words.extend(more.iter().map(|word| match *word {
            "PUB" => self.path("key.pub"),
            "ANCHORS" => self.path("anchors"),
            other => other.to_owned(),
        }));
        analyze(words)
    }

    fn segments(&self) -> Vec<PathBuf> {
        fn below(directory: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    below(&path, found);
                } else if path.extension().is_some_and(|extension| extension == "flc") {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        below(&self.scratch.path().join("capture"), &mut found);
        found.sort();
        found
    }
}

/// A recorder that is killed when the test ends, at the latest.
struct Killed(Child);

impl Killed {
    fn start(node: &Node) -> Killed {
        let before = node.segments().len();
        let child = Command::new(recorder())
            .args(node.recording())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the recorder starts");
        let killed = Killed(child);
        for _ in 0..PATIENCE_S * 10 {
            let text = fs::read_to_string(node.path("anchors")).unwrap_or_default();
            let number = format!("\"segment\":{}", before + 1);
            if text.lines().any(|line| line.contains(&number)) {
                return killed;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the recorder does not anchor what it writes");
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(
            ran.stdout.contains(word),
            "no '{word}' in {}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

#[test]
fn a_node_that_signs_is_believed() {
    let Some(_lock) = recorder_or_skip("a_node_that_signs_is_believed") else {
        return;
    };
    let node = Node::new();
    let first = node.record(&[]);
    let digest = first
        .stderr
        .lines()
        .find_map(|line| line.split_once("digest of segment 1: "));
    let digest = digest
        .and_then(|(_, rest)| rest.split(',').next())
        .expect("a digest")
        .to_owned();
    says(
        &node.verify(&["--key", "PUB", "--anchors", "ANCHORS"]),
        &["signatures: valid, epoch 0", "anchors: agree"],
    );
    says(
        &node.verify(&[]),
        &["signatures: epoch 0, compared with no key"],
    );

    // Killed, and recorded again: what was not sealed is signed as far as the last signature.
    drop(Killed::start(&node));
    node.record(&[]);
    let found = node.verify(&["--key", "PUB", "--anchors", "ANCHORS", "--expect", &digest]);
    found.expect_code(3);
    says(
        &found,
        &[
            "signatures: valid, epochs 0 to 1, but SIGNED IN PART",
            "signed up to item",
            "anchors: agree",
            "expected digest: that of",
        ],
    );

    let wrong = node.verify(&["--expect", &"0".repeat(64)]);
    wrong.expect_code(3);
    assert!(
        wrong.stderr.contains("no segment has the expected digest"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn other_keys_and_other_anchors_prove_nothing() {
    let Some(_lock) = recorder_or_skip("other_keys_and_other_anchors_prove_nothing") else {
        return;
    };
    let node = Node::new();
    node.record(&[]);
    // A stranger's key, the secret one, no key at all, the anchors of another node.
    let other = Node::new();
    let stranger = node.verify(&["--key", &other.path("key.pub")]);
    stranger.expect_code(3);
    says(
        &stranger,
        &["signatures: BROKEN", "that the given key does not lead to"],
    );
    let secret = node.verify(&["--key", &node.path("key")]);
    secret.expect_code(2);
    assert!(
        secret.stderr.contains("is the secret key"),
        "{}",
        secret.stderr
    );
    node.verify(&["--key", &node.path("anchors")])
        .expect_code(2);
    node.verify(&["--anchors", "PUB"]).expect_code(2);
    other.record(&[]);
    let others = node.verify(&["--anchors", &other.path("anchors")]);
    others.expect_code(2);
    assert!(
        others.stderr.contains("none of the anchors"),
        "{}",
        others.stderr
    );
}

#[test]
fn a_key_is_used_by_one_recorder_and_read_by_nobody_else() {
    let Some(_lock) = recorder_or_skip("a_key_is_used_by_one_recorder_and_read_by_nobody_else")
    else {
        return;
    };
    let node = Node::new();
    // Only one recorder uses a key, and nobody one that others may read.
    let held = Killed::start(&node);
    let second = run(
        &recorder(),
        [
            "run",
            "-o",
            &node.path("second"),
            "--sign",
            &node.path("key"),
            "--",
            "true",
        ],
    );
    second.expect_code(2);
    assert!(
        second.stderr.contains("used by another recorder"),
        "{}",
        second.stderr
    );
    drop(held);
    let key = fs::metadata(node.path("key")).expect("a key");
    let mut readable = key.permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut readable, 0o644);
    fs::set_permissions(node.path("key"), readable).expect("a mode");
    let refused = node.record(&[]);
    refused.expect_code(2);
    assert!(
        refused.stderr.contains("may be read by others"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_was_changed_afterwards_is_found() {
    let Some(_lock) = recorder_or_skip("what_was_changed_afterwards_is_found") else {
        return;
    };
    let node = Node::new();
    node.record(&[]);
    node.record(&[]);
    // A bit of the first segment, and then the newest segment as if it had never been.
    let segments = node.segments();
    let (oldest, newest) = (&segments[0], &segments[segments.len() - 1]);
    let whole = fs::read(oldest).expect("a segment");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(oldest, &changed).expect("written");
    let broken = node.verify(&["--key", "PUB", "--anchors", "ANCHORS"]);
    broken.expect_code(3);
    says(
        &broken,
        &[
            "signatures: BROKEN",
            "anchors: CONTRADICTED",
            "00000001.flc, offset",
        ],
    );
    fs::write(oldest, &whole).expect("written");
    fs::remove_file(newest).expect("removed");
    says(
        &node.verify(&["--anchors", "ANCHORS"]),
        &["anchors: CONTRADICTED", "is not there"],
    );
}
