//! Sockets, their ends, and what goes through them.

use falco_abi::ParamStatus;
use falco_abi::frame::tuple;
use falco_abi::plan::Limits;

use super::frames::{Frame, Recorded, Recording};

/// Ports of an IP tuple: local, remote.
fn ports(tuple: &[u8]) -> (u16, u16) {
    let at = |place: usize| u16::from_le_bytes([tuple[place], tuple[place + 1]]);
    (at(4), at(6))
}

#[test]
fn sockets_tell_both_ends() {
    let events = ["connect", "accept", "accept4", "bind", "listen", "sendto"];
    let Some(mut recording) = Recording::start(&events, |_| {}) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let recorded = recording.act("sockets", directory.path().to_str().unwrap());
    assert!(recorded.succeeded, "{}", recorded.output);
    let port = |word: &str| recorded.told(word).parse::<u16>().unwrap();
    let connects = recorded.of("connect");
    let [v4, v6, unix] = connects[..] else {
        panic!("{} connects", connects.len());
    };
    check_ip(v4, &recorded, "v4", tuple::IPV4_LEN, &[127, 0, 0, 1]);
    let mut loopback = [0; 16];
    loopback[15] = 1;
    check_ip(v6, &recorded, "v6", tuple::IPV6_LEN, &loopback);
    let path = directory.path().join("socket");
    let path = path.to_str().unwrap();
    let (_, address) = unix.param("addr");
    assert_eq!(&address[2..2 + path.len()], path.as_bytes());
    let (_, bytes) = unix.param("tuple");
    assert_eq!(bytes[0], 1);
    let name = &bytes[tuple::UNIX_PATH..];
    assert_eq!(name.strip_suffix(b"\0").unwrap_or(name), path.as_bytes());
    assert_ne!(u64::from_le_bytes(bytes[4..12].try_into().unwrap()), 0);
    let accepts = recorded.of("accept");
    assert_eq!(accepts.len(), 2);
    for (accept, name) in accepts.iter().zip(["v4", "v6"]) {
        assert_eq!(accept.param("addr").0, ParamStatus::Absent);
        let ends = (
            port(&format!("{name}_server")),
            port(&format!("{name}_client")),
        );
        assert_eq!(ports(accept.param("tuple").1), ends);
        let fd = recorded.told(&format!("{name}_accepted")).parse().ok();
        assert_eq!(accept.int("fd"), fd);
    }
    let [sent] = recorded.of("sendto")[..] else {
        panic!("not one sendto");
    };
    assert_eq!(ports(sent.param("tuple").1).0, port("udp_local"));
    let (_, to) = sent.param("addr");
    assert_eq!(u16::from_be_bytes([to[2], to[3]]), port("udp_remote"));
    assert_eq!(sent.param("data").0, ParamStatus::Absent);
}

#[test]
fn an_accept_tells_who_still_waits() {
    let Some(mut recording) = Recording::start(&["accept4"], |_| {}) else {
        return;
    };
    let recorded = recording.act("queue", "");
    let [accept] = recorded.of("accept4")[..] else {
        panic!("not one accept");
    };
    assert_eq!(accept.int("queuelen"), Some(2));
    assert_eq!(accept.int("queuemax"), Some(7));
}

#[test]
fn a_refused_connection_keeps_its_own_port() {
    let Some(mut recording) = Recording::start(&["connect", "socketpair"], |_| {}) else {
        return;
    };
    let recorded = recording.act("refused", "");
    let [connect] = recorded.of("connect")[..] else {
        panic!("not one connect");
    };
    assert_eq!(connect.int("res"), Some(-115), "EINPROGRESS");
    let (own, other) = ports(connect.param("tuple").1);
    assert_ne!(own, 0);
    assert_eq!(Some(other), recorded.told("port").parse().ok());
    let [pair] = recorded.of("socketpair")[..] else {
        panic!("not one pair");
    };
    for name in ["source", "peer"] {
        assert_eq!(pair.int(name), recorded.told(name).parse().ok(), "{name}");
    }
}

fn check_ip(connect: &Frame, recorded: &Recorded, name: &str, length: usize, address: &[u8]) {
    let told = |word: &str| {
        recorded
            .told(&format!("{name}_{word}"))
            .parse::<u16>()
            .unwrap()
    };
    assert_eq!(connect.int("res"), Some(0));
    assert_eq!(connect.int("fd"), Some(i64::from(told("fd"))));
    let (status, bytes) = connect.param("tuple");
    assert_eq!((status, bytes.len()), (ParamStatus::Present, length));
    assert_eq!(ports(bytes), (told("client"), told("server")));
    assert_eq!(bytes[1], 6, "TCP");
    assert_eq!(&bytes[8..8 + address.len()], address);
    assert_eq!(&bytes[8 + address.len()..], address);
    let (_, sockaddr) = connect.param("addr");
    assert_eq!(
        u16::from_be_bytes([sockaddr[2], sockaddr[3]]),
        told("server")
    );
}

#[test]
fn payloads_are_recorded_when_asked_for() {
    let events = ["writev", "sendmsg", "read", "recvfrom"];
    let limits = Limits {
        payload: 10,
        env: 0,
    };
    let Some(mut recording) = Recording::start(&events, |config| config.limits = limits) else {
        return;
    };
    let recorded = recording.act("messages", "");
    assert!(recorded.succeeded, "{}", recorded.output);
    let payloads = |event: &str| -> Vec<(ParamStatus, Vec<u8>)> {
        let frames = recorded.of(event);
        let data = frames.iter().map(|frame| frame.param("data"));
        data.map(|(status, bytes)| (status, bytes.to_vec()))
            .collect()
    };
    let cut = |text: &[u8]| (ParamStatus::Truncated, text.to_vec());
    assert!(payloads("writev").contains(&cut(b"first seco")));
    assert!(payloads("sendmsg").contains(&cut(b"in a messa")));
    let mut read = payloads("read");
    read.extend(payloads("recvfrom"));
    assert!(read.contains(&cut(b"first seco")), "{read:?}");
}
