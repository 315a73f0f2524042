//! Certificates: what the key of each epoch said of the next, so that a key which is kept elsewhere reaches the signatures of today.
//!
//! They stand in the segments that the keys have signed, and one to a line in a file beside the captures, which outlives segments that retention drops.
//! Nothing in the file is believed: a certificate holds when the key before has signed it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::public::{PublicKey, Signature, TrustedKey};
use super::statement::key_statement;
use crate::capture::Capture;
use crate::limits::CERTIFICATES_BYTES_MAX;

/// The name of the file, in a root.
pub const CERTIFICATES_FILE: &str = "certificates.jsonl";

/// What the key of an epoch said of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The epoch of the key that it is about.
    pub epoch: u64,
    /// That key.
    pub public: PublicKey,
    /// The signature of the key before.
    pub signature: Signature,
}

/// A line is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificate")]
pub struct CertificateError;

#[derive(Serialize, Deserialize)]
struct Line {
    epoch: u64,
    public: String,
    certificate: String,
}

impl Certificate {
    /// Its line, without the line's end.
    pub fn to_line(&self) -> String {
        let line = Line {
            epoch: self.epoch,
            public: self.public.to_string(),
            certificate: self.signature.to_string(),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// What a line says.
    pub fn of_line(line: &str) -> Result<Certificate, CertificateError> {
        let line: Line = serde_json::from_str(line).map_err(|_| CertificateError)?;
        Ok(Certificate {
            epoch: line.epoch,
            public: line.public.parse().map_err(|_| CertificateError)?,
            signature: line.certificate.parse().map_err(|_| CertificateError)?,
        })
    }
}

/// The certificates of the files that lie beside a capture's segments, or beside the directories of those.
pub fn certificates_beside(capture: &Capture) -> Vec<Certificate> {
    let paths = capture.segments().iter().filter_map(|segment| {
        let directory = segment.path()?.parent()?;
        Some([
            Some(directory.to_path_buf()),
            directory.parent().map(PathBuf::from),
        ])
    });
    let directories: BTreeSet<PathBuf> = paths.flatten().flatten().collect();
    directories
        .into_iter()
        .flat_map(|directory| read(directory.join(CERTIFICATES_FILE)))
        .collect()
}

/// The certificates of a file; what cannot be read says nothing, and a key that cannot be traced is told as such.
fn read(path: PathBuf) -> Vec<Certificate> {
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
    let Some(file) = is_file.then(|| File::open(&path).ok()).flatten() else {
        return Vec::new();
    };
    let lines = BufReader::new(file.take(CERTIFICATES_BYTES_MAX)).lines();
    lines
        .map_while(Result::ok)
        .filter_map(|line| Certificate::of_line(&line).ok())
        .collect()
}

/// The keys that are reached from those that somebody trusts.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    by_epoch: BTreeMap<u64, BTreeSet<PublicKey>>,
}

impl Reached {
    /// Follows certificates from the trusted keys on. An epoch may have several keys, where a recorder died between making one and using it.
    pub(super) fn from(
        trusted: &[TrustedKey],
        certificates: impl IntoIterator<Item = Certificate>,
    ) -> Reached {
        let mut reached = Reached::default();
        for key in trusted {
            reached
                .by_epoch
                .entry(key.epoch)
                .or_default()
                .insert(key.public);
        }
        let mut by_epoch: BTreeMap<u64, Vec<Certificate>> = BTreeMap::new();
        for certificate in certificates {
            let known = by_epoch.entry(certificate.epoch).or_default();
            if !known.contains(&certificate) && known.len() < PER_EPOCH_MAX {
                known.push(certificate);
            }
        }
        for (epoch, certificates) in by_epoch {
            let Some(before) = epoch
                .checked_sub(1)
                .and_then(|before| reached.by_epoch.get(&before))
            else {
                continue;
            };
            let holds = |certificate: &Certificate| {
                let statement = key_statement(epoch, &certificate.public);
                let signed = |key: &PublicKey| key.has_signed(&statement, &certificate.signature);
                before.iter().any(signed)
            };
            let found: Vec<PublicKey> = certificates
                .iter()
                .filter(|one| holds(one))
                .map(|one| one.public)
                .collect();
            if !found.is_empty() {
                reached.by_epoch.entry(epoch).or_default().extend(found);
            }
        }
        reached
    }

    pub(super) fn has(&self, epoch: u64, public: &PublicKey) -> bool {
        self.by_epoch
            .get(&epoch)
            .is_some_and(|keys| keys.contains(public))
    }
}

/// How many certificates of one epoch are looked at. One is usual, a second where a recorder died in between; more are somebody's who wants the reader to compute.
const PER_EPOCH_MAX: usize = 16;
