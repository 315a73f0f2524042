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
pub use kind::is_capture;

use crate::pipeline::{Input, Opened};
use crate::sources::{LogInput, Recording, Registered, SYSCALLS};

/// The captures that were given, in the order in which they are read; and the logs of other sources, where such were asked for.
pub struct Inputs {
    list: Vec<Input>,
    logs: Vec<LogInput>,
    notes: Vec<String>,
}

impl Inputs {
    /// What whoever gave them should know: what counts once, and what was passed over. Names in it are as they were found.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The logs of other sources.
    #[must_use]
    pub fn logs(&self) -> &[LogInput] {
        &self.logs
    }

    /// Captures and logs, in the order of their first events.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording<'_>> {
        let captures = self.list.iter().map(Recording::Capture);
        if self.logs.is_empty() {
            return captures.collect();
        }
        let mut all: Vec<_> = captures
            .chain(self.logs.iter().map(Recording::Log))
            .collect();
        all.sort_by_cached_key(|recording| match recording {
            Recording::Capture(input) => same::first_time(input),
            Recording::Log(log) => log.first_time(),
        });
        all
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

/// Opens the captures that paths stand for. They come in the order of their first events, whatever the order of the paths.
///
/// # Errors
/// The first path that is no capture and has none below it, or cannot be read, with the reason.
pub fn open_inputs<P: AsRef<Path>>(paths: &[P]) -> Result<Inputs, InputError> {
    open_inputs_of(&[SYSCALLS], paths)
}

/// Opens everything that paths stand for and that one of the sources reads.
///
/// # Errors
/// The first path that none of them reads and that has nothing below it that one does, or that cannot be read, with the reason.
pub fn open_inputs_of<P: AsRef<Path>>(
    sources: &[Registered],
    paths: &[P],
) -> Result<Inputs, InputError> {
    let mut finder = find::Finder::new(sources);
    for path in paths {
        finder.add(path.as_ref())?;
    }
    let find::Finder {
        found,
        logs,
        mut notes,
        ..
    } = finder;
    let list = same::once(found, &mut notes)?;
    let logs = same::logs_once(logs, &mut notes);
    Ok(Inputs { list, logs, notes })
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
