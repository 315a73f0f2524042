//! Writes a capture: one directory, one boot, one writer, segments in a chain.

use std::ffi::OsString;
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::OpenError;
use super::file::{open_in, segment_files};
use super::segment::{Segment, digest_of};
use super::{segment_file_name, segment_number};
use crate::block::EncodedBlock;
use crate::boot::BootId;
use crate::checksum::Digest;
use crate::clock::{ClockPair, UnixNanos};
use crate::directory::Directory;
use crate::schema::Schema;
use crate::segment::{
    Dialect, FileIo, FormatVersion, SegmentHeader, SegmentSummary, SegmentWriter, WriteError,
};

/// Why a capture cannot be written here.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The directory holds a capture of another boot.
    #[error(
        "{directory} already holds a capture of another boot ({found}; this boot is {ours}): choose another directory"
    )]
    OtherBoot {
        /// The directory.
        directory: PathBuf,
        /// The boot of the capture in it.
        found: BootId,
        /// The boot to be recorded.
        ours: BootId,
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
    pub boot_id: BootId,
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
    pub created_realtime: UnixNanos,
}

/// The directory of a capture, open for writing.
#[derive(Debug)]
pub struct CaptureWriter {
    /// Dropping it frees its lock.
    directory: Arc<Directory>,
    identity: CaptureIdentity,
    existing: Vec<SegmentFile>,
    next_number: u64,
    previous: Option<Digest>,
    /// The number of this run.
    recording: u64,
    /// That of the first run in the directory.
    capture: Option<u64>,
}

impl CaptureWriter {
    /// Opens a directory for writing, and makes it where it does not exist. A capture of the same boot in it is continued.
    pub fn open(
        directory: &Path,
        identity: CaptureIdentity,
    ) -> Result<CaptureWriter, CaptureError> {
        let opened =
            Directory::open_or_make(directory).map_err(|source| CaptureError::Directory {
                directory: directory.to_path_buf(),
                source,
            })?;
        CaptureWriter::in_directory(Arc::new(opened), identity)
    }

    /// The same in a directory that is open.
    pub fn in_directory(
        directory: Arc<Directory>,
        identity: CaptureIdentity,
    ) -> Result<CaptureWriter, CaptureError> {
        lock(&directory)?;
        let mut writer = CaptureWriter {
            directory,
            identity,
            existing: Vec::new(),
            next_number: 1,
            previous: None,
            recording: random(),
            capture: None,
        };
        writer.continue_from()?;
        Ok(writer)
    }

    /// Looks at what is in the directory: whose it is, and where its chain ends.
    fn continue_from(&mut self) -> Result<(), CaptureError> {
        let mut last: Option<Segment> = None;
        for name in segment_files(&self.directory)? {
            let named = segment_number(Path::new(&name)).unwrap_or(0);
            self.next_number = self.next_number.max(named.saturating_add(1));
            let segment = match open_in(&self.directory, &name) {
                Ok(segment) => segment,
                // What somebody else put there, or what a newer program wrote, is no reason to record nothing. Its number stays its own.
                Err(
                    OpenError::Io { .. }
                    | OpenError::NotFound { .. }
                    | OpenError::Permission { .. }
                    | OpenError::NewerVersion { .. },
                ) => continue,
                Err(error) => return Err(error.into()),
            };
            if segment.is_passed_over() {
                continue;
            }
            self.admit(&segment)?;
            let capture = segment.header().and_then(|header| header.capture);
            self.capture = self.capture.or(capture);
            let number = segment.number().unwrap_or(0);
            self.existing.push(SegmentFile {
                number,
                bytes: segment.bytes(),
                is_sealed: segment.is_sealed(),
                path: self.directory.path().join(&name),
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
        let directory = self.directory.path().to_path_buf();
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
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// What is recorded.
    pub fn identity(&self) -> &CaptureIdentity {
        &self.identity
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

    /// Creates the next segment with nothing but its header. `created_realtime` is now.
    pub fn next_segment(
        &mut self,
        created_realtime: UnixNanos,
    ) -> Result<SegmentWriter<FileIo>, CaptureError> {
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            boot_id: self.identity.boot_id,
            node: self.identity.node.clone(),
            dialect: self.identity.dialect,
            segment_number: self.next_number,
            previous: self.previous,
            created_realtime,
            recording: Some(self.recording),
            capture: self.capture.or(Some(self.recording)),
        };
        let name = OsString::from(segment_file_name(self.next_number));
        let segment = SegmentWriter::create_in(&self.directory, &name, header);
        match &segment {
            // A file without even a header would only be reported as damage; the disk that has no room for it keeps what it has.
            Err(WriteError::Append { .. }) => {
                let _ = self.directory.remove(&name);
            }
            // Somebody has taken the name, and could take every next one: this number is given up.
            Err(WriteError::Create { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                self.next_number = self.next_number.saturating_add(1);
            }
            _ => {}
        }
        let segment = segment?;
        self.next_number = self.next_number.saturating_add(1);
        self.directory
            .sync()
            .map_err(|source| CaptureError::Directory {
                directory: self.directory.path().to_path_buf(),
                source,
            })?;
        self.previous = Some(segment.digest());
        Ok(segment)
    }

    /// The path of the segment with this number.
    pub fn segment_path(&self, number: u64) -> PathBuf {
        self.directory.path().join(segment_file_name(number))
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

fn lock(directory: &Directory) -> Result<(), CaptureError> {
    directory.try_lock().map_err(|error| {
        let directory = directory.path().to_path_buf();
        match error {
            TryLockError::WouldBlock => CaptureError::Busy { directory },
            TryLockError::Error(source) => CaptureError::Directory { directory, source },
        }
    })
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

/// A number that no other run has: the kernel's randomness.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()).max(1)
}
