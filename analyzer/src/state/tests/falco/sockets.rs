//! Sockets: their ends, who is client, and what Falco guesses.

use super::shell;
use crate::state::testing::falco::{address_v4, pair_v4};
use crate::state::testing::{Story, params};

const ME: [u8; 4] = [10, 0, 0, 5];
const PEER: [u8; 4] = [10, 0, 0, 9];
const NOBODY: [u8; 4] = [0, 0, 0, 0];
const STREAM: i64 = 1;
const DATAGRAM: i64 = 2;

fn with_socket(kind: i64) -> Story {
    shell().call(
        "socket",
        10,
        params![fd: 5, domain: 2, r#type: kind, proto: 0, flags: 0],
    )
}

#[test]
fn a_connection_names_its_client_first() {
    let connected =
        params![res: 0, tuple: pair_v4((ME, 4000), (PEER, 80)), fd: 5, addr: address_v4(PEER, 80)];
    let client = [
        ("fd.name", "10.0.0.5:4000->10.0.0.9:80"),
        ("fd.cip", "10.0.0.5"),
        ("fd.sport", "80"),
        ("fd.l4proto", "tcp"),
        ("fd.connected", "true"),
    ];
    with_socket(STREAM)
        .call("connect", 10, connected)
        .check(&client);
    let accepted = params![fd: 6, tuple: pair_v4((PEER, 4000), (ME, 80))];
    let accept = |story: Story, is_server| {
        story.call("accept4", 10, accepted.clone()).check(&[
            ("fd.name", "10.0.0.9:4000->10.0.0.5:80"),
            ("fd.cip", "10.0.0.9"),
            ("fd.sip", "10.0.0.5"),
            ("fd.is_server", is_server),
        ]);
    };
    // The server's end is told by the addresses of the host.
    accept(shell(), "false");
    let own =
        params![r#type: 1, name: "eth0", address: ME.to_vec(), netmask: vec![255, 255, 255, 0]];
    accept(shell().found("state_interface", (0, 0), own), "true");
    let failed = params![res: -111, tuple: pair_v4((ME, 4000), (PEER, 80)), fd: 5];
    with_socket(STREAM)
        .call("connect", 10, failed)
        .check(&[("fd.name", ""), ("fd.cip", "(absent)")]);
}

#[test]
fn the_begin_of_a_connect_is_believed_where_the_kernel_says_no_more() {
    const CONNECT: u16 = 22;
    let asked = || params![fd: 5, addr: address_v4(PEER, 443)];
    // The program changed its argument, and the tuple repeats the change.
    let forged =
        params![res: -115, tuple: pair_v4((ME, 4000), (ME, 80)), fd: 5, addr: address_v4(ME, 80)];
    with_socket(STREAM)
        .enter(CONNECT, 10, asked())
        .call("connect", 10, forged)
        .check(&[("fd.name", "10.0.0.5:4000->10.0.0.9:443")]);
    let told =
        params![res: 0, tuple: pair_v4((ME, 4000), (ME, 81)), fd: 5, addr: address_v4(ME, 80)];
    with_socket(STREAM)
        .enter(CONNECT, 10, asked())
        .call("connect", 10, told)
        .check(&[("fd.name", "10.0.0.5:4000->10.0.0.5:81")]);
}

#[test]
fn a_bound_socket_is_a_servers() {
    let bound = params![res: 0, addr: address_v4(NOBODY, 53), fd: 5];
    let story = with_socket(DATAGRAM).call("bind", 10, bound);
    story.check(&[
        ("fd.name", "0.0.0.0:53"),
        ("fd.sport", "53"),
        ("fd.cport", "(absent)"),
        ("fd.l4proto", "udp"),
        ("fd.typechar", "4"),
    ]);
    let got =
        params![res: 5, data: "hello", tuple: pair_v4((PEER, 4000), (ME, 53)), fd: 5, size: 5];
    let story = story.call("recvfrom", 10, got);
    story.check(&[
        ("fd.name", "10.0.0.9:4000->10.0.0.5:53"),
        ("fd.cip", "10.0.0.9"),
    ]);
    // A port of zero names the socket, and serves nobody.
    let bound = params![res: 0, addr: address_v4(ME, 0), fd: 5];
    with_socket(DATAGRAM)
        .call("bind", 10, bound)
        .check(&[("fd.name", "10.0.0.5:0"), ("fd.sport", "(absent)")]);
}

#[test]
fn whoever_sends_a_datagram_first_is_the_client() {
    let sent =
        params![res: 5, data: "hello", fd: 5, size: 5, tuple: pair_v4((ME, 4000), (PEER, 53))];
    with_socket(DATAGRAM).call("sendto", 10, sent).check(&[
        ("fd.name", "10.0.0.5:4000->10.0.0.9:53"),
        ("fd.cip", "10.0.0.5"),
    ]);
    let got =
        params![res: 5, data: "hello", tuple: pair_v4((PEER, 4000), (ME, 53)), fd: 5, size: 5];
    with_socket(DATAGRAM).call("recvfrom", 10, got).check(&[
        ("fd.name", "10.0.0.9:4000->10.0.0.5:53"),
        ("fd.sip", "10.0.0.5"),
    ]);
}

#[test]
fn a_descriptor_that_is_not_known_and_sends_is_a_datagram_socket() {
    let sent =
        params![res: 5, data: "hello", fd: 9, size: 5, tuple: pair_v4((ME, 4000), (PEER, 53))];
    shell().call("sendto", 10, sent).check(&[
        ("fd.name", "10.0.0.5:4000->10.0.0.9:53"),
        ("fd.l4proto", "udp"),
    ]);
}

#[test]
fn an_end_that_is_not_known_is_guessed_from_the_interfaces() {
    let interface = |address: [u8; 4], mask: [u8; 4]| params![r#type: 1, name: "eth0", address: address.to_vec(), netmask: mask.to_vec()];
    let sent =
        params![res: 5, data: "hello", fd: 5, size: 5, tuple: pair_v4((NOBODY, 1), (PEER, 53))];
    let socket = params![fd: 5, domain: 2, r#type: DATAGRAM, proto: 0, flags: 0];
    Story::falco()
        .found(
            "state_interface",
            (0, 0),
            interface([127, 0, 0, 1], [255, 0, 0, 0]),
        )
        .found("state_interface", (0, 0), interface(ME, [255, 255, 255, 0]))
        .call("socket", 10, socket)
        .call("sendto", 10, sent)
        .check(&[("fd.name", "10.0.0.5:1->10.0.0.9:53")]);
}

#[test]
fn sockets_that_were_found_serve_the_ports_that_are_listened_on() {
    let found = |fd: i64, own: u16, other: u16| {
        params![
            fd: fd, ino: fd, r#type: 3, sip: ME.to_vec(), dip: PEER.to_vec(), sport: i64::from(own),
            dport: i64::from(other), l4proto: 2,
        ]
    };
    let listener = params![fd: 3, ino: 3, r#type: 5, sip: NOBODY.to_vec(), sport: 80, l4proto: 2];
    let story = Story::falco()
        .found(
            "state_thread",
            (10, 10),
            params![ptid: 0, comm: "httpd", exe: "httpd"],
        )
        .found("state_fd", (10, 0), listener)
        .found("state_fd", (10, 0), found(4, 80, 4000))
        .found("state_fd", (10, 0), found(5, 4001, 443))
        .found("state_complete", (0, 0), params![]);
    let close = |fd: i64| params![res: 0, fd: fd];
    let story = story.call("close", 10, close(3));
    story.check(&[("fd.name", "0.0.0.0:80"), ("fd.sport", "80")]);
    let story = story.call("close", 10, close(4));
    story.check(&[
        ("fd.name", "10.0.0.9:4000->10.0.0.5:80"),
        ("fd.l4proto", "tcp"),
    ]);
    let story = story.call("close", 10, close(5));
    story.check(&[
        ("fd.name", "10.0.0.5:4001->10.0.0.9:443"),
        ("fd.cport", "4001"),
    ]);
}

#[test]
fn unix_sockets_are_named_after_both_ends_and_a_path() {
    let mut tuple = vec![1];
    tuple.extend(0xab_u64.to_le_bytes());
    tuple.extend(0xcd_u64.to_le_bytes());
    tuple.extend(b"/run/log\0");
    let socket = params![fd: 5, domain: 1, r#type: STREAM, proto: 0, flags: 0];
    let connected = params![res: 0, tuple: tuple.clone(), fd: 5];
    shell()
        .call("socket", 10, socket)
        .call("connect", 10, connected)
        .check(&[("fd.type", "unix"), ("fd.name", "ab->cd /run/log")]);
    let accepted = params![fd: 6, tuple: tuple];
    shell()
        .call("accept", 10, accepted)
        .check(&[("fd.name", "ab->cd /run/log")]);
}
