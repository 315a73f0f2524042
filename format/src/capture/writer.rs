//! Writes a capture: one directory, one boot, one writer, segments in a chain.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::open::{self, OpenError, Segment};
use super::{boot_name, segment_file_name};
use crate::block::EncodedBlock;
use crate::checksum::{Chain, Digest};
use crate::clock::ClockPair;
use crate::schema::Schema;
use crate::segment::{
    Dialect, FileIo, FormatVersion, Found, Scanner, SegmentHeader, SegmentSummary, SegmentWriter,
    WriteError,
};

/// Why a capture cannot be written here.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The directory holds a capture of another boot.
    #[error("{directory} already holds a capture of another boot ({found}; this boot is {ours}): choose another directory", found = boot_name(*found), ours = boot_name(*ours))]
    OtherBoot {
        /// The directory.
        directory: PathBuf,
        /// The boot of the capture in it.
        found: [u8; 16],
        /// The boot to be recorded.
        ours: [u8; 16],
    },
    /// The directory holds a capture of another node.
    #[error("{directory} already holds a capture of the node {found}: choose another directory")]
    OtherNode {
        /// The directory.
        directory: PathBuf,
        /// The node of the capture in it.
        found: String,
    },
    /// Another writer is at work in the directory.
    #[error("{directory} is being written by another recorder")]
    Busy {
        /// The directory.
        directory: PathBuf,
    },
    /// The directory cannot be made or used.
    #[error("{directory} cannot be written")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in it cannot be read.
    #[error(transparent)]
    Existing(#[from] OpenError),
    /// A segment cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What is recorded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureIdentity {
    /// The kernel's boot id.
    pub boot_id: [u8; 16],
    /// The node's name.
    pub node: String,
    /// Whose words the values are.
    pub dialect: Dialect,
}

/// A segment file of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// Its path.
    pub path: PathBuf,
    /// Its number.
    pub number: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Whether it is sealed.
    pub is_sealed: bool,
}

/// What every segment begins with, so that it can be read alone.
#[derive(Clone, Copy, Debug)]
pub struct SegmentStart<'a> {
    /// The event table of its blocks.
    pub schema: &'a Schema,
    /// Pairs of clocks: at least the present one.
    pub clock: &'a [ClockPair],
    /// What is there as the segment begins.
    pub state: &'a [EncodedBlock],
    /// Now, nanoseconds since the epoch.
    pub created_realtime: u64,
}

/// The directory of a capture, open for writing.
#[derive(Debug)]
pub struct CaptureWriter {
    directory: PathBuf,
    identity: CaptureIdentity,
    /// Open for its lock and for syncing; dropping it frees the directory.
    handle: File,
    existing: Vec<SegmentFile>,
    next_number: u64,
    previous: Option<Digest>,
}

