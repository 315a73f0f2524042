//! Rows of STATE items: what was there when it was looked at. The time of a row is when it was seen, its thread the one it is about.

use super::event_rows;

event_rows! {
    SNAPSHOTS;

    /// The node: written once, first in every snapshot.
    260 state_host Internal Process (STATE | SNAPSHOT) [] {
        hostname: Str Plain = None;
        kernel: Str Plain = None;
        machine: Str Plain = None;
        cpus: U32 Plain = None;
        page_size: U32 Plain = None;
        memory: U64 Plain = None;
    }

    /// A thread.
    261 state_thread Internal Process (STATE | SNAPSHOT) [] {
        ptid: I64 Pid = None;
        comm: Str Plain = None;
        argv: Bytes Strings = None;
        env: Bytes Strings = None;
        trusted_exepath: Str Path = None;
        cwd: Str Path = None;
        root: Str Path = None;
        uid: U32 Uid = None;
        ruid: U32 Uid = None;
        suid: U32 Uid = None;
        gid: U32 Gid = None;
        rgid: U32 Gid = None;
        sgid: U32 Gid = None;
        loginuid: U32 Uid = None;
        cap_inheritable: U64 Capabilities = None;
        cap_permitted: U64 Capabilities = None;
        cap_effective: U64 Capabilities = None;
        tty: U32 Plain = None;
        vtid: I64 Pid = None;
        vpid: I64 Pid = None;
        pgid: I64 Pid = None;
        vpgid: I64 Pid = None;
        sid: I64 Pid = None;
        vsid: I64 Pid = None;
        // Each line of /proc/PID/cgroup without its newline, followed by a NUL: `4:memory:/path`.
        cgroups: Bytes Strings = None;
        exe_ino: U64 Plain = None;
        exe_dev: U32 Dev = None;
        exe_ino_ctime: U64 AbsTime = None;
        exe_ino_mtime: U64 AbsTime = None;
        exe_mode: U32 Mode = None;
        exe_uid: U32 Uid = None;
        exe_gid: U32 Gid = None;
        exe_flags: U32 ExeFlags = None;
        fdlimit: U64 Plain = None;
        kernel_flags: U32 Plain = None;
        mnt_ns: U64 Plain = None;
        pid_ns: U64 Plain = None;
        net_ns: U64 Plain = None;
        pidns_init_start_ts: U64 Plain = None;
        // Which threads share descriptors: the process id of the table's owner (kcmp-equal), else the thread's own process id.
        files_owner: I64 Pid = None;
        pgft_maj: U64 Plain = None;
        pgft_min: U64 Plain = None;
        // KiB.
        vm_size: U64 Plain = None;
        vm_rss: U64 Plain = None;
        vm_swap: U64 Plain = None;
    }

    /// An open descriptor of a process.
    262 state_fd Internal Process (STATE | SNAPSHOT) [] {
        fd: I64 Fd = None;
        // What /proc/PID/fd/N points to: a path, or `socket:[ino]`, `pipe:[ino]`, `anon_inode:[eventfd]`.
        name: Str Path = None;
        flags: U32 OpenFlags = None;
        mode: U32 Mode = None;
        ino: U64 Plain = None;
        dev: U32 Dev = None;
        tuple: Bytes Tuple = None;
    }

    /// A mount, as a line of mountinfo.
    263 state_mount Internal Process (STATE | SNAPSHOT) [] {
        mnt_ns: U64 Plain = None;
        id: U32 Plain = None;
        parent: U32 Plain = None;
        dev: U32 Dev = None;
        root: Str Path = None;
        mountpoint: Str Path = None;
        r#type: Str Plain = None;
        source: Str Plain = None;
        options: Str Plain = None;
    }

    /// A user.
    264 state_user Internal Process (STATE | SNAPSHOT) [] {
        uid: U32 Uid = None;
        gid: U32 Gid = None;
        name: Str Plain = None;
        home: Str Plain = None;
        shell: Str Plain = None;
        container_id: Str Plain = None;
    }

    /// A group.
    265 state_group Internal Process (STATE | SNAPSHOT) [] {
        gid: U32 Gid = None;
        name: Str Plain = None;
        container_id: Str Plain = None;
    }

    /// A cgroup hierarchy.
    266 state_cgroup Internal Process (STATE | SNAPSHOT) [] {
        hierarchy: U32 Plain = None;
        // `cpu,cpuacct`; empty for the v2 hierarchy.
        controllers: Str Plain = None;
        mountpoint: Str Path = None;
    }

    /// An address of a network interface.
    267 state_interface Internal Process (STATE | SNAPSHOT) [] {
        net_ns: U64 Plain = None;
        index: U32 Plain = None;
        name: Str Plain = None;
        // 4 or 16 bytes, network order.
        address: Bytes Plain = None;
        prefix: U8 Plain = None;
    }

    /// A port that the host listens on.
    268 state_listen Internal Process (STATE | SNAPSHOT) [] {
        net_ns: U64 Plain = None;
        // 6 (TCP) or 17 (UDP).
        protocol: U8 Plain = None;
        address: Bytes Plain = None;
        port: U16 Plain = None;
        ino: U64 Plain = None;
    }

    /// A container known when the snapshot was taken, as JSON.
    269 state_container Internal Process (STATE | SNAPSHOT) [] {
        json: Str Plain = None;
    }

    /// The end of a snapshot: how many rows of each kind were read, and how many could not be.
    270 state_complete Internal Process (STATE | SNAPSHOT) [] {
        threads: U32 Plain = None;
        fds: U32 Plain = None;
        unreadable: U32 Plain = None;
        // 0 for the first snapshot after attaching, 1 for a copy made at rotation.
        origin: U8 Plain = None;
    }
}
