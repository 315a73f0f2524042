//! Metrics for Prometheus, on request: an HTTP server that knows one answer.
//!
//! In: an address, and the shared numbers. Out: a page of text for each request, whatever it asks.
//! One connection at a time, each bounded in time and bytes, on a thread that has no capability: who scrapes slowly or sends nonsense costs the others a moment, and the recording nothing.

mod text;

use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::privilege::{self, Work};
use crate::stats::Stats;

/// How long a connection may take, to ask and to be answered.
const CONNECTION_MAX: Duration = Duration::from_secs(2);
/// How many bytes of a request are read: a scraper's heads are a few hundred.
const REQUEST_BYTES: usize = 8 << 10;
/// How long to wait after a connection that could not be taken, such as for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Where metrics are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a socket of the file system.
    Unix(PathBuf),
    /// At an address of the network.
    Tcp(SocketAddr),
}

/// Why no place is meant, or none can be had.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// It is neither form.
    #[error("`{0}` is neither `unix:PATH` nor an address with a port, such as 127.0.0.1:9469")]
    NoPlace(String),
    /// Nobody can listen there.
    #[error("cannot tell metrics at {place}")]
    Listen {
        /// Where.
        place: String,
        /// What was said.
        source: io::Error,
    },
}

/// Reads `unix:PATH` or `ADDRESS:PORT`.
pub fn parse_place(text: &str) -> Result<Place, MetricsError> {
    match text.strip_prefix("unix:") {
        Some("") => Err(MetricsError::NoPlace(text.to_owned())),
        Some(path) => Ok(Place::Unix(path.into())),
        None => text
            .parse()
            .map(Place::Tcp)
            .map_err(|_| MetricsError::NoPlace(text.to_owned())),
    }
}

/// A server that runs; dropping it takes its socket's name away.
#[derive(Debug)]
pub struct Server {
    path: Option<PathBuf>,
    /// Where it listens, of the network.
    pub address: Option<SocketAddr>,
}

impl Server {
    /// Listens, and answers from now on. The group may connect to a socket of the file system, else its owner alone.
    pub fn start(
        place: &Place,
        group: Option<u32>,
        stats: &Arc<Stats>,
    ) -> Result<Server, MetricsError> {
        let failed = |source| MetricsError::Listen {
            place: match place {
                Place::Unix(path) => path.display().to_string(),
                Place::Tcp(address) => address.to_string(),
            },
            source,
        };
        let stats = Arc::clone(stats);
        match place {
            Place::Unix(path) => {
                let listener = listen(path, group).map_err(failed)?;
                spawn(move || serve(|| listener.accept().map(|(stream, _)| stream), &stats))
                    .map_err(failed)?;
                Ok(Server {
                    path: Some(path.clone()),
                    address: None,
                })
            }
            Place::Tcp(address) => {
                let listener = TcpListener::bind(address).map_err(failed)?;
                let address = listener.local_addr().ok();
                spawn(move || serve(|| listener.accept().map(|(stream, _)| stream), &stats))
                    .map_err(failed)?;
                Ok(Server {
                    path: None,
                    address,
                })
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Listens at a path. A socket that a recorder left behind is replaced; anything else of that name stays.
fn listen(path: &Path, group: Option<u32>) -> io::Result<UnixListener> {
    let is_socket = |path: &Path| {
        let found = fs::symlink_metadata(path);
        found.is_ok_and(|found| found.file_type().is_socket())
    };
    if is_socket(path) {
        let answer = UnixStream::connect(path).map(drop);
        if !answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    let mode = if group.is_some() { 0o660 } else { 0o600 };
    chown(path, None, group)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let named = thread::Builder::new().name("metrics".to_owned());
    named.spawn(work).map(drop)
}

/// A connection whose reads and writes end.
trait Bounded: Read + Write {
    fn bound(&self, time: Duration) -> io::Result<()>;
}

impl Bounded for UnixStream {
    fn bound(&self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))?;
        self.set_write_timeout(Some(time))
    }
}

impl Bounded for std::net::TcpStream {
    fn bound(&self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))?;
        self.set_write_timeout(Some(time))
    }
}

/// Answers one after the other, as long as the program runs.
fn serve<S: Bounded>(accept: impl Fn() -> io::Result<S>, stats: &Stats) {
    privilege::keep_for(Work::Compress);
    loop {
        match accept() {
            // Who hangs up in between is nobody's trouble.
            Ok(stream) => drop(answer(stream, stats)),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

fn answer(mut stream: impl Bounded, stats: &Stats) -> io::Result<()> {
    let until = Instant::now() + CONNECTION_MAX;
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < REQUEST_BYTES {
        let rest = until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Ok(());
        }
        stream.bound(rest)?;
        match stream.read(&mut part)? {
            0 => break,
            length => request.extend_from_slice(part.get(..length).unwrap_or_default()),
        }
    }
    stream.bound(CONNECTION_MAX)?;
    let (status, body) = if request.starts_with(b"GET ") {
        ("200 OK", text::page(&stats.status()))
    } else {
        ("405 Method Not Allowed", String::new())
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn places() {
        let check = |text: &str, expected: Option<Place>| {
            assert_eq!(parse_place(text).ok(), expected, "{text}");
        };
        check("unix:/run/x", Some(Place::Unix("/run/x".into())));
        let address = SocketAddr::from(([127, 0, 0, 1], 9469));
        check("127.0.0.1:9469", Some(Place::Tcp(address)));
        check("[::1]:9469", "[::1]:9469".parse().ok().map(Place::Tcp));
        check("unix:", None);
        check("9469", None);
        check("localhost", None);
    }

    fn asked(mut stream: impl Read + Write, request: &[u8]) -> String {
        stream.write_all(request).expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text
    }

    #[test]
    fn it_answers_who_asks_and_survives_who_does_not() {
        let stats = Arc::new(Stats::default());
        stats.wrote(5, 50);
        let place = parse_place("127.0.0.1:0").expect("a place");
        let server = Server::start(&place, None, &stats).expect("a server");
        let address = server.address.expect("an address");
        let connect = || TcpStream::connect(address).expect("connected");
        drop(connect());
        let endless = vec![b'x'; REQUEST_BYTES];
        assert!(asked(connect(), &endless).starts_with("HTTP/1.1 405"));
        assert!(asked(connect(), b"POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
        // This one says nothing, and the next is served all the same.
        let silent = connect();
        let text = asked(connect(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        drop(silent);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        assert!(body.contains("\nfalco_record_events_total 5\n"), "{body}");
    }

    #[test]
    fn a_socket_is_private_replaced_where_nobody_listens_and_goes_at_the_end() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let path = folder.path().join("metrics");
        let stats = Arc::new(Stats::default());
        let place = Place::Unix(path.clone());
        drop(UnixListener::bind(&path).expect("bound"));
        let server = Server::start(&place, None, &stats).expect("a server");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let stream = UnixStream::connect(&path).expect("connected");
        assert!(asked(stream, b"GET / HTTP/1.1\r\n\r\n").contains("falco_record_"));
        let error = Server::start(&place, None, &stats).expect_err("it is taken");
        assert!(error.to_string().contains("metrics"), "{error}");
        drop(server);
        assert!(!path.exists());
        fs::write(&path, "somebody's").expect("written");
        assert!(Server::start(&place, None, &stats).is_err());
        assert_eq!(fs::read(&path).expect("there"), b"somebody's");
    }
}
