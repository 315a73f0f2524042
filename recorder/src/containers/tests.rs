//! Hostile bytes: whatever a runtime says, nothing panics or hangs, and what is made of it keeps within its limits.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use falco_format::container::Metadata;
use prost::Message;

use super::error::AskError;
use super::grpc::{Call, call};
use super::messages::{ContainerStatusResponse, Nothing, PodSandboxStatusResponse, RuntimeVersion};
use super::metadata::{JSON_MAX, to_json};
use super::{cri, engine, http, oci};

/// A generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A copy with some bytes changed, left out or repeated.
    fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut spoilt = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(spoilt.len());
            match self.below(4) {
                0 => spoilt.truncate(at),
                1 => spoilt.extend_from_within(at..),
                _ => {
                    let byte = self.next().to_le_bytes()[0];
                    if let Some(slot) = spoilt.get_mut(at) {
                        *slot = byte;
                    }
                }
            }
        }
        spoilt
    }
}

/// An honest answer and many spoilt copies of it.
fn answers(honest: &[u8], spoilt: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut numbers = Numbers(Numbers::SEED);
    let first = std::iter::once(honest.to_vec());
    first.chain((0..spoilt).map(move |_| numbers.spoil(honest)))
}

fn keeps_limits(metadata: &Metadata) {
    assert!(to_json(metadata).len() <= JSON_MAX);
}

#[test]
fn statuses_of_the_runtime_interface() {
    // A status with a name, a time, an image, a label and a mount; and what a verbose answer adds.
    let mut honest = b"\x0a\x52\x12\x05\x0a\x03web\x20\x80\x80\x80\x80\x80\x80\x80\x80\x10\
        \x42\x11\x0a\x0fdocker.io/a/b:1\x4a\x0asha256:777\x62\x0b\x0a\x03app\x12\x04shop\
        \x72\x0d\x0a\x05/data\x12\x04/srv"
        .to_vec();
    let length = u8::try_from(honest.len() - 2).expect("a short message");
    honest[1] = length;
    let decoded = ContainerStatusResponse::decode(&honest[..]).expect("a message");
    let status = decoded.status.expect("a status");
    assert_eq!((status.labels.len(), status.mounts.len()), (1, 1));
    for bytes in answers(&honest, 3000) {
        let mut metadata = Metadata::default();
        let container = ContainerStatusResponse::decode(&bytes[..]).unwrap_or_default();
        let sandbox = PodSandboxStatusResponse::decode(&bytes[..]).unwrap_or_default();
        cri::tell(&mut metadata, &container, &sandbox);
        keeps_limits(&metadata);
    }
}

#[test]
fn configurations_and_inspections() {
    let spec = br#"{"mounts":[{"destination":"/a","source":"/b","options":["ro"]}],"annotations":{"io.kubernetes.pod.name":"x"},"linux":{"namespaces":[{"type":"pid"}]}}"#;
    for bytes in answers(spec, 3000) {
        let mut metadata = Metadata::default();
        if let Ok(spec) = oci::Spec::parse(&bytes) {
            spec.tell(&mut metadata);
            spec.tell_annotations(&mut metadata);
        }
        keeps_limits(&metadata);
    }
    let inspection = br#"{"Id":"","Name":"/web","Config":{"Labels":{"a":"b"}},"Mounts":[{"Source":"/a"}],"NetworkSettings":{"Networks":{"b":{"IPAddress":"1.2.3.4"}}}}"#;
    for bytes in answers(inspection, 3000) {
        let mut metadata = Metadata::default();
        if let Ok(inspection) = super::json::parse(&bytes) {
            let result = engine::tell(&mut metadata, &inspection);
            assert!(result.is_ok() || metadata.name.is_none());
        }
        keeps_limits(&metadata);
    }
}

/// A peer that says these things, one to each connection, whatever it is asked.
struct Peer {
    socket: PathBuf,
    said: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// How long an exchange with a peer may take; all it says is there at once.
const TIME: Duration = Duration::from_secs(2);

impl Peer {
    fn saying(answers: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Peer {
        let folder = tempfile::tempdir().expect("a directory");
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let said = std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().expect("a connection");
                say(stream, &answer);
            }
        });
        Peer {
            socket,
            said,
            _folder: folder,
        }
    }
}

