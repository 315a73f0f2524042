//! House rules that a program can check; `ARCHITECTURE.md` and `CONTRIBUTING.md` hold them in words.
//!
//! A rule's exceptions stand beside it with their reason, and an exception that is not needed any more is a failure too.

mod circles;
mod packages;
mod prose;
mod sources;
mod table;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::root;

/// Directories that hold nothing of ours.
const NOT_OURS: [&str; 3] = ["target", ".git", "artifacts"];

/// One file of the project.
struct Source {
    /// Its path below the project's root.
    path: String,
    /// Its bytes.
    bytes: Vec<u8>,
}

impl Source {
    /// Its text, if it is one.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    fn is(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }
}

/// Every file of the project, in order of paths.
fn files() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root(), Path::new(""), &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(files.len() > 50, "the project was not found");
    files
}

fn collect(root: &Path, below: &Path, files: &mut Vec<Source>) {
    let entries = fs::read_dir(root.join(below)).expect("a directory of the project");
    for entry in entries {
        let entry = entry.expect("an entry of a directory");
        let name = entry.file_name();
        let path: PathBuf = below.join(&name);
        let kind = entry.file_type().expect("the type of an entry");
        if kind.is_dir() {
            if !NOT_OURS.iter().any(|other| name == *other) {
                collect(root, &path, files);
            }
        } else if kind.is_file() {
            files.push(Source {
                path: path.to_string_lossy().into_owned(),
                bytes: fs::read(root.join(&path)).expect("a file of the project"),
            });
        }
    }
}

/// Fails with all complaints at once.
fn report(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n{}", complaints.join("\n"));
}
