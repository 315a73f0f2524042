//! Why a derived capture was not written.

use std::io;
use std::path::PathBuf;

use falco_format::limits::{DERIVATION_STEPS_MAX, DERIVATION_TEXT_MAX};
use falco_format::{RowError, WriteError};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// The source cannot be read, or the directory not be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The source cannot be read.
    #[error("{} cannot be read", path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Every segment's header is lost: nothing says whose capture it is.
    #[error("no segment of the capture has a readable header")]
    NoHeader,
    /// It was made in so many steps that no more can be told.
    #[error(
        "a segment was made in {DERIVATION_STEPS_MAX} steps already, and no more can be told; make it from what one of them was made from"
    )]
    Steps,
    /// The arguments are too long to be told.
    #[error(
        "the arguments have {bytes} bytes, and a capture cannot tell more than {DERIVATION_TEXT_MAX}: they say what is missing from it"
    )]
    Arguments {
        /// How long they are.
        bytes: usize,
    },
    /// A segment cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A row that was changed does not fit its event.
    #[error(transparent)]
    Row(#[from] RowError),
    /// Whoever watched it did not want the rest.
    #[error("stopped; nothing was written")]
    Stopped,
}
