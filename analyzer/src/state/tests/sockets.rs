//! Sockets: ends, sides, names.

use super::*;
use crate::state::testing::{sockaddr_v4, tuple_v4};

const TCP: u8 = 6;
const UDP: u8 = 17;
const HERE: [u8; 4] = [10, 0, 0, 5];
const THERE: [u8; 4] = [192, 0, 2, 9];

fn socket(kind: i64) -> Story {
    Story::new().event(
        "socket",
        process(20),
        params![fd: 3, domain: 2, r#type: kind, proto: 0],
    )
}

fn connect(story: Story, result: i64) -> Story {
    story.event(
        "connect",
        process(20),
        params![
            res: result, fd: 3, addr: sockaddr_v4(THERE, 22),
            tuple: tuple_v4(TCP, (HERE, 40000), (THERE, 22)),
        ],
    )
}

#[test]
fn a_new_socket_has_no_ends() {
    socket(1).check(&[
        ("fd.type", "ipv4"),
        ("fd.name", ""),
        ("fd.l4proto", "<NA>"),
        ("fd.sip", "(absent)"),
        ("fd.connected", "false"),
        (
            "evt.args",
            "fd=3(<4>) domain=2(AF_INET) type=1 proto=0 flags=0(O_NONE)",
        ),
    ]);
}

#[test]
fn who_connects_is_the_client() {
    let story = connect(socket(1), 0);
    story.check(&[
        ("fd.name", "10.0.0.5:40000->192.0.2.9:22"),
        ("fd.cip", "10.0.0.5"),
        ("fd.cport", "40000"),
        ("fd.sip", "192.0.2.9"),
        ("fd.sport", "22"),
        ("fd.lip", "10.0.0.5"),
        ("fd.rport", "22"),
        ("fd.ip", "10.0.0.5 192.0.2.9"),
        ("fd.l4proto", "tcp"),
        ("fd.sproto", "ssh"),
        ("fd.is_server", "false"),
        ("fd.connected", "true"),
        ("fd.name_changed", "true"),
        ("fd.sockfamily", "ip"),
        ("evt.category", "net"),
    ]);
    connect(socket(1), -115).check(&[
        ("fd.sport", "22"),
        ("fd.connected", "true"),
        ("evt.res", "EINPROGRESS"),
    ]);
    connect(socket(1), -111).check(&[
        ("fd.name", ""),
        ("fd.sport", "(absent)"),
        ("evt.res", "ECONNREFUSED"),
        ("evt.arg.tuple", "NULL"),
    ]);
}

#[test]
fn a_pending_connection_is_settled_by_its_error() {
    let story = connect(socket(1), -115);
    let story = story.event(
        "getsockopt",
        process(20),
        params![res: 0, fd: 3, level: 1, optname: 4, val: vec![0; 4], optlen: 4],
    );
    story.check(&[
        ("fd.connected", "true"),
        ("evt.arg.optname", "SO_ERROR"),
        ("evt.arg.val", "0"),
    ]);
}

#[test]
fn who_is_bound_or_accepts_is_the_server() {
    let story = socket(1).event(
        "bind",
        process(20),
        params![res: 0, fd: 3, addr: sockaddr_v4(HERE, 8080), tuple: tuple_v4(TCP, (HERE, 8080), ([0; 4], 0))],
    );
    story.check(&[
        ("fd.name", "10.0.0.5:8080"),
        ("fd.sport", "8080"),
        ("fd.cport", "(absent)"),
        ("fd.lport", "(absent)"),
        ("fd.is_server", "true"),
        ("fd.l4proto", "tcp"),
    ]);
    let story = story.event(
        "accept4",
        process(20),
        params![fd: 4, listenfd: 3, tuple: tuple_v4(TCP, (HERE, 8080), (THERE, 50000)), flags: 0o2_000_000],
    );
    story.check(&[
        ("fd.name", "192.0.2.9:50000->10.0.0.5:8080"),
        ("fd.cip", "192.0.2.9"),
        ("fd.sport", "8080"),
        ("fd.lport", "8080"),
        ("fd.rip", "192.0.2.9"),
        ("fd.is_server", "true"),
        ("evt.arg.tuple", "192.0.2.9:50000->10.0.0.5:8080"),
        ("evt.arg.flags", "1000"),
    ]);
}

#[test]
fn a_datagram_names_its_ends() {
    let sent = socket(2).event(
        "sendto",
        process(20),
        params![
            res: 5, fd: 3, size: 5, addr: sockaddr_v4(THERE, 53),
            tuple: tuple_v4(UDP, (HERE, 33333), ([0; 4], 0)),
        ],
    );
    sent.check(&[
        ("fd.name", "10.0.0.5:33333->192.0.2.9:53"),
        ("fd.sport", "53"),
        ("fd.l4proto", "udp"),
        ("fd.is_server", "false"),
        ("evt.is_io_write", "true"),
        ("evt.arg.tuple", "10.0.0.5:33333->192.0.2.9:53"),
    ]);
    let received = sent.event(
        "recvfrom",
        process(20),
        params![
            res: 5, fd: 3, size: 512, addr: sockaddr_v4(THERE, 53),
            tuple: tuple_v4(UDP, (HERE, 33333), ([0; 4], 0)),
        ],
    );
    received.check(&[
        ("fd.name", "10.0.0.5:33333->192.0.2.9:53"),
        ("fd.name_changed", "false"),
        ("evt.io_dir", "read"),
    ]);
}

#[test]
fn a_bound_datagram_socket_serves() {
    let story = socket(2).event(
        "bind",
        process(20),
        params![res: 0, fd: 3, addr: sockaddr_v4([0; 4], 53)],
    );
    let story = story.event(
        "recvfrom",
        process(20),
        params![
            res: 5, fd: 3, size: 512, addr: sockaddr_v4(THERE, 4444),
            tuple: tuple_v4(UDP, (HERE, 53), ([0; 4], 0)),
        ],
    );
    story.check(&[
        ("fd.name", "192.0.2.9:4444->10.0.0.5:53"),
        ("fd.sport", "53"),
        ("fd.cport", "4444"),
        ("fd.is_server", "true"),
    ]);
}

#[test]
fn unix_sockets_have_their_path() {
    let mut tuple = vec![1, 0, 1, 1];
    tuple.extend(0x1f_u64.to_le_bytes());
    tuple.extend(0x20_u64.to_le_bytes());
    let story = Story::new().event(
        "socket",
        process(20),
        params![fd: 3, domain: 1, r#type: 1, proto: 0],
    );
    let story = story.event(
        "connect",
        process(20),
        params![res: 0, fd: 3, addr: "\u{1}\0/run/docker.sock\0", tuple: tuple],
    );
    story.check(&[
        ("fd.name", "1f->20 /run/docker.sock"),
        ("fd.type", "unix"),
        ("fd.sockfamily", "unix"),
        ("fd.sport", "(absent)"),
        ("evt.arg.addr", "/run/docker.sock"),
    ]);
}

#[test]
fn a_datagram_socket_without_an_address_has_the_interfaces() {
    let check = |to: [u8; 4], name: &str| {
        let interface = |story: Story, address: [u8; 4], prefix: i64| {
            story.seen(
                "state_interface",
                process(0),
                params![address: address.to_vec(), prefix: prefix],
            )
        };
        let story = interface(Story::new(), [127, 0, 0, 1], 8);
        let story = interface(story, [192, 0, 2, 7], 24);
        let story = interface(story, [10, 1, 2, 3], 16);
        let socket = params![fd: 3, domain: 2, r#type: 2, proto: 0];
        let story = story.event("socket", process(20), socket);
        let story = story.event(
            "sendto",
            process(20),
            params![
                res: 1, fd: 3, size: 1,
                tuple: tuple_v4(17, ([0; 4], 4000), ([0; 4], 0)),
                addr: sockaddr_v4(to, 53),
            ],
        );
        story.check(&[
            ("fd.name", name),
            ("fd.connected", "true"),
            ("fd.name_changed", "true"),
        ]);
    };
    check([127, 0, 0, 1], "127.0.0.1:4000->127.0.0.1:53");
    check([10, 1, 9, 9], "10.1.2.3:4000->10.1.9.9:53");
    check([8, 8, 8, 8], "192.0.2.7:4000->8.8.8.8:53");
}

#[test]
fn an_abstract_name_has_no_nul() {
    let mut address = vec![1, 0, 0];
    address.extend(b"shim\0rest");
    let story = Story::new().event(
        "socket",
        process(20),
        params![fd: 3, domain: 1, r#type: 1, proto: 0],
    );
    let bound = story.event(
        "bind",
        process(20),
        params![res: 0, fd: 3, addr: address.clone()],
    );
    bound.check(&[
        ("fd.name", "shim"),
        ("evt.args", "res=0 addr=shim fd=3(<u>shim)"),
    ]);
}

#[test]
fn a_unix_connection_gets_its_other_end_with_the_first_bytes() {
    let tuple = |peer: u64| {
        let mut bytes = vec![1, 0, 1, 1];
        bytes.extend(0x10_u64.to_le_bytes());
        bytes.extend(peer.to_le_bytes());
        bytes.extend(b"/run/x");
        bytes
    };
    let story = Story::new().event(
        "socket",
        process(20),
        params![fd: 3, domain: 1, r#type: 1, proto: 0],
    );
    let story = story.event(
        "connect",
        process(20),
        params![res: 0, fd: 3, tuple: tuple(0), addr: b"\x01\0/run/x\0".to_vec()],
    );
    story.check(&[("fd.name", "10->0 /run/x")]);
    let sent = story.event(
        "sendto",
        process(20),
        params![res: 1, fd: 3, size: 1, tuple: tuple(0x11)],
    );
    sent.check(&[("fd.name", "10->11 /run/x")]);
}

#[test]
fn a_socket_that_nothing_connects_is_not_connected_by_its_error() {
    let asked = socket(1).event(
        "getsockopt",
        process(20),
        params![res: 0, fd: 3, level: 1, optname: 4, val: vec![0; 4], optlen: 4],
    );
    asked.check(&[("fd.connected", "false"), ("evt.arg.val", "0")]);
}

#[test]
fn unix_datagrams_name_their_sockets() {
    let tuple = |own: u64, peer: u64, path: &str| {
        let mut bytes = vec![1, 0, 2, 1];
        bytes.extend(own.to_le_bytes());
        bytes.extend(peer.to_le_bytes());
        bytes.extend(path.as_bytes());
        bytes
    };
    let story = |fd: i64| {
        Story::new().event(
            "socket",
            process(20),
            params![fd: fd, domain: 1, r#type: 2, proto: 0],
        )
    };
    let transfer = |story: Story, call: &str, tuple: Vec<u8>, address: &str| {
        let address = format!("\u{1}\0{address}").into_bytes();
        let params = params![res: 1, fd: 3, size: 1, tuple: tuple, addr: address];
        story.event(call, process(20), params)
    };
    // Who sends without a connection names the other end in the call.
    let sent = transfer(story(3), "sendto", tuple(0x10, 0, ""), "/run/log");
    sent.check(&[
        ("fd.name", "10->0 /run/log"),
        ("fd.name_changed", "true"),
        ("evt.arg.tuple", "10->0 /run/log"),
    ]);
    let bound = story(3).event(
        "bind",
        process(20),
        params![res: 0, fd: 3, addr: "\u{1}\0/run/log"],
    );
    let received = transfer(bound, "recvfrom", tuple(0x11, 0, "/run/log"), "");
    received.check(&[
        ("fd.name", "0->11 /run/log"),
        ("fd.name_changed", "true"),
        ("evt.arg.tuple", "0->11 /run/log"),
    ]);
    // The other end of a pair that is closed has no number any more.
    let paired = transfer(story(3), "recvfrom", tuple(0x11, 0x12, ""), "");
    let ended = transfer(paired, "recvfrom", tuple(0x11, 0, ""), "");
    ended.check(&[("fd.name", "12->11 "), ("fd.name_changed", "false")]);
}

#[test]
fn a_tuple_has_two_ends_though_one_is_not_known() {
    let story = socket(2).event(
        "recvfrom",
        process(20),
        params![
            res: 5, fd: 3, size: 512,
            tuple: tuple_v4(UDP, (HERE, 53), ([0; 4], 0)),
        ],
    );
    story.check(&[("evt.arg.tuple", "0.0.0.0:0->10.0.0.5:53")]);
}
