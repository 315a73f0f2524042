//! What was given on a command line, as captures.
//!
//! ```text
//! find   a path → one capture, or all below a directory; standard input
//! kind   first bytes → what a file is, or what it is instead
//! keep   a pipe or a packed segment → a file without a name
//! same   one capture under several names → once; parts of a boot → one capture; the order of their first events
//! ```
//!
//! What a file is, its bytes say and never its name.
//! Each rotated file of Falco or sysdig has the whole state at its beginning, so each is a capture of its own.
//! All is opened before anything is read, so that a bad path costs no waiting.

mod error;
mod find;
mod keep;
mod kind;
mod same;

use std::fs;
use std::ops::Deref;
use std::path::Path;

use falco_format::Capture;

pub use error::InputError;

use crate::pipeline::{Input, Opened};

/// The captures that were given, in the order in which they are read.
pub struct Inputs {
    list: Vec<Input>,
    notes: Vec<String>,
}

impl Inputs {
    /// What whoever gave them should know: what counts once, and what was passed over. Names in it are as they were found.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Deref for Inputs {
    type Target = [Input];

    fn deref(&self) -> &[Input] {
        &self.list
    }
}

impl IntoIterator for Inputs {
    type Item = Input;
    type IntoIter = std::vec::IntoIter<Input>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'i> IntoIterator for &'i Inputs {
    type Item = &'i Input;
    type IntoIter = std::slice::Iter<'i, Input>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// Opens everything that paths stand for. Captures come in the order of their first events, whatever the order of the paths.
///
/// # Errors
/// The first path that is no capture and has none below it, or cannot be read, with the reason.
pub fn open_inputs<P: AsRef<Path>>(paths: &[P]) -> Result<Inputs, InputError> {
    let mut finder = find::Finder::default();
    for path in paths {
        finder.add(path.as_ref())?;
    }
    let find::Finder {
        found, mut notes, ..
    } = finder;
    let list = same::once(found, &mut notes)?;
    Ok(Inputs { list, notes })
}

impl Input {
    /// Opens a path that is one capture: a directory of segments, a segment, or a `.scap` file.
    ///
    /// # Errors
    /// When nothing is there, it cannot be read, or it is no capture.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let metadata = fs::metadata(path).map_err(|error| InputError::io(path, error))?;
        let opened = if metadata.is_dir() {
            Opened::Capture(Capture::open(path)?)
        } else {
            find::open_file(path, &metadata)?
        };
        Ok(Input {
            path: path.to_owned(),
            opened,
        })
    }
}
