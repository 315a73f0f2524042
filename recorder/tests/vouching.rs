//! Recordings that are signed and whose digests leave the node: what an examiner finds who has the first public key and the digests. With a made-up source.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::made_up::{MadeUp, config, record_vouched, segments_of};
use falco_format::{
    Anchor, BootId, Capture, CaptureIdentity, Dialect, Extent, Proof, TrustedKey,
    certificates_beside, compare_anchors, prove,
};
use falco_record::retain::Budget;
use falco_record::root::Store;
use falco_record::summary::Summary;
use falco_record::vouch::{Anchors, KeyFile, Place, Signer, Vouching};

fn identity(boot: u8) -> CaptureIdentity {
    CaptureIdentity {
        boot_id: BootId([boot; 16]),
        node: "node".into(),
        dialect: Dialect::Native,
    }
}

struct Node {
    folder: tempfile::TempDir,
    first: TrustedKey,
}

impl Node {
    fn new() -> Node {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let first = KeyFile::make(&folder.path().join("key")).expect("a key");
        Node { folder, first }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn anchors_file(&self) -> PathBuf {
        self.folder.path().join("anchors.jsonl")
    }

    /// Records so many segments more.
    fn record(
        &self,
        boot: u8,
        more: usize,
        budget: Option<u64>,
    ) -> falco_record::write::WriteReport {
        let store = Store::open(&self.root(), identity(boot)).expect("a store");
        let key = self.folder.path().join("key");
        let signer = Signer::open(&key, Arc::clone(&store.root)).expect("a key");
        let anchors = Anchors::start(&[Place::File(self.anchors_file())], |_| {}).expect("a place");
        let vouching = Vouching::new(Some(signer), anchors);
        let mut source = MadeUp::new(u64::MAX, 50);
        source.is_noise = true;
        let mut config = config(self.folder.path());
        config.segment_bytes = 64 << 10;
        config.budget = Budget {
            bytes: budget,
            max_age: None,
        };
        let begun = fs::read_to_string(self.anchors_file()).unwrap_or_default();
        let before = begun.lines().count();
        let finished = record_vouched(store, source, &config, vouching, &mut || {
            let text = fs::read_to_string(self.anchors_file()).unwrap_or_default();
            text.lines().count() >= before + more
        });
        assert_eq!(finished.report.error, None);
        finished.report
    }

    fn anchors(&self) -> Vec<Anchor> {
        let text = fs::read_to_string(self.anchors_file()).expect("a file");
        text.lines()
            .map(|line| Anchor::of_line(line).expect("an anchor"))
            .collect()
    }

    fn capture(&self, path: &Path) -> (Capture, Proof) {
        let capture = Capture::open(path).expect("a capture");
        let proof = prove(&capture, &[self.first], certificates_beside(&capture));
        (capture, proof)
    }
}

#[test]
fn what_was_recorded_is_signed_from_its_first_byte_to_its_last() {
    let node = Node::new();
    let report = node.record(7, 3, None);
    let (capture, proof) = node.capture(&node.root());
    assert!(proof.is_whole(), "{proof:?}");
    let epochs: Vec<u64> = proof
        .segments
        .iter()
        .filter_map(|one| one.key)
        .map(|key| key.epoch)
        .collect();
    assert_eq!(epochs, (0..epochs.len() as u64).collect::<Vec<_>>());
    let anchors = node.anchors();
    let compared = compare_anchors(&capture, &anchors);
    assert!(
        compared.holds() && compared.unanchored.is_empty(),
        "{compared:?}"
    );
    assert_eq!(compared.agreeing, anchors.len() as u64);
    let newest = report.vouched.newest.clone().expect("a digest");
    assert_eq!(Some(&newest), anchors.last());
    assert_eq!(report.vouched.unsent, 0);
    let summary = Summary::new(
        "x".into(),
        &report,
        falco_record::snapshot::Counts::default(),
        0,
        std::time::Duration::ZERO,
    );
    assert!(summary.to_string().contains(&newest.digest.to_string()));
    let secret = fs::read_to_string(node.folder.path().join("key")).expect("a file");
    assert!(secret.contains(&format!("{:020} ", epochs.len())));
}

#[test]
fn a_second_boot_goes_on_with_the_keys_and_retention_breaks_nothing() {
    let node = Node::new();
    node.record(7, 3, None);
    node.record(8, 3, Some(200 << 10));
    let (capture, proof) = node.capture(&node.root());
    assert!(proof.holds(), "{proof:?}");
    assert!(
        proof
            .segments
            .iter()
            .all(|segment| segment.extent == Extent::Whole)
    );
    let compared = compare_anchors(&capture, &node.anchors());
    assert!(compared.holds(), "{compared:?}");
    // Each boot alone has what leads to its keys as well.
    let boots = fs::read_dir(node.root()).expect("a root").flatten();
    let boots = boots.map(|entry| entry.path()).filter(|path| path.is_dir());
    for boot in boots.filter(|boot| !segments_of(boot).is_empty()) {
        let (_, proof) = node.capture(&boot);
        assert!(proof.holds(), "{}: {proof:?}", boot.display());
    }
    // The newest segment is taken away, as if it had never been.
    let newest = segments_of(&node.root()).pop().expect("a segment").0;
    fs::remove_file(newest).expect("removed");
    let (capture, _) = node.capture(&node.root());
    assert!(!compare_anchors(&capture, &node.anchors()).holds());
}
