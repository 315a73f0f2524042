//! What is taken away: segments, and ends of them.

use super::*;

/// Where the items of a segment start.
fn offsets(bytes: &[u8]) -> Vec<usize> {
    let offsets = Scanner::new(bytes).filter_map(|found| match found {
        Found::Item(raw) => Some(raw.offset),
        Found::Damage { .. } => None,
    });
    offsets.collect()
}

#[test]
fn segments_that_are_taken_away_are_found() {
    check("one between", (false, true, true), |_, directory| {
        let mut copy = Copy::of(directory, SEGMENTS);
        copy.segments.remove(1);
        copy.write(directory, kept);
        fs::remove_file(directory.join(segment_file_name(SEGMENTS))).expect("a file");
    });
    check(
        "the newest, at a sealed border",
        (true, false, true),
        |_, directory| {
            fs::remove_file(directory.join(segment_file_name(SEGMENTS))).expect("a file");
        },
    );
    check("the newest two", (true, false, true), |_, directory| {
        for number in [SEGMENTS - 1, SEGMENTS] {
            fs::remove_file(directory.join(segment_file_name(number))).expect("a file");
        }
    });
    check(
        "the newest, and the end made to say that it ended",
        (false, true, true),
        |_, directory| {
            fs::remove_file(directory.join(segment_file_name(SEGMENTS))).expect("a file");
            let mut copy = Copy::of(directory, SEGMENTS - 1);
            let (_, pieces) = copy.segments.last_mut().expect("a segment");
            let (_, end) = pieces.last_mut().expect("an end");
            let mut decoded = End::decode(end).expect("an end");
            decoded.sequel = Sequel::Ended;
            let bytes = decoded.encode();
            end[..bytes.len()].copy_from_slice(&bytes);
            copy.write(directory, kept);
        },
    );
}

#[test]
fn ends_that_are_cut_off_are_found_as_far_as_they_were_anchored() {
    check(
        "what came since the last anchor",
        (false, false, false),
        |_, directory| {
            let path = directory.join(segment_file_name(SEGMENTS));
            let bytes = fs::read(&path).expect("a file");
            let last = *offsets(&bytes).last().expect("an item");
            fs::write(path, &bytes[..last]).expect("a file");
        },
    );
    check(
        "an anchored end of the active one",
        (false, false, true),
        |_, directory| {
            let path = directory.join(segment_file_name(SEGMENTS));
            let bytes = fs::read(&path).expect("a file");
            let sixth = offsets(&bytes)[6];
            fs::write(path, &bytes[..sixth]).expect("a file");
        },
    );
}
