//! Extraction of fields that no transition's test asks for.

use crate::fields::{SCHEMA, UNSUPPORTED, event_type_by_name};
use crate::state::testing::{Actor, Story, params, process};
use falco_rules::Schema as _;

fn exec(story: Story, actor: Actor) -> Story {
    story.event(
        "execve",
        actor,
        params![
            res: 0, filename: "./run me", argv: "run\0a b\0c\0", comm: "run", env: "HOME=/root\0X=1\0",
            trusted_exepath: "/opt/run", ptid: 1, uid: 33, gid: 33, loginuid: 1000, tty: 0x8801,
            cap_permitted: (1 << 26) | (1 << 5) | 1, cap_effective: 0,
            vtid: 5, vpid: 5, pgid: 20, vpgid: 5, sid: 20, vsid: 5,
            exe_ino: 99, exe_ino_ctime: 1_700_000_000_000_000_000, exe_mode: 0o100_775, exe_uid: 0, exe_gid: 33,
            exe_flags: 5, fdlimit: 1024, pidns_init_start_ts: 1_000_000,
        ],
    )
}

#[test]
fn a_process_has_its_facts() {
    exec(Story::new(), process(20)).check(&[
        ("proc.args", "a b c"),
        ("proc.args[0]", "a b"),
        ("proc.args[2]", ""),
        ("proc.exeline", "run a b c"),
        ("proc.cmdnargs", "2"),
        ("proc.cmdlenargs", "4"),
        ("proc.env", "HOME=/root X=1"),
        ("proc.env[X]", "1"),
        ("proc.env[NONE]", ""),
        ("proc.tty", "34817"),
        ("proc.vpid", "5"),
        ("proc.sid", "5"),
        ("proc.is_sid_leader", "true"),
        ("proc.is_vpgid_leader", "true"),
        ("proc.is_pgid_leader", "true"),
        ("proc.pgid.name", "run"),
        ("proc.vpgid.exe", "run"),
        ("proc.sname", "run"),
        ("proc.is_exe_writable", "true"),
        ("proc.is_exe_upper_layer", "true"),
        ("proc.is_exe_lower_layer", "false"),
        ("proc.is_exe_from_memfd", "true"),
        ("proc.exe_ino", "99"),
        ("proc.exe_ino.ctime_duration_proc_start", "20000000"),
        ("proc.fdlimit", "1024"),
        ("proc.fdopencount", "0"),
        ("proc.fdusage", "0.000000"),
        ("proc.duration", "980001000"),
        (
            "thread.cap_permitted",
            "CAP_CHOWN CAP_KILL CAP_SYS_TTY_CONFIG",
        ),
        ("thread.cap_effective", ""),
        ("thread.vtid", "5"),
        ("user.loginuid", "1000"),
        (
            "evt.arg.flags",
            "EXE_WRITABLE|EXE_UPPER_LAYER|EXE_FROM_MEMFD",
        ),
        ("evt.arg.args", "a b.c."),
        ("evt.arg[2]", "a b.c."),
        ("evt.arg.cwd", "<NA>"),
        ("evt.rawarg.tty", "34817"),
    ]);
}

#[test]
fn an_event_has_its_own() {
    let story = exec(Story::new(), process(20));
    let story = story.event(
        "openat",
        process(20),
        params![fd: 3, dirfd: -100, name: "/tmp/x", flags: 0o101, mode: 0o700, dev: 0x80_0001, ino: 7, opened: 3],
    );
    story.check(&[
        ("evt.num", "7"),
        ("evt.type", "openat"),
        ("syscall.type", "openat"),
        ("evt.type.is.openat", "1"),
        ("evt.type.is.open", "0"),
        ("evt.time", "22:13:21.000002000"),
        ("evt.time.s", "22:13:21"),
        ("evt.datetime", "2023-11-14 22:13:21.000002000"),
        ("evt.datetime.s", "2023-11-14 22:13:21"),
        ("evt.time.iso8601", "2023-11-14T22:13:21.000002000+0000"),
        ("evt.rawtime", "1700000001000002000"),
        ("evt.rawtime.ns", "2000"),
        ("evt.reltime", "1000002000"),
        ("evt.reltime.s", "1"),
        ("evt.deltatime", "(absent)"),
        ("evt.source", "syscall"),
        ("evt.category", "file"),
        ("evt.is_io", "false"),
        ("evt.is_open_exec", "true"),
        ("evt.is_open_create", "true"),
        ("evt.is_open_write", "true"),
        ("evt.is_open_read", "false"),
        ("evt.count", "1"),
        ("evt.count.error", "0"),
        ("evt.abspath", "/tmp/x"),
        ("fd.dev", "2049"),
        ("fd.dev.major", "8"),
        ("fd.dev.minor", "1"),
        ("fd.ino", "7"),
        ("fd.uid", "203"),
        ("fd.containername", ":/tmp/x"),
        ("fd.types", "file"),
        ("fd.types[3]", "file"),
        ("fd.types[9]", "(absent)"),
        ("fd.is_upper_layer", "true"),
        ("fd.is_lower_layer", "false"),
        ("fd.sip.name", "(absent)"),
        (
            "evt.args",
            "fd=3(<f>/tmp/x) dirfd=-100(AT_FDCWD) name=/tmp/x flags=49158(O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER) mode=0700 dev=801 ino=7",
        ),
    ]);
}

