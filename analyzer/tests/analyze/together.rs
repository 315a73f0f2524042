//! Several segments or captures in one stream, and objects of odd kinds beside them: all is read or told.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use crate::support::{Run, Workspace, intrusion, segment_files};

/// A capture of several segments, one of another boot, and `.scap` files of both.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 2, 2);
    let mut late = intrusion().with_boot(9);
    late.begin_later(3_600);
    late.write(&workspace.path("late"));
    for capture in ["capture", "late"] {
        let file = format!("{capture}.scap");
        workspace
            .run(&["export", "scap", capture, "-o", &file])
            .ends_with(0);
    }
    workspace
}

/// The bytes of files, one after the other.
fn together(workspace: &Workspace, names: &[&str]) -> Vec<u8> {
    let read = |name: &&str| fs::read(workspace.path(name)).expect("readable");
    names.iter().flat_map(read).collect()
}

/// Gives bytes to a command on standard input.
fn pipe(workspace: &Workspace, bytes: &[u8], arguments: &[&str]) -> Run {
    workspace.run_from(arguments, Stdio::piped(), |stdin| {
        stdin.write_all(bytes).expect("read to the end");
    })
}

/// Checks what `info` says of bytes, on standard input and in a file: the code, how many captures, and words.
fn check(workspace: &Workspace, bytes: &[u8], (code, captures): (i32, usize), words: &[&str]) {
    workspace.write("all", bytes);
    let runs = [
        pipe(workspace, bytes, &["info", "-"]),
        workspace.run(&["info", "all"]),
    ];
    for run in runs {
        let run = words
            .iter()
            .fold(run.ends_with(code), |run, words| run.says(words));
        assert_eq!(
            run.stdout.matches("Capture: ").count(),
            captures,
            "{}",
            run.stdout
        );
    }
}

#[test]
fn segments_in_one_stream_are_all_read() {
    let workspace = workspace();
    let segments = [
        "capture/00000001.flc",
        "capture/00000002.flc",
        "capture/00000003.flc",
    ];
    let all = together(&workspace, &segments);
    check(
        &workspace,
        &all,
        (0, 1),
        &["Segments: 3 (3 sealed)", "Events: 5,", "Lost: nothing\n"],
    );
    workspace.run(&["info", "all"]).says("Capture: all\n");
    workspace
        .run(&["verify", "all"])
        .ends_with(0)
        .says("all: intact");
    let alerts = ["replay", "-", "-r", "rules.yaml"];
    let whole = workspace
        .run(&["replay", "capture", "-r", "rules.yaml"])
        .stdout;
    assert_eq!(pipe(&workspace, &all, &alerts).ends_with(0).stdout, whole);
    // Their order is that of their numbers, not of the stream; what stands there twice counts once.
    let turned = together(
        &workspace,
        &[segments[2], segments[0], segments[1], segments[0]],
    );
    check(
        &workspace,
        &turned,
        (0, 1),
        &["Segments: 3", "Events: 5,", "read once"],
    );
    // One that is missing is missed.
    let holes = together(&workspace, &[segments[0], segments[2]]);
    check(&workspace, &holes, (3, 1), &["Segments: 2", "issing"]);
    // Packed one by one, as `cat *.flc.gz` has them.
    let packed: Vec<u8> = segments
        .iter()
        .flat_map(|name| {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder
                .write_all(&together(&workspace, &[name]))
                .expect("packs");
            encoder.finish().expect("ends")
        })
        .collect();
    check(&workspace, &packed, (0, 1), &["Segments: 3", "Events: 5,"]);
}

#[test]
fn captures_in_one_stream_are_all_read() {
    let workspace = workspace();
    let boots = together(&workspace, &["late/00000001.flc", "capture/00000001.flc"]);
    check(&workspace, &boots, (0, 2), &["Events: 5,", "Events: 2,"]);
    let scap = together(&workspace, &["capture.scap", "late.scap"]);
    check(&workspace, &scap, (0, 1), &["Segments: 2", "Events: 10,"]);
}

#[test]
fn what_cannot_be_told_apart_is_told() {
    let workspace = workspace();
    // A segment that ends within an item: the next one is not taken for one, since a program may have chosen such bytes.
    let mut cut = together(&workspace, &["capture/00000001.flc"]);
    cut.truncate(cut.len() - 30);
    let next = together(&workspace, &["capture/00000002.flc"]);
    check(
        &workspace,
        &[cut, next.clone()].concat(),
        (3, 1),
        &["Damaged: "],
    );
    let mixed = together(&workspace, &["capture/00000001.flc", "late.scap"]);
    check(&workspace, &mixed, (3, 1), &["Damaged: "]);
    let mixed = together(&workspace, &["late.scap", "capture/00000001.flc"]);
    check(&workspace, &mixed, (3, 1), &["Damaged: "]);
    // One without an end, as of a recorder that was killed, ends where its last item does.
    let first = together(&workspace, &["capture/00000001.flc"]);
    let capture = falco_format::Capture::open(&workspace.path("capture/00000001.flc"));
    let index = capture.expect("opens").segments()[0]
        .index()
        .expect("sealed");
    let end = index
        .entries
        .last()
        .map_or(0, |entry| entry.offset + entry.length);
    let killed = [&first[..end as usize], &next].concat();
    check(
        &workspace,
        &killed,
        (3, 1),
        &["Segments: 2 (1 sealed)", "nsealed"],
    );
}

