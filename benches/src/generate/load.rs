//! Loads: who is at work on the node, and what each role does next.

use std::cmp::Reverse;
use std::rc::Rc;

use super::World;
use super::container::Container;
use super::node::{CLOEXEC, Credentials, Process, Thread};
use super::op::{Op, Peer};
use super::program::Program;
use super::programs;
use super::recording::{BEGIN, CPUS};
use super::role::Role;
use super::scripts::{self, APPEND, LASTING, LOG};
use super::{files, processes, roles, sockets};

/// What the node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Servers in containers, a database, builds, scripts, logins, an agent that reads /proc.
    Mixed,
    /// Few processes that open and close files as fast as they can.
    Opens,
    /// Scripts and builds alone: births, execs and ends.
    Forks,
}

impl Load {
    /// The load of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "mixed" => Load::Mixed,
            "opens" => Load::Opens,
            "forks" => Load::Forks,
            _ => return None,
        })
    }
}

const MILLISECOND: u64 = 1_000_000;

/// A program of the node with its processes, as it stands when the recording begins.
struct Standing {
    role: Role,
    path: &'static str,
    uid: u32,
    /// Where it listens, or is connected to.
    port: u16,
    processes: u32,
    /// Threads of each, beside the first.
    threads: u32,
}

const fn standing(
    role: Role,
    path: &'static str,
    uid: u32,
    port: u16,
    processes: u32,
    threads: u32,
) -> Standing {
    Standing {
        role,
        path,
        uid,
        port,
        processes,
        threads,
    }
}

/// What runs in containers: an image, and what it runs.
const SERVICES: [(&str, Standing); 6] = [
    (
        "docker.io/library/nginx:1.27",
        standing(Role::Web, "/usr/sbin/nginx", 33, 80, 8, 0),
    ),
    (
        "registry.example/shop/app:4.2",
        standing(Role::Application, "/usr/bin/java", 1000, 8080, 2, 30),
    ),
    (
        "docker.io/library/postgres:16",
        standing(
            Role::Backend,
            "/usr/lib/postgresql/16/bin/postgres",
            70,
            5432,
            24,
            0,
        ),
    ),
    (
        "docker.io/library/postgres:16",
        standing(
            Role::Postmaster,
            "/usr/lib/postgresql/16/bin/postgres",
            70,
            5432,
            1,
            0,
        ),
    ),
    (
        "docker.io/library/redis:7",
        standing(Role::Cache, "/usr/local/bin/redis-server", 999, 6379, 1, 4),
    ),
    (
        "registry.example/shop/worker:4.2",
        standing(Role::Worker, "/usr/bin/python3", 1000, 9000, 12, 1),
    ),
];

const HOST: [Standing; 7] = [
    standing(Role::Agent, "/usr/bin/node-agent", 0, 9100, 2, 6),
    standing(Role::Builder, "/usr/bin/make", 1001, 0, 4, 0),
    standing(Role::Scripts, "/usr/sbin/cron", 0, 0, 3, 0),
    standing(Role::Logins, "/usr/sbin/sshd", 0, 22, 1, 0),
    standing(Role::Runtime, "/usr/bin/containerd-shim", 0, 0, 2, 8),
    standing(Role::Intruder, "/usr/sbin/cron", 0, 0, 1, 0),
    standing(Role::Idle, "/usr/bin/sleeper", 0, 0, 300, 1),
];

/// Puts everyone on the node, before the recording begins.
pub(super) fn populate(world: &mut World, load: Load) {
    let host = Rc::clone(&world.node.containers[0]);
    let init = standing(Role::Idle, "/usr/lib/systemd/systemd", 0, 0, 1, 0);
    place(world, &host, &init, Some(1));
    match load {
        Load::Mixed => {
            let mut placed: Vec<(&str, Rc<Container>)> = Vec::new();
            for (image, service) in &SERVICES {
                let known = placed.iter().find(|(name, _)| name == image);
                let container = match known {
                    Some((_, container)) => Rc::clone(container),
                    None => world
                        .node
                        .container(image, &mut world.random, BEGIN - 600_000_000_000),
                };
                placed.push((image, Rc::clone(&container)));
                place(world, &container, service, None);
            }
            for service in &HOST {
                place(world, &host, service, None);
            }
        }
        Load::Opens => {
            let opener = standing(Role::Opener, "/usr/bin/indexer", 1000, 0, 12, 0);
            place(world, &host, &opener, None);
        }
        Load::Forks => {
            let [_, builder, scripts, ..] = &HOST;
            for _ in 0..3 {
                place(world, &host, builder, None);
                place(world, &host, scripts, None);
            }
        }
    }
}

