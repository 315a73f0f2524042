//! Why what was given cannot be read as captures.

use std::io;
use std::path::{Path, PathBuf};

use falco_format::OpenError;

/// Why what was given cannot be read as captures.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A capture cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is something else, and it is known what.
    #[error("{} is not a capture: {what}; what can be read are {readable}", path.display())]
    Foreign {
        /// What was given.
        path: PathBuf,
        /// What it is, and what to do.
        what: &'static str,
        /// What could have been given.
        readable: String,
    },
    /// It is a device, a socket, or a pipe that nobody writes to.
    #[error("{} is not a capture: {what}", path.display())]
    NoFile {
        /// What was given.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A directory with files, none of which is a capture.
    #[error("{} holds no capture: none of {readable}, there and below; {}", path.display(), first.as_deref().unwrap_or("it has no files"))]
    NothingInside {
        /// The directory.
        path: PathBuf,
        /// What could have been there.
        readable: String,
        /// What one of its files is.
        first: Option<String>,
    },
    /// More captures than anybody means to give.
    #[error("{} holds more than {max} files", path.display())]
    TooMany {
        /// The directory.
        path: PathBuf,
        /// The most files.
        max: usize,
    },
    /// What comes through a pipe, or a packed segment, cannot be kept for reading.
    #[error("{} cannot be kept in a temporary file below {}", path.display(), directory.display())]
    Keep {
        /// What was given.
        path: PathBuf,
        /// Where files without names are made.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A packed segment is larger than any recorder writes.
    #[error("{} is not read: unpacked, it has more than {max} bytes", path.display())]
    TooLarge {
        /// What was given.
        path: PathBuf,
        /// The most bytes.
        max: u64,
    },
}

impl InputError {
    /// A file or directory that cannot be read.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        InputError::Open(match source.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound { path },
            io::ErrorKind::PermissionDenied => OpenError::Permission { path },
            _ => OpenError::Io { path, source },
        })
    }

    /// Whether something is there and is no capture, as other files of a directory may be.
    pub(super) fn is_other_file(&self) -> bool {
        matches!(
            self,
            InputError::Foreign { .. }
                | InputError::NoFile { .. }
                | InputError::NothingInside { .. }
                | InputError::Open(OpenError::NotACapture { .. } | OpenError::Empty { .. })
        )
    }
}
