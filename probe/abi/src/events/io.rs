//! Transfers that name no address, and every call that has no row of its own.

use super::event_rows;

event_rows! {
    IO;

    /// Bytes were read.
    220 read IoRead Bulk (0) ["read"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
    }

    /// Bytes were written.
    221 write IoWrite Bulk (0) ["write"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
    }

    /// Bytes were read into several buffers.
    222 readv IoRead Bulk (0) ["readv"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Iovec { reg: 1, count: 2 };
        fd: I32 Fd = Reg(0);
    }

    /// Bytes were written from several buffers.
    223 writev IoWrite Bulk (0) ["writev"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Iovec { reg: 1, count: 2 };
        fd: I32 Fd = Reg(0);
    }

    /// Bytes were read from a position.
    224 pread IoRead Bulk (0) ["pread64"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        pos: U64 Plain = Reg64(3);
    }

    /// Bytes were written to a position.
    225 pwrite IoWrite Bulk (0) ["pwrite64"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        pos: U64 Plain = Reg64(3);
    }

    /// Bytes were read from a position into several buffers.
    226 preadv IoRead Bulk (0) ["preadv", "preadv2"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Iovec { reg: 1, count: 2 };
        fd: I32 Fd = Reg(0);
        pos: U64 Plain = Reg64(3);
    }

    /// Bytes were written to a position from several buffers.
    227 pwritev IoWrite Bulk (0) ["pwritev", "pwritev2"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Iovec { reg: 1, count: 2 };
        fd: I32 Fd = Reg(0);
        pos: U64 Plain = Reg64(3);
    }

    /// A syscall without a row of its own: known by its number and result alone.
    239 syscall Other Bulk (0) [] {
        res: I64 Errno = Ret;
        ID: U32 Plain = SyscallNumber;
    }
}
