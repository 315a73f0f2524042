//! Inputs as people have them: what may be given, what is said of it, and with which exit code.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Run, Workspace, intrusion};

/// Captures of two boots, the one that began later with the name that comes first, in every form that a capture has.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let mut late = intrusion().with_boot(9);
    late.begin_later(3_600);
    late.write(&workspace.path("a-late"));
    intrusion().write(&workspace.path("b-early"));
    for (capture, number) in [("a-late", 0), ("b-early", 1)] {
        let file = format!("rotated/trace.scap{number}");
        fs::create_dir_all(workspace.path("rotated")).expect("made");
        workspace
            .run(&["export", "scap", capture, "-o", &file])
            .ends_with(0);
    }
    let plain = fs::read(workspace.path("rotated/trace.scap0")).expect("readable");
    let segment = fs::read(workspace.path("b-early/00000001.flc")).expect("readable");
    let packed = workspace.path("packed");
    fs::create_dir(&packed).expect("made");
    for (name, bytes) in [("scap", &plain), ("flc", &segment)] {
        let write = |end: &str, bytes: Vec<u8>| {
            fs::write(packed.join(format!("{name}.{end}")), bytes).expect("written");
        };
        write("gz", gzip(bytes));
        write("zst", zstd::encode_all(&bytes[..], 1).expect("packs"));
        write("xz", xz(bytes));
    }
    workspace
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packs");
    encoder.finish().expect("ends")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::bufread::XzEncoder::new(bytes, 1)
        .read_to_end(&mut packed)
        .expect("packs");
    packed
}

/// Runs `info` over inputs: the exit code, each word that is said, and how many captures there are.
#[track_caller]
fn check(workspace: &Workspace, inputs: &[&str], code: i32, said: &[&str], captures: usize) {
    let arguments = [&["info"], inputs].concat();
    let run = workspace.run(&arguments).ends_with(code);
    let run = said.iter().fold(run, |run, words| run.says(words));
    let found = run.stdout.matches("Capture: ").count();
    assert_eq!(found, captures, "{inputs:?}: {}{}", run.stdout, run.stderr);
}

#[test]
fn captures_are_found_in_whatever_form_they_lie_there() {
    let workspace = workspace();
    // A root with a directory for each boot, a folder of roots, and links.
    for node in ["nodes/one", "nodes/two"] {
        fs::create_dir_all(workspace.path(node)).expect("made");
    }
    let boot = intrusion().with_boot(11);
    boot.write(&workspace.path("nodes/one/20260102T030405Z-0b0b0b0b"));
    let boot = intrusion().with_boot(12);
    boot.write(&workspace.path("nodes/two/20260102T030405Z-0c0c0c0c"));
    let boot = intrusion().with_boot(13);
    boot.write(&workspace.path("nodes/two/20260103T030405Z-0d0d0d0d"));
    let cases: [(&[&str], usize); 15] = [
        (&["a-late"], 1),
        (&["a-late", "b-early"], 2),
        (&["a-late/00000001.flc"], 1),
        (&["rotated"], 2),
        (&["rotated/trace.scap1", "rotated/trace.scap0"], 2),
        (&["rotated", "a-late"], 2),
        (&["packed/scap.gz"], 1),
        (&["packed/scap.zst"], 1),
        (&["packed/scap.xz"], 1),
        (&["packed/flc.gz"], 1),
        (&["packed/flc.xz", "packed/flc.zst"], 1),
        (&["nodes/one"], 1),
        (&["nodes"], 2),
        (
            &[
                "nodes/two/20260102T030405Z-0c0c0c0c",
                "nodes/two/20260103T030405Z-0d0d0d0d",
            ],
            2,
        ),
        (&["nodes/two/20260102T030405Z-0c0c0c0c", "nodes/two"], 1),
    ];
    for (inputs, captures) in cases {
        check(&workspace, inputs, 0, &["Events: "], captures);
    }
}

