//! The ways to open a file under another name than its own, and by what each of them is seen.
//!
//! Every way is a process of its own that reads the same file. What the table says of a way is what `recorder/BLINDSPOTS.md` says.

use std::ffi::{CStr, CString};
use std::os::unix::fs::MetadataExt;
use std::ptr::null;

use falco_abi::frame::path_flags;

use super::activities::{self, tell};
use super::frames::{Frame, Recorded, Recording};

/// By what a way is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The path over the mounts is the file's own.
    Path,
    /// The path inside its file system is the file's own there; the flag says whether any path leads to it.
    Inner { reachable: bool },
    /// Device and inode alone: it has another name, and its inode says that it has two.
    Inode,
    /// Not at all.
    Nothing,
}

const WAYS: [(&str, Seen); 26] = [
    ("plain", Seen::Path),
    ("long_1100", Seen::Path),
    ("long_4000", Seen::Path),
    ("slashes", Seen::Path),
    ("dots", Seen::Path),
    ("proc_root", Seen::Path),
    ("proc_fd", Seen::Path),
    ("directory", Seen::Path),
    ("directory_copied", Seen::Path),
    ("chdir", Seen::Path),
    ("fchdir", Seen::Path),
    ("symlink", Seen::Path),
    ("symlink_above", Seen::Path),
    ("up_and_down", Seen::Path),
    ("hard_link", Seen::Inode),
    ("openat2", Seen::Path),
    ("openat2_in_root", Seen::Path),
    ("int80_open", Seen::Path),
    ("int80_openat", Seen::Path),
    ("handle", Seen::Path),
    ("bind", Seen::Inner { reachable: true }),
    ("open_tree", Seen::Inner { reachable: false }),
    ("chroot", Seen::Path),
    ("end_of_page", Seen::Path),
    ("rewritten", Seen::Path),
    ("io_uring", Seen::Nothing),
];

const READ: i32 = libc::O_RDONLY;
const DIRECTORY: i32 = libc::O_PATH | libc::O_DIRECTORY;

fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// `openat` of the working directory.
fn open(path: &str) -> i32 {
    open_at(libc::AT_FDCWD, path, READ)
}

fn open_at(directory: i32, path: &str, flags: i32) -> i32 {
    let path = text(path);
    // SAFETY: the string ends with a NUL.
    unsafe { libc::openat(directory, path.as_ptr(), flags) }
}

/// Goes one of the ways to `DIRECTORY/secret`, and tells the descriptor.
pub(super) fn act(argument: &str) {
    let (way, directory) = argument.split_once(':').unwrap();
    let secret = format!("{directory}/secret");
    let beside = |name: &str| format!("{directory}/other/{name}");
    let fd = match way {
        "plain" => open(&secret),
        "long_1100" => open(&("/.".repeat(550) + &secret)),
        "long_4000" => open(&("/.".repeat(1990) + &secret)),
        "slashes" => open(&("/".repeat(1100) + &secret)),
        "dots" => open(&format!("{directory}/other/.././secret")),
        "proc_root" => open(&format!("/proc/self/root{secret}")),
        "proc_fd" => {
            let fd = open_at(libc::AT_FDCWD, directory, DIRECTORY);
            open(&format!("/proc/self/fd/{fd}/secret"))
        }
        "directory" => open_at(
            open_at(libc::AT_FDCWD, directory, DIRECTORY),
            "secret",
            READ,
        ),
        "up_and_down" => {
            let other = open_at(libc::AT_FDCWD, &format!("{directory}/other"), DIRECTORY);
            open_at(other, "../other/../secret", READ)
        }
        "chdir" => {
            std::env::set_current_dir(directory).unwrap();
            open("secret")
        }
        "symlink" => {
            std::os::unix::fs::symlink(&secret, beside("link")).unwrap();
            open(&beside("link"))
        }
        "symlink_above" => {
            std::os::unix::fs::symlink(directory, beside("folder")).unwrap();
            open(&beside("folder/secret"))
        }
        "hard_link" => {
            std::fs::hard_link(&secret, beside("hard")).unwrap();
            open(&beside("hard"))
        }
        _ => by_calls(way, directory, &secret),
    };
    tell("fd", fd);
    if way == "hard_link" {
        std::fs::remove_file(beside("hard")).unwrap();
    }
}

