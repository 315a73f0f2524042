//! The sockets of one network namespace, from `/proc/PID/net/{tcp,tcp6,udp,udp6,raw,raw6,unix,netlink,packet}`.
//!
//! Text in; out comes the tuple of each socket by its inode (in the encoding of `falco_abi::frame::tuple`), and the ports that are listened on.
//! The peer of a unix socket is not told by these files; its inode is zero.
//! Sockets that are neither bound nor connected stand in no file: of those the kernel tells the protocol's name ([`unlisted`]).

use std::collections::HashMap;

use falco_abi::events::state_listen;
use falco_abi::frame::tuple;

use super::proc::Proc;
use crate::row::{Row, RowSink, Subject};

const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const AF_NETLINK: u8 = 16;
const AF_PACKET: u8 = 17;
/// `SOCK_RAW`.
const TYPE_RAW: u8 = 3;
/// `IPPROTO_TCP`.
const TCP: u8 = 6;
/// How often the lists of a namespace are read again for a socket that must be in them: a program may hold any number of sockets that are in none.
const READ_AGAIN_MAX: u8 = 2;
/// `IPPROTO_UDP`.
const UDP: u8 = 17;
/// `IPPROTO_RAW`; which protocol a raw socket is for stands in its port.
const RAW: u8 = 255;
/// The kernel's `TCP_LISTEN`, also of unix sockets, and `TCP_CLOSE`.
const STATE_LISTEN: u8 = 10;
const STATE_CLOSE: u8 = 7;
/// The kernel's `SO_ACCEPTCON` in the flags of a unix socket: it listens.
const UNIX_LISTENS: u32 = 0x1_0000;

/// A file of sockets that have addresses and ports.
struct Kind {
    file: &'static str,
    family: u8,
    protocol: u8,
    /// `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`.
    socket_type: u8,
}

const KINDS: [Kind; 6] = [
    Kind {
        file: "tcp",
        family: AF_INET,
        protocol: TCP,
        socket_type: 1,
    },
    Kind {
        file: "tcp6",
        family: AF_INET6,
        protocol: TCP,
        socket_type: 1,
    },
    Kind {
        file: "udp",
        family: AF_INET,
        protocol: UDP,
        socket_type: 2,
    },
    Kind {
        file: "udp6",
        family: AF_INET6,
        protocol: UDP,
        socket_type: 2,
    },
    Kind {
        file: "raw",
        family: AF_INET,
        protocol: RAW,
        socket_type: 3,
    },
    Kind {
        file: "raw6",
        family: AF_INET6,
        protocol: RAW,
        socket_type: 3,
    },
];

/// A port that is listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listening {
    protocol: u8,
    address: Vec<u8>,
    port: u16,
    inode: u64,
}

/// The sockets of one network namespace.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    tuples: HashMap<u64, Vec<u8>>,
    listening: Vec<Listening>,
    /// How often they were read again.
    again: u8,
}

impl Sockets {
    /// Reads the namespace of a process.
    pub(super) fn read(proc: &mut Proc, pid: u32) -> Sockets {
        let mut sockets = Sockets::default();
        for kind in &KINDS {
            // A kernel without IPv6 has no such files.
            if let Some(text) = proc.text(format!("{pid}/net/{}", kind.file)) {
                sockets.add_addressed(kind, &text);
            }
        }
        if let Some(bytes) = proc.read(format!("{pid}/net/unix")) {
            sockets.add_unix(&bytes);
        }
        // Where the inode stands last, and which word is the protocol and which the type.
        for (file, family, protocol, kind) in [
            ("netlink", AF_NETLINK, 1, None),
            ("packet", AF_PACKET, 3, Some(2)),
        ] {
            if let Some(text) = proc.text(format!("{pid}/net/{file}")) {
                sockets.add_plain(family, &text, protocol, kind);
            }
        }
        sockets
    }

    /// Reads the namespace again.
    ///
    /// The kernel writes its lists piece by piece, and a socket whose neighbours close in between is in no piece; others are younger than the first look.
    pub(super) fn read_again(&mut self, proc: &mut Proc, pid: u32) {
        if self.again < READ_AGAIN_MAX {
            self.again += 1;
            let newer = Sockets::read(proc, pid);
            self.tuples.extend(newer.tuples);
        }
    }

    /// The tuple of a socket.
    pub(super) fn tuple(&self, inode: u64) -> Option<&[u8]> {
        self.tuples.get(&inode).map(Vec::as_slice)
    }

    /// Hands over a row per port that is listened on.
    pub(super) fn listening_rows(&self, net_ns: u64, time: u64, sink: &mut dyn RowSink) {
        for port in &self.listening {
            let mut row = Row::new(state_listen::EVENT, Subject::default(), time);
            row.uint(state_listen::net_ns, net_ns)
                .uint(state_listen::protocol, u64::from(port.protocol))
                .bytes(state_listen::address, port.address.as_slice())
                .uint(state_listen::port, u64::from(port.port))
                .uint(state_listen::ino, port.inode);
            sink.row(&row);
        }
    }

