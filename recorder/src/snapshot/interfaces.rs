//! Addresses of the network interfaces of the recorder's own network namespace, asked for over netlink.
//!
//! Owns the question and what of the answer is asked for; messages and attributes are taken apart by a library, and rows go to the sink.

use std::collections::BTreeMap;
use std::io;
use std::iter::successors;
use std::time::Duration;

use falco_abi::events::state_interface;
use netlink_packet_core::{
    Emitable as _, NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NlasIterator,
};
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
const IFLA_IFNAME: u16 = 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
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
        let is_last =
            |message: Message<'_>| matches!(message.message_type(), NLMSG_DONE | NLMSG_ERROR);
        if messages(datagram).any(is_last) {
            break;
        }
    }
    Ok(answer)
}

fn request(kind: u16) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    // Family and the rest of the body: zero, that is all.
    let mut bytes = vec![0; header.buffer_len() + LINK_BODY];
    header.length = u32::try_from(bytes.len()).unwrap_or_default();
    header.message_type = kind;
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    header.sequence_number = 1;
    header.emit(&mut bytes);
    bytes
}

/// One netlink message, which is known to be whole.
type Message<'a> = NetlinkBuffer<&'a [u8]>;

/// The messages of an answer; ends at the first that is cut short.
fn messages(bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let first = move |bytes| NetlinkBuffer::new_checked(bytes).ok();
    successors(first(bytes), move |before: &Message<'_>| {
        let length = usize::try_from(before.length()).ok()?;
        first(before.buffer.get(length.checked_next_multiple_of(4)?..)?)
    })
}

/// An attribute of a message behind its fixed part.
fn attribute(message: &Message<'_>, fixed: usize, kind: u16) -> Option<Vec<u8>> {
    let attributes = NlasIterator::new(message.payload().get(fixed..)?);
    let mut whole = attributes.map_while(Result::ok);
    let found = whole.find(|attribute| attribute.kind() == kind)?;
    Some(found.value().to_vec())
}

/// The number of the interface that a message is about: the second word of either fixed part.
fn index(message: &Message<'_>) -> Option<u32> {
    let bytes = message.payload().get(4..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

fn names(answer: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let links = messages(answer).filter(|message| message.message_type() == RTM_NEWLINK);
    let named = links.filter_map(|link| {
        let name = attribute(&link, LINK_BODY, IFLA_IFNAME)?;
        let name = name.strip_suffix(b"\0").unwrap_or(&name);
        Some((index(&link)?, name.to_vec()))
    });
    named.collect()
}

fn addresses(answer: &[u8]) -> Vec<Address> {
    let found = messages(answer).filter(|message| message.message_type() == RTM_NEWADDR);
    let addresses = found.filter_map(|message| {
        // On point-to-point links `IFA_ADDRESS` is the other side; the own one is `IFA_LOCAL`.
        let of = |kind| attribute(&message, ADDRESS_BODY, kind);
        Some(Address {
            index: index(&message)?,
            prefix: *message.payload().get(1)?,
            bytes: of(IFA_LOCAL).or_else(|| of(IFA_ADDRESS))?,
        })
    });
    addresses.collect()
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::DefaultNla;

    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let attribute = DefaultNla::new(kind, value.to_vec());
        let mut bytes = vec![0; attribute.buffer_len()];
        attribute.emit(&mut bytes);
        bytes
    }

    fn message(kind: u16, fixed: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut header = NetlinkHeader::default();
        let mut bytes = vec![0; header.buffer_len()];
        bytes.extend(fixed);
        bytes.extend(attributes.concat());
        header.length = u32::try_from(bytes.len()).expect("short");
        header.message_type = kind;
        header.emit(&mut bytes);
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

    /// No bytes make it panic or go round for ever, whatever their lengths say.
    #[test]
    fn lengths_that_lie_end_the_walk() {
        let fixed = [2, 24, 0, 0, 7, 0, 0, 0];
        let whole = message(RTM_NEWADDR, &fixed, &[attribute(IFA_LOCAL, &[10, 0, 0, 1])]);
        let header = NetlinkHeader::default().buffer_len();
        let two = [whole.clone(), whole.clone()].concat();
        for (place, length) in [(0, 4), (header + ADDRESS_BODY, 2)] {
            for lie in [0_u32, 1, 3, 15, 17, 37, 1 << 15, u32::MAX] {
                let mut bytes = two.clone();
                bytes[place..place + length].copy_from_slice(&lie.to_ne_bytes()[..length]);
                assert!(addresses(&bytes).len() <= 2);
                assert!(names(&bytes).is_empty());
            }
        }
        assert_eq!(addresses(&two).len(), 2);
    }

    /// What the kernel tells over netlink is what it tells elsewhere: of IPv6 in a file, and a socket can be bound to an address of IPv4.
    #[test]
    fn this_machine_has_these_addresses() {
        let mut rows = Vec::new();
        if let Err(error) = super::rows(Some(1), 2, &mut rows) {
            println!("skipped: netlink is refused here: {error}");
            return;
        }
        let value = |row: &Row, parameter: usize| row.values[parameter].bytes.clone();
        let mut found = Vec::new();
        for row in &rows {
            let address = value(row, state_interface::address);
            match <[u8; 4]>::try_from(address.as_slice()) {
                Ok(address) => {
                    let bound = std::net::UdpSocket::bind((std::net::Ipv4Addr::from(address), 0));
                    bound.expect("an address of this machine");
                }
                Err(_) => found.push((
                    String::from_utf8(value(row, state_interface::name)).expect("text"),
                    value(row, state_interface::index)[0],
                    address,
                    value(row, state_interface::prefix)[0],
                )),
            }
        }
        let text = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        let hex = |word: &str| u8::from_str_radix(word, 16).expect("hexadecimal");
        let mut expected: Vec<_> = text
            .lines()
            .map(|line| {
                let words: Vec<&str> = line.split_ascii_whitespace().collect();
                let bytes = (0..32).step_by(2).map(|at| hex(&words[0][at..at + 2]));
                let bytes: Vec<u8> = bytes.collect();
                (words[5].to_owned(), hex(words[1]), bytes, hex(words[2]))
            })
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}
