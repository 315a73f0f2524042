//! One event as a block: header, lengths of parameters, parameters.

use std::io::{self, Write};

use falco_format::{EventView, Tid, UnixNanos};

use super::frame::BlockBytes;
use super::rows::EventRow;
use crate::dialect::catalog::{self, LARGE};
use crate::dialect::unknown_type;
use crate::scap::block::kind;
use crate::scap::event::{COUNT_LEN, HEADER_LEN, NO_COUNT};

/// No thread, in a row.
const NO_TID: Tid = Tid(u32::MAX);

/// Writes an event. A parameter that is longer than its type's lengths can say is cut; returns whether one was.
///
/// # Errors
/// When the writer fails.
pub(super) fn write(
    block: &mut BlockBytes,
    row: &EventRow,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let is_large = catalog::event_of_code(row.code).is_some_and(|event| event.has(LARGE));
    let number = match (is_large, row.flags) {
        (true, 0) => kind::EVENT_V2_LARGE,
        (true, _) => kind::EVENT_FLAGS_V2_LARGE,
        (false, 0) => kind::EVENT_V2,
        (false, _) => kind::EVENT_FLAGS_V2,
    };
    let (width, longest) = match is_large {
        true => (4, u32::MAX as usize),
        false => (2, usize::from(u16::MAX)),
    };
    let stored = |value: &[u8]| value.len().min(longest);
    let values: usize = row.values().map(stored).sum();
    let length = (HEADER_LEN + COUNT_LEN)
        .saturating_add(row.params().saturating_mul(width))
        .saturating_add(values);
    block.begin(number).u16(row.cpu);
    if row.flags != 0 {
        block.u32(u32::from(row.flags));
    }
    header(block, row.time, row.tid, row.code, length);
    block.u32(u32::try_from(row.params()).unwrap_or(u32::MAX));
    for value in row.values() {
        let length = u32::try_from(stored(value))
            .unwrap_or(u32::MAX)
            .to_le_bytes();
        block.bytes(length.get(..width).unwrap_or(&length));
    }
    let mut is_cut = false;
    for value in row.values() {
        is_cut |= value.len() > longest;
        block.bytes(value.get(..stored(value)).unwrap_or(value));
    }
    block.finish(out)?;
    Ok(is_cut)
}

/// Writes an event of a type that nobody knew when it was imported, as it stood in its file.
///
/// # Errors
/// When the writer fails.
pub(super) fn write_unknown(
    block: &mut BlockBytes,
    view: &EventView<'_>,
    time: UnixNanos,
    out: &mut dyn Write,
) -> io::Result<()> {
    let code = view.uint(unknown_type::CODE).unwrap_or(0) as u16;
    let flags = view.uint(unknown_type::FLAGS).unwrap_or(0) as u32;
    let bytes = view.bytes(unknown_type::BYTES).unwrap_or_default();
    let (count, behind) = bytes.split_first_chunk().unwrap_or((&[0xff; 4], &[]));
    let has_count = u32::from_le_bytes(*count) != NO_COUNT;
    let behind = if has_count { bytes } else { behind };
    let number = match (flags, has_count) {
        (0, true) => kind::EVENT_V2,
        (0, false) => kind::EVENT,
        (_, true) => kind::EVENT_FLAGS_V2,
        (_, false) => kind::EVENT_FLAGS,
    };
    block.begin(number).u16(view.cpu());
    if flags != 0 {
        block.u32(flags);
    }
    let length = HEADER_LEN.saturating_add(behind.len());
    header(block, time, view.tid(), code, length);
    block.bytes(behind).finish(out)?;
    Ok(())
}

fn header(block: &mut BlockBytes, time: UnixNanos, tid: Tid, code: u16, length: usize) {
    let tid = if tid == NO_TID {
        u64::MAX
    } else {
        u64::from(tid.0)
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    block.u64(time.0).u64(tid).u32(length).u16(code);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scap::block::{BlockHead, BlockKind, HEAD_LEN};
    use crate::scap::event::{Body, parse};

    /// Checks that an event reads back with its values.
    fn check(code: u16, flags: u8, values: &[Vec<u8>]) -> Result<(), TestCaseError> {
        let mut row = EventRow::default();
        row.begin(code, UnixNanos(1), 2, Tid(3));
        row.flags = flags;
        values.iter().for_each(|value| row.push(&[value]));
        let mut out = Vec::new();
        let is_cut = write(&mut BlockBytes::default(), &row, &mut out).expect("memory takes it");
        let head = out.first_chunk::<HEAD_LEN>().and_then(BlockHead::parse);
        let head = head.expect("a block");
        let BlockKind::Event(layout) = BlockKind::of(head.number) else {
            panic!("an event")
        };
        let body = out.get(HEAD_LEN..).unwrap_or_default();
        let event = parse(layout, body.get(..head.body_len()).unwrap_or_default());
        let event = event.expect("reads back");
        prop_assert_eq!((event.time, event.cpu, event.tid), (1, 2, 3));
        prop_assert_eq!((event.code, event.flags), (code, u32::from(flags)));
        if let Body::Known(_, params) = event.body {
            prop_assert!(is_cut || params.iter().eq(values));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_event_reads_back(
            code in 0u16..500,
            flags in 0u8..4,
            values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..33),
        ) {
            check(code, flags, &values)?;
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_cut() {
        let mut row = EventRow::default();
        row.begin(7, UnixNanos(1), 2, Tid(3));
        row.push(&[&vec![1; 70_000]]);
        let mut out = Vec::new();
        let is_cut = write(&mut BlockBytes::default(), &row, &mut out);
        assert!(is_cut.expect("memory takes it"));
        assert_eq!(
            out.len(),
            (8 + 2 + HEADER_LEN + COUNT_LEN + 2 + 65_535 + 4_usize).next_multiple_of(4)
        );
    }
}
