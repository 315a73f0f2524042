//! Opens captures: finds the segments, reads their headers, and refuses what is none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Items, boot_name, number_of};
use crate::layout::HEADER_LEN;
use crate::layout::{ItemCheck, ItemHeader, ItemKind, last_item_start};
use crate::limits::SEGMENTS_MAX;
use crate::mmap;
use crate::segment::BadHeader;
use crate::segment::{End, FormatVersion, Found, Index, Scanner, SegmentHeader};
use crate::shared::SharedBytes;

/// Why a capture cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing is there.
    #[error("{path} does not exist")]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// It may not be read.
    #[error("{path} may not be read: permission denied")]
    Permission {
        /// The path.
        path: PathBuf,
    },
    /// The file has no bytes, or the directory no segments.
    #[error("{path} is empty: there is no segment in it")]
    Empty {
        /// The path.
        path: PathBuf,
    },
    /// There are bytes, and none of them are a segment.
    #[error("{path} is not a capture")]
    NotACapture {
        /// The path.
        path: PathBuf,
    },
    /// It was written by a newer program.
    #[error("{path} is of format version {found}, and this program reads up to {known}")]
    NewerVersion {
        /// The path.
        path: PathBuf,
        /// The version it has.
        found: FormatVersion,
        /// The version this build reads.
        known: FormatVersion,
    },
    /// The directory holds segments of more than one boot.
    #[error("{path} holds segments of more than one boot ({first} and {second}): a capture has one", first = boot_name(*first), second = boot_name(*second))]
    MixedBoots {
        /// The path.
        path: PathBuf,
        /// One boot id.
        first: [u8; 16],
        /// Another.
        second: [u8; 16],
    },
    /// More segments than [`SEGMENTS_MAX`].
    #[error("{path} holds more than {SEGMENTS_MAX} segments")]
    TooManySegments {
        /// The path.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("{path} cannot be read")]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl OpenError {
    fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound { path },
            io::ErrorKind::PermissionDenied => OpenError::Permission { path },
            _ => OpenError::Io { path, source },
        }
    }
}

/// One file of a capture.
#[derive(Clone, Debug)]
pub struct Segment {
    name: String,
    path: Option<PathBuf>,
    pub(super) bytes: SharedBytes,
    pub(super) unreadable: Option<String>,
    header: Option<SegmentHeader>,
    end: Option<End>,
}

impl Segment {
    /// Its file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path, unless it was opened from memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Its header, unless that is damaged.
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_ref()
    }

    /// Its end, if it was sealed.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether it was sealed: one that is still being written, or was when the recorder died, is not.
    pub fn is_sealed(&self) -> bool {
        self.end.is_some()
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes.as_slice().len() as u64
    }

    /// Its index, if it is sealed and the index is undamaged.
    pub fn index(&self) -> Option<Index> {
        let start = usize::try_from(self.end?.index_offset).ok()?;
        let (kind, payload) = item_at(self.bytes.as_slice(), start)?;
        if kind != ItemKind::INDEX {
            return None;
        }
        Index::decode(payload).ok()
    }

    /// Its number, from the header or else from the file's name.
    pub(super) fn number(&self) -> Option<u64> {
        let header = self.header.as_ref().map(|header| header.segment_number);
        header.or_else(|| self.path.as_deref().and_then(number_of))
    }
}

/// A capture that is open for reading.
#[derive(Clone, Debug)]
pub struct Capture {
    segments: Vec<Segment>,
}

impl Capture {
    /// Opens a directory of segments, or one segment file.
    pub fn open(path: &Path) -> Result<Capture, OpenError> {
        let kind = fs::metadata(path).map_err(|error| OpenError::io(path, error))?;
        // Opening a pipe would wait for its writer, and a device has no end.
        if !kind.is_dir() && !kind.is_file() {
            return Err(OpenError::NotACapture {
                path: path.to_path_buf(),
            });
        }
        if !kind.is_dir() {
            let segment = open_file(path)?;
            if segment.bytes() == 0 {
                return Err(OpenError::Empty {
                    path: path.to_path_buf(),
                });
            }
            return Capture::of(path, vec![segment]);
        }
        let mut segments = Vec::new();
        for file in segment_files(path)? {
            segments.push(open_file(&file).or_else(|error| match error {
                // One file that cannot be read does not hide the others; the reader tells of it where it stands.
                OpenError::Io { source, .. } => Ok(unreadable(&file, source.to_string())),
                OpenError::NotFound { .. } => Ok(unreadable(&file, "it was removed".to_owned())),
                other => Err(other),
            })?);
        }
        Capture::of(path, segments)
    }

