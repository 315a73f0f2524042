//! The runtimes of this host, and in which order they are asked about a container.
//!
//! Owns who is asked, and the patience with those that do not answer: after some failures a runtime rests, so that one that hangs costs its time only now and then.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::disk::{self, Directories};
use super::error::{AskError, harmless};
use super::subject::Subject;
use super::{containerd, cri, engine};
use falco_abi::container::Runtime;
use falco_format::container::Metadata;

/// How long one request may take. An honest answer takes milliseconds; one that took a second came too late for most uses.
const REQUEST_MAX: Duration = Duration::from_secs(1);
/// After how many questions in a row that it did not answer a runtime rests.
const FAILURES_MAX: u32 = 3;
/// How long it rests.
pub(super) const REST: Duration = Duration::from_secs(30);
/// containerd's namespaces in which a container is looked for whose path tells none: Kubernetes' and the default.
const NAMESPACES: [&str; 2] = ["k8s.io", "default"];

/// A language that runtimes speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Kubernetes' Container Runtime Interface.
    Cri,
    /// containerd's own.
    Containerd,
    /// Docker's API.
    Docker,
    /// Podman's API.
    Podman,
}

impl Interface {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Interface::Cri => "CRI",
            Interface::Containerd => "containerd",
            Interface::Docker => "docker",
            Interface::Podman => "podman",
        }
    }

    /// The name and version of whoever listens.
    pub fn version(self, socket: &Path) -> Result<String, AskError> {
        match self {
            Interface::Cri => cri::version(socket, REQUEST_MAX),
            Interface::Containerd => containerd::version(socket, REQUEST_MAX),
            Interface::Docker => engine::docker_version(socket, REQUEST_MAX),
            Interface::Podman => engine::podman_version(socket, REQUEST_MAX),
        }
    }

    fn container(self, socket: &Path, subject: &Subject) -> Result<Metadata, AskError> {
        match self {
            Interface::Cri => cri::container(socket, subject, REQUEST_MAX),
            Interface::Docker => engine::docker(socket, subject, REQUEST_MAX),
            Interface::Podman => engine::podman(socket, subject, REQUEST_MAX),
            Interface::Containerd => {
                let told = subject.namespace.as_deref();
                let namespaces = told.map_or(NAMESPACES.to_vec(), |namespace| vec![namespace]);
                let mut result = Err(AskError::NotFound);
                for namespace in namespaces {
                    result = containerd::container(socket, namespace, subject, REQUEST_MAX);
                    if !matches!(result, Err(AskError::NotFound)) {
                        break;
                    }
                }
                result
            }
        }
    }
}

/// The interfaces by which a container may be known, the likeliest first.
fn order(subject: &Subject) -> &'static [Interface] {
    use Interface::{Containerd, Cri, Docker, Podman};
    match (subject.runtime, &subject.namespace) {
        (Runtime::Podman, _) => &[Podman],
        (Runtime::Crio, _) => &[Cri],
        (Runtime::Containerd, Some(_)) => &[Containerd, Cri],
        (Runtime::Containerd, None) => &[Cri, Containerd],
        // The shape that several runtimes share: only the id.
        (Runtime::Docker, _) if subject.is_of_kubernetes => &[Cri, Docker, Containerd],
        (Runtime::Docker, Some(namespace)) if namespace != "docker" => {
            &[Containerd, Docker, Podman, Cri]
        }
        (Runtime::Docker, _) => &[Docker, Podman, Cri, Containerd],
        _ => &[],
    }
}

/// Which runtimes are asked, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Sockets and what is spoken there.
    pub sockets: Vec<(Interface, PathBuf)>,
    /// What is read where nobody answers.
    pub directories: Directories,
}

/// The sockets that are asked unless the user names others.
pub fn default_sockets(interface: Interface) -> &'static [&'static str] {
    match interface {
        Interface::Cri => &[
            "/run/containerd/containerd.sock",
            "/run/crio/crio.sock",
            "/run/k3s/containerd/containerd.sock",
        ],
        Interface::Containerd => &[
            "/run/containerd/containerd.sock",
            "/run/k3s/containerd/containerd.sock",
        ],
        Interface::Docker => &["/run/docker.sock"],
        Interface::Podman => &["/run/podman/podman.sock"],
    }
}

