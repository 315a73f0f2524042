//! The directory of an export: its files have their names only when all of them are whole.
//!
//! In: the directory's name, the names of files in it. Out: open files, and at the end the names.
//! Until then everything lies in a hidden directory within: so the export needs no room beside it, and may be a mount point.
//! What a killed export left is taken away by the next one: that hidden directory, and if it was killed while it gave names, the files that have theirs.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::columns::{EXPORT_EXTENSION, Table};
use crate::export::class::Class;
use crate::unfinished::{BeginError, UnfinishedDirectory, unfinished_name};

/// What the hidden directory is called, before its name says that it is unfinished. Readers of tables pass over what begins with a dot.
const HIDDEN: &str = ".export";
/// The file in it that is there while names are given: from then on files of tables beside it may be those of an export that is not whole.
const NAMING: &str = "naming";
/// Only the owner reads what is made of captures, as with captures themselves.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// The directory of an export that is being written. Dropped before it is finished, all that was written goes away.
pub(in crate::export) struct ExportDirectory {
    path: PathBuf,
    /// Whether it was made for this export.
    is_new: bool,
    /// None once it is gone.
    hidden: Option<UnfinishedDirectory>,
    /// Directories that were made below the hidden one.
    made: BTreeSet<PathBuf>,
    is_finished: bool,
}

impl ExportDirectory {
    /// Begins an export. What is there already is an error, or with `force` is replaced where the export has such a name.
    ///
    /// # Errors
    /// When a directory cannot be made, is not empty, or another export is being written there.
    pub(in crate::export) fn begin(path: &Path, force: bool) -> Result<Self, ExportError> {
        let is_new = !path.exists();
        if is_new {
            make(path).map_err(ExportError::of(path))?;
        } else if !force && holds_something(path).map_err(ExportError::of(path))? {
            let path = path.to_owned();
            return Err(ExportError::NotEmpty { path });
        }
        let left = left_behind(path);
        let hidden = match UnfinishedDirectory::begin(&path.join(HIDDEN)) {
            Ok(hidden) => hidden,
            Err(BeginError::Busy) => {
                let path = path.to_owned();
                return Err(ExportError::Busy { path });
            }
            Err(BeginError::Io(source)) => return Err(ExportError::of(path)(source)),
        };
        let directory = Self {
            path: path.to_owned(),
            is_new,
            hidden: Some(hidden),
            made: BTreeSet::new(),
            is_finished: false,
        };
        // Only now, since nobody else writes here any more.
        for name in left {
            remove(&path.join(name)).map_err(ExportError::of(path))?;
        }
        Ok(directory)
    }

    /// Makes a file by its name in the export, with the directories above it, and says where it is for now.
    pub(in crate::export) fn file(&mut self, name: &Path) -> Result<(PathBuf, File), ExportError> {
        let path = self.temporary().join(name);
        if let Some(above) = path.parent().filter(|above| *above != self.temporary()) {
            make(above).map_err(ExportError::of(above))?;
            let below = above.ancestors().take_while(|one| *one != self.temporary());
            let below: Vec<PathBuf> = below.map(Path::to_owned).collect();
            self.made.extend(below);
        }
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&path);
        let file = opened.map_err(ExportError::of(&self.path.join(name)))?;
        Ok((self.path.join(name), file))
    }

    /// Gives everything its name, `last` after all others.
    pub(in crate::export) fn finish(mut self, last: &str) -> Result<(), ExportError> {
        self.give_names(last).map_err(ExportError::of(&self.path))?;
        self.is_finished = true;
        Ok(())
    }

    fn give_names(&mut self, last: &str) -> io::Result<()> {
        for directory in &self.made {
            sync(directory)?;
        }
        let temporary = self.temporary().to_owned();
        let mut names = Vec::new();
        for entry in fs::read_dir(&temporary)? {
            names.push(entry?.file_name());
        }
        let is_last = |name: &Path| name.file_stem().is_some_and(|stem| stem == last);
        names.sort_by_key(|name| (is_last(Path::new(name)), name.clone()));
        File::create_new(temporary.join(NAMING))?.sync_all()?;
        sync(&temporary)?;
        for name in names {
            let target = self.path.join(&name);
            if target.is_dir() {
                fs::remove_dir_all(&target)?;
            }
            fs::rename(temporary.join(&name), target)?;
        }
        sync(&self.path)?;
        // With it goes the file that tells that names are being given.
        self.hidden = None;
        sync(&self.path)
    }

    fn temporary(&self) -> &Path {
        // It is there until names have been given.
        self.hidden
            .as_ref()
            .map_or(self.path.as_path(), UnfinishedDirectory::temporary)
    }
}

