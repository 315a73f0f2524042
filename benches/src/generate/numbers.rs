//! Numbers that the kernel gives away: inodes of what has no name, ports of near ends.

/// Numbers that the kernel gives away.
#[derive(Debug)]
pub(super) struct Numbers {
    next_inode: u64,
    next_port: u16,
}

/// The first port of those that are given to the near end of a connection, and the last.
const PORT_FIRST: u16 = 32_768;
const PORT_LAST: u16 = 60_999;

impl Numbers {
    pub(super) fn new() -> Self {
        Numbers {
            next_inode: 40_000,
            next_port: PORT_FIRST,
        }
    }

    /// An inode for what has no name: sockets and pipes.
    pub(super) fn inode(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode
    }

    /// A port for the near end of a connection.
    pub(super) fn port(&mut self) -> u16 {
        self.next_port = if self.next_port >= PORT_LAST {
            PORT_FIRST
        } else {
            self.next_port + 1
        };
        self.next_port
    }
}
