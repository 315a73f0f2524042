//! Where results go: standard output, or a file that its owner alone may read, as captures are.
//!
//! In: what `-o` names; `-` is standard output. Out: a writer ([`Results`]), the one way to standard output.
//! Results that come one by one stand in the file as they come, so that others may follow it; those that come at once get their name at once.
//!
//! Whoever reads results may go away: that is no error, and the command ends as soon as it can and says what it saw until then.
//! What cannot be written (a full disk, a standard output that was closed before the program began) is an error that names the output.

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use falco_analyze::pipeline::Input;
use falco_analyze::sources::LogInput;
use falco_format::SEGMENT_EXTENSION;
use falco_format::text::plain;

use super::args::{STDIN as STDOUT, is_colored};
use super::at_start;

/// Results tell what captures hold, and captures are readable by their owner alone.
const MODE: u32 = 0o600;

/// What standard output is called.
const STDOUT_NAME: &str = "standard output";

/// Whether the reader of results went away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Whether nobody reads any more.
    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes an error that only says that nobody reads as what it is.
    pub(crate) fn forgive<T>(&self, done: io::Result<T>, instead: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.0.store(true, Ordering::Relaxed);
                Ok(instead)
            }
            done => done,
        }
    }
}

/// Results on their way.
pub(crate) struct Results {
    to: BufWriter<Box<dyn Write>>,
    /// What they go to, for messages.
    name: String,
    unread: Unread,
}

/// What could not be written.
#[derive(Debug)]
struct CannotWrite {
    name: String,
    source: io::Error,
}

impl fmt::Display for CannotWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}", self.name)
    }
}

impl std::error::Error for CannotWrite {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl Results {
    fn to(name: String, to: Box<dyn Write>) -> Self {
        Results {
            to: BufWriter::new(to),
            name,
            unread: Unread::default(),
        }
    }

    /// Tells when nobody reads them any more.
    pub(crate) fn unread(&self) -> Unread {
        self.unread.clone()
    }

    fn done<T>(&self, done: io::Result<T>, instead: T) -> io::Result<T> {
        self.unread.forgive(done, instead).map_err(|source| {
            let (kind, name) = (source.kind(), self.name.clone());
            io::Error::new(kind, CannotWrite { name, source })
        })
    }
}

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.unread.is_so() {
            return Ok(bytes.len());
        }
        let done = self.to.write(bytes);
        self.done(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.unread.is_so() {
            return Ok(());
        }
        let done = self.to.flush();
        self.done(done, ())
    }
}

/// Results on standard output.
pub(crate) fn stdout() -> Results {
    let to: Box<dyn Write> = if at_start::had_stdout() {
        Box::new(io::stdout())
    } else {
        Box::new(Closed)
    };
    Results::to(STDOUT_NAME.to_owned(), to)
}

/// A standard output that is not there. Where there is nothing to say, nothing is wrong.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(rustix::io::Errno::BADF.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file that `-o` names; none where results go to standard output.
pub(crate) fn file_of(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path)
        .filter(|path| path.as_os_str() != STDOUT)
}

/// What an output is called in messages.
pub(crate) fn stdout_or(path: &Path) -> String {
    if path.as_os_str() == STDOUT {
        STDOUT_NAME.to_owned()
    } else {
        plain(path).to_string()
    }
}

/// Where results go that come one by one. A file that is there is written anew, unless it is one of the captures.
pub(crate) fn writer(path: Option<&PathBuf>, inputs: &[Input]) -> Result<Results> {
    let Some(path) = file_of(path) else {
        return Ok(stdout());
    };
    admit_no_capture(path, inputs)?;
    let open = || -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(MODE);
        let file = file.open(path)?;
        if file.metadata()?.is_file() {
            file.set_permissions(Permissions::from_mode(MODE))?;
        }
        Ok(file)
    };
    let file = open().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Results::to(path.display().to_string(), Box::new(file)))
}

/// Writes results that come at once: whoever reads the file sees the old ones or the new ones.
pub(crate) fn write_whole(path: Option<&PathBuf>, text: &[u8]) -> Result<()> {
    let is_replaced = |path: &&Path| !path.metadata().is_ok_and(|there| !there.is_file());
    let Some(target) = file_of(path).filter(is_replaced) else {
        let mut writer = writer(path, &[])?;
        writer.write_all(text)?;
        return Ok(writer.flush()?);
    };
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.unfinished", std::process::id()));
    let beside = target.with_file_name(name);
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&beside)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&beside, target)
    };
    let written = write();
    if written.is_err() {
        // What is left over is only in the way; the reason of the failure is what the user needs.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {}", target.display()))
}

