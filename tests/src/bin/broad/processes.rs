//! Acts of processes: births of every kind, programs, users and groups, limits, signals, namespaces, control groups.

use std::fs;

use crate::kernel::{call, end, in_child, vfork_and_end, wait};

const SIGCHLD: i32 = 17;
const SIGUSR1: i32 = 10;
const AT_FDCWD: i32 = -100;
const AT_EMPTY_PATH: i32 = 0x1000;
const O_PATH: i32 = 0o10_000_000;
const NOBODY: i32 = 65_534;
const PTRACE_TRACEME: i32 = 0;
const PTRACE_PEEKTEXT: i32 = 1;
const PTRACE_ATTACH: i32 = 16;
const RLIMIT_NOFILE: i32 = 7;
const CLONE_NEWUTS: i32 = 0x400_0000;
const CLONE_NEWPID: i32 = 0x2000_0000;
const CLONE_FILES: i32 = 0x400;
/// Words of the structure that `clone3` takes.
const CLONE_WORDS: usize = 11;
const PR_SET_NAME: i32 = 15;
const PR_SET_CHILD_SUBREAPER: i32 = 36;
const PR_GET_CHILD_SUBREAPER: i32 = 37;
const PR_CAPBSET_READ: i32 = 23;
const CAPABILITIES_V3: u32 = 0x2008_0522;

/// All of them.
pub(crate) fn act() {
    births();
    programs();
    users();
    attributes();
    limits();
    signals();
    namespaces();
    control_groups();
    modules();
}

fn births() {
    for call in ["fork", "clone"] {
        let flags = if call == "clone" { SIGCHLD } else { 0 };
        let pid = crate::kernel::by_name(call, [flags.into(), 0.into(), 0.into()]);
        if pid == 0 {
            end(1);
        }
        wait(pid as i32);
    }
    let mut words = [0_usize; CLONE_WORDS];
    words[0] = CLONE_FILES as usize;
    words[4] = SIGCHLD as usize;
    let pid = call!("clone3", &mut words[..], 64);
    if pid == 0 {
        end(2);
    }
    wait(pid as i32);
    call!("clone3", &mut words[..], 1);
    wait(vfork_and_end());
    let thread = std::thread::spawn(|| call!("gettid"));
    // What it returned is nobody's concern.
    let _ = thread.join();
}

/// Texts and a null behind them, as programs take their arguments.
fn vector(texts: &[&std::ffi::CStr]) -> Vec<usize> {
    let pointers = texts.iter().map(|text| text.as_ptr().expose_provenance());
    pointers.chain([0]).collect()
}

fn programs() {
    let mut arguments = vector(&[c"true", c"--broad", c"a b"]);
    let mut environment = vector(&[c"BROAD=1", c"PATH=/bin:/usr/bin"]);
    in_child(|| {
        call!(
            "execve",
            c"/no/such/program",
            &mut arguments[..],
            &mut environment[..]
        );
        call!(
            "execve",
            c"/bin/true",
            &mut arguments[..],
            &mut environment[..]
        );
    });
    in_child(|| {
        call!(
            "execveat",
            AT_FDCWD,
            c"absent",
            &mut arguments[..],
            &mut environment[..],
            0
        );
        let file = call!("openat", AT_FDCWD, c"/bin/true", O_PATH, 0);
        call!(
            "execveat",
            file,
            c"",
            &mut arguments[..],
            &mut environment[..],
            AT_EMPTY_PATH
        );
    });
    in_child(|| {
        let mut arguments = vector(&[c"sh", c"-c", c"cd /; echo broad | cat >/dev/null"]);
        call!(
            "execve",
            c"/bin/sh",
            &mut arguments[..],
            &mut environment[..]
        );
    });
}

