//! What a recording does where its files or its disk are not its own: removed or cut segments, a disk that somebody fills, a reboot. With a made-up source.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::made_up::{MadeUp, config, record, record_to, segments_of};
use falco_format::{BootId, Capture, CaptureIdentity, CaptureWriter, Dialect, GapKind, UnixNanos};
use falco_record::pipeline::Finished;
use falco_record::root::Store;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

fn identity(boot: u8) -> CaptureIdentity {
    CaptureIdentity {
        boot_id: BootId([boot; 16]),
        node: "node".into(),
        dialect: Dialect::Native,
    }
}

/// Records below a root; when some events are written, something happens; the recording ends when another segment has some too.
fn record_while(happens: fn(root: &Path, active: &Path)) -> (tempfile::TempDir, Finished, u64) {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let root = folder.path().join("root");
    let store = Store::open(&root, identity(7)).expect("a store");
    let mut source = MadeUp::new(u64::MAX, 20);
    source.is_noise = true;
    let made = Arc::clone(&source.made);
    let mut victim: Option<UnixNanos> = None;
    let finished = record_to(store, source, &config(folder.path()), &mut || {
        let segments = segments_of(&root);
        let long = segments.iter().filter(|(_, bytes)| *bytes > 40_000);
        // Names may be the same again, and so may inodes.
        let mut begun = long.filter_map(|(path, _)| {
            let capture = Capture::open(path).ok()?;
            Some((path, capture.header()?.created_realtime))
        });
        if let Some(victim) = victim {
            return begun.any(|(_, other)| other != victim);
        }
        if let Some((path, created)) = begun.next_back() {
            victim = Some(created);
            happens(&root, path);
        }
        false
    });
    let made = made.lock().expect("a lock").len() as u64;
    (folder, finished, made)
}

#[test]
fn a_segment_that_somebody_removes_or_cuts_is_told_and_recording_goes_on() {
    let check = |happens: fn(&Path, &Path)| {
        let (folder, finished, made) = record_while(happens);
        let report = finished.report;
        assert_eq!(report.destroyed, 1, "{report:?}");
        assert!(report.segments >= 2 && report.error.is_none(), "{report:?}");
        let segments = segments_of(&folder.path().join("root"));
        let (newest, _) = segments.last().expect("recording went on");
        let contents = common::read(newest);
        assert_eq!(contents.sealed, 1);
        // What is not there is said to be lost, in the capture and by the recorder alike.
        let lost = report.lost.total();
        let is_said: u64 = segments
            .iter()
            .map(|(path, _)| common::read(path).lost_total())
            .sum();
        assert!(lost > 0 && is_said == lost, "{lost} lost, {is_said} said");
        assert_eq!(report.events + lost, made, "{report:?}");
    };
    check(|_, active| fs::remove_file(active).expect("removed"));
    check(|_, active| fs::rename(active, active.with_extension("moved")).expect("moved"));
    check(|_, active| {
        let file = fs::OpenOptions::new().write(true).open(active);
        file.and_then(|file| file.set_len(1_000)).expect("cut");
    });
    check(|_, active| {
        let boot = active.parent().expect("a boot's directory");
        fs::remove_dir_all(boot).expect("removed");
    });
    check(|root, _| fs::remove_dir_all(root).expect("removed"));
}