#[test]
fn calls_without_a_row_have_their_own_names() {
    let number = |name| falco_abi::syscalls::number(falco_abi::Abi::X86_64, name).expect("a call");
    let story = Story::new().event(
        "syscall",
        process(20),
        params![res: 0, ID: i64::from(number("fsync"))],
    );
    story.check(&[
        ("evt.type", "fsync"),
        ("syscall.type", "fsync"),
        ("evt.args", ""),
        ("evt.res", "(absent)"),
        ("evt.is_wait", "false"),
    ]);
    let story = Story::new().event(
        "syscall",
        process(20),
        params![res: 0, ID: i64::from(number("ppoll"))],
    );
    story.check(&[("evt.type", "ppoll"), ("evt.is_wait", "true")]);
}

#[test]
fn paths_of_calls_are_resolved_and_given() {
    let story = Story::new().event("chdir", process(20), params![res: 0, path: "/root"]);
    let story = story.event(
        "linkat",
        process(20),
        params![res: 0, olddir: -100, oldpath: "tmp/old", newdir: -100, newpath: "tmp/new", flags: 0],
    );
    story.check(&[
        ("fs.path.source", "/root/tmp/new"),
        ("fs.path.sourceraw", "tmp/new"),
        ("fs.path.target", "/root/tmp/old"),
        ("fs.path.name", "(absent)"),
        ("evt.abspath.src", "/root/tmp/old"),
        ("evt.abspath.dst", "/root/tmp/new"),
        ("evt.arg.newpath", "/root/tmp/new"),
        ("evt.rawarg.newpath", "tmp/new"),
    ]);
    let story = story.event(
        "symlinkat",
        process(20),
        params![res: 0, target: "tmp/t", linkdirfd: -100, linkpath: "l"],
    );
    story.check(&[
        ("fs.path.target", "/root/tmp/t"),
        ("fs.path.source", "/root/l"),
        ("fd.num", "-100"),
        ("fd.typechar", "o"),
    ]);
    let story = story.event(
        "mkdir",
        process(20),
        params![res: -17, path: "d", mode: 0o755],
    );
    story.check(&[
        ("fs.path.name", "(absent)"),
        ("evt.arg.path", "/root/d"),
        ("evt.res", "EEXIST"),
    ]);
}

#[test]
fn no_field_is_declared_twice_and_none_is_also_unsupported() {
    let mut names: Vec<&str> = SCHEMA.fields().iter().map(|def| def.name).collect();
    names.extend(UNSUPPORTED.iter().map(|field| field.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(UNSUPPORTED.iter().all(|field| !field.reason.is_empty()));
    assert!(SCHEMA.fields().iter().all(|def| def.doc.ends_with('.')));
    assert!(event_type_by_name("execve").is_some());
}

#[test]
fn memory_is_what_the_last_birth_or_exec_told() {
    let born = params![res: 0, filename: "/bin/sh", argv: "sh\0", comm: "sh"];
    let told = params![
        res: 0, filename: "/bin/sh", argv: "sh\0", comm: "sh",
        pgft_maj: 2, pgft_min: 830, vm_size: 24_608, vm_rss: 6_880, vm_swap: 1
    ];
    let story = Story::new().event("execve", process(20), born);
    story.check(&[("proc.vmsize", "(absent)"), ("thread.pfmajor", "(absent)")]);
    Story::new().event("execve", process(20), told).check(&[
        ("proc.vmsize", "24608"),
        ("proc.vmrss", "6880"),
        ("proc.vmswap", "1"),
        ("thread.pfmajor", "2"),
        ("thread.pfminor", "830"),
        ("thread.vmsize", "24608"),
        ("thread.vmrss", "6880"),
    ]);
}

#[test]
fn a_pipe_has_its_inode() {
    let made = params![res: 0, fd1: 3, fd2: 4, flags: 0o2_000_000, ino: 77];
    Story::new()
        .event("pipe2", process(20), made)
        .event("read", process(20), params![res: 0, fd: 3])
        .check(&[("fd.ino", "77"), ("fd.type", "pipe")]);
}
