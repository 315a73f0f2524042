//! Files and directories by name: opened, created, renamed, removed, changed, mounted.

use super::event_rows;

event_rows! {
    FILE;

    /// A file was opened.
    60 open File File (DEFAULT | STATE) ["open"] {
        fd: I64 Fd = Ret;
        name: Str Path = UserStr(0);
        flags: U32 OpenFlags = Reg(1);
        mode: U32 Mode = Reg(2);
        dev: U32 Dev = Fd(D::Ret, F::Dev);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        opened: U32 OpenedFlags = Fd(D::Ret, F::Opened);
        real_path: Str RealPath = Fd(D::Ret, F::Path);
        inner_path: Str RealPath = Fd(D::Ret, F::InnerPath);
        nlink: U32 Plain = Fd(D::Ret, F::Nlink);
        mnt_id: U32 Plain = Fd(D::Ret, F::MountId);
        path_flags: U32 PathFlags = Fd(D::Ret, F::PathFlags);
    }

    /// A file was opened relative to a directory.
    61 openat File File (DEFAULT | STATE) ["openat"] {
        fd: I64 Fd = Ret;
        dirfd: I32 Fd = Reg(0);
        name: Str RelPath = UserStr(1);
        flags: U32 OpenFlags = Reg(2);
        mode: U32 Mode = Reg(3);
        dev: U32 Dev = Fd(D::Ret, F::Dev);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        opened: U32 OpenedFlags = Fd(D::Ret, F::Opened);
        real_path: Str RealPath = Fd(D::Ret, F::Path);
        inner_path: Str RealPath = Fd(D::Ret, F::InnerPath);
        nlink: U32 Plain = Fd(D::Ret, F::Nlink);
        mnt_id: U32 Plain = Fd(D::Ret, F::MountId);
        path_flags: U32 PathFlags = Fd(D::Ret, F::PathFlags);
    }

    /// A file was opened relative to a directory, with rules for the walk.
    62 openat2 File File (DEFAULT | STATE) ["openat2"] {
        fd: I64 Fd = Ret;
        dirfd: I32 Fd = Reg(0);
        name: Str RelPath = UserStr(1);
        flags: U64 OpenFlags = UserInt { reg: 2, offset: 0, width: 8 };
        mode: U64 Mode = UserInt { reg: 2, offset: 8, width: 8 };
        resolve: U64 ResolveFlags = UserInt { reg: 2, offset: 16, width: 8 };
        dev: U32 Dev = Fd(D::Ret, F::Dev);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        opened: U32 OpenedFlags = Fd(D::Ret, F::Opened);
        real_path: Str RealPath = Fd(D::Ret, F::Path);
        inner_path: Str RealPath = Fd(D::Ret, F::InnerPath);
        nlink: U32 Plain = Fd(D::Ret, F::Nlink);
        mnt_id: U32 Plain = Fd(D::Ret, F::MountId);
        path_flags: U32 PathFlags = Fd(D::Ret, F::PathFlags);
    }

    /// A file was created and opened for writing.
    63 creat File File (DEFAULT | STATE) ["creat"] {
        fd: I64 Fd = Ret;
        name: Str Path = UserStr(0);
        mode: U32 Mode = Reg(1);
        dev: U32 Dev = Fd(D::Ret, F::Dev);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        opened: U32 OpenedFlags = Fd(D::Ret, F::Opened);
        real_path: Str RealPath = Fd(D::Ret, F::Path);
        inner_path: Str RealPath = Fd(D::Ret, F::InnerPath);
        nlink: U32 Plain = Fd(D::Ret, F::Nlink);
        mnt_id: U32 Plain = Fd(D::Ret, F::MountId);
        path_flags: U32 PathFlags = Fd(D::Ret, F::PathFlags);
    }

    /// A file was opened by its handle.
    64 open_by_handle_at File File (DEFAULT | STATE) ["open_by_handle_at"] {
        fd: I64 Fd = Ret;
        mountfd: I32 Fd = Reg(0);
        flags: U32 OpenFlags = Reg(2);
        path: Str RealPath = Fd(D::Ret, F::Path);
        dev: U32 Dev = Fd(D::Ret, F::Dev);
        ino: U64 Plain = Fd(D::Ret, F::Ino);
        inner_path: Str RealPath = Fd(D::Ret, F::InnerPath);
        nlink: U32 Plain = Fd(D::Ret, F::Nlink);
        mnt_id: U32 Plain = Fd(D::Ret, F::MountId);
        path_flags: U32 PathFlags = Fd(D::Ret, F::PathFlags);
    }

    /// A file was renamed.
    65 rename File File (DEFAULT) ["rename"] {
        res: I64 Errno = Ret;
        oldpath: Str Path = UserStr(0);
        newpath: Str Path = UserStr(1);
    }

    /// A file was renamed relative to directories.
    66 renameat File File (DEFAULT) ["renameat"] {
        res: I64 Errno = Ret;
        olddirfd: I32 Fd = Reg(0);
        oldpath: Str RelPath = UserStr(1);
        newdirfd: I32 Fd = Reg(2);
        newpath: Str RelPath = UserStr(3);
    }

    /// A file was renamed relative to directories, with flags.
    67 renameat2 File File (DEFAULT) ["renameat2"] {
        res: I64 Errno = Ret;
        olddirfd: I32 Fd = Reg(0);
        oldpath: Str RelPath = UserStr(1);
        newdirfd: I32 Fd = Reg(2);
        newpath: Str RelPath = UserStr(3);
        flags: U32 RenameFlags = Reg(4);
    }

    /// A directory was removed.
    68 rmdir File File (DEFAULT) ["rmdir"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
    }

    /// A name was removed.
    69 unlink File File (DEFAULT) ["unlink"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
    }

    /// A name was removed relative to a directory.
    70 unlinkat File File (DEFAULT) ["unlinkat"] {
        res: I64 Errno = Ret;
        dirfd: I32 Fd = Reg(0);
        name: Str RelPath = UserStr(1);
        flags: U32 UnlinkatFlags = Reg(2);
    }

    /// A directory was made.
    71 mkdir File File (DEFAULT) ["mkdir"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
        mode: U32 Mode = Reg(1);
    }

    /// A directory was made relative to a directory.
    72 mkdirat File File (DEFAULT) ["mkdirat"] {
        res: I64 Errno = Ret;
        dirfd: I32 Fd = Reg(0);
        path: Str RelPath = UserStr(1);
        mode: U32 Mode = Reg(2);
    }

    /// A mode was changed.
    73 chmod File File (DEFAULT) ["chmod"] {
        res: I64 Errno = Ret;
        filename: Str Path = UserStr(0);
        mode: U32 Mode = Reg(1);
    }

    /// An open file's mode was changed.
    74 fchmod File File (DEFAULT) ["fchmod"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        mode: U32 Mode = Reg(1);
    }

    /// A mode was changed relative to a directory.
    75 fchmodat File File (DEFAULT) ["fchmodat", "fchmodat2"] {
        res: I64 Errno = Ret;
        dirfd: I32 Fd = Reg(0);
        filename: Str RelPath = UserStr(1);
        mode: U32 Mode = Reg(2);
    }

    /// A symbolic link was made.
    76 symlink File File (DEFAULT) ["symlink"] {
        res: I64 Errno = Ret;
        target: Str Path = UserStr(0);
        linkpath: Str Path = UserStr(1);
    }

    /// A symbolic link was made relative to a directory.
    77 symlinkat File File (DEFAULT) ["symlinkat"] {
        res: I64 Errno = Ret;
        target: Str Path = UserStr(0);
        linkdirfd: I32 Fd = Reg(1);
        linkpath: Str RelPath = UserStr(2);
    }

    /// A file was given another name.
    78 link File File (DEFAULT) ["link"] {
        res: I64 Errno = Ret;
        oldpath: Str Path = UserStr(0);
        newpath: Str Path = UserStr(1);
    }

    /// A file was given another name relative to directories.
    79 linkat File File (DEFAULT) ["linkat"] {
        res: I64 Errno = Ret;
        olddir: I32 Fd = Reg(0);
        oldpath: Str RelPath = UserStr(1);
        newdir: I32 Fd = Reg(2);
        newpath: Str RelPath = UserStr(3);
        flags: U32 AtFlags = Reg(4);
    }

    /// An owner was changed.
    80 chown File File (DEFAULT) ["chown", "chown32"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
        uid: U32 Uid = Reg(1);
        gid: U32 Gid = Reg(2);
    }

    /// A link's owner was changed.
    81 lchown File File (DEFAULT) ["lchown", "lchown32"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
        uid: U32 Uid = Reg(1);
        gid: U32 Gid = Reg(2);
    }

    /// An open file's owner was changed.
    82 fchown File File (DEFAULT) ["fchown", "fchown32"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        uid: U32 Uid = Reg(1);
        gid: U32 Gid = Reg(2);
    }

    /// An owner was changed relative to a directory.
    83 fchownat File File (DEFAULT) ["fchownat"] {
        res: I64 Errno = Ret;
        dirfd: I32 Fd = Reg(0);
        pathname: Str RelPath = UserStr(1);
        uid: U32 Uid = Reg(2);
        gid: U32 Gid = Reg(3);
        flags: U32 AtFlags = Reg(4);
    }

    /// A file system was mounted, or a mount changed.
    84 mount File File (DEFAULT | STATE) ["mount"] {
        res: I64 Errno = Ret;
        dev: Str Plain = UserStr(0);
        dir: Str Path = UserStr(1);
        r#type: Str Plain = UserStr(2);
        flags: U64 MountFlags = Reg(3);
    }

    /// A file system was unmounted (the call without flags).
    85 umount File File (DEFAULT | STATE) ["umount"] {
        res: I64 Errno = Ret;
        name: Str Path = UserStr(0);
    }

    /// A file system was unmounted.
    86 umount2 File File (DEFAULT | STATE) ["umount2"] {
        res: I64 Errno = Ret;
        name: Str Path = UserStr(0);
        flags: U32 UmountFlags = Reg(1);
    }

    /// The working directory was changed.
    87 chdir File Process (DEFAULT | STATE) ["chdir"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
    }

    /// The working directory was changed to an open directory.
    88 fchdir File Process (DEFAULT | STATE) ["fchdir"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
    }

    /// The root directory was changed.
    89 chroot Process Process (DEFAULT | STATE) ["chroot"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
    }

    /// The working directory was asked for.
    90 getcwd File File (DEFAULT | STATE) ["getcwd"] {
        res: I64 Errno = Ret;
        path: Str Path = UserStr(0);
    }

    /// A kernel module was loaded from memory.
    91 init_module Other File (DEFAULT) ["init_module"] {
        res: I64 Errno = Ret;
        length: U64 Plain = Reg(1);
        uargs: Str Plain = UserStr(2);
        img: Bytes Payload = UserBytes { reg: 0, len: L::Reg(1) };
    }

    /// A kernel module was loaded from a file.
    92 finit_module Other File (DEFAULT) ["finit_module"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        uargs: Str Plain = UserStr(1);
        flags: U32 CallFlags = Reg(2);
    }
}
