//! A recording at a moment against the machine at that moment: what `ps_at` and `fds_at` answer from, beside what `ps` and /proc said then.
//!
//! Sleepers with files begin before the recorder and after it, and sockets are held by this process.
//! The moment is taken while all of them stand still; afterwards they end, others begin and sockets are closed, so that an answer of another moment differs.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use falco_analyze::past::{Descriptor, Past, Process};
use falco_analyze::pipeline::open_inputs;
use falco_analyze::state::Endpoint;
use falco_format::UnixNanos;

use crate::agreement::Recording;
use crate::live::recorder_or_skip;
use crate::programs::analyzer;
use crate::skip::skipped;

/// How long everybody stands still before the moment and behind it: far more than clocks are apart.
const STILL: Duration = Duration::from_millis(400);
/// A user without rights, who is there on every machine.
const NOBODY: u32 = 65_534;

/// Programs that sleep, with files.
struct Sleepers(Vec<Child>);

impl Sleepers {
    /// Some more, with a directory of their own.
    fn start(scratch: &Path, name: &str) -> Sleepers {
        let directory = scratch.join(name);
        fs::create_dir(&directory).expect("a directory");
        fs::write(directory.join("read"), "x").expect("a file");
        let mut all = Vec::new();
        for number in 0..4_u32 {
            let mut command = Command::new("sh");
            let script =
                format!("exec 3<read 4>written-{number} 5>>added 6<. 7<&3; exec sleep 30{number}");
            command.args(["-c", &script]).current_dir(&directory);
            let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
            all.push(quiet.stderr(Stdio::null()).spawn().expect("a sleeper"));
        }
        let mut nobody = Command::new("sleep");
        nobody.arg("399").uid(NOBODY).stdin(Stdio::null());
        let quiet = nobody.stdout(Stdio::null()).stderr(Stdio::null());
        all.push(quiet.spawn().expect("a sleeper"));
        Sleepers(all)
    }

