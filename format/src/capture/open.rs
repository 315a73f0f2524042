//! Opens captures: finds the segments, reads their headers, and refuses what is none.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::root::boot_directories;
use super::writer::digest_of;
use super::{Items, admit, segment_number};
use crate::checksum::{Chain, Digest};
use crate::directory::{self, Directory};
use crate::layout::HEADER_LEN;
use crate::layout::{ItemCheck, ItemHeader, ItemKind, last_item_start};
use crate::limits::SEGMENTS_MAX;
use crate::mmap;
use crate::segment::{
    BadHeader, DamageKind, End, FormatVersion, Found, Index, Scanner, SegmentHeader, alive,
};
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
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
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
    name: Arc<str>,
    path: Option<PathBuf>,
    pub(super) bytes: SharedBytes,
    /// Why the file is no part of the stream, if it is none.
    passed_over: Option<DamageKind>,
    /// Whether a writer has it open.
    is_live: bool,
    header: Option<Arc<SegmentHeader>>,
    end: Option<End>,
    /// Which of a root's directories it lies in: numbers and chains go on within one alone.
    pub(super) place: usize,
}

impl Segment {
    /// Opens a segment of a directory.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or was written by a newer program.
    pub fn open_in(directory: &Directory, name: &OsStr) -> Result<Segment, OpenError> {
        open_in(directory, name)
    }

    /// Its file name; below a root, that of its boot's directory stands before it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path, unless it was opened from memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Its header, unless that is damaged.
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_deref()
    }

    /// The same, shared.
    pub(super) fn shared_header(&self) -> Option<Arc<SegmentHeader>> {
        self.header.clone()
    }

    /// Its [name](Self::name), shared.
    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Its end, if it was sealed.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether it was sealed: one that is still being written, or was when the recorder died, is not.
    pub fn is_sealed(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it is being written: it has no end, and its writer is alive.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Why the file is no part of the stream, if it is none.
    pub fn why_passed_over(&self) -> Option<&DamageKind> {
        self.passed_over.as_ref()
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

    /// Whether it lies in the same directory as another, so that their numbers belong together.
    pub(super) fn is_beside(&self, other: &Segment) -> bool {
        self.place == other.place
    }

    pub(super) fn is_passed_over(&self) -> bool {
        self.passed_over.is_some()
    }

    /// Takes the file out of the stream; the first reason stays.
    pub(super) fn pass_over(&mut self, why: DamageKind) {
        self.passed_over.get_or_insert(why);
    }

    /// The digest that the next segment names, of a sealed segment, from its end alone.
    pub(super) fn sealed_digest(&self) -> Option<Digest> {
        let bytes = self.bytes.as_slice();
        let end = bytes.get(last_item_start(bytes)?..)?;
        Some(Chain::after(self.end?.digest, end))
    }

    /// The digest that the next segment names. A segment without an end is read for it.
    pub(super) fn digest(&self) -> Digest {
        self.sealed_digest()
            .unwrap_or_else(|| digest_of(self.bytes.as_slice()))
    }

    pub(super) fn has_items(&self) -> bool {
        let is_good = |found| matches!(found, Found::Item(_));
        self.header.is_some() || Scanner::new(self.bytes.as_slice()).any(is_good)
    }

    /// Its number, from the header or else from the file's name.
    pub(super) fn number(&self) -> Option<u64> {
        let header = self.header.as_ref().map(|header| header.segment_number);
        header.or_else(|| self.path.as_deref().and_then(segment_number))
    }
}

/// A capture that is open for reading.
#[derive(Clone, Debug)]
pub struct Capture {
    pub(super) segments: Vec<Segment>,
}

impl Capture {
    /// Opens a root with a directory per boot, one such directory, or one segment file. The boots of a root follow one another in the order of their times.
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
            return Capture::of(path, vec![vec![segment]]);
        }
        let root = Directory::open(path).map_err(|error| OpenError::io(path, error))?;
        let mut first_error = None;
        let mut places = vec![segments_in(&root, None, &mut first_error)?];
        let boots = boot_directories(&root).map_err(|error| OpenError::io(path, error))?;
        for name in boots {
            places.push(match root.subdirectory(&name) {
                Ok(boot) => segments_in(&boot, Some(&name), &mut first_error)?,
                Err(error) => {
                    let why = DamageKind::Unreadable(error.to_string());
                    vec![Segment::passed_over(&path.join(&name), why)]
                }
            });
        }
        let has_items = places.iter().flatten().any(Segment::has_items);
        if let Some(error) = first_error.filter(|_| !has_items) {
            return Err(error);
        }
        Capture::of(path, places)
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
        Capture::of(Path::new("memory"), vec![segments])
    }

    pub(super) fn of(path: &Path, places: Vec<Vec<Segment>>) -> Result<Capture, OpenError> {
        let path = path.to_path_buf();
        let mut segments = Vec::new();
        for (place, group) in places.into_iter().enumerate() {
            let mut group = admit::arrange(group);
            for segment in &mut group {
                segment.place = place;
            }
            segments.append(&mut group);
        }
        if segments.len() > SEGMENTS_MAX {
            return Err(OpenError::TooManySegments { path });
        }
        if segments.iter().all(|segment| segment.bytes() == 0) {
            return Err(OpenError::Empty { path });
        }
        if !segments.iter().any(Segment::has_items) {
            return Err(OpenError::NotACapture { path });
        }
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
        let read = self
            .segments
            .iter()
            .filter(|segment| !segment.is_passed_over());
        read.filter_map(Segment::header).next()
    }
}

