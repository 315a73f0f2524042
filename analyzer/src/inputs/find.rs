//! What a path stands for: one capture, or all that are below a directory.
//!
//! In: paths as the user typed them, and the sources that they may be of. Out: opened captures and logs, and what was passed over, in words.
//! Of a file that was named, what it is matters; of the files below a directory, those that are no captures are passed over and told.
//! A file that cannot be read is an error in either case: evidence that is there and is not read is no detail.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_format::{Capture, OpenError, SEGMENT_EXTENSION, is_boot_directory, segment_number};
use rustix::fs::{Mode, OFlags};

use super::InputError;
use super::keep::{keep, keep_unpacked};
use super::kind::{HEAD_BYTES, Kind, kind_of};
use crate::pipeline::Opened;
use crate::scap::ScapFile;
use crate::scap::source::{ByteSource, Progress};
use crate::sources::{LogInput, Reading, Registered, SYSCALLS, readable};

/// What stands for standard input.
const STDIN: &str = "-";
/// The most files and directories below a directory: a year of rotated files by the minute is 525,600, and nobody reads that at once.
const FILES_MAX: usize = 100_000;
/// How far below a directory captures are looked for: a folder of nodes, a root of a node, a boot of a root.
const DEPTH_MAX: usize = 3;
/// What names end in of captures and exports that are being written.
const UNFINISHED: &str = "unfinished";
/// How many files that were passed over are named.
const NAMED_MAX: usize = 5;

/// A capture that was found.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) opened: Opened,
}

/// A file by what the file system knows it by, whatever its names.
type FileId = (u64, u64);

/// Looks for what some sources read.
pub(super) struct Finder<'s> {
    sources: &'s [Registered],
    pub(super) found: Vec<Found>,
    pub(super) logs: Vec<LogInput>,
    /// What is to be told.
    pub(super) notes: Vec<String>,
    seen: HashMap<FileId, PathBuf>,
}

impl<'s> Finder<'s> {
    pub(super) fn new(sources: &'s [Registered]) -> Self {
        Finder {
            sources,
            found: Vec::new(),
            logs: Vec::new(),
            notes: Vec::new(),
            seen: HashMap::new(),
        }
    }

