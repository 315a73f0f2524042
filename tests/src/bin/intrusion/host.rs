//! The acts outside of containers.
//!
//! Each act does one thing that a rule or a test looks for, and writes it down after it succeeded.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::ledger::Ledger;

/// Where an SSH server listens.
const SSH: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 22);

/// The acts of one run.
pub(crate) struct Acts<'a> {
    ledger: &'a Ledger,
    scratch: &'a Path,
    pid: u32,
}

impl<'a> Acts<'a> {
    /// Acts that keep their files in `scratch`.
    pub(crate) fn new(ledger: &'a Ledger, scratch: &'a Path) -> Self {
        Self {
            ledger,
            scratch,
            pid: std::process::id(),
        }
    }

    /// Moves to the root of every control group hierarchy where a container's name might be read from our place.
    ///
    /// A cgroup `/NAME/ID` that no service manager made counts as containerd's; CI runners use such names for plain processes.
    pub(crate) fn leave_container_like_cgroups(&self) -> io::Result<()> {
        for line in fs::read_to_string("/proc/self/cgroup")?.lines() {
            let mut parts = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(path)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let managed = [".service", ".scope", ".slice"]
                .iter()
                .any(|suffix| path.ends_with(suffix));
            if managed || path.matches('/').count() < 2 {
                continue;
            }
            let root = match controllers {
                "" => "/sys/fs/cgroup".to_owned(),
                named => format!("/sys/fs/cgroup/{}", named.trim_start_matches("name=")),
            };
            // A failure is told by the alerts: those of the host would name a container.
            let _ = fs::write(format!("{root}/cgroup.procs"), "0");
        }
        Ok(())
    }

    /// Reads the hashes of passwords.
    pub(crate) fn read_shadow(&self) -> io::Result<()> {
        fs::read("/etc/shadow")?;
        self.ledger.opened(self.pid, "/etc/shadow")
    }

    /// Writes a start script below an `/etc` that only the writer sees.
    pub(crate) fn write_below_etc(&self) -> io::Result<()> {
        let script = "mount -t tmpfs none /etc && echo true > /etc/rc.local";
        let argv = ["unshare", "--mount", "sh", "-c", script];
        let pid = run(&argv)?;
        self.ledger.executed(pid, &argv)?;
        self.ledger.executed(pid, &["sh", "-c", script])?;
        self.ledger
            .executed(0, &["mount", "-t", "tmpfs", "none", "/etc"])?;
        self.ledger.opened(pid, "/etc/rc.local")
    }

    /// Connects to the SSH port of this host; listens there itself where nobody does.
    pub(crate) fn connect_to_ssh(&self) -> io::Result<()> {
        let listener = TcpListener::bind(SSH);
        let address = SocketAddr::from(SSH);
        let outcome = TcpStream::connect(address);
        drop(listener);
        outcome?;
        self.ledger.connected(self.pid, &address.to_string())
    }

    /// Runs a harmless program under a miner's name.
    pub(crate) fn start_miner(&self) -> io::Result<()> {
        let path = self.scratch.join("xmrig");
        fs::copy("/bin/true", &path)?;
        let path = path.to_string_lossy();
        let argv = [&*path, "--donate-level", "1"];
        // Where `true` is one name of a program with many, it fails under a name that it does not know; it was started all the same.
        let mut child = command(&argv).spawn()?;
        child.wait()?;
        self.ledger.executed(child.id(), &argv)
    }

    /// Builds a tree of processes, each the child of the one before.
    pub(crate) fn descend(&self, depth: u32) -> io::Result<()> {
        descend_from_here(self.ledger, depth)
    }

    /// Creates many files and opens them again in the same order.
    pub(crate) fn open_files(&self, count: u32) -> io::Result<()> {
        let directory = self.scratch.join("files");
        fs::create_dir(&directory)?;
        let paths: Vec<_> = (0..count)
            .map(|number| directory.join(format!("{number:05}")))
            .collect();
        for path in &paths {
            File::create(path)?;
            self.ledger.opened(self.pid, &path.to_string_lossy())?;
        }
        for path in &paths {
            File::open(path)?;
            self.ledger.opened(self.pid, &path.to_string_lossy())?;
        }
        Ok(())
    }
}

/// Starts the process one level below and waits for it, until no level is left.
pub(crate) fn descend_from_here(ledger: &Ledger, levels: u32) -> io::Result<()> {
    let Some(below) = levels.checked_sub(1) else {
        return Ok(());
    };
    let program = std::env::current_exe()?;
    let ledger_path = ledger.path().to_string_lossy();
    let argv = [
        &*program.to_string_lossy(),
        "descend",
        &below.to_string(),
        &ledger_path,
    ];
    let status = command(&argv).status()?;
    finished(&argv, status)
}

/// A command without input.
pub(crate) fn command(argv: &[&str]) -> Command {
    let mut words = argv.iter();
    let mut command = Command::new(words.next().copied().unwrap_or_default());
    command.args(words).stdin(Stdio::null());
    command
}

/// Runs a command to its successful end, and tells which process it was.
fn run(argv: &[&str]) -> io::Result<u32> {
    let mut child = command(argv).spawn()?;
    let pid = child.id();
    finished(argv, child.wait()?)?;
    Ok(pid)
}

fn finished(argv: &[&str], status: std::process::ExitStatus) -> io::Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{}: {status}", argv.join(" "))))
}
