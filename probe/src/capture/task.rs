//! Facts of a task.

use falco_abi::TaskField as F;
use falco_abi::plan::{Step, kind};

use super::ids::{self, group_pid, number_at, own_level, own_namespace, thread_pid};
use super::{cgroup, exe, memory, path};
use crate::frame::{Event, get, set};
use crate::read::{follow, number};
use crate::settings::{config, offset};

/// The place of `RLIMIT_NOFILE` among the resource limits, in bytes: each has two words.
const RLIMIT_NOFILE: u64 = 7 * 16;
/// Bytes of a task's name with its NUL.
const COMM: u16 = 16;

/// The facts that are text.
mod text {
    use super::F;

    pub const COMM: u8 = F::Comm as u8;
    pub const EXE_PATH: u8 = F::ExePath as u8;
    pub const CWD: u8 = F::Cwd as u8;
    pub const EXE_INNER_PATH: u8 = F::ExeInnerPath as u8;
    pub const CGROUP_PATH: u8 = F::CgroupPath as u8;
}

/// Obtains a fact of the event's task, or of the running one.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_task(cpu: u32, index: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(step) = event.step(index) else {
        return 0;
    };
    let task = if step.kind == kind::CURRENT {
        get!(event, current)
    } else {
        get!(event, task)
    };
    match step.a {
        text::COMM => {
            let name = offset!(task_comm).map_or(0, |offset| task + offset);
            memory::kernel_string(event, index, name, COMM);
        }
        text::EXE_PATH => path::put_path(cpu, index, exe::place(task), step.limit),
        text::EXE_INNER_PATH => path::put_inner(cpu, index, step.limit),
        text::CWD => cwd(cpu, index, task, step),
        text::CGROUP_PATH => {
            path::put_cgroup(cpu, index, cgroup::default_node(task), step.limit);
        }
        field => {
            let value = match F::from_u8(field) {
                Some(field) => fact(event, task, field),
                None => None,
            };
            event.put_maybe(index, value);
        }
    }
    0
}

#[inline(always)]
fn cwd(cpu: u32, index: u32, task: u64, step: Step) {
    let fs = follow(task, offset!(task_fs));
    let mount = fs.and_then(|fs| follow(fs, offset!(fs_pwd_mnt)));
    let dentry = fs.and_then(|fs| follow(fs, offset!(fs_pwd_dentry)));
    // What was noted is about the executable.
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let noted = get!(event, path_flags);
    let (of_mount, of_dentry) = (get!(event, place_mount), get!(event, place_dentry));
    let of_root = get!(event, place_root);
    path::put_path(cpu, index, path::Place::new(mount, dentry), step.limit);
    set!(event, path_flags, noted);
    set!(event, place_mount, of_mount);
    set!(event, place_dentry, of_dentry);
    set!(event, place_root, of_root);
}

#[inline(always)]
fn fact(event: Event, task: u64, field: F) -> Option<u64> {
    match field {
        F::Uid | F::Euid | F::Suid | F::Fsuid => credential(task, field),
        F::Gid | F::Egid | F::Sgid | F::Fsgid => credential(task, field),
        F::CapInheritable | F::CapPermitted | F::CapEffective => capabilities(task, field),
        F::Vtid | F::Vpid | F::Pgid | F::Vpgid | F::Sid | F::Vsid => id(task, field),
        F::ExeIno | F::ExeDev | F::ExeCtime | F::ExeMtime => exe_fact(task, field),
        F::ExeMode | F::ExeUid | F::ExeGid | F::ExeNlink => exe_fact(task, field),
        F::ExeFlags => exe_flags(event, task),
        F::ExeMountId => exe::place(task)?.mount_id(),
        F::VmSize | F::VmRss | F::VmSwap => memory_fact(task, field),
        F::MntNs | F::NetNs | F::PidNs | F::PidnsInitStart => namespace(task, field),
        F::SharedWithParent => Some(shared(task, get!(event, current))),
        _ => plain(task, field),
    }
}

#[inline(always)]
fn plain(task: u64, field: F) -> Option<u64> {
    match field {
        F::Tid => number::<u32>(task, offset!(task_tid)).map(u64::from),
        F::Pid => number::<u32>(task, offset!(task_pid)).map(u64::from),
        F::Ppid => {
            let parent = follow(task, offset!(task_real_parent))?;
            number::<u32>(parent, offset!(task_pid)).map(u64::from)
        }
        F::Start => number::<u64>(task, offset!(task_start)),
        F::Loginuid => number::<u32>(task, offset!(task_loginuid)).map(u64::from),
        F::Tty => terminal(task),
        F::FdLimit => {
            let signal = follow(task, offset!(task_signal))?;
            number::<u64>(signal + RLIMIT_NOFILE, offset!(signal_rlim))
        }
        F::ExitCode => number::<u32>(task, offset!(task_exit_code)).map(u64::from),
        F::Flags => number::<u32>(task, offset!(task_flags)).map(u64::from),
        F::FaultsMajor => number::<u64>(task, offset!(task_maj_flt)),
        F::FaultsMinor => number::<u64>(task, offset!(task_min_flt)),
        F::ThreadsLive => {
            let signal = follow(task, offset!(task_signal))?;
            number::<u32>(signal, offset!(signal_live)).map(u64::from)
        }
        _ => None,
    }
}

#[inline(always)]
fn credential(task: u64, field: F) -> Option<u64> {
    let cred = follow(task, offset!(task_cred))?;
    let place = match field {
        F::Uid => offset!(cred_uid),
        F::Euid => offset!(cred_euid),
        F::Suid => offset!(cred_suid),
        F::Fsuid => offset!(cred_fsuid),
        F::Gid => offset!(cred_gid),
        F::Egid => offset!(cred_egid),
        F::Sgid => offset!(cred_sgid),
        _ => offset!(cred_fsgid),
    };
    number::<u32>(cred, place).map(u64::from)
}