#[test]
fn a_directory_is_read_in_the_order_of_its_first_events() {
    let workspace = workspace();
    let times = |inputs: &[&str]| -> Vec<String> {
        let format = ["-p", "%evt.time.iso8601"];
        let run = workspace.run(&[&["events"], inputs, &format].concat());
        let run = run.ends_with(0);
        run.stdout.lines().map(str::to_owned).collect()
    };
    let expected = times(&["b-early", "a-late"]);
    assert!(expected.is_sorted() && expected.len() == 10, "{expected:?}");
    for inputs in [&["a-late", "b-early"][..], &["rotated"]] {
        assert_eq!(times(inputs), expected, "{inputs:?}");
    }
}

#[test]
fn what_is_given_twice_counts_once_and_is_told() {
    let workspace = workspace();
    symlink("a-late", workspace.path("link")).expect("linked");
    fs::hard_link(
        workspace.path("rotated/trace.scap0"),
        workspace.path("hard"),
    )
    .expect("linked");
    copy(&workspace.path("a-late"), &workspace.path("copied"));
    fs::copy(
        workspace.path("rotated/trace.scap0"),
        workspace.path("copy.scap"),
    )
    .expect("copied");
    workspace
        .run(&["import", "copy.scap", "-o", "imported"])
        .ends_with(0);
    let whole = fs::read(workspace.path("copy.scap")).expect("readable");
    let cases: [(&[&str], usize, &str); 10] = [
        (&["a-late", "a-late"], 1, "a-late is a-late once more"),
        (&["a-late", "./a-late/"], 1, "once more"),
        (&["a-late", "link"], 1, "link is a-late once more"),
        (&["hard", "rotated"], 2, "once more"),
        (
            &["a-late", "copied"],
            1,
            "copied: 1 of 1 segment in a-late too",
        ),
        (&["a-late/00000001.flc", "a-late"], 1, "1 of 1 segment"),
        (&["copy.scap", "rotated/trace.scap0"], 1, "once more"),
        (&["copy.scap", "packed/scap.xz"], 1, "once more"),
        (
            &["imported", "copy.scap"],
            1,
            "copy.scap is imported once more",
        ),
        (&["packed"], 2, "once more"),
    ];
    for (inputs, captures, words) in cases {
        check(&workspace, inputs, 0, &[words, "read once"], captures);
    }
    // A file that differs is another one, however alike it begins.
    let mut other = whole.clone();
    let place = other.len() - 20;
    other[place] ^= 1;
    workspace.write("other.scap", &other);
    let run = workspace.run(&["info", "other.scap", "copy.scap"]);
    assert_eq!(run.stdout.matches("Capture: ").count(), 2, "{}", run.stderr);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

#[test]
fn segments_that_are_given_one_by_one_are_one_capture() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 2, 2);
    let segments = [
        "capture/00000002.flc",
        "capture/00000003.flc",
        "capture/00000001.flc",
    ];
    check(
        &workspace,
        &segments,
        0,
        &["Segments: 3", "Capture: capture\n"],
        1,
    );
    // Two copies that overlap: each segment counts once.
    copy(&workspace.path("capture"), &workspace.path("copy"));
    fs::remove_file(workspace.path("copy/00000001.flc")).expect("removed");
    fs::remove_file(workspace.path("capture/00000003.flc")).expect("removed");
    let words = ["Segments: 3", "copy: 1 of 2 segments in capture too"];
    check(&workspace, &["capture", "copy"], 0, &words, 1);
}

