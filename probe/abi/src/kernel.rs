//! What the loader tells the probe before it starts: where fields lie in this kernel's structures, and how this machine's calls look.
//!
//! Owns the list of fields with the names they had in other kernels, and the words of configuration.
//! Both travel in the probe's read-only data, so that the verifier sees constants; the probe holds no kernel header's layout but its own arguments'.

/// An offset that this kernel does not have: the value that needs it is absent.
pub const ABSENT: u16 = u16::MAX;

/// Where one field is to be found.
#[derive(Clone, Copy, Debug)]
pub struct FieldDef {
    /// Its name among the offsets.
    pub name: &'static str,
    /// The kernel's structure.
    pub structure: &'static str,
    /// The field's path in it, newest kernel first; anonymous members are looked through.
    pub paths: &'static [&'static str],
}

/// Declares the offsets: the structure that the probe reads and the list that the loader looks up.
macro_rules! offsets {
    ($($name:ident = $structure:literal $($path:literal)|+;)*) => {
        /// Offsets in bytes, [`ABSENT`] where the kernel has no such field.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        #[expect(missing_docs, reason = "each field is named after the structure and the field of the kernel")]
        pub struct Offsets { $(pub $name: u16),* }

        /// Every offset, in the order of [`Offsets`].
        pub const OFFSETS: &[FieldDef] = &[$(FieldDef { name: stringify!($name), structure: $structure, paths: &[$($path),+] }),*];

        impl Offsets {
            /// Nothing is known.
            pub const UNKNOWN: Offsets = Offsets { $($name: ABSENT),* };
        }
    };
}

offsets! {
    task_tid = "task_struct" "pid";
    task_pid = "task_struct" "tgid";
    task_start = "task_struct" "start_boottime" | "real_start_time";
    task_comm = "task_struct" "comm";
    task_real_parent = "task_struct" "real_parent";
    task_cred = "task_struct" "cred";
    task_mm = "task_struct" "mm";
    task_fs = "task_struct" "fs";
    task_files = "task_struct" "files";
    task_sighand = "task_struct" "sighand";
    task_signal = "task_struct" "signal";
    task_nsproxy = "task_struct" "nsproxy";
    task_thread_pid = "task_struct" "thread_pid";
    task_loginuid = "task_struct" "loginuid";
    task_exit_code = "task_struct" "exit_code";
    task_flags = "task_struct" "flags";
    task_maj_flt = "task_struct" "maj_flt";
    task_min_flt = "task_struct" "min_flt";
    task_cgroups = "task_struct" "cgroups";
    task_status = "task_struct" "thread_info.status";
    task_thread_flags = "task_struct" "thread_info.flags";
    signal_pids = "signal_struct" "pids";
    signal_tty = "signal_struct" "tty";
    signal_rlim = "signal_struct" "rlim";
    signal_live = "signal_struct" "live";
    pid_level = "pid" "level";
    pid_numbers = "pid" "numbers";
    pidns_inum = "pid_namespace" "ns.inum";
    pidns_child_reaper = "pid_namespace" "child_reaper";
    cred_uid = "cred" "uid";
    cred_gid = "cred" "gid";
    cred_suid = "cred" "suid";
    cred_sgid = "cred" "sgid";
    cred_euid = "cred" "euid";
    cred_egid = "cred" "egid";
    cred_fsuid = "cred" "fsuid";
    cred_fsgid = "cred" "fsgid";
    cred_cap_inheritable = "cred" "cap_inheritable";
    cred_cap_permitted = "cred" "cap_permitted";
    cred_cap_effective = "cred" "cap_effective";
    mm_exe_file = "mm_struct" "exe_file";
    mm_arg_start = "mm_struct" "arg_start";
    mm_arg_end = "mm_struct" "arg_end";
    mm_env_start = "mm_struct" "env_start";
    mm_env_end = "mm_struct" "env_end";
    mm_total_vm = "mm_struct" "total_vm";
    // 6.2 made it an array of per-CPU counters.
    mm_rss_stat = "mm_struct" "rss_stat";
    percpu_counter_count = "percpu_counter" "count";
    file_inode = "file" "f_inode";
    file_mnt = "file" "f_path.mnt";
    file_dentry = "file" "f_path.dentry";
    file_mode = "file" "f_mode";
    file_flags = "file" "f_flags";
    file_private = "file" "private_data";
    inode_ino = "inode" "i_ino";
    inode_sb = "inode" "i_sb";
    inode_mode = "inode" "i_mode";
    inode_uid = "inode" "i_uid";
    inode_gid = "inode" "i_gid";
    inode_nlink = "inode" "i_nlink";
    // Times moved twice: 6.6 and 6.7 renamed them, 6.11 split them.
    inode_ctime_sec = "inode" "i_ctime_sec" | "__i_ctime.tv_sec" | "i_ctime.tv_sec";
    inode_ctime_nsec = "inode" "i_ctime_nsec" | "__i_ctime.tv_nsec" | "i_ctime.tv_nsec";
    inode_mtime_sec = "inode" "i_mtime_sec" | "__i_mtime.tv_sec" | "i_mtime.tv_sec";
    inode_mtime_nsec = "inode" "i_mtime_nsec" | "__i_mtime.tv_nsec" | "i_mtime.tv_nsec";
    sb_dev = "super_block" "s_dev";
    sb_magic = "super_block" "s_magic";
    sb_root = "super_block" "s_root";
    dentry_parent = "dentry" "d_parent";
    dentry_name_len = "dentry" "d_name.len";
    dentry_name = "dentry" "d_name.name";
    dentry_hash_pprev = "dentry" "d_hash.pprev";
    vfsmount_root = "vfsmount" "mnt_root";
    vfsmount_sb = "vfsmount" "mnt_sb";
    mount_mnt = "mount" "mnt";
    mount_parent = "mount" "mnt_parent";
    mount_mountpoint = "mount" "mnt_mountpoint";
    mount_id = "mount" "mnt_id";
    fs_pwd_mnt = "fs_struct" "pwd.mnt";
    fs_pwd_dentry = "fs_struct" "pwd.dentry";
    files_fdt = "files_struct" "fdt";
    fdtable_max_fds = "fdtable" "max_fds";
    fdtable_fd = "fdtable" "fd";
    nsproxy_mnt_ns = "nsproxy" "mnt_ns";
    nsproxy_net_ns = "nsproxy" "net_ns";
    mntns_inum = "mnt_namespace" "ns.inum";
    mntns_root = "mnt_namespace" "root";
    netns_inum = "net" "ns.inum";
    css_set_default = "css_set" "dfl_cgrp";
    cgroup_kn = "cgroup" "kn";
    cgroup_root = "cgroup" "root";
    cgroup_root_hierarchy = "cgroup_root" "hierarchy_id";
    kernfs_name = "kernfs_node" "name";
    // 6.15 renamed it when it became protected by RCU.
    kernfs_parent = "kernfs_node" "__parent" | "parent";
    tty_driver = "tty_struct" "driver";
    tty_index = "tty_struct" "index";
    tty_driver_major = "tty_driver" "major";
    tty_driver_minor_start = "tty_driver" "minor_start";
    binprm_filename = "linux_binprm" "filename";
    socket_sk = "socket" "sk";
    sock_family = "sock" "__sk_common.skc_family";
    sock_state = "sock" "__sk_common.skc_state";
    sock_remote4 = "sock" "__sk_common.skc_daddr";
    sock_local4 = "sock" "__sk_common.skc_rcv_saddr";
    sock_remote_port = "sock" "__sk_common.skc_dport";
    sock_local_port = "sock" "__sk_common.skc_num";
    sock_source_port = "inet_sock" "inet_sport";
    sock_remote6 = "sock" "__sk_common.skc_v6_daddr";
    sock_local6 = "sock" "__sk_common.skc_v6_rcv_saddr";
    sock_protocol = "sock" "sk_protocol";
    sock_type = "sock" "sk_type";
    sock_socket = "sock" "sk_socket";
    sock_ack_backlog = "sock" "sk_ack_backlog";
    sock_max_ack_backlog = "sock" "sk_max_ack_backlog";
    socket_file = "socket" "file";
    unix_addr = "unix_sock" "addr";
    unix_peer = "unix_sock" "peer";
    unix_address_len = "unix_address" "len";
    unix_address_name = "unix_address" "name";
}

