//! Calls that move several messages, to several ends and from several: wholly, partly and not at all.

use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use crate::kernel::call;

const MSG_DONTWAIT: i32 = 0x40;
/// Words of a `struct mmsghdr`.
const WORDS: usize = 8;
/// Where nothing lies: the kernel refuses it as an address.
const NOWHERE: usize = 8;
/// What is sent to each end.
const DATA: [&[u8]; 3] = [b"one", b"second", b"the third"];

/// All of it. Prints the own port and the others'.
pub(crate) fn act() {
    let [Some(own), Some(first), Some(second), Some(third)] = [(); 4].map(|()| local()) else {
        return;
    };
    let ends = [&first.0, &second.0, &third.0];
    let ports = ends.map(port).map(|port| port.to_string());
    println!("{} {}", port(&own.0), ports.join(" "));
    let addresses = ends.map(|socket| address(port(socket)));
    let mut vectors = DATA.map(|data| [data.as_ptr().expose_provenance(), data.len()]);
    let mut headers: Vec<usize> = addresses
        .iter()
        .zip(&mut vectors)
        .flat_map(|(address, vector)| header(address, vector))
        .collect();
    call!("sendmmsg", own.1, &mut headers[..], DATA.len(), 0);
    // The second cannot be sent: the call tells of the first. Then it is the first, and the call fails.
    if let Some(name) = headers.get_mut(WORDS) {
        *name = NOWHERE;
    }
    call!("sendmmsg", own.1, &mut headers[..], DATA.len(), 0);
    call!("sendmmsg", own.1, &mut headers[WORDS..], 1, 0);
    receive(&own, ends);
}

/// Receives from each end by one call that asks for more.
fn receive(own: &(UdpSocket, i64), ends: [&UdpSocket; 3]) {
    let Ok(to) = own.0.local_addr() else { return };
    for (socket, data) in ends.iter().zip(DATA) {
        // What is not sent is not received, which the test finds.
        let _ = socket.send_to(data, to);
    }
    let mut rooms = [[0_u8; 32]; 4];
    let addresses = [[0_u8; 16]; 4];
    let mut vectors = rooms
        .each_mut()
        .map(|room| [room.as_mut_ptr().expose_provenance(), room.len()]);
    let mut headers: Vec<usize> = addresses
        .iter()
        .zip(&mut vectors)
        .flat_map(|(address, vector)| header(address, vector))
        .collect();
    let count = rooms.len();
    call!("recvmmsg", own.1, &mut headers[..], count, MSG_DONTWAIT, 0);
}

/// A datagram socket of the loopback, and its descriptor.
fn local() -> Option<(UdpSocket, i64)> {
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    let fd = i64::from(socket.as_raw_fd());
    Some((socket, fd))
}

fn port(socket: &UdpSocket) -> u16 {
    socket.local_addr().map_or(0, |address| address.port())
}

/// A `struct sockaddr_in` of the loopback.
fn address(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    let [high, low] = port.to_be_bytes();
    let begin = [2, 0, high, low, 127, 0, 0, 1];
    address
        .iter_mut()
        .zip(begin)
        .for_each(|(byte, value)| *byte = value);
    address
}

/// A `struct mmsghdr` of one part.
fn header(address: &[u8], vector: &mut [usize; 2]) -> [usize; WORDS] {
    let name = address.as_ptr().expose_provenance();
    let vector = vector.as_mut_ptr().expose_provenance();
    [name, address.len(), vector, 1, 0, 0, 0, 0]
}
