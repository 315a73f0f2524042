//! What the kernel opened, beside the name that was asked for.
//!
//! Owns one open file's place as the probe's climb over its dentries told it, and how a path prints that is none from the root.
//! In: the values of a recording's row. Out: what fields ask for; nothing here is resolved by text.

use falco_abi::frame::path_flags;

use super::text::Text;

/// What stands before a path that does not lead to the root of the mount namespace, as the kernel prints it.
const UNREACHABLE: &[u8] = b"(unreachable)/";
/// What stands before a path that lacks its beginning.
const CUT: &[u8] = b"(cut)/";

/// Where the kernel found a file, and what it knows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The path over the mounts; absolute, or with the word that says why it is not.
    pub path: Option<Text>,
    /// The path inside the file system, where the mount shows a part of that.
    pub inner: Option<Text>,
    /// How many names the inode has.
    pub links: Option<u32>,
    /// The mount, as mountinfo numbers it.
    pub mount: Option<u32>,
    /// Bits of `falco_abi::frame::path_flags`.
    pub flags: u32,
}

impl Found {
    /// Whether a bit of `falco_abi::frame::path_flags` is set.
    #[must_use]
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// A path as the climb gave it, by its flags: what is not known to begin at the root never looks as if it did.
    pub(crate) fn shown(path: &[u8], flags: u32) -> Text {
        if path.starts_with(b"/") {
            return path.into();
        }
        let why = if flags & path_flags::CUT != 0 {
            CUT
        } else {
            UNREACHABLE
        };
        [why, path].concat().into()
    }

    /// The path inside a file system: its root is no namespace's, so nothing but a cut keeps it from its beginning.
    pub(in crate::state) fn shown_inner(path: &[u8]) -> Text {
        Found::shown(path, path_flags::CUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_to_the_root_is_absolute() {
        let check = |path: &[u8], flags, expected: &[u8]| {
            assert_eq!(&*Found::shown(path, flags), expected);
        };
        check(b"/etc/shadow", 0, b"/etc/shadow");
        check(b"/etc/shadow", path_flags::DELETED, b"/etc/shadow");
        let outside = path_flags::UNREACHABLE;
        check(b"etc/shadow", outside, b"(unreachable)/etc/shadow");
        check(b"", outside, b"(unreachable)/");
        check(b"a/b", path_flags::CUT, b"(cut)/a/b");
        check(b"a/b", path_flags::CUT | outside, b"(cut)/a/b");
        assert_eq!(&*Found::shown_inner(b"/etc/shadow"), b"/etc/shadow");
        assert_eq!(&*Found::shown_inner(b"b/c"), b"(cut)/b/c");
    }
}
