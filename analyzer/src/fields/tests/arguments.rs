//! Arguments as Falco prints them.

use crate::state::testing::{Param, Story, params, process};

#[track_caller]
fn check(name: &str, params: Vec<(&str, Param)>, expected: &str) {
    let story = Story::new().event("chdir", process(20), params![res: 0, path: "/tmp/agent"]);
    let story = story.event(name, process(20), params);
    story.check(&[("evt.args", expected), ("evt.info", expected)]);
}

#[test]
fn calls_print_their_arguments() {
    check(
        "creat",
        params![fd: 3, name: "x.tgz", mode: 0o666, dev: 0xfe_00000, ino: 7, opened: 0],
        "fd=3(<f>/tmp/agent/x.tgz) name=x.tgz(/tmp/agent/x.tgz) mode=0666 dev=FE00 ino=7 creat_flags=0",
    );
    check(
        "openat",
        params![fd: -2, dirfd: -100, name: "/x", flags: 0o2_000_000, mode: 0],
        "fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=/x flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=<NA> ino=<NA>",
    );
    check(
        "chmod",
        params![res: 0, filename: "/x", mode: 0o755],
        "res=0 filename=/x mode=0755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR)",
    );
    check(
        "eventfd2",
        params![res: 4, flags: 0o2_004_000, initval: 0],
        "res=4(<e>) flags=4160(O_NONBLOCK|O_CLOEXEC) initval=0",
    );
    check(
        "epoll_create1",
        params![res: 3, flags: 0o2_000_000],
        "res=3 flags=1(EPOLL_CLOEXEC)",
    );
    check(
        "fcntl",
        params![res: -9, fd: 255, cmd: 1, arg: 0x7f00],
        "res=-9(EBADF) fd=255 cmd=2(F_GETFD) arg=7F00",
    );
}

#[test]
fn only_relative_paths_are_resolved() {
    check(
        "unlink",
        params![res: 0, path: "/a/../b/"],
        "res=0 path=/a/../b/",
    );
    check(
        "unlink",
        params![res: 0, path: "../b"],
        "res=0 path=../b(/tmp/b)",
    );
}

#[test]
fn options_of_sockets_have_names_at_their_own_level_alone() {
    let option = |level: i64, option: i64, expected: &str| {
        let value = vec![7, 0, 0, 0];
        check(
            "setsockopt",
            params![res: 0, fd: 3, level: level, optname: option, val: value, optlen: 4],
            &format!("res=0 fd=3 {expected} optlen=4"),
        );
    };
    option(1, 2, "level=1(SOL_SOCKET) optname=2(SO_REUSEADDR) val=7");
    // SO_PEERGROUPS has another number in Falco, TCP_KEEPIDLE the number of SO_ERROR, 74 no name.
    option(1, 59, "level=1(SOL_SOCKET) optname=51(SO_PEERGROUPS) val=7");
    option(1, 74, "level=1(SOL_SOCKET) optname=0(UNKNOWN) val=7");
    option(6, 4, "level=2(SOL_TCP) optname=0(UNKNOWN) val=7");
    option(0, 1, "level=0(UNKNOWN) optname=0(UNKNOWN) val=7");
}