#[test]
fn standard_input_is_a_capture() {
    let workspace = workspace();
    let pipe = |file: &str, arguments: &[&str]| -> Run {
        let mut file = File::open(workspace.path(file)).expect("opens");
        workspace.run_from(arguments, Stdio::piped(), |stdin| {
            // A command that wants no more closes its end.
            let _ = std::io::copy(&mut file, stdin);
        })
    };
    for file in [
        "rotated/trace.scap0",
        "packed/scap.gz",
        "packed/scap.xz",
        "b-early/00000001.flc",
        "packed/flc.zst",
    ] {
        pipe(file, &["info", "-"])
            .ends_with(0)
            .says("Events: 5,")
            .says("Capture: -");
        pipe(file, &["info", "/dev/stdin"])
            .ends_with(0)
            .says("Events: 5,");
        pipe(file, &["replay", "-", "-r", "rules.yaml"])
            .ends_with(0)
            .says("Secrets read");
        pipe(
            file,
            &["events", "-", "--where", "evt.type = execve", "-n", "1"],
        )
        .ends_with(0)
        .says("execve");
    }
    pipe("rotated/trace.scap0", &["import", "-", "-o", "from-stdin"]).ends_with(0);
    pipe("b-early/00000001.flc", &["verify", "-"])
        .ends_with(0)
        .says("-: intact");
    pipe("rotated/trace.scap0", &["info", "-", "-"])
        .ends_with(0)
        .says("once more");
    // A file as standard input needs no copy, and is the file.
    let file = File::open(workspace.path("rotated/trace.scap0")).expect("opens");
    workspace
        .run_from(
            &["info", "-", "rotated/trace.scap0"],
            Stdio::from(file),
            |_| {},
        )
        .ends_with(0)
        .says("rotated/trace.scap0 is - once more");
    workspace
        .run(&["info", "-"])
        .ends_with(2)
        .says("- is empty");
}

