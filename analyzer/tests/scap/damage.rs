//! Damaged files: read up to the damage, and said so; nothing makes the reader panic.

use std::io::Write as _;

use falco_analyze::scap::ScapFile;
use falco_format::{Item, Projection};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::bytes::{File, text};
use super::rows::{check, lines};

/// Events of the file that is packed.
const EVENTS: u64 = 10_000;
const GOOD: &str = "procinfo tid=3 cpu_usr=1 cpu_sys=2";

/// A file with lists and events of several forms.
fn sample() -> Vec<u8> {
    let (one, two) = (1u64.to_le_bytes(), 2u64.to_le_bytes());
    let user = [
        &[0][..],
        &[1, 0, 0, 0, 2, 0, 0, 0],
        &text("me"),
        &text("/"),
        &text("sh"),
    ]
    .concat();
    let fd = [
        &[9, 0, 0, 0, 0, 0, 0, 0][..],
        &one,
        &two,
        &[7],
        &text("pipe:[5]"),
    ]
    .concat();
    File::new()
        .machine("box")
        .block(0x206, &user)
        .block(0x203, &fd)
        .event(3, 6, &[&one, &[100, 0, 0, 0]])
        .event(3, 7, &[&two, b"hi"])
        .event(3, 234, &[&one, &two])
        .block(0x222, &[0; 40])
        .event(3, 9999, &[b"abc"])
        .section()
        .event(3, 234, &[&one, &two])
        .0
}

fn procinfo(file: File) -> File {
    file.event(3, 234, &[&1u64.to_le_bytes(), &2u64.to_le_bytes()])
}

/// A number that does not pack well.
fn spread(number: u64) -> [u8; 8] {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()
}

/// Reads everything that can be read, and decodes it.
fn read(bytes: Vec<u8>) -> Option<Vec<String>> {
    ScapFile::from_bytes(bytes).map(|file| lines(&file))
}

#[test]
fn a_file_that_ends_early_is_read_up_to_there() {
    let whole = procinfo(procinfo(File::new())).0;
    let first = procinfo(File::new()).0.len();
    for end in 29..whole.len() {
        let mut expected = vec![];
        if end >= first {
            expected.push(GOOD);
        }
        if end != first {
            expected.push("damage: the file ends within a block");
        }
        check(whole[..end].to_vec(), &expected);
    }
}

#[test]
fn packed_bytes_that_end_early_or_are_wrong_are_damage() {
    // Several blocks of either packing, so that the first ones are whole.
    let mut file = File::new();
    for number in 0..EVENTS {
        let number = spread(number);
        file = file.event(3, 234, &[&number, &number]);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&file.0).expect("packs");
    let gzip = encoder.finish().expect("packs");
    let zstd = zstd::encode_all(file.0.as_slice(), 1).expect("packs");
    for packed in [gzip, zstd] {
        let whole = read(packed.clone()).expect("a file of Falco's");
        assert_eq!(whole.len() as u64, EVENTS);
        let half = read(packed[..packed.len() - 9].to_vec()).expect("a file of Falco's");
        let (last, rows) = half.split_last().expect("lines");
        assert!(last.starts_with("damage: the file ends"), "{last}");
        assert!(!rows.is_empty());
        assert_eq!(rows, &whole[..rows.len()]);
    }
}

#[test]
fn lengths_that_differ_are_told_and_the_first_is_believed() {
    let mut file = procinfo(File::new());
    let end = file.0.len() - 1;
    file.0[end] ^= 1;
    check(
        procinfo(file).0,
        &[
            GOOD,
            "damage: a block's two lengths differ; the first was believed",
            GOOD,
        ],
    );
}

