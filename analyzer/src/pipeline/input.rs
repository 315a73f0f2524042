//! The captures a command was given.
//!
//! In: paths as the user typed them. Out: opened captures, each with its path for messages.

use std::path::{Path, PathBuf};

use falco_format::{Capture, OpenError};

/// An opened capture and the path it was given by.
pub struct Input {
    /// The path as the user typed it.
    pub path: PathBuf,
    /// The capture: a directory of segments, or one segment.
    pub capture: Capture,
}

/// Opens every capture before anything is read, so that a bad path costs no waiting.
///
/// # Errors
/// The first path that cannot be opened, with the reason.
pub fn open_inputs<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Input>, OpenError> {
    paths
        .iter()
        .map(|path| {
            let path = path.as_ref();
            Ok(Input {
                path: path.to_owned(),
                capture: Capture::open(path)?,
            })
        })
        .collect()
}
