//! Event types 220 to 453.

use super::*;
use crate::dialect::words::*;

falco_events! {
    220 vfork Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    222 clone Syscall Process (MODIFIES_STATE) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32, vtid: Pid, vpid: Pid,
        pidns_init_start_ts: UInt64,
    }
    224 fork Syscall Process (MODIFIES_STATE) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32, vtid: Pid, vpid: Pid,
        pidns_init_start_ts: UInt64,
    }
    226 vfork Syscall Process (MODIFIES_STATE) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32, vtid: Pid, vpid: Pid,
        pidns_init_start_ts: UInt64,
    }
    228 container Meta Internal (MODIFIES_STATE | OLD) > { id: CharBuf, type: UInt32, name: CharBuf, image: CharBuf }
    230 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, env: ByteBuf,
    }
    232 signaldeliver Tracepoint Signal (0) > { spid: Pid, dpid: Pid, sig: SigType }
    234 procinfo Meta Internal (0) > { cpu_usr: UInt64, cpu_sys: UInt64 }
    236 getdents Syscall File (USES_FD) > [fd] < { res: Errno, fd: Fd None }
    238 getdents64 Syscall File (USES_FD) > [fd] < { res: Errno, fd: Fd None }
    240 setns Syscall Process (USES_FD) > [fd nstype] < { res: Errno, fd: Fd None, nstype: Flags32 = CLONE_FLAGS }
    242 flock Syscall File (USES_FD) > [fd operation] < {
        res: Errno, fd: Fd None, operation: Flags32 = FLOCK_OPERATIONS,
    }
    244 cpu_hotplug Meta System (MODIFIES_STATE) > { cpu: UInt32, action: UInt32 }
    246 accept Syscall Net (CREATES_FD | MODIFIES_STATE) > [] < {
        fd: Fd, tuple: SockTuple, queuepct: UInt8, queuelen: UInt32, queuemax: UInt32,
    }
    248 accept Syscall Net (CREATES_FD | MODIFIES_STATE | OLD) > { flags: Int32 Hexadecimal } < {
        fd: Fd, tuple: SockTuple, queuepct: UInt8, queuelen: UInt32, queuemax: UInt32,
    }
    250 semop Syscall Process (0) > [semid] < {
        res: Errno, nsops: UInt32, sem_num_0: UInt16, sem_op_0: Int16, sem_flg_0: Flags16 = SEMOP_FLAGS,
        sem_num_1: UInt16, sem_op_1: Int16, sem_flg_1: Flags16 = SEMOP_FLAGS, semid: Int32,
    }
    252 semctl Syscall Process (0) > [semid semnum cmd val] < {
        res: Errno, semid: Int32, semnum: Int32, cmd: Flags16 = SEMCTL_COMMANDS, val: Int32,
    }
    254 ppoll Syscall Wait (WAITS) > [fds timeout sigmask] < {
        res: Errno, fds: FdList, timeout: RelTime, sigmask: SigSet,
    }
    256 mount Syscall File (MODIFIES_STATE) > [flags] < {
        res: Errno, dev: CharBuf, dir: FsPath, type: CharBuf, flags: Flags32 = MOUNT_FLAGS,
    }
    258 umount Syscall File (MODIFIES_STATE | OLD) > { flags: Flags32 = UMOUNT_FLAGS } < { res: Errno, name: FsPath }
    260 k8s Meta Internal (MODIFIES_STATE | OLD) > { json: CharBuf }
    262 semget Syscall Process (0) > [key nsems semflg] < {
        res: Errno, key: Int32 Hexadecimal, nsems: Int32, semflg: Flags32 = SEMGET_FLAGS,
    }
    264 access Syscall File (0) > [mode] < { res: Errno, name: FsPath, mode: Flags32 = ACCESS_MODES }
    266 chroot Syscall Process (MODIFIES_STATE) > [] < { res: Errno, path: FsPath }
    268 tracer Meta Other (OLD) > { id: Int64, tags: CharBufArray, args: CharBufPairArray }
    270 mesos Meta Internal (MODIFIES_STATE | OLD) > { json: CharBuf }
    272 container Meta Process (MODIFIES_STATE | OLD) > { json: CharBuf }
    274 setsid Syscall Process (MODIFIES_STATE) > [] < { res: Pid }
    276 mkdir Syscall File (0) > [mode] < { res: Errno, path: FsPath, mode: UInt32 Hexadecimal }
    278 rmdir Syscall File (0) > [] < { res: Errno, path: FsPath }
    280 notification Meta Other (0) > { id: CharBuf Decimal, desc: CharBuf }
    282 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, env: ByteBuf, tty: Int32,
    }
    284 unshare Syscall Process (0) > [flags] < { res: Errno, flags: Flags32 = CLONE_FLAGS }
    286 infra Meta Internal (0) > { source: CharBuf Decimal, name: CharBuf, description: CharBuf, scope: CharBuf }
    288 execve Syscall Process (MODIFIES_STATE | OLD) > { filename: FsPath } < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, env: ByteBuf, tty: Int32,
    }
    290 page_fault Tracepoint Other (0) > {
        addr: UInt64 Hexadecimal, ip: UInt64 Hexadecimal, error: Flags32 = PAGE_FAULT_FLAGS,
    }
    292 execve Syscall Process (MODIFIES_STATE) > [filename] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, env: ByteBuf, tty: UInt32, vpgid: Pid, loginuid: Uid, flags: Flags32 = EXE_FLAGS,
        cap_inheritable: UInt64 Hexadecimal, cap_permitted: UInt64 Hexadecimal, cap_effective: UInt64 Hexadecimal,
        exe_ino: UInt64, exe_ino_ctime: AbsTime, exe_ino_mtime: AbsTime, uid: Uid, trusted_exepath: FsPath,
        pgid: Pid None, gid: Gid, filename: FsPath,
    }
    294 setpgid Syscall Process (0) > [pid pgid] < { res: Errno, pid: Pid, pgid: Pid }
    296 bpf Syscall Other (CREATES_FD | OLD) > { cmd: Int64 } < { res_or_fd: Dyn }
    298 seccomp Syscall Other (0) > [op flags] < { res: Errno, op: UInt64, flags: UInt64 Hexadecimal }
    300 unlink Syscall File (0) > [] < { res: Errno, path: FsPath }
    302 unlinkat Syscall File (USES_FD) > [] (OLD) < {
        res: Errno, dirfd: Fd, name: FsRelPath, flags: Flags32 = UNLINKAT_FLAGS,
    }
    304 mkdirat Syscall File (USES_FD) > [] (OLD) < { res: Errno, dirfd: Fd, path: FsRelPath, mode: UInt32 Hexadecimal }
    306 openat Syscall File (CREATES_FD | MODIFIES_STATE) > [dirfd name flags mode] (CREATES_FD | MODIFIES_STATE) < {
        fd: Fd, dirfd: Fd, name: FsRelPath, flags: Flags32 = OPEN_FLAGS, mode: UInt32 Octal, dev: UInt32 Hexadecimal,
        ino: UInt64,
    }
    308 link Syscall File (0) > [] < { res: Errno, oldpath: FsPath, newpath: FsPath }
    310 linkat Syscall File (0) > [] < {
        res: Errno, olddir: Fd, oldpath: FsRelPath, newdir: Fd, newpath: FsRelPath, flags: Flags32 = LINKAT_FLAGS,
    }
    312 fchmodat Syscall File (USES_FD) > [] (OLD) < {
        res: Errno, dirfd: Fd, filename: FsRelPath, mode: Mode = CHMOD_MODES,
    }
    314 chmod Syscall File (0) > [] < { res: Errno, filename: FsPath, mode: Mode = CHMOD_MODES }
    316 fchmod Syscall File (USES_FD) > [] (OLD) < { res: Errno, fd: Fd, mode: Mode = CHMOD_MODES }
    318 renameat2 Syscall File (0) > [] < {
        res: Errno, olddirfd: Fd, oldpath: FsRelPath, newdirfd: Fd, newpath: FsRelPath, flags: Flags32 = RENAME_FLAGS,
    }
    320 userfaultfd Syscall File (CREATES_FD | MODIFIES_STATE) > [] < { res: Errno, flags: Flags32 = OPEN_FLAGS }
    322 pluginevent Plugin Other (LARGE) > { plugin_id: UInt32, event_data: ByteBuf }
    324 container Meta Process (MODIFIES_STATE | LARGE) > { json: CharBuf }
    326 openat2 Syscall File (CREATES_FD | MODIFIES_STATE)
        > [dirfd name flags mode resolve] (CREATES_FD | MODIFIES_STATE) < {
            fd: Fd, dirfd: Fd, name: FsRelPath, flags: Flags32 = OPEN_FLAGS, mode: UInt32 Octal,
            resolve: Flags32 = RESOLVE_FLAGS, dev: UInt32 Hexadecimal, ino: UInt64,
        }
    328 mprotect Syscall Memory (0) > [addr length prot] < {
        res: Errno, addr: UInt64 Hexadecimal, length: UInt64, prot: Flags32 = PROTECTIONS,
    }
    330 execveat Syscall Process (MODIFIES_STATE)
        > { dirfd: Fd, pathname: FsRelPath, flags: Flags32 = EXECVEAT_FLAGS } < {
            res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
            pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
            cgroups: ByteBuf, env: ByteBuf, tty: UInt32, vpgid: Pid, loginuid: Uid, flags: Flags32 = EXE_FLAGS,
            cap_inheritable: UInt64 Hexadecimal, cap_permitted: UInt64 Hexadecimal, cap_effective: UInt64 Hexadecimal,
            exe_ino: UInt64, exe_ino_ctime: AbsTime, exe_ino_mtime: AbsTime, uid: Uid, trusted_exepath: FsPath,
            pgid: Pid None, gid: Gid,
        }
    332 copy_file_range Syscall File (USES_FD | READS | WRITES) > [fdin offin len] < {
        res: Errno, fdout: Fd, offout: UInt64, fdin: Fd, offin: UInt64, len: UInt64,
    }
    334 clone3 Syscall Process (MODIFIES_STATE) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        cgroups: ByteBuf, flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32, vtid: Pid, vpid: Pid,
        pidns_init_start_ts: UInt64,
    }
    336 open_by_handle_at Syscall File (CREATES_FD | MODIFIES_STATE) > [] < {
        fd: Fd, mountfd: Fd, flags: Flags32 = OPEN_FLAGS, path: FsPath, dev: UInt32 Hexadecimal, ino: UInt64,
    }
    338 io_uring_setup Syscall IoOther (CREATES_FD | MODIFIES_STATE) > [] < {
        res: Errno, entries: UInt32, sq_entries: UInt32, cq_entries: UInt32, flags: Flags32 = IO_URING_SETUP_FLAGS,
        sq_thread_cpu: UInt32, sq_thread_idle: UInt32, features: Flags32 = IO_URING_FEATURES,
    }
    340 io_uring_enter Syscall IoOther (USES_FD) > [] (OLD) < {
        res: Errno, fd: Fd, to_submit: UInt32, min_complete: UInt32, flags: Flags32 = IO_URING_ENTER_FLAGS, sig: SigSet,
    }
    342 io_uring_register Syscall IoOther (USES_FD) > [] (OLD) < {
        res: Errno, fd: Fd, opcode: EnumFlags16 = IO_URING_REGISTER_OPCODES, arg: UInt64 Hexadecimal, nr_args: UInt32,
    }
    344 mlock Syscall Memory (0) > [] < { res: Errno, addr: UInt64 Hexadecimal, len: UInt64 }
    346 munlock Syscall Memory (0) > [] < { res: Errno, addr: UInt64 Hexadecimal, len: UInt64 }
    348 mlockall Syscall Memory (0) > [] < { res: Errno, flags: Flags32 = MLOCKALL_FLAGS }
    350 munlockall Syscall Memory (0) > [] < { res: Errno }
    352 capset Syscall Process (MODIFIES_STATE) > [] < {
        res: Errno, cap_inheritable: UInt64 Hexadecimal, cap_permitted: UInt64 Hexadecimal,
        cap_effective: UInt64 Hexadecimal,
    }
    354 useradded Meta Process (MODIFIES_STATE) > {
        uid: UInt32, gid: UInt32, name: CharBuf, home: CharBuf, shell: CharBuf, container_id: CharBuf,
    }
    356 userdeleted Meta Process (MODIFIES_STATE) > {
        uid: UInt32, gid: UInt32, name: CharBuf, home: CharBuf, shell: CharBuf, container_id: CharBuf,
    }
    358 groupadded Meta Process (MODIFIES_STATE) > { gid: UInt32, name: CharBuf, container_id: CharBuf }
    360 groupdeleted Meta Process (MODIFIES_STATE) > { gid: UInt32, name: CharBuf, container_id: CharBuf }
    362 dup2 Syscall IoOther (CREATES_FD | USES_FD | MODIFIES_STATE) > { fd: Fd } < { res: Fd, oldfd: Fd, newfd: Fd }
    364 dup3 Syscall IoOther (CREATES_FD | USES_FD | MODIFIES_STATE) > { fd: Fd } < {
        res: Fd, oldfd: Fd, newfd: Fd, flags: Flags32 = OPEN_FLAGS,
    }
    366 dup Syscall IoOther (CREATES_FD | USES_FD | MODIFIES_STATE) > { fd: Fd } < { res: Fd, oldfd: Fd }
    368 bpf Syscall Other (CREATES_FD) > { cmd: Int64 } < { fd: Fd, cmd: EnumFlags32 = BPF_COMMANDS }
    370 mlock2 Syscall Memory (0) > [] < {
        res: Errno, addr: UInt64 Hexadecimal, len: UInt64, flags: Flags32 = MLOCK2_FLAGS,
    }
    372 fsconfig Syscall System (USES_FD) > [] (OLD) < {
        res: Errno, fd: Fd, cmd: EnumFlags32 = FSCONFIG_COMMANDS, key: CharBuf, value_bytebuf: ByteBuf,
        value_charbuf: CharBuf, aux: Int32,
    }
    374 epoll_create Syscall Wait (CREATES_FD | MODIFIES_STATE) > [size] < { res: Errno, size: Int32 }
    376 epoll_create1 Syscall Wait (CREATES_FD | MODIFIES_STATE) > [flags] < {
        res: Errno, flags: Flags32 = EPOLL_CREATE1_FLAGS,
    }
    378 chown Syscall File (0) > [] < { res: Errno, path: FsPath, uid: UInt32, gid: UInt32 }
    380 lchown Syscall File (0) > [] < { res: Errno, path: FsPath, uid: UInt32, gid: UInt32 }
    382 fchown Syscall File (USES_FD) > [] (OLD) < { res: Errno, fd: Fd, uid: UInt32, gid: UInt32 }
    384 fchownat Syscall File (USES_FD) > [] (OLD) < {
        res: Errno, dirfd: Fd, pathname: FsRelPath, uid: UInt32, gid: UInt32, flags: Flags32 = FCHOWNAT_FLAGS,
    }
    386 umount Syscall File (MODIFIES_STATE) > [] < { res: Errno, name: FsPath }
    388 accept4 Syscall Net (CREATES_FD | MODIFIES_STATE) > [flags] < {
        fd: Fd, tuple: SockTuple, queuepct: UInt8, queuelen: UInt32, queuemax: UInt32, flags: Int32 Hexadecimal,
    }
    390 umount2 Syscall File (MODIFIES_STATE) > [flags] < { res: Errno, name: FsPath, flags: Flags32 = UMOUNT_FLAGS }
    392 pipe2 Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [] < {
        res: Errno, fd1: Fd, fd2: Fd, ino: UInt64, flags: Flags32 = OPEN_FLAGS,
    }
    394 inotify_init1 Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [] < { res: Fd, flags: Flags16 = OPEN_FLAGS }
    396 eventfd2 Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [initval] < {
        res: Fd, flags: Flags16 = OPEN_FLAGS, initval: UInt64,
    }
    398 signalfd4 Syscall Signal (CREATES_FD | MODIFIES_STATE) > [fd mask] < {
        res: Fd, flags: Flags16 = OPEN_FLAGS, fd: Fd, mask: UInt32 Hexadecimal,
    }
    400 prctl Syscall Process (MODIFIES_STATE) > [] < {
        res: Errno, option: EnumFlags32 = PRCTL_OPTIONS, arg2_str: CharBuf, arg2_int: Int64,
    }
    402 asyncevent Meta Other (LARGE) > { plugin_id: UInt32, name: CharBuf, data: ByteBuf }
    404 memfd_create Syscall Memory (CREATES_FD | MODIFIES_STATE) > [] < {
        fd: Fd, name: CharBuf, flags: Flags32 = MEMFD_FLAGS,
    }
    406 pidfd_getfd Syscall Process (CREATES_FD | MODIFIES_STATE) > [] < {
        fd: Fd, pid_fd: Fd, target_fd: Fd, flags: UInt32 Hexadecimal,
    }
    408 pidfd_open Syscall Process (CREATES_FD | MODIFIES_STATE) > [] < {
        fd: Fd, pid: Pid, flags: Flags32 = PIDFD_OPEN_FLAGS,
    }
    410 init_module Syscall Other (0) > [] < { res: Errno, img: ByteBuf, length: UInt64, uargs: CharBuf }
    412 finit_module Syscall Other (USES_FD | READS) > [] (OLD) < {
        res: Errno, fd: Fd, uargs: CharBuf, flags: Flags32 = FINIT_MODULE_FLAGS,
    }
    414 mknod Syscall Other (0) > [] < { res: Errno, path: FsPath, mode: Mode = MKNOD_MODES, dev: UInt32 }
    416 mknodat Syscall Other (USES_FD) > [] (OLD) < {
        res: Errno, dirfd: Fd, path: FsRelPath, mode: Mode = MKNOD_MODES, dev: UInt32,
    }
    418 newfstatat Syscall File (USES_FD) > [] (OLD) < {
        res: Errno, dirfd: Fd, path: FsRelPath, flags: Flags32 = NEWFSTATAT_FLAGS,
    }
    420 process_vm_readv Syscall Ipc (0) > [] < { res: Int64, pid: Pid, data: ByteBuf }
    422 process_vm_writev Syscall Ipc (0) > [] < { res: Int64, pid: Pid, data: ByteBuf }
    424 delete_module Syscall Other (0) > [] < { res: Errno, name: CharBuf, flags: Flags32 = DELETE_MODULE_FLAGS }
    426 setreuid Syscall User (MODIFIES_STATE) > [] < { res: Errno, ruid: Uid, euid: Uid }
    428 setregid Syscall User (MODIFIES_STATE) > [] (OLD) < { res: Errno, rgid: Uid, egid: Uid }
    430 task Walk Process (MODIFIES_STATE) > {
        ppid: Pid32, pgid: Pid32, vpgid: Pid32, sid: Pid32, comm: CharBuf, argv: CharBufArray, exepath: FsPath,
        flags: Flags32 = EXE_FLAGS, env: CharBufArray, cwd: CharBuf, fdlimit: UInt64, euid: Uid, egid: Gid,
        cap_permitted: UInt64 Hexadecimal, cap_effective: UInt64 Hexadecimal, cap_inheritable: UInt64 Hexadecimal,
        exe_ino_num: UInt64, exe_ino_ctime: AbsTime, exe_ino_mtime: AbsTime, vm_size: UInt32, vm_rss: UInt32,
        vm_swap: UInt32, pgft_maj: UInt64, pgft_min: UInt64, vtgid: Pid32, vpid: Pid32, pidns_init_start_ts: UInt64,
        cgroups: CharBufArray, root: FsPath, start_time: AbsTime, tty: UInt32, loginuid: Uid,
    }
    432 task_file_pipe Walk File (MODIFIES_STATE) > { fd: Fd32, path: FsPath, ino_num: UInt64 }
    434 task_file_memfd Walk File (MODIFIES_STATE) > { fd: Fd32, path: FsPath, ino_num: UInt64 }
    436 task_file_regular Walk File (MODIFIES_STATE) > {
        fd: Fd32, path: FsPath, flags: Flags32 = OPEN_FLAGS, mnt_id: UInt32, ino_num: UInt64,
    }
    438 task_file_directory Walk File (MODIFIES_STATE) > { fd: Fd32, path: FsPath, ino_num: UInt64 }
    440 task_file_socket_inet Walk File (MODIFIES_STATE) > {
        fd: Fd32, sk_type: UInt16, sk_proto: UInt16, local_ip: Ipv4Addr, local_port: Port, remote_ip: Ipv4Addr,
        remote_port: Port, ino_num: UInt64,
    }
    442 task_file_socket_inet6 Walk File (MODIFIES_STATE) > {
        fd: Fd32, sk_type: UInt16, sk_proto: UInt16, local_ip: Ipv6Addr, local_port: Port, remote_ip: Ipv6Addr,
        remote_port: Port, ino_num: UInt64,
    }
    444 task_file_socket_unix Walk File (MODIFIES_STATE) > {
        fd: Fd32, sk_type: UInt16, sk_proto: UInt16, sk_pointer: UInt64 None, sun_path: FsPath, ino_num: UInt64,
    }
    446 task_file_socket_netlink Walk File (MODIFIES_STATE) > {
        fd: Fd32, sk_type: UInt16, sk_proto: UInt16, ino_num: UInt64,
    }
    448 task_file_anon_inode Walk File (MODIFIES_STATE) > {
        fd: Fd32, fd_type: Flags8 Decimal = ANON_INODE_TYPES, path: FsPath, ino_num: UInt64,
    }
    450 close_range Syscall IoOther (MODIFIES_STATE) < {
        res: Errno, first: UInt32, last: UInt32, flags: Flags32 = CLOSE_RANGE_FLAGS,
    }
    452 keyctl Syscall Other (0) < {
        res: Errno, operation: EnumFlags32 = KEYCTL_OPERATIONS, arg2: Dyn, arg3: Dyn, arg4: Dyn, arg5: Dyn,
    }
}