    /// Waits until all run what they sleep with.
    fn wait(&self) {
        for child in &self.0 {
            let comm = format!("/proc/{}/comm", child.id());
            let sleeps = || fs::read_to_string(&comm).is_ok_and(|name| name == "sleep\n");
            while !sleeps() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn end(mut self) {
        for child in &mut self.0 {
            child.kill().expect("a signal");
            child.wait().expect("an end");
        }
    }
}

/// Sockets of this process.
struct Sockets {
    listener: TcpListener,
    streams: [TcpStream; 2],
    bound: UdpSocket,
}

/// A port that nobody has: which one the kernel chooses for port 0, a recording does not hold until a snapshot or a connection tells.
fn free() -> SocketAddr {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let taken = UdpSocket::bind(any).expect("a socket");
    taken.local_addr().expect("an address")
}

impl Sockets {
    fn open() -> Sockets {
        let listener = TcpListener::bind(free()).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let near = TcpStream::connect(address).expect("a connection");
        let (far, _) = listener.accept().expect("a connection");
        Sockets {
            listener,
            streams: [near, far],
            bound: UdpSocket::bind(free()).expect("a socket"),
        }
    }

    /// Number, protocol and ends, as the kernel says.
    fn lines(&self, into: &mut BTreeSet<String>) {
        let pid = std::process::id();
        let listener = self.listener.local_addr().expect("an address");
        let number = self.listener.as_raw_fd();
        into.insert(format!("{pid} {number} tcp {listener} -"));
        for stream in &self.streams {
            let near = stream.local_addr().expect("an address");
            let far = stream.peer_addr().expect("an address");
            into.insert(format!("{pid} {} tcp {near} {far}", stream.as_raw_fd()));
        }
        let bound = self.bound.local_addr().expect("an address");
        into.insert(format!("{pid} {} udp {bound} -", self.bound.as_raw_fd()));
    }
}

/// What `ps` says of processes: pid, parent, user, name and arguments.
fn ps(pids: &[u32]) -> Option<BTreeSet<String>> {
    let list: Vec<String> = pids.iter().map(u32::to_string).collect();
    let mut command = Command::new("ps");
    command.args(["-o", "pid=,ppid=,user:32=,comm=,args=", "-p"]);
    let output = command.arg(list.join(",")).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(text.lines().map(line).collect())
}

/// What /proc says of the descriptors of processes.
fn descriptors(pids: &[u32]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for pid in pids {
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("a process") {
            let path = entry.expect("a descriptor").path();
            let number = path.file_name().expect("a number").to_string_lossy();
            let target = fs::read_link(&path).expect("a target");
            lines.insert(format!("{pid} {number} {}", target.display()));
        }
    }
    lines
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or(b"?")).into_owned()
}

/// A process as `ps` says it.
fn process_line(process: &Process<'_>) -> String {
    format!(
        "{} {} {} {} {}",
        process.pid(),
        process.parent_pid().unwrap_or(-1),
        text(process.user()),
        text(process.name()),
        text(process.command_line().as_deref())
    )
}

/// A socket of this process as its lines say it; a file as /proc does.
fn descriptor_line(pid: u32, descriptor: &Descriptor<'_>) -> String {
    let number = descriptor.number();
    let end = |end: Option<Endpoint>| {
        end.map_or_else(
            || "-".to_owned(),
            |end| SocketAddr::from((end.address, end.port)).to_string(),
        )
    };
    match descriptor.protocol() {
        Some(protocol) => format!(
            "{pid} {number} {protocol} {} {}",
            end(descriptor.local()),
            end(descriptor.remote())
        ),
        None => format!("{pid} {number} {}", text(descriptor.name())),
    }
}

/// The same lines by SQL, where the program is that answers it.
fn by_sql(capture: &Path, at: UnixNanos, select: &str) -> Option<BTreeSet<String>> {
    let program = analyzer().with_file_name("falco-analyze-sql");
    if !program.exists() {
        return None;
    }
    let sql = select.replace("{AT}", &format!("to_timestamp_nanos({})", at.0));
    let mut command = Command::new(program);
    command.arg(capture).args(["--format", "csv", "-c", &sql]);
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{said}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text
        .lines()
        .skip(1)
        .map(|line| line.trim_matches('"').to_owned());
    Some(lines.collect())
}

/// What is asked, and what of it was there at the moment.
struct Moment {
    at: UnixNanos,
    pids: Vec<u32>,
    processes: BTreeSet<String>,
    files: BTreeSet<String>,
    sockets: BTreeSet<String>,
}

/// Records everything of the test, and says how it was in the middle.
fn record(scratch: &Path, capture: &Path) -> Option<Moment> {
    let early = Sleepers::start(scratch, "early");
    early.wait();
    let mut held = vec![Sockets::open()];
    let recording = Recording::start(capture, &[]);
    let late = Sleepers::start(scratch, "late");
    late.wait();
    held.push(Sockets::open());
    std::thread::sleep(STILL);
    let children = early.0.iter().chain(&late.0);
    let pids: Vec<u32> = children.map(Child::id).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let at = u64::try_from(now.expect("a time").as_nanos()).expect("this century");
    let processes = ps(&pids);
    let files = descriptors(&pids);
    let mut sockets = BTreeSet::new();
    held.iter().for_each(|held| held.lines(&mut sockets));
    std::thread::sleep(STILL);
    early.end();
    drop(held);
    let other = Sleepers::start(scratch, "other");
    other.wait();
    other.end();
    late.end();
    recording.end();
    Some(Moment {
        at: UnixNanos(at),
        pids,
        processes: processes?,
        files,
        sockets,
    })
}

#[test]
fn a_moment_is_as_the_machine_was() {
    let test = "a_moment_is_as_the_machine_was";
    let Some(_guard) = recorder_or_skip(test) else {
        return;
    };
    let scratch = tempfile::tempdir().expect("a directory");
    let capture: PathBuf = scratch.path().join("capture");
    let Some(moment) = record(scratch.path(), &capture) else {
        return skipped(test, "there is no ps");
    };
    let inputs = open_inputs(&[&capture]).expect("a capture");
    let input = inputs.first().expect("one capture");
    let past = Past::at(input, moment.at).expect("a moment of the capture");
    let (mut processes, mut files, mut sockets) =
        <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
    for pid in &moment.pids {
        let process = past.process(*pid).expect("a sleeper");
        processes.insert(process_line(&process));
        let held = process.descriptors();
        files.extend(held.iter().map(|held| descriptor_line(*pid, held)));
    }
    let own = std::process::id();
    let asked = |line: &String| {
        let number = line.split(' ').nth(1);
        moment
            .sockets
            .iter()
            .any(|socket| socket.split(' ').nth(1) == number)
    };
    let process = past.process(own).expect("this process");
    let lines = process.descriptors();
    let lines = lines.iter().map(|held| descriptor_line(own, held));
    sockets.extend(lines.filter(asked));
    assert_eq!(processes, moment.processes);
    assert_eq!(files, moment.files);
    assert_eq!(sockets, moment.sockets);
    assert!(
        moment.processes.len() >= 10 && moment.files.len() >= 70 && moment.sockets.len() == 8,
        "too little"
    );
    check_by_sql(&capture, &moment);
}

fn check_by_sql(capture: &Path, moment: &Moment) {
    let list: Vec<String> = moment.pids.iter().map(u32::to_string).collect();
    let list = list.join(", ");
    let processes = format!(
        "SELECT concat_ws(' ', proc_pid, proc_ppid, user_name, proc_name, proc_cmdline) FROM ps_at({{AT}}) WHERE proc_pid IN ({list})"
    );
    let files = format!(
        "SELECT concat_ws(' ', proc_pid, fd_num, fd_name) FROM fds_at({{AT}}) WHERE proc_pid IN ({list})"
    );
    let Some(found) = by_sql(capture, moment.at, &processes) else {
        let _ = std::io::stderr()
            .write_all(b"falco-analyze-sql is not built: the same was not asked by SQL\n");
        return;
    };
    assert_eq!(found, moment.processes);
    assert_eq!(
        by_sql(capture, moment.at, &files),
        Some(moment.files.clone())
    );
}