#[inline(always)]
fn capabilities(task: u64, field: F) -> Option<u64> {
    let cred = follow(task, offset!(task_cred))?;
    let place = match field {
        F::CapInheritable => offset!(cred_cap_inheritable),
        F::CapPermitted => offset!(cred_cap_permitted),
        _ => offset!(cred_cap_effective),
    };
    number::<u64>(cred, place)
}

#[inline(always)]
fn id(task: u64, field: F) -> Option<u64> {
    let pid = match field {
        F::Vtid => thread_pid(task)?,
        F::Vpid => group_pid(task, ids::kind::TGID)?,
        F::Pgid | F::Vpgid => group_pid(task, ids::kind::PGID)?,
        _ => group_pid(task, ids::kind::SID)?,
    };
    let level = match field {
        F::Pgid | F::Sid => 0,
        _ => own_level(task)?,
    };
    number_at(pid, level)
}

#[inline(always)]
fn exe_fact(task: u64, field: F) -> Option<u64> {
    let file = exe::file(task)?;
    let inode = exe::inode(file)?;
    match field {
        F::ExeIno => number::<u64>(inode, offset!(inode_ino)),
        F::ExeDev => exe::device(inode),
        F::ExeCtime => exe::time(inode, offset!(inode_ctime_sec), offset!(inode_ctime_nsec)),
        F::ExeMtime => exe::time(inode, offset!(inode_mtime_sec), offset!(inode_mtime_nsec)),
        F::ExeMode => number::<u16>(inode, offset!(inode_mode)).map(u64::from),
        F::ExeUid => number::<u32>(inode, offset!(inode_uid)).map(u64::from),
        F::ExeGid => number::<u32>(inode, offset!(inode_gid)).map(u64::from),
        _ => number::<u32>(inode, offset!(inode_nlink)).map(u64::from),
    }
}

/// What is to be known of the executable and of its path, which was obtained before.
#[inline(always)]
fn exe_flags(event: Event, task: u64) -> Option<u64> {
    let file = exe::file(task)?;
    let inode = exe::inode(file)?;
    Some(exe::flags(file, inode, get!(event, path_flags)))
}

/// Counters of resident memory: of files, anonymous, swapped, shared, in this order.
#[inline(always)]
fn memory_fact(task: u64, field: F) -> Option<u64> {
    let mm = follow(task, offset!(task_mm))?;
    let pages = if matches!(field, F::VmSize) {
        number::<u64>(mm, offset!(mm_total_vm))?
    } else {
        let first = config!(rss_first);
        if first == 0 {
            return None;
        }
        let counter = |place: u64| number::<u64>(mm, Some(first + config!(rss_stride) * place));
        if matches!(field, F::VmSwap) {
            counter(2)?
        } else {
            counter(0)?
                .wrapping_add(counter(1)?)
                .wrapping_add(counter(3)?)
        }
    };
    Some(pages.wrapping_mul(config!(page_kib)))
}

#[inline(always)]
fn namespace(task: u64, field: F) -> Option<u64> {
    if matches!(field, F::PidNs | F::PidnsInitStart) {
        let own = own_namespace(task)?;
        if matches!(field, F::PidNs) {
            return number::<u32>(own, offset!(pidns_inum)).map(u64::from);
        }
        let init = follow(own, offset!(pidns_child_reaper))?;
        return number::<u64>(init, offset!(task_start));
    }
    let proxy = follow(task, offset!(task_nsproxy))?;
    let inum = if matches!(field, F::MntNs) {
        let mounts = follow(proxy, offset!(nsproxy_mnt_ns))?;
        number::<u32>(mounts, offset!(mntns_inum))
    } else {
        let net = follow(proxy, offset!(nsproxy_net_ns))?;
        number::<u32>(net, offset!(netns_inum))
    };
    inum.map(u64::from)
}

/// The controlling terminal's device number, as /proc encodes it.
#[inline(always)]
fn terminal(task: u64) -> Option<u64> {
    let signal = follow(task, offset!(task_signal))?;
    let Some(tty) = follow(signal, offset!(signal_tty)) else {
        return Some(0);
    };
    let driver = follow(tty, offset!(tty_driver))?;
    let major = number::<u32>(driver, offset!(tty_driver_major))?;
    let first = number::<u32>(driver, offset!(tty_driver_minor_start))?;
    let minor = first.wrapping_add(number::<u32>(tty, offset!(tty_index))?);
    Some(((minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)) as u64)
}

/// What a child shares with its parent, as `CLONE_*` bits.
#[inline(always)]
fn shared(child: u64, parent: u64) -> u64 {
    const CLONE_VM: u64 = 0x100;
    const CLONE_FS: u64 = 0x200;
    const CLONE_FILES: u64 = 0x400;
    const CLONE_SIGHAND: u64 = 0x800;
    const CLONE_THREAD: u64 = 0x1_0000;
    let mut bits = 0;
    let same = |place: Option<u64>| {
        let own = follow(child, place);
        own.is_some() && own == follow(parent, place)
    };
    if same(offset!(task_mm)) {
        bits |= CLONE_VM;
    }
    if same(offset!(task_fs)) {
        bits |= CLONE_FS;
    }
    if same(offset!(task_files)) {
        bits |= CLONE_FILES;
    }
    if same(offset!(task_sighand)) {
        bits |= CLONE_SIGHAND;
    }
    if same(offset!(task_signal)) {
        bits |= CLONE_THREAD;
    }
    bits
}
