//! The reference data: captures and what Falco says of their events.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// Names the directory of the reference data.
const DIRECTORY: &str = "FALCO_REFERENCE";

/// The directory, or nothing with a printed reason.
pub(crate) fn directory(test: &str) -> Option<PathBuf> {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        let line = format!("skipped {test}: {DIRECTORY} names no reference data\n");
        // Past the capture of the test runner, which hides what passing tests print; a closed stream is nobody's concern.
        let _ = io::stderr().write_all(line.as_bytes());
        return None;
    };
    Some(directory.into())
}

/// The files of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// A capture's name without its endings.
pub(crate) fn name_of(capture: &Path) -> String {
    let name = capture.file_name().expect("a name").to_string_lossy();
    name.trim_end_matches(".gz")
        .trim_end_matches(".scap")
        .to_owned()
}

/// The text of a packed file; `None` where there is none.
pub(crate) fn packed_text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).ok()?)
        .read_to_end(&mut bytes)
        .expect("the file unpacks");
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
