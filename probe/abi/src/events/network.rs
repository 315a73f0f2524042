//! Sockets: made, bound, connected, accepted, and the transfers that name an address.

use super::event_rows;

event_rows! {
    NETWORK;

    /// A socket was made.
    120 socket Net File (DEFAULT | STATE) ["socket"] {
        fd: I64 Fd = Ret;
        domain: U32 SocketFamily = Reg(0);
        r#type: U32 SocketType = Reg(1);
        proto: U32 Plain = Reg(2);
    }

    /// A pair of connected sockets was made.
    121 socketpair Ipc File (DEFAULT | STATE) ["socketpair"] {
        res: I64 Errno = Ret;
        fd1: I32 Fd = UserInt { reg: 3, offset: 0, width: 4 };
        fd2: I32 Fd = UserInt { reg: 3, offset: 4, width: 4 };
        domain: U32 SocketFamily = Reg(0);
        r#type: U32 SocketType = Reg(1);
        proto: U32 Plain = Reg(2);
        // Inodes, by which unix sockets go in tuples; Falco has addresses of the kernel's.
        source: U64 Plain = Fd(D::At { reg: 3, offset: 0 }, F::Ino);
        peer: U64 Plain = Fd(D::At { reg: 3, offset: 4 }, F::Ino);
    }

    /// A socket was bound to an address.
    122 bind Net File (DEFAULT | STATE) ["bind"] {
        res: I64 Errno = Ret;
        addr: Bytes Sockaddr = Sockaddr { reg: 1, len: L::Reg(2) };
        fd: I32 Fd = Reg(0);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
    }

    /// A socket was connected.
    123 connect Net File (DEFAULT | STATE) ["connect"] {
        res: I64 Errno = Ret;
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        fd: I32 Fd = Reg(0);
        addr: Bytes Sockaddr = Sockaddr { reg: 1, len: L::Reg(2) };
    }

    /// A socket began to listen.
    124 listen Net File (DEFAULT | STATE) ["listen"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        backlog: I32 Plain = Reg(1);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
    }

    /// A connection was accepted.
    125 accept Net File (DEFAULT | STATE) ["accept"] {
        fd: I64 Fd = Ret;
        tuple: Bytes Tuple = Fd(D::Ret, F::Tuple);
        listenfd: I32 Fd = Reg(0);
        addr: Bytes Sockaddr = Sockaddr { reg: 1, len: L::At(2) };
        // Connections that still wait, and how many may.
        queuelen: U32 Plain = Fd(D::Reg(0), F::QueueLength);
        queuemax: U32 Plain = Fd(D::Reg(0), F::QueueMax);
    }

    /// A connection was accepted, with flags.
    126 accept4 Net File (DEFAULT | STATE) ["accept4"] {
        fd: I64 Fd = Ret;
        tuple: Bytes Tuple = Fd(D::Ret, F::Tuple);
        listenfd: I32 Fd = Reg(0);
        addr: Bytes Sockaddr = Sockaddr { reg: 1, len: L::At(2) };
        flags: U32 SocketType = Reg(3);
        queuelen: U32 Plain = Fd(D::Reg(0), F::QueueLength);
        queuemax: U32 Plain = Fd(D::Reg(0), F::QueueMax);
    }

    /// A socket was shut down in one or both directions.
    127 shutdown Net File (DEFAULT | STATE) ["shutdown"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        how: U8 ShutdownHow = Reg(1);
    }

    /// A socket option was read.
    128 getsockopt Net File (DEFAULT | STATE) ["getsockopt"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        level: I32 SockoptLevel = Reg(1);
        optname: I32 SockoptName = Reg(2);
        val: Bytes Plain = UserBytes { reg: 3, len: L::At(4) };
        optlen: U32 Plain = UserInt { reg: 4, offset: 0, width: 4 };
    }

    /// A socket option was set.
    129 setsockopt Net File (0) ["setsockopt"] {
        res: I64 Errno = Ret;
        fd: I32 Fd = Reg(0);
        level: I32 SockoptLevel = Reg(1);
        optname: I32 SockoptName = Reg(2);
        val: Bytes Plain = UserBytes { reg: 3, len: L::Reg(4) };
        optlen: U32 Plain = Reg(4);
    }

    /// Bytes were sent, to an address where one was given.
    130 sendto IoWrite Bulk (DEFAULT | STATE) ["sendto"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        addr: Bytes Sockaddr = Sockaddr { reg: 4, len: L::Reg(5) };
    }

    /// A message was sent.
    131 sendmsg IoWrite Bulk (DEFAULT | STATE) ["sendmsg"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Msghdr { reg: 1, part: M::Data };
        fd: I32 Fd = Reg(0);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        addr: Bytes Sockaddr = Msghdr { reg: 1, part: M::Name };
    }

    /// One of the messages of a call was sent: each is an event, and its result is its bytes.
    132 sendmmsg IoWrite Bulk (DEFAULT | STATE | MESSAGES) ["sendmmsg"] {
        res: I64 Errno = Msghdr { reg: 1, part: M::OwnLength };
        fd: I32 Fd = Reg(0);
        data: Bytes Payload = Msghdr { reg: 1, part: M::OwnData };
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        addr: Bytes Sockaddr = Msghdr { reg: 1, part: M::Name };
    }

    /// Bytes were received, from an address where one was asked for.
    133 recvfrom IoRead Bulk (DEFAULT | STATE) ["recvfrom"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        addr: Bytes Sockaddr = Sockaddr { reg: 4, len: L::At(5) };
    }

    /// A message was received.
    134 recvmsg IoRead Bulk (DEFAULT | STATE) ["recvmsg"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = Msghdr { reg: 1, part: M::Data };
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        msgcontrol: Bytes Payload = Msghdr { reg: 1, part: M::Control };
        fd: I32 Fd = Reg(0);
        addr: Bytes Sockaddr = Msghdr { reg: 1, part: M::Name };
    }

    /// One of the messages of a call was received: each is an event, and its result is its bytes.
    135 recvmmsg IoRead Bulk (DEFAULT | STATE | MESSAGES) ["recvmmsg", "recvmmsg_time64"] {
        res: I64 Errno = Msghdr { reg: 1, part: M::OwnLength };
        fd: I32 Fd = Reg(0);
        data: Bytes Payload = Msghdr { reg: 1, part: M::OwnData };
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
        msgcontrol: Bytes Payload = Msghdr { reg: 1, part: M::Control };
        addr: Bytes Sockaddr = Msghdr { reg: 1, part: M::Name };
    }

    /// Bytes were sent (a call that only `socketcall` of 32-bit programs has).
    136 send IoWrite Bulk (DEFAULT | STATE) ["send"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
    }

    /// Bytes were received (a call that only `socketcall` of 32-bit programs has).
    137 recv IoRead Bulk (DEFAULT | STATE) ["recv"] {
        res: I64 Errno = Ret;
        data: Bytes Payload = UserBytes { reg: 1, len: L::Ret };
        fd: I32 Fd = Reg(0);
        size: U32 Plain = Reg(2);
        tuple: Bytes Tuple = Fd(D::Reg(0), F::Tuple);
    }
}
