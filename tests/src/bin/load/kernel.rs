//! The calls that the load makes, past the standard library.
//!
//! The library would not let two processes close each other's descriptors, which is what is wanted here.
//! Every call takes numbers and valid texts alone and leaves memory as it is, so that none can do harm but to descriptors and processes.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint};

/// Closes on exec.
pub(crate) const O_CLOEXEC: c_int = 0o2_000_000;
/// Opens for reading and writing, and makes the file.
pub(crate) const O_RDWR_CREAT: c_int = 0o102;
/// What `clone` and `unshare` share or part: descriptors, directories.
pub(crate) const CLONE_FILES: c_int = 0x400;
pub(crate) const CLONE_FS: c_int = 0x200;
const SIGCHLD: c_int = 17;
const WNOHANG: c_int = 1;
#[cfg(target_arch = "x86_64")]
const SYS_CLONE: c_long = 56;
#[cfg(target_arch = "x86_64")]
const SYS_EXIT: c_long = 60;
#[cfg(target_arch = "x86_64")]
const SYS_PIDFD_OPEN: c_long = 434;
#[cfg(target_arch = "aarch64")]
const SYS_CLONE: c_long = 220;
#[cfg(target_arch = "aarch64")]
const SYS_EXIT: c_long = 93;
#[cfg(target_arch = "aarch64")]
const SYS_PIDFD_OPEN: c_long = 434;

// SAFETY: these are the C library's functions of these names and types; those that take numbers alone touch no memory of ours.
unsafe extern "C" {
    safe fn close(fd: c_int) -> c_int;
    safe fn dup(fd: c_int) -> c_int;
    safe fn dup2(old: c_int, new: c_int) -> c_int;
    safe fn dup3(old: c_int, new: c_int, flags: c_int) -> c_int;
    safe fn fchdir(fd: c_int) -> c_int;
    safe fn setsid() -> c_int;
    safe fn eventfd(value: c_uint, flags: c_int) -> c_int;
    safe fn epoll_create1(flags: c_int) -> c_int;
    safe fn timerfd_create(clock: c_int, flags: c_int) -> c_int;
    safe fn inotify_init1(flags: c_int) -> c_int;
    safe fn unshare(flags: c_int) -> c_int;
    safe fn setresuid(real: c_uint, effective: c_uint, saved: c_uint) -> c_int;
    safe fn setresgid(real: c_uint, effective: c_uint, saved: c_uint) -> c_int;
    safe fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int;
    safe fn gettid() -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn access(path: *const c_char, mode: c_int) -> c_int;
    fn chdir(path: *const c_char) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn pipe2(ends: *mut c_int, flags: c_int) -> c_int;
    fn socketpair(domain: c_int, kind: c_int, protocol: c_int, ends: *mut c_int) -> c_int;
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
}

/// Calls whose results nobody asks for: they fail often, as they do in a program that does not know its descriptors.
pub(crate) fn close_fd(fd: c_int) {
    close(fd);
}

pub(crate) fn close_between(first: c_uint, last: c_uint, flags: c_int) {
    close_range(first, last, flags);
}

pub(crate) fn duplicate(old: c_int) -> c_int {
    dup(old)
}

pub(crate) fn duplicate_onto(old: c_int, new: c_int, flags: Option<c_int>) {
    match flags {
        Some(flags) => dup3(old, new, flags),
        None => dup2(old, new),
    };
}

pub(crate) fn control(fd: c_int, command: c_int, argument: c_int) -> c_int {
    // SAFETY: the commands used take a number.
    unsafe { fcntl(fd, command, argument) }
}

pub(crate) fn open_file(path: &CStr, flags: c_int) -> c_int {
    // SAFETY: the path ends with its NUL, and the mode is there for `O_CREAT`.
    unsafe { open(path.as_ptr(), flags, 0o666) }
}

pub(crate) fn exists(path: &CStr) -> bool {
    // SAFETY: the path ends with its NUL.
    unsafe { access(path.as_ptr(), 0) == 0 }
}

pub(crate) fn change_directory(path: &CStr) {
    // SAFETY: the path ends with its NUL.
    unsafe { chdir(path.as_ptr()) };
}

pub(crate) fn change_directory_to(fd: c_int) {
    fchdir(fd);
}

pub(crate) fn make_pipe(flags: c_int) -> [c_int; 2] {
    let mut ends = [-1; 2];
    // SAFETY: there is room for two numbers.
    unsafe { pipe2(ends.as_mut_ptr(), flags) };
    ends
}

pub(crate) fn make_socket_pair(flags: c_int) -> [c_int; 2] {
    const AF_UNIX: c_int = 1;
    const SOCK_STREAM: c_int = 1;
    let mut ends = [-1; 2];
    // SAFETY: there is room for two numbers.
    unsafe { socketpair(AF_UNIX, SOCK_STREAM | flags, 0, ends.as_mut_ptr()) };
    ends
}

/// One of the kernel's own kinds of descriptors.
pub(crate) fn make_special(which: u64, flags: c_int) -> c_int {
    const CLOCK_MONOTONIC: c_int = 1;
    match which % 6 {
        0 => eventfd(1, flags),
        1 => epoll_create1(flags),
        2 => timerfd_create(CLOCK_MONOTONIC, flags),
        3 => inotify_init1(flags),
        // SAFETY: the name ends with its NUL.
        4 => unsafe { memfd_create(c"load".as_ptr(), c_uint::from(flags != 0)) },
        _ => {
            // SAFETY: the call takes numbers alone.
            unsafe {
                syscall(
                    SYS_PIDFD_OPEN,
                    c_long::from(std::process::id()),
                    0 as c_long,
                ) as c_int
            }
        }
    }
}

pub(crate) fn new_session() {
    setsid();
}

pub(crate) fn part(flags: c_int) {
    unshare(flags);
}

/// Becomes another user for good.
pub(crate) fn become_user(id: c_uint) {
    setresgid(id, id, id);
    setresuid(id, id, id);
}

/// Orphans below this process become its children.
pub(crate) fn adopt_orphans() {
    const PR_SET_CHILD_SUBREAPER: c_int = 36;
    // SAFETY: the option takes a number.
    unsafe { prctl(PR_SET_CHILD_SUBREAPER, 1 as c_long) };
}

/// Forks. 0 in the child.
pub(crate) fn fork_process() -> c_int {
    // SAFETY: the child goes on with calls and small allocations, which the C library keeps possible after a fork.
    unsafe { fork() }
}

/// A child with memory of its own that shares what the flags say. 0 in the child.
pub(crate) fn clone_process(flags: c_int) -> c_long {
    let flags = c_long::from(flags | SIGCHLD);
    let none: c_long = 0;
    // SAFETY: without `CLONE_VM` and with no stack given it is a fork: the child goes on with a copy of this stack.
    unsafe { syscall(SYS_CLONE, flags, none, none, none, none) }
}

/// Takes leave of children that have ended, and says how many.
pub(crate) fn reap() -> u32 {
    let (mut status, mut count) = (0, 0);
    // SAFETY: there is room for the status.
    while unsafe { waitpid(-1, &raw mut status, WNOHANG) } > 0 {
        count += 1;
    }
    count
}

/// Ends this thread alone, though it be the leader.
pub(crate) fn exit_thread() {
    // SAFETY: nothing of this thread is used by others, and it does not come back.
    unsafe { syscall(SYS_EXIT, 0 as c_long) };
}

pub(crate) fn thread_id() -> c_int {
    gettid()
}
