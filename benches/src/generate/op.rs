//! What a thread does next, one call at a time: the words in which loads are written.
//!
//! Descriptors are named by registers of the thread, since nobody knows their numbers before they are there.

use std::rc::Rc;

use super::container::Container;
use super::program::Program;
use super::role::Role;

/// A register.
pub(super) type Reg = usize;

/// The far end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) address: [u8; 4],
    pub(super) port: u16,
}

/// One step of a thread.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Nothing, for about so many nanoseconds.
    Sleep(u64),
    Open {
        name: Rc<str>,
        flags: u32,
        into: Reg,
    },
    /// An open of what does not exist.
    Miss {
        name: Rc<str>,
    },
    Read {
        reg: Reg,
        size: u32,
    },
    Write {
        reg: Reg,
        size: u32,
    },
    Close(Reg),
    /// Sets the flag that closes a descriptor at an exec, as libraries do.
    CloseAtExec(Reg),
    Dup {
        reg: Reg,
        into: Reg,
    },
    /// Duplicates onto a fixed number.
    DupOnto {
        reg: Reg,
        number: i32,
    },
    Pipe {
        read: Reg,
        write: Reg,
    },
    Socket {
        datagram: bool,
        into: Reg,
    },
    Connect {
        reg: Reg,
        peer: Peer,
    },
    /// Connects to a socket of the host by its path.
    ConnectUnix {
        path: Rc<str>,
        into: Reg,
    },
    Accept {
        listener: Reg,
        peer: Peer,
        into: Reg,
    },
    Send {
        reg: Reg,
        size: u32,
    },
    Receive {
        reg: Reg,
        size: u32,
    },
    Shutdown(Reg),
    Fork(Vec<Op>),
    /// The return of the call in the child.
    Born {
        flags: u64,
    },
    /// A thread of the same process, with a role of its own for the time behind these steps.
    Thread {
        ops: Vec<Op>,
        role: Role,
    },
    Exec(Program),
    /// An exec of what does not exist, as a search along `PATH` makes.
    ExecMiss(Rc<str>),
    Exit(i32),
    Chdir(Rc<str>),
    Unlink(Rc<str>),
    Rename {
        from: Rc<str>,
        to: Rc<str>,
    },
    Mkdir(Rc<str>),
    Chmod {
        name: Rc<str>,
        mode: u32,
    },
    SetUser(u32),
    SetSession,
    SetGroup,
    Name(Rc<str>),
    Limit,
    Kill,
    EventFd {
        into: Reg,
    },
    Epoll {
        into: Reg,
    },
    /// Goes into a container, as its runtime's helper does.
    Enter(Rc<Container>),
    /// The container is gone.
    Leave(Rc<Container>),
}
