//! Frames read back as they were written, and bytes that are none.

use falco_abi::view::{self, FrameView, Short};
use falco_abi::{FrameHeader, ParamStatus, frame::HEADER_LEN};

const HEADER: FrameHeader = FrameHeader {
    time: 0x0102_0304_0506_0708,
    start: 2,
    sequence: 3,
    tid: 4,
    pid: 5,
    event: 6,
    cpu: 7,
    abi: 1,
    lane: 2,
    syscall: -1,
    ..FrameHeader::EMPTY
};

fn frame() -> Vec<u8> {
    let mut frame = Vec::new();
    let values: [(ParamStatus, &[u8]); 3] = [
        (ParamStatus::Present, &[9; 8]),
        (ParamStatus::Absent, &[]),
        (ParamStatus::Truncated, b"abc"),
    ];
    view::write(HEADER, &values, |part| frame.extend_from_slice(part));
    frame
}

#[test]
fn a_frame_reads_as_it_was_written() {
    let mut bytes = frame();
    bytes.extend([0; 5]);
    let view = FrameView::new(&bytes).expect("a header");
    assert_eq!(view.length() as usize, HEADER_LEN + 3 * 2 + 11);
    let read = FrameHeader {
        time: view.time(),
        start: view.start(),
        sequence: view.sequence(),
        tid: view.tid(),
        pid: view.pid(),
        event: view.event(),
        cpu: view.cpu(),
        abi: view.abi(),
        lane: view.lane(),
        syscall: view.syscall(),
        ..FrameHeader::EMPTY
    };
    assert_eq!(read, HEADER);
    // Each field stands at its own place, the first and the last of them as declared.
    let written = HEADER.to_bytes();
    assert_eq!(written[..8], [8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(written[40..43], [1, 2, 0]);
    assert_eq!(written[48..], [255, 255, 255, 255, 0, 0, 0, 0]);
    let values: Vec<_> = view.values().expect("values").collect();
    assert_eq!(values[0], Ok((ParamStatus::Present, &[9; 8][..])));
    assert_eq!(values[2], Ok((ParamStatus::Truncated, &b"abc"[..])));
    assert_eq!(view.value(2), Some(&b"abc"[..]));
    assert_eq!(view.value(3), None);
}

#[test]
fn no_bytes_are_read_beyond_the_end() {
    let whole = frame();
    for length in 0..whole.len() {
        let cut = &whole[..length];
        let Ok(view) = FrameView::new(cut) else {
            assert!(length < HEADER_LEN);
            continue;
        };
        assert!(view.values().is_err(), "{length}");
        assert_eq!(view.value(0), None);
    }
    // A frame that says it is shorter than its values.
    let mut lies = whole.clone();
    let length = whole.len() as u32 - 2;
    lies[32..36].copy_from_slice(&length.to_le_bytes());
    let view = FrameView::new(&lies).expect("a header");
    let last = view.values().expect("descriptors").last();
    let short = Short {
        found: 1,
        expected: 3,
    };
    assert_eq!(last, Some(Err(short)));
}
