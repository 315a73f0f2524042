//! The table of forgeries: what was changed, with which knowledge, and what says so.
//!
//! A capture of five segments is signed and anchored as a recorder does it; a copy of it is changed, with all checksums and chains made right again, and read by somebody who has nothing, the first public key, or that and the anchors.

mod edits;
mod forge;
mod keys;
mod taken;

use std::fs;
use std::path::Path;

use falco_abi::events::close;

use super::*;
use crate::capture::{CaptureIdentity, CaptureWriter, segment_file_name};
use crate::segment::{Dialect, Sequel};
use crate::sign::{Anchor, AnchorReport, EpochKey, compare_anchors};
use crate::{
    BlockBuilder, BlockLimits, BootId, ClockPair, RowMeta, RowOrder, Schema, SegmentStart,
    UnixNanos, verify,
};
use forge::{Piece, Signatures, assemble, follow, pieces, tag};

/// How many segments the capture has; the last one is never sealed.
const SEGMENTS: u64 = 5;

/// A signed capture: its segments, and what left the node.
struct Signed {
    directory: tempfile::TempDir,
    first: TrustedKey,
    /// The key that is on the node now, as somebody finds it who breaks in.
    current: EpochKey,
    anchors: Vec<Anchor>,
}

fn block(time: u64) -> crate::EncodedBlock {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    let meta = RowMeta {
        time,
        ..RowMeta::default()
    };
    builder.push(close::EVENT, &meta, &[]).expect("a row");
    builder.finish(1).expect("a block")
}

