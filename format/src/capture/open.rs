//! Opens captures: finds the segments, reads their headers, and refuses what is none.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::error::OpenError;
use super::file::{open_file, open_in, segment_files};
use super::root::{boot_directories, told_beside};
use super::segment::{Listing, Segment, of_bytes};
use super::{Items, admit, holes};
use crate::directory::Directory;
use crate::limits::SEGMENTS_MAX;
use crate::segment::{DamageKind, SegmentHeader};
use crate::shared::SharedBytes;

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
