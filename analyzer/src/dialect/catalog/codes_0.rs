//! Event types 0 to 219.

use super::*;
use crate::dialect::words::*;

falco_events! {
    0 syscall Syscall Other (0) > [ID nativeID] < { ID: SyscallId, nativeID: UInt16 }
    2 open Syscall File (CREATES_FD | MODIFIES_STATE) > [name flags mode] (CREATES_FD | MODIFIES_STATE) < {
        fd: Fd, name: FsPath, flags: Flags32 = OPEN_FLAGS, mode: UInt32 Octal, dev: UInt32 Hexadecimal, ino: UInt64,
    }
    4 close Syscall IoOther (DESTROYS_FD | USES_FD | MODIFIES_STATE) > [fd] < { res: Errno, fd: Fd }
    6 read Syscall IoRead (USES_FD | READS) > [fd size] < { res: Errno, data: ByteBuf, fd: Fd, size: UInt32 }
    8 write Syscall IoWrite (USES_FD | WRITES) > [fd size] < { res: Errno, data: ByteBuf, fd: Fd, size: UInt32 }
    10 brk Syscall Memory (OLD) > { size: UInt32 } < { res: UInt64 Hexadecimal }
    12 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
    }
    14 clone Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    16 procexit Tracepoint Process (MODIFIES_STATE | OLD) > {}
    18 socket Syscall Net (CREATES_FD | MODIFIES_STATE) > [domain type proto] < {
        fd: Fd, domain: EnumFlags32 = SOCKET_FAMILIES, type: UInt32, proto: UInt32, flags: Flags32 = OPEN_FLAGS,
    }
    20 bind Syscall Net (USES_FD | MODIFIES_STATE) > [fd] < { res: Errno, addr: SockAddr, fd: Fd }
    22 connect Syscall Net (USES_FD | MODIFIES_STATE) > [fd addr] (USES_FD | MODIFIES_STATE) < {
        res: Errno, tuple: SockTuple, fd: Fd, addr: SockAddr,
    }
    24 listen Syscall Net (USES_FD) > [fd backlog] < { res: Errno, fd: Fd, backlog: Int32 }
    26 accept Syscall Net (CREATES_FD | MODIFIES_STATE | OLD) > [] < { fd: Fd, tuple: SockTuple, queuepct: UInt8 }
    28 send Syscall IoWrite (USES_FD | WRITES) > [fd size] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, tuple: SockTuple,
    }
    30 sendto Syscall IoWrite (USES_FD | WRITES | MODIFIES_STATE) > [fd size tuple] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, tuple: SockTuple,
    }
    32 recv Syscall IoRead (USES_FD | READS) > [fd size] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, tuple: SockTuple,
    }
    34 recvfrom Syscall IoRead (USES_FD | READS | MODIFIES_STATE) > [fd size] < {
        res: Errno, data: ByteBuf, tuple: SockTuple, fd: Fd, size: UInt32,
    }
    36 shutdown Syscall Net (USES_FD | MODIFIES_STATE) > [fd how] < {
        res: Errno, fd: Fd, how: EnumFlags8 Hexadecimal = SHUTDOWN_HOW,
    }
    38 getsockname Syscall Net (0) > [] < {}
    40 getpeername Syscall Net (0) > [] < {}
    42 socketpair Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [domain type proto] < {
        res: Errno, fd1: Fd, fd2: Fd, source: UInt64 Hexadecimal, peer: UInt64 Hexadecimal,
        domain: EnumFlags32 = SOCKET_FAMILIES, type: UInt32, proto: UInt32,
    }
    44 setsockopt Syscall Net (USES_FD) > [] (OLD) < {
        res: Errno, fd: Fd, level: EnumFlags8 = SOCKOPT_LEVELS, optname: EnumFlags8 = SOCKOPT_NAMES, val: Dyn,
        optlen: UInt32,
    }
    46 getsockopt Syscall Net (USES_FD | MODIFIES_STATE) > [] (MODIFIES_STATE | OLD) < {
        res: Errno, fd: Fd, level: EnumFlags8 = SOCKOPT_LEVELS, optname: EnumFlags8 = SOCKOPT_NAMES, val: Dyn,
        optlen: UInt32,
    }
    48 sendmsg Syscall IoWrite (USES_FD | WRITES | MODIFIES_STATE) > [fd size tuple] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, tuple: SockTuple,
    }
    50 sendmmsg Syscall IoWrite (USES_FD | WRITES | MODIFIES_STATE) > [] (OLD) < {
        res: Errno, fd: Fd, size: UInt32, data: ByteBuf, tuple: SockTuple,
    }
    52 recvmsg Syscall IoRead (USES_FD | READS | MODIFIES_STATE) > [fd] < {
        res: Errno, size: UInt32, data: ByteBuf, tuple: SockTuple, msgcontrol: ByteBuf, fd: Fd,
    }
    54 recvmmsg Syscall IoRead (USES_FD | READS | MODIFIES_STATE) > [] (OLD) < {
        res: Errno, fd: Fd, size: UInt32, data: ByteBuf, tuple: SockTuple, msgcontrol: ByteBuf,
    }
    56 accept Syscall Net (CREATES_FD | MODIFIES_STATE | OLD) > { flags: Int32 Hexadecimal } < {
        fd: Fd, tuple: SockTuple, queuepct: UInt8,
    }
    58 creat Syscall File (CREATES_FD | MODIFIES_STATE) > [name mode] (CREATES_FD | MODIFIES_STATE) < {
        fd: Fd, name: FsPath, mode: UInt32 Octal, dev: UInt32 Hexadecimal, ino: UInt64,
        creat_flags: Flags16 = CREAT_FLAGS,
    }
    60 pipe Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [] < { res: Errno, fd1: Fd, fd2: Fd, ino: UInt64 }
    62 eventfd Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [initval flags] < {
        res: Fd, initval: UInt64, flags: UInt32 Hexadecimal,
    }
    64 futex Syscall Ipc (0) > [addr op val] < {
        res: Errno, addr: UInt64 Hexadecimal, op: Flags16 = FUTEX_OPERATIONS, val: UInt64,
    }
    66 stat Syscall File (0) > [] < { res: Errno, path: FsPath }
    68 lstat Syscall File (0) > [] < { res: Errno, path: FsPath }
    70 fstat Syscall File (USES_FD) > [fd] < { res: Errno, fd: Fd None }
    72 stat64 Syscall File (0) > [] < { res: Errno, path: FsPath }
    74 lstat64 Syscall File (0) > [] < { res: Errno, path: FsPath }
    76 fstat64 Syscall File (0) > { fd: Fd None } (USES_FD | OLD) < { res: Errno }
    78 epoll_wait Syscall Wait (WAITS) > [maxevents] < { res: Errno, maxevents: Errno }
    80 poll Syscall Wait (WAITS) > [fds timeout] < { res: Errno, fds: FdList, timeout: Int64 }
    82 select Syscall Wait (WAITS) > [] < { res: Errno }
    84 select Syscall Wait (WAITS | OLD) > [] < { res: Errno }
    86 lseek Syscall File (USES_FD) > [fd offset whence] < {
        res: Errno, fd: Fd, offset: UInt64, whence: EnumFlags8 = LSEEK_WHENCE,
    }
    88 llseek Syscall File (USES_FD) > [fd offset whence] < {
        res: Errno, fd: Fd, offset: UInt64, whence: EnumFlags8 = LSEEK_WHENCE,
    }
    90 ioctl Syscall IoOther (USES_FD | OLD) > { fd: Fd, request: UInt64 Hexadecimal } < { res: Errno }
    92 getcwd Syscall File (0) > [] < { res: Errno, path: CharBuf }
    94 chdir Syscall File (MODIFIES_STATE) > [] < { res: Errno, path: CharBuf }
    96 fchdir Syscall File (USES_FD | MODIFIES_STATE) > [fd] < { res: Errno, fd: Fd None }
    98 mkdir Syscall File (OLD) > { path: FsPath, mode: UInt32 Hexadecimal } < { res: Errno }
    100 rmdir Syscall File (OLD) > { path: FsPath } < { res: Errno }
    102 openat Syscall File (CREATES_FD | MODIFIES_STATE | OLD)
        > { dirfd: Fd, name: CharBuf, flags: Flags32 = OPEN_FLAGS, mode: UInt32 Octal } < { fd: Fd }
    104 link Syscall File (OLD) > { oldpath: FsPath, newpath: FsPath } < { res: Errno }
    106 linkat Syscall File (OLD) > { olddir: Fd, oldpath: CharBuf, newdir: Fd, newpath: CharBuf } < { res: Errno }
    108 unlink Syscall File (OLD) > { path: FsPath } < { res: Errno }
    110 unlinkat Syscall File (OLD) > { dirfd: Fd, name: CharBuf } < { res: Errno }
    112 pread Syscall IoRead (USES_FD | READS) > [fd size pos] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, pos: UInt64,
    }
    114 pwrite Syscall IoWrite (USES_FD | WRITES) > [fd size pos] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, pos: UInt64,
    }
    116 readv Syscall IoRead (USES_FD | READS) > [fd] < { res: Errno, size: UInt32, data: ByteBuf, fd: Fd }
    118 writev Syscall IoWrite (USES_FD | WRITES) > [fd size] < { res: Errno, data: ByteBuf, fd: Fd, size: UInt32 }
    120 preadv Syscall IoRead (USES_FD | READS) > [fd pos] < {
        res: Errno, size: UInt32, data: ByteBuf, fd: Fd, pos: UInt64,
    }
    122 pwritev Syscall IoWrite (USES_FD | WRITES) > [fd size pos] < {
        res: Errno, data: ByteBuf, fd: Fd, size: UInt32, pos: UInt64,
    }
    124 dup Syscall IoOther (CREATES_FD | USES_FD | MODIFIES_STATE | OLD) > { fd: Fd } < { res: Fd }
    126 signalfd Syscall Signal (CREATES_FD | MODIFIES_STATE) > [fd mask flags] < {
        res: Fd, fd: Fd, mask: UInt32 Hexadecimal, flags: UInt8 Hexadecimal,
    }
    128 kill Syscall Signal (0) > [pid sig] < { res: Errno, pid: Pid, sig: SigType }
    130 tkill Syscall Signal (0) > [tid sig] < { res: Errno, tid: Pid, sig: SigType }
    132 tgkill Syscall Signal (0) > [pid tid sig] < { res: Errno, pid: Pid, tid: Pid, sig: SigType }
    134 nanosleep Syscall Sleep (WAITS) > [interval] < { res: Errno, interval: RelTime }
    136 timerfd_create Syscall Time (CREATES_FD | MODIFIES_STATE) > [clockid flags] < {
        res: Fd, clockid: UInt8, flags: UInt8 Hexadecimal,
    }
    138 inotify_init Syscall Ipc (CREATES_FD | MODIFIES_STATE) > [flags] < { res: Fd, flags: UInt8 Hexadecimal }
    140 getrlimit Syscall Process (0) > [resource] < {
        res: Errno, cur: Int64, max: Int64, resource: EnumFlags8 = RLIMITS,
    }
    142 setrlimit Syscall Process (0) > [resource] < {
        res: Errno, cur: Int64, max: Int64, resource: EnumFlags8 = RLIMITS,
    }
    144 prlimit Syscall Process (0) > { pid: Pid, resource: EnumFlags8 = RLIMITS } < {
        res: Errno, newcur: Int64, newmax: Int64, oldcur: Int64, oldmax: Int64, pid: Int64,
        resource: EnumFlags8 = RLIMITS,
    }
    146 switch Tracepoint Scheduler (OLD) > { next: Pid }
    148 drop Meta Internal (0) > [ratio] (0) < { ratio: UInt32 }
    150 fcntl Syscall IoOther (USES_FD | MODIFIES_STATE) > [fd cmd] < {
        res: Fd, fd: Fd, cmd: EnumFlags8 = FCNTL_COMMANDS, arg: UInt64 Hexadecimal,
    }
    152 switch Tracepoint Scheduler (0) > {
        next: Pid, pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32,
    }
    154 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32,
    }
    156 clone Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    158 brk Syscall Memory (0) > [addr] < {
        res: UInt64 Hexadecimal, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, addr: UInt64 Hexadecimal,
    }
    160 mmap Syscall Memory (USES_FD) > [addr length prot flags fd offset] < {
        res: Errno Hexadecimal, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, addr: UInt64 Hexadecimal,
        length: UInt64, prot: Flags32 = PROTECTIONS, flags: Flags32 = MMAP_FLAGS, fd: Fd, offset: UInt64,
    }
    162 mmap2 Syscall Memory (USES_FD) > [addr length prot flags fd pgoffset] < {
        res: Errno Hexadecimal, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, addr: UInt64 Hexadecimal,
        length: UInt64, prot: Flags32 = PROTECTIONS, flags: Flags32 = MMAP_FLAGS, fd: Fd, pgoffset: UInt64,
    }
    164 munmap Syscall Memory (0) > [addr length] < {
        res: Errno, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, addr: UInt64 Hexadecimal, length: UInt64,
    }
    166 splice Syscall IoOther (USES_FD) > [fd_in fd_out size flags] < {
        res: Errno, fd_in: Fd, fd_out: Fd, size: UInt64, flags: Flags32 = SPLICE_FLAGS,
    }
    168 ptrace Syscall Process (0) > [request pid] < {
        res: Errno, addr: Dyn Hexadecimal, data: Dyn Hexadecimal, request: EnumFlags16 = PTRACE_REQUESTS, pid: Pid,
    }
    170 ioctl Syscall IoOther (USES_FD) > [fd request argument] < {
        res: Errno, fd: Fd, request: UInt64 Hexadecimal, argument: UInt64 Hexadecimal,
    }
    172 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, env: ByteBuf,
    }
    174 rename Syscall File (0) > [] < { res: Errno, oldpath: FsPath, newpath: FsPath }
    176 renameat Syscall File (0) > [] < {
        res: Errno, olddirfd: Fd, oldpath: FsRelPath, newdirfd: Fd, newpath: FsRelPath,
    }
    178 symlink Syscall File (0) > [] < { res: Errno, target: CharBuf, linkpath: FsPath }
    180 symlinkat Syscall File (USES_FD) > [] (OLD) < {
        res: Errno, target: CharBuf, linkdirfd: Fd, linkpath: FsRelPath,
    }
    182 fork Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    184 vfork Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    186 procexit Tracepoint Process (MODIFIES_STATE) > {
        status: Errno, ret: Errno, sig: SigType, core: UInt8, reaper_tid: Pid,
    }
    188 sendfile Syscall IoWrite (USES_FD) > [out_fd in_fd offset size] < {
        res: Errno, offset: UInt64, out_fd: Fd, in_fd: Fd, size: UInt64,
    }
    190 quotactl Syscall User (0) > [cmd type id quota_fmt] < {
        res: Errno, special: CharBuf, quotafilepath: CharBuf, dqb_bhardlimit: UInt64, dqb_bsoftlimit: UInt64,
        dqb_curspace: UInt64, dqb_ihardlimit: UInt64, dqb_isoftlimit: UInt64, dqb_btime: RelTime, dqb_itime: RelTime,
        dqi_bgrace: RelTime, dqi_igrace: RelTime, dqi_flags: Flags8 Decimal = QUOTA_FLAGS,
        quota_fmt_out: Flags8 Decimal = QUOTA_FORMATS, cmd: Flags16 Decimal = QUOTACTL_COMMANDS,
        type: Flags8 Decimal = QUOTA_TYPES, id: UInt32, quota_fmt: Flags8 Decimal = QUOTA_FORMATS,
    }
    192 setresuid Syscall User (MODIFIES_STATE) > [ruid euid suid] < { res: Errno, ruid: Uid, euid: Uid, suid: Uid }
    194 setresgid Syscall User (MODIFIES_STATE) > [rgid egid sgid] < { res: Errno, rgid: Gid, egid: Gid, sgid: Gid }
    196 scapevent Meta Internal (0) > { event_type: UInt32, event_data: UInt64 }
    198 setuid Syscall User (MODIFIES_STATE) > [uid] < { res: Errno, uid: Uid }
    200 setgid Syscall User (MODIFIES_STATE) > [gid] < { res: Errno, gid: Gid }
    202 getuid Syscall User (0) > [] < { uid: Uid }
    204 geteuid Syscall User (0) > [] < { euid: Uid }
    206 getgid Syscall User (0) > [] < { gid: Gid }
    208 getegid Syscall User (0) > [] < { egid: Gid }
    210 getresuid Syscall User (0) > [] < { res: Errno, ruid: Uid, euid: Uid, suid: Uid }
    212 getresgid Syscall User (0) > [] < { res: Errno, rgid: Gid, egid: Gid, sgid: Gid }
    214 execve Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Errno, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: UInt64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        env: ByteBuf,
    }
    216 clone Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
    218 fork Syscall Process (MODIFIES_STATE | OLD) > [] < {
        res: Pid, exe: CharBuf, args: ByteBuf, tid: Pid, pid: Pid, ptid: Pid, cwd: CharBuf, fdlimit: Int64,
        pgft_maj: UInt64, pgft_min: UInt64, vm_size: UInt32, vm_rss: UInt32, vm_swap: UInt32, comm: CharBuf,
        flags: Flags32 = CLONE_FLAGS, uid: UInt32, gid: UInt32,
    }
}