/// Words of configuration, in the order in which they travel.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {
        /// Configuration: 64-bit words.
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(C)]
        pub struct Config { $($(#[doc = $doc])+ pub $name: u64),* }

        impl Config {
            /// The words in order, for the loader to hand over.
            pub fn words(&self) -> impl Iterator<Item = u64> {
                [$(self.$name),*].into_iter()
            }

            /// Nothing is configured.
            pub const ZERO: Config = Config { $($name: 0),* };
        }
    };
}

words! {
    /// How many CPUs the maps are laid out for.
    cpus;
    /// The number of the call by which the recorder makes itself known.
    marker_number;
    /// What that call must hold in its second argument.
    marker_cookie;
    /// The native [`crate::Abi`].
    native_abi;
    /// The [`crate::Abi`] of calls made in compatibility mode.
    compat_abi;
    /// Offset in the task of the word whose bits tell compatibility mode.
    compat_offset;
    /// Those bits.
    compat_mask;
    /// The bit in a call's number that tells x32, 0 where there is none.
    x32_bit;
    /// Offset of the call's number in the saved registers.
    number_offset;
    /// Offsets of the arguments in the saved registers, native.
    native_0;
    /// Second argument.
    native_1;
    /// Third argument.
    native_2;
    /// Fourth argument.
    native_3;
    /// Fifth argument.
    native_4;
    /// Sixth argument.
    native_5;
    /// Offsets of the arguments in the saved registers, compatibility mode.
    compat_0;
    /// Second argument.
    compat_1;
    /// Third argument.
    compat_2;
    /// Fourth argument.
    compat_3;
    /// Fifth argument.
    compat_4;
    /// Sixth argument.
    compat_5;
    /// The plan of calls without a row of their own, as in the plan index; 0 for none.
    generic_plan;
    /// Bytes of `struct inode`: an overlay's own fields begin behind it.
    inode_size;
    /// Bytes between two counters of resident memory.
    rss_stride;
    /// Bytes from `mm_struct` to the first counter of resident memory; 0 if unknown.
    rss_first;
    /// KiB per page.
    page_kib;
}

/// Where the tracepoints' plans stand in the array of plans, behind those of the events.
pub mod slot {
    use crate::limits::EVENT_IDS;

    /// `sched_process_exec`.
    pub const EXEC: u32 = EVENT_IDS as u32;
    /// `sched_process_fork`.
    pub const FORK: u32 = EVENT_IDS as u32 + 1;
    /// `sched_process_exit`.
    pub const EXIT: u32 = EVENT_IDS as u32 + 2;
    /// `cgroup_attach_task`.
    pub const CGROUP_ATTACH: u32 = EVENT_IDS as u32 + 3;
    /// How many plans there are.
    pub const COUNT: u32 = EVENT_IDS as u32 + 4;
}

/// The number of i386's call that multiplexes the socket calls.
pub const I386_SOCKETCALL: u32 = 102;

/// How many entries the index of socket calls has: a power of two above their number.
pub const SOCKETCALL_SLOTS: usize = 32;

const _: () = assert!(size_of::<Offsets>() == 2 * OFFSETS.len());
