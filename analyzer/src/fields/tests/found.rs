//! What the kernel opened and executed, beside the names that were asked for.

use falco_abi::frame::{exe_flags, path_flags};

use crate::state::testing::{Param, Story, params, process};

const DELETED: i64 = path_flags::DELETED as i64;
const UNREACHABLE: i64 = path_flags::UNREACHABLE as i64;
const CUT: i64 = path_flags::CUT as i64;

/// An open of a name, and what the climb told of the file.
fn opened(name: &str, found: Vec<(&'static str, Param)>) -> Story {
    let asked = params![fd: 3, dirfd: -100, name: name, flags: 0, dev: 0x80_0001, ino: 7];
    let params = asked.into_iter().chain(found).collect();
    Story::new().event("openat", process(20), params)
}

/// A later event of the descriptor.
fn then_read(story: Story) -> Story {
    story.event("read", process(20), params![res: 1, fd: 3])
}

#[test]
fn the_kernels_path_stands_beside_the_name() {
    let found = params![real_path: "/etc/shadow", nlink: 1, mnt_id: 29, path_flags: 0];
    let story = opened("/tmp/link", found);
    for story in [
        opened(
            "/tmp/link",
            params![real_path: "/etc/shadow", nlink: 1, mnt_id: 29, path_flags: 0],
        ),
        then_read(story),
    ] {
        story.check(&[
            ("fd.name", "/tmp/link"),
            ("fd.real_path", "/etc/shadow"),
            ("fd.inner_path", "(absent)"),
            ("fd.nlink", "1"),
            ("fd.mount_id", "29"),
            ("fd.is_deleted", "false"),
            ("fd.is_unreachable", "false"),
            ("fd.is_cut", "false"),
        ]);
    }
    let story = opened(
        "/tmp/link",
        params![real_path: "/etc/shadow", path_flags: 0],
    );
    // What is ours is no argument of Falco's.
    story.check(&[(
        "evt.args",
        "fd=3(<f>/tmp/link) dirfd=-100(AT_FDCWD) name=/tmp/link flags=1(O_RDONLY) mode=<NA> dev=801 ino=7",
    )]);
}

#[test]
fn no_path_that_does_not_lead_to_the_root_looks_absolute() {
    let check = |path: &str, flags: i64, shown: &str, bits: [&str; 3]| {
        let story = opened("x", params![real_path: path, path_flags: flags]);
        story.check(&[
            ("fd.real_path", shown),
            ("fd.is_deleted", bits[0]),
            ("fd.is_unreachable", bits[1]),
            ("fd.is_cut", bits[2]),
        ]);
    };
    let (yes, no) = ("true", "false");
    check("/tmp/x", DELETED, "/tmp/x", [yes, no, no]);
    check("shadow", UNREACHABLE, "(unreachable)/shadow", [no, yes, no]);
    check("d/d/x", CUT, "(cut)/d/d/x", [no, no, yes]);
}

#[test]
fn a_part_of_a_file_system_has_a_path_inside_it() {
    let found = params![real_path: "/tmp/m/shadow", inner_path: "/etc/shadow", path_flags: 0];
    opened("/tmp/m/shadow", found).check(&[("fd.inner_path", "/etc/shadow")]);
    let found = params![real_path: "/tmp/m/x", inner_path: "d/x", path_flags: CUT];
    opened("/tmp/m/x", found).check(&[("fd.inner_path", "(cut)/d/x")]);
}

#[test]
fn recordings_of_before_tell_nothing() {
    opened("/etc/shadow", Vec::new()).check(&[
        ("fd.name", "/etc/shadow"),
        ("fd.real_path", "(absent)"),
        ("fd.is_deleted", "(absent)"),
    ]);
}

#[test]
fn a_file_opened_by_its_handle_has_the_kernels_path() {
    let story = |path: &str, flags: i64| {
        Story::new().event(
            "open_by_handle_at",
            process(20),
            params![fd: 3, mountfd: 4, flags: 0, path: path, dev: 1, ino: 7, path_flags: flags],
        )
    };
    let check = |path, flags, shown| {
        story(path, flags).check(&[
            ("fd.name", shown),
            ("fd.real_path", shown),
            ("fs.path.name", shown),
        ]);
    };
    check("/etc/shadow", 0, "/etc/shadow");
    check("etc/shadow", UNREACHABLE, "(unreachable)/etc/shadow");
}

#[test]
fn the_executable_has_the_same() {
    let story = |flags: u32| {
        Story::new().event(
            "execve",
            process(20),
            params![
                res: 0, filename: "x", argv: "x\0", comm: "x", trusted_exepath: if flags == 0 { "/mnt/x" } else { "x" },
                exe_flags: i64::from(flags), exe_inner_path: "/bin/x", exe_nlink: 2, exe_mnt_id: 30,
            ],
        )
    };
    story(0).check(&[
        ("proc.exepath", "/mnt/x"),
        ("proc.exe_inner_path", "/bin/x"),
        ("proc.exe_nlink", "2"),
        ("proc.exe_mount_id", "30"),
        ("proc.is_exe_deleted", "false"),
        ("proc.is_exe_unreachable", "false"),
    ]);
    story(exe_flags::UNREACHABLE | exe_flags::DELETED).check(&[
        ("proc.exepath", "(unreachable)/x"),
        ("proc.is_exe_deleted", "true"),
        ("proc.is_exe_unreachable", "true"),
    ]);
    let memfd = exe_flags::UNREACHABLE | exe_flags::MEMFD;
    story(memfd).check(&[("proc.exepath", "x")]);
    story(exe_flags::CUT).check(&[("proc.exepath", "(cut)/x")]);
}

#[test]
fn evidence_with_a_cut_name_is_not_complete() {
    let cut = |name: &str| Param::Cut(name.as_bytes().to_vec());
    let open = |fd: i64, name: Param| {
        Story::new().event(
            "openat",
            process(20),
            vec![
                ("fd", Param::Int(fd)),
                ("dirfd", Param::Int(-100)),
                ("name", name),
            ],
        )
    };
    assert!(open(3, cut("/a/b")).doubt().name);
    assert!(then_read(open(3, cut("/a/b"))).doubt().name);
    assert!(
        open(-36, cut("/a/b")).doubt().name,
        "too long for the kernel"
    );
    assert!(!open(3, "/a/b".into()).doubt().name);
    assert!(!then_read(open(3, "/a/b".into())).doubt().name);
    // Neither could the kernel read it.
    assert!(!open(-14, cut("")).doubt().name);
    let renamed = params![res: 0, oldpath: "/a", newpath: "/b"];
    assert!(
        !Story::new()
            .event("rename", process(20), renamed)
            .doubt()
            .name
    );
    let renamed = vec![
        ("res", Param::Int(0)),
        ("oldpath", "/a".into()),
        ("newpath", cut("/b")),
    ];
    assert!(
        Story::new()
            .event("rename", process(20), renamed)
            .doubt()
            .name
    );
}