impl Default for Settings {
    fn default() -> Settings {
        let all = [
            Interface::Cri,
            Interface::Containerd,
            Interface::Docker,
            Interface::Podman,
        ];
        let sockets = all.into_iter().flat_map(|interface| {
            let paths = default_sockets(interface).iter();
            paths.map(move |path| (interface, PathBuf::from(path)))
        });
        Settings {
            sockets: sockets.collect(),
            directories: Directories::default(),
        }
    }
}

/// A socket and how it did so far.
#[derive(Debug)]
struct Endpoint {
    interface: Interface,
    socket: PathBuf,
    failures: u32,
    rests_until: Option<Instant>,
    has_been_told: bool,
}

/// What came of asking about a container.
#[derive(Debug, Default)]
pub(super) struct AskOutcome {
    /// What is known.
    pub(super) metadata: Option<Metadata>,
    /// Whether asking again may bring more.
    pub(super) may_know_more_later: bool,
    /// How many requests failed.
    pub(super) failures: u64,
    /// What the user should know, once for each runtime.
    pub(super) notices: Vec<String>,
}

/// The runtimes while they are asked.
#[derive(Debug)]
pub(super) struct Runtimes {
    endpoints: Vec<Endpoint>,
    directories: Directories,
}

impl Runtimes {
    pub(super) fn new(settings: Settings) -> Runtimes {
        let endpoint = |(interface, socket)| Endpoint {
            interface,
            socket,
            failures: 0,
            rests_until: None,
            has_been_told: false,
        };
        Runtimes {
            endpoints: settings.sockets.into_iter().map(endpoint).collect(),
            directories: settings.directories,
        }
    }

    /// Asks all who may know, until one does; then the disk.
    pub(super) fn ask(&mut self, subject: &Subject) -> AskOutcome {
        let mut asked = AskOutcome::default();
        let order = order(subject);
        if order.is_empty() {
            asked.metadata = Some(by_name(subject));
            return asked;
        }
        if !subject.is_plain() {
            return asked;
        }
        for interface in order {
            for endpoint in &mut self.endpoints {
                if endpoint.interface != *interface {
                    continue;
                }
                match endpoint.ask(subject, &mut asked) {
                    Some(metadata) => {
                        asked.metadata = Some(metadata);
                        asked.may_know_more_later = false;
                        return asked;
                    }
                    None => continue,
                }
            }
        }
        match disk::container(&self.directories, subject) {
            Ok(metadata) => asked.metadata = Some(metadata),
            Err(AskError::NotFound) => {}
            Err(_) => asked.failures += 1,
        }
        asked
    }
}

/// Containers of runtimes that nobody needs to ask: the id is the name.
fn by_name(subject: &Subject) -> Metadata {
    let mut metadata = subject.metadata("cgroup");
    metadata.name = Some(subject.id.clone());
    metadata
}

impl Endpoint {
    fn ask(&mut self, subject: &Subject, asked: &mut AskOutcome) -> Option<Metadata> {
        let now = Instant::now();
        if self.rests_until.is_some_and(|until| now < until) {
            asked.may_know_more_later = true;
            return None;
        }
        match self.interface.container(&self.socket, subject) {
            Ok(metadata) => {
                self.failures = 0;
                Some(metadata)
            }
            Err(error) if error.is_absence() => None,
            Err(error) => {
                asked.may_know_more_later = true;
                if error.is_of_runtime() {
                    self.did_not_answer(now);
                } else {
                    self.failures = 0;
                }
                if !matches!(error, AskError::NotFound) {
                    self.failed(&error, asked);
                }
                None
            }
        }
    }

    fn did_not_answer(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= FAILURES_MAX {
            self.failures = 0;
            self.rests_until = now.checked_add(REST);
        }
    }

