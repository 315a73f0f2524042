//! Forgeries of somebody who signs: with a key of their own, or with that of now, as it is found on the node.

use super::*;

fn leaked(key: EpochKey) -> &'static EpochKey {
    Box::leak(Box::new(key))
}

/// The key of now, in the hands of somebody else.
fn stolen(signed: &Signed) -> &'static EpochKey {
    let current = &signed.current;
    leaked(EpochKey::kept(
        current.epoch(),
        current.secret(),
        current.certificate(),
    ))
}

#[test]
fn signatures_that_are_taken_away_or_replaced_are_found() {
    check(
        "all signatures taken away",
        (false, false, true),
        |_, directory| {
            Copy::of(directory, SEGMENTS).write(directory, |_| Signatures::Stripped);
        },
    );
    check(
        "the signatures of one taken away",
        (false, true, true),
        |_, directory| {
            Copy::of(directory, SEGMENTS).write(directory, |place| match place {
                1 => Signatures::Stripped,
                _ => Signatures::Kept,
            });
        },
    );
    let own = leaked(EpochKey::first().expect("a key"));
    check(
        "signed with a key of one's own",
        (false, true, true),
        |_, directory| {
            let mut copy = Copy::of(directory, SEGMENTS);
            copy.segments[1].1[BLOCK].1 = block(201).bytes;
            copy.write(directory, |_| Signatures::By(own));
        },
    );
    check(
        "an old one signed with the key of now",
        (false, true, true),
        |signed, directory| {
            let key = stolen(signed);
            let mut copy = Copy::of(directory, SEGMENTS);
            copy.segments[1].1[BLOCK].1 = block(201).bytes;
            copy.write(directory, |place| match place {
                0 => Signatures::Kept,
                _ => Signatures::By(key),
            });
        },
    );
}

#[test]
fn with_the_key_of_now_only_the_active_segment_can_be_forged() {
    check(
        "the active one forged with the key of now",
        (false, false, true),
        |signed, directory| {
            let key = stolen(signed);
            let mut copy = Copy::of(directory, SEGMENTS);
            copy.segments[4].1[BLOCK].1 = block(501).bytes;
            copy.write(directory, |place| match place {
                4 => Signatures::By(key),
                _ => Signatures::Kept,
            });
        },
    );
    check(
        "the newest two replaced by one, with the key of now",
        (false, true, true),
        |signed, directory| {
            let key = stolen(signed);
            let mut copy = Copy::of(directory, SEGMENTS);
            copy.segments.remove(3);
            copy.write(directory, |place| match place {
                3 => Signatures::By(key),
                _ => Signatures::Kept,
            });
            fs::remove_file(directory.join(segment_file_name(SEGMENTS))).expect("a file");
        },
    );
}
