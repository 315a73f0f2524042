//! What is missing of a capture is told on reading, whoever took it away: five segments, and everything that can happen to one of them.

use std::fs;
use std::path::Path;

use falco_format::{
    Capture, DamageKind, GapKind, Item, ItemKind, RowOrder, SegmentWriter, recover,
    segment_file_name, verify,
};

use crate::recordings::{BLOCKS, SEGMENTS, begun, file, gaps, run, told};
use crate::rows::{encode, opened};

/// The place of each item of a sealed segment, but for INDEX and END.
fn items(path: &Path) -> Vec<(ItemKind, usize, usize)> {
    let capture = Capture::open(path).expect("opens");
    let index = capture.segments()[0].index().expect("sealed");
    let place = |entry: &falco_format::IndexEntry| {
        let start = entry.offset as usize;
        (entry.kind, start, start + entry.length as usize)
    };
    index.entries.iter().map(place).collect()
}

/// Does something to a copy of the capture of five segments, and expects that reading tells of it.
fn check(what: &str, tamper: impl FnOnce(&Path), expected: &[DamageKind], unsealed: usize) {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=SEGMENTS, false);
    assert_eq!(told(place.path()), (vec![], 0), "as it was written");
    tamper(place.path());
    assert_eq!(told(place.path()), (expected.to_vec(), unsealed), "{what}");
}

#[test]
fn segments_that_were_removed_are_told_wherever_they_were() {
    let remove = |numbers: std::ops::RangeInclusive<u64>| {
        move |path: &Path| {
            for number in numbers {
                fs::remove_file(file(path, number)).expect("removes");
            }
        }
    };
    for number in 1..SEGMENTS {
        let missing = [DamageKind::MissingSegments(number)];
        check("removed", remove(1..=number), &missing, 0);
        let missing = [DamageKind::MissingSegments(1)];
        check("removed", remove(number..=number), &missing, 0);
        let newest = remove(number + 1..=SEGMENTS);
        check("removed", newest, &[DamageKind::MissingSequel], 0);
    }
}

#[test]
fn a_segment_that_stands_twice_counts_once() {
    for number in 1..=SEGMENTS {
        let double = |path: &Path| {
            fs::copy(file(path, number), file(path, 9)).expect("copies");
        };
        let same = DamageKind::SameNumber(segment_file_name(number));
        check("doubled", double, &[same], 0);
    }
}

#[test]
fn a_segment_of_another_boot_or_recording_is_told() {
    let other = tempfile::tempdir().expect("a directory");
    run(other.path(), 8, 1..=SEGMENTS, false);
    let twin = tempfile::tempdir().expect("a directory");
    run(twin.path(), 7, 1..=SEGMENTS, false);
    for number in 1..=SEGMENTS {
        let put = |from: &Path, to: u64| {
            let from = file(from, number);
            move |path: &Path| {
                fs::copy(from, file(path, to)).expect("copies");
            }
        };
        check(
            "added, another boot",
            put(other.path(), 9),
            &[DamageKind::OtherCapture],
            0,
        );
        check(
            "added, another recording",
            put(twin.path(), 9),
            &[DamageKind::OtherCapture],
            0,
        );
        let (foreign, missing) = (DamageKind::OtherCapture, DamageKind::MissingSegments(1));
        let expected = match number {
            SEGMENTS => [foreign, DamageKind::MissingSequel],
            _ => [foreign, missing],
        };
        for (what, from) in [
            ("replaced, another boot", other.path()),
            ("replaced, another recording", twin.path()),
        ] {
            check(what, put(from, number), &expected, 0);
        }
    }
}

#[test]
fn a_segment_cut_at_the_border_of_an_item_is_told() {
    for number in 1..=SEGMENTS {
        let place = tempfile::tempdir().expect("a directory");
        run(place.path(), 7, 1..=SEGMENTS, false);
        for (_, _, end) in items(&file(place.path(), number)) {
            let cut = |path: &Path| {
                let path = file(path, number);
                let bytes = fs::read(&path).expect("reads");
                fs::write(&path, &bytes[..end]).expect("writes");
            };
            let links = usize::from(number < SEGMENTS);
            check("cut", cut, &vec![DamageKind::DoesNotFollow; links], 1);
        }
    }
}

