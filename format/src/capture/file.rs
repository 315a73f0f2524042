//! The files that are segments: which ones a directory has, and one of them opened.
//!
//! In: a directory and a name, or a path. Out: the segment, mapped, and whether it is still being written.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::Path;

use super::error::OpenError;
use super::segment::{Segment, of_bytes};
use super::segment_number;
use crate::directory::{self, Directory};
use crate::limits::SEGMENTS_MAX;
use crate::{locks, mmap};

impl Segment {
    /// Opens a segment of a directory.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or was written by a newer program.
    pub fn open_in(directory: &Directory, name: &OsStr) -> Result<Segment, OpenError> {
        open_in(directory, name)
    }
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
pub(super) fn open_file(path: &Path) -> Result<Segment, OpenError> {
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
