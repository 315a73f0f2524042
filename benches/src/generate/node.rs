//! The node that is recorded: threads, processes with their descriptors, containers; everything that a snapshot has to say.
//!
//! Kept as the kernel would by `perform`; no row is made here.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::container::Container;
use super::numbers::Numbers;
use super::op::Op;
use super::program::Program;
use super::random::Random;
use super::role::Role;

pub(super) const HOSTNAME: &str = "generated-1";
/// The largest process id; numbers go round, and are used again.
const PID_MAX: u32 = 131_072;
/// The first process id that is given after the boot's own.
const PID_FIRST: u32 = 300;
/// Names for descriptors that a thread works with.
pub(super) const REGISTERS: usize = 8;

/// `O_CLOEXEC`, which is `SOCK_CLOEXEC` too.
pub(super) const CLOEXEC: u32 = 0o2_000_000;

/// An open descriptor.
#[derive(Clone, Debug)]
pub(super) struct Fd {
    pub(super) name: Rc<str>,
    pub(super) flags: u32,
    pub(super) mode: u32,
    pub(super) ino: u64,
    pub(super) dev: u32,
    /// Of sockets, in the encoding of the event table; else empty.
    pub(super) tuple: Rc<[u8]>,
}

/// Who a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) loginuid: u32,
    pub(super) capabilities: u64,
}

impl Credentials {
    pub(super) fn user(uid: u32) -> Self {
        Credentials {
            uid,
            gid: uid,
            loginuid: u32::MAX,
            capabilities: if uid == 0 { 0x1ff_ffff_ffff } else { 0 },
        }
    }
}

/// A process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) ppid: u32,
    pub(super) start: u64,
    pub(super) pgid: u32,
    pub(super) sid: u32,
    pub(super) tty: u32,
    pub(super) program: Program,
    pub(super) cwd: Rc<str>,
    pub(super) credentials: Credentials,
    pub(super) container: Rc<Container>,
    pub(super) fds: Vec<Option<Fd>>,
    pub(super) children: Vec<u32>,
    pub(super) threads: Vec<u32>,
}

impl Process {
    /// The lowest free number is given.
    pub(super) fn add(&mut self, fd: Fd) -> i32 {
        let free = self.fds.iter().position(Option::is_none);
        let number = free.unwrap_or(self.fds.len());
        self.put(number as i32, fd);
        number as i32
    }

    pub(super) fn put(&mut self, number: i32, fd: Fd) {
        let number = number as usize;
        if self.fds.len() <= number {
            self.fds.resize(number + 1, None);
        }
        self.fds[number] = Some(fd);
    }

    pub(super) fn close(&mut self, number: i32) -> bool {
        let slot = usize::try_from(number).ok();
        let slot = slot.and_then(|number| self.fds.get_mut(number));
        slot.and_then(Option::take).is_some()
    }

    pub(super) fn fd(&self, number: i32) -> Option<&Fd> {
        self.fds.get(usize::try_from(number).ok()?)?.as_ref()
    }
}

/// A thread, and what it is going to do.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) tid: u32,
    pub(super) pid: u32,
    pub(super) start: u64,
    pub(super) cpu: usize,
    pub(super) role: Role,
    pub(super) ops: VecDeque<Op>,
    pub(super) registers: [i32; REGISTERS],
}

/// The node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) threads: BTreeMap<u32, Thread>,
    pub(super) processes: BTreeMap<u32, Process>,
    /// The host first; those of today behind it.
    pub(super) containers: Vec<Rc<Container>>,
    pub(super) numbers: Numbers,
    next_pid: u32,
}

impl Node {
    pub(super) fn new() -> Self {
        Node {
            threads: BTreeMap::new(),
            processes: BTreeMap::new(),
            containers: vec![Rc::new(Container::host())],
            numbers: Numbers::new(),
            next_pid: PID_FIRST,
        }
    }

    /// A number that no thread has.
    pub(super) fn tid(&mut self) -> u32 {
        loop {
            let tid = self.next_pid;
            self.next_pid = if tid + 1 >= PID_MAX {
                PID_FIRST
            } else {
                tid + 1
            };
            if !self.threads.contains_key(&tid) {
                return tid;
            }
        }
    }

    /// A new container of this image, with an id from the seed.
    pub(super) fn container(
        &mut self,
        image: &str,
        random: &mut Random,
        start: u64,
    ) -> Rc<Container> {
        let number = self.numbers.inode();
        let container = Rc::new(Container::new(image, number, random, start));
        self.containers.push(Rc::clone(&container));
        container
    }
}