fn users() {
    in_child(|| {
        call!("setgroups", 0, 0);
        call!("setgroups", -1, 0);
        call!("setfsuid", NOBODY);
        call!("setfsgid", NOBODY);
        call!("setresuid", -1, -1, -1);
        call!("setresgid", -1, -1, -1);
        call!("setreuid", -1, -1);
        call!("setregid", -1, 0);
        call!("setresgid", 1, 1, 1);
        call!("setresuid", -1, 1, -1);
        call!("openat", AT_FDCWD, c"/etc/shadow", 0, 0);
        call!("setuid", 1);
        call!("setgid", 2);
        call!("setuid", 0);
        call!("setreuid", 0, 0);
        call!("setregid", 0, 0);
        call!("setresuid", 0, 0, 0);
        call!("setresgid", 0, 0, 0);
    });
    in_child(|| {
        call!("setgid", 3);
        call!("setuid", 3);
        call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
    });
}

fn attributes() {
    let mut value = [0_u8; 8];
    in_child(|| {
        call!("setpgid", 0, 0);
        call!("setpgid", 1, 1);
        call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
    });
    in_child(|| {
        call!("setsid");
        call!("setsid");
        call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
    });
    in_child(|| {
        let mut head = CAPABILITIES_V3.to_ne_bytes().to_vec();
        head.extend([0; 4]);
        call!("capset", &head[..], &[0_u8; 24][..]);
        call!("capset", &[0_u8; 8][..], &[0_u8; 24][..]);
        call!("prctl", PR_SET_NAME, c"renamed", 0, 0, 0);
        call!("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        call!("prctl", PR_GET_CHILD_SUBREAPER, &mut value[..], 0, 0, 0);
        call!("prctl", PR_CAPBSET_READ, 4, 0, 0, 0);
        call!("prctl", -1, 0, 0, 0, 0);
    });
}

fn limits() {
    let mut limit = [100_usize, 200];
    let mut old = [0_u8; 16];
    in_child(|| {
        call!("setrlimit", RLIMIT_NOFILE, &mut limit[..]);
        call!("setrlimit", -1, &mut limit[..]);
        call!("prlimit64", 0, RLIMIT_NOFILE, &mut limit[..], &mut old[..]);
        call!("prlimit64", 0, RLIMIT_NOFILE, 0, &mut old[..]);
        call!("prlimit64", 0, -1, &mut limit[..], 0);
    });
}

fn signals() {
    let pid = call!("getpid");
    call!("kill", pid, 0);
    call!("tkill", pid, 0);
    call!("tgkill", pid, pid, 0);
    call!("kill", i64::from(i32::MAX), SIGUSR1);
    call!("tkill", i64::from(i32::MAX), SIGUSR1);
    call!("tgkill", pid, i64::from(i32::MAX), SIGUSR1);
    in_child(|| {
        let own = call!("getpid");
        call!("kill", own, SIGUSR1);
    });
    in_child(|| {
        call!("ptrace", PTRACE_TRACEME, 0, 0, 0);
        call!("ptrace", PTRACE_ATTACH, i64::from(i32::MAX), 0, 0);
    });
    call!("ptrace", PTRACE_PEEKTEXT, i64::from(i32::MAX), 0, 0);
}

fn namespaces() {
    in_child(|| {
        let own = call!("openat", AT_FDCWD, c"/proc/self/ns/uts", 0, 0);
        call!("unshare", CLONE_NEWUTS);
        call!("unshare", -1);
        call!("setns", own, CLONE_NEWUTS);
        call!("setns", 77, 0);
        call!("unshare", CLONE_NEWPID);
        // Born in another namespace: with two ids from now on.
        in_child(|| {
            call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
            in_child(|| {
                call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
            });
        });
    });
}

/// Moves a child to a control group of its own, where that can be made.
fn control_groups() {
    for root in [
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup/freezer",
    ] {
        let group = format!("{root}/falco-broad-{}", std::process::id());
        if fs::create_dir(&group).is_err() {
            continue;
        }
        in_child(|| {
            let _ = fs::write(format!("{group}/cgroup.procs"), "0");
            call!("openat", AT_FDCWD, c"/etc/hostname", 0, 0);
        });
        // An empty one goes; another stays with the machine that refuses.
        let _ = fs::remove_dir(&group);
    }
}

fn modules() {
    call!("init_module", &[0_u8; 16][..], 16, c"");
    let file = call!("openat", AT_FDCWD, c"one", 0, 0);
    call!("finit_module", file, c"broad=1", 0);
    call!("finit_module", 77, c"", 1);
    call!("close", file);
}
