//! What a thread keeps, and what is refused to it: tried.

use super::*;

#[test]
fn a_thread_keeps_only_what_its_work_needs() {
    let check = |work| {
        let kept = std::thread::spawn(move || {
            assert!(keep_for(work));
            capabilities(None).expect("capabilities")
        });
        let kept = kept.join().expect("a thread");
        assert!(needed(work).contains(kept.effective), "{work:?}");
        assert!(needed(work).contains(kept.permitted), "{work:?}");
    };
    check(Work::Drain);
    check(Work::Compress);
    for in_foreign_directory in [false, true] {
        for shares in [false, true] {
            check(Work::Write {
                in_foreign_directory,
                shares,
            });
        }
    }
    check(Work::Ask);
    check(Work::ReadAccounts);
    check(Work::Tell);
    check(Work::Wait);
}

#[test]
fn what_no_thread_needs_is_refused() {
    let check = |work, may_talk: bool, may_load: bool| {
        let tried = std::thread::spawn(move || {
            assert!(keep_for(work));
            let refused = |call, arguments: [libc::c_long; 2]| {
                // SAFETY: each of these calls fails for these arguments, whether it is refused or not.
                let result = unsafe { libc::syscall(call, arguments[0], arguments[1]) };
                let error = std::io::Error::last_os_error();
                result == -1 && error.raw_os_error() == Some(libc::EPERM)
            };
            assert!(refused(libc::SYS_execve, [0, 0]), "{work:?}");
            assert!(refused(libc::SYS_ptrace, [-1, 0]), "{work:?}");
            assert!(refused(libc::SYS_mount, [0, 0]), "{work:?}");
            assert!(refused(libc::SYS_setns, [-1, 0]), "{work:?}");
            assert!(refused(libc::SYS_io_uring_setup, [0, 0]), "{work:?}");
            assert_eq!(!refused(libc::SYS_socket, [-1, 0]), may_talk, "{work:?}");
            assert_eq!(!refused(libc::SYS_bpf, [-1, 0]), may_load, "{work:?}");
            std::fs::read_to_string("/proc/thread-self/status").expect("a status")
        });
        let status = tried.join().expect("a thread");
        assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
        assert!(status.contains("Seccomp:\t2\n"), "{status}");
    };
    // Others may not load programs whatever the filter says.
    if geteuid().is_root() {
        check(Work::Drain, false, true);
    }
    check(Work::Compress, false, false);
    check(Work::Wait, false, false);
    check(Work::ReadAccounts, false, false);
    check(Work::Ask, true, false);
    check(Work::Tell, true, false);
}

#[test]
fn another_threads_capabilities_stay() {
    let before = capabilities(None).expect("capabilities");
    std::thread::spawn(|| keep_for(Work::Compress))
        .join()
        .expect("a thread");
    assert_eq!(
        capabilities(None).expect("capabilities").effective,
        before.effective
    );
}
