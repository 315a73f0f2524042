//! What a file is, from its first bytes alone: its name may be anything.
//!
//! In: the first bytes, unpacked. Out: a capture of one form or the other, or the name of what it is instead, with what to do.
//! Well-known files that are no captures are named, since "not a capture" leaves whoever mistook them where they were.

use std::ops::RangeInclusive;

use falco_format::is_segment_start;

use crate::scap::block::{FRAME_LEN, HEAD_LEN, SECTION_MAGIC, kind};
use crate::scap::source::packing;

/// Bytes that tell what a file is: lists and comments before what is typical fit, and no more is unpacked for it.
pub(super) const HEAD_BYTES: usize = 64 << 10;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing is in it.
    Empty,
    /// A `.scap` file.
    Scap,
    /// A segment of a capture.
    Segment,
    /// No capture, but something well-known: its name, and what to do.
    Foreign(&'static str),
    /// Nothing that is known: perhaps a segment whose beginning is damaged.
    Unknown,
}

/// What a file that begins with these bytes is.
pub(super) fn kind_of(head: &[u8]) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if is_segment_start(head) {
        return Kind::Segment;
    }
    if let Some(section) = section_kind(head) {
        return section;
    }
    if packing(head).is_some() {
        return Kind::Foreign("it is packed twice; unpack it once");
    }
    let known = MAGICS
        .iter()
        .find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    if let Some((_, _, words)) = known {
        return Kind::Foreign(words);
    }
    text_kind(head).map_or(Kind::Unknown, Kind::Foreign)
}

/// Whether a file that begins so is a capture of system calls, of either form.
#[must_use]
pub fn is_capture(head: &[u8]) -> bool {
    matches!(kind_of(head), Kind::Segment | Kind::Scap)
}

const PACKETS: &str = "it holds network packets, not system calls (tcpdump and Wireshark read it)";
const UNPACK: &str = "it is packed by a program that is not known here; unpack it first (gzip, zstd and xz are unpacked as they are read)";
const ARCHIVE: &str = "it is an archive; take the captures out of it first";
const SCAP_OF_OTHERS: &str =
    "it was written on a machine of the other byte order, which this program does not read";

/// Where, which bytes, and what they mean.
const MAGICS: [(usize, &[u8], &str); 22] = [
    (0, b"\xd4\xc3\xb2\xa1", PACKETS),
    (0, b"\xa1\xb2\xc3\xd4", PACKETS),
    (0, b"\x4d\x3c\xb2\xa1", PACKETS),
    (0, b"\xa1\xb2\x3c\x4d", PACKETS),
    (
        0,
        b"\x7fELF",
        "it is a program or a core dump (ELF), not a recording of one",
    ),
    (
        0,
        b"PAR1",
        "it is a Parquet file; `falco-analyze sql` reads exports",
    ),
    (0, b"BZh", UNPACK),
    (0, b"\x04\x22\x4d\x18", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", UNPACK),
    (0, b"Rar!", UNPACK),
    (0, b"\x1f\x9d", UNPACK),
    (0, b"PK\x03\x04", ARCHIVE),
    (257, b"ustar", ARCHIVE),
    (0, b"!<arch>\n", ARCHIVE),
    (
        0,
        b"PERFILE2",
        "it is a recording of perf; `perf script` reads it",
    ),
    (
        0,
        b"LPKSHHRH",
        "it is a journal of systemd; `journalctl --file` reads it",
    ),
    (0, b"SQLite format 3", "it is a database of SQLite"),
    (
        0,
        b"\xc1\x1f\xfc\xc1",
        "it is a trace of LTTng (CTF); `babeltrace2` reads it",
    ),
    (0, b"ElfFile\0", "it is an event log of Windows"),
    (
        0,
        b"version https://git-lfs",
        "it stands for a file that Git LFS keeps elsewhere; `git lfs pull` fetches it",
    ),
    (0, b"%PDF", "it is a PDF document"),
    (0, b"\x89PNG", "it is a picture"),
];

/// A file in pcapng's framing: of Falco's, of the network, or of neither.
fn section_kind(head: &[u8]) -> Option<Kind> {
    let word = |at: usize| {
        let bytes = head.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    };
    if word(0)? != kind::SECTION {
        return None;
    }
    match word(HEAD_LEN) {
        Some(SECTION_MAGIC) => {}
        Some(magic) if magic == SECTION_MAGIC.swap_bytes() => {
            return Some(Kind::Foreign(foreign_order(head)));
        }
        _ => return None,
    }
    // The first block that only one of the two has decides: both share the section's header, and comments may follow it.
    let mut at = 0_usize;
    while let (Some(number), Some(length)) = (word(at), word(at.saturating_add(4))) {
        if is_of_network(number) {
            return Some(Kind::Foreign(PACKETS));
        }
        if FALCOS.contains(&number) || (length as usize) < FRAME_LEN {
            break;
        }
        at = at.saturating_add(length as usize);
    }
    Some(Kind::Scap)
}

/// The numbers of blocks that only `.scap` files have.
const FALCOS: RangeInclusive<u32> = kind::MACHINE..=0x2ff;

/// Interfaces, packets, simple packets, enhanced packets of pcapng; a number in `.scap` is 512 and more.
fn is_of_network(number: u32) -> bool {
    matches!(number, 1 | 2 | 3 | 6)
}

/// Of a file in the other byte order: what it holds, from the block behind the section's header.
fn foreign_order(head: &[u8]) -> &'static str {
    let word = |at: usize| {
        let bytes = head.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let next = word(4).and_then(|length| word(length as usize));
    if next.is_some_and(is_of_network) {
        PACKETS
    } else {
        SCAP_OF_OTHERS
    }
}

/// What a text is, where it is one.
fn text_kind(head: &[u8]) -> Option<&'static str> {
    // A character that the head's end cuts is no fault of the text.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |character: char| !character.is_control() || character.is_whitespace();
    if !text
        .chars()
        .all(|character| is_text(character) || character == '\x1b')
    {
        return None;
    }
    let start = text.trim_start();
    let is_rules = |line: &str| {
        let item = line.strip_prefix('-').map(str::trim_start);
        let keys = ["rule:", "macro:", "list:", "required_engine_version:"];
        item.is_some_and(|item| keys.iter().any(|key| item.starts_with(key)))
    };
    Some(if text.lines().any(is_rules) {
        "it is a file of rules; those are given by -r"
    } else if start.starts_with("<!DOCTYPE") || start.starts_with("<html") {
        "it is a web page, perhaps in place of what was to be downloaded"
    } else if start.lines().next().is_some_and(is_line_of_sysdig) {
        "it is what sysdig printed; the capture itself is what `sysdig -w` writes"
    } else if start.starts_with("type=") && text.contains("msg=audit(") {
        "it is a log of auditd, not a recording of system calls"
    } else if start.starts_with('{') || start.starts_with('[') {
        "it is JSON text, such as alerts; the capture is what they were drawn from"
    } else {
        "it is text"
    })
}

