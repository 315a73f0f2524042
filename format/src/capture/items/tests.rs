//! What walking the items of a segment makes of unknown and odd ones.

use super::*;
use crate::boot::BootId;
use crate::capture::Capture;
use crate::checksum::crc;
use crate::clock::UnixNanos;
use crate::layout::{ItemHeader, put_item_as};
use crate::segment::{Dialect, FormatVersion, MemoryIo, SegmentWriter};

const UNKNOWN: ItemKind = ItemKind(77);

/// A segment with an item in its middle that this build does not know.
fn segment(kind: ItemKind, flags: u8, version: u8) -> Capture {
    let io = MemoryIo::new();
    let header = SegmentHeader {
        version: FormatVersion::CURRENT,
        boot_id: BootId([1; 16]),
        node: String::new(),
        dialect: Dialect::Native,
        segment_number: 1,
        previous: None,
        created_realtime: UnixNanos(0),
        recording: None,
        capture: None,
    };
    let mut writer = SegmentWriter::with_tag(io.clone(), header, 9).expect("writes");
    let payload = b"from the future";
    let header = ItemHeader {
        tag: 0,
        kind,
        flags,
        version,
        payload_len: payload.len() as u32,
        ordinal: 0,
        payload_crc: crc(&[payload]),
    };
    writer.copy(&header, payload).expect("writes");
    writer.clock(&[]).expect("writes");
    writer.finish().expect("seals");
    Capture::from_bytes(io.bytes()).expect("opens")
}

fn check(capture: &Capture, expected: &[&str]) {
    let name = |item: Item| match item {
        Item::Segment(_) => "segment".to_owned(),
        Item::Clock(_) => "clock".to_owned(),
        Item::End(_) => "end".to_owned(),
        Item::Skipped { kind, bytes, .. } => format!("skipped {} of {bytes}", kind.0),
        Item::Damage(damage) => format!("{:?}", damage.what),
        other => format!("{other:?}"),
    };
    let found: Vec<String> = capture.items().map(name).collect();
    assert_eq!(found, expected);
}

#[test]
fn unknown_items_are_skipped_or_end_the_segment() {
    check(
        &segment(UNKNOWN, 0, 0),
        &["segment", "skipped 77 of 72", "clock", "end"],
    );
    check(
        &segment(ItemKind::INDEX, 0, 3),
        &["segment", "skipped 8 of 72", "clock", "end"],
    );
    let critical = ["segment", "UnknownCritical(ItemKind(77))"];
    check(&segment(UNKNOWN, CRITICAL, 0), &critical);
    check(
        &segment(ItemKind::CLOCK, CRITICAL, 1),
        &["segment", "UnknownCritical(ItemKind(3))"],
    );
}

#[test]
fn an_item_that_says_nothing_is_damage() {
    check(
        &segment(ItemKind::CLOCK, CRITICAL, 0),
        &["segment", "Malformed(ItemKind(3))", "clock", "end"],
    );
}

#[test]
fn items_are_laid_out_as_the_format_says() {
    let mut out = Vec::new();
    put_item_as(
        &mut out,
        &ItemHeader {
            tag: 1,
            kind: UNKNOWN,
            flags: 0,
            version: 0,
            payload_len: 1,
            ordinal: 0,
            payload_crc: crc(&[b"x"]),
        },
        b"x",
    );
    assert_eq!(out.len(), 40 + 8 + 16);
    assert_eq!(put_item_bytes(), out);
}

/// The same item by hand, as the page on the format draws it.
fn put_item_bytes() -> Vec<u8> {
    let mut out = b"\x89FLC\r\n\x1a\n".to_vec();
    out.extend_from_slice(&[
        1, 0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out.extend_from_slice(&crc32c::crc32c(b"x").to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    let header = crc32c::crc32c(&out);
    out.extend_from_slice(b"x\0\0\0\0\0\0\0");
    out.extend_from_slice(&64u32.to_le_bytes());
    out.extend_from_slice(&header.to_le_bytes());
    out.extend_from_slice(b"\x98flcend\n");
    out
}