impl Drop for ExportDirectory {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        if self.hidden.is_some() {
            // Names were given in part: nobody can be told here, and the next export would take them away too.
            for name in left_behind(&self.path) {
                let _ = remove(&self.path.join(name));
            }
        }
        self.hidden = None;
        if self.is_new {
            // Only an empty directory goes away.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Whether a directory holds anything but what a killed export left.
fn holds_something(path: &Path) -> io::Result<bool> {
    let hidden = unfinished_name(Path::new(HIDDEN));
    let left = left_behind(path);
    for entry in fs::read_dir(path)? {
        let name = PathBuf::from(entry?.file_name());
        if name != hidden && !left.contains(&name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an export was killed in this directory while it gave its files their names: what has one may lack its companions.
#[must_use]
pub fn is_unfinished(directory: &Path) -> bool {
    let hidden = directory.join(unfinished_name(Path::new(HIDDEN)));
    hidden.join(NAMING).exists()
}

/// What has its name although its export is not whole: all that may be of an export, where one was killed while it gave names.
fn left_behind(path: &Path) -> Vec<PathBuf> {
    if !is_unfinished(path) {
        return Vec::new();
    }
    let names = Table::ALL.map(Table::name).into_iter();
    let names = names.chain(Class::ALL.map(Class::name)).flat_map(|name| {
        let file = format!("{name}.{EXPORT_EXTENSION}");
        [PathBuf::from(name), PathBuf::from(file)]
    });
    names.filter(|name| path.join(name).exists()).collect()
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(DIRECTORY_MODE).create(path)
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).expect("a directory").flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn write(directory: &mut ExportDirectory, name: &str) {
        let (_, mut file) = directory.file(Path::new(name)).expect("a file");
        file.write_all(b"rows").expect("written");
    }

    #[test]
    fn nothing_has_its_name_before_all_is_written() {
        let above = tempfile::tempdir().expect("a directory");
        let path = above.path().join("tables");
        let mut directory = ExportDirectory::begin(&path, false).expect("begins");
        write(&mut directory, "losses.parquet");
        write(&mut directory, "events/date=2026-01-01/part-0.parquet");
        assert_eq!(names(&path), [".export.unfinished"]);
        assert!(matches!(
            ExportDirectory::begin(&path, false),
            Err(ExportError::Busy { .. })
        ));
        directory.finish("events").expect("finished");
        assert_eq!(names(&path), ["events", "losses.parquet"]);
        assert!(matches!(
            ExportDirectory::begin(&path, false),
            Err(ExportError::NotEmpty { .. })
        ));
        let mut again = ExportDirectory::begin(&path, true).expect("begins");
        write(&mut again, "events/part-0.parquet");
        again.finish("events").expect("finished");
        assert_eq!(names(&path.join("events")), ["part-0.parquet"]);
    }

    #[test]
    fn what_is_dropped_leaves_nothing() {
        let above = tempfile::tempdir().expect("a directory");
        let path = above.path().join("a/tables");
        let mut directory = ExportDirectory::begin(&path, false).expect("begins");
        write(&mut directory, "events.parquet");
        drop(directory);
        assert!(!path.exists());
    }

    /// What a killed export left, and whether the next one begins; what is left of it then.
    #[track_caller]
    fn check(left: &[&str], expected: Option<&[&str]>) {
        let above = tempfile::tempdir().expect("a directory");
        let path = above.path().join("tables");
        for name in left {
            let file = path.join(name);
            fs::create_dir_all(file.parent().expect("a directory")).expect("made");
            fs::write(file, "half").expect("written");
        }
        let begun = ExportDirectory::begin(&path, false);
        let Some(expected) = expected else {
            assert!(matches!(begun, Err(ExportError::NotEmpty { .. })));
            assert!(left.iter().all(|name| path.join(name).exists()));
            return;
        };
        drop(begun.expect("begins"));
        assert_eq!(names(&path), expected);
    }

    #[test]
    fn what_was_killed_is_taken_away_and_nothing_else() {
        let hidden = ".export.unfinished/losses.parquet";
        let naming = ".export.unfinished/naming";
        check(&[hidden], Some(&[]));
        check(&[naming, hidden, "gaps.parquet", "events/x"], Some(&[]));
        // An export that was replaced stays whole when the one that would replace it was killed early.
        check(&[hidden, "events.parquet"], None);
        check(&[naming, "notes.txt"], None);
        check(&["notes.txt"], None);
    }
}