    /// A capture of one segment in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Capture, OpenError> {
        Capture::from_segments(vec![("memory".to_owned(), bytes)])
    }

    /// A capture of named segments in memory.
    pub fn from_segments(files: Vec<(String, Vec<u8>)>) -> Result<Capture, OpenError> {
        let mut segments = Vec::new();
        for (name, bytes) in files {
            segments.push(of_bytes(
                Path::new(&name),
                None,
                SharedBytes::from_vec(bytes),
            )?);
        }
        Capture::of(Path::new("memory"), segments)
    }

    fn of(path: &Path, mut segments: Vec<Segment>) -> Result<Capture, OpenError> {
        let path = path.to_path_buf();
        if segments.iter().all(|segment| segment.bytes() == 0) {
            return Err(OpenError::Empty { path });
        }
        if segments.iter().all(|segment| !has_items(segment)) {
            return Err(OpenError::NotACapture { path });
        }
        let mut boots = segments
            .iter()
            .filter_map(|segment| segment.header())
            .map(|header| header.boot_id);
        if let Some(first) = boots.next()
            && let Some(second) = boots.find(|second| *second != first)
        {
            return Err(OpenError::MixedBoots {
                path,
                first,
                second,
            });
        }
        segments.sort_by(|a, b| (a.number(), &a.name).cmp(&(b.number(), &b.name)));
        Ok(Capture { segments })
    }

    /// Its segments in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Everything in it, in stream order.
    pub fn items(&self) -> Items<'_> {
        Items::new(&self.segments)
    }

    /// The boot and node it was recorded on, from the first segment that tells.
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.segments.iter().find_map(|segment| segment.header())
    }
}

/// The segment files of a directory, by name.
pub(super) fn segment_files(directory: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| OpenError::io(directory, error))? {
        let file = entry
            .map_err(|error| OpenError::io(directory, error))?
            .path();
        if number_of(&file).is_some() {
            files.push(file);
        }
        if files.len() > SEGMENTS_MAX {
            return Err(OpenError::TooManySegments {
                path: directory.to_path_buf(),
            });
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn open_file(path: &Path) -> Result<Segment, OpenError> {
    let failed = |error| OpenError::io(path, error);
    let file = File::open(path).map_err(failed)?;
    let is_file = file.metadata().map_err(failed)?.is_file();
    if !is_file {
        return Err(OpenError::NotACapture {
            path: path.to_path_buf(),
        });
    }
    of_bytes(path, Some(path), mmap::map(&file).map_err(failed)?)
}

fn of_bytes(name: &Path, path: Option<&Path>, bytes: SharedBytes) -> Result<Segment, OpenError> {
    let header = match header_of(bytes.as_slice()) {
        Err(BadHeader::Newer(found)) => {
            return Err(OpenError::NewerVersion {
                path: name.to_path_buf(),
                found,
                known: FormatVersion::CURRENT,
            });
        }
        header => header.ok(),
    };
    Ok(Segment {
        name: file_name(name),
        path: path.map(Path::to_path_buf),
        end: end_of(bytes.as_slice()),
        unreadable: None,
        header,
        bytes,
    })
}

fn unreadable(path: &Path, why: String) -> Segment {
    Segment {
        name: file_name(path),
        path: Some(path.to_path_buf()),
        bytes: SharedBytes::from_vec(Vec::new()),
        unreadable: Some(why),
        header: None,
        end: None,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn header_of(bytes: &[u8]) -> Result<SegmentHeader, BadHeader> {
    match item_at(bytes, 0) {
        Some((ItemKind::SEGMENT, payload)) => SegmentHeader::decode(payload),
        _ => Err(BadHeader::Malformed),
    }
}

fn end_of(bytes: &[u8]) -> Option<End> {
    match item_at(bytes, last_item_start(bytes)?)? {
        (ItemKind::END, payload) => End::decode(payload).ok(),
        _ => None,
    }
}

/// The kind and payload of the good item at this offset, if there is one that this build knows.
fn item_at(bytes: &[u8], offset: usize) -> Option<(ItemKind, &[u8])> {
    let rest = bytes.get(offset..)?;
    let header = ItemHeader::parse(rest)?;
    let item = rest.get(..header.item_len())?;
    let payload = item.get(HEADER_LEN..)?.get(..header.payload_len as usize)?;
    let is_good = header.check(item) == ItemCheck::Good && header.kind.is_known(header.version);
    is_good.then_some((header.kind, payload))
}

fn has_items(segment: &Segment) -> bool {
    segment.header.is_some()
        || Scanner::new(segment.bytes.as_slice()).any(|found| matches!(found, Found::Item(_)))
}
