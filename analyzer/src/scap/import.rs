//! A `.scap` file as a capture of our own: the same events in the same order, in segments that are chained and sealed.
//!
//! In: a file and a directory that holds nothing yet. Out: a capture in Falco's dialect.
//! A file of several sections tells of several worlds, and a capture of one: each section becomes a capture, in `1`, `2` and so on below the directory.
//! Until all is written, captures lie in directories whose names say so; an import that fails or is stopped takes them away.
//! Damage is written down where it was found, so that a replay says of the capture what it says of the file.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use falco_format::{
    CaptureError, CaptureIdentity, CaptureWriter, ClockPair, FileIo, Item, SegmentHeader,
    SegmentStart, SegmentWriter, Sequel, UnixNanos, WriteError,
};

use super::ScapFile;
use crate::dialect::falco_schema;
use crate::pipeline::{Flow, Tally};

/// What a directory's name ends in while a capture is written to it.
const UNFINISHED: &str = "unfinished";
/// Nobody knows when the file was begun, and when it is imported says nothing about it.
const UNKNOWN_TIME: UnixNanos = UnixNanos(0);
/// Times of a file are those of the wall; boot time is taken for the same.
const IDENTITY_CLOCK: [ClockPair; 1] = [ClockPair {
    boottime_ns: 0,
    realtime_ns: UnixNanos(0),
}];

/// How segments are written.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// Bytes after which a segment is sealed and the next one begins.
    pub segment_bytes: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is something in the directory already.
    #[error("the directory {} is not empty; give another for the capture", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Another import is being written there.
    #[error("another import is writing {}", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// A directory cannot be made, read or renamed.
    #[error("cannot write {}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The capture cannot be made.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A segment cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Whoever watched it did not want the rest.
    #[error("the import was stopped; nothing was written")]
    Stopped,
}

/// A capture that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCapture {
    /// Its directory.
    pub directory: PathBuf,
    /// How many segments it has.
    pub segments: u64,
    /// Bytes of its segments.
    pub bytes: u64,
}

/// What was imported.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// One capture for each section of the file.
    pub captures: Vec<ImportedCapture>,
    /// What was read.
    pub tally: Tally,
}

/// Imports a file. `watch` is told after each item how many bytes of the file were read in all, and may stop the import.
///
/// # Errors
/// When the directory is not empty, cannot be written, or `watch` stops; nothing is left there then.
pub fn import(
    file: &ScapFile,
    output: &Path,
    options: ImportOptions,
    mut watch: impl FnMut(u64) -> Flow,
) -> Result<ImportReport, ImportError> {
    let mut target = Output::create(output)?;
    let mut report = ImportReport::default();
    let mut writer = None;
    let mut items = file.items_to_keep();
    while let Some(item) = items.next() {
        report.tally.item(&item);
        if let Item::Segment(header) = &item {
            report.captures.extend(finished(writer.take())?);
            writer = Some(target.begin(header)?);
        } else if let Some(section) = &mut writer {
            section.item(&item, options)?;
        }
        if watch(items.stored_bytes_read()) == Flow::Stop {
            return Err(ImportError::Stopped);
        }
    }
    report.captures.extend(finished(writer)?);
    target.finish(&mut report.captures)?;
    Ok(report)
}

fn finished(section: Option<Section>) -> Result<Option<ImportedCapture>, ImportError> {
    section.map(Section::finish).transpose()
}

/// The capture of one section, while it is written.
struct Section {
    directory: PathBuf,
    capture: CaptureWriter,
    /// The segment that is written; none for the moment between two.
    segment: Option<SegmentWriter<FileIo>>,
    segments: u64,
    bytes: u64,
}

impl Section {
    fn item(&mut self, item: &Item, options: ImportOptions) -> Result<(), ImportError> {
        match item {
            Item::State(block) => self.segment()?.state(&block.to_encoded())?,
            Item::Events(block) => {
                let segment = self.segment()?;
                if segment.rows() > 0 && segment.bytes() >= options.segment_bytes {
                    self.seal(Sequel::GoesOn)?;
                }
                self.segment()?.events(&block.to_encoded())?;
            }
            Item::Lost(intervals) => self.segment()?.lost(intervals)?,
            Item::Damage(damage) => self.segment()?.damage(damage)?,
            // Each segment has its own header, table, clock and end; what only newer writers know is counted by the tally.
            Item::Segment(_)
            | Item::Schema(_)
            | Item::Clock(_)
            | Item::End(_)
            | Item::NotSealed { .. }
            | Item::Skipped { .. } => {}
        }
        Ok(())
    }

    /// The segment that is written, begun if need be.
    fn segment(&mut self) -> Result<&mut SegmentWriter<FileIo>, ImportError> {
        let segment = match self.segment.take() {
            Some(segment) => segment,
            None => self.capture.start_segment(&SegmentStart {
                schema: &falco_schema(),
                clock: &IDENTITY_CLOCK,
                state: &[],
                created_realtime: UNKNOWN_TIME,
            })?,
        };
        Ok(self.segment.insert(segment))
    }

