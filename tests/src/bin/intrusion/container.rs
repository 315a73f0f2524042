//! The acts inside of containers, run by a containerd of our own.
//!
//! Needs `containerd`, `ctr`, `runc`, a statically linked `busybox`, and the small tools of every Linux system (`script`, `tar`, `sha256sum`).
//! What is missing is said, and the part left out.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use crate::host::command;
use crate::ledger::Ledger;

/// How long containerd may take until it listens: it needs 50 ms, a loaded machine a few seconds.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How often to look whether it does.
const START_POLL: Duration = Duration::from_millis(20);
/// How long one container may run: each does one short thing.
const RUN_TIMEOUT: &str = "30";
/// The image's name.
const IMAGE: &str = "docker.io/falco-recorder/scratch:1";
/// The programs of the image; all are busybox under another name.
const APPLETS: [&str; 4] = ["bin/sh", "bin/id", "bin/mount", "sbin/apk"];

/// Does the acts, or says why not.
pub(crate) fn act(ledger: &Ledger, scratch: &Path, wanted: bool) -> io::Result<()> {
    let busybox = match prerequisites(wanted) {
        Ok(busybox) => busybox,
        Err(reason) => return ledger.skipped("containers", &reason),
    };
    let directory = scratch.join("containerd");
    fs::create_dir(&directory)?;
    let image = build_image(&directory, &busybox)?;
    let daemon = Containerd::start(&directory)?;
    daemon.import(&image)?;

    let shell = container_id(1);
    ledger.container(&shell)?;
    daemon.run_on_a_terminal(&shell, &["/bin/sh", "-c", "id"])?;
    ledger.executed(0, &["/bin/sh", "-c", "id"])?;

    let packages = container_id(2);
    ledger.container(&packages)?;
    daemon.run(&packages, &[], &["/sbin/apk", "add", "curl"])?;
    ledger.executed(0, &["/sbin/apk", "add", "curl"])?;

    let mount = ["/bin/mount", "-t", "tmpfs", "none", "/mnt"];
    let mounting = container_id(3);
    ledger.container(&mounting)?;
    daemon.run(&mounting, &["--privileged"], &mount)?;
    ledger.executed(0, &mount)
}

/// The path of a busybox that runs in an empty image, or what is missing.
fn prerequisites(wanted: bool) -> Result<PathBuf, String> {
    if !wanted {
        return Err("not asked for".to_owned());
    }
    for tool in ["containerd", "ctr", "runc", "script", "tar", "sha256sum"] {
        if find(tool).is_none() {
            return Err(format!("{tool} is not installed"));
        }
    }
    let busybox = find("busybox").ok_or("busybox is not installed")?;
    let program = fs::read(&busybox).map_err(|error| error.to_string())?;
    // A dynamically linked program names its loader.
    let dynamic = program.windows(4).any(|bytes| bytes == b"/ld-");
    if dynamic {
        return Err("busybox is not statically linked".to_owned());
    }
    Ok(busybox)
}

fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(tool))
        .find(|candidate| candidate.is_file())
}

/// An id as container engines make them: 64 hex digits, whose first 12 name it in alerts.
fn container_id(number: u32) -> String {
    format!("{:08x}{number:04x}{}", std::process::id(), "5c".repeat(26))
}

/// Packs an image archive around busybox.
fn build_image(directory: &Path, busybox: &Path) -> io::Result<PathBuf> {
    let root = directory.join("image");
    for folder in ["bin", "sbin", "etc", "mnt", "proc", "sys", "dev"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::copy(busybox, root.join("bin/busybox"))?;
    for applet in APPLETS {
        symlink("/bin/busybox", root.join(applet))?;
    }
    let root = root.to_string_lossy();
    let place = directory.to_string_lossy();
    let layer = directory.join("layer.tar");
    succeed(&["tar", "-cf", &layer.to_string_lossy(), "-C", &root, "."])?;
    let sum = succeed(&["sha256sum", &layer.to_string_lossy()])?;
    let digest = String::from_utf8_lossy(&sum.stdout)
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    fs::write(
        directory.join("config.json"),
        format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{"Cmd":["/bin/sh"],"Env":["PATH=/bin:/sbin"]}},"rootfs":{{"type":"layers","diff_ids":["sha256:{digest}"]}}}}"#
        ),
    )?;
    fs::write(
        directory.join("manifest.json"),
        r#"[{"Config":"config.json","RepoTags":["falco-recorder/scratch:1"],"Layers":["layer.tar"]}]"#,
    )?;
    let archive = directory.join("image.tar");
    succeed(&[
        "tar",
        "-cf",
        &archive.to_string_lossy(),
        "-C",
        &place,
        "manifest.json",
        "config.json",
        "layer.tar",
    ])?;
    Ok(archive)
}

