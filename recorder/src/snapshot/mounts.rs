//! Mounts, from `mountinfo`.
//!
//! A line in, a row out; names in the file have blanks, tabs, newlines and backslashes written in octal, which is undone.

use falco_abi::events::state_mount;

use crate::row::{Row, Subject};

/// One line of `mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    id: u64,
    parent: u64,
    /// Device in the kernel's encoding.
    dev: u64,
    root: Vec<u8>,
    /// Where it is mounted.
    pub(super) mountpoint: Vec<u8>,
    options: Vec<u8>,
    /// Type of the file system.
    pub(super) kind: Vec<u8>,
    source: Vec<u8>,
    /// Options of the file system, as opposed to those of the mount.
    pub(super) super_options: Vec<u8>,
}

impl Mount {
    /// Parses a line.
    pub(super) fn parse(line: &[u8]) -> Option<Mount> {
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        // Optional fields stand between the sixth field and a lone hyphen.
        let hyphen = words.iter().skip(6).position(|word| *word == b"-")? + 6;
        let [id, parent, dev, root, mountpoint, options, ..] = words.as_slice() else {
            return None;
        };
        let [_, kind, source, super_options, ..] = words.get(hyphen..)? else {
            return None;
        };
        let (major, minor) = std::str::from_utf8(dev).ok()?.split_once(':')?;
        Some(Mount {
            id: number(id)?,
            parent: number(parent)?,
            dev: device(major.parse().ok()?, minor.parse().ok()?),
            root: unescape(root),
            mountpoint: unescape(mountpoint),
            options: options.to_vec(),
            kind: unescape(kind),
            source: unescape(source),
            super_options: super_options.to_vec(),
        })
    }

    /// Its row.
    pub(super) fn row(&self, mnt_ns: u64, time: u64) -> Row {
        let mut row = Row::new(state_mount::EVENT, Subject::default(), time);
        row.uint(state_mount::mnt_ns, mnt_ns)
            .uint(state_mount::id, self.id)
            .uint(state_mount::parent, self.parent)
            .uint(state_mount::dev, self.dev)
            .bytes(state_mount::root, self.root.as_slice())
            .bytes(state_mount::mountpoint, self.mountpoint.as_slice())
            .bytes(state_mount::r#type, self.kind.as_slice())
            .bytes(state_mount::source, self.source.as_slice())
            .bytes(state_mount::options, self.options.as_slice());
        row
    }
}

/// A device number in the kernel's own encoding.
pub(super) fn device(major: u32, minor: u32) -> u64 {
    u64::from(major) << 20 | u64::from(minor)
}

fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Undoes `\040` and its like.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, tail)) = rest.split_first() {
        if let (
            [
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                after @ ..,
            ],
            b'\\',
        ) = (tail, first)
        {
            out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_optional_fields_and_octal_names() {
        let line = b"36 35 98:2 /mnt1 /mnt\\0402 rw,noatime master:1 shared:3 - ext3 /dev/root rw,errors=continue";
        let mount = Mount::parse(line).expect("a line");
        assert_eq!((mount.id, mount.parent, mount.dev), (36, 35, 98 << 20 | 2));
        assert_eq!(mount.mountpoint, b"/mnt 2");
        assert_eq!(mount.kind, b"ext3");
        assert_eq!(mount.super_options, b"rw,errors=continue");
        let row = mount.row(1, 2);
        assert_eq!(row.values[state_mount::source].bytes, b"/dev/root");
        assert_eq!(row.values[state_mount::options].bytes, b"rw,noatime");
    }

    #[test]
    fn a_line_without_optional_fields() {
        let line = b"22 27 0:21 / /proc rw,relatime - proc proc rw";
        assert_eq!(Mount::parse(line).expect("a line").mountpoint, b"/proc");
    }

    #[test]
    fn odd_lines_are_refused() {
        for line in [
            &b""[..],
            b"1 2 3",
            b"1 2 0:1 / / rw ext3 x rw",
            b"1 2 0-1 / / rw - a b c",
        ] {
            assert_eq!(Mount::parse(line), None);
        }
    }

    #[test]
    fn octal_is_undone_only_where_it_is_octal() {
        let check = |word: &[u8], expected: &[u8]| assert_eq!(unescape(word), expected);
        check(b"a\\134b", b"a\\b");
        check(b"a\\9b", b"a\\9b");
        check(b"\\04", b"\\04");
        check(b"\\012", b"\n");
    }
}
