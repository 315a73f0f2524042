//! The same captures after something happened to them, by seeds that are the same every time.

use std::fs;
use std::path::{Path, PathBuf};

use falco_format::{
    Capture, ClockPair, Item, MemoryIo, RowOrder, Schema, SegmentHeader, SegmentWriter, Sequel,
    UnixNanos,
};

use super::{compare, golden, python};
use crate::rows::{encode, header, opened};

/// Variants of each segment.
const SEEDS: u64 = 200;

/// Numbers that look random and are the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }
}

/// Where the items of a segment stand, as far as it is whole.
fn items(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes.get(at..at + 4) == Some(b"\x89FLC") {
        let length: [u8; 4] = bytes[at + 20..at + 24].try_into().expect("four");
        let end = at + 40 + (u32::from_le_bytes(length) as usize).next_multiple_of(8) + 16;
        if end > bytes.len() {
            break;
        }
        found.push((at, end));
        at = end;
    }
    found
}

/// An item that somebody changed who knows the format: its header, its payload or both, and all checksums are right.
fn forged(item: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = item.to_vec();
    let length: [u8; 4] = bytes[20..24].try_into().expect("four");
    let payload = 40..40 + u32::from_le_bytes(length) as usize;
    match dice.roll(5) {
        0 => bytes[16] = dice.roll(15) as u8,
        1 => bytes[18] = dice.roll(2) as u8,
        2 => bytes[19] = dice.roll(2) as u8,
        3 => bytes[24] = dice.roll(20) as u8,
        _ if payload.is_empty() => {}
        _ => bytes[payload.start + dice.roll(payload.len())] ^= 1 << dice.roll(8),
    }
    let checksum = crc32c::crc32c(&bytes[payload]).to_le_bytes();
    bytes[32..36].copy_from_slice(&checksum);
    let checksum = crc32c::crc32c(&bytes[..36]).to_le_bytes();
    bytes[36..40].copy_from_slice(&checksum);
    let checksum = crc32c::crc32c(&bytes[..40]).to_le_bytes();
    let end = bytes.len();
    bytes[end - 12..end - 8].copy_from_slice(&checksum);
    bytes
}

