//! Acts on sockets: of every family that needs no network, connected and not, with all the calls that send and receive.

use crate::kernel::call;

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const AF_NETLINK: i32 = 16;
const AF_PACKET: i32 = 17;
const SOCK_STREAM: i32 = 1;
const SOCK_DGRAM: i32 = 2;
const SOCK_RAW: i32 = 3;
const SOCK_NONBLOCK: i32 = 0o4_000;
const SOCK_CLOEXEC: i32 = 0o2_000_000;
const IPPROTO_ICMP: i32 = 1;
const MSG_DONTWAIT: i32 = 0x40;
const SOL_SOCKET: i32 = 1;
const SO_ERROR: i32 = 4;
const SO_TYPE: i32 = 3;
const SHUT_WR: i32 = 1;
/// The longest address here.
const ADDRESS_MAX: usize = 128;
/// Where nobody listens: the discard service.
const DISCARD: u16 = 9;
/// Bytes that are sent at a time.
const DATA: &[u8] = b"broad\0load";

/// All of them.
pub(crate) fn act() {
    stream(AF_INET, &ip(AF_INET, 0));
    stream(AF_INET6, &ip(AF_INET6, 0));
    stream(AF_UNIX, &unix("stream"));
    stream(AF_UNIX, &unix("\0abstract"));
    datagram(AF_INET, &ip(AF_INET, 0));
    datagram(AF_INET6, &ip(AF_INET6, 0));
    datagram(AF_UNIX, &unix("datagram"));
    unconnected(AF_INET, &ip(AF_INET, DISCARD));
    unconnected(AF_INET6, &ip(AF_INET6, DISCARD));
    pair();
    others();
    refused();
}

/// Opened now, used and closed later: what a snapshot finds.
pub(crate) struct Open(Vec<i64>);

impl Open {
    /// One of each kind.
    pub(crate) fn new() -> Open {
        let mut made = Vec::new();
        for (family, address) in [
            (AF_INET, ip(AF_INET, 0)),
            (AF_INET6, ip(AF_INET6, 0)),
            (AF_UNIX, unix("early")),
            (AF_UNIX, unix("\0early")),
        ] {
            let server = call!("socket", family, SOCK_STREAM, 0);
            call!("bind", server, &address[..], address.len());
            call!("listen", server, 4);
            let address = own_address(server);
            let client = call!("socket", family, SOCK_STREAM, 0);
            call!("connect", client, &address[..], address.len());
            let accepted = call!("accept4", server, 0, 0, 0);
            made.extend([server, client, accepted]);
            let bound = call!("socket", family, SOCK_DGRAM, 0);
            made.push(bound);
        }
        for family in [AF_INET, AF_INET6] {
            let address = ip(family, DISCARD);
            let connected = call!("socket", family, SOCK_DGRAM, 0);
            call!("connect", connected, &address[..], address.len());
            let unconnected = call!("socket", family, SOCK_STREAM, 0);
            made.extend([connected, unconnected]);
        }
        made.push(call!("socket", AF_INET, SOCK_RAW, IPPROTO_ICMP));
        made.push(call!("socket", AF_NETLINK, SOCK_RAW, 0));
        Open(made)
    }

    /// Does something with each, and closes it.
    pub(crate) fn use_and_close(self) {
        for fd in self.0 {
            send(fd, &[]);
            receive(fd);
            call!("close", fd);
        }
    }
}

