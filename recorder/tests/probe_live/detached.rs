//! Programs that are executed from a mount that is mounted nowhere any more, as container runtimes execute a copy of themselves.

use std::ffi::CString;
use std::path::Path;
use std::ptr::null;

use super::activities::tell;
use super::frames::Recording;

/// Mounts a file upon another in a namespace of its own, opens it, takes the mount away, and executes what it has open.
pub(super) fn act(directory: &str) {
    let place = CString::new(format!("{directory}/place")).unwrap();
    // SAFETY: strings end with a NUL; what may be NULL is.
    let fd = unsafe {
        if libc::unshare(libc::CLONE_NEWNS) != 0 {
            return tell("none", 0);
        }
        let private = libc::MS_REC | libc::MS_PRIVATE;
        libc::mount(null(), c"/".as_ptr(), null(), private, null());
        let bound = libc::mount(
            c"/bin/true".as_ptr(),
            place.as_ptr(),
            null(),
            libc::MS_BIND,
            null(),
        );
        assert_eq!(bound, 0);
        let fd = libc::open(place.as_ptr(), libc::O_PATH);
        assert_eq!(libc::umount2(place.as_ptr(), libc::MNT_DETACH), 0);
        fd
    };
    let argv = [c"innocent".as_ptr(), null()];
    let environment = [null()];
    // SAFETY: the vectors end with NULL.
    unsafe { libc::fexecve(fd, argv.as_ptr(), environment.as_ptr()) };
}

#[test]
fn a_program_in_a_detached_mount_has_its_own_name() {
    let Some(mut recording) = Recording::start(&["execve"], |_| {}) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("place"), "").unwrap();
    let recorded = recording.act("detached", directory.path().to_str().unwrap());
    if recorded.output.contains("told none=") {
        println!("skipped: only root may mount");
        return;
    }
    assert!(recorded.succeeded, "{}", recorded.output);
    let execs = recorded.of("execve");
    let exec = execs.last().unwrap();
    assert_eq!(exec.text("argv").as_deref(), Some("innocent\0"));
    // No directory leads there, neither its place nor where it came from: what is left is the file's name.
    let program = Path::new("/bin/true").canonicalize().unwrap();
    let name = program.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(exec.text("trusted_exepath"), Some(name));
    let flags = i64::from(falco_abi::frame::exe_flags::UNREACHABLE);
    assert_eq!(exec.int("exe_flags"), Some(flags));
}
