//! A root: a directory that holds a directory per boot.
//!
//! Owns how the directories of boots are named and found; segments are theirs.
//! Segments that stand in the root itself are of before there were roots, or are a capture of one boot: they come first.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::directory::Directory;

/// Digits of the boot id in the name of a boot's directory.
const BOOT_DIGITS: usize = 8;

/// The first digits of a boot id, with which the name of its directory ends.
pub fn boot_digits(boot_id: [u8; 16]) -> String {
    let digits = boot_id.iter().map(|byte| format!("{byte:02x}"));
    digits
        .collect::<String>()
        .chars()
        .take(BOOT_DIGITS)
        .collect()
}

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
        let boot = std::array::from_fn(|place| place as u8 * 17);
        assert_eq!(boot_digits(boot), "00112233");
    }
}