    fn failed(&mut self, error: &AskError, asked: &mut AskOutcome) {
        asked.failures += 1;
        if !self.has_been_told {
            self.has_been_told = true;
            asked.notices.push(format!(
                "{} at {} does not tell of containers: {}",
                self.interface.name(),
                self.socket.display(),
                harmless(&crate::causes::with_sources(error))
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn subject(path: &str) -> Subject {
        let path = path.replace("{ID}", ID);
        Subject::of_path(path.as_bytes()).expect("a container")
    }

    #[test]
    fn the_likeliest_is_asked_first() {
        let check = |path, first| assert_eq!(order(&subject(path)).first(), first, "{path}");
        check("/docker/{ID}", Some(&Interface::Docker));
        check("/kubepods/besteffort/pod1/{ID}", Some(&Interface::Cri));
        check("/default/{ID}", Some(&Interface::Containerd));
        check("/default/web", Some(&Interface::Containerd));
        check("/a/cri-containerd-{ID}.scope", Some(&Interface::Cri));
        check("/a/crio-{ID}.scope", Some(&Interface::Cri));
        check("/a/libpod-{ID}.scope", Some(&Interface::Podman));
        check("/a/lxc/web", None);
    }

    fn nothing_on_disk(root: &Path) -> Directories {
        Directories {
            containerd: Vec::new(),
            docker: root.join("none"),
            storage: Vec::new(),
            runc: root.join("none"),
            crun: root.join("none"),
        }
    }

    #[test]
    fn one_that_hangs_up_rests_and_is_told_of_once() {
        let root = tempfile::tempdir().expect("a directory");
        let socket = root.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let peer = std::thread::spawn(move || {
            // As many as it takes; whoever comes is turned away.
            (0..FAILURES_MAX).for_each(|_| drop(listener.accept()));
        });
        let mut runtimes = Runtimes::new(Settings {
            sockets: vec![(Interface::Docker, socket)],
            directories: nothing_on_disk(root.path()),
        });
        let mut notices = 0;
        for number in 0..FAILURES_MAX + 2 {
            let asked = runtimes.ask(&subject("/docker/{ID}"));
            assert!(asked.metadata.is_none() && asked.may_know_more_later);
            assert_eq!(asked.failures, u64::from(number < FAILURES_MAX));
            notices += asked.notices.len();
        }
        assert_eq!(notices, 1);
        peer.join().expect("the peer");
    }

    #[test]
    fn one_that_answers_is_asked_again_whatever_it_answers() {
        let root = tempfile::tempdir().expect("a directory");
        let socket = root.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let peer = std::thread::spawn(move || {
            for _ in 0..2 * FAILURES_MAX {
                let (mut stream, _) = listener.accept().expect("a connection");
                let _ = stream.read(&mut [0; 4096]);
                let answer = b"HTTP/1.1 500 x\r\nContent-Length: 8\r\n\r\n\x1b[2Jwhy?";
                stream.write_all(answer).expect("an answer");
            }
        });
        let mut runtimes = Runtimes::new(Settings {
            sockets: vec![(Interface::Docker, socket)],
            directories: nothing_on_disk(root.path()),
        });
        let mut notices = Vec::new();
        for _ in 0..2 * FAILURES_MAX {
            let asked = runtimes.ask(&subject("/docker/{ID}"));
            assert!(asked.metadata.is_none() && asked.may_know_more_later);
            assert_eq!(asked.failures, 1);
            notices.extend(asked.notices);
        }
        assert_eq!(notices.len(), 1);
        assert!(notices[0].ends_with("[2Jwhy?") && !notices[0].contains('\x1b'));
        peer.join().expect("the peer");
    }

    #[test]
    fn a_host_without_runtimes_is_no_failure() {
        let root = tempfile::tempdir().expect("a directory");
        let mut runtimes = Runtimes::new(Settings {
            sockets: vec![(Interface::Docker, root.path().join("none"))],
            directories: nothing_on_disk(root.path()),
        });
        let asked = runtimes.ask(&subject("/docker/{ID}"));
        assert_eq!((asked.failures, asked.notices.len()), (0, 0));
        assert!(asked.metadata.is_none() && !asked.may_know_more_later);
        let asked = runtimes.ask(&subject("/a/lxc/web"));
        assert_eq!(
            asked.metadata.and_then(|found| found.name).as_deref(),
            Some("web")
        );
    }
}
