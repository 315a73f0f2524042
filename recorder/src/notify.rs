//! The service manager: told that recording has begun, how it goes, that the recorder is alive, and that it ends.
//!
//! In: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`, as systemd and its like set them. Out: datagrams to that socket.
//! Nothing is read from it and nothing is waited for; where nobody takes a message, recording goes on.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The variables that speak to this program alone: a command that is recorded must not answer in its place.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The service manager that started this program.
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// How long it waits for a sign of life.
    pub watchdog: Option<Duration>,
}

impl Manager {
    /// The manager that the environment names, if it names one.
    pub fn of_environment() -> io::Result<Option<Manager>> {
        let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let text = |name| env::var(name).ok();
        let watchdog = watchdog(
            text("WATCHDOG_USEC").as_deref(),
            text("WATCHDOG_PID").as_deref(),
            std::process::id(),
        );
        Manager::at(&name, watchdog).map(Some)
    }

    /// The manager that listens there: at a path, or at an abstract name where it begins with `@`.
    pub fn at(name: &OsStr, watchdog: Option<Duration>) -> io::Result<Manager> {
        let address = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Manager {
            socket,
            address,
            watchdog,
        })
    }

    /// Recording has begun.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The recorder is alive.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// The recorder seals what it has, and ends.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// How it goes, in one line.
    pub fn status(&self, line: &str) {
        let line: String = line.chars().filter(|one| !one.is_control()).collect();
        self.tell(&format!("STATUS={line}"));
    }

    fn tell(&self, message: &str) {
        // A manager that is busy or gone is no reason to stop recording.
        let _ = self.socket.send_to_addr(message.as_bytes(), &self.address);
    }
}

/// How long the manager waits for a sign of life of this process; `None` where it waits for none.
fn watchdog(microseconds: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    if pid.is_some_and(|pid| pid.trim().parse() != Ok(own)) {
        return None;
    }
    let microseconds = microseconds?.trim().parse().ok()?;
    Some(Duration::from_micros(microseconds)).filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_at_a_path_and_at_an_abstract_name() {
        let check = |name: &OsStr, bound: UnixDatagram| {
            let manager = Manager::at(name, None).expect("a manager");
            manager.ready();
            manager.status("one\nREADY=1");
            manager.alive();
            manager.stopping();
            let mut buffer = [0; 256];
            for expected in ["READY=1", "STATUS=oneREADY=1", "WATCHDOG=1", "STOPPING=1"] {
                let length = bound.recv(&mut buffer).expect("a message");
                assert_eq!(&buffer[..length], expected.as_bytes());
            }
        };
        let folder = tempfile::tempdir().expect("a scratch directory");
        let path = folder.path().join("notify");
        check(path.as_os_str(), UnixDatagram::bind(&path).expect("bound"));
        let name = format!("falco-record-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let bound = UnixDatagram::bind_addr(&address).expect("bound");
        check(OsStr::new(&format!("@{name}")), bound);
    }

    #[test]
    fn a_manager_that_is_gone_is_no_trouble_and_a_wrong_name_is() {
        Manager::at(OsStr::new("/nowhere/notify"), None)
            .expect("a manager")
            .ready();
        assert!(Manager::at(OsStr::new("vsock:2:1"), None).is_err());
    }

    #[test]
    fn the_watchdog_is_of_this_process_alone() {
        let check = |microseconds, pid, expected: Option<u64>| {
            let expected = expected.map(Duration::from_micros);
            assert_eq!(watchdog(microseconds, pid, 7), expected);
        };
        check(Some("30000000"), None, Some(30_000_000));
        check(Some("30000000"), Some("7"), Some(30_000_000));
        check(Some("30000000"), Some("8"), None);
        check(Some("0"), None, None);
        check(Some("much"), None, None);
        check(None, Some("7"), None);
    }
}