/// The ways that need calls of their own.
fn by_calls(way: &str, directory: &str, secret: &str) -> i32 {
    let (folder, file) = (text(directory), text(secret));
    let at = open_at(libc::AT_FDCWD, directory, DIRECTORY);
    // SAFETY: strings end with a NUL and live; descriptors are numbers.
    unsafe {
        match way {
            "directory_copied" => open_at(libc::dup2(at, 77), "secret", READ),
            "fchdir" => {
                assert_eq!(libc::fchdir(at), 0);
                open("secret")
            }
            "chroot" => {
                assert_eq!(libc::chroot(folder.as_ptr()), 0);
                open("/secret")
            }
            "openat2" => openat2(libc::AT_FDCWD, &file, 0),
            "openat2_in_root" => openat2(at, c"/secret", libc::RESOLVE_IN_ROOT),
            "handle" => by_handle(&file),
            "bind" => {
                assert_eq!(libc::unshare(libc::CLONE_NEWNS), 0);
                let private = libc::MS_REC | libc::MS_PRIVATE;
                libc::mount(null(), c"/".as_ptr(), null(), private, null());
                let place = text(&format!("{directory}/other"));
                let (from, to) = (folder.as_ptr(), place.as_ptr());
                assert_eq!(libc::mount(from, to, null(), libc::MS_BIND, null()), 0);
                open(&format!("{directory}/other/secret"))
            }
            "open_tree" => {
                const CLONE: u32 = 1;
                let tree =
                    libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, folder.as_ptr(), CLONE);
                open_at(tree as i32, "secret", READ)
            }
            "end_of_page" => open_at_end_of_page(&file),
            "rewritten" => rewritten(&file),
            "io_uring" => by_io_uring(&file),
            _ => by_int80(way, secret),
        }
    }
}

fn openat2(directory: i32, path: &CStr, resolve: u64) -> i32 {
    let how: [u64; 3] = [0, 0, resolve];
    // SAFETY: the string ends with a NUL, and `how` is as long as the call is told.
    unsafe { libc::syscall(libc::SYS_openat2, directory, path.as_ptr(), &how, 24) as i32 }
}

fn by_handle(path: &CStr) -> i32 {
    /// A handle's length, its type, and room for it.
    #[repr(C)]
    struct Handle {
        bytes: u32,
        kind: i32,
        room: [u8; 128],
    }
    let mut handle = Handle {
        bytes: 128,
        kind: 0,
        room: [0; 128],
    };
    let mut mount = 0_i32;
    let root = open_at(libc::AT_FDCWD, "/", READ | libc::O_DIRECTORY);
    // SAFETY: the handle has the room that it says.
    unsafe {
        let (at, to) = (libc::AT_FDCWD, &raw mut handle);
        libc::syscall(
            libc::SYS_name_to_handle_at,
            at,
            path.as_ptr(),
            to,
            &mut mount,
            0,
        );
        libc::syscall(libc::SYS_open_by_handle_at, root, to, READ) as i32
    }
}

/// A name that ends where memory ends.
fn open_at_end_of_page(path: &CStr) -> i32 {
    const PAGE: usize = 4096;
    let bytes = path.to_bytes_with_nul();
    let (rights, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: two pages are mapped, the second is taken away, and the name ends with the first.
    unsafe {
        let page = libc::mmap(std::ptr::null_mut(), 2 * PAGE, rights, kind, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        libc::munmap(page.add(PAGE), PAGE);
        let name = page.add(PAGE - bytes.len()).cast::<u8>();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), name, bytes.len());
        libc::openat(libc::AT_FDCWD, name.cast(), READ)
    }
}

/// Another thread writes another name over the one that the call was given, until one open is recorded under the wrong one or a thousand were made.
fn rewritten(path: &CStr) -> i32 {
    use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
    static STOP: AtomicBool = AtomicBool::new(false);
    let bytes: &'static [AtomicU8] = path
        .to_bytes_with_nul()
        .iter()
        .map(|byte| AtomicU8::new(*byte))
        .collect::<Vec<_>>()
        .leak();
    let last = bytes.len() - 2;
    let writer = std::thread::spawn(move || {
        while !STOP.load(Ordering::Relaxed) {
            for byte in [b'x', b't'] {
                bytes[last].store(byte, Ordering::Relaxed);
                std::thread::yield_now();
            }
        }
    });
    let mut opened = -1;
    for _ in 0..1000 {
        // SAFETY: the string ends with a NUL, whichever letter stands before it.
        let fd = unsafe { libc::openat(libc::AT_FDCWD, bytes.as_ptr().cast(), READ) };
        if fd >= 0 {
            opened = fd;
            // SAFETY: it was opened here.
            unsafe { libc::close(fd) };
        }
    }
    STOP.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    opened
}

