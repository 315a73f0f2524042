//! Roots: a directory per boot, read as one; and what others may have put among the segments.

use std::fs;
use std::path::Path;

use falco_format::{Capture, DamageKind, Item, recover, segment_file_name, verify};
use rustix::fs::{CWD, Mode, mkfifoat, symlinkat};

use crate::captures::{capture_of, capture_of_boot, times};

const FIRST: &str = "20260102T030405Z-01010101";
const SECOND: &str = "20260102T040000Z-02020202";

/// A root with two boots; the one whose id is larger came first.
fn root() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a directory");
    capture_of_boot(&place.path().join(SECOND), 2, &[10, 20]);
    capture_of_boot(&place.path().join(FIRST), 1, &[500, 600, 700]);
    place
}

#[test]
fn the_boots_of_a_root_follow_one_another_in_the_order_of_their_names() {
    let root = root();
    let capture = Capture::open(root.path()).expect("opens");
    assert_eq!(times(&capture), [500, 600, 700, 10, 20]);
    let names: Vec<_> = capture.segments().iter().map(|one| one.name()).collect();
    assert_eq!(names[2], format!("{FIRST}/{}", segment_file_name(3)));
    let damage = |capture: &Capture| {
        let damage = capture.items().filter_map(|item| match item {
            Item::Damage(damage) => Some(damage.what),
            _ => None,
        });
        damage.collect::<Vec<_>>()
    };
    assert_eq!(damage(&capture), []);
    assert!(verify(&capture).is_intact());
    let boot = Capture::open(&root.path().join(SECOND)).expect("a boot opens alone");
    assert_eq!(times(&boot), [10, 20]);
    let segment = root.path().join(FIRST).join(segment_file_name(2));
    assert_eq!(times(&Capture::open(&segment).expect("opens")), [600]);
    // What is missing is missing within a boot.
    fs::remove_file(&segment).expect("removed");
    let capture = Capture::open(root.path()).expect("opens");
    assert_eq!(damage(&capture), [DamageKind::MissingSegments(1)]);
}

#[test]
fn segments_in_the_root_itself_come_first() {
    let root = root();
    capture_of(root.path(), &[1]);
    let capture = Capture::open(root.path()).expect("opens");
    assert_eq!(times(&capture), [1, 500, 600, 700, 10, 20]);
    assert!(verify(&capture).is_intact());
}

#[test]
fn a_root_is_repaired_boot_by_boot() {
    let root = root();
    fs::remove_file(root.path().join(FIRST).join(segment_file_name(2))).expect("removed");
    let copy = root.path().join("copy");
    let capture = Capture::open(root.path()).expect("opens");
    recover(&capture, &copy).expect("copied");
    let capture = Capture::open(&copy).expect("opens");
    assert_eq!(times(&capture), [500, 700, 10, 20]);
    let places: Vec<_> = capture.segments().iter().map(|one| one.name()).collect();
    assert!(
        places[0].starts_with(FIRST) && places[3].starts_with(SECOND),
        "{places:?}"
    );
}

#[test]
fn what_others_put_among_segments_is_passed_over_and_told() {
    type Plant = fn(&Path);
    let check = |plant: Plant, why: &str| {
        let root = root();
        let planted = root.path().join(SECOND).join(segment_file_name(3));
        plant(&planted);
        let capture = Capture::open(root.path()).expect("opens");
        assert_eq!(times(&capture), [500, 600, 700, 10, 20]);
        let told = capture.items().any(|item| {
            matches!(item, Item::Damage(damage)
                if matches!(&damage.what, DamageKind::Unreadable(text) if text.contains(why)))
        });
        assert!(told, "nobody tells of {why}");
    };
    let pipe: Plant = |path| mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).expect("a pipe");
    check(pipe, "not a regular file");
    check(
        |path| fs::create_dir(path).expect("made"),
        "not a regular file",
    );
    check(
        |path| symlinkat("/etc/passwd", CWD, path).expect("linked"),
        "a symbolic link",
    );
}

#[test]
fn a_link_in_the_place_of_a_boot_is_none() {
    let root = root();
    let elsewhere = tempfile::tempdir().expect("a directory");
    capture_of_boot(elsewhere.path(), 3, &[99]);
    let planted = root.path().join("20260102T050000Z-03030303");
    symlinkat(elsewhere.path(), CWD, &planted).expect("linked");
    let capture = Capture::open(root.path()).expect("opens");
    assert_eq!(times(&capture), [500, 600, 700, 10, 20]);
}
