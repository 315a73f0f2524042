//! Calls that move several messages: an event for each, with its own end, bytes and payload.

use std::mem::zeroed;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use falco_abi::limits::MESSAGES_MAX;
use falco_abi::plan::Limits;
use falco_abi::{LossReason, ParamStatus};

use super::activities::tell;
use super::frames::{Frame, Recorded, Recording};

/// How many messages one call moves beyond what becomes events.
const BEYOND: usize = 76;

/// Headers of messages, and what they point to.
struct Messages {
    headers: Vec<libc::mmsghdr>,
    _addresses: Vec<libc::sockaddr_in>,
    _vectors: Vec<libc::iovec>,
    _bytes: Vec<Vec<u8>>,
}

impl Messages {
    fn new(bytes: Vec<Vec<u8>>, ports: &[u16]) -> Messages {
        // SAFETY: all-zero is a valid address, and a valid header below.
        let blank: libc::sockaddr_in = unsafe { zeroed() };
        let address = |port: &u16| libc::sockaddr_in {
            sin_family: 2,
            sin_port: port.to_be(),
            sin_addr: libc::in_addr {
                s_addr: u32::from_ne_bytes([127, 0, 0, 1]),
            },
            ..blank
        };
        let mut addresses: Vec<_> = ports.iter().map(address).collect();
        let mut bytes = bytes;
        let vector = |bytes: &mut Vec<u8>| libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        let mut vectors: Vec<_> = bytes.iter_mut().map(vector).collect();
        let pairs = addresses.iter_mut().zip(&mut vectors);
        let header = |(address, vector): (&mut libc::sockaddr_in, &mut libc::iovec)| {
            // SAFETY: as above.
            let mut header: libc::mmsghdr = unsafe { zeroed() };
            header.msg_hdr.msg_name = (&raw mut *address).cast();
            header.msg_hdr.msg_namelen = 16;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header
        };
        Messages {
            headers: pairs.map(header).collect(),
            _addresses: addresses,
            _vectors: vectors,
            _bytes: bytes,
        }
    }

    fn send(&mut self, socket: &UdpSocket) -> i32 {
        let (headers, count) = (self.headers.as_mut_ptr(), self.headers.len() as u32);
        // SAFETY: the headers and what they point to live here.
        unsafe { libc::sendmmsg(socket.as_raw_fd(), headers, count, 0) }
    }

    fn receive(&mut self, socket: &UdpSocket) -> i32 {
        let (headers, count) = (self.headers.as_mut_ptr(), self.headers.len() as u32);
        let none = std::ptr::null_mut();
        // SAFETY: as above; there is no timeout.
        unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, libc::MSG_DONTWAIT, none) }
    }
}

fn local() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}

fn port(socket: &UdpSocket) -> u16 {
    socket.local_addr().unwrap().port()
}

/// Three datagrams to three ends, the same with a second that cannot be sent, none at all, a refusal; and three received from three ends.
pub(super) fn several() {
    let (own, others) = (local(), [local(), local(), local()]);
    let ports = [port(&others[0]), port(&others[1]), port(&others[2])];
    for (number, port) in ports.iter().enumerate() {
        tell(&format!("port{number}"), port);
    }
    let payloads = || vec![b"one".to_vec(), b"second".to_vec(), b"the third".to_vec()];
    assert_eq!(Messages::new(payloads(), &ports).send(&own), 3);
    let mut partly = Messages::new(payloads(), &ports);
    partly.headers[1].msg_hdr.msg_name = 8 as *mut libc::c_void;
    assert_eq!(partly.send(&own), 1);
    partly.headers.remove(0);
    assert_eq!(partly.send(&own), -1);
    assert_eq!(Messages::new(Vec::new(), &[]).send(&own), 0);
    for (socket, bytes) in others.iter().zip(payloads()) {
        socket.send_to(&bytes, own.local_addr().unwrap()).unwrap();
    }
    let room = vec![vec![0; 32]; 5];
    assert_eq!(Messages::new(room, &[0; 5]).receive(&own), 3);
}

/// More messages than become events, received by one call.
pub(super) fn more() {
    let (own, other) = (local(), local());
    let size: libc::c_int = 8 << 20;
    // SAFETY: the value is as long as it says.
    let set = unsafe {
        let value = (&raw const size).cast();
        let force = libc::SO_RCVBUFFORCE;
        libc::setsockopt(own.as_raw_fd(), libc::SOL_SOCKET, force, value, 4)
    };
    assert_eq!(set, 0);
    let count = MESSAGES_MAX + BEYOND;
    for _ in 0..count {
        other.send_to(b"x", own.local_addr().unwrap()).unwrap();
    }
    let mut room = Messages::new(vec![vec![0; 4]; count], &vec![0; count]);
    assert_eq!(room.receive(&own), i32::try_from(count).unwrap());
}