#[test]
fn after_a_reboot_one_budget_holds_for_both_boots() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let root = folder.path().join("root");
    let mut config = config(folder.path());
    (config.segment_bytes, config.budget.bytes) = (100_000, Some(1_000_000));
    let noise = || {
        let mut source = MadeUp::new(u64::MAX, 50);
        source.is_noise = true;
        source
    };
    let store = Store::open(&root, identity(1)).expect("a store");
    let first = root.join(store.boot.as_ref().expect("a boot"));
    record_to(store, noise(), &config, &mut || {
        segments_of(&root).len() >= 4
    });
    let pinned = segments_of(&first)[1].0.clone();
    let pin = PathBuf::from(format!("{}.pin", pinned.display()));
    fs::write(&pin, "").expect("pinned");
    let store = Store::open(&root, identity(2)).expect("a store after a reboot");
    let second = root.join(store.boot.as_ref().expect("a boot"));
    assert_ne!(first, second);
    let finished = record_to(store, noise(), &config, &mut || {
        segments_of(&first).len() == 1 && segments_of(&second).len() >= 3
    });
    assert!(finished.report.dropped >= 3, "{:?}", finished.report);
    assert_eq!(segments_of(&first)[0].0, pinned, "the pinned one stays");
    let contents = common::read(&root);
    assert_eq!(contents.damage, 0, "what was dropped around a pin is told");
    assert_eq!(contents.segments, segments_of(&root).len());
    let dropped = |path: &Path| -> u64 {
        let capture = Capture::open(path).expect("a capture");
        let counts = capture.gaps().into_iter().map(|gap| match gap.kind {
            GapKind::Dropped(count) => count,
            GapKind::Missing(_) | GapKind::MissingSequel => panic!("{gap:?}"),
            _ => 0,
        });
        counts.sum()
    };
    assert_eq!(dropped(&root), finished.report.dropped);
    // Of a boot alone, those beside it tell; and the next recording goes on with what this one knew.
    assert!(dropped(&first) >= 3, "{}", dropped(&first));
    let store = Store::open(&root, identity(2)).expect("a store");
    let again = record_to(store, noise(), &config, &mut || true);
    let all = finished.report.dropped + again.report.dropped;
    assert_eq!(dropped(&root), all);
    // What retention did not drop is missing where it is not there.
    fs::remove_file(&segments_of(&second)[0].0).expect("removed");
    assert_eq!(common::read(&root).damage, 1);
}

/// A small disk below a directory; the reason where there is none.
fn small_disk(at: &Path) -> Result<(), String> {
    fs::create_dir(at).map_err(|error| error.to_string())?;
    let done = mount("none", at, "tmpfs", MountFlags::empty(), c"size=12m");
    done.map_err(|error| format!("no tmpfs here: {error}"))
}

#[test]
fn whoever_fills_the_disk_deletes_no_history() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let disk = folder.path().join("disk");
    if let Err(reason) = small_disk(&disk) {
        println!("skipped: {reason}");
        return;
    }
    let directory = disk.join("capture");
    let mut config = config(folder.path());
    (config.segment_bytes, config.budget.bytes) = (200_000, Some(8_000_000));
    let mut source = MadeUp::new(u64::MAX, 100);
    source.is_noise = true;
    let made = Arc::clone(&source.made);
    let (mut before, mut made_before) = (Vec::new(), 0);
    let finished = record(&directory, source, &config, || {
        let segments = segments_of(&directory);
        if before.is_empty() && segments.len() >= 5 {
            before = segments;
            let mut file = fs::File::create(disk.join("filler")).expect("a file");
            while file.write_all(&[1; 4096]).is_ok() {}
            made_before = made.lock().expect("a lock").len();
        }
        made_before > 0 && made.lock().expect("a lock").len() > made_before + 400_000
    });
    let after = segments_of(&directory);
    let contents = common::read(&directory);
    unmount(&disk, UnmountFlags::DETACH).expect("umount");
    let report = finished.report;
    assert!(report.disk_full && report.dropped == 0, "{report:?}");
    for (path, bytes) in &before[..before.len() - 1] {
        assert!(after.contains(&(path.clone(), *bytes)), "{path:?} is gone");
    }
    let lost = report.lost.total();
    assert!(lost > 0 && contents.damage == 0, "{report:?}");
    assert_eq!(contents.lost_total(), lost, "the capture says what it lost");
    let made = made.lock().expect("a lock").len() as u64;
    assert_eq!(contents.rows.len() as u64 + lost, made);
}

#[test]
fn what_has_the_next_names_is_left_alone() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let capture = CaptureWriter::open(&directory, identity(7)).expect("a directory");
    let store = Store::plain(capture);
    let secret = folder.path().join("secret");
    fs::write(&secret, "root's own").expect("written");
    for number in 1..4 {
        let name = directory.join(falco_format::segment_file_name(number));
        std::os::unix::fs::symlink(&secret, name).expect("planted");
    }
    let finished = record_to(
        store,
        MadeUp::new(100, 10),
        &config(folder.path()),
        &mut || true,
    );
    assert!(finished.report.error.is_none(), "{:?}", finished.report);
    assert_eq!(fs::read(&secret).expect("there"), b"root's own");
    let written = directory.join(falco_format::segment_file_name(4));
    assert_eq!(common::read(&written).sealed, 1);
}