fn stream(family: i32, address: &[u8]) {
    let server = call!("socket", family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    call!("bind", server, address, address.len());
    call!("listen", server, 4);
    let address = own_address(server);
    for accept in ["accept", "accept4"] {
        let client = call!("socket", family, SOCK_STREAM, 0);
        call!("connect", client, &address[..], address.len());
        let mut peer = [0_u8; ADDRESS_MAX];
        let mut length = [ADDRESS_MAX];
        let accepted = crate::kernel::by_name(
            accept,
            [
                server.into(),
                (&mut peer[..]).into(),
                (&mut length[..]).into(),
                SOCK_CLOEXEC.into(),
            ],
        );
        send(client, &[]);
        receive(accepted);
        send(accepted, &[]);
        receive(client);
        call!("shutdown", client, SHUT_WR);
        options(client);
        call!("close", client);
        call!("close", accepted);
    }
    call!("close", server);
}

fn datagram(family: i32, address: &[u8]) {
    let receiver = call!("socket", family, SOCK_DGRAM, 0);
    call!("bind", receiver, address, address.len());
    let address = own_address(receiver);
    let sender = call!("socket", family, SOCK_DGRAM, 0);
    send(sender, &address);
    receive(receiver);
    let connected = call!("socket", family, SOCK_DGRAM, 0);
    call!("connect", connected, &address[..], address.len());
    send(connected, &[]);
    receive(receiver);
    for fd in [receiver, sender, connected] {
        call!("close", fd);
    }
}

/// A datagram to where nobody is, from a socket that was never bound.
fn unconnected(family: i32, address: &[u8]) {
    let sender = call!("socket", family, SOCK_DGRAM, 0);
    call!(
        "sendto",
        sender,
        DATA,
        DATA.len(),
        0,
        address,
        address.len()
    );
    call!("close", sender);
}

/// Sends by every call.
fn send(fd: i64, address: &[u8]) {
    call!(
        "sendto",
        fd,
        DATA,
        DATA.len(),
        MSG_DONTWAIT,
        address,
        address.len()
    );
    let mut vector = [DATA.as_ptr().expose_provenance(), DATA.len()];
    let mut message = message(address, &mut vector);
    call!("sendmsg", fd, &mut message[..], MSG_DONTWAIT);
    call!("sendmmsg", fd, &mut message[..], 1, MSG_DONTWAIT);
}

/// Receives by every call.
fn receive(fd: i64) {
    let mut room = [0_u8; 64];
    let mut address = [0_u8; ADDRESS_MAX];
    let mut length = [ADDRESS_MAX];
    call!(
        "recvfrom",
        fd,
        &mut room[..],
        64,
        MSG_DONTWAIT,
        &mut address[..],
        &mut length[..]
    );
    let mut vector = [room.as_mut_ptr().expose_provenance(), room.len()];
    for call in ["recvmsg", "recvmmsg"] {
        let mut message = message(&address, &mut vector);
        let (flags, count) = match call {
            "recvmsg" => (0, MSG_DONTWAIT),
            _ => (MSG_DONTWAIT, 1),
        };
        crate::kernel::by_name(
            call,
            [
                fd.into(),
                (&mut message[..]).into(),
                count.into(),
                flags.into(),
            ],
        );
    }
}

/// A message of one part, with room for the length that calls of many messages write behind it.
fn message(address: &[u8], vector: &mut [usize; 2]) -> [usize; 8] {
    let vector = vector.as_mut_ptr().expose_provenance();
    let name = match address.len() {
        0 => 0,
        _ => address.as_ptr().expose_provenance(),
    };
    [name, address.len(), vector, 1, 0, 0, 0, 0]
}

fn options(fd: i64) {
    let mut value = [0_u8; 4];
    for option in [SO_ERROR, SO_TYPE, -1] {
        let mut length = [value.len()];
        call!(
            "getsockopt",
            fd,
            SOL_SOCKET,
            option,
            &mut value[..],
            &mut length[..]
        );
    }
}

fn pair() {
    let mut ends = [0_u8; 8];
    call!(
        "socketpair",
        AF_UNIX,
        SOCK_STREAM | SOCK_CLOEXEC,
        0,
        &mut ends[..]
    );
    call!("socketpair", AF_INET, SOCK_STREAM, 0, &mut [0_u8; 8][..]);
    let ends: Vec<i64> = ends
        .chunks_exact(4)
        .filter_map(|end| end.first_chunk())
        .map(|end| i64::from(i32::from_ne_bytes(*end)))
        .collect();
    if let [one, other] = ends[..] {
        send(one, &[]);
        receive(other);
        call!("close", one);
        call!("close", other);
    }
}

fn others() {
    let netlink = call!("socket", AF_NETLINK, SOCK_RAW, 0);
    let address = [AF_NETLINK as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    call!("bind", netlink, &address[..], address.len());
    receive(netlink);
    call!("close", netlink);
    for (family, kind, protocol) in [
        (AF_INET, SOCK_RAW, IPPROTO_ICMP),
        (AF_PACKET, SOCK_DGRAM, 0),
    ] {
        let fd = call!("socket", family, kind, protocol);
        options(fd);
        call!("close", fd);
    }
}

fn refused() {
    call!("socket", -1, SOCK_STREAM, 0);
    call!("accept", 77, 0, 0);
    call!("accept4", 77, 0, 0, SOCK_NONBLOCK);
    call!("listen", 77, 1);
    call!("shutdown", 77, SHUT_WR);
    let fd = call!("socket", AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    call!("accept", fd, 0, 0);
    call!("bind", fd, &ip(AF_INET, 0)[..], 3);
    let nobody = ip(AF_INET, DISCARD);
    call!("connect", fd, &nobody[..], nobody.len());
    call!("close", fd);
    let fd = call!("socket", AF_UNIX, SOCK_STREAM, 0);
    let nobody = unix("nobody");
    call!("connect", fd, &nobody[..], nobody.len());
    send(fd, &nobody);
    call!("close", fd);
    call!("connect", 77, &nobody[..], nobody.len());
}

fn own_address(fd: i64) -> Vec<u8> {
    let mut address = vec![0; ADDRESS_MAX];
    let mut length = [ADDRESS_MAX];
    call!("getsockname", fd, &mut address[..], &mut length[..]);
    address.truncate(length[0]);
    address
}

/// A `struct sockaddr_in` or `sockaddr_in6` of the loopback.
fn ip(family: i32, port: u16) -> Vec<u8> {
    let mut bytes = (family as u16).to_ne_bytes().to_vec();
    bytes.extend(port.to_be_bytes());
    if family == AF_INET {
        bytes.extend([127, 0, 0, 1]);
        bytes.resize(16, 0);
    } else {
        bytes.resize(8 + 15, 0);
        bytes.push(1);
        bytes.resize(28, 0);
    }
    bytes
}

/// A `struct sockaddr_un` of a path in the working directory, or of an abstract name of this process's own.
fn unix(name: &str) -> Vec<u8> {
    let mut bytes = (AF_UNIX as u16).to_ne_bytes().to_vec();
    bytes.extend(name.bytes());
    match name.starts_with('\0') {
        true => bytes.extend(format!("-{}", std::process::id()).bytes()),
        false => bytes.push(0),
    }
    bytes
}
