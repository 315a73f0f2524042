//! Ends of sockets: by side, by position, by service.

use crate::state::testing::{Story, params, process};

/// The kernel's address of an IPv4 end.
fn inet(address: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![2, 0];
    bytes.extend(port.to_be_bytes());
    bytes.extend(address);
    bytes.extend([0; 8]);
    bytes
}

#[test]
fn a_client_knows_its_server() {
    let story = Story::new()
        .event(
            "socket",
            process(20),
            params![fd: 3, domain: 2, r#type: 1, proto: 0],
        )
        .event(
            "connect",
            process(20),
            params![res: 0, fd: 3, addr: inet([10, 0, 0, 9], 22)],
        );
    story.check(&[
        ("fd.sip", "10.0.0.9"),
        ("fd.snet", "10.0.0.9"),
        ("fd.sport", "22"),
        ("fd.sproto", "ssh"),
        ("fd.proto", "22"),
        ("fd.cproto", "(absent)"),
        ("fd.cnet", "(absent)"),
        ("fd.lnet", "(absent)"),
        ("fd.rnet", "10.0.0.9"),
        ("fd.lproto", "(absent)"),
        ("fd.rproto", "ssh"),
        ("fd.cip.name", "(absent)"),
        ("fd.sip.name", "(absent)"),
        ("fd.lip.name", "(absent)"),
        ("fd.rip.name", "(absent)"),
    ]);
}
