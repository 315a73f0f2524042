//! Descriptors: closed, duplicated, made for something that is no file.

use super::event_rows;

event_rows! {
    DESCRIPTOR;

    /// A descriptor was closed.
    160 close IoOther File (DEFAULT | STATE) ["close"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
    }

    /// A range of descriptors was closed.
    161 close_range IoOther File (DEFAULT | STATE) ["close_range"] {
        res: I64 Errno = Ret;
        first: U32 Plain = Reg(0);
        last: U32 Plain = Reg(1);
        flags: U32 CallFlags = Reg(2);
    }

    /// A descriptor was duplicated.
    162 dup IoOther File (DEFAULT | STATE) ["dup"] {
        res: I64 Fd = Ret;
        oldfd: I32 Fd = Reg(0);
    }

    /// A descriptor was duplicated onto another.
    163 dup2 IoOther File (DEFAULT | STATE) ["dup2"] {
        res: I64 Fd = Ret;
        oldfd: I32 Fd = Reg(0);
        newfd: I32 Fd = Reg(1);
    }

    /// A descriptor was duplicated onto another, with flags.
    164 dup3 IoOther File (DEFAULT | STATE) ["dup3"] {
        res: I64 Fd = Ret;
        oldfd: I32 Fd = Reg(0);
        newfd: I32 Fd = Reg(1);
        flags: U32 CallFlags = Reg(2);
    }

    /// A descriptor's properties were read or changed.
    165 fcntl IoOther File (DEFAULT | STATE) ["fcntl", "fcntl64"] {
        res: I64 Fd = Ret;
        fd: I32 Fd = Reg(0);
        cmd: U32 FcntlCommand = Reg(1);
        arg: U64 Plain = Reg(2);
    }

    /// A pipe was made.
    166 pipe Ipc File (DEFAULT | STATE) ["pipe"] {
        res: I64 Errno = Ret;
        fd1: I32 Fd = UserInt { reg: 0, offset: 0, width: 4 };
        fd2: I32 Fd = UserInt { reg: 0, offset: 4, width: 4 };
        ino: U64 Plain = Fd(D::At { reg: 0, offset: 0 }, F::Ino);
    }

    /// A pipe was made, with flags.
    167 pipe2 Ipc File (DEFAULT | STATE) ["pipe2"] {
        res: I64 Errno = Ret;
        fd1: I32 Fd = UserInt { reg: 0, offset: 0, width: 4 };
        fd2: I32 Fd = UserInt { reg: 0, offset: 4, width: 4 };
        flags: U32 CallFlags = Reg(1);
        ino: U64 Plain = Fd(D::At { reg: 0, offset: 0 }, F::Ino);
    }

    /// A descriptor for event notification was made.
    168 eventfd Ipc File (DEFAULT | STATE) ["eventfd"] {
        res: I64 Fd = Ret;
        initval: U64 Plain = Reg(0);
    }

    /// A descriptor for event notification was made, with flags.
    169 eventfd2 Ipc File (DEFAULT | STATE) ["eventfd2"] {
        res: I64 Fd = Ret;
        flags: U32 CallFlags = Reg(1);
        initval: U64 Plain = Reg(0);
    }

    /// A descriptor for signals was made or changed.
    170 signalfd Signal File (DEFAULT | STATE) ["signalfd"] {
        res: I64 Fd = Ret;
        fd: I32 Fd = Reg(0);
    }

    /// A descriptor for signals was made or changed, with flags.
    171 signalfd4 Signal File (DEFAULT | STATE) ["signalfd4"] {
        res: I64 Fd = Ret;
        flags: U32 CallFlags = Reg(3);
        fd: I32 Fd = Reg(0);
    }

    /// A descriptor for timers was made.
    172 timerfd_create Time File (DEFAULT | STATE) ["timerfd_create"] {
        res: I64 Fd = Ret;
        clockid: U32 Plain = Reg(0);
        flags: U32 CallFlags = Reg(1);
    }

    /// An inotify instance was made.
    173 inotify_init Ipc File (DEFAULT | STATE) ["inotify_init"] {
        res: I64 Fd = Ret;
    }

    /// An inotify instance was made, with flags.
    174 inotify_init1 Ipc File (DEFAULT | STATE) ["inotify_init1"] {
        res: I64 Fd = Ret;
        flags: U32 CallFlags = Reg(0);
    }

    /// An epoll instance was made.
    175 epoll_create Wait File (DEFAULT | STATE) ["epoll_create"] {
        res: I64 Fd = Ret;
        size: I32 Plain = Reg(0);
    }

    /// An epoll instance was made, with flags.
    176 epoll_create1 Wait File (DEFAULT | STATE) ["epoll_create1"] {
        res: I64 Fd = Ret;
        flags: U32 CallFlags = Reg(0);
    }

    /// An anonymous file in memory was made.
    177 memfd_create Memory File (DEFAULT | STATE) ["memfd_create"] {
        fd: I64 Fd = Ret;
        name: Str Plain = UserStr(0);
        flags: U32 CallFlags = Reg(1);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        dev: U32 Dev = Fd(D::Ret, F::Dev);
    }

    /// An io_uring instance was made. What runs through it without syscalls is not seen.
    178 io_uring_setup IoOther File (DEFAULT | STATE) ["io_uring_setup"] {
        res: I64 Fd = Ret;
        entries: U32 Plain = Reg(0);
        sq_entries: U32 Plain = UserInt { reg: 1, offset: 0, width: 4 };
        cq_entries: U32 Plain = UserInt { reg: 1, offset: 4, width: 4 };
        flags: U32 CallFlags = UserInt { reg: 1, offset: 8, width: 4 };
        sq_thread_cpu: U32 Plain = UserInt { reg: 1, offset: 12, width: 4 };
        sq_thread_idle: U32 Plain = UserInt { reg: 1, offset: 16, width: 4 };
        features: U32 CallFlags = UserInt { reg: 1, offset: 20, width: 4 };
    }

    /// A descriptor for handling page faults was made.
    179 userfaultfd File File (DEFAULT | STATE) ["userfaultfd"] {
        res: I64 Fd = Ret;
        flags: U32 CallFlags = Reg(0);
    }

    /// A BPF command was run; some return a descriptor.
    180 bpf Other File (DEFAULT | STATE) ["bpf"] {
        fd: I64 Fd = Ret;
        cmd: U32 BpfCommand = Reg(0);
    }

    /// A descriptor for a process was made.
    181 pidfd_open Process File (DEFAULT | STATE) ["pidfd_open"] {
        fd: I64 Fd = Ret;
        pid: I32 Pid = Reg(0);
        flags: U32 CallFlags = Reg(1);
    }

    /// A descriptor of another process was duplicated.
    182 pidfd_getfd Process File (DEFAULT | STATE) ["pidfd_getfd"] {
        fd: I64 Fd = Ret;
        pid_fd: I32 Fd = Reg(0);
        target_fd: I32 Fd = Reg(1);
        flags: U32 CallFlags = Reg(2);
    }
}
