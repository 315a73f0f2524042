//! What is edited by somebody who knows the format and has no key.

use super::*;

/// Changes items of a copy, and makes all digests right.
fn edit(edit: fn(&mut Copy)) -> impl FnOnce(&Signed, &Path) {
    move |_, directory| {
        let mut copy = Copy::of(directory, SEGMENTS);
        edit(&mut copy);
        copy.write(directory, kept);
    }
}

#[test]
fn blocks_that_are_changed_are_found() {
    // An event is changed in its block; nothing else is made right.
    let bytes = |_: &Signed, directory: &Path| {
        let path = directory.join(segment_file_name(2));
        let mut bytes = fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).expect("a file");
    };
    check("a bit", (true, true, true), bytes);
    let proof = check(
        "a block changed",
        (false, true, true),
        edit(|copy| {
            copy.segments[1].1[BLOCK].1 = block(201).bytes;
        }),
    );
    assert!(
        proof.segments[1]
            .faults
            .iter()
            .any(|one| one.what == SignatureFaultKind::Changed(4)),
        "{proof:?}"
    );
    let about = |proof: &Proof| {
        proof.segments[1]
            .faults
            .iter()
            .filter(|one| matches!(one.what, SignatureFaultKind::Changed(_)))
            .count()
    };
    // The header names another segment before it in all that follow; of the second it is the block alone, and what was signed behind it.
    assert!(about(&proof) <= 3, "{proof:?}");
    check(
        "a block removed",
        (false, true, true),
        edit(|copy| {
            copy.segments[1].1.remove(BLOCK);
        }),
    );
    check(
        "a block put in",
        (false, true, true),
        edit(|copy| {
            copy.segments[1]
                .1
                .insert(BLOCK, (ItemKind::EVENTS, block(202).bytes));
        }),
    );
    check(
        "a block twice",
        (false, true, true),
        edit(|copy| {
            let again = copy.segments[1].1[BLOCK].clone();
            copy.segments[1].1.insert(BLOCK, again);
        }),
    );
}

#[test]
fn what_stands_around_blocks_is_proven_as_well() {
    check(
        "two blocks exchanged",
        (false, true, true),
        edit(|copy| {
            copy.segments[1].1.swap(BLOCK, LATER_BLOCK);
        }),
    );
    check(
        "the header changed",
        (false, true, true),
        edit(|copy| {
            let (_, payload) = &mut copy.segments[1].1[0];
            let mut header = crate::SegmentHeader::decode(payload).expect("a header");
            header.created_realtime = UnixNanos(1 << 60);
            *payload = header.encode();
        }),
    );
    check(
        "the clock changed",
        (false, true, true),
        edit(|copy| {
            let pair = ClockPair {
                boottime_ns: 1,
                realtime_ns: UnixNanos(1 << 60),
            };
            copy.segments[1].1[2].1 = crate::clock::encode(&[pair]);
        }),
    );
    check(
        "losses put in",
        (false, true, true),
        edit(|copy| {
            let lost = crate::LostInterval {
                cpu: 0,
                lane: falco_abi::Lane::Bulk,
                reason: falco_abi::LossReason::RingFull,
                count: 9,
                last_good_time: 0,
                next_good_time: u64::MAX,
            };
            copy.segments[1]
                .1
                .insert(BLOCK, (ItemKind::LOST, crate::lost::encode(&[lost])));
        }),
    );
    check(
        "two segments exchanged",
        (false, true, true),
        edit(|copy| copy.segments.swap(1, 2)),
    );
    check(
        "a segment twice",
        (false, true, true),
        edit(|copy| {
            let (tag, pieces) = (copy.segments[1].0, copy.segments[1].1.clone());
            copy.segments.insert(2, (tag, pieces));
        }),
    );
}