#[test]
fn limits_names_and_modes_print_as_in_falco() {
    check(
        "prctl",
        params![res: 0, option: 15, arg2_str: "ctrl-c", arg2_int: 0],
        "res=0 option=15(PR_SET_NAME) arg2_str=ctrl-c arg2_int=0",
    );
    check(
        "prlimit",
        params![res: 0, pid: 0, resource: 7, newcur: 0, newmax: 0, oldcur: 20000, oldmax: 20000],
        "res=0 newcur=0 newmax=0 oldcur=20000 oldmax=20000 pid=0 resource=7(RLIMIT_NOFILE)",
    );
    check(
        "ptrace",
        params![res: 0, request: 16, pid: 20, addr: 0, data: 0],
        "res=0 addr=0 data=0 request=11(PTRACE_ATTACH) pid=20",
    );
    check(
        "read",
        params![res: 0, fd: 3, size: 80],
        "res=0 data=NULL fd=3 size=80",
    );
    check(
        "write",
        params![res: 3, data: "a\u{1}b", fd: 2, size: 3],
        "res=3 data=a.b fd=2 size=3",
    );
    check(
        "connect",
        params![res: -2, fd: 3, addr: "\u{1}\0/var/run/nscd/socket\0"],
        "res=-2(ENOENT) tuple=NULL fd=3 addr=/var/run/nscd/socket",
    );
    check(
        "setuid",
        params![res: 0, uid: 0, after_euid: 0],
        "res=0 uid=0(root)",
    );
    check(
        "setuid",
        params![res: 0, uid: 0xffff_ffff, after_euid: 0],
        "res=0 uid=-1(<NONE>)",
    );
    check(
        "prctl",
        params![res: 0, option: 15, arg2_str: "name", arg2_int: 0x7fff],
        "res=0 option=15(PR_SET_NAME) arg2_str=name arg2_int=0",
    );
    check(
        "prctl",
        params![res: 0, option: 4, arg2_str: "junk", arg2_int: 1],
        "res=0 option=4(PR_SET_DUMPABLE) arg2_str=<NA> arg2_int=1",
    );
    check(
        "prlimit",
        params![res: 0, pid: 0, resource: 3, oldcur: 8_388_608, oldmax: -1],
        "res=0 newcur=0 newmax=0 oldcur=8388608 oldmax=-1 pid=0 resource=3(RLIMIT_STACK)",
    );
    check(
        "prlimit",
        params![res: -1, pid: 0, resource: 7, newcur: -1, newmax: -1, oldcur: 5, oldmax: 5],
        "res=-1(EPERM) newcur=-1 newmax=-1 oldcur=-1 oldmax=-1 pid=0 resource=7(RLIMIT_NOFILE)",
    );
    check(
        "fchmod",
        params![res: 0, fd: 9, mode: 0o100_640],
        "res=0 fd=9 mode=0640(S_IRGRP|S_IWUSR|S_IRUSR)",
    );
}

#[test]
fn more_calls_print_their_arguments() {
    check(
        "mmap",
        params![res: 4096, addr: 0, length: 4096, prot: 3, flags: 0x22, fd: -1, offset: 0],
        "res=4096 addr=0 length=4096 prot=3(PROT_READ|PROT_WRITE) flags=10(MAP_PRIVATE|MAP_ANONYMOUS) fd=-1(EPERM) offset=0",
    );
    check(
        "procexit",
        params![status: 9, threads_live: 0],
        "status=9 ret=0 sig=9(SIGKILL) core=0 reaper_tid=0",
    );
    check(
        "kill",
        params![res: 0, pid: 20, sig: 15],
        "res=0 pid=20 sig=15(SIGTERM)",
    );
    check(
        "capset",
        params![res: 0, cap_inheritable: 0, cap_permitted: 0x1ff, cap_effective: 0],
        "res=0 cap_inheritable=0 cap_permitted=1FF cap_effective=0",
    );
}

#[test]
fn new_owners_of_files_are_numbers() {
    check(
        "fchownat",
        params![res: 0, dirfd: -100, pathname: "/x", uid: 0, gid: 0, flags: 0],
        "res=0 dirfd=-100(AT_FDCWD) pathname=/x uid=0 gid=0 flags=0",
    );
    check(
        "chown",
        params![res: 0, path: "/x", uid: 1, gid: 4_294_967_295],
        "res=0 path=/x uid=1 gid=4294967295",
    );
}

/// What the recorder tells of accounts is no thread's, not even that of the tid 0.
#[test]
fn accounts_belong_to_no_thread() {
    let story = Story::new().event("chdir", process(0), params![res: 0, path: "/"]);
    let told = story.event(
        "useradded",
        process(0),
        params![uid: 7, gid: 8, name: "app", home: "/app", shell: "/bin/sh", container_id: "0123456789ab"],
    );
    told.check(&[
        ("evt.arg.uid", "7"),
        ("evt.arg.gid", "8"),
        ("evt.category", "process"),
        ("proc.name", "(absent)"),
        ("proc.pid", "(absent)"),
        ("user.uid", "(absent)"),
    ]);
}