    fn add_addressed(&mut self, kind: &Kind, text: &str) {
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let [_, local, remote, state, _, _, _, _, _, inode, ..] = words.as_slice() else {
                continue;
            };
            let parsed = (
                endpoint(local),
                endpoint(remote),
                u8::from_str_radix(state, 16),
                inode.parse::<u64>(),
            );
            let (Some(local), Some(remote), Ok(state), Ok(inode)) = parsed else {
                continue;
            };
            let mut bytes = vec![kind.family, kind.protocol, state, kind.socket_type];
            bytes.extend(local.port.to_le_bytes());
            bytes.extend(remote.port.to_le_bytes());
            bytes.extend(&local.address);
            bytes.extend(&remote.address);
            self.tuples.insert(inode, bytes);
            let listens = match kind.protocol {
                TCP => state == STATE_LISTEN,
                UDP => remote.port == 0 && local.port != 0,
                _ => false,
            };
            if listens {
                self.listening.push(Listening {
                    protocol: kind.protocol,
                    address: local.address,
                    port: local.port,
                    inode,
                });
            }
        }
    }

    /// Sockets without addresses that a tuple could hold.
    fn add_plain(&mut self, family: u8, text: &str, protocol: usize, kind: Option<usize>) {
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let inode = words.last().and_then(|word| word.parse::<u64>().ok());
            let Some(inode) = inode.filter(|inode| *inode != 0) else {
                continue;
            };
            let number = |place: usize, radix| {
                let word = words.get(place)?;
                u32::from_str_radix(word, radix).ok()
            };
            // Netlink's protocols are decimal and small; those of packets are Ethernet's, of which the low byte is kept.
            let protocol = number(protocol, if kind.is_some() { 16 } else { 10 });
            let [protocol, ..] = protocol.unwrap_or(0).to_le_bytes();
            let kind = kind.map_or(Some(u32::from(TYPE_RAW)), |place| number(place, 10));
            let [kind, ..] = kind.unwrap_or(0).to_le_bytes();
            self.tuples
                .insert(inode, vec![family, protocol, STATE_CLOSE, kind]);
        }
    }

    fn add_unix(&mut self, text: &[u8]) {
        for line in text.split(|byte| *byte == b'\n').skip(1) {
            let mut fields = Fields { rest: line };
            // Num RefCount Protocol Flags Type St Inode Path
            let words: Vec<&str> = std::iter::from_fn(|| fields.next()).take(7).collect();
            let [_, _, _, flags, socket_type, state, inode] = words.as_slice() else {
                continue;
            };
            let parsed = (
                u16::from_str_radix(socket_type, 16),
                u8::from_str_radix(state, 16),
                inode.parse::<u64>(),
            );
            let (Ok(socket_type), Ok(state), Ok(inode)) = parsed else {
                continue;
            };
            let flags = u32::from_str_radix(flags, 16).unwrap_or(0);
            let state = if flags & UNIX_LISTENS != 0 {
                STATE_LISTEN
            } else {
                state
            };
            let mut bytes = vec![AF_UNIX, 0, state, socket_type.to_le_bytes()[0]];
            bytes.extend(inode.to_le_bytes());
            bytes.extend(0_u64.to_le_bytes());
            bytes.extend(unix_path(fields.rest));
            debug_assert!(
                bytes.len() >= tuple::UNIX_PATH,
                "a unix tuple has its fixed part"
            );
            self.tuples.insert(inode, bytes);
        }
    }
}

/// The tuple of a socket that stands in no file, by the name of its protocol; the ends are zero.
pub(super) fn unlisted(protocol: &[u8]) -> Option<Vec<u8>> {
    let (family, number, kind) = match protocol {
        b"TCP" | b"MPTCP" => (AF_INET, TCP, 1),
        b"TCPv6" | b"MPTCPv6" => (AF_INET6, TCP, 1),
        b"UDP" => (AF_INET, UDP, 2),
        b"UDPv6" => (AF_INET6, UDP, 2),
        b"RAW" => (AF_INET, RAW, TYPE_RAW),
        b"RAWv6" => (AF_INET6, RAW, TYPE_RAW),
        b"NETLINK" => (AF_NETLINK, 0, TYPE_RAW),
        b"PACKET" => (AF_PACKET, 0, TYPE_RAW),
        _ => return None,
    };
    let length = match family {
        AF_INET => tuple::IPV4_LEN,
        AF_INET6 => tuple::IPV6_LEN,
        _ => 4,
    };
    let mut bytes = vec![family, number, STATE_CLOSE, kind];
    bytes.resize(length, 0);
    Some(bytes)
}

/// The path at the end of a line: an abstract name is written with `@` for its leading NUL.
fn unix_path(rest: &[u8]) -> Vec<u8> {
    match rest.strip_prefix(b" ").unwrap_or(rest) {
        [b'@', name @ ..] => [b"\0", name].concat(),
        path => path.to_vec(),
    }
}

/// Words of a line whose end is kept as it stands.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_ascii_start();
        let end = rest
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            None
        } else {
            std::str::from_utf8(word).ok()
        }
    }
}

struct Endpoint {
    address: Vec<u8>,
    port: u16,
}

