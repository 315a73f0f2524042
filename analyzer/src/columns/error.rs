//! Why a table could not be had.

use std::io;

use arrow_schema::ArrowError;

/// Why a source could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The sink failed, or the source's bytes cannot be had.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Arrow refused a table, which would be a defect of this program.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