/// Writes a segment again with what is left of its items: numbered, chained and indexed as if nothing had been there.
fn forge(path: &Path, keep: impl Fn(&Item) -> bool) -> Vec<u8> {
    let capture = Capture::open(path).expect("opens");
    let header = capture.header().expect("a header").clone();
    let io = falco_format::MemoryIo::new();
    let mut writer = SegmentWriter::new(io.clone(), header).expect("writes");
    for item in capture.items().filter(|item| keep(item)) {
        match item {
            Item::Schema(schema) => writer.schema(&schema),
            Item::Clock(pairs) => writer.clock(&pairs),
            Item::State(block) => writer.state(&block.to_encoded()),
            Item::Events(block) => writer.events(&block.to_encoded()),
            _ => Ok(()),
        }
        .expect("writes");
    }
    writer.finish().expect("seals");
    io.bytes()
}

#[test]
fn blocks_of_events_that_were_taken_out_are_told() {
    for number in 1..=SEGMENTS {
        let cut_out = |path: &Path| {
            let path = file(path, number);
            let bytes = fs::read(&path).expect("reads");
            let kept: Vec<_> = items(&path)
                .into_iter()
                .filter(|(kind, ..)| *kind != ItemKind::EVENTS)
                .flat_map(|(_, start, end)| bytes[start..end].to_vec())
                .collect();
            let tail = items(&path).last().map_or(0, |(_, _, end)| *end);
            fs::write(&path, [&kept, &bytes[tail..]].concat()).expect("writes");
        };
        check("cut out", cut_out, &[DamageKind::MissingItems(BLOCKS)], 0);
        let forged = |path: &Path| {
            let bytes = forge(&file(path, number), |item| !matches!(item, Item::Events(_)));
            fs::write(file(path, number), bytes).expect("writes");
        };
        // A forger who writes the whole segment again is betrayed by the next one; the last one has none.
        let links = usize::from(number < SEGMENTS);
        check("forged", forged, &vec![DamageKind::DoesNotFollow; links], 0);
    }
}

/// Puts other bytes into the payload of the END item, whose checksums are made right again.
fn with_end(bytes: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
    const END_ITEM: usize = 40 + 80 + 16;
    const PAYLOAD: usize = 73;
    let start = bytes.len() - END_ITEM;
    let mut out = bytes.to_vec();
    change(&mut out[start + 40..start + 40 + PAYLOAD]);
    let crc = crc32c::crc32c(&out[start + 40..start + 40 + PAYLOAD]);
    out[start + 32..start + 36].copy_from_slice(&crc.to_le_bytes());
    let crc = crc32c::crc32c(&out[start..start + 36]);
    out[start + 36..start + 40].copy_from_slice(&crc.to_le_bytes());
    let crc = crc32c::crc32c(&out[start..start + 40]);
    out[start + 124..start + 128].copy_from_slice(&crc.to_le_bytes());
    out
}

#[test]
fn wrong_totals_in_the_end_are_told() {
    for (place, what) in [
        (0, "items"),
        (8, "rows"),
        (16, "places of the index"),
        (24, "times"),
        (32, "times"),
    ] {
        let wrong = |path: &Path| {
            let path = file(path, SEGMENTS);
            let bytes = fs::read(&path).expect("reads");
            fs::write(&path, with_end(&bytes, |end| end[place] ^= 1)).expect("writes");
            let report = verify(&Capture::open(&path).expect("opens"));
            assert!(!report.is_intact(), "{what}: {report:?}");
        };
        check(what, wrong, &[DamageKind::Totals(what)], 0);
    }
}

#[test]
fn a_flipped_bit_in_any_item_is_told() {
    for number in 1..=SEGMENTS {
        let place = tempfile::tempdir().expect("a directory");
        run(place.path(), 7, 1..=SEGMENTS, false);
        for (kind, start, _) in items(&file(place.path(), number)) {
            let path = file(place.path(), number);
            let whole = fs::read(&path).expect("reads");
            let mut bytes = whole.clone();
            bytes[start + 45] ^= 4;
            fs::write(&path, bytes).expect("writes");
            let (damage, _) = told(place.path());
            let wrong = DamageKind::Checksum(kind);
            assert!(damage.contains(&wrong), "{kind:?}: {damage:?}");
            fs::write(&path, whole).expect("writes");
        }
    }
}