/// The segments of one directory; `below` is its name below a root.
///
/// One odd file does not hide the others; the reader tells of it where it stands. The first reason is kept for where nothing can be read.
fn segments_in(
    directory: &Directory,
    below: Option<&OsStr>,
    first_error: &mut Option<OpenError>,
) -> Result<Vec<Segment>, OpenError> {
    let mut segments = Vec::new();
    for name in segment_files(directory)? {
        let shown = below.map(|below| Path::new(below).join(&name));
        let mut segment = open_in(directory, &name).unwrap_or_else(|error| {
            let odd = admit::odd(&directory.path().join(&name), &error);
            first_error.get_or_insert(error);
            odd
        });
        if let Some(shown) = shown {
            segment.name = shown.to_string_lossy().into();
        }
        segments.push(segment);
    }
    segments.extend(admit::misnamed(directory, below));
    Ok(segments)
}

/// The names of the segment files of a directory, sorted.
pub(super) fn segment_files(directory: &Directory) -> Result<Vec<OsString>, OpenError> {
    let path = directory.path();
    let mut names = directory
        .names()
        .map_err(|error| OpenError::io(path, error))?;
    names.retain(|name| segment_number(Path::new(name)).is_some());
    if names.len() > SEGMENTS_MAX {
        return Err(OpenError::TooManySegments {
            path: path.to_path_buf(),
        });
    }
    Ok(names)
}

/// Opens a segment of a directory. What is no regular file is an error of reading, and nothing waits for it.
pub(super) fn open_in(directory: &Directory, name: &OsStr) -> Result<Segment, OpenError> {
    let path = directory.path().join(name);
    let file = directory
        .read(name)
        .map_err(|error| OpenError::io(&path, error))?;
    of_file(&path, &file)
}

/// Opens a segment by a path that is the user's own.
fn open_file(path: &Path) -> Result<Segment, OpenError> {
    let file = directory::open_regular(path).map_err(|error| OpenError::io(path, error))?;
    of_file(path, &file)
}

fn of_file(path: &Path, file: &File) -> Result<Segment, OpenError> {
    let failed = |error| OpenError::io(path, error);
    let segment = of_bytes(path, Some(path), mmap::map(file).map_err(failed)?)?;
    if segment.is_sealed() {
        return Ok(segment);
    }
    let is_live = alive::is_held(file);
    if !is_live && file.metadata().map_err(failed)?.len() != segment.bytes() {
        // It was written to and closed in between: read once more, it is as its writer left it.
        return of_bytes(path, Some(path), mmap::map(file).map_err(failed)?);
    }
    Ok(Segment { is_live, ..segment })
}

pub(super) fn of_bytes(
    name: &Path,
    path: Option<&Path>,
    bytes: SharedBytes,
) -> Result<Segment, OpenError> {
    let header = match header_of(bytes.as_slice()) {
        Err(BadHeader::Newer(found)) => {
            return Err(OpenError::NewerVersion {
                path: name.to_path_buf(),
                found,
                known: FormatVersion::CURRENT,
            });
        }
        header => header.ok().map(Arc::new),
    };
    let segment = Segment {
        name: file_name(name),
        path: path.map(Path::to_path_buf),
        end: end_of(bytes.as_slice()),
        passed_over: None,
        is_live: false,
        header,
        bytes,
        place: 0,
    };
    // A file of other bytes was put there; one of none is a segment that was never begun.
    let is_other = segment.bytes() > 0 && !segment.has_items();
    let passed_over = is_other.then_some(DamageKind::NotASegment);
    Ok(Segment {
        passed_over,
        ..segment
    })
}

impl Segment {
    /// A file that is no part of the stream.
    pub(super) fn passed_over(path: &Path, why: DamageKind) -> Segment {
        Segment {
            name: file_name(path),
            path: Some(path.to_path_buf()),
            bytes: SharedBytes::from_vec(Vec::new()),
            passed_over: Some(why),
            is_live: false,
            header: None,
            end: None,
            place: 0,
        }
    }
}

fn file_name(path: &Path) -> Arc<str> {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into()
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
