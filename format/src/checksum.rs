//! The two checksums: CRC-32C against accidents, BLAKE3 against doubt.
//!
//! A CRC tells within microseconds that an item is damaged.
//! The chain of digests proves that items were neither changed, removed nor reordered since they were written; what it cannot prove stands in `FORMAT.md`.

use std::fmt;
use std::str::FromStr;

use crate::bytes;

/// A BLAKE3 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no digest: 64 hexadecimal digits are needed, as `verify` prints them")]
pub struct NoDigest;

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Digest, NoDigest> {
        bytes::from_hex(text).map(Digest).ok_or(NoDigest)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// CRC-32C of several pieces as if they stood together.
pub(crate) fn crc(pieces: &[&[u8]]) -> u32 {
    pieces
        .iter()
        .fold(0, |crc, piece| crc32c::crc32c_append(crc, piece))
}

/// The running digest of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    link: Digest,
}

impl Chain {
    /// The chain of a segment before its first item. The digest of the segment before it enters with that item, whose payload holds it.
    pub(crate) fn start() -> Self {
        Chain {
            link: Digest(*blake3::hash(b"falco capture segment, version 1").as_bytes()),
        }
    }

    /// Takes one whole item, from its magic to the end of its trailer.
    pub(crate) fn add(&mut self, item: &[u8]) {
        self.link = Chain::after(self.link, item);
    }

    /// The link after an item, by the link before it.
    pub(crate) fn after(link: Digest, item: &[u8]) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&link.0);
        hasher.update(item);
        Digest(*hasher.finalize().as_bytes())
    }

    /// The digest of everything so far.
    pub(crate) fn digest(&self) -> Digest {
        self.link
    }
}
