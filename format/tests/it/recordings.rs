//! Captures as recorders leave them, run by run, and what reading tells of them.

use std::path::{Path, PathBuf};

use falco_format::{
    BootId, Capture, CaptureIdentity, CaptureWriter, ClockPair, DamageKind, Dialect, FileIo,
    GapKind, Item, RowOrder, Schema, SegmentStart, SegmentWriter, Sequel, UnixNanos,
    segment_file_name,
};

use crate::rows::{encode, opened};

pub(crate) const SEGMENTS: u64 = 5;
pub(crate) const BLOCKS: u64 = 3;

pub(crate) fn identity(boot: u8, node: &str) -> CaptureIdentity {
    CaptureIdentity {
        boot_id: BootId([boot; 16]),
        node: node.to_owned(),
        dialect: Dialect::Native,
    }
}

pub(crate) fn pair(boottime_ns: u64) -> ClockPair {
    ClockPair {
        boottime_ns,
        realtime_ns: UnixNanos(boottime_ns + 1_000_000),
    }
}

/// Writes one run of a writer: segments of three blocks of one event each. The last one is left without its end if the writer dies.
pub(crate) fn run(directory: &Path, boot: u8, numbers: std::ops::RangeInclusive<u64>, dies: bool) {
    let mut writer = CaptureWriter::open(directory, identity(boot, "node")).expect("opens");
    for number in numbers.clone() {
        let start_time = number * 1_000;
        let state = [encode(
            &[opened(start_time, 0, 0, "/state")],
            RowOrder::AsPushed,
        )];
        let start = SegmentStart {
            schema: &Schema::native(),
            clock: &[pair(start_time)],
            state: &state,
            created_realtime: UnixNanos(1),
        };
        let mut segment = writer.start_segment(&start).expect("starts");
        for block in 0..BLOCKS {
            let time = start_time + block + 1;
            let row = opened(time, 0, number * BLOCKS + block, "/event");
            segment
                .events(&encode(&[row], RowOrder::TimeCpu))
                .expect("writes");
        }
        if dies && number == *numbers.end() {
            return;
        }
        let sequel = if number == *numbers.end() {
            Sequel::Ended
        } else {
            Sequel::GoesOn
        };
        writer.sealed(&segment.finish_with(sequel).expect("seals"));
    }
}

/// A writer, and its first segment with nothing but what every segment begins with.
pub(crate) fn begun(directory: &Path) -> (CaptureWriter, SegmentWriter<FileIo>) {
    let mut writer = CaptureWriter::open(directory, identity(7, "node")).expect("opens");
    let start = SegmentStart {
        schema: &Schema::native(),
        clock: &[pair(1)],
        state: &[],
        created_realtime: UnixNanos(1),
    };
    let segment = writer.start_segment(&start).expect("starts");
    (writer, segment)
}

pub(crate) fn file(directory: &Path, number: u64) -> PathBuf {
    directory.join(segment_file_name(number))
}

/// The damage of the stream, and how many segments have no end.
pub(crate) fn told(directory: &Path) -> (Vec<DamageKind>, usize) {
    let capture = Capture::open(directory).expect("opens");
    let (mut damage, mut unsealed) = (Vec::new(), 0);
    for item in capture.items() {
        match item {
            Item::Damage(found) => damage.push(found.what),
            Item::NotSealed { is_live, .. } => unsealed += usize::from(!is_live),
            _ => {}
        }
    }
    (damage, unsealed)
}

pub(crate) fn gaps(directory: &Path) -> Vec<(GapKind, Option<u64>, Option<u64>)> {
    let capture = Capture::open(directory).expect("opens");
    let gaps = capture.gaps();
    let times = gaps.iter().map(|gap| {
        let (from, to) = (gap.from_boottime(), gap.to_boottime());
        (gap.kind, from, to)
    });
    times.collect()
}
