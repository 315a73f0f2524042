//! What a descriptor stands for: a file, a socket, or one of the kernel's other kinds.

use std::sync::Arc;

use falco_format::Tid;

use super::falco::FalcoSocket;
use super::fd_kind::FdKind;
use super::found::Found;
use super::ip_socket::IpSocket;
use super::text::Text;

/// What a descriptor stands for. Copies made by `dup` and `fork` share it until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fd {
    /// Its kind.
    pub kind: FdKind,
    /// Falco's `fd.name`: the resolved path, the socket's ends, or nothing.
    pub name: Text,
    /// The path as the program gave it.
    pub raw_name: Option<Text>,
    /// Inode; 0 where not known, as Falco has it.
    pub inode: u64,
    /// Device, the kernel's encoding; 0 where not known.
    pub device: u32,
    /// Bits of `falco_abi::frame::created`.
    pub opened: u32,
    /// What the kernel opened, where a recording tells it.
    pub found: Option<Arc<Found>>,
    /// Whether the name it was opened by was cut or could not be read: `name` is not what was asked for.
    pub is_name_cut: bool,
    /// The ends of an IP socket.
    pub ip: Option<IpSocket>,
    /// Whether it is a unix socket that is connected.
    pub is_connected_unix: bool,
    /// Of a pidfd: the process.
    pub target: Option<Tid>,
    /// Of a socket in Falco's dialect: what Falco keeps of its ends.
    pub(in crate::state) falco: Option<Box<FalcoSocket>>,
}

impl Fd {
    /// A descriptor of this kind without a name.
    pub(in crate::state) fn of(kind: FdKind) -> Fd {
        Fd {
            kind,
            ..Fd::default()
        }
    }

    /// A file or directory of this path.
    pub(in crate::state) fn path(kind: FdKind, name: Text, raw_name: Text) -> Fd {
        Fd {
            kind,
            name,
            raw_name: Some(raw_name),
            ..Fd::default()
        }
    }

    /// Whether it has a path.
    pub fn is_path(&self) -> bool {
        matches!(self.kind, FdKind::File | FdKind::Directory)
    }

    /// Takes the ends of its socket, and the kind and name that follow from them.
    pub(in crate::state) fn set_ip(&mut self, socket: IpSocket) {
        if let Some(kind) = socket.kind() {
            self.kind = kind;
        }
        self.name = socket.name().into();
        self.ip = Some(socket);
    }
}