/// One thing that happens to a segment.
fn hurt(bytes: &mut Vec<u8>, whole: &[u8], dice: &mut Dice) {
    let items = items(whole);
    if items.is_empty() || bytes.is_empty() {
        return;
    }
    let (start, end) = items[dice.roll(items.len())];
    let (other, other_end) = items[dice.roll(items.len())];
    let place = dice.roll(bytes.len());
    match dice.roll(11) {
        0 => bytes.truncate(place),
        1 => bytes[place] ^= 1 << dice.roll(8),
        2 => {
            let length = dice.roll(200).min(bytes.len() - place);
            bytes[place..place + length].fill(0);
        }
        // An item is cut out, repeated at its own or another place, or two change places.
        3 if end <= bytes.len() => drop(bytes.drain(start..end)),
        4 if end <= bytes.len() => drop(bytes.splice(end..end, whole[start..end].to_vec())),
        5 if other <= bytes.len() => drop(bytes.splice(other..other, whole[start..end].to_vec())),
        6 if end <= other && other_end <= bytes.len() => {
            let swapped = [
                &whole[other..other_end],
                &whole[end..other],
                &whole[start..end],
            ];
            drop(bytes.splice(start..other_end, swapped.concat()));
        }
        7 => bytes.extend_from_slice(&whole[start..start + dice.roll(end - start)]),
        8 => drop(bytes.splice(place..place, vec![0xaa; 8 * dice.roll(9)])),
        9 => bytes.extend(forged(&whole[start..end], dice)),
        _ if end <= bytes.len() => drop(bytes.splice(start..end, forged(&whole[start..end], dice))),
        _ => {}
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

fn variants(name: &str, whole: &[u8], scratch: &Path) -> Vec<PathBuf> {
    let variant = |seed: u64| {
        let mut dice = Dice(seed);
        let mut bytes = whole.to_vec();
        for _ in 0..=dice.roll(3) {
            hurt(&mut bytes, whole, &mut dice);
        }
        let path = scratch.join(format!("{name}-{seed}.flc"));
        fs::write(&path, bytes).expect("writes");
        path
    };
    (0..SEEDS).map(variant).collect()
}

#[test]
fn damaged_segments_are_read_alike() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().expect("a directory");
    let mut paths = Vec::new();
    for path in golden().iter().filter(|path| !path.ends_with("v1.flc")) {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let whole = fs::read(path).expect("reads");
        paths.extend(variants(&name, &whole, scratch.path()));
    }
    let agreed = compare(&python, &paths);
    assert!(agreed.damages > paths.len(), "{agreed:?}");
    println!("{agreed:?}");
}

/// The segments of a directory, each tied to the one before it.
fn recording(directory: &Path, segments: u64) {
    let mut previous = None;
    for number in 1..=segments {
        let io = MemoryIo::new();
        let head = SegmentHeader {
            previous,
            recording: Some(1),
            capture: Some(1),
            ..header(number)
        };
        let mut writer = SegmentWriter::with_tag(io.clone(), head, number).expect("writes");
        writer.schema(&Schema::native()).expect("writes");
        let clock = ClockPair {
            boottime_ns: 1_000,
            realtime_ns: UnixNanos(1_700_000_000_000_000_000),
        };
        writer.clock(&[clock]).expect("writes");
        let rows =
            [0, 1].map(|row| opened(number * 1_000 + row, 0, number * 2 + row, "/etc/hosts"));
        writer
            .events(&encode(&rows, RowOrder::TimeCpu))
            .expect("writes");
        let sequel = if number < segments {
            Sequel::GoesOn
        } else {
            Sequel::Ended
        };
        previous = Some(writer.finish_with(sequel).expect("seals").digest);
        fs::write(directory.join(format!("{number:08}.flc")), io.bytes()).expect("writes");
    }
}

/// Files are removed, exchanged, copied, emptied, renamed, hurt.
fn hurt_directory(directory: &Path, dice: &mut Dice) {
    let file = |number: usize| directory.join(format!("{number:08}.flc"));
    let (one, other) = (file(1 + dice.roll(4)), file(1 + dice.roll(4)));
    if !one.exists() {
        return;
    }
    let bytes = fs::read(&one).expect("reads");
    match dice.roll(7) {
        0 => fs::remove_file(&one).expect("removes"),
        1 => fs::write(&one, b"").expect("empties"),
        2 => drop(fs::copy(&one, &other).expect("copies")),
        3 => drop(fs::copy(&one, directory.join("copy.flc")).expect("copies")),
        4 => drop(fs::copy(&one, file(9)).expect("copies")),
        5 => fs::write(&other, b"no segment at all").expect("writes"),
        _ => {
            let mut hurt_bytes = bytes.clone();
            hurt(&mut hurt_bytes, &bytes, dice);
            fs::write(&one, hurt_bytes).expect("writes");
        }
    }
}

#[test]
fn damaged_directories_are_read_alike() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().expect("a directory");
    let one = |seed: u64| {
        let directory = scratch.path().join(format!("{seed}"));
        fs::create_dir(&directory).expect("creates");
        recording(&directory, 4);
        let mut dice = Dice(seed);
        for _ in 0..=dice.roll(2) {
            hurt_directory(&directory, &mut dice);
        }
        directory
    };
    let paths: Vec<_> = (0..SEEDS).map(one).collect();
    let agreed = compare(&python, &paths);
    assert!(agreed.damages > 200, "{agreed:?}");
    println!("{agreed:?}");
}

/// The variants are what they are meant to be: each kind of damage that one file can have occurs.
#[test]
fn the_seeds_make_every_kind_of_damage_of_a_segment() {
    let scratch = tempfile::tempdir().expect("a directory");
    let path = golden()
        .into_iter()
        .find(|path| path.ends_with("v1.1.flc"))
        .expect("is there");
    let whole = fs::read(path).expect("reads");
    let mut seen = std::collections::BTreeSet::new();
    for path in variants("v1.1", &whole, scratch.path()) {
        let Ok(capture) = Capture::open(&path) else {
            continue;
        };
        for item in capture.items() {
            if let Item::Damage(found) = item {
                let debug = format!("{:?}", found.what);
                seen.insert(
                    debug
                        .split(['(', ' '])
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                );
            }
        }
    }
    let expected = [
        "BehindEnd",
        "Block",
        "BytesBehindEnd",
        "Checksum",
        "Malformed",
        "MissingItems",
        "NoClock",
        "NoItem",
        "NoSchema",
        "Repaired",
        "RepeatedItem",
        "TornTail",
        "UnknownCritical",
    ];
    for kind in expected {
        assert!(seen.contains(kind), "{kind} is not among {seen:?}");
    }
}
