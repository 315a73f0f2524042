//! Events of imported captures: their values are in Falco's own encoding.

use crate::state::testing::{Param, Story, params};

/// A thread that has two descriptors.
fn story() -> Story {
    Story::falco()
        .found(
            "state_thread",
            (20, 20),
            params![ptid: 1, sid: 20, vpgid: 20, comm: "agent", exe: "agent", cwd: "/tmp/", uid: 0, gid: 0],
        )
        .call(
            "openat",
            20,
            params![fd: 3, dirfd: -100, name: "x", flags: 4097, mode: 0, dev: 0xfe00, ino: 7],
        )
        .call("eventfd2", 20, params![res: 5, flags: 0, initval: 0])
}

#[track_caller]
fn check(name: &str, params: Vec<(&str, Param)>, expected: &str) {
    story()
        .call(name, 20, params)
        .check(&[("evt.args", expected), ("evt.info", expected)]);
}

/// The descriptors of a wait as Falco writes them.
fn descriptors(list: &[(i64, i16)]) -> Vec<u8> {
    let count = u16::try_from(list.len()).expect("a short list");
    let mut bytes = count.to_le_bytes().to_vec();
    for (number, events) in list {
        bytes.extend(number.to_le_bytes());
        bytes.extend(events.to_le_bytes());
    }
    bytes
}

#[test]
fn arguments_print_as_they_stand() {
    check(
        "fcntl",
        params![res: 3, fd: 3, cmd: 26, arg: 0x7f00],
        "res=3(<f>/tmp/x) fd=3(<f>/tmp/x) cmd=26(F_DUPFD_CLOEXEC) arg=7F00",
    );
    check(
        "futex",
        params![res: -110, addr: 0xff, op: 0, val: 2],
        "res=-110(ETIMEDOUT) addr=FF op=0(FUTEX_WAIT) val=2",
    );
    check(
        "nanosleep",
        params![res: 0, interval: 1_500_000],
        "res=0 interval=1500000(0.0015s)",
    );
    check(
        "poll",
        params![res: 1, fds: descriptors(&[(3, 1), (5, 4), (9, 1)]), timeout: 10],
        "res=1 fds=3:f1 5:e4 9:?1 timeout=10",
    );
    check(
        "chmod",
        params![res: 0, filename: "y", mode: 0o755],
        "res=0 filename=y(/tmp/y) mode=0755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR)",
    );
    check(
        "read",
        params![res: 0, fd: 3, size: 80],
        "res=0 data=NULL fd=3(<f>/tmp/x) size=80",
    );
}

#[test]
fn values_of_several_types_say_which_they_are() {
    let option =
        |bytes: &[u8]| params![res: 0, fd: 9, level: 1, optname: 4, val: bytes.to_vec(), optlen: 4];
    let expected = |value: &str| {
        format!("res=0 fd=9 level=1(SOL_SOCKET) optname=4(SO_ERROR) val={value} optlen=4")
    };
    let mut errno = vec![1];
    errno.extend((-111_i64).to_le_bytes());
    check(
        "getsockopt",
        option(&errno),
        &expected("-111(ECONNREFUSED)"),
    );
    check("getsockopt", option(&[2, 7, 0, 0, 0]), &expected("7"));
    check("getsockopt", option(b"\0abc"), &expected("abc"));
}

#[test]
fn a_wait_tells_its_descriptors() {
    let list = descriptors(&[(3, 1), (5, 4), (9, 1)]);
    let story = story().call("poll", 20, params![res: 1, fds: list, timeout: 10]);
    story.check(&[
        ("evt.type", "poll"),
        ("evt.is_wait", "true"),
        ("evt.category", "wait"),
        ("fdlist.nums", "3,5,9"),
        ("fdlist.names", "/tmp/x,<NA>,<NA>"),
        ("fdlist.cips", "(absent)"),
        ("fdlist.sips", "(absent)"),
        ("fdlist.cports", "(absent)"),
        ("fdlist.sports", "(absent)"),
    ]);
    let other = self::story();
    other.check(&[("fdlist.nums", "(absent)"), ("fdlist.names", "(absent)")]);
}