/// An open that no call asks for: the kernel takes it from a queue. Its descriptor is told as the call's result would be.
fn by_io_uring(path: &CStr) -> i32 {
    const OPENAT: u8 = 18;
    const SUBMISSIONS: i64 = 0;
    const COMPLETIONS: i64 = 0x0800_0000;
    const ENTRIES: i64 = 0x1000_0000;
    const WAIT: i32 = 1;
    // Words of the parameters: where a ring has its tail, its array, its results.
    const TAIL: usize = 11;
    const ARRAY: usize = 16;
    const RESULTS: usize = 25;
    let mut parameters = [0_u32; 30];
    // SAFETY: the rings are mapped as the kernel says, and one entry is written before it is told.
    unsafe {
        let ring = libc::syscall(libc::SYS_io_uring_setup, 4, &raw mut parameters) as i32;
        if ring < 0 {
            return ring;
        }
        let map = |offset| {
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            let page = libc::mmap(
                std::ptr::null_mut(),
                4096,
                rights,
                libc::MAP_SHARED,
                ring,
                offset,
            );
            assert_ne!(page, libc::MAP_FAILED);
            page.cast::<u8>()
        };
        let (submitted, completed, entry) = (map(SUBMISSIONS), map(COMPLETIONS), map(ENTRIES));
        entry.write(OPENAT);
        entry.add(4).cast::<i32>().write(libc::AT_FDCWD);
        entry.add(16).cast::<u64>().write(path.as_ptr() as u64);
        let word = |ring: *mut u8, at: usize| ring.add(parameters[at] as usize).cast::<u32>();
        word(submitted, ARRAY).write(0);
        word(submitted, TAIL).write_volatile(1);
        libc::syscall(libc::SYS_io_uring_enter, ring, 1, 1, WAIT, null::<u8>(), 0);
        // Behind what was submitted stands what came of it.
        word(completed, RESULTS).add(2).read_volatile() as i32
    }
}

#[cfg(target_arch = "x86_64")]
fn by_int80(way: &str, secret: &str) -> i32 {
    let page = activities::low_page();
    let path = text(secret);
    let bytes = path.to_bytes_with_nul();
    // SAFETY: the page is writable and longer than the path.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), page.cast(), bytes.len()) };
    let low = page as u64;
    let at = i64::from(libc::AT_FDCWD) as u64 & 0xffff_ffff;
    (match way {
        "int80_open" => activities::call32(5, low, 0, 0),
        "int80_openat" => activities::call32(295, at, low, 0),
        other => panic!("no way {other}"),
    }) as i32
}

#[cfg(not(target_arch = "x86_64"))]
fn by_int80(_: &str, _: &str) -> i32 {
    -1
}

/// By what the file was seen among what a process opened.
fn seen(recorded: &Recorded, secret: &str, inode: i64) -> Seen {
    let calls = ["open", "openat", "openat2", "open_by_handle_at"];
    let opens = calls.iter().flat_map(|call| recorded.of(call));
    let opens: Vec<&Frame> = opens
        .filter(|open| open.int("ino") == Some(inode))
        .collect();
    let Some(open) = opens.first() else {
        return Seen::Nothing;
    };
    let name = if open.event.name == "open_by_handle_at" {
        "path"
    } else {
        "real_path"
    };
    let path = open.text(name).unwrap();
    let flags = open.int("path_flags").unwrap();
    let reachable = flags & i64::from(path_flags::UNREACHABLE) == 0;
    assert_eq!(path.starts_with('/'), reachable, "{path}");
    // Each of them, though its name was written over.
    let all = |open: &&Frame| open.text(name).as_deref() == Some(secret);
    if opens.iter().all(all) {
        return Seen::Path;
    }
    match open.text("inner_path") {
        Some(inner) if secret.ends_with(&inner) => Seen::Inner { reachable },
        Some(inner) => panic!("{inner} is no end of {secret}"),
        None => {
            assert_eq!(open.int("nlink"), Some(2));
            Seen::Inode
        }
    }
}

#[test]
fn each_way_to_a_file_is_seen_by_what_the_table_says() {
    let events = ["open", "openat", "openat2", "open_by_handle_at"];
    let Some(mut recording) = Recording::start(&events, |_| {}) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().canonicalize().unwrap();
    let directory = directory.to_str().unwrap();
    let secret = format!("{directory}/secret");
    std::fs::write(&secret, "secret").unwrap();
    std::fs::create_dir(format!("{directory}/other")).unwrap();
    let inode = std::fs::metadata(&secret).unwrap().ino() as i64;
    let mut differences = Vec::new();
    for (way, expected) in WAYS {
        let recorded = recording.act("ways", &format!("{way}:{directory}"));
        assert!(recorded.succeeded, "{way}: {}", recorded.output);
        let fd: i32 = recorded.told("fd").parse().unwrap();
        if fd < 0 {
            println!("skipped: {way} is refused here");
            continue;
        }
        let found = seen(&recorded, &secret, inode);
        println!("{way}: {found:?}");
        if found != expected {
            differences.push(format!("{way}: {found:?}, not {expected:?}"));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}
