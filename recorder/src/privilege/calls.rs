//! System calls: what a thread of the recorder can never have to do is refused by the kernel from then on.
//!
//! A list of what is refused, and not of what is allowed: the recorder must go on under libraries and kernels that use other calls for the same ends, and what it must never do does not change.
//! A refused call fails with EPERM; nothing is killed.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

use super::Work;

/// Other programs, and other processes' memory.
const PROGRAMS: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
];
/// The tree of files, and names that lead around it.
const MOUNTS: &[c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fsconfig,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_by_handle_at,
    libc::SYS_mknodat,
];
/// Who one is, and where.
const IDENTITY: &[c_long] = &[
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_personality,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
];
/// The machine.
const MACHINE: &[c_long] = &[
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
];
/// Doors into the kernel that others have broken through.
const DOORS: &[c_long] = &[
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// What one thread has refused.
fn refused(work: Work) -> impl Iterator<Item = c_long> {
    let lists = [PROGRAMS, MOUNTS, IDENTITY, MACHINE, DOORS];
    let bpf = (work != Work::Drain).then_some(libc::SYS_bpf);
    let talks = matches!(work, Work::Ask | Work::Tell | Work::Write { .. });
    let socket = (!talks).then_some(libc::SYS_socket);
    lists
        .into_iter()
        .flatten()
        .copied()
        .chain(bpf)
        .chain(socket)
}

/// Has the calling thread, and those that it starts, refused what its work never needs, and any privilege that a program could bring.
/// Returns whether the kernel agreed; where it knows no filters, capabilities alone protect.
pub(super) fn refuse_for(work: Work) -> bool {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return false;
    };
    let rules: BTreeMap<i64, Vec<_>> = refused(work).map(|call| (call, Vec::new())).collect();
    let eperm = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, eperm, arch);
    let program = filter.and_then(BpfProgram::try_from);
    program.is_ok_and(|program| apply_filter(&program).is_ok())
}