#[test]
fn a_lost_clock_is_replaced_by_that_of_another_segment() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=2, false);
    let lose = |number: u64| {
        let path = file(place.path(), number);
        let bytes = forge(&path, |item| !matches!(item, Item::Clock(_)));
        fs::write(path, bytes).expect("writes");
    };
    let clocks = || {
        let capture = Capture::open(place.path()).expect("opens");
        let mut clocks = falco_format::ClockMap::new();
        let (mut times, mut borrowed) = (Vec::new(), Vec::new());
        for item in capture.items() {
            match item {
                Item::Clock(pairs) => clocks.add(&pairs),
                Item::Events(block) => times.push(clocks.realtime(block.first_time()).0),
                Item::Damage(damage) => {
                    if let DamageKind::NoClock(from) = damage.what {
                        borrowed.push(from);
                    }
                }
                _ => {}
            }
        }
        (times[0], times[3], borrowed)
    };
    lose(1);
    let second = Some(segment_file_name(2));
    assert_eq!(clocks(), (1_001_001, 1_002_001, vec![second]));
    lose(2);
    assert_eq!(clocks(), (0, 0, vec![None, None]), "unknown, and not 1970");
}

#[test]
fn odd_files_are_passed_over_and_told() {
    let odd = |name: &'static str, make: fn(&Path), why: DamageKind| {
        let put = move |path: &Path| make(&path.join(name));
        check(name, put, &[why], 0);
    };
    odd(
        "00000009.flc",
        |path| fs::write(path, "no segment").expect("writes"),
        DamageKind::NotASegment,
    );
    let no_file = || DamageKind::Unreadable("it is not a regular file".to_owned());
    odd(
        "00000009.flc",
        |path| fs::create_dir(path).expect("makes"),
        no_file(),
    );
    odd(
        "x.flc",
        |path| fs::create_dir(path).expect("makes"),
        DamageKind::NotASegment,
    );
    odd(
        "x.flc",
        |path| {
            fs::copy(file(path.parent().expect("a directory"), 3), path).expect("copies");
        },
        DamageKind::OtherName(3),
    );
    odd(
        "00000009.flc",
        |path| {
            let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
            rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).expect("makes");
        },
        no_file(),
    );
    odd(
        "00000009.flc",
        |path| std::os::unix::fs::symlink("nowhere", path).expect("links"),
        DamageKind::Unreadable("it is a symbolic link".to_owned()),
    );
}

#[test]
fn pauses_and_writers_that_died_are_gaps() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=1, false);
    run(place.path(), 7, 2..=3, true);
    run(place.path(), 7, 4..=4, false);
    assert_eq!(told(place.path()), (vec![], 1));
    let expected = [
        (GapKind::Pause, Some(1_003), Some(2_000)),
        (GapKind::Unsealed, Some(3_003), Some(4_000)),
    ];
    assert_eq!(gaps(place.path()), expected);
    assert!(verify(&Capture::open(place.path()).expect("opens")).is_intact());
    run(place.path(), 7, 5..=5, true);
    let last = gaps(place.path()).pop();
    assert_eq!(last, Some((GapKind::Unsealed, Some(5_003), None)));
}

#[test]
fn a_reboot_is_a_pause_and_each_boot_counts_for_itself() {
    let place = tempfile::tempdir().expect("a directory");
    let first = place.path().join("20260102T030405Z-07070707");
    let second = place.path().join("20260102T040405Z-08080808");
    run(&first, 7, 1..=2, false);
    run(&second, 8, 1..=2, false);
    assert_eq!(told(place.path()), (vec![], 0));
    let pause = [(GapKind::Pause, Some(2_003), Some(1_000))];
    assert_eq!(gaps(place.path()), pause);
    fs::remove_file(file(&second, 1)).expect("removes");
    let missing = DamageKind::MissingSegments(1);
    assert_eq!(
        told(place.path()),
        (vec![missing], 0),
        "nobody says that retention dropped it"
    );
    fs::remove_file(file(&first, 2)).expect("removes");
    let sequel = DamageKind::MissingSequel;
    assert_eq!(
        told(place.path()),
        (vec![sequel, DamageKind::MissingSegments(1)], 0)
    );
}

