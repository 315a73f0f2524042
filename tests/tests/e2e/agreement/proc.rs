//! What /proc says of every thread that lives: an independent reader, so that it cannot share a mistake with the recorder's snapshot.
//!
//! Owns the reading; what it means to agree with it stands elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::rc::Rc;

/// A descriptor.
pub(super) struct ProcFd {
    pub(super) number: i32,
    /// Where its link points.
    pub(super) link: String,
    /// Device and inode, and whether that is a directory.
    pub(super) file: Option<(u64, u64)>,
    pub(super) is_directory: bool,
    pub(super) is_fifo: bool,
    /// Whether exec closes it.
    pub(super) close_on_exec: bool,
}

/// A thread.
pub(super) struct ProcThread {
    pub(super) tid: u32,
    pub(super) pid: u32,
    pub(super) ppid: i64,
    pub(super) comm: String,
    /// The kernel's letter: `Z` and `X` have ended.
    pub(super) run_state: char,
    /// Effective.
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Path of the executable; none of kernel threads.
    pub(super) exe: Option<String>,
    pub(super) cwd: Option<String>,
    /// Device and inode of the working directory.
    pub(super) cwd_file: Option<(u64, u64)>,
    pub(super) fds: Vec<ProcFd>,
    /// The sockets of its network namespace.
    pub(super) sockets: Rc<Sockets>,
    /// When the look at it began, nanoseconds of boot time, rounded down to what /proc tells.
    pub(super) seen: u64,
}

impl ProcThread {
    /// Whether it has ended and waits for its parent, or for the other threads.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.run_state, 'Z' | 'X')
    }
}

/// What a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Socket {
    /// Both ends as `address:port`, hexadecimal addresses resolved; the remote one is none where there is none.
    Ip {
        is_v6: bool,
        local: (std::net::IpAddr, u16),
        remote: Option<(std::net::IpAddr, u16)>,
    },
    Unix,
    Netlink,
}

/// Sockets by inode.
#[derive(Default)]
pub(super) struct Sockets(HashMap<u64, Socket>);

impl Sockets {
    pub(super) fn get(&self, inode: u64) -> Option<&Socket> {
        self.0.get(&inode)
    }

    fn read(pid: u32) -> Sockets {
        let mut sockets = Sockets::default();
        for (name, is_v6) in [
            ("tcp", false),
            ("tcp6", true),
            ("udp", false),
            ("udp6", true),
        ] {
            for line in lines(&format!("/proc/{pid}/net/{name}")) {
                let words: Vec<&str> = line.split_ascii_whitespace().collect();
                let (Some(local), Some(remote)) = (end(words[1]), end(words[2])) else {
                    continue;
                };
                let remote = Some(remote).filter(|end| end.1 != 0);
                let socket = Socket::Ip {
                    is_v6,
                    local,
                    remote,
                };
                if let Ok(inode) = words[9].parse() {
                    sockets.0.insert(inode, socket);
                }
            }
        }
        for (name, column, socket) in [("unix", 6, Socket::Unix), ("netlink", 9, Socket::Netlink)] {
            for line in lines(&format!("/proc/{pid}/net/{name}")) {
                let inode = line.split_ascii_whitespace().nth(column);
                if let Some(inode) = inode.and_then(|inode| inode.parse().ok()) {
                    sockets.0.insert(inode, socket.clone());
                }
            }
        }
        sockets
    }
}

/// The lines of a table without its heading.
fn lines(path: &str) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().skip(1).map(str::to_owned).collect()
}

/// `0100007F:0016`: words of an address in the machine's order.
fn end(text: &str) -> Option<(std::net::IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Vec<[u8; 4]> = (0..address.len() / 8)
        .map(|word| {
            let digits = &address[word * 8..word * 8 + 8];
            Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
        })
        .collect::<Option<_>>()?;
    let bytes = words.concat();
    let address = match <[u8; 4]>::try_from(&bytes[..]) {
        Ok(v4) => std::net::IpAddr::from(v4),
        Err(_) => std::net::IpAddr::from(<[u8; 16]>::try_from(&bytes[..]).ok()?).to_canonical(),
    };
    Some((address, port))
}

/// Nanoseconds since boot, rounded down to hundredths of a second.
pub(super) fn uptime() -> u64 {
    let text = fs::read_to_string("/proc/uptime").expect("the uptime");
    let first = text.split(' ').next().unwrap_or_default().replace('.', "");
    first.parse::<u64>().expect("a number") * 10_000_000
}

/// Every thread of the machine, by its id.
pub(super) fn scan() -> BTreeMap<u32, ProcThread> {
    let mut threads = BTreeMap::new();
    let mut sockets: HashMap<String, Rc<Sockets>> = HashMap::new();
    for pid in numbers(Path::new("/proc")) {
        let namespace = link(&format!("/proc/{pid}/ns/net")).unwrap_or_default();
        let known = sockets.get(&namespace).cloned();
        let sockets = known.unwrap_or_else(|| {
            let read = Rc::new(Sockets::read(pid));
            sockets.insert(namespace, Rc::clone(&read));
            read
        });
        for tid in numbers(Path::new(&format!("/proc/{pid}/task"))) {
            if let Some(thread) = thread(pid, tid, &sockets) {
                threads.insert(tid, thread);
            }
        }
    }
    threads
}

fn numbers(directory: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}

fn link(path: &str) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    Some(target.to_string_lossy().into_owned())
}

/// None where it went away meanwhile.
fn thread(pid: u32, tid: u32, sockets: &Rc<Sockets>) -> Option<ProcThread> {
    let seen = uptime();
    let below = format!("/proc/{pid}/task/{tid}");
    let stat = String::from_utf8_lossy(&fs::read(format!("{below}/stat")).ok()?).into_owned();
    let (before, after) = stat.rsplit_once(')')?;
    let mut words = after.split_ascii_whitespace();
    let run_state = words.next()?.chars().next()?;
    let ppid = words.next()?.parse().ok()?;
    let status = fs::read_to_string(format!("{below}/status")).ok()?;
    let effective = |name: &str| -> Option<u32> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    Some(ProcThread {
        tid,
        pid,
        ppid,
        comm: before.split_once('(')?.1.to_owned(),
        run_state,
        uid: effective("Uid:")?,
        gid: effective("Gid:")?,
        exe: link(&format!("{below}/exe")),
        cwd: link(&format!("{below}/cwd")),
        cwd_file: inode(&format!("{below}/cwd")),
        fds: fds(&below),
        sockets: Rc::clone(sockets),
        seen,
    })
}

/// Device and inode of what a path leads to.
pub(super) fn inode(path: &str) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn fds(below: &str) -> Vec<ProcFd> {
    const O_CLOEXEC: u64 = 0o2_000_000;
    let mut numbers = numbers(Path::new(&format!("{below}/fd")));
    numbers.sort_unstable();
    let fd = |number: u32| {
        let path = format!("{below}/fd/{number}");
        let info = fs::read_to_string(format!("{below}/fdinfo/{number}")).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        let flags = u64::from_str_radix(flags.trim(), 8).ok()?;
        let metadata = fs::metadata(&path).ok();
        Some(ProcFd {
            number: i32::try_from(number).ok()?,
            link: link(&path)?,
            file: metadata.as_ref().map(|data| (data.dev(), data.ino())),
            is_directory: metadata.as_ref().is_some_and(|data| data.is_dir()),
            is_fifo: metadata.is_some_and(|data| data.file_type().is_fifo()),
            close_on_exec: flags & O_CLOEXEC != 0,
        })
    };
    numbers.into_iter().filter_map(fd).collect()
}