/// A recording and what was exported of it tell the same events.
#[test]
fn an_export_beside_its_recording_counts_once() {
    let workspace = workspace();
    let scap = |from: &[&str], options: &[&str], to: &str| {
        let command = [&["export", "scap"], from, options, &["-o", to]].concat();
        workspace.run(&command).ends_with(0);
    };
    scap(
        &["capture"],
        &["--schema", "2022", "--compress", "gzip"],
        "old.scap.gz",
    );
    scap(&["capture"], &["--where", "evt.type = execve"], "some.scap");
    scap(&["capture", "late"], &[], "both.scap");
    scap(&["capture/00000001.flc"], &[], "first.scap");
    for name in ["first", "others"] {
        fs::create_dir(workspace.path(name)).expect("made");
    }
    for (number, place) in [(1, "first"), (2, "others"), (3, "others")] {
        let name = format!("{number:08}.flc");
        let from = workspace.path("capture").join(&name);
        fs::copy(from, workspace.path(place).join(name)).expect("copied");
    }
    let check = |inputs: &[&str], captures: usize, words: &str| {
        let run = workspace.run(&[&["info"], inputs].concat());
        let found = run.stdout.matches("Capture: ").count();
        assert_eq!(found, captures, "{inputs:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{inputs:?}: {}", run.stderr);
        assert_eq!(
            words.is_empty(),
            !run.stderr.contains(" export"),
            "{inputs:?}: {}",
            run.stderr
        );
    };
    let once = "is an export of capture: read once";
    check(&["capture", "capture.scap"], 1, once);
    check(&["capture.scap", "capture"], 1, once);
    check(&["old.scap.gz", "capture"], 1, once);
    check(&["some.scap", "capture"], 1, once);
    check(&["first.scap", "capture"], 1, once);
    check(
        &["capture", "late", "both.scap"],
        2,
        "both.scap is an export of ",
    );
    // What is not all there is kept, and told.
    check(&["capture", "both.scap"], 2, "count twice");
    check(&["others", "capture.scap"], 2, "count twice");
    check(
        &["old.scap.gz", "some.scap"],
        2,
        "are exports of one recording",
    );
    // Others have nothing in common.
    check(&["late", "capture.scap"], 2, "");
    check(&["others", "first.scap"], 2, "");
    check(&["late.scap", "capture.scap"], 2, "");
}

#[test]
fn objects_of_odd_kinds_are_told() {
    let workspace = workspace();
    let boot = "root/20260102T030405Z-00000000";
    for place in ["root", boot, "mixed"] {
        fs::create_dir_all(workspace.path(place)).expect("made");
    }
    for file in segment_files(&workspace.path("capture")) {
        let name = file.file_name().expect("a name").to_owned();
        fs::copy(&file, workspace.path(boot).join(name)).expect("copied");
    }
    fs::copy(
        workspace.path("late.scap"),
        workspace.path("mixed/late.scap"),
    )
    .expect("copied");
    for place in ["root", "mixed", "capture"] {
        let at = |name: &str| workspace.path(place).join(name);
        let fifo = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(fifo.expect("mkfifo").success());
        drop(UnixListener::bind(at("socket")).expect("a socket"));
        symlink("/nowhere", at("lost")).expect("linked");
        symlink("/dev/null", at("null")).expect("linked");
        let commands: [&[&str]; 3] = [
            &["info", place],
            &["events", place],
            &["replay", place, "-r", "rules.yaml"],
        ];
        for command in commands {
            let run = workspace.run(command).ends_with(0);
            for name in ["pipe", "socket", "lost", "null"] {
                let named = format!("passed over {place}/{name}: it is a");
                assert!(
                    run.stderr.contains(&named),
                    "{command:?}: no {named}: {}",
                    run.stderr
                );
            }
        }
    }
    // Among boots, a link is none, whatever its name and wherever it leads.
    symlink(
        workspace.path("late"),
        workspace.path("root/20260103T030405Z-00000001"),
    )
    .expect("linked");
    workspace
        .run(&["info", "root"])
        .ends_with(0)
        .says("Segments: 3")
        .says("root/20260103T030405Z-00000001: it is a symbolic link");
}
