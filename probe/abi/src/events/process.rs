//! Threads, programs, credentials, namespaces.

use super::event_rows;

event_rows! {
    PROCESS;

    /// A program was executed, or could not be.
    1 execve Process Process (DEFAULT | STATE | ONLY_FAILED) via Exec ["execve"] {
        res: I64 Errno = Ret, at Zero;
        filename: Str Path = UserStr(0), at ExecFilename;
        argv: Bytes Strings = UserArgv(1), at ExecArgs;
        comm: Str Plain = Task(T::Comm), at Task(T::Comm);
        env: Bytes Strings = None, at ExecEnv;
        trusted_exepath: Str Path = None, at Task(T::ExePath);
        cwd: Str Path = None, at Task(T::Cwd);
        ptid: I64 Pid = None, at Task(T::Ppid);
        uid: U32 Uid = None, at Task(T::Euid);
        ruid: U32 Uid = None, at Task(T::Uid);
        suid: U32 Uid = None, at Task(T::Suid);
        gid: U32 Gid = None, at Task(T::Egid);
        rgid: U32 Gid = None, at Task(T::Gid);
        sgid: U32 Gid = None, at Task(T::Sgid);
        loginuid: U32 Uid = None, at Task(T::Loginuid);
        cap_inheritable: U64 Capabilities = None, at Task(T::CapInheritable);
        cap_permitted: U64 Capabilities = None, at Task(T::CapPermitted);
        cap_effective: U64 Capabilities = None, at Task(T::CapEffective);
        tty: U32 Plain = None, at Task(T::Tty);
        vtid: I64 Pid = None, at Task(T::Vtid);
        vpid: I64 Pid = None, at Task(T::Vpid);
        pgid: I64 Pid = None, at Task(T::Pgid);
        vpgid: I64 Pid = None, at Task(T::Vpgid);
        sid: I64 Pid = None, at Task(T::Sid);
        vsid: I64 Pid = None, at Task(T::Vsid);
        cgroup: Str Plain = None, at Task(T::CgroupPath);
        exe_ino: U64 Plain = None, at Task(T::ExeIno);
        exe_dev: U32 Dev = None, at Task(T::ExeDev);
        exe_ino_ctime: U64 AbsTime = None, at Task(T::ExeCtime);
        exe_ino_mtime: U64 AbsTime = None, at Task(T::ExeMtime);
        exe_mode: U32 Mode = None, at Task(T::ExeMode);
        exe_uid: U32 Uid = None, at Task(T::ExeUid);
        exe_gid: U32 Gid = None, at Task(T::ExeGid);
        exe_flags: U32 ExeFlags = None, at Task(T::ExeFlags);
        fdlimit: U64 Plain = None, at Task(T::FdLimit);
        old_tid: I64 Pid = None, at ExecOldTid;
        mnt_ns: U64 Plain = None, at Task(T::MntNs);
        pid_ns: U64 Plain = None, at Task(T::PidNs);
        net_ns: U64 Plain = None, at Task(T::NetNs);
        pidns_init_start_ts: U64 Plain = None, at Task(T::PidnsInitStart);
        pgft_maj: U64 Plain = None, at Task(T::FaultsMajor);
        pgft_min: U64 Plain = None, at Task(T::FaultsMinor);
        // KiB.
        vm_size: U64 Plain = None, at Task(T::VmSize);
        vm_rss: U64 Plain = None, at Task(T::VmRss);
        vm_swap: U64 Plain = None, at Task(T::VmSwap);
        exe_inner_path: Str RealPath = None, at Task(T::ExeInnerPath);
        exe_nlink: U32 Plain = None, at Task(T::ExeNlink);
        exe_mnt_id: U32 Plain = None, at Task(T::ExeMountId);
    }

    /// A program could not be executed through a directory descriptor. A success appears as `execve`.
    2 execveat Process Process (DEFAULT | STATE | ONLY_FAILED) ["execveat"] {
        res: I64 Errno = Ret;
        dirfd: I32 Fd = Reg(0);
        pathname: Str RelPath = UserStr(1);
        argv: Bytes Strings = UserArgv(2);
        comm: Str Plain = Task(T::Comm);
        flags: U32 AtFlags = Reg(4);
    }

    /// A thread or process was born. The event is the child's own; Falco shows it as the child's side of `clone`.
    3 procfork Process Process (DEFAULT | STATE) via Fork [] {
        ptid: I64 Pid = None, at Task(T::Ppid);
        parent_tid: I64 Pid = None, at Current(T::Tid);
        parent_pid: I64 Pid = None, at Current(T::Pid);
        parent_start: U64 Plain = None, at Current(T::Start);
        flags: U32 CloneFlags = None, at Task(T::SharedWithParent);
        comm: Str Plain = None, at Task(T::Comm);
        uid: U32 Uid = None, at Task(T::Euid);
        ruid: U32 Uid = None, at Task(T::Uid);
        suid: U32 Uid = None, at Task(T::Suid);
        gid: U32 Gid = None, at Task(T::Egid);
        rgid: U32 Gid = None, at Task(T::Gid);
        sgid: U32 Gid = None, at Task(T::Sgid);
        loginuid: U32 Uid = None, at Task(T::Loginuid);
        cap_inheritable: U64 Capabilities = None, at Task(T::CapInheritable);
        cap_permitted: U64 Capabilities = None, at Task(T::CapPermitted);
        cap_effective: U64 Capabilities = None, at Task(T::CapEffective);
        tty: U32 Plain = None, at Task(T::Tty);
        vtid: I64 Pid = None, at Task(T::Vtid);
        vpid: I64 Pid = None, at Task(T::Vpid);
        pgid: I64 Pid = None, at Task(T::Pgid);
        vpgid: I64 Pid = None, at Task(T::Vpgid);
        sid: I64 Pid = None, at Task(T::Sid);
        vsid: I64 Pid = None, at Task(T::Vsid);
        cgroup: Str Plain = None, at Task(T::CgroupPath);
        kernel_flags: U32 Plain = None, at Task(T::Flags);
        mnt_ns: U64 Plain = None, at Task(T::MntNs);
        pid_ns: U64 Plain = None, at Task(T::PidNs);
        net_ns: U64 Plain = None, at Task(T::NetNs);
        pidns_init_start_ts: U64 Plain = None, at Task(T::PidnsInitStart);
        pgft_maj: U64 Plain = None, at Task(T::FaultsMajor);
        pgft_min: U64 Plain = None, at Task(T::FaultsMinor);
        // KiB.
        vm_size: U64 Plain = None, at Task(T::VmSize);
        vm_rss: U64 Plain = None, at Task(T::VmRss);
        vm_swap: U64 Plain = None, at Task(T::VmSwap);
    }

    /// A thread ended.
    4 procexit Process Process (DEFAULT | STATE) via Exit [] {
        status: I64 Plain = None, at Task(T::ExitCode);
        comm: Str Plain = None, at Task(T::Comm);
        threads_live: U32 Plain = None, at Task(T::ThreadsLive);
    }

    /// A task was moved to a cgroup.
    5 cgroup_attach_task Process Process (DEFAULT | STATE) via CgroupAttach [] {
        hierarchy: U32 Plain = None, at CgroupHierarchy;
        path: Str Plain = None, at TpStr(1);
        threadgroup: U8 Plain = None, at TpArg(3);
    }

    /// A thread or process was asked for, seen by the parent.
    10 clone Process Process (DEFAULT) ["clone"] {
        res: I64 Pid = Ret;
        flags: U64 CloneFlags = Reg(0);
    }

    /// A thread or process was asked for, seen by the parent.
    11 clone3 Process Process (DEFAULT) ["clone3"] {
        res: I64 Pid = Ret;
        flags: U64 CloneFlags = UserInt { reg: 0, offset: 0, width: 8 };
    }

    /// A process was asked for, seen by the parent.
    12 fork Process Process (DEFAULT) ["fork"] {
        res: I64 Pid = Ret;
    }

    /// A process was asked for, seen by the parent.
    13 vfork Process Process (DEFAULT) ["vfork"] {
        res: I64 Pid = Ret;
    }

    /// The user id was set.
    14 setuid User Process (DEFAULT | STATE) ["setuid", "setuid32"] {
        res: I64 Errno = Ret;
        uid: U32 Uid = Reg(0);
        after_ruid: U32 Uid = Task(T::Uid);
        after_euid: U32 Uid = Task(T::Euid);
        after_suid: U32 Uid = Task(T::Suid);
    }

    /// The group id was set.
    15 setgid User Process (DEFAULT | STATE) ["setgid", "setgid32"] {
        res: I64 Errno = Ret;
        gid: U32 Gid = Reg(0);
        after_rgid: U32 Gid = Task(T::Gid);
        after_egid: U32 Gid = Task(T::Egid);
        after_sgid: U32 Gid = Task(T::Sgid);
    }

    /// The real and effective user ids were set.
    16 setreuid User Process (DEFAULT | STATE) ["setreuid", "setreuid32"] {
        res: I64 Errno = Ret;
        ruid: U32 Uid = Reg(0);
        euid: U32 Uid = Reg(1);
        after_ruid: U32 Uid = Task(T::Uid);
        after_euid: U32 Uid = Task(T::Euid);
        after_suid: U32 Uid = Task(T::Suid);
    }

    /// The real and effective group ids were set.
    17 setregid User Process (DEFAULT | STATE) ["setregid", "setregid32"] {
        res: I64 Errno = Ret;
        rgid: U32 Gid = Reg(0);
        egid: U32 Gid = Reg(1);
        after_rgid: U32 Gid = Task(T::Gid);
        after_egid: U32 Gid = Task(T::Egid);
        after_sgid: U32 Gid = Task(T::Sgid);
    }

    /// The real, effective and saved user ids were set.
    18 setresuid User Process (DEFAULT | STATE) ["setresuid", "setresuid32"] {
        res: I64 Errno = Ret;
        ruid: U32 Uid = Reg(0);
        euid: U32 Uid = Reg(1);
        suid: U32 Uid = Reg(2);
        after_ruid: U32 Uid = Task(T::Uid);
        after_euid: U32 Uid = Task(T::Euid);
        after_suid: U32 Uid = Task(T::Suid);
    }

    /// The real, effective and saved group ids were set.
    19 setresgid User Process (DEFAULT | STATE) ["setresgid", "setresgid32"] {
        res: I64 Errno = Ret;
        rgid: U32 Gid = Reg(0);
        egid: U32 Gid = Reg(1);
        sgid: U32 Gid = Reg(2);
        after_rgid: U32 Gid = Task(T::Gid);
        after_egid: U32 Gid = Task(T::Egid);
        after_sgid: U32 Gid = Task(T::Sgid);
    }

    /// The file system user id was set.
    20 setfsuid User Process (DEFAULT | STATE) ["setfsuid", "setfsuid32"] {
        res: I64 Plain = Ret;
        fsuid: U32 Uid = Reg(0);
    }

    /// The file system group id was set.
    21 setfsgid User Process (DEFAULT | STATE) ["setfsgid", "setfsgid32"] {
        res: I64 Plain = Ret;
        fsgid: U32 Gid = Reg(0);
    }

    /// A process group was set.
    22 setpgid Process Process (DEFAULT | STATE) ["setpgid"] {
        res: I64 Errno = Ret;
        pid: I32 Pid = Reg(0);
        pgid: I32 Pid = Reg(1);
    }

    /// A session was begun.
    23 setsid Process Process (DEFAULT | STATE) ["setsid"] {
        res: I64 Pid = Ret;
        sid: I64 Pid = Task(T::Sid);
    }

    /// Capabilities were set.
    24 capset Process Process (DEFAULT | STATE) ["capset"] {
        res: I64 Errno = Ret;
        cap_inheritable: U64 Capabilities = Task(T::CapInheritable);
        cap_permitted: U64 Capabilities = Task(T::CapPermitted);
        cap_effective: U64 Capabilities = Task(T::CapEffective);
    }

    /// A process or thread changed an attribute of its own.
    25 prctl Process Process (DEFAULT | STATE) ["prctl"] {
        res: I64 Errno = Ret;
        option: U32 PrctlOption = Reg(0);
        arg2_str: Str Plain = UserStr(1);
        arg2_int: I64 Plain = Reg(1);
        comm: Str Plain = Task(T::Comm);
    }

    /// A resource limit was read.
    26 getrlimit Process File (0) ["getrlimit", "ugetrlimit"] {
        res: I64 Errno = Ret;
        resource: U32 Rlimit = Reg(0);
        cur: I64 Plain = UserLong { reg: 1, index: 0 };
        max: I64 Plain = UserLong { reg: 1, index: 1 };
    }

    /// A resource limit was set.
    27 setrlimit Process File (DEFAULT | STATE) ["setrlimit"] {
        res: I64 Errno = Ret;
        resource: U32 Rlimit = Reg(0);
        cur: I64 Plain = UserLong { reg: 1, index: 0 };
        max: I64 Plain = UserLong { reg: 1, index: 1 };
    }

    /// A resource limit of a process was read or set.
    28 prlimit Process File (DEFAULT | STATE) ["prlimit64"] {
        res: I64 Errno = Ret;
        pid: I32 Pid = Reg(0);
        resource: U32 Rlimit = Reg(1);
        newcur: I64 Plain = UserInt { reg: 2, offset: 0, width: 8 };
        newmax: I64 Plain = UserInt { reg: 2, offset: 8, width: 8 };
        oldcur: I64 Plain = UserInt { reg: 3, offset: 0, width: 8 };
        oldmax: I64 Plain = UserInt { reg: 3, offset: 8, width: 8 };
    }

    /// A process was traced.
    29 ptrace Process Process (DEFAULT) ["ptrace"] {
        res: I64 Errno = Ret;
        addr: U64 Plain = Reg(2);
        data: U64 Plain = Reg(3);
        request: U32 PtraceRequest = Reg(0);
        pid: I32 Pid = Reg(1);
    }

    /// A namespace was entered.
    30 setns Process Process (DEFAULT | STATE) ["setns"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        nstype: U32 CloneFlags = Reg(1);
        mnt_ns: U64 Plain = Task(T::MntNs);
        net_ns: U64 Plain = Task(T::NetNs);
    }

    /// Parts of the context were unshared.
    31 unshare Process Process (DEFAULT | STATE) ["unshare"] {
        res: I64 Errno = Ret;
        flags: U32 CloneFlags = Reg(0);
        mnt_ns: U64 Plain = Task(T::MntNs);
        net_ns: U64 Plain = Task(T::NetNs);
    }

    /// A signal was sent to a process.
    32 kill Signal File (DEFAULT) ["kill"] {
        res: I64 Errno = Ret;
        pid: I32 Pid = Reg(0);
        sig: U8 Signal = Reg(1);
    }

    /// A signal was sent to a thread.
    33 tkill Signal File (DEFAULT) ["tkill"] {
        res: I64 Errno = Ret;
        tid: I32 Pid = Reg(0);
        sig: U8 Signal = Reg(1);
    }

    /// A signal was sent to a thread of a process.
    34 tgkill Signal File (DEFAULT) ["tgkill"] {
        res: I64 Errno = Ret;
        pid: I32 Pid = Reg(0);
        tid: I32 Pid = Reg(1);
        sig: U8 Signal = Reg(2);
    }

    /// Supplementary groups were set.
    35 setgroups User Process (DEFAULT) ["setgroups", "setgroups32"] {
        res: I64 Errno = Ret;
        size: U32 Plain = Reg(0);
    }
}
