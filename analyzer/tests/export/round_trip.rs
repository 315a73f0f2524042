//! `.scap` → rows → `.scap` → rows: the same rows.

use std::fs::File;
use std::io::Read as _;

use falco_abi::events::{close, container};
use falco_analyze::dialect::STATE_ONLY;
use falco_analyze::export::scap::{ScapSchema, export_scap};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Flow, Input, Part};
use falco_rules::Filter;
use flate2::read::GzDecoder;

use crate::support::{captures, exported, input_of, rows};

/// Captures above this are left to the command line: the largest has millions of events.
const BYTES_MAX: u64 = 4 << 20;

#[test]
fn an_export_reads_back_as_what_was_imported() {
    let folders = ["captures", "conformance/semantic/scap"];
    for path in captures(
        "an_export_reads_back_as_what_was_imported",
        &folders,
        BYTES_MAX,
    ) {
        let input = Input::open(&path).expect("opens");
        let before = rows(&input);
        let (bytes, tally) = exported(&input, ScapSchema::Today);
        let after = rows(&input_of(bytes));
        let name = path.display();
        assert_eq!(after.damaged, 0, "{name}");
        assert_eq!(before.events.len(), after.events.len(), "{name}");
        assert_eq!(tally.written.events, after.events.len() as u64, "{name}");
        assert!(
            tally.written.unsaid.is_empty(),
            "{name}: {:?}",
            tally.written
        );
        for (before, after) in before.events.iter().zip(&after.events) {
            assert_eq!(before, after, "{name}");
        }
        for (before, after) in before.lists.iter().zip(&after.lists) {
            assert_eq!(before, after, "{name}");
        }
        assert_eq!(before.lists.len(), after.lists.len(), "{name}");
    }
}

#[test]
fn exporting_an_export_gives_the_same_bytes() {
    let test = "exporting_an_export_gives_the_same_bytes";
    for path in captures(test, &["captures"], BYTES_MAX) {
        let input = Input::open(&path).expect("opens");
        let (first, _) = exported(&input, ScapSchema::Today);
        let (second, _) = exported(&input_of(first.clone()), ScapSchema::Today);
        assert!(first == second, "{}", path.display());
    }
}

/// Bytes of a list of descriptors that has none: reading gives no row, so an export has no such block.
const EMPTY_LIST: usize = 20;
/// The kind of such a list.
const DESCRIPTORS: u32 = 0x218;

/// The blocks of a plain file.
fn blocks(bytes: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while let Some(length) = rest.get(4..).and_then(|rest| rest.first_chunk()) {
        let (block, behind) = rest.split_at(u32::from_le_bytes(*length) as usize);
        blocks.push(block);
        rest = behind;
    }
    blocks
}

#[test]
fn what_todays_falco_wrote_comes_back_byte_for_byte() {
    let test = "what_todays_falco_wrote_comes_back_byte_for_byte";
    for path in captures(test, &["captures"], BYTES_MAX) {
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let mut original = Vec::new();
        let file = File::open(&path).expect("opens");
        GzDecoder::new(file)
            .read_to_end(&mut original)
            .expect("unpacks");
        let input = Input::open(&path).expect("opens");
        let (written, _) = exported(&input, ScapSchema::Today);
        let is_empty_list = |block: &&[u8]| {
            block.len() == EMPTY_LIST && block.starts_with(&DESCRIPTORS.to_le_bytes())
        };
        let expected = blocks(&original).into_iter();
        let expected: Vec<&[u8]> = expected.filter(|block| !is_empty_list(block)).collect();
        assert!(expected == blocks(&written), "{}", path.display());
    }
}

/// A block: kind, body.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

/// The body of an event: what stands before its header, its type, what stands behind.
fn event(before: &[u8], code: u16, behind: &[u8]) -> Vec<u8> {
    let length = (behind.len() as u32 + 22).to_le_bytes();
    let (time, tid) = (5u64.to_le_bytes(), 7u64.to_le_bytes());
    [before, &time, &tid, &length, &code.to_le_bytes(), behind].concat()
}

const EVENT: u32 = 0x204;
const EVENT_V2: u32 = 0x216;
const EVENT_FLAGS_V2: u32 = 0x217;
/// A CPU, and a CPU with the flag of events for the state alone.
const CPU: [u8; 2] = [1, 0];
const FLAGGED: [u8; 6] = [1, 0, 1, 0, 0, 0];

fn section() -> Vec<u8> {
    let body = [
        &0x1a2b_3c4d_u32.to_le_bytes()[..],
        &[1, 0, 2, 0],
        &u64::MAX.to_le_bytes(),
    ];
    block(0x0a0d_0d0a, &body.concat())
}

#[test]
fn types_that_nobody_knows_and_flags_come_back() {
    let (cpu, flagged) = (CPU, FLAGGED);
    // `close` with its result and descriptor.
    let close = [&[2, 0, 0, 0, 8, 0, 8, 0][..], &[0; 8], &3u64.to_le_bytes()].concat();
    let file = [
        section(),
        block(EVENT_V2, &event(&cpu, 2_000, &[1, 0, 0, 0, 2, 0, 8, 9])),
        block(EVENT, &event(&cpu, 2_001, &[2, 0, 8, 9])),
        block(EVENT_FLAGS_V2, &event(&flagged, 2_002, &[0, 0, 0, 0])),
        block(EVENT_FLAGS_V2, &event(&flagged, 5, &close)),
        block(EVENT_V2, &event(&cpu, 5, &close)),
    ];
    let file = file.concat();
    let input = input_of(file.clone());
    let before = rows(&input);
    assert_eq!((before.events.len(), before.damaged), (5, 0));
    let (written, tally) = exported(&input, ScapSchema::Today);
    assert!(file == written);
    assert_eq!((tally.written.events, tally.written.for_state), (4, 1));
}