#[test]
fn where_the_framing_breaks_reading_ends() {
    let mut file = procinfo(File::new());
    file.0.extend([4, 2, 0, 0, 11, 0, 0, 0, 1, 2, 3]);
    let damage = "damage: a block that is shorter than its own frame ends the file";
    check(file.0, &[GOOD, damage]);
    let mut file = procinfo(File::new());
    file.0.extend([4, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
    let too_long = "damage: an event is longer than any row can be";
    check(
        file.0,
        &[GOOD, too_long, "damage: the file ends within a block"],
    );
}

#[test]
fn a_section_in_the_middle_is_another_segment_of_another_boot() {
    let file = procinfo(procinfo(File::new()).section()).0;
    let file = ScapFile::from_bytes(file).expect("a file of Falco's");
    let headers: Vec<_> = file
        .items()
        .filter_map(|item| match item {
            Item::Segment(header) => Some(header.as_ref().clone()),
            _ => None,
        })
        .collect();
    let [first, second] = headers.as_slice() else {
        panic!("two segments, not {}", headers.len())
    };
    assert_eq!((first.segment_number, second.segment_number), (1, 2));
    assert_ne!(first.boot_id, second.boot_id);
    assert_eq!(lines(&file), [GOOD, GOOD]);
}

#[test]
fn each_segment_ends_once() {
    let mut no_magic = procinfo(File::new());
    no_magic = no_magic.block(0x0a0d_0d0a, &[0; 16]);
    let whole = procinfo(procinfo(File::new()).section());
    for (file, expected) in [
        (whole, ["end", "end"].as_slice()),
        (no_magic, &["not sealed"]),
    ] {
        let file = ScapFile::from_bytes(file.0).expect("a file of Falco's");
        let ends: Vec<_> = file
            .items()
            .filter_map(|item| match item {
                Item::End(_) => Some("end"),
                Item::NotSealed { .. } => Some("not sealed"),
                _ => None,
            })
            .collect();
        assert_eq!(ends, expected);
    }
}

#[test]
fn a_bomb_takes_no_memory() {
    // A list that claims two gigabytes, of zeros that pack well: no entry is as long, so it is passed over as it streams.
    let mut bytes = File::new().0;
    bytes.extend(0x206u32.to_le_bytes());
    bytes.extend((32u32 << 20).to_le_bytes());
    bytes.extend([9; 8]);
    bytes.resize(32 << 20, 0);
    let packed = zstd::encode_all(bytes.as_slice(), 1).expect("packs");
    assert!(packed.len() < 1 << 20);
    let found = read(packed).expect("a file of Falco's");
    assert_eq!(
        found.first().map(String::as_str),
        Some("damage: the rest of a list cannot be read")
    );
}

/// Sections that are read of a file, and one more than a block of rows has.
const SECTIONS_MAX: usize = 1024;
const ENTRIES: usize = 65_537;

#[test]
fn no_list_stands_in_memory_as_a_whole() {
    let group = [&[11, 0, 0, 0, 1, 5, 0, 0, 0][..], &text("")].concat();
    let list = File::new().block(0x220, &group.repeat(8 * ENTRIES));
    let file = ScapFile::from_bytes(procinfo(list).0).expect("a file of Falco's");
    let mut items = file.items();
    let mut rows = 0;
    let mut read = Vec::new();
    for item in items.by_ref() {
        if let Item::State(block) = item {
            rows += block.rows();
            read.push(rows);
        }
        if rows > ENTRIES {
            break;
        }
    }
    // A block is handed out when it is full; what waits behind it was not read yet.
    assert_eq!(read, [65_536, 2 * 65_536]);
    assert!(items.stored_bytes_read() < file.stored_bytes());
    let left: usize = items
        .map(|item| match item {
            Item::State(block) | Item::Events(block) => block.rows(),
            _ => 0,
        })
        .sum();
    // The list's other entries, its end, and the event.
    assert_eq!(rows + left, 8 * ENTRIES + 2);
}

#[test]
fn too_many_sections_end_the_file_and_are_told() {
    let section = File::new().0;
    let check = |sections: usize, expected: &[&str]| {
        let file = ScapFile::from_bytes(section.repeat(sections)).expect("a file of Falco's");
        let found = file.items();
        let found = found.filter(|item| matches!(item, Item::Segment(_)));
        assert_eq!(found.count(), sections.min(SECTIONS_MAX));
        assert_eq!(lines(&file), expected);
    };
    let words = "damage: the file has more sections than are read; the rest was left out";
    check(SECTIONS_MAX, &[]);
    check(SECTIONS_MAX + 1, &[words]);
    check(5 * SECTIONS_MAX, &[words]);
}

#[test]
fn what_no_row_holds_is_told_at_the_end() {
    let (one, two) = (1u64.to_le_bytes(), 2u64.to_le_bytes());
    let ids = "damage: 1 thread id had more than 32 bits; the low ones were kept";
    let file = File::new().event(1 << 32 | 3, 234, &[&one, &two]);
    check(file.0, &[GOOD, ids]);
    let none = "procinfo tid=-1 cpu_usr=1 cpu_sys=2";
    check(File::new().event(u64::MAX, 234, &[&one, &two]).0, &[none]);
    let number = "damage: 1 event had a number of another width than its type's; it was left out";
    let file = File::new().event(3, 234, &[&one, &two[..4]]);
    check(file.0, &["procinfo tid=3 cpu_usr=1", number]);
    let flags = "damage: 1 event had flags that are not known; the low eight were kept";
    let event = super::bytes::event(3, 234, &[&one, &two]);
    let file = File::new().block(0x217, &[&[0, 0, 1, 1, 0, 0][..], &event].concat());
    check(file.0, &[GOOD, flags]);
}

#[test]
fn only_what_is_passed_over_counts_as_skipped() {
    let (one, two) = (1u64.to_le_bytes(), 2u64.to_le_bytes());
    let check = |file: File, expected: &[u64]| {
        let file = ScapFile::from_bytes(file.0).expect("a file of Falco's");
        let skipped = file.items().filter_map(|item| match item {
            Item::Damage(damage) => Some(damage.bytes_skipped),
            _ => None,
        });
        assert!(skipped.eq(expected.iter().copied()));
    };
    // The end of a close finds the begin of a read: it is a row all the same.
    let torn = File::new().event(3, 6, &[&one, &[100, 0, 0, 0]]);
    check(torn.event(3, 5, &[&two]), &[0]);
    // Eight bytes of head, four of trailer, and the body.
    check(File::new().block(0x216, &[0; 8]), &[20]);
}

#[test]
fn what_newer_writers_say_is_passed_over_and_counted() {
    let (one, two) = (1u64.to_le_bytes(), 2u64.to_le_bytes());
    let check = |file: File, expected: usize| {
        let file = ScapFile::from_bytes(file.0).expect("a file of Falco's");
        let skipped = file
            .items()
            .filter(|item| matches!(item, Item::Skipped { .. }));
        assert_eq!(skipped.count(), expected);
        assert_eq!(lines(&file).last().map(String::as_str), Some(GOOD));
    };
    let mut group = [&[1][..], &[5, 0, 0, 0], &text("staff"), b"new"].concat();
    group.splice(0..0, (group.len() as u32 + 4).to_le_bytes());
    check(procinfo(File::new()), 0);
    check(procinfo(File::new().block(0x20a, &[0; 40])), 1);
    check(procinfo(File::new().block(0x220, &group.repeat(2))), 2);
    let more = File::new().event(3, 234, &[&one, &two, b"more"]);
    check(more, 1);
}

#[test]
fn every_single_flip_is_survived() {
    let sample = sample();
    for at in 0..sample.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = sample.clone();
            bytes[at] ^= flip;
            let _ = read(bytes);
        }
    }
}

#[test]
fn every_truncation_is_survived() {
    let sample = sample();
    for end in 0..sample.len() {
        let _ = read(sample[..end].to_vec());
    }
}

proptest! {
    #[test]
    fn any_bytes_after_a_header_are_survived(rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = File::new().0;
        bytes.extend(rest);
        prop_assert!(read(bytes).is_some());
    }

    #[test]
    fn any_body_of_any_block_is_survived(
        kind in 0x200u32..0x224,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let file = procinfo(File::new().block(kind, &body)).0;
        let file = ScapFile::from_bytes(file).expect("a file of Falco's");
        // The framing is whole, so the event behind the block is found whatever the block holds.
        let mut last = None;
        for item in file.items() {
            if let Item::Events(block) = item {
                let rows = block.decode(&Projection::all()).expect("rows");
                last = rows.iter().last().map(|view| view.name().to_owned()).or(last);
            }
        }
        prop_assert_eq!(last.as_deref(), Some("procinfo"));
    }
}
