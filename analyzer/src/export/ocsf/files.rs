//! Attributes of files.
//!
//! In: an event. Out: values. A file must have a name: of what has none it is empty.

use super::event::{Event, F};
use super::meaning::meaning;
use crate::export::class::Class;

/// The path that the event is about.
pub(super) fn path(event: &Event<'_>) -> Option<String> {
    let paths = [F::Path, F::SourcePath, F::FdName];
    let found = paths.into_iter().find_map(|field| event.text(field));
    let asked = || {
        ["target", "name", "path", "dir"]
            .into_iter()
            .find_map(|name| event.argument(name))
    };
    found.map(ToOwned::to_owned).or_else(asked)
}

/// Where a file is moved to.
pub(super) fn target(event: &Event<'_>) -> Option<String> {
    let is_rename = event.text(F::Type)?.starts_with("rename");
    event
        .text(F::TargetPath)
        .filter(|_| is_rename)
        .map(ToOwned::to_owned)
}

/// The last name of a path; that of the root is `/`.
pub(super) fn name(path: Option<impl AsRef<str>>) -> String {
    let Some(path) = path else {
        return String::new();
    };
    let path = path.as_ref();
    let name = path.trim_end_matches('/').rsplit('/').next();
    name.filter(|name| !name.is_empty())
        .unwrap_or(path)
        .to_owned()
}

/// The number of a file's type.
pub(super) fn kind(event: &Event<'_>) -> i64 {
    const UNKNOWN: i64 = 0;
    const REGULAR: i64 = 1;
    const FOLDER: i64 = 2;
    const SYMLINK: i64 = 7;
    match (event.text(F::Type), event.text(F::FdType)) {
        (Some("mkdir" | "mkdirat" | "rmdir"), _) | (_, Some("directory")) => FOLDER,
        (Some("symlink" | "symlinkat"), _) => SYMLINK,
        (_, Some("file")) => REGULAR,
        _ => UNKNOWN,
    }
}

pub(super) fn inode(event: &Event<'_>) -> Option<String> {
    let inode = event.int(F::FdInode).filter(|inode| *inode > 0)?;
    Some(inode.to_string())
}

/// The path that a finding is about, where it is about a file.
pub(super) fn evidence(event: &Event<'_>) -> Option<String> {
    let is_file = event
        .text(F::Type)
        .and_then(meaning)
        .is_some_and(|meaning| meaning.class == Class::File);
    path(event).filter(|_| is_file)
}