    fn seal(&mut self, sequel: Sequel) -> Result<(), ImportError> {
        if let Some(segment) = self.segment.take() {
            let summary = segment.finish_with(sequel)?;
            self.capture.sealed(&summary);
            self.segments = self.segments.saturating_add(1);
            self.bytes = self.bytes.saturating_add(summary.bytes);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<ImportedCapture, ImportError> {
        // Also a section without events is a capture.
        self.segment()?;
        self.seal(Sequel::Ended)?;
        Ok(ImportedCapture {
            directory: self.directory,
            segments: self.segments,
            bytes: self.bytes,
        })
    }
}

/// The directory that takes the captures.
struct Output {
    directory: PathBuf,
    /// What was made for this import: it, and directories above it, from below.
    made: Vec<PathBuf>,
    /// Unfinished captures, in order.
    unfinished: Vec<PathBuf>,
    /// Held as long as the import runs: what nobody holds, a killed one left.
    _lock: File,
}

impl Output {
    fn create(directory: &Path) -> Result<Self, ImportError> {
        let missing = directory.ancestors();
        let missing = missing.take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let made = missing.map(Path::to_path_buf).collect();
        let mut builder = DirBuilder::new();
        let built = builder.mode(0o700).recursive(true).create(directory);
        built.map_err(failed(directory))?;
        let lock = File::open(directory).map_err(failed(directory))?;
        match lock.try_lock() {
            Ok(()) => take_away_leftovers(directory).map_err(failed(directory))?,
            Err(TryLockError::WouldBlock) => {
                let path = directory.to_path_buf();
                return Err(ImportError::Busy { path });
            }
            Err(TryLockError::Error(error)) => return Err(failed(directory)(error)),
        }
        let mut entries = fs::read_dir(directory).map_err(failed(directory))?;
        if entries.next().is_some() {
            let path = directory.to_path_buf();
            return Err(ImportError::NotEmpty { path });
        }
        Ok(Output {
            directory: directory.to_path_buf(),
            made,
            unfinished: Vec::new(),
            _lock: lock,
        })
    }

    /// Begins the capture of a section.
    fn begin(&mut self, header: &SegmentHeader) -> Result<Section, ImportError> {
        let name = format!("{}.{UNFINISHED}", header.segment_number);
        let directory = self.directory.join(name);
        self.unfinished.push(directory.clone());
        let identity = CaptureIdentity {
            boot_id: header.boot_id,
            node: header.node.clone(),
            dialect: header.dialect,
        };
        Ok(Section {
            capture: CaptureWriter::open(&directory, identity)?,
            directory,
            segment: None,
            segments: 0,
            bytes: 0,
        })
    }

    /// Gives what was written its place: the directory itself where there is one capture.
    fn finish(mut self, captures: &mut [ImportedCapture]) -> Result<(), ImportError> {
        if let [only] = captures {
            self.place(&only.directory)?;
            only.directory.clone_from(&self.directory);
        } else {
            for capture in captures {
                let directory = capture.directory.with_extension("");
                fs::rename(&capture.directory, &directory).map_err(failed(&directory))?;
                capture.directory = directory;
            }
        }
        self.unfinished.clear();
        self.made.clear();
        Ok(())
    }

    /// Makes a capture the directory itself: at one stroke where that was made for it, else segment by segment.
    fn place(&mut self, capture: &Path) -> Result<(), ImportError> {
        if let Some(beside) = self.beside()
            && fs::rename(capture, &beside).is_ok()
        {
            self.unfinished.push(beside.clone());
            return fs::rename(&beside, &self.directory).map_err(failed(&self.directory));
        }
        let entries = fs::read_dir(capture).map_err(failed(capture))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names = names
            .collect::<io::Result<Vec<_>>>()
            .map_err(failed(capture))?;
        // The last segment first: as long as the first one is missing, nobody takes the others for a whole capture.
        names.sort();
        for name in names.iter().rev() {
            let to = self.directory.join(name);
            fs::rename(capture.join(name), &to).map_err(failed(&to))?;
        }
        fs::remove_dir(capture).map_err(failed(capture))
    }

    /// A name beside the directory, if that was made for this import and the name is free.
    fn beside(&self) -> Option<PathBuf> {
        let mut name = self.made.first()?.file_name()?.to_owned();
        name.push(".");
        name.push(UNFINISHED);
        let beside = self.directory.with_file_name(name);
        beside.symlink_metadata().is_err().then_some(beside)
    }
}

impl Drop for Output {
    /// Takes away what is not finished. That it could not be taken away changes nothing about why.
    fn drop(&mut self) {
        for directory in &self.unfinished {
            let _ = fs::remove_dir_all(directory);
        }
        for directory in &self.made {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Takes away the unfinished captures that a killed import left.
fn take_away_leftovers(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(UNFINISHED)?.strip_suffix('.'));
        let is_ours = number.is_some_and(|number| number.parse::<u64>().is_ok());
        if is_ours && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ImportError {
    let path = path.to_path_buf();
    move |source| ImportError::Io {
        path: path.clone(),
        source,
    }
}