/// Refuses a name that cannot be that of a directory of results: what is there and is none, and `-`, which stands for standard output elsewhere. `instead` says what goes there.
pub(crate) fn admit_directory(path: &Path, instead: &str) -> Result<()> {
    if path.as_os_str() == STDOUT {
        bail!(
            "what is written is a directory of files, and standard output is one stream: {instead}"
        );
    }
    if path.metadata().is_ok_and(|there| !there.is_dir()) {
        bail!(
            "{} is not a directory; give the name of one, or one that is free",
            plain(path)
        );
    }
    Ok(())
}

/// Refuses a name within a directory that is read: captures that lie in one are read as one, so the copy would be taken for a part of the evidence.
pub(crate) fn admit_outside(output: &Path, captures: &[PathBuf]) -> Result<()> {
    let Ok(output) = std::path::absolute(output) else {
        return Ok(());
    };
    // The name itself may be free, and so may some above it.
    let mut above = output.ancestors();
    let Some(there) = above.find_map(|above| above.canonicalize().ok()) else {
        return Ok(());
    };
    for capture in captures.iter().filter(|capture| capture.is_dir()) {
        // Of the directory itself it is said elsewhere that it is not empty.
        let is_within = |capture: PathBuf| {
            there.starts_with(&capture) && output.canonicalize().ok() != Some(capture)
        };
        if capture.canonicalize().is_ok_and(is_within) {
            bail!(
                "{} lies within {}, which is read, and would be taken for a part of it; give a directory beside it",
                plain(&output),
                plain(capture)
            );
        }
    }
    // Whoever reads that capture later would read both.
    if !output.exists() && has_segments(&there) {
        bail!(
            "{} lies within {}, which is a capture, and would be taken for a part of it; give a directory beside it",
            plain(&output),
            plain(&there)
        );
    }
    Ok(())
}

/// Whether segments lie in a directory.
fn has_segments(directory: &Path) -> bool {
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    names
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|it| it == SEGMENT_EXTENSION))
}

/// Refuses a name that is one of the logs or of the rule files that are read.
pub(crate) fn admit_beside(
    path: Option<&PathBuf>,
    logs: &[LogInput],
    rules: &[PathBuf],
) -> Result<()> {
    let logs: Vec<_> = logs.iter().map(|log| log.path.clone()).collect();
    admit_other_than(path, &logs, "logs")?;
    admit_other_than(path, rules, "rule files")
}

/// Refuses a name that is one of the captures, or a file of one.
pub(crate) fn admit_no_capture(path: &Path, inputs: &[Input]) -> Result<()> {
    if inputs.iter().any(|input| is_file_of(path, input)) {
        bail!(
            "{} is one of the captures; give another name",
            path.display()
        );
    }
    Ok(())
}

/// Refuses a name that is one of some files that are read; `what` says what they are.
pub(crate) fn admit_other_than(
    path: Option<&PathBuf>,
    files: &[PathBuf],
    what: &str,
) -> Result<()> {
    let path = file_of(path);
    let taken = path.filter(|path| is_one_of(path, files.iter().map(PathBuf::as_path)));
    if let Some(path) = taken {
        bail!("{} is one of the {what}; give another name", plain(path));
    }
    Ok(())
}

/// Whether a file is what an input is read from.
fn is_file_of(path: &Path, input: &Input) -> bool {
    let segments = input.capture().map(|capture| capture.segments());
    let segments = segments.unwrap_or_default().iter();
    let files = segments.filter_map(|segment| segment.path());
    is_one_of(path, files.chain([input.path.as_path()]))
}

/// Whether a file is one of these, whatever its names.
fn is_one_of<'f>(path: &Path, mut files: impl Iterator<Item = &'f Path>) -> bool {
    let id = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    id(path).is_some_and(|wanted| files.any(|file| id(file) == Some(wanted)))
}

/// Whether results that go to `path` are seen on a terminal that takes colours.
pub(crate) fn is_output_colored(path: Option<&PathBuf>) -> bool {
    file_of(path).is_none() && is_colored(&io::stdout())
}

/// Refuses to put bytes that are no text on a terminal, or where there is no standard output.
pub(crate) fn admit_bytes_on_stdout(what: &str) -> Result<()> {
    if !at_start::had_stdout() {
        let source = io::Error::from(rustix::io::Errno::BADF);
        let name = STDOUT_NAME.to_owned();
        return Err(CannotWrite { name, source }.into());
    }
    if io::stdout().is_terminal() {
        bail!("{what} is no text for a terminal; send it to a file or another program");
    }
    Ok(())
}
