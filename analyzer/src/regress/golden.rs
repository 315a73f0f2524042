//! Where the expected alerts of a scenario are written: inside the scenario's folder, and nowhere else.
//!
//! In: a scenario's folder, the name that its file gives, a text. Out: that one file, replaced at once.
//! Scenarios come with the rules and captures of others. What they name is read wherever it is; written is only what lies in the folder that somebody asked to bless.
//! Everything is opened relative to the folder, one directory after the other, and no link is followed below it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path};

use falco_format::Directory;

use super::expected::MAX_EXPECTED_BYTES;
use crate::text_file::text_of;

/// Who may read expected alerts: everybody, since they stand in a repository beside the rules.
const MODE: u32 = 0o644;

/// The file `name` of a folder as it is, before it is replaced; nothing where there is none. What would not be written is not read either: its text is shown.
///
/// # Errors
/// When the name leads out of the folder, a directory on the way or the file is none, or reading fails.
pub(super) fn current(folder: &Path, name: &Path) -> io::Result<Option<String>> {
    let (directory, file) = place(folder, name)?;
    match directory.entry(file) {
        Ok(_) => text_of(directory.read(file)?, MAX_EXPECTED_BYTES).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the file `name` of a folder.
///
/// # Errors
/// When the name leads out of the folder, a directory on the way or the file is none, or writing fails.
pub(super) fn write(folder: &Path, name: &Path, text: &str) -> io::Result<()> {
    let (directory, file) = place(folder, name)?;
    let mut beside = OsString::from(".");
    beside.push(file);
    beside.push(format!(".{}.unfinished", std::process::id()));
    let written =
        fill(directory.create(&beside)?, text).and_then(|()| directory.rename(&beside, file));
    if written.is_err() {
        // What is left over is only in the way; the reason of the failure is what the user needs.
        let _ = directory.remove(&beside);
    }
    written
}

/// The directory of a file inside of a folder, and its name there, where a file is or nothing.
fn place<'n>(folder: &Path, name: &'n Path) -> io::Result<(Directory, &'n OsStr)> {
    let mut directory = Directory::open(folder)?;
    let (file, below) = inside(name)?;
    for step in below {
        directory = directory.subdirectory(step).map_err(|error| {
            if error.kind() == io::ErrorKind::NotADirectory {
                refused(LINK)
            } else {
                error
            }
        })?;
    }
    match directory.entry(file) {
        Ok(entry) if !entry.is_file => Err(refused(LINK)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok((directory, file)),
    }
}

const OUTSIDE: &str =
    "--bless writes only inside of the scenario's folder, and `expected` leads out of it";
const LINK: &str =
    "--bless writes only files inside of the scenario's folder, and follows no symbolic links";

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned())
}

/// The last name of a path, and the directories before it: names alone, no root and no way up.
fn inside(name: &Path) -> io::Result<(&OsStr, Vec<&OsStr>)> {
    let mut names = Vec::new();
    for component in name.components() {
        match component {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(refused(OUTSIDE));
            }
        }
    }
    let file = names.pop().ok_or_else(|| refused(OUTSIDE))?;
    Ok((file, names))
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A scenario's folder `s`, and beside it what must stay as it is.
    fn check(name: &str, is_written: bool) {
        let place = tempfile::tempdir().expect("a directory");
        let path = |name: &str| place.path().join(name);
        fs::create_dir_all(path("s/sub")).expect("made");
        fs::create_dir(path("outside")).expect("made");
        for precious in ["victim", "outside/victim", "s/hard"] {
            fs::write(path(precious), "precious").expect("written");
        }
        fs::hard_link(path("victim"), path("s/sub/hard")).expect("linked");
        symlink("../victim", path("s/link")).expect("linked");
        symlink("../new", path("s/dangling")).expect("linked");
        symlink("../outside", path("s/way")).expect("linked");
        symlink("sub", path("s/inner")).expect("linked");
        let absolute = path("victim").display().to_string();
        let name = name.replace("ABSOLUTE", &absolute);
        let current = current(&path("s"), Path::new(&name));
        assert_eq!(current.is_ok(), is_written, "{name}: {current:?}");
        let written = write(&path("s"), Path::new(&name), "alerts");
        assert_eq!(written.is_ok(), is_written, "{name}: {written:?}");
        if is_written {
            assert_eq!(fs::read(path("s").join(&name)).expect("there"), b"alerts");
        }
        for precious in ["victim", "outside/victim"] {
            assert_eq!(
                fs::read(path(precious)).expect("there"),
                b"precious",
                "{name}"
            );
        }
        assert!(
            !path("new").exists() && !path("outside/new").exists(),
            "{name}"
        );
        let left = fs::read_dir(path("s")).expect("listed");
        let is_left = |name: OsString| name.to_string_lossy().contains("unfinished");
        assert!(
            !left
                .map(|entry| entry.expect("an entry").file_name())
                .any(is_left)
        );
    }

    #[test]
    fn nothing_outside_of_the_folder_is_written() {
        check("expected.jsonl", true);
        check("./sub/expected.jsonl", true);
        check("hard", true);
        // The name is replaced, not the file that has another name outside.
        check("sub/hard", true);
        for name in [
            "../victim",
            "sub/../../victim",
            "ABSOLUTE",
            "link",
            "dangling",
            "way/victim",
            "way/new",
            "inner/new",
            "sub",
            ".",
            "",
            "nowhere/new",
        ] {
            check(name, false);
        }
    }
}
