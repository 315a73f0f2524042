//! Where digests go as they are made: a file, syslog, a command that takes them to another machine.
//!
//! Each place has a thread and a queue of its own: one that does not take what it is given costs the recording nothing, and is told of.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use thiserror::Error;

use crate::privilege::{self, Work};

/// How many digests wait for a place: with one every ten seconds, ten minutes of a place that does not answer.
const WAITING: usize = 64;
/// How long it is waited at the end for a place to take what waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// Where syslog listens.
const SYSLOG: &str = "/dev/log";
/// Facility authpriv, severity notice, as syslog numbers them.
const PRIORITY: u32 = 10 * 8 + 5;

/// A place for digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file, which they are appended to.
    File(PathBuf),
    /// The log of the system.
    Syslog,
    /// A command of the shell, which reads them from its standard input.
    Command(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Syslog => f.write_str("syslog"),
            Place::Command(command) => write!(f, "|{command}"),
        }
    }
}

/// Reads `FILE`, `syslog` or `|COMMAND`.
pub fn parse_place(text: &str) -> Result<Place, String> {
    match text.strip_prefix('|').map(str::trim) {
        Some("") => Err("a command is missing behind `|`".to_owned()),
        Some(command) => Ok(Place::Command(command.to_owned())),
        None if text == "syslog" => Ok(Place::Syslog),
        None => Ok(Place::File(text.into())),
    }
}

/// A place cannot be used.
#[derive(Debug, Error)]
#[error("digests cannot go to {place}")]
pub struct AnchorError {
    /// The place.
    pub place: Place,
    /// What was said.
    pub source: io::Error,
}

/// The places, with what waits for them.
#[derive(Debug)]
pub struct Anchors {
    places: Vec<Sender>,
    unsent: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Sender {
    queue: SyncSender<String>,
    thread: JoinHandle<()>,
    child: Option<Child>,
    told: Arc<AtomicBool>,
    place: Place,
    notice: fn(&str),
}

impl Anchors {
    /// Opens the places; `None` where there are none.
    pub fn start(places: &[Place], notice: fn(&str)) -> Result<Option<Anchors>, AnchorError> {
        if places.is_empty() {
            return Ok(None);
        }
        let unsent = Arc::new(AtomicU64::new(0));
        let places = places.iter().map(|place| {
            Sender::start(place, &unsent, notice).map_err(|source| AnchorError {
                place: place.clone(),
                source,
            })
        });
        Ok(Some(Anchors {
            places: places.collect::<Result<_, _>>()?,
            unsent,
        }))
    }

    /// Sends a line to all places; none is waited for.
    pub fn send(&mut self, line: &str) {
        for place in &self.places {
            place.send(line, &self.unsent);
        }
    }

    /// Waits a moment for what waits. Returns how many lines did not reach a place.
    pub fn finish(self) -> u64 {
        let until = Instant::now() + PATIENCE;
        for place in self.places {
            place.finish(until, &self.unsent);
        }
        self.unsent.load(Ordering::Relaxed)
    }
}

impl Sender {
    fn start(place: &Place, unsent: &Arc<AtomicU64>, notice: fn(&str)) -> io::Result<Sender> {
        let (queue, lines) = sync_channel::<String>(WAITING);
        let told = Arc::new(AtomicBool::new(false));
        let (mut outlet, child) = Outlet::open(place)?;
        let worker = Worker {
            place: place.clone(),
            unsent: Arc::clone(unsent),
            told: Arc::clone(&told),
            notice,
        };
        let thread = thread::Builder::new().name("anchor".to_owned());
        let thread = thread.spawn(move || {
            privilege::keep_for(Work::Tell);
            worker.run(&lines, &mut outlet);
        })?;
        Ok(Sender {
            queue,
            thread,
            child,
            told,
            place: place.clone(),
            notice,
        })
    }

    fn send(&self, line: &str, unsent: &AtomicU64) {
        match self.queue.try_send(line.to_owned()) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                unsent.fetch_add(1, Ordering::Relaxed);
                tell(
                    &self.told,
                    self.notice,
                    &self.place,
                    "it does not take what it is given",
                );
            }
        }
    }

    fn finish(self, until: Instant, unsent: &AtomicU64) {
        let Sender {
            queue,
            thread,
            child,
            told,
            place,
            notice,
        } = self;
        drop(queue);
        while !thread.is_finished() && Instant::now() < until {
            thread::sleep(LOOK_INTERVAL);
        }
        if !thread.is_finished() {
            unsent.fetch_add(1, Ordering::Relaxed);
            tell(&told, notice, &place, "it does not take what it is given");
        }
        let Some(mut child) = child else { return };
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return,
                Ok(Some(status)) => {
                    unsent.fetch_add(1, Ordering::Relaxed);
                    return tell(&told, notice, &place, &status.to_string());
                }
                Ok(None) if Instant::now() < until => thread::sleep(LOOK_INTERVAL),
                Ok(None) => {
                    // What it has not passed on by now, nobody waits for.
                    let _ = child.kill();
                    let _ = child.wait();
                    return tell(&told, notice, &place, "it did not end");
                }
                Err(_) => return,
            }
        }
    }
}

