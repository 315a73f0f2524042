//! Docker and podman with directories and sockets of their own.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::daemon::{Daemon, find, image, succeed};

/// How long an engine may take until it listens.
const START_MAX: Duration = Duration::from_secs(30);
/// The name that both give the image.
const NAME: &str = "falco-recorder/scratch:1";

/// A program in the background; it ends with this value.
struct Background(Child);

impl Background {
    fn start(program: &str, arguments: &[String], log: &Path, socket: &Path) -> Background {
        let output = File::create(log).expect("a file");
        let child = Command::new(find(program).expect("a program"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .expect("a process");
        let background = Background(child);
        let until = Instant::now() + START_MAX;
        while UnixStream::connect(socket).is_err() {
            let said = || std::fs::read_to_string(log).unwrap_or_default();
            assert!(Instant::now() < until, "{program}: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        background
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let pid = i32::try_from(self.0.id()).ok();
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            // Docker takes its own things down when it is told to end; it may have ended already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// An engine with one running container.
pub(crate) struct Engine {
    program: &'static str,
    options: Vec<String>,
    /// Where it listens.
    pub(crate) socket: PathBuf,
    /// Where it keeps its state.
    pub(crate) root: PathBuf,
    /// The container's id in full.
    pub(crate) id: String,
    _service: Background,
    _containerd: Option<Daemon>,
    /// What docker leaves mounted; it goes last.
    _left: Left,
}

/// A mount that is taken away with this value.
struct Left(PathBuf);

impl Drop for Left {
    fn drop(&mut self) {
        // Podman leaves none.
        let _ = rustix::mount::unmount(&self.0, rustix::mount::UnmountFlags::DETACH);
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What is missing for an engine on this host, if anything is.
pub(crate) fn missing(programs: &[&str]) -> Option<String> {
    super::daemon::missing().or_else(|| {
        let program = programs.iter().find(|program| find(program).is_none());
        program.map(|program| format!("{program} is not installed"))
    })
}

impl Engine {
    /// Docker, on a containerd of its own, without any network of its own.
    pub(crate) fn docker(below: &Path) -> Engine {
        let inner = below.join("containerd");
        std::fs::create_dir(&inner).expect("a directory");
        let containerd = Daemon::start(&inner);
        let place = below.display();
        let options = [
            "--iptables=false".to_owned(),
            "--bridge=none".to_owned(),
            "--storage-driver=vfs".to_owned(),
            format!("--data-root={place}/docker"),
            format!("--exec-root={place}/exec"),
            format!("--host=unix://{place}/socket"),
            format!("--pidfile={place}/pid"),
            format!("--containerd={}", containerd.socket.display()),
        ];
        let socket = below.join("socket");
        let service = Background::start("dockerd", &options, &below.join("log"), &socket);
        let mut engine = Engine {
            program: "docker",
            options: vec![format!("--host=unix://{}", socket.display())],
            root: below.join("docker"),
            socket,
            id: String::new(),
            _service: service,
            _containerd: Some(containerd),
            _left: Left(below.join("exec/netns/default")),
        };
        engine.begin(&inner.join("layer.tar"), &[]);
        engine
    }

    /// Podman, with its service running.
    pub(crate) fn podman(below: &Path) -> Engine {
        let place = below.display();
        image(below);
        let options = vec![
            format!("--root={place}/podman"),
            format!("--runroot={place}/run"),
            "--storage-driver=vfs".to_owned(),
            "--cgroup-manager=cgroupfs".to_owned(),
            "--events-backend=none".to_owned(),
            "--runtime=runc".to_owned(),
        ];
        let socket = below.join("socket");
        let address = format!("unix://{}", socket.display());
        let serve = texts(&["system", "service", "--time=0", &address]);
        let arguments = [options.clone(), serve].concat();
        let service = Background::start("podman", &arguments, &below.join("log"), &socket);
        let mut engine = Engine {
            program: "podman",
            options,
            root: below.join("podman"),
            socket,
            id: String::new(),
            _service: service,
            _containerd: None,
            _left: Left(below.join("none")),
        };
        // Its own limits are higher than a recorder's test may set.
        let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
        engine.begin(&below.join("layer.tar"), &limits);
        engine
    }

    fn call(&self, words: &[&str]) -> String {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        succeed(self.program, &[&options[..], words].concat())
    }

    fn begin(&mut self, layer: &Path, limits: &[&str]) {
        self.call(&["import", &layer.to_string_lossy(), NAME]);
        let run = [
            "run",
            "--detach",
            "--name=shop-db",
            "--network=host",
            "--label=app=shop",
            "--volume=/etc:/host/etc:ro",
        ];
        let words = [&run[..], limits, &[NAME, "/bin/sleep", "1000"]].concat();
        self.call(&words).trim().clone_into(&mut self.id);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let mut command = Command::new(find(self.program).unwrap_or_default());
        command.args(&self.options).args(["rm", "-f", &self.id]);
        // A test that failed may have left nothing to remove.
        let _ = command.output();
    }
}