#[test]
fn a_segment_that_is_being_written_is_no_damage() {
    let place = tempfile::tempdir().expect("a directory");
    let (_writer, mut segment) = begun(place.path());
    let row = opened(2, 0, 0, "/event");
    segment
        .events(&encode(&[row], RowOrder::TimeCpu))
        .expect("writes");
    let append = |bytes: &[u8]| {
        use std::io::Write as _;
        let path = file(place.path(), 1);
        let file = fs::OpenOptions::new().append(true).open(path);
        file.expect("opens").write_all(bytes).expect("writes");
    };
    append(b"\x89FLC\r\n");
    assert_eq!(told(place.path()), (vec![], 0));
    let kinds: Vec<_> = gaps(place.path()).iter().map(|gap| gap.0).collect();
    assert_eq!(kinds, [GapKind::BeingWritten]);
    drop(segment);
    assert_eq!(told(place.path()), (vec![DamageKind::TornTail], 1));
}

#[test]
fn readers_that_stop_early_are_told_of_what_lies_ahead() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=SEGMENTS, true);
    fs::remove_file(file(place.path(), 3)).expect("removes");
    let capture = Capture::open(place.path()).expect("opens");
    let mut items = capture.items();
    items.next();
    let ahead: Vec<_> = items
        .unread()
        .map(|item| match item {
            Item::Damage(damage) => damage.what.to_string(),
            Item::NotSealed { segment, .. } => segment.as_ref().to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(ahead, ["1 segment missing before it", "00000005.flc"]);
}

#[test]
fn a_repaired_copy_is_intact_and_says_what_was_lost() {
    let place = tempfile::tempdir().expect("a directory");
    let (broken, clean) = (place.path().join("broken"), place.path().join("clean"));
    run(&broken, 7, 1..=SEGMENTS, true);
    fs::remove_file(file(&broken, 3)).expect("removes");
    fs::write(broken.join("00000008.flc"), "no segment").expect("writes");
    let bytes = forge(&file(&broken, 2), |item| !matches!(item, Item::Clock(_)));
    fs::write(file(&broken, 2), bytes).expect("writes");
    recover(&Capture::open(&broken).expect("opens"), &clean).expect("copies");
    let report = verify(&Capture::open(&clean).expect("opens"));
    assert!(report.is_intact() && report.is_repaired(), "{report:?}");
    let lost: Vec<_> = report
        .damage
        .iter()
        .map(|damage| damage.what.to_string())
        .collect();
    for what in [
        "1 segment missing before it",
        "the file is not a segment",
        "the clock is lost",
        "the end of the segment is missing",
    ] {
        assert!(
            lost.iter().any(|told| told.contains(what)),
            "{what}: {lost:?}"
        );
    }
    // The copy lacks what the original lacks.
    assert_eq!(gaps(&clean), gaps(&broken));
    assert_eq!(gaps(&clean).len(), 2);
}

#[test]
fn bytes_behind_the_end_do_not_hide_it() {
    for number in 1..=SEGMENTS {
        let append = |path: &Path| {
            let path = file(path, number);
            let bytes = fs::read(&path).expect("reads");
            fs::write(&path, [&bytes[..], b"and more"].concat()).expect("writes");
        };
        check("appended", append, &[DamageKind::BytesBehindEnd], 0);
    }
}

#[test]
fn a_segment_without_bytes_is_told_by_number_and_time() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=SEGMENTS, false);
    fs::write(file(place.path(), 3), "").expect("writes");
    let (damage, unsealed) = told(place.path());
    assert!(
        damage.contains(&DamageKind::Empty) && unsealed == 1,
        "{damage:?}"
    );
    let capture = Capture::open(place.path()).expect("opens");
    let gap = capture.gaps().remove(0);
    let number = gap.before.and_then(falco_format::Segment::number);
    assert_eq!((gap.kind, number), (GapKind::Unsealed, Some(3)));
    let times = (gap.from_boottime(), gap.to_boottime());
    assert_eq!(times, (Some(2_003), Some(4_000)));
}