/// `12 10:11:12.131415161 0 bash (4711) > open …`: number, time, CPU, name, thread, direction.
fn is_line_of_sysdig(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let is_number = |word: Option<&str>| word.is_some_and(|word| word.parse::<u64>().is_ok());
    let is_counted = is_number(words.next());
    let is_timed = words.next().is_some_and(|time| {
        time.contains(':')
            && time.contains('.')
            && time
                .bytes()
                .all(|byte| byte == b':' || byte == b'.' || byte.is_ascii_digit())
    });
    let rest: Vec<_> = words.take(8).collect();
    is_counted && is_timed && rest.iter().any(|word| matches!(*word, ">" | "<"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], part: &str) {
        match kind_of(head) {
            Kind::Foreign(words) => assert!(words.contains(part), "{words}: no {part}"),
            other => panic!("{part}: {other:?}"),
        }
    }

    fn block(number: u32, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 12).to_le_bytes();
        [&number.to_le_bytes()[..], &length, body, &length].concat()
    }

    fn section() -> Vec<u8> {
        let body = [&SECTION_MAGIC.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        block(kind::SECTION, &body)
    }

    #[test]
    fn what_is_no_capture_is_named() {
        check(b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "network packets");
        check(b"\x7fELF\x02\x01\x01", "ELF");
        check(b"PAR1....", "sql");
        check(b"BZh91AY", "unpack");
        check(&[&[b'a'; 257][..], b"ustar\0"].concat(), "archive");
        check(b"# mine\n\n- rule: A\n  desc: b\n", "-r");
        check(b"-   macro: m\n", "-r");
        check("{\"ä\": 1}".as_bytes(), "JSON");
        check(&"hä".as_bytes()[..2], "text");
        check(b"1 10:11:12.131415161 0 bash (4711) > open fd=3", "sysdig");
        check(b"  <!DOCTYPE html><html>", "web page");
        check(b"type=SYSCALL msg=audit(1.2:3): arch=c000003e", "auditd");
        check(b"hello\n", "text");
        check(b"\x1f\x8b\x08", "twice");
    }

    #[test]
    fn pcapng_and_scap_are_told_apart_by_their_blocks() {
        let interface = block(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
        let comment = block(0xbad, b"some");
        let machine = block(kind::MACHINE, &[0; 8]);
        check(&[section(), interface.clone()].concat(), "network packets");
        check(
            &[section(), comment.clone(), interface].concat(),
            "network packets",
        );
        let is_scap = |blocks: &[Vec<u8>]| assert_eq!(kind_of(&blocks.concat()), Kind::Scap);
        is_scap(&[section()]);
        is_scap(&[section(), machine.clone()]);
        is_scap(&[section(), comment, machine]);
        let swapped: Vec<u8> = section()
            .chunks(4)
            .flat_map(|word| word.iter().rev().copied().collect::<Vec<_>>())
            .collect();
        check(&swapped, "byte order");
        check(
            &[swapped, vec![0, 0, 0, 1, 0, 0, 0, 20]].concat(),
            "network packets",
        );
    }

    #[test]
    fn bytes_that_are_nothing_known_are_left_to_who_looks_further() {
        assert_eq!(kind_of(b""), Kind::Empty);
        assert_eq!(kind_of(b"\x00\x01\x02\xff\xfe"), Kind::Unknown);
        assert_eq!(kind_of(b"\x89FLC\r\n\x1a\n"), Kind::Segment);
    }
}
