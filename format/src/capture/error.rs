//! Why a capture, or a file of one, cannot be opened.

use std::io;
use std::path::{Path, PathBuf};

use crate::limits::SEGMENTS_MAX;
use crate::segment::FormatVersion;

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
