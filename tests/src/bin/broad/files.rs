//! Acts on files, directories and mounts: by absolute and relative paths, against the working directory and against descriptors, with success and without.

use std::ffi::CStr;

use crate::kernel::{call, in_child, umount_without_flags};

const AT_FDCWD: i32 = -100;
const AT_REMOVEDIR: i32 = 0x200;
const AT_SYMLINK_NOFOLLOW: i32 = 0x100;
const O_WRONLY_CREAT: i32 = 0o101;
const O_RDWR: i32 = 2;
const O_CLOEXEC: i32 = 0o2_000_000;
const O_DIRECTORY: i32 = if cfg!(target_arch = "aarch64") {
    0o40_000
} else {
    0o200_000
};
const O_TMPFILE: i32 = 0o20_000_000 | O_DIRECTORY;
/// Bytes of a file handle's head, and of the room for the handle.
const HANDLE_HEAD: usize = 8;
const HANDLE_ROOM: usize = 128;
const MS_BIND: i32 = 4096;
const MNT_DETACH: i32 = 2;
const CLONE_NEWNS: i32 = 0x2_0000;
/// Bytes of the structure that `openat2` takes.
const HOW_BYTES: usize = 24;
const MS_REC_PRIVATE: i32 = 0x4_4000;

/// All of them, in the working directory.
pub(crate) fn act() {
    let directory = call!("openat", AT_FDCWD, c".", O_DIRECTORY | O_CLOEXEC, 0);
    opens(directory);
    names(directory);
    directories(directory);
    modes(directory);
    owners(directory);
    handles();
    mounts();
    call!("close", directory);
}

fn opens(directory: i64) {
    let close = |fd: i64| call!("close", fd);
    close(call!("open", c"one", O_WRONLY_CREAT, 0o640));
    close(call!("open", c"/etc/hostname", O_CLOEXEC, 0));
    call!("open", c"/no/such/file", O_RDWR, 0);
    call!("open", c"", 0, 0);
    close(call!("open", c"/", O_DIRECTORY, 0));
    close(call!("openat", AT_FDCWD, c"two", O_WRONLY_CREAT, 0o600));
    close(call!(
        "openat",
        directory,
        c"./../nowhere/../one",
        O_RDWR,
        0
    ));
    close(call!("openat", directory, c"one", O_RDWR, 0));
    call!("openat", 77, c"one", O_RDWR, 0);
    call!("openat", directory, c"absent", O_RDWR, 0);
    close(call!("openat", AT_FDCWD, c".", O_TMPFILE | O_RDWR, 0o600));
    let mut how = [O_RDWR as usize, 0, 0];
    close(call!("openat2", AT_FDCWD, c"one", &mut how[..], HOW_BYTES));
    call!("openat2", directory, c"absent", &mut how[..], HOW_BYTES);
    close(call!("creat", c"three", 0o644));
    call!("creat", c"/no/such/directory/file", 0o644);
}

fn names(directory: i64) {
    call!("link", c"one", c"linked");
    call!("link", c"absent", c"linked-too");
    call!("linkat", AT_FDCWD, c"one", directory, c"linked-at", 0);
    call!("linkat", directory, c"absent", 77, c"/x", 0);
    call!("symlink", c"../one", c"symbolic");
    call!("symlink", c"one", c"symbolic");
    call!("symlinkat", c"../x", directory, c"symbolic-at");
    call!("symlinkat", c"/etc/passwd", AT_FDCWD, c"symbolic-too");
    call!("rename", c"two", c"four");
    call!("rename", c"absent", c"four");
    call!("renameat", directory, c"four", AT_FDCWD, c"five");
    call!("renameat", 77, c"four", AT_FDCWD, c"five");
    call!("renameat2", directory, c"five", directory, c"six", 1);
    call!("renameat2", directory, c"absent", directory, c"six", 0);
    call!("unlink", c"linked");
    call!("unlink", c"linked");
    call!("unlinkat", directory, c"linked-at", 0);
    call!("unlinkat", directory, c"absent", AT_REMOVEDIR);
}

fn directories(directory: i64) {
    let mut room = [0_u8; 4096];
    call!("mkdir", c"below", 0o755);
    call!("mkdir", c"/no/such/directory", 0o755);
    call!("mkdirat", directory, c"below/deeper", 0o700);
    call!("mkdirat", 77, c"deeper", 0o700);
    in_child(|| {
        call!("chdir", c"below");
        call!("openat", AT_FDCWD, c"../one", O_RDWR, 0);
        call!("getcwd", &mut room[..], 4096);
        call!("getcwd", &mut room[..], 1);
        call!("fchdir", directory);
        call!("fchdir", 77);
        call!("chdir", c"absent");
        call!("chroot", c".");
        call!("openat", AT_FDCWD, c"/one", O_RDWR, 0);
        call!("chroot", c"absent");
    });
    call!("rmdir", c"below/deeper");
    call!("rmdir", c"below");
    call!("rmdir", c"below");
}

fn modes(directory: i64) {
    let file = call!("openat", AT_FDCWD, c"one", O_RDWR, 0);
    call!("chmod", c"one", 0o4755);
    call!("chmod", c"absent", 0o644);
    call!("fchmod", file, 0o600);
    call!("fchmod", 77, 0o600);
    call!("fchmodat", directory, c"one", 0o640);
    call!("fchmodat", AT_FDCWD, c"absent", 0o640);
    call!("close", file);
}

fn owners(directory: i64) {
    let file = call!("openat", AT_FDCWD, c"one", O_RDWR, 0);
    call!("chown", c"one", 1, 1);
    call!("chown", c"absent", 0, -1);
    call!("lchown", c"symbolic", -1, 1);
    call!("fchown", file, 0, 0);
    call!("fchown", 77, 0, 0);
    call!("fchownat", directory, c"one", 2, -1, AT_SYMLINK_NOFOLLOW);
    call!("fchownat", AT_FDCWD, c"absent", 2, 2, 0);
    call!("close", file);
}

fn handles() {
    let mut handle = [0_u8; HANDLE_HEAD + HANDLE_ROOM];
    handle[..4].copy_from_slice(&(HANDLE_ROOM as u32).to_ne_bytes());
    let mut mount = [0_u8; 4];
    call!(
        "name_to_handle_at",
        AT_FDCWD,
        c"one",
        &mut handle[..],
        &mut mount[..],
        0
    );
    let at = call!("openat", AT_FDCWD, c".", O_DIRECTORY, 0);
    let file = call!("open_by_handle_at", at, &mut handle[..], O_RDWR);
    call!("close", file);
    call!("open_by_handle_at", 77, &mut handle[..], O_RDWR);
    call!("close", at);
}

fn mounts() {
    in_child(umount_without_flags);
    in_child(|| {
        call!("unshare", CLONE_NEWNS);
        // Nothing of this reaches the others.
        mount(c"none", c"/", c"", MS_REC_PRIVATE);
        call!("mkdir", c"mounted", 0o755);
        mount(c"none", c"mounted", c"tmpfs", 0);
        mount(c"/etc", c"mounted", c"", MS_BIND);
        mount(c"none", c"absent", c"tmpfs", 0);
        call!("umount2", c"mounted", MNT_DETACH);
        call!("umount2", c"mounted", 0);
        call!("umount2", c"absent", 0);
    });
}

fn mount(source: &CStr, target: &CStr, kind: &CStr, flags: i32) {
    call!("mount", source, target, kind, flags, 0);
}
