//! Acts on descriptors: made of every kind, duplicated, closed.

use crate::kernel::{call, in_child};

const O_CLOEXEC: i32 = 0o2_000_000;
const AT_FDCWD: i32 = -100;
const F_DUPFD: i32 = 0;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_DUPFD_CLOEXEC: i32 = 1030;
const CLOSE_RANGE_CLOEXEC: i32 = 4;
const CLOSE_RANGE_UNSHARE: i32 = 2;
const SIGNALS_BYTES: usize = 8;
const CLOCK_MONOTONIC: i32 = 1;
const BPF_MAP_CREATE: i32 = 0;
const BPF_MAP_TYPE_ARRAY: u32 = 2;
/// Words of the parameters of an io_uring.
const URING_WORDS: usize = 15;

/// All of them.
pub(crate) fn act() {
    kinds();
    in_child(duplicates);
    in_child(ranges);
}

fn kinds() {
    let mut ends = [0_u8; 8];
    let mut made: Vec<i64> = Vec::new();
    for call in ["pipe", "pipe2"] {
        crate::kernel::by_name(call, [(&mut ends[..]).into(), O_CLOEXEC.into()]);
        for end in ends.chunks_exact(4) {
            made.extend(
                end.first_chunk()
                    .map(|end| i64::from(i32::from_ne_bytes(*end))),
            );
        }
    }
    call!("pipe2", &mut ends[..], -1);
    let mask = [0_u8; SIGNALS_BYTES];
    let mut uring = [0_usize; URING_WORDS];
    let mut attributes = [0_u8; 64];
    for (place, value) in [BPF_MAP_TYPE_ARRAY, 4, 4, 1].into_iter().enumerate() {
        attributes[place * 4..place * 4 + 4].copy_from_slice(&value.to_ne_bytes());
    }
    made.extend([
        call!("eventfd", 3),
        call!("eventfd2", 0, O_CLOEXEC),
        call!("signalfd", -1, &mask[..], SIGNALS_BYTES),
        call!("signalfd4", -1, &mask[..], SIGNALS_BYTES, O_CLOEXEC),
        call!("timerfd_create", CLOCK_MONOTONIC, O_CLOEXEC),
        call!("inotify_init"),
        call!("inotify_init1", O_CLOEXEC),
        call!("epoll_create", 5),
        call!("epoll_create1", O_CLOEXEC),
        call!("memfd_create", c"broad", 1),
        call!("io_uring_setup", 4, &mut uring[..]),
        call!("userfaultfd", O_CLOEXEC),
        call!("bpf", BPF_MAP_CREATE, &attributes[..], attributes.len()),
        call!("pidfd_open", call!("getpid"), 0),
        call!("openat", AT_FDCWD, c"/dev/null", 2, 0),
    ]);
    let process = call!("pidfd_open", call!("getpid"), 0);
    let other = call!("pidfd_getfd", process, 1, 0);
    call!("pidfd_getfd", process, 77, 0);
    made.extend([process, other]);
    refused(&mut uring);
    for fd in made {
        let copy = call!("dup", fd);
        call!("fcntl", fd, F_GETFL, 0);
        call!("close", fd);
        call!("close", copy);
    }
}

/// The same without success.
fn refused(uring: &mut [usize]) {
    call!("eventfd2", 0, -1);
    call!("signalfd4", 77, 0, 1, 0);
    call!("timerfd_create", -1, 0);
    call!("inotify_init1", -1);
    call!("epoll_create", 0);
    call!("epoll_create1", -1);
    call!("memfd_create", c"broad", -1);
    call!("io_uring_setup", 0, uring);
    call!("userfaultfd", -1);
    call!("bpf", -1, 0, 0);
    call!("pidfd_open", i64::from(i32::MAX), 0);
    call!("pidfd_getfd", 77, 1, 0);
}

fn duplicates() {
    let file = call!("openat", AT_FDCWD, c"one", 0, 0);
    call!("dup", file);
    call!("dup", 77);
    call!("dup2", file, 60);
    call!("dup2", 77, 60);
    call!("dup2", file, file);
    call!("dup3", file, 61, O_CLOEXEC);
    call!("dup3", file, file, 0);
    call!("fcntl", file, F_DUPFD, 62);
    call!("fcntl", file, F_DUPFD_CLOEXEC, 63);
    call!("fcntl", file, F_SETFD, 1);
    call!("fcntl", file, F_GETFD, 0);
    call!("fcntl", 77, F_GETFD, 0);
    for fd in 60..65 {
        call!("fchmod", fd, 0o600);
        call!("close", fd);
    }
}

fn ranges() {
    let file = call!("openat", AT_FDCWD, c"one", 0, 0);
    for fd in 60..66 {
        call!("dup2", file, fd);
    }
    call!("close_range", 60, 62, 0);
    call!("close_range", 62, 60, 0);
    call!("close_range", 63, 63, CLOSE_RANGE_CLOEXEC);
    call!("close_range", 64, i64::from(u32::MAX), CLOSE_RANGE_UNSHARE);
    for fd in 60..66 {
        call!("fchmod", fd, 0o600);
    }
}