/// Parses `0100007F:0016`. The address is printed as native 32-bit numbers, the port as a number.
fn endpoint(text: &str) -> Option<Endpoint> {
    let (address, port) = text.split_once(':')?;
    if !matches!(address.len(), 8 | 32) || !address.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(16);
    for place in (0..address.len()).step_by(8) {
        let word = u32::from_str_radix(address.get(place..place + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    Some(Endpoint {
        address: bytes,
        port: u16::from_str_radix(port, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn read(files: &[(&str, &str)]) -> Sockets {
        let folder = tempfile::tempdir().expect("a scratch directory");
        std::fs::create_dir_all(folder.path().join("1/net")).expect("mkdir");
        for (name, text) in files {
            std::fs::write(folder.path().join("1/net").join(name), text).expect("write");
        }
        let mut proc = Proc::at(folder.path());
        let sockets = Sockets::read(&mut proc, 1);
        assert_eq!(proc.unreadable, 0);
        sockets
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_connected_and_a_listening_socket() {
        let text = format!(
            "{HEAD}   0: 00000000:0016 00000000:0000 0A 0:0 0:0 0 0 0 102 1 f\n   1: 0100007F:0016 0200007F:D431 01 0:0 0:0 0 0 0 103 1 f\n"
        );
        let sockets = read(&[("tcp", &text)]);
        let expected = [2, 6, 1, 1, 0x16, 0, 0x31, 0xd4, 127, 0, 0, 1, 127, 0, 0, 2];
        assert_eq!(sockets.tuple(103), Some(&expected[..]));
        assert_eq!(expected.len(), tuple::IPV4_LEN);
        let mut rows = Vec::new();
        sockets.listening_rows(9, 5, &mut rows);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].values[state_listen::port].bytes, [0x16, 0]);
        assert_eq!(rows[0].values[state_listen::address].bytes, [0; 4]);
        assert_eq!(
            rows[0].values[state_listen::ino].bytes,
            102_u64.to_le_bytes()
        );
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn sixteen_bytes_of_address() {
        let text = format!(
            "{HEAD}   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 7 1 f\n"
        );
        let sockets = read(&[("udp6", &text)]);
        let tuple = sockets.tuple(7).expect("a tuple");
        assert_eq!(tuple.len(), tuple::IPV6_LEN);
        assert_eq!(&tuple[..8], [10, 17, 7, 2, 0x35, 0, 0, 0]);
        assert_eq!(tuple[23], 1);
        assert_eq!(sockets.listening.len(), 1);
    }

    #[test]
    fn unix_sockets_with_paths_names_and_neither() {
        let text = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0: 00000002 00000000 00010000 0001 01 20 /run/a b\n\
            0: 00000002 00000000 00010000 0005 01 21 @name\n\
            0: 00000003 00000000 00000000 0002 03 22\n";
        let sockets = read(&[("unix", text)]);
        let check = |inode: u64, kind: u8, path: &[u8]| {
            let tuple = sockets.tuple(inode).expect("a tuple");
            assert_eq!((tuple[0], tuple[3]), (1, kind));
            assert_eq!(tuple[4..12], inode.to_le_bytes());
            assert_eq!(&tuple[tuple::UNIX_PATH..], path);
        };
        check(20, 1, b"/run/a b");
        check(21, 5, b"\0name");
        check(22, 2, b"");
    }

    #[test]
    fn sockets_of_netlink_and_packets_and_those_that_listen() {
        let netlink = "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n00 15 7 0 0 0 0 2 0 31\n00 0 0 0 0 0 0 2 0 0\n";
        let packet = "sk RefCnt Type Proto Iface R Rmem User Inode\n00 3 3 0003 2 1 0 0 32\n";
        let unix = "Num       RefCount Protocol Flags    Type St Inode Path\n0: 2 0 00010000 0001 01 33 /run/l\n";
        let sockets = read(&[("netlink", netlink), ("packet", packet), ("unix", unix)]);
        assert_eq!(sockets.tuple(31), Some(&[AF_NETLINK, 15, 7, 3][..]));
        assert_eq!(sockets.tuple(32), Some(&[AF_PACKET, 3, 7, 3][..]));
        assert_eq!(sockets.tuple(33).map(|tuple| tuple[2]), Some(STATE_LISTEN));
        assert_eq!(sockets.tuple(0), None);
    }

    #[test]
    fn protocols_by_name() {
        let udp = unlisted(b"UDPv6").expect("a tuple");
        assert_eq!(
            (udp.len(), &udp[..4]),
            (tuple::IPV6_LEN, &[10, 17, 7, 2][..])
        );
        assert_eq!(unlisted(b"NETLINK").as_deref(), Some(&[16, 0, 7, 3][..]));
        assert_eq!(unlisted(b"\xff"), None);
    }

    #[test]
    fn odd_lines_are_passed_over() {
        let text = format!(
            "{HEAD}\n x\n 0: 0:0 0:0 0A 0 0 0 0 0 1\n 0: zz000000:0016 00000000:0000 0A 0 0 0 0 0 1\n"
        );
        assert!(
            read(&[("tcp", &text), ("unix", "head\n1 2 3\n")])
                .tuples
                .is_empty()
        );
    }
}
