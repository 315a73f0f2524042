//! The scenarios that are kept: their directories, and how large their captures are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::root;

/// A scenario of `corpus/scenarios`.
pub(super) struct Kept {
    /// `NAME/SCENARIO`.
    pub(super) name: String,
    pub(super) directory: PathBuf,
}

impl Kept {
    /// What is replayed.
    pub(super) fn capture(&self) -> PathBuf {
        self.directory.join("capture")
    }

    /// The bytes of its capture.
    pub(super) fn size(&self) -> u64 {
        size_of(&self.capture())
    }
}

/// All scenarios below `corpus/scenarios` that were recorded, by their names.
pub(super) fn all() -> Vec<Kept> {
    let top = root().join("corpus/scenarios");
    let mut found = Vec::new();
    for of_rule in directories(&top) {
        for directory in directories(&of_rule) {
            let name = directory.strip_prefix(&top).expect("below it");
            found.push(Kept {
                name: name.to_string_lossy().into_owned(),
                directory,
            });
        }
    }
    found
}

fn directories(above: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(above).expect("a directory");
    let mut paths: Vec<_> = listed
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| path.is_dir());
    paths.sort();
    paths
}

/// The bytes of all files in and below a directory, or of a file.
pub(super) fn size_of(path: &Path) -> u64 {
    if !path.is_dir() {
        return fs::metadata(path).expect("a file").len();
    }
    let listed = fs::read_dir(path).expect("a directory");
    let sizes = listed.map(|entry| size_of(&entry.expect("an entry").path()));
    sizes.sum()
}
