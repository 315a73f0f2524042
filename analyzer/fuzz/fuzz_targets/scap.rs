//! No `.scap` file may make the reader panic, hang or grow without bound; what it hands out must decode, and places of damage must lie within the file.

#![no_main]

use falco_analyze::scap::ScapFile;
use falco_format::{Item, Projection};
use libfuzzer_sys::fuzz_target;

/// A section header: fuzzing what lies behind it finds more than fuzzing it.
const SECTION: &[u8] = &[
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 2, 0, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
];

fuzz_target!(|bytes: &[u8]| {
    read(bytes.to_vec());
    read([SECTION, bytes].concat());
});

fn read(bytes: Vec<u8>) {
    let is_plain = bytes.starts_with(&SECTION[..4]);
    let length = bytes.len() as u64;
    let Some(file) = ScapFile::from_bytes(bytes) else {
        return;
    };
    let (mut segments, mut ends) = (0, 0);
    for item in file.items() {
        match item {
            Item::State(block) | Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("what was encoded decodes");
                assert_eq!(rows.len(), block.rows());
            }
            Item::Damage(damage) => assert!(!is_plain || damage.offset <= length),
            Item::Segment(_) => segments += 1,
            Item::End(_) | Item::NotSealed { .. } => ends += 1,
            _ => {}
        }
    }
    assert_eq!(segments, ends, "each segment ends");
}
