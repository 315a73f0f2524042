//! Opens captures: finds the segments, reads their headers, and refuses what is none.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::root::{boot_directories, told_beside};
use super::segment::{Listing, Segment, of_bytes};
use super::{Items, admit, holes, segment_number};
use crate::directory::{self, Directory};
use crate::limits::SEGMENTS_MAX;
use crate::locks;
use crate::mmap;
use crate::segment::{DamageKind, FormatVersion, SegmentHeader};
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
        Capture::open_directory(path)
    }

    fn open_directory(path: &Path) -> Result<Capture, OpenError> {
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
        let mut capture = Capture::of(path, places)?;
        if capture.segments.iter().any(Segment::lacks_neighbours) {
            // Given alone, a boot's directory has its books in those that lie beside it.
            let told = told_beside(path);
            holes::mark(&mut capture.segments, &told);
        }
        Ok(capture)
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
        holes::mark(&mut segments, &[]);
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
    // Asked before the names are read: a writer that has ended since has left them all.
    let is_held = directory.is_held();
    let mut segments = Vec::new();
    for name in segment_files(directory)? {
        let shown = below.map(|below| Path::new(below).join(&name));
        let mut segment = open_in(directory, &name).unwrap_or_else(|error| {
            let odd = admit::odd(&directory.path().join(&name), &error);
            first_error.get_or_insert(error);
            odd
        });
        segment.listing = Some(Listing { is_held });
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
    let mut segment = of_bytes(path, Some(path), mmap::map(file).map_err(failed)?)?;
    if segment.is_sealed() {
        return Ok(segment);
    }
    let is_live = locks::is_held(file);
    if !is_live && file.metadata().map_err(failed)?.len() != segment.bytes() {
        // It was written to and closed in between: read once more, it is as its writer left it.
        return of_bytes(path, Some(path), mmap::map(file).map_err(failed)?);
    }
    segment.is_live = is_live;
    Ok(segment)
}
