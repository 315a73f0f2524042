//! Where results go: standard output, a pager in front of it, or a file that its owner alone may read.
//!
//! In: what `-o` names. Out: a writer for each result. A file has its name when it is whole, and takes no other's place.
//! What could not be written is kept, since formats tell it in words of their own: a pipe that nobody reads is told from a full disk.

mod pager;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use falco_analyze::unfinished::Unfinished;
use falco_format::text::plain;
use falco_sql::Format;
use rustix::termios::tcgetwinsize;

pub(crate) use pager::Paged;

/// What stands for standard output.
const STDOUT: &str = "-";
/// What a terminal has that does not say.
const COLUMNS: usize = 80;
const LINES: usize = 24;

/// Where results go.
pub(crate) enum Out {
    /// Standard output.
    Stdout,
    /// A file.
    File(FileOut),
}

/// A file that gets its name when it is whole.
pub(crate) struct FileOut {
    path: PathBuf,
    file: File,
    /// `None` where the name is that of a pipe or a device, which is written as it comes.
    unfinished: Option<Unfinished>,
}

/// The first thing that could not be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    /// What it was, once.
    pub(crate) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let kind = error.kind();
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert(error);
            io::Error::from(kind)
        })
    }
}

/// A writer whose failures are kept.
pub(crate) struct Watched<W> {
    to: W,
    failure: Failure,
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.to.write(bytes);
        self.failure.keep(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.to.flush();
        self.failure.keep(done)
    }
}

impl Out {
    /// Opens what `-o` names.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != STDOUT) else {
            return Ok(Out::Stdout);
        };
        let shown = plain(path);
        let there = path.metadata();
        if there
            .as_ref()
            .is_ok_and(|there| there.is_file() || there.is_dir())
            || (there.is_err() && path.symlink_metadata().is_ok())
        {
            bail!("{shown} is there already; give another name, or take it away");
        }
        let cannot = || format!("cannot write {shown}");
        if there.is_ok() {
            let file = File::options()
                .write(true)
                .open(path)
                .with_context(cannot)?;
            return Ok(Out::File(FileOut {
                path: path.to_owned(),
                file,
                unfinished: None,
            }));
        }
        let (unfinished, file) = Unfinished::begin(path).with_context(cannot)?;
        Ok(Out::File(FileOut {
            path: path.to_owned(),
            file,
            unfinished: Some(unfinished),
        }))
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Out::Stdout => "standard output".to_owned(),
            Out::File(file) => plain(&file.path).to_string(),
        }
    }

    /// Whether a terminal shows it.
    pub(crate) fn is_shown(&self) -> bool {
        matches!(self, Out::Stdout) && io::stdout().is_terminal()
    }

    /// A writer for one result, and where its failures are found.
    pub(crate) fn result(&self, format: Format) -> Result<(Box<dyn Write + Send>, Failure)> {
        if !format.is_text() && self.is_shown() {
            bail!(
                "{} is no text for a terminal; send it to a file (-o FILE) or another program",
                format.name()
            );
        }
        Ok(match self {
            Out::Stdout => Self::watched(io::stdout()),
            Out::File(file) => Self::watched(file.file.try_clone()?),
        })
    }

    /// A writer, and where its failures are found.
    pub(crate) fn watched(to: impl Write + Send + 'static) -> (Box<dyn Write + Send>, Failure) {
        let failure = Failure::default();
        let to = Watched {
            to,
            failure: failure.clone(),
        };
        (Box::new(BufWriter::new(to)), failure)
    }

    /// Gives a file its name.
    pub(crate) fn finish(self) -> Result<()> {
        if let Out::File(file) = self
            && let Some(unfinished) = file.unfinished
        {
            let cannot = || format!("cannot write {}", plain(&file.path));
            unfinished.finish().with_context(cannot)?;
        }
        Ok(())
    }
}

/// Columns and lines of the terminal that shows standard output.
pub(crate) fn window() -> (usize, usize) {
    let size = tcgetwinsize(io::stdout()).ok();
    let or = |number: u16, otherwise| {
        if number == 0 {
            otherwise
        } else {
            usize::from(number)
        }
    };
    size.map_or((COLUMNS, LINES), |size| {
        (or(size.ws_col, COLUMNS), or(size.ws_row, LINES))
    })
}