#[test]
fn calls_without_a_type_have_falcos_numbers() {
    let number = crate::dialect::syscall_names()
        .position(|name| name == "fsync")
        .expect("a call");
    let number = i64::try_from(number).expect("a small number");
    let story = story().call("syscall", 20, params![ID: number, nativeID: 74]);
    story.check(&[
        ("evt.type", "fsync"),
        ("syscall.type", "fsync"),
        ("evt.args", ""),
        ("evt.dir", "<"),
        ("evt.category", "other"),
        ("evt.res", "(absent)"),
    ]);
}

#[test]
fn calls_without_falcos_number_have_the_kernels() {
    let story = story().call("syscall", 20, params![ID: 0, nativeID: 221]);
    story.check(&[
        ("evt.type", "fadvise64"),
        ("syscall.type", "fadvise64"),
        ("evt.arg[0]", "fadvise64"),
        ("evt.rawarg.ID", "0"),
    ]);
}

#[test]
fn tracepoints_are_no_calls() {
    let story = story().call("switch", 20, params![next: 7, pgft_maj: 0, pgft_min: 830]);
    story.check(&[
        ("evt.type", "switch"),
        ("evt.dir", ">"),
        ("syscall.type", "(absent)"),
        ("evt.category", "scheduler"),
        ("evt.rawres", "(absent)"),
        ("fd.num", "(absent)"),
    ]);
}

#[test]
fn memory_is_what_the_last_event_said() {
    let story = story().call(
        "switch",
        20,
        params![next: 7, pgft_maj: 2, pgft_min: 830, vm_size: 24608, vm_rss: 6880, vm_swap: 1],
    );
    let story = story.call("close", 20, params![res: 0, fd: 3]);
    story.check(&[
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
fn time_on_cpus_is_told_by_switches_and_reports() {
    let switch = |story: Story, tid| story.call("switch", tid, params![next: 7]);
    let story = switch(story(), 20);
    story.check(&[
        ("thread.exectime", "(absent)"),
        ("thread.totexectime", "(absent)"),
    ]);
    // Steps of a story are a microsecond apart.
    let story = switch(switch(story, 20), 7);
    let story = story.call("close", 20, params![res: 0, fd: 3]);
    story.check(&[("thread.exectime", "(absent)")]);
    let story = switch(story, 20);
    story.check(&[
        ("thread.exectime", "2000"),
        ("thread.totexectime", "3000"),
        ("thread.cpu", "(absent)"),
    ]);
    let report = |story: Story, user, system| {
        story.call("procinfo", 20, params![cpu_usr: user, cpu_sys: system])
    };
    let story = report(story, 300, 10);
    story.check(&[("thread.cpu", "0.000000")]);
    let story = report(story, 305, 12);
    story.check(&[
        ("thread.cpu", "7.000000"),
        ("thread.cpu.user", "5.000000"),
        ("thread.cpu.system", "2.000000"),
    ]);
    report(story, 905, 12).check(&[("thread.cpu", "100.000000")]);
}

#[test]
fn what_was_left_empty_is_not_there() {
    let story = story().call("chdir", 20, params![res: -14]);
    story.check(&[
        ("evt.arg.path", "<NA>"),
        ("evt.rawarg.path", "<NA>"),
        ("evt.res", "EFAULT"),
        ("evt.arg.res", "EFAULT"),
        ("evt.arg[0]", "EFAULT"),
        ("evt.arg[2]", "(absent)"),
    ]);
    let story = story_with_unreadable_path();
    story.check(&[("evt.arg.path", "<NA>")]);
}

/// What Falco's drivers once wrote for a string that could not be read.
fn story_with_unreadable_path() -> Story {
    story().call("chdir", 20, params![res: -14, path: "(NULL)"])
}

#[test]
fn links_start_where_falco_starts_them() {
    let story = story().call(
        "linkat",
        20,
        params![res: 0, olddir: 3, oldpath: "old", newdir: 3, newpath: "new", flags: 0],
    );
    story.check(&[
        ("fs.path.source", "/tmp/new"),
        ("fs.path.target", "/tmp/old"),
        ("evt.arg.newpath", "/tmp/x/new"),
    ]);
    let story = story.call("quotactl", 20, params![res: 0, special: "/dev/sda1", id: 0]);
    story.check(&[
        ("fs.path.name", "/dev/sda1"),
        ("fs.path.nameraw", "/dev/sda1"),
    ]);
}
