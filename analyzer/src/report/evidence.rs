//! What a report rests on, so that others can check it: captures and rules by their digests, what is missing, and the command.
//!
//! In: opened captures and rule files. Out: names, digests and words.

use std::io::{self, Read as _};

use falco_format::text::count;
use falco_format::{Proof, prove};
use sha2::{Digest as _, Sha256};

use crate::pipeline::{Input, Opened};

/// Bytes of a file that are read at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// How many segments of one capture are named; beyond, they are counted.
const SEGMENTS_MAX: usize = 64;

/// What a capture is known by.
#[derive(Clone, Debug, Default)]
pub struct CaptureProof {
    /// Where it was found.
    pub name: String,
    /// Its node.
    pub node: String,
    /// Its boot.
    pub boot: String,
    /// Its files by name, with the digest of each, which says of what kind it is.
    pub files: Vec<(String, String)>,
    /// How many more files there are.
    pub more_files: u64,
    /// Whether anybody signed it.
    pub signatures: String,
}

/// A file of rules.
#[derive(Clone, Debug, Default)]
pub struct RuleFileProof {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its text.
    pub sha256: String,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The captures.
    pub captures: Vec<CaptureProof>,
    /// The rules.
    pub rules: Vec<RuleFileProof>,
    /// What is missing, in the words of every command.
    pub missing: Vec<String>,
    /// Whether nothing is.
    pub is_whole: bool,
    /// How many events were read.
    pub events: u64,
    /// How many of them rules looked at.
    pub judged: u64,
    /// Which rules and events could not meet.
    pub unjudged: Vec<String>,
    /// The first and last moment.
    pub span: Option<(falco_format::UnixNanos, falco_format::UnixNanos)>,
    /// How it was made.
    pub command: String,
    /// By what.
    pub program: String,
    /// The zone of its times.
    pub zone: String,
}

impl CaptureProof {
    /// Of an input.
    ///
    /// # Errors
    /// When a file cannot be read again.
    pub fn of(input: &Input) -> io::Result<Self> {
        let mut proof = CaptureProof {
            name: input.path.display().to_string(),
            signatures: "unsigned".to_owned(),
            ..CaptureProof::default()
        };
        match &input.opened {
            Opened::Capture(capture) => {
                if let Some(header) = capture.header() {
                    proof.node.clone_from(&header.node);
                    proof.boot = header.boot_id.to_string();
                }
                proof.signatures = signatures(&prove(capture, &[], []));
                let segments = capture.segments();
                let more = segments.len().saturating_sub(SEGMENTS_MAX);
                proof.more_files = more as u64;
                for segment in segments.iter().take(SEGMENTS_MAX) {
                    let seal = if segment.is_sealed() {
                        "sealed"
                    } else {
                        "not sealed"
                    };
                    let digest = format!("{seal}, blake3 chain {}", segment.digest());
                    proof.files.push((segment.name().to_owned(), digest));
                }
            }
            Opened::Scap(file) => {
                let mut stored = file.stored()?;
                let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
                loop {
                    let read = stored.read(&mut chunk)?;
                    match chunk.get(..read) {
                        Some(bytes) if read > 0 => hasher.update(bytes),
                        _ => break,
                    }
                }
                let digest = format!("sha256 {}", hex(&hasher.finalize()));
                proof.files.push((proof.name.clone(), digest));
            }
        }
        Ok(proof)
    }
}

impl RuleFileProof {
    /// Of a text.
    #[must_use]
    pub fn of(name: &str, text: &str) -> Self {
        RuleFileProof {
            name: name.to_owned(),
            sha256: hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// What signatures say, compared with each other and with no key that was kept elsewhere.
fn signatures(proof: &Proof) -> String {
    let faults: usize = proof.segments.iter().map(|one| one.faults.len()).sum();
    let mut epochs = proof.segments.iter().filter_map(|one| one.key);
    let first = epochs.next().map_or(0, |key| key.epoch);
    let last = epochs.next_back().map_or(first, |key| key.epoch);
    let by = "compared with no key that was kept elsewhere (`verify --key` does that)";
    match (proof.is_signed(), faults, proof.is_whole()) {
        (false, 0, _) => "unsigned".to_owned(),
        (_, 0, true) => format!("signed to the end, epochs {first} to {last}; {by}"),
        (_, 0, false) => format!("signed in part, epochs {first} to {last}; {by}"),
        (_, faults, _) => format!(
            "BROKEN: {} are not as they were signed",
            count(faults as u64, "place")
        ),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
