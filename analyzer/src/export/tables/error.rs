//! Why an export failed.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file or directory cannot be made or written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something in the directory already.
    #[error("the directory {} is not empty; give another, or --force to replace the export in it", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Another export is being written there.
    #[error("another export is writing {}", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
}

impl ExportError {
    /// An error of the system about a file or directory.
    pub(in crate::export) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| ExportError::Io { path, source }
    }

    /// The same for whoever takes errors of the system alone: its name stays with it.
    pub(in crate::export) fn into_io(self) -> io::Error {
        let kind = match &self {
            ExportError::Io { source, .. } => source.kind(),
            ExportError::NotEmpty { .. } => io::ErrorKind::DirectoryNotEmpty,
            ExportError::Busy { .. } => io::ErrorKind::ResourceBusy,
        };
        io::Error::new(kind, self)
    }

    /// An error of Parquet's writer about a file.
    pub(in crate::export) fn of_parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        |error| ExportError::Io {
            path,
            source: into_io(error),
        }
    }
}

/// The I/O error within, so that a full disk is named as such.
fn into_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