    /// Adds what a path stands for.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), InputError> {
        if path.as_os_str() == STDIN {
            return self.stdin(path);
        }
        let metadata = fs::metadata(path).map_err(|error| InputError::io(path, error))?;
        if !metadata.is_dir() {
            return self.file(path, &metadata);
        }
        let mut walk = Walk::default();
        self.directory(path, 0, &mut walk)?;
        if walk.captures + walk.again == 0 {
            let path = path.to_path_buf();
            return Err(if walk.files == 0 {
                InputError::Open(OpenError::Empty { path })
            } else {
                let readable = readable(self.sources);
                let first = walk.others.into_iter().next();
                InputError::NothingInside {
                    path,
                    readable,
                    first,
                }
            });
        }
        self.tell_others(path, &walk.others);
        Ok(())
    }

    /// Whether a file is met for the first time; tells where it is not.
    fn is_new(&mut self, path: &Path, metadata: &Metadata) -> bool {
        let id = (metadata.dev(), metadata.ino());
        if let Some(first) = self.seen.get(&id) {
            let again = format!(
                "{} is {} once more: read once",
                path.display(),
                first.display()
            );
            self.notes.push(again);
            return false;
        }
        self.seen.insert(id, path.to_path_buf());
        true
    }

    fn stdin(&mut self, path: &Path) -> Result<(), InputError> {
        let failed = |error| InputError::io(path, error);
        let stdin = io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
        let mut stdin = File::from(stdin);
        let metadata = stdin.metadata().map_err(failed)?;
        if !self.is_new(path, &metadata) {
            return Ok(());
        }
        if rustix::termios::isatty(&stdin) {
            return Err(InputError::NoFile {
                path: path.to_path_buf(),
                what: "standard input is a terminal; give a file, or let a program write to it",
            });
        }
        let file = if metadata.is_file() {
            stdin
        } else {
            keep(path, &mut stdin)?
        };
        self.bytes(path, ByteSource::Opened(Arc::new(file)))
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), InputError> {
        if self.is_new(path, metadata) {
            self.bytes(path, bytes_of(path, metadata)?)?;
        }
        Ok(())
    }

    /// Adds what bytes are: a log where a source says so, else a capture.
    fn bytes(&mut self, path: &Path, bytes: ByteSource) -> Result<(), InputError> {
        let head = Head::of(path, &bytes)?;
        let reads = |source: &&Registered| (source.recognises)(&head.bytes);
        match self.sources.iter().find(reads).map(|found| found.reading) {
            Some(Reading::Log(log)) => {
                let path = path.to_path_buf();
                self.logs.push(LogInput { path, bytes, log });
            }
            Some(Reading::Captures) | None => {
                let opened = open_capture(path, bytes, head, self.sources)?;
                self.push_parts(path, opened);
            }
        }
        Ok(())
    }

    /// Adds what a file holds: segments that were put together in it are segments of their own.
    fn push_parts(&mut self, path: &Path, opened: Opened) {
        let Opened::Capture(capture) = opened else {
            return self.push(path, opened);
        };
        for part in capture.parted() {
            self.push(path, Opened::Capture(part));
        }
    }

    fn push(&mut self, path: &Path, opened: Opened) {
        let path = path.to_path_buf();
        self.found.push(Found { path, opened });
    }

    /// Adds the captures of a directory: itself where it has segments or boots, else its files, and in either case the directories below it.
    fn directory(&mut self, path: &Path, depth: usize, walk: &mut Walk) -> Result<(), InputError> {
        let failed = |error| InputError::io(path, error);
        let metadata = fs::metadata(path).map_err(failed)?;
        if !self.is_new(path, &metadata) {
            walk.again += 1;
            return Ok(());
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                entries.push(entry.path());
            }
            walk.files += 1;
            if walk.files > FILES_MAX {
                let path = path.to_path_buf();
                let max = FILES_MAX;
                return Err(InputError::TooMany { path, max });
            }
        }
        entries.sort();
        let is_boot = |entry: &Path| {
            let is_directory = || entry.symlink_metadata().is_ok_and(|found| found.is_dir());
            entry.file_name().is_some_and(is_boot_directory) && is_directory()
        };
        let has_segments = entries
            .iter()
            .any(|entry| segment_number(entry).is_some() || is_boot(entry));
        if has_segments {
            match Capture::open(path).map_err(InputError::from) {
                Ok(capture) => {
                    walk.captures += 1;
                    self.push(path, Opened::Capture(capture));
                }
                Err(error) if depth > 0 && error.is_other_file() => walk.pass_over(error),
                Err(error) => return Err(error),
            }
        }
        // The boots of a root are the root's, which reads them one after the other.
        for entry in entries.iter().filter(|entry| !is_boot(entry)) {
            self.entry(entry, (depth, has_segments), walk)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: &Path,
        (depth, has_segments): (usize, bool),
        walk: &mut Walk,
    ) -> Result<(), InputError> {
        // Of what is named like a segment, the capture's own reader tells.
        let is_segments =
            has_segments && path.extension().is_some_and(|end| end == SEGMENT_EXTENSION);
        if let Some(what) = odd(path, has_segments).filter(|_| !is_segments) {
            let path = path.to_path_buf();
            walk.pass_over(InputError::NoFile { path, what });
            return Ok(());
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            // A file that is rotated away.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(InputError::io(path, error)),
        };
        let is_unfinished = path.extension().is_some_and(|end| end == UNFINISHED);
        if is_unfinished {
            walk.others
                .push(format!("{}: it is being written", path.display()));
            return Ok(());
        }
        if metadata.is_dir() {
            return if depth < DEPTH_MAX {
                self.directory(path, depth + 1, walk)
            } else {
                walk.others
                    .push(format!("{}: it lies too deep", path.display()));
                Ok(())
            };
        }
        // A capture's own reader looks after the files beside its segments.
        if has_segments {
            return Ok(());
        }
        let found = |finder: &Self| finder.found.len() + finder.logs.len();
        let before = found(self);
        match self.file(path, &metadata) {
            Ok(()) if found(self) == before => walk.again += 1,
            Ok(()) => walk.captures += 1,
            Err(error) if error.is_other_file() => {
                self.seen.remove(&(metadata.dev(), metadata.ino()));
                walk.pass_over(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn tell_others(&mut self, path: &Path, others: &[String]) {
        for other in others.iter().take(NAMED_MAX) {
            self.notes.push(format!("passed over {other}"));
        }
        let more = others.len().saturating_sub(NAMED_MAX);
        if more > 0 {
            let directory = path.display();
            self.notes
                .push(format!("passed over {more} more below {directory}"));
        }
    }
}

/// What was met below a directory.
#[derive(Default)]
struct Walk {
    files: usize,
    captures: usize,
    /// Captures that were found before.
    again: usize,
    /// What is no capture, in words.
    others: Vec<String>,
}

impl Walk {
    fn pass_over(&mut self, error: InputError) {
        self.others.push(match error {
            InputError::Foreign { path, what, .. } | InputError::NoFile { path, what } => {
                format!("{}: {what}", path.display())
            }
            other => other.to_string(),
        });
    }
}

/// What an entry of a directory is, if it is of a kind that no recorder makes and no capture is.
///
/// Among segments and boots, links are not followed: whoever may write there could have anything read as evidence of this node.
fn odd(path: &Path, has_segments: bool) -> Option<&'static str> {
    let own = path.symlink_metadata().ok()?.file_type();
    if own.is_symlink() && has_segments {
        return Some("it is a symbolic link, and nothing of this capture");
    }
    let kind = match path.metadata() {
        Ok(metadata) => metadata.file_type(),
        Err(_) if own.is_symlink() => return Some("it is a symbolic link that leads nowhere"),
        Err(_) => return None,
    };
    if kind.is_fifo() {
        Some("it is a pipe")
    } else if kind.is_socket() {
        Some("it is a socket")
    } else if kind.is_block_device() || kind.is_char_device() {
        Some("it is a device")
    } else {
        None
    }
}

/// Opens a file that is no directory as a capture.
pub(super) fn open_file(path: &Path, metadata: &Metadata) -> Result<Opened, InputError> {
    let bytes = bytes_of(path, metadata)?;
    let head = Head::of(path, &bytes)?;
    open_capture(path, bytes, head, &[SYSCALLS])
}

/// The bytes of what is no directory, to be read as often as one likes.
fn bytes_of(path: &Path, metadata: &Metadata) -> Result<ByteSource, InputError> {
    let kind = metadata.file_type();
    let no_file = |what| {
        let path = path.to_path_buf();
        Err(InputError::NoFile { path, what })
    };
    if kind.is_file() {
        Ok(ByteSource::File(path.to_path_buf()))
    } else if kind.is_fifo() {
        // Opening a pipe waits for its writer, unless one says not to; reading then ends at once where there is none.
        let failed = |error: rustix::io::Errno| InputError::io(path, error.into());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let pipe = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
        rustix::fs::fcntl_setfl(&pipe, OFlags::empty()).map_err(failed)?;
        let file = keep(path, &mut File::from(pipe))?;
        if file.metadata().is_ok_and(|kept| kept.len() == 0) {
            return no_file("it is a pipe, and nobody writes to it");
        }
        Ok(ByteSource::Opened(Arc::new(file)))
    } else if kind.is_socket() {
        no_file("it is a socket")
    } else {
        no_file("it is a device")
    }
}

/// How something begins.
struct Head {
    /// The first bytes, unpacked, as far as that can be done.
    bytes: Vec<u8>,
    /// Why there are no more.
    error: Option<io::Error>,
    is_packed: bool,
}

impl Head {
    fn of(path: &Path, source: &ByteSource) -> Result<Head, InputError> {
        let failed = |error| InputError::io(path, error);
        let is_packed = source.is_packed().map_err(failed)?;
        let mut bytes = Vec::new();
        let unpacked = source.read(&Progress::default());
        let read =
            unpacked.and_then(|stream| stream.take(HEAD_BYTES as u64).read_to_end(&mut bytes));
        Ok(Head {
            bytes,
            error: read.err(),
            is_packed,
        })
    }
}

/// Opens bytes as a capture. What is none may have been meant for one of the sources.
fn open_capture(
    path: &Path,
    source: ByteSource,
    head: Head,
    sources: &[Registered],
) -> Result<Opened, InputError> {
    let failed = |error| InputError::io(path, error);
    let is_packed = head.is_packed;
    let foreign = |what| {
        let path = path.to_path_buf();
        let readable = readable(sources);
        Err(InputError::Foreign {
            path,
            what,
            readable,
        })
    };
    match kind_of(&head.bytes) {
        Kind::Empty => match head.error {
            Some(error) if !is_packed => Err(failed(error)),
            _ if is_packed => foreign("it is packed, and nothing can be unpacked of it"),
            _ => Err(OpenError::Empty {
                path: path.to_path_buf(),
            }
            .into()),
        },
        Kind::Foreign(what) => foreign(what),
        Kind::Scap => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            let name = name.to_string_lossy().into_owned();
            match ScapFile::new(name, source) {
                Some(file) => Ok(Opened::Scap(file)),
                None => foreign("its first bytes are not those of a .scap file any more"),
            }
        }
        Kind::Unknown if is_packed => foreign("it is packed, and what is in it is no capture"),
        Kind::Segment if is_packed => {
            let mut stream = source.read(&Progress::default()).map_err(failed)?;
            let file = keep_unpacked(path, &mut stream)?;
            Ok(Opened::Capture(Capture::from_file(path, &file)?))
        }
        Kind::Segment | Kind::Unknown => {
            let opened = match &source {
                ByteSource::Opened(file) => Capture::from_file(path, file),
                _ => Capture::open(path),
            };
            match opened {
                Err(OpenError::NotACapture { .. }) => {
                    foreign("it begins like nothing that is known")
                }
                opened => Ok(Opened::Capture(opened?)),
            }
        }
    }
}