/// Says it once it was asked, and hears the other out. Whoever turns away early is right to.
fn say(mut stream: UnixStream, answer: &[u8]) {
    let _ = stream.set_read_timeout(Some(TIME));
    let _ = stream.read(&mut [0; 1 << 12]);
    let _ = stream.write_all(answer);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

#[track_caller]
fn check_http(answer: &[u8], expected: Result<&[u8], &str>) {
    let peer = Peer::saying(std::iter::once(answer.to_vec()));
    let found = http::get(&peer.socket, "/version", TIME);
    peer.said.join().expect("the peer");
    match (found, expected) {
        (Ok(body), Ok(expected)) => assert_eq!(body, expected),
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (found, _) => panic!("{found:?} instead of {expected:?}"),
    }
}

#[test]
fn answers_over_http() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: ";
    check_http(format!("{head}2\r\n\r\n{{}}").as_bytes(), Ok(b"{}"));
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    check_http(chunked.as_bytes(), Ok(b"{}"));
    check_http(format!("{head}9\r\n\r\n{{}}").as_bytes(), Err("broke"));
    let none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    check_http(none.as_bytes(), Err("not known"));
    let odd = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    check_http(odd.as_bytes(), Err("not known"));
    let refused = "HTTP/1.1 500 x\r\nContent-Length: 4\r\n\r\nwhy?";
    check_http(refused.as_bytes(), Err("status 500: why?"));
    check_http(b"SSH-2.0\r\n\r\n", Err("broke"));
    check_http(b"", Err("broke"));
    let mut long = format!("{head}{}\r\n\r\n", http::ANSWER_MAX + 1).into_bytes();
    long.resize(long.len() + http::ANSWER_MAX + 1, b' ');
    check_http(&long, Err("longer than"));
}

#[test]
fn spoilt_answers_over_http() {
    const COUNT: usize = 300;
    let honest = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: x\r\n\r\n{}";
    let peer = Peer::saying(answers(honest, COUNT));
    for _ in 0..=COUNT {
        if let Ok(body) = http::get(&peer.socket, "/version", TIME) {
            assert!(body.len() <= 2 * honest.len());
        }
    }
    peer.said.join().expect("the peer");
}

/// Settings, headers, a message with a version, trailers with a status: all that a server says to a call that succeeds.
const GRPC: &[u8] = b"\0\0\0\x04\0\0\0\0\0\
    \0\0\x01\x01\x04\0\0\0\x01\x88\
    \0\0\x0b\0\0\0\0\0\x01\0\0\0\0\x06\x1a\x041.6\n\
    \0\0\x0f\x01\x05\0\0\0\x01\x40\x0bgrpc-status\x010";

fn version(peer: &Peer) -> Result<RuntimeVersion, AskError> {
    let one = Call {
        method: "/a.B/C",
        metadata: None,
        message: Nothing {},
    };
    call(&peer.socket, one, TIME)
}

#[test]
fn answers_over_grpc() {
    const COUNT: usize = 300;
    let peer = Peer::saying(answers(GRPC, COUNT));
    let honest = version(&peer).expect("an answer");
    assert_eq!(honest.version, "1.6\n");
    for _ in 0..COUNT {
        match version(&peer) {
            Ok(answer) => assert!(answer.version.len() + answer.name.len() <= GRPC.len()),
            Err(error) => assert!(!error.is_absence() || matches!(error, AskError::NotOffered)),
        }
    }
    peer.said.join().expect("the peer");
}

#[test]
fn a_message_that_is_too_long_is_refused() {
    let mut answer = GRPC.to_vec();
    // The length that stands before the message: sixteen megabytes.
    let place = GRPC.windows(4).position(|part| part == b"\0\0\0\x06");
    answer[place.expect("a message")..][..4].copy_from_slice(b"\x01\0\0\0");
    let peer = Peer::saying(std::iter::once(answer));
    let error = version(&peer).expect_err("too long");
    assert!(matches!(error, AskError::Refused { .. }), "{error:?}");
    peer.said.join().expect("the peer");
}

#[test]
fn an_id_that_a_runtime_finds_malformed_is_no_failure_of_it() {
    let mut answer = GRPC.to_vec();
    *answer.last_mut().expect("a status") = b'3';
    let peer = Peer::saying(std::iter::once(answer));
    let error = version(&peer).expect_err("refused");
    assert!(!error.is_of_runtime(), "{error:?}");
    peer.said.join().expect("the peer");
}

#[test]
fn one_that_never_answers_costs_the_time_and_no_more() {
    let folder = tempfile::tempdir().expect("a directory");
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let time = Duration::from_millis(20);
    let error = http::get(&socket, "/version", time).expect_err("nobody speaks");
    assert!(matches!(error, AskError::Timeout), "{error:?}");
    let none = http::get(&folder.path().join("none"), "/version", time);
    assert!(none.expect_err("no socket").is_absence());
}