/// Says once of a place that it fails.
fn tell(told: &AtomicBool, notice: fn(&str), place: &Place, why: &str) {
    if !told.swap(true, Ordering::Relaxed) {
        notice(&format!("digests do not reach {place}: {why}"));
    }
}

struct Worker {
    place: Place,
    unsent: Arc<AtomicU64>,
    told: Arc<AtomicBool>,
    notice: fn(&str),
}

impl Worker {
    fn run(&self, lines: &Receiver<String>, outlet: &mut Outlet) {
        for line in lines {
            if let Err(error) = outlet.write(&line) {
                self.unsent.fetch_add(1, Ordering::Relaxed);
                tell(&self.told, self.notice, &self.place, &error.to_string());
            }
        }
    }
}

/// An open place.
enum Outlet {
    File(File),
    Syslog(Option<UnixDatagram>),
    Command(std::process::ChildStdin),
}

impl Outlet {
    fn open(place: &Place) -> io::Result<(Outlet, Option<Child>)> {
        match place {
            Place::File(path) => {
                let flags = OFlags::CLOEXEC | OFlags::NOCTTY;
                let flags = i32::try_from(flags.bits()).unwrap_or_default();
                let mut options = OpenOptions::new();
                let options = options.append(true).create(true).mode(0o600);
                Ok((Outlet::File(options.custom_flags(flags).open(path)?), None))
            }
            Place::Syslog => Ok((Outlet::Syslog(Some(syslog()?)), None)),
            Place::Command(command) => {
                // Of a group of its own: what ends the recorder must not end it before the last digest.
                let mut child = Command::new("/bin/sh")
                    .args(["-c", command])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .process_group(0)
                    .spawn()?;
                let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
                Ok((Outlet::Command(input), Some(child)))
            }
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        match self {
            Outlet::File(file) => {
                file.write_all(format!("{line}\n").as_bytes())?;
                // A pipe or a terminal cannot be synced, and needs not be.
                let _ = file.sync_data();
                Ok(())
            }
            Outlet::Command(input) => input.write_all(format!("{line}\n").as_bytes()),
            Outlet::Syslog(socket) => {
                let pid = std::process::id();
                let message = format!("<{PRIORITY}>falco-record[{pid}]: {line}");
                let sent = socket
                    .as_ref()
                    .map(|socket| socket.send(message.as_bytes()));
                if !matches!(sent, Some(Ok(_))) {
                    // The daemon was begun anew, or is away.
                    *socket = syslog().ok();
                    let again = socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
                    again.send(message.as_bytes())?;
                }
                Ok(())
            }
        }
    }
}

fn syslog() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(SYSLOG)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn silent(_: &str) {}

    #[test]
    fn places_are_told_apart() {
        let check = |text, place| assert_eq!(parse_place(text).ok(), place, "{text}");
        check("syslog", Some(Place::Syslog));
        check("./syslog", Some(Place::File("./syslog".into())));
        check("| cat", Some(Place::Command("cat".to_owned())));
        check("|", None);
    }

    #[test]
    fn lines_reach_a_file_and_a_command() {
        let folder = tempfile::tempdir().expect("a directory");
        let (file, copy) = (folder.path().join("file"), folder.path().join("copy"));
        let places = [
            Place::File(file.clone()),
            Place::Command(format!("cat > {}", copy.display())),
        ];
        let mut anchors = Anchors::start(&places, silent)
            .expect("places")
            .expect("some");
        anchors.send("one");
        anchors.send("two");
        assert_eq!(anchors.finish(), 0);
        for path in [file, copy] {
            assert_eq!(fs::read_to_string(path).expect("a file"), "one\ntwo\n");
        }
    }

    #[test]
    fn a_place_that_takes_nothing_is_not_waited_for() {
        let places = [
            Place::Command("exec sleep 600".to_owned()),
            Place::Command("exit 3".to_owned()),
        ];
        let mut anchors = Anchors::start(&places, silent)
            .expect("places")
            .expect("some");
        let line = "x".repeat(4000);
        for _ in 0..WAITING * 4 {
            anchors.send(&line);
        }
        assert!(anchors.finish() > 1);
    }
}
