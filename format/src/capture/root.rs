//! A root: a directory that holds a directory per boot.
//!
//! Owns how the directories of boots are named and found; segments are theirs.
//! Segments that stand in the root itself are of before there were roots, or are a capture of one boot: they come first.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

use super::file::{open_in, segment_files};
use crate::directory::Directory;
use crate::dropped::DroppedRange;

/// Whether a directory's name is that of a boot's: `20260102T030405Z-89abcdef`, the time of its first start and the boot id's first digits.
pub fn is_boot_directory(name: &OsStr) -> bool {
    const PATTERN: &[u8] = b"00000000T000000Z-ffffffff";
    let name = name.as_encoded_bytes();
    let fits = |(byte, pattern): (&u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        b'f' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        _ => byte == pattern,
    };
    name.len() == PATTERN.len() && name.iter().zip(PATTERN).all(fits)
}

/// The directories of boots below a root, in the order of their times. What only has such a name and is no directory is none.
pub fn boot_directories(root: &Directory) -> io::Result<Vec<OsString>> {
    let mut names = root.names()?;
    names.retain(|name| {
        is_boot_directory(name) && root.entry(name).is_ok_and(|entry| entry.is_directory)
    });
    Ok(names)
}

/// What the directories of other boots beside this one say that retention dropped of it.
pub(super) fn told_beside(boot: &Path) -> Vec<DroppedRange> {
    let mut told = Vec::new();
    let own = fs::canonicalize(boot).unwrap_or_default();
    let Some((root, name)) = own.parent().zip(own.file_name()) else {
        return told;
    };
    let root = Directory::open(root)
        .ok()
        .filter(|_| is_boot_directory(name));
    let Some(root) = root else {
        return told;
    };
    for other in boot_directories(&root).unwrap_or_default() {
        let Ok(other) = root.subdirectory(&other) else {
            continue;
        };
        told.extend(newest_told(&other));
    }
    told.retain(|range| name == range.directory.as_str());
    told
}

/// What the newest segment of a directory that tells anything says that retention dropped: it knows all that those before it knew.
fn newest_told(directory: &Directory) -> Vec<DroppedRange> {
    let names = segment_files(directory).unwrap_or_default();
    let segments = names
        .iter()
        .rev()
        .filter_map(|name| open_in(directory, name).ok());
    let mut segments = segments.filter(|segment| segment.header().is_some());
    segments
        .next()
        .map_or_else(Vec::new, |segment| segment.dropped())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_boots() {
        let check = |name: &str, expected| {
            assert_eq!(is_boot_directory(OsStr::new(name)), expected, "{name}");
        };
        check("20260102T030405Z-89abcdef", true);
        check("20260102T030405Z-89ABCDEF", false);
        check("20260102T030405Z-89abcde", false);
        check("20260102T030405Z_89abcdef", false);
        check("2026010xT030405Z-89abcdef", false);
        check("", false);
    }
}