/// Files of a few events by the letter of each: `p` changes no state, `c` and `C` are containers, `x` closes; small letters are for the state alone.
fn file_of(events: &str) -> Vec<u8> {
    let container = [&[1, 0, 0, 0, 3, 0, 0, 0][..], b"{}\0"].concat();
    let close = [&[2, 0, 0, 0, 8, 0, 8, 0][..], &[0; 16]].concat();
    let parts = events.chars().map(|letter| {
        let (code, params) = match letter.to_ascii_lowercase() {
            'c' => (324, &container),
            'x' => (5, &close),
            _ => (234, &close),
        };
        if letter.is_ascii_lowercase() {
            block(EVENT_FLAGS_V2, &event(&FLAGGED, code, params))
        } else {
            block(EVENT_V2, &event(&CPU, code, params))
        }
    });
    [section()].into_iter().chain(parts).flatten().collect()
}

#[test]
fn a_filter_leaves_what_is_there_for_the_state() {
    let check = |events: &str, expected: &str| {
        let filter = Filter::compile(&SCHEMA, "evt.type = container").expect("a filter");
        let mut bytes = Vec::new();
        let input = input_of(file_of(events));
        let schema = ScapSchema::Today;
        let tally = export_scap(
            (&input, &Part::whole()),
            Some(&filter),
            schema,
            &mut bytes,
            &mut |_| Flow::Continue,
        );
        let tally = tally.expect("memory takes it").written;
        let mut letters = String::new();
        for row in rows(&input_of(bytes.clone())).events {
            let letter = match row.event {
                container::EVENT => 'C',
                close::EVENT => 'X',
                _ => 'P',
            };
            let is_hidden = row.meta.abi & STATE_ONLY != 0;
            letters.push(if is_hidden {
                letter.to_ascii_lowercase()
            } else {
                letter
            });
        }
        assert_eq!(letters, expected, "of {events}");
        let shown = expected.chars().filter(char::is_ascii_uppercase).count() as u64;
        assert_eq!(tally.events, shown);
        assert_eq!(tally.for_state, expected.len() as u64 - shown);
        // Nothing more is lost when the export is filtered again.
        let mut again = Vec::new();
        let input = input_of(bytes.clone());
        export_scap(
            (&input, &Part::whole()),
            Some(&filter),
            schema,
            &mut again,
            &mut |_| Flow::Continue,
        )
        .expect("takes it");
        assert!(again == bytes, "of {events}");
    };
    check("CxPXC", "cxxC");
    check("xCp", "xCp");
    // Without an event between, readers would take the container for one that was there before.
    check("CPPC", "cpC");
    check("PPC", "pC");
    check("PP", "p");
}

#[test]
fn lists_behind_events_come_back() {
    let group = [&[11, 0, 0, 0, 1, 5, 0, 0, 0][..], &[0, 0]].concat();
    let file = [
        file_of("PX"),
        block(0x220, &group),
        file_of("X")[28..].to_vec(),
    ]
    .concat();
    let input = input_of(file.clone());
    assert_eq!((rows(&input).lists.len(), rows(&input).damaged), (2, 0));
    let (written, _) = exported(&input, ScapSchema::Today);
    assert!(file == written);
}

#[test]
fn lists_of_several_forms_come_back() {
    // The oldest form, and the sixth, which has the session and more of it.
    let text = |count: usize| vec![0; 2 * count];
    let oldest = [&[0; 24][..], &text(4), &[0; 20]].concat();
    let sixth = [
        &[0; 32][..],
        &text(4),
        &[0; 48],
        &text(1),
        &[0; 16],
        &text(2),
    ]
    .concat();
    let file = [
        section(),
        block(0x202, &oldest),
        block(0x212, &sixth),
        file_of("P")[28..].to_vec(),
    ];
    let file = file.concat();
    let input = input_of(file.clone());
    assert_eq!((rows(&input).lists.len(), rows(&input).damaged), (3, 0));
    let (written, _) = exported(&input, ScapSchema::Today);
    assert!(file == written);
}

#[test]
fn progress_ends_at_the_bytes_of_the_input() {
    let packed = zstd::encode_all(file_of(&"PX".repeat(20_000)).as_slice(), 1).expect("packs");
    let stored = packed.len() as u64;
    let input = input_of(packed);
    for filter in [None, Some("evt.type = close")] {
        let filter = filter.map(|filter| Filter::compile(&SCHEMA, filter).expect("a filter"));
        let (mut out, mut told) = (Vec::new(), 0);
        let mut progress = |bytes| {
            told += bytes;
            Flow::Continue
        };
        let schema = ScapSchema::Today;
        export_scap(
            (&input, &Part::whole()),
            filter.as_ref(),
            schema,
            &mut out,
            &mut progress,
        )
        .expect("takes it");
        assert_eq!((told, input.bytes()), (stored, stored));
    }
}

#[test]
fn an_export_that_is_stopped_is_an_error() {
    let input = input_of(file_of(&"PX".repeat(20_000)));
    for filter in [None, Some("evt.type = close")] {
        let filter = filter.map(|filter| Filter::compile(&SCHEMA, filter).expect("a filter"));
        let (mut out, mut calls) = (Vec::new(), 0);
        let mut progress = |_| {
            calls += 1;
            Flow::Stop
        };
        let schema = ScapSchema::Today;
        let stopped = export_scap(
            (&input, &Part::whole()),
            filter.as_ref(),
            schema,
            &mut out,
            &mut progress,
        );
        let error = stopped.expect_err("it is stopped");
        assert!(error.to_string().contains("was stopped"), "{error}");
        let (whole, _) = exported(&input, schema);
        assert!(out.len() < whole.len());
    }
}
