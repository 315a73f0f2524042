//! What a source is known by: digests of segments, the SHA-256 of a file.

use std::io::{self, Read as _};

use falco_format::{Derivation, DerivationSource, Segment, SegmentHeader};
use sha2::{Digest as _, Sha256};

use crate::pipeline::{Input, Opened, Part};

/// Bytes of a file that are read at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// The sources of an input, in the order in which its segments come.
pub(super) enum Sources<'a> {
    /// Segments that are still to come.
    Segments(std::slice::Iter<'a, Segment>),
    /// A file of Falco's, with how many sections came.
    Scap { sha256: [u8; 32], sections: u64 },
}

/// One source.
pub(super) struct FoundSource {
    pub(super) source: DerivationSource,
    /// What the source itself was made from.
    pub(super) before: Derivation,
    /// The directory below a root that its segment lies in, or the number of a section; empty without one.
    pub(super) directory: String,
    /// Which segments it says that retention dropped.
    pub(super) dropped: Vec<falco_format::DroppedRange>,
}

impl<'a> Sources<'a> {
    pub(super) fn of(input: &'a Input, part: &Part) -> io::Result<Sources<'a>> {
        match &input.opened {
            Opened::Capture(capture) => {
                let segments = match part.stretch() {
                    Some(stretch) => capture.part(stretch),
                    None => capture.segments(),
                };
                Ok(Sources::Segments(segments.iter()))
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
                Ok(Sources::Scap {
                    sha256: hasher.finalize().into(),
                    sections: 0,
                })
            }
        }
    }

    /// The source that begins with a header.
    pub(super) fn next(&mut self, header: &SegmentHeader) -> Option<FoundSource> {
        match self {
            Sources::Segments(segments) => {
                let is_it = |segment: &&Segment| {
                    segment.why_passed_over().is_none() && segment.header() == Some(header)
                };
                let segment = segments.find(is_it)?;
                let name = segment.name();
                Some(FoundSource {
                    source: DerivationSource::Segment {
                        number: header.segment_number,
                        digest: segment.digest(),
                    },
                    before: segment.derivation().unwrap_or_default(),
                    directory: name
                        .rsplit_once('/')
                        .map_or("", |(above, _)| above)
                        .to_owned(),
                    dropped: segment.dropped(),
                })
            }
            Sources::Scap { sha256, sections } => {
                *sections = sections.saturating_add(1);
                Some(FoundSource {
                    source: DerivationSource::ScapFile {
                        section: *sections,
                        sha256: *sha256,
                    },
                    before: Derivation::default(),
                    directory: sections.to_string(),
                    dropped: Vec::new(),
                })
            }
        }
    }
}