fn place(world: &mut World, container: &Rc<Container>, standing: &Standing, pid: Option<u32>) {
    for number in 0..standing.processes {
        let pid = pid.unwrap_or_else(|| world.node.tid());
        let start = match pid {
            1 => MILLISECOND,
            _ => BEGIN - 500_000_000_000 + world.random.below(400_000_000_000),
        };
        let mut process = Process {
            pid,
            ppid: u32::from(pid != 1),
            start,
            pgid: pid,
            sid: pid,
            tty: 0,
            program: Program::of(standing.path, &["--instance", &number.to_string()]),
            cwd: if standing.uid == 70 {
                "/var/lib/postgresql/data/".into()
            } else {
                "/".into()
            },
            credentials: Credentials::user(standing.uid),
            container: Rc::clone(container),
            fds: Vec::new(),
            children: Vec::new(),
            threads: vec![pid],
        };
        processes::standard(&mut process);
        let registers = opened(world, &mut process, standing);
        world.add(pid, &process, standing.role, registers);
        for _ in 0..standing.threads {
            let tid = world.node.tid();
            process.threads.push(tid);
            world.add(tid, &process, standing.role, registers);
        }
        world.node.processes.insert(pid, process);
    }
}

/// What a process has open: its socket, its log, and some files more.
fn opened(
    world: &mut World,
    process: &mut Process,
    standing: &Standing,
) -> [i32; super::node::REGISTERS] {
    let mut registers = [-1; super::node::REGISTERS];
    let local = Peer {
        address: process.container.address,
        port: standing.port,
    };
    if standing.port != 0 {
        let inode = world.node.numbers.inode();
        let socket = match standing.role {
            Role::Backend => sockets::connected(inode, local, programs::client(&mut world.random)),
            _ => sockets::listening(inode, local),
        };
        registers[LASTING] = process.add(socket);
    }
    let log: Rc<str> = format!("/var/log/{}/messages.log", process.program.comm).into();
    registers[LOG] = process.add(files::file(&log, APPEND));
    for number in 0..world.random.below(20) {
        let name: Rc<str> = format!("/var/lib/{}/segment-{number}", process.program.comm).into();
        process.add(files::file(&name, CLOEXEC));
    }
    registers
}

impl World {
    fn add(
        &mut self,
        tid: u32,
        process: &Process,
        role: Role,
        registers: [i32; super::node::REGISTERS],
    ) {
        let thread = Thread {
            tid,
            pid: process.pid,
            start: process.start,
            cpu: self.random.below(CPUS as u64) as usize,
            role,
            ops: [].into(),
            registers,
        };
        let first = BEGIN + 1 + self.random.below(20 * MILLISECOND);
        self.due.push(Reverse((first, tid, thread.start)));
        self.node.threads.insert(tid, thread);
    }
}

/// The next few steps of a role; never none.
pub(super) fn next(world: &mut World, role: Role) -> Vec<Op> {
    let random = &mut world.random;
    match role {
        Role::Done => vec![Op::Exit(0)],
        Role::Idle => vec![Op::Sleep(20_000 * MILLISECOND), Op::Limit],
        Role::Web => roles::web(random),
        Role::Application => roles::application(random),
        Role::Backend => roles::backend(random),
        Role::Postmaster => roles::postmaster(random),
        Role::Cache => roles::cache(random),
        Role::Worker => roles::worker(random),
        Role::Agent => {
            let pids: Vec<u32> = world.node.processes.keys().copied().collect();
            roles::agent(random, &pids)
        }
        Role::Builder => vec![
            Op::Fork(scripts::compilation(random)),
            Op::Sleep(12 * MILLISECOND),
        ],
        Role::Scripts => vec![
            Op::Fork(scripts::shell(random, "/srv/jobs/run")),
            Op::Sleep(15 * MILLISECOND),
        ],
        Role::Logins => roles::login(random),
        Role::Runtime => roles::task(world),
        Role::Intruder => roles::intrusion(random),
        Role::Opener => roles::opener(random),
    }
}