#[test]
fn what_is_no_capture_is_refused_by_name() {
    let workspace = workspace();
    let pcapng = [
        &[
            0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
        ][..],
        &[0xff; 8],
        &[
            28, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0,
        ],
    ]
    .concat();
    workspace.write("net.pcapng", &pcapng);
    workspace.write("net.pcapng.gz", gzip(&pcapng));
    workspace.write("net.pcap", b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00");
    workspace.write(
        "sysdig.txt",
        "1 10:11:12.131415161 0 bash (4711) > open fd=3\n",
    );
    workspace.write("random", [0x00, 0xff, 0x13]);
    workspace.write("random.gz", gzip(&[0x00, 0xff, 0x13]));
    workspace.write("torn.gz", &gzip(&pcapng)[..6]);
    workspace.write("twice.gz", gzip(&gzip(&pcapng)));
    workspace.write("nothing", "");
    workspace.write("texts/notes.txt", "mine");
    fs::create_dir(workspace.path("empty")).expect("made");
    fs::create_dir_all(workspace.path("deep/a/b/c/d/e")).expect("made");
    let program = env!("CARGO_BIN_EXE_falco-analyze");
    let cases: [(&str, &str); 15] = [
        ("net.pcapng", "network packets, not system calls"),
        ("net.pcapng.gz", "network packets, not system calls"),
        ("net.pcap", "network packets, not system calls"),
        ("sysdig.txt", "sysdig -w"),
        ("rules.yaml", "given by -r"),
        (program, "ELF"),
        ("random", "is not a capture"),
        ("random.gz", "packed, and what is in it is no capture"),
        ("torn.gz", "nothing can be unpacked"),
        ("twice.gz", "packed twice"),
        ("nothing", "is empty"),
        ("empty", "is empty"),
        ("texts", "holds no capture"),
        ("/dev/null", "it is a device"),
        ("nowhere", "does not exist"),
    ];
    for (input, words) in cases {
        check(&workspace, &[input], 2, &[words], 0);
        workspace
            .run(&["replay", input, "-r", "rules.yaml"])
            .ends_with(2)
            .says(words);
        workspace.run(&["events", input]).ends_with(2).says(words);
        let export = ["export", "parquet", input, "-o", "tables"];
        workspace.run(&export).ends_with(2).says(words);
        let export = ["export", "scap", input, "-o", "file"];
        workspace.run(&export).ends_with(2).says(words);
        workspace
            .run(&["import", input, "-o", "capture"])
            .ends_with(2)
            .says(words);
        workspace.run(&["verify", input]).ends_with(2).says(words);
    }
    workspace
        .run(&["info", "deep"])
        .ends_with(2)
        .says("lies too deep");
    assert!(!workspace.path("tables").exists() && !workspace.path("file").exists());
}

#[test]
fn other_files_of_a_directory_are_passed_over_and_told() {
    let workspace = workspace();
    workspace.write("rotated/notes.txt", "mine");
    workspace.write("rotated/next.scap", "");
    workspace.write("rotated/.hidden", "secret");
    workspace.write("rotated/x.unfinished", "half");
    let fifo = workspace.path("rotated/pipe");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("runs");
    assert!(made.success());
    let said = [
        "passed over rotated/notes.txt: it is text",
        "passed over rotated/pipe: it is a pipe",
        "rotated/next.scap is empty",
        "x.unfinished: it is being written",
    ];
    check(&workspace, &["rotated"], 0, &said, 2);
    let run = workspace.run(&["info", "rotated"]);
    assert!(!run.stderr.contains("hidden"), "{}", run.stderr);
}

#[test]
fn events_takes_several_captures_and_a_condition_behind_them() {
    let workspace = workspace();
    let cases: [(&[&str], i32, usize); 6] = [
        (&["a-late", "b-early"], 0, 10),
        (&["a-late", "b-early", "evt.type = execve"], 0, 2),
        (&["rotated", "evt.type=execve"], 0, 2),
        (&["rotated", "--where", "evt.type = execve"], 0, 2),
        (&["a-late", "nowhere"], 2, 0),
        (&["a-late", "evt.tipe = execve"], 2, 0),
    ];
    for (arguments, code, lines) in cases {
        let run = workspace
            .run(&[&["events"], arguments].concat())
            .ends_with(code);
        assert_eq!(run.stdout.lines().count(), lines, "{arguments:?}");
    }
    workspace
        .run(&["events", "a-late", "nowhere"])
        .says("nowhere does not exist");
}

#[test]
fn several_files_become_several_captures() {
    let workspace = workspace();
    workspace
        .run(&["import", "rotated", "-o", "imported"])
        .ends_with(0)
        .says("Events: 10");
    check(
        &workspace,
        &["imported"],
        0,
        &["imported/1", "imported/2"],
        2,
    );
    workspace
        .run(&["import", "rotated", "-o", "imported"])
        .ends_with(2)
        .says("is not empty");
    // One that cannot be imported takes the others away.
    workspace
        .run(&["import", "rotated", "b-early", "-o", "half"])
        .ends_with(2)
        .says("is a capture already");
    assert!(!workspace.path("half").join("1").exists());
}

#[test]
fn each_boot_of_a_root_counts_time_from_its_own_start() {
    let workspace = Workspace::new();
    let mut late = intrusion().with_boot(9);
    late.begin_later(3_600);
    late.write(&workspace.path("root/20260102T040405Z-09090909"));
    intrusion().write(&workspace.path("root/20260102T030405Z-01010101"));
    let times = |capture: &str| {
        let run = workspace.run(&["info", capture, "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&run.stdout).expect("is JSON");
        (told["first_time"].clone(), told["last_time"].clone())
    };
    let (early_first, early_last) = times("root/20260102T030405Z-01010101");
    let (late_first, late_last) = times("root/20260102T040405Z-09090909");
    assert!(early_last.as_str() < late_first.as_str(), "{late_first}");
    assert_eq!(times("root"), (early_first, late_last));
}

#[test]
fn two_recordings_of_one_boot_are_two_captures() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("first"));
    let mut second = intrusion();
    second.begin_later(60);
    second.write(&workspace.path("second"));
    let events = |inputs: &[&str]| {
        let arguments = [&["events"], inputs].concat();
        let run = workspace.run(&arguments).ends_with(0);
        run.stdout.lines().count()
    };
    let one = events(&["first"]);
    assert!(one > 0);
    assert_eq!(events(&["first", "second"]), 2 * one);
    assert_eq!(events(&["second", "first", "second"]), 2 * one);
}
