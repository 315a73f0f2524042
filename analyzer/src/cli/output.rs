//! Where results go: standard output, or a file that its owner alone may read, as captures are.
//!
//! In: what `-o` names; `-` is standard output. Out: a writer.
//! Results that come one by one stand in the file as they come, so that others may follow it; those that come at once get their name at once.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use falco_analyze::pipeline::Input;

use super::args::{STDIN as STDOUT, is_colored};

/// Results tell what captures hold, and captures are readable by their owner alone.
const MODE: u32 = 0o600;

/// The file that `-o` names; none where results go to standard output.
pub(crate) fn file_of(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path)
        .filter(|path| path.as_os_str() != STDOUT)
}

/// Where results go that come one by one. A file that is there is written anew, unless it is one of the captures.
pub(crate) fn writer(path: Option<&PathBuf>, inputs: &[Input]) -> Result<Box<dyn Write>> {
    let Some(path) = file_of(path) else {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    };
    if inputs.iter().any(|input| is_file_of(path, input)) {
        bail!(
            "{} is one of the captures; give another name",
            path.display()
        );
    }
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
    Ok(Box::new(BufWriter::new(file)))
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

/// Whether a file is what an input is read from.
fn is_file_of(path: &Path, input: &Input) -> bool {
    let id = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let Some(wanted) = id(path) else {
        return false;
    };
    let segments = input.capture().map(|capture| capture.segments());
    let segments = segments.unwrap_or_default().iter();
    let files = segments.filter_map(|segment| segment.path());
    files
        .chain([input.path.as_path()])
        .any(|file| id(file) == Some(wanted))
}

/// Whether results that go to `path` are seen on a terminal that takes colours.
pub(crate) fn is_output_colored(path: Option<&PathBuf>) -> bool {
    file_of(path).is_none() && is_colored(&io::stdout())
}

/// Refuses to put bytes that are no text on a terminal.
pub(crate) fn refuse_terminal(what: &str) -> Result<()> {
    if io::stdout().is_terminal() {
        bail!("{what} is no text for a terminal; send it to a file or another program");
    }
    Ok(())
}