impl CaptureWriter {
    /// Opens a directory for writing, and makes it where it does not exist. A capture of the same boot in it is continued.
    pub fn open(
        directory: &Path,
        identity: CaptureIdentity,
    ) -> Result<CaptureWriter, CaptureError> {
        let failed = |source| CaptureError::Directory {
            directory: directory.to_path_buf(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed)?;
        let handle = File::open(directory).map_err(failed)?;
        handle.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => CaptureError::Busy {
                directory: directory.to_path_buf(),
            },
            TryLockError::Error(source) => failed(source),
        })?;
        let mut writer = CaptureWriter {
            directory: directory.to_path_buf(),
            identity,
            handle,
            existing: Vec::new(),
            next_number: 1,
            previous: None,
        };
        writer.continue_from(open::segment_files(directory)?)?;
        Ok(writer)
    }

    /// Looks at what is in the directory: whose it is, and where its chain ends.
    fn continue_from(&mut self, files: Vec<PathBuf>) -> Result<(), CaptureError> {
        let mut last: Option<Segment> = None;
        for path in files {
            let segment = open::open_file(&path)?;
            self.admit(&segment)?;
            let number = segment.number().unwrap_or(0);
            self.existing.push(SegmentFile {
                number,
                bytes: segment.bytes(),
                is_sealed: segment.is_sealed(),
                path,
            });
            self.next_number = self.next_number.max(number.saturating_add(1));
            if last
                .as_ref()
                .and_then(Segment::number)
                .is_none_or(|last| last <= number)
            {
                last = Some(segment);
            }
        }
        self.existing.sort_by_key(|file| file.number);
        self.previous = last.map(|segment| digest_of(segment.bytes.as_slice()));
        Ok(())
    }

    fn admit(&self, segment: &Segment) -> Result<(), CaptureError> {
        let Some(header) = segment.header() else {
            return Ok(());
        };
        let directory = self.directory.clone();
        if header.boot_id != self.identity.boot_id {
            return Err(CaptureError::OtherBoot {
                directory,
                found: header.boot_id,
                ours: self.identity.boot_id,
            });
        }
        if header.node != self.identity.node {
            return Err(CaptureError::OtherNode {
                directory,
                found: header.node.clone(),
            });
        }
        Ok(())
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The segments that were there when it was opened, by number.
    pub fn existing(&self) -> &[SegmentFile] {
        &self.existing
    }

    /// Creates the next segment and writes what it begins with. Seal the one before it first: its digest stands in this one's header.
    pub fn start_segment(
        &mut self,
        start: &SegmentStart<'_>,
    ) -> Result<SegmentWriter<FileIo>, CaptureError> {
        let mut segment = self.next_segment(start.created_realtime)?;
        let written = write_start(&mut segment, start);
        // Should the medium have failed half way, the next segment still names what is there.
        self.previous = Some(segment.digest());
        written?;
        Ok(segment)
    }

    /// Creates the next segment with nothing but its header. `created_realtime` is now, in nanoseconds since the epoch.
    pub fn next_segment(
        &mut self,
        created_realtime: u64,
    ) -> Result<SegmentWriter<FileIo>, CaptureError> {
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            boot_id: self.identity.boot_id,
            node: self.identity.node.clone(),
            dialect: self.identity.dialect,
            segment_number: self.next_number,
            previous: self.previous,
            created_realtime,
        };
        let path = self.segment_path(self.next_number);
        let segment = SegmentWriter::create(&path, header);
        if let Err(WriteError::Append { .. }) = &segment {
            // A file without even a header would only be reported as damage; the disk that has no room for it keeps what it has.
            let _ = fs::remove_file(&path);
        }
        let segment = segment?;
        self.next_number = self.next_number.saturating_add(1);
        self.handle
            .sync_all()
            .map_err(|source| CaptureError::Directory {
                directory: self.directory.clone(),
                source,
            })?;
        self.previous = Some(segment.digest());
        Ok(segment)
    }

    /// The path of the segment with this number.
    pub fn segment_path(&self, number: u64) -> PathBuf {
        self.directory.join(segment_file_name(number))
    }

    /// Takes note that a segment was sealed: the next one continues its chain.
    pub fn sealed(&mut self, summary: &SegmentSummary) {
        self.previous = Some(summary.digest);
    }

    /// Takes note that a segment was given up without sealing it: the next one continues the chain from [`SegmentWriter::digest`].
    pub fn abandoned(&mut self, digest: Digest) {
        self.previous = Some(digest);
    }
}

fn write_start(
    segment: &mut SegmentWriter<FileIo>,
    start: &SegmentStart<'_>,
) -> Result<(), WriteError> {
    segment.schema(start.schema)?;
    segment.clock(start.clock)?;
    start
        .state
        .iter()
        .try_for_each(|block| segment.state(block))
}

/// The chain's digest of the good items of a segment.
pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    let mut chain = Chain::start();
    for found in Scanner::new(bytes) {
        if let Found::Item(raw) = found {
            chain.add(raw.bytes);
        }
    }
    chain.digest()
}