/// A containerd with directories and a socket of its own; it ends with this value.
struct Containerd {
    process: Child,
    socket: String,
}

impl Containerd {
    fn start(directory: &Path) -> io::Result<Self> {
        let place = directory.to_string_lossy();
        let socket = format!("{place}/containerd.sock");
        let config = directory.join("config.toml");
        // Kubernetes' interface is not needed, and wants a network.
        fs::write(
            &config,
            format!(
                "version = 2\nroot = \"{place}/root\"\nstate = \"{place}/state\"\n\
                 disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.internal.v1.opt\"]\n\
                 [grpc]\naddress = \"{socket}\"\n[ttrpc]\naddress = \"{socket}.ttrpc\"\n"
            ),
        )?;
        let log = fs::File::create(directory.join("log"))?;
        let process = tool("containerd")
            .arg("--config")
            .arg(&config)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let daemon = Self { process, socket };
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let answer = daemon.ctr(&["version"]).output()?;
            if answer.status.success() {
                return Ok(daemon);
            }
            if Instant::now() > deadline {
                let log = fs::read_to_string(directory.join("log"))?;
                return Err(io::Error::other(format!(
                    "containerd does not answer: {log}"
                )));
            }
            std::thread::sleep(START_POLL);
        }
    }

    fn ctr(&self, arguments: &[&str]) -> Command {
        let mut command = tool("ctr");
        command.args(["--address", &self.socket]).args(arguments);
        command
    }

    fn import(&self, archive: &Path) -> io::Result<()> {
        let archive = archive.to_string_lossy();
        checked(self.ctr(&["image", "import", "--snapshotter", "native", &archive])).map(drop)
    }

    /// Runs a program in a new container; what it returns does not matter.
    fn run(&self, id: &str, options: &[&str], argv: &[&str]) -> io::Result<()> {
        let mut command = command(&["timeout", RUN_TIMEOUT, "ctr", "--address", &self.socket]);
        command
            .args(["run", "--rm", "--snapshotter", "native"])
            .args(options)
            .args([IMAGE, id])
            .args(argv);
        let output = command.output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        if complaint.starts_with("ctr: ") {
            return Err(io::Error::other(complaint.into_owned()));
        }
        Ok(())
    }

    /// Runs a shell command in a new container whose standard streams are a terminal.
    fn run_on_a_terminal(&self, id: &str, argv: &[&str]) -> io::Result<()> {
        let words: Vec<String> = argv.iter().map(|word| format!("'{word}'")).collect();
        let line = format!(
            "timeout --foreground {RUN_TIMEOUT} ctr --address {} run --tty --rm --snapshotter native {IMAGE} {id} {}",
            self.socket,
            words.join(" ")
        );
        let mut script = command(&["script", "--quiet", "--return", "--command", &line]);
        script.arg("/dev/null").env("SHELL", "/bin/sh");
        checked(script).map(drop)
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        // It may be gone already; the scratch directory goes either way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A tool by its path, since root's PATH may lack `sbin`.
fn tool(name: &str) -> Command {
    let path = find(name).unwrap_or_else(|| name.into());
    command(&[&path.to_string_lossy()])
}

fn succeed(argv: &[&str]) -> io::Result<Output> {
    checked(command(argv))
}

fn checked(mut command: Command) -> io::Result<Output> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    Err(io::Error::other(format!(
        "{command:?}: {}: {complaint}{said}",
        output.status
    )))
}
