//! Addresses of the network interfaces of the recorder's own network namespace, asked for over netlink.
//!
//! Owns the request and the bounded parsing of the answer; rows go to the sink.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use falco_abi::events::state_interface;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use crate::row::{Row, RowSink, Subject};

const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const REQUEST_DUMP: u16 = 0x301;
const IFLA_IFNAME: u16 = 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
/// Bytes of a message's header (`struct nlmsghdr`).
const HEADER: usize = 16;
/// Bytes of `struct ifinfomsg`.
const LINK_BODY: usize = 16;
/// Bytes of `struct ifaddrmsg`.
const ADDRESS_BODY: usize = 8;
/// How much of an answer is taken at once, in bytes; the kernel sends at most 32 KiB.
const BUFFER: usize = 64 * 1024;
/// How many datagrams are taken for one answer.
const DATAGRAMS_MAX: usize = 4096;
/// How long the kernel may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    index: u32,
    prefix: u8,
    bytes: Vec<u8>,
}

/// Hands over a row per address.
pub(super) fn rows(net_ns: Option<u64>, time: u64, sink: &mut dyn RowSink) -> io::Result<()> {
    let names = names(&dump(RTM_GETLINK)?);
    for address in addresses(&dump(RTM_GETADDR)?) {
        let name = names.get(&address.index).map(Vec::as_slice);
        let mut row = Row::new(state_interface::EVENT, Subject::default(), time);
        row.uint(state_interface::net_ns, net_ns)
            .uint(state_interface::index, u64::from(address.index))
            .bytes(state_interface::name, name)
            .bytes(state_interface::address, address.bytes.as_slice())
            .uint(state_interface::prefix, u64::from(address.prefix));
        sink.row(&row);
    }
    Ok(())
}

/// Asks for everything of one kind and returns the answer's datagrams, joined.
fn dump(kind: u16) -> io::Result<Vec<u8>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // `NETLINK_ROUTE` is zero, the default protocol.
        None,
    )?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    rustix::net::sendto(
        &socket,
        &request(kind),
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 0),
    )?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; BUFFER];
    for _ in 0..DATAGRAMS_MAX {
        let (length, _) = rustix::net::recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let datagram = buffer.get(..length).unwrap_or_default();
        answer.extend_from_slice(datagram);
        if messages(datagram).any(|message| matches!(message.kind, NLMSG_DONE | NLMSG_ERROR)) {
            break;
        }
    }
    Ok(answer)
}

fn request(kind: u16) -> Vec<u8> {
    let length = u32::try_from(HEADER + LINK_BODY).unwrap_or_default();
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(REQUEST_DUMP.to_ne_bytes());
    bytes.extend(1_u32.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    // Family and the rest of the body: zero, that is all.
    bytes.resize(HEADER + LINK_BODY, 0);
    bytes
}

/// One netlink message.
struct Message<'a> {
    kind: u16,
    body: &'a [u8],
}

/// The messages of an answer; ends at the first that is cut short.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(take(bytes, 0)?)).ok()?;
        let kind = u16::from_ne_bytes(take(bytes, 4)?);
        let body = bytes.get(HEADER..length)?;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some(Message { kind, body })
    })
}

/// The attributes in a message behind its fixed part, each with its type.
fn attributes(body: &[u8], fixed: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut bytes = body.get(fixed..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(take(bytes, 0)?));
        let kind = u16::from_ne_bytes(take(bytes, 2)?);
        let value = bytes.get(4..length)?;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn names(answer: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let mut names = BTreeMap::new();
    for message in messages(answer).filter(|message| message.kind == RTM_NEWLINK) {
        let index = take(message.body, 4).map(u32::from_ne_bytes);
        let name = attributes(message.body, LINK_BODY).find(|(kind, _)| *kind == IFLA_IFNAME);
        if let (Some(index), Some((_, name))) = (index, name) {
            names.insert(index, name.strip_suffix(b"\0").unwrap_or(name).to_vec());
        }
    }
    names
}

fn addresses(answer: &[u8]) -> Vec<Address> {
    let mut found = Vec::new();
    for message in messages(answer).filter(|message| message.kind == RTM_NEWADDR) {
        let (Some(index), Some(prefix)) = (
            take(message.body, 4).map(u32::from_ne_bytes),
            message.body.get(1),
        ) else {
            continue;
        };
        // On point-to-point links `IFA_ADDRESS` is the other side; the own one is `IFA_LOCAL`.
        let of = |wanted| attributes(message.body, ADDRESS_BODY).find(|(kind, _)| *kind == wanted);
        if let Some((_, bytes)) = of(IFA_LOCAL).or_else(|| of(IFA_ADDRESS)) {
            found.push(Address {
                index,
                prefix: *prefix,
                bytes: bytes.to_vec(),
            });
        }
    }
    found
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(4 + value.len())
            .expect("short")
            .to_ne_bytes()
            .to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    fn message(kind: u16, fixed: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
        let body = [fixed, &attributes.concat()].concat();
        let mut bytes = u32::try_from(HEADER + body.len())
            .expect("short")
            .to_ne_bytes()
            .to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn the_own_side_of_a_link_is_its_address() {
        let mut fixed = vec![2, 24, 0, 0];
        fixed.extend(7_u32.to_ne_bytes());
        let both = [
            attribute(IFA_ADDRESS, &[10, 0, 0, 2]),
            attribute(IFA_LOCAL, &[10, 0, 0, 1]),
        ];
        let answer = [
            message(RTM_NEWADDR, &fixed, &both),
            message(NLMSG_DONE, &[0; 4], &[]),
        ]
        .concat();
        let expected = Address {
            index: 7,
            prefix: 24,
            bytes: vec![10, 0, 0, 1],
        };
        assert_eq!(addresses(&answer), [expected]);
    }

    #[test]
    fn names_come_without_their_nul() {
        let mut fixed = vec![0; LINK_BODY];
        fixed[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        let answer = message(RTM_NEWLINK, &fixed, &[attribute(IFLA_IFNAME, b"eth0\0")]);
        assert_eq!(
            names(&answer).get(&7).map(Vec::as_slice),
            Some(&b"eth0"[..])
        );
    }

    #[test]
    fn what_is_cut_short_ends_the_walk() {
        let mut fixed = vec![2, 24, 0, 0];
        fixed.extend(7_u32.to_ne_bytes());
        let whole = message(RTM_NEWADDR, &fixed, &[attribute(IFA_LOCAL, &[10, 0, 0, 1])]);
        for length in 0..whole.len() {
            assert!(addresses(&whole[..length]).is_empty());
        }
        assert!(addresses(&[0; 64]).is_empty());
    }

    #[test]
    fn this_machine_has_an_answer() {
        let mut found = Vec::new();
        match rows(Some(1), 2, &mut found) {
            Ok(()) => assert!(found.iter().all(|row| row.event == state_interface::EVENT)),
            Err(error) => println!("skipped: netlink is refused here: {error}"),
        }
    }
}