fn record() -> Signed {
    let directory = tempfile::tempdir().expect("a directory");
    let identity = CaptureIdentity {
        boot_id: BootId([7; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
    };
    let mut capture = CaptureWriter::open(directory.path(), identity).expect("a capture");
    let mut key = EpochKey::first().expect("a key");
    let first = key.trusted();
    let mut anchors = Vec::new();
    for number in 1..=SEGMENTS {
        let start = SegmentStart {
            created_realtime: UnixNanos(number),
            schema: &Schema::native(),
            clock: &[ClockPair {
                boottime_ns: 1,
                realtime_ns: UnixNanos(2),
            }],
            state: &[],
        };
        let mut segment = capture
            .next_segment(start.created_realtime)
            .expect("a segment");
        segment.list_for_signatures();
        segment.schema(start.schema).expect("a table");
        segment.clock(start.clock).expect("a clock");
        for time in 1..=4 {
            segment
                .events(&block(number * 100 + time))
                .expect("a block");
            if time % 2 == 0 {
                segment.sign(&key).expect("a signature");
                let header = segment.header().clone();
                anchors.push(Anchor::of(
                    &header,
                    segment.items(),
                    segment.digest(),
                    false,
                ));
            }
        }
        if number == SEGMENTS {
            // The recorder is at work: this one has no end, and what came since the last signature is vouched for by nobody.
            segment.events(&block(number * 100 + 5)).expect("a block");
            break;
        }
        let header = segment.header().clone();
        let sealed = segment
            .finish_signed(Sequel::GoesOn, Some(&key))
            .expect("an end");
        capture.sealed(&sealed);
        let mut anchor = Anchor::of(&header, sealed.items, sealed.digest, true);
        anchor.key = Some(key.trusted());
        anchors.push(anchor);
        key = key.next().expect("a key");
    }
    Signed {
        directory,
        first,
        current: key,
        anchors,
    }
}

/// What three readers find.
#[derive(Debug, PartialEq, Eq)]
struct Findings {
    /// Of the checksums and the chain alone.
    by_chain: bool,
    by_key: bool,
    by_anchors: bool,
}

fn read(directory: &Path, signed: &Signed) -> (Findings, Proof, AnchorReport) {
    let capture = Capture::open(directory).expect("a capture");
    let proof = prove(&capture, &[signed.first], []);
    let anchored = compare_anchors(&capture, &signed.anchors);
    let findings = Findings {
        by_chain: !verify(&capture).is_intact(),
        by_key: !proof.holds(),
        by_anchors: !anchored.holds(),
    };
    (findings, proof, anchored)
}

/// The segments of a capture as items, for somebody who changes them.
struct Copy {
    segments: Vec<(u64, Vec<Piece>)>,
}

impl Copy {
    /// Of its first segments, so many.
    fn of(directory: &Path, count: u64) -> Copy {
        let segments = (1..=count).map(|number| {
            let bytes = fs::read(directory.join(segment_file_name(number))).expect("a segment");
            (tag(&bytes), pieces(&bytes))
        });
        Copy {
            segments: segments.collect(),
        }
    }

    /// Writes them with all digests right, numbered from one.
    fn write(&mut self, directory: &Path, signatures: impl Fn(usize) -> Signatures<'static>) {
        let mut previous = None;
        for (place, (tag, pieces)) in self.segments.iter_mut().enumerate() {
            let number = place as u64 + 1;
            follow(pieces, number, previous);
            let (bytes, digest) = assemble(*tag, pieces, signatures(place));
            fs::write(directory.join(segment_file_name(number)), bytes).expect("a file");
            previous = Some(digest);
        }
    }
}

/// Places of the items of a segment: SEGMENT 0, SCHEMA 1, CLOCK 2, blocks 3 and 4, a signature 5, blocks 6 and 7, a signature 8, INDEX 9, END 10.
const BLOCK: usize = 4;
const LATER_BLOCK: usize = 6;

fn check(what: &str, expected: (bool, bool, bool), forge: impl FnOnce(&Signed, &Path)) -> Proof {
    let signed = record();
    let copy = tempfile::tempdir().expect("a directory");
    for number in 1..=SEGMENTS {
        let name = segment_file_name(number);
        fs::copy(signed.directory.path().join(&name), copy.path().join(&name)).expect("a copy");
    }
    forge(&signed, copy.path());
    let (found, proof, _) = read(copy.path(), &signed);
    let (by_chain, by_key, by_anchors) = expected;
    let expected = Findings {
        by_chain,
        by_key,
        by_anchors,
    };
    assert_eq!(found, expected, "{what}: {proof:?}");
    proof
}

fn kept(_: usize) -> Signatures<'static> {
    Signatures::Kept
}

#[test]
fn what_was_recorded_is_proven() {
    let signed = record();
    let (found, proof, anchored) = read(signed.directory.path(), &signed);
    let nothing = Findings {
        by_chain: false,
        by_key: false,
        by_anchors: false,
    };
    assert_eq!(found, nothing, "{proof:?}");
    let extents: Vec<Extent> = proof
        .segments
        .iter()
        .map(|segment| segment.extent)
        .collect();
    let whole = [Extent::Whole; SEGMENTS as usize - 1];
    assert_eq!(extents[..4], whole);
    assert_eq!(extents[4], Extent::UpTo { items: 8, of: 10 });
    let epochs: Vec<u64> = proof
        .segments
        .iter()
        .filter_map(|one| one.key)
        .map(|key| key.epoch)
        .collect();
    assert_eq!(epochs, [0, 1, 2, 3, 4]);
    assert_eq!(anchored.agreeing, signed.anchors.len() as u64);
    assert!(!proof.is_whole() && proof.is_signed());
}

#[test]
fn an_unsigned_capture_is_told_as_such() {
    check("nothing is signed", (false, false, true), |_, directory| {
        Copy::of(directory, SEGMENTS).write(directory, |_| Signatures::Stripped);
    });
    let signed = record();
    let copy = tempfile::tempdir().expect("a directory");
    Copy::of(signed.directory.path(), SEGMENTS).write(copy.path(), |_| Signatures::Stripped);
    let capture = Capture::open(copy.path()).expect("a capture");
    let proof = prove(&capture, &[signed.first], []);
    assert!(!proof.is_signed() && !proof.is_whole());
}

#[test]
fn certificates_of_a_file_lead_over_segments_that_are_gone() {
    let signed = record();
    let capture = Capture::open(signed.directory.path()).expect("a capture");
    let all: Vec<Certificate> = capture
        .segments()
        .iter()
        .flat_map(|segment| Read::of(segment).certificates().collect::<Vec<_>>())
        .collect();
    for number in [1, 2, 3] {
        fs::remove_file(signed.directory.path().join(segment_file_name(number))).expect("a file");
    }
    let rest = Capture::open(signed.directory.path()).expect("a capture");
    let untraced = |proof: &Proof| {
        proof
            .segments
            .iter()
            .flat_map(|one| &one.faults)
            .any(|fault| matches!(fault.what, SignatureFaultKind::Untraced(_)))
    };
    assert!(untraced(&prove(&rest, &[signed.first], [])));
    let lines: Vec<String> = all.iter().map(Certificate::to_line).collect();
    let read = lines
        .iter()
        .filter_map(|line| Certificate::of_line(line).ok());
    let proof = prove(&rest, &[signed.first], read);
    assert!(!untraced(&proof), "{proof:?}");
    for line in [
        "",
        "{}",
        "{\"epoch\":1,\"public\":\"00\",\"certificate\":\"\"}",
    ] {
        assert!(Certificate::of_line(line).is_err());
    }
}

#[test]
fn anchors_survive_their_lines() {
    let signed = record();
    for anchor in &signed.anchors {
        let line = anchor.to_line("2026-01-02T03:04:05Z", "node \u{1b}[31m");
        assert_eq!(
            Anchor::of_line(&format!("Jan  2 03:04:05 host falco-record[7]: {line}\n")).as_ref(),
            Ok(anchor)
        );
    }
    for line in ["", "{", "no anchor", "{\"boot\":\"x\"}"] {
        assert!(Anchor::of_line(line).is_err());
    }
    let capture = Capture::open(signed.directory.path()).expect("a capture");
    let others: Vec<Anchor> = signed
        .anchors
        .iter()
        .map(|one| Anchor {
            capture: 1,
            ..one.clone()
        })
        .collect();
    let report = compare_anchors(&capture, &others);
    assert_eq!(
        (report.agreeing, report.of_others),
        (0, signed.anchors.len() as u64)
    );
}