/// Two datagrams sent by a call of i386, whose headers are half as large.
#[cfg(target_arch = "x86_64")]
pub(super) fn several32() {
    use super::activities::{call32, low_page};
    const SENDMMSG: u64 = 20;
    let (own, others) = (local(), [local(), local()]);
    let page = low_page();
    let low = page as u32;
    let (headers, vectors, addresses, bytes, array) = (0_u32, 256, 512, 1024, 2048);
    let put = |at: u32, word: u32| {
        // SAFETY: every place lies in the page.
        unsafe { page.byte_add(at as usize).cast::<u32>().write(word) };
    };
    for (number, socket) in (0_u32..).zip(&others) {
        tell(&format!("port{number}"), port(socket));
        let address = addresses + 16 * number;
        put(address, u32::from(port(socket).to_be()) << 16 | 2);
        put(address + 4, u32::from_ne_bytes([127, 0, 0, 1]));
        put(bytes, u32::from_ne_bytes(*b"abcd"));
        put(vectors + 8 * number, low + bytes);
        put(vectors + 8 * number + 4, 2 + number);
        let header = headers + 32 * number;
        let words = [low + address, 16, low + vectors + 8 * number, 1];
        for (place, word) in (0_u32..).zip(words) {
            put(header + 4 * place, word);
        }
    }
    let arguments = [own.as_raw_fd() as u32, low + headers, 2, 0];
    for (place, argument) in (0_u32..).zip(arguments) {
        put(array + 4 * place, argument);
    }
    // getpid: whether there are such calls at all.
    if call32(20, 0, 0, 0) < 0 {
        return tell("none", 0);
    }
    assert_eq!(call32(102, SENDMMSG, u64::from(low + array), 0), 2);
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn several32() {
    tell("none", 0);
}

/// The result of a message, the port of its other end, and its payload.
fn shown(frame: &Frame) -> (Option<i64>, Option<u16>, String) {
    let (_, address) = frame.param("addr");
    let port = address.get(2..4);
    let port = port.map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    let (_, data) = frame.param("data");
    let data = String::from_utf8_lossy(data).into_owned();
    (frame.int("res"), port, data)
}

fn recording(events: &[&str]) -> Option<Recording> {
    let limits = Limits {
        payload: 80,
        env: 0,
    };
    Recording::start(events, |config| config.limits = limits)
}

#[track_caller]
fn check(recorded: &Recorded, event: &str, expected: &[(i64, Option<&str>, &str)]) {
    let frames = recorded.of(event);
    let found: Vec<_> = frames.iter().map(|frame| shown(frame)).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(result, port, data)| {
            let port = port.map(|word| recorded.told(word).parse().unwrap());
            (Some(*result), port, (*data).to_owned())
        })
        .collect();
    assert_eq!(found, expected, "{event}");
    let ascends = |pair: &[&Frame]| pair[0].time < pair[1].time;
    assert!(frames.windows(2).all(ascends));
}

#[test]
fn each_message_of_a_call_is_an_event() {
    let Some(mut recording) = recording(&["sendmmsg", "recvmmsg"]) else {
        return;
    };
    let recorded = recording.act("several_messages", "");
    assert!(recorded.succeeded, "{}", recorded.output);
    let sent = [
        (3, Some("port0"), "one"),
        (6, Some("port1"), "second"),
        (9, Some("port2"), "the third"),
        // The second fails: the call tells of the first alone.
        (3, Some("port0"), "one"),
        (-i64::from(libc::EFAULT), None, ""),
        (0, None, ""),
    ];
    check(&recorded, "sendmmsg", &sent);
    check(&recorded, "recvmmsg", &sent[..3]);
    let refused = recorded.of("sendmmsg")[4].param("data").0;
    assert_eq!(refused, ParamStatus::Absent);
}

#[test]
fn messages_of_32_bit_programs_are_told_apart_too() {
    let Some(mut recording) = recording(&["sendmmsg"]) else {
        return;
    };
    let recorded = recording.act("messages32", "");
    if recorded.output.contains("told none=") {
        println!("skipped: this kernel has no calls of 32-bit programs");
        return;
    }
    assert!(recorded.succeeded, "{}", recorded.output);
    let sent = [(2, Some("port0"), "ab"), (3, Some("port1"), "abc")];
    check(&recorded, "sendmmsg", &sent);
}

#[test]
fn what_lies_beyond_the_bound_is_counted() {
    let Some(mut recording) = recording(&["recvmmsg"]) else {
        return;
    };
    let recorded = recording.act("more_messages", "");
    assert!(recorded.succeeded, "{}", recorded.output);
    assert_eq!(recorded.of("recvmmsg").len(), MESSAGES_MAX);
    let losses = recording.probe.losses().unwrap();
    let lost: u64 = losses
        .iter()
        .filter(|loss| loss.reason == LossReason::TooManyMessages)
        .map(|loss| loss.count)
        .sum();
    assert!(lost >= BEYOND as u64, "{losses:?}");
    // Whatever else this machine does is in the sums too: every number is accounted for.
    for cpu in 0..recording.probe.cpus() {
        let state = recording.probe.cpu_state(cpu).unwrap();
        let lost: u64 = state.lanes.iter().map(|lane| lane.lost_total()).sum();
        let good: u64 = state.lanes.iter().map(|lane| lane.delivered).sum();
        assert_eq!(state.sequence, good + lost, "CPU {cpu}");
    }
}
