//! What servers, agents and their like do, a few calls at a time.

use std::rc::Rc;

use super::World;
use super::container::Container;
use super::op::{Op, Peer};
use super::program::Program;
use super::programs;
use super::random::Random;
use super::scripts::{self, A, B, C, CREATE, LASTING, LIST, LOG};

const MILLISECOND: u64 = 1_000_000;

/// A request of the web, from a file or from the application behind.
pub(super) fn web(random: &mut Random) -> Vec<Op> {
    let peer = programs::client(random);
    let mut ops = vec![
        Op::Accept {
            listener: LASTING,
            peer,
            into: B,
        },
        Op::CloseAtExec(B),
        Op::Receive {
            reg: B,
            size: 1_024,
        },
    ];
    if random.once_in(4) {
        ops.extend(scripts::request(random, programs_application()));
    } else if random.once_in(12) {
        ops.push(Op::Miss {
            name: programs::page(random),
        });
    } else {
        ops.extend(scripts::read_file(programs::page(random), A, 0));
    }
    ops.extend([
        Op::Write {
            reg: B,
            size: 8_192,
        },
        Op::Write {
            reg: LOG,
            size: 180,
        },
        Op::Close(B),
        Op::Sleep(4 * MILLISECOND),
    ]);
    ops
}

fn programs_application() -> Peer {
    Peer {
        address: [10, 96, 0, 40],
        port: 8080,
    }
}

pub(super) fn application(random: &mut Random) -> Vec<Op> {
    let peer = programs::client(random);
    let mut ops = vec![
        Op::Accept {
            listener: LASTING,
            peer,
            into: B,
        },
        Op::Receive {
            reg: B,
            size: 2_048,
        },
    ];
    for _ in 0..random.below(4) {
        ops.extend(scripts::read_file(programs::resource(random), A, 0));
    }
    let port = *random.pick(&[5432, 6379]);
    let peer = programs::service(random, port);
    ops.extend(scripts::request(random, peer));
    if random.once_in(10) {
        let part = programs::scratch(random);
        let whole: Rc<str> = part.replace(".part", ".data").into();
        ops.extend(scripts::write_file(Rc::clone(&part), A, CREATE));
        ops.push(Op::Rename {
            from: part,
            to: Rc::clone(&whole),
        });
        ops.push(Op::Unlink(whole));
    }
    ops.extend([
        Op::Send {
            reg: B,
            size: 3_000,
        },
        Op::Close(B),
        Op::Sleep(40 * MILLISECOND),
    ]);
    ops
}

/// A query of the database.
pub(super) fn backend(random: &mut Random) -> Vec<Op> {
    let mut ops = vec![Op::Receive {
        reg: LASTING,
        size: 400,
    }];
    for _ in 0..random.below(3) {
        ops.extend(scripts::read_file(programs::table(random), A, 1));
    }
    if random.once_in(5) {
        ops.push(Op::Write {
            reg: LOG,
            size: 8_192,
        });
    }
    ops.extend([
        Op::Send {
            reg: LASTING,
            size: 900,
        },
        Op::Sleep(9 * MILLISECOND),
    ]);
    ops
}

/// A new connection to the database, with a process of its own for some queries.
pub(super) fn postmaster(random: &mut Random) -> Vec<Op> {
    let peer = programs::client(random);
    let mut child = vec![
        Op::Close(LASTING),
        Op::Dup {
            reg: B,
            into: LASTING,
        },
        Op::Close(B),
    ];
    child.extend(scripts::look_up_user());
    for _ in 0..3 + random.below(12) {
        child.extend(backend(random));
    }
    child.push(Op::Exit(0));
    vec![
        Op::Accept {
            listener: LASTING,
            peer,
            into: B,
        },
        Op::Fork(child),
        Op::Close(B),
        Op::Sleep(30 * MILLISECOND),
    ]
}

pub(super) fn cache(random: &mut Random) -> Vec<Op> {
    let peer = programs::client(random);
    let mut ops = vec![Op::Accept {
        listener: LASTING,
        peer,
        into: B,
    }];
    for _ in 0..2 + random.below(10) {
        ops.push(Op::Receive { reg: B, size: 128 });
        ops.push(Op::Send { reg: B, size: 128 });
    }
    ops.extend([Op::Close(B), Op::Sleep(12 * MILLISECOND)]);
    ops
}

/// A task of a queue's worker: modules are looked for, somebody is asked, a result is kept.
pub(super) fn worker(random: &mut Random) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..random.below(5) {
        let name = programs::module(random);
        if random.once_in(3) {
            ops.push(Op::Miss { name });
        } else {
            ops.extend(scripts::read_file(name, A, 1));
        }
    }
    let peer = programs::service(random, 443);
    ops.extend(scripts::request(random, peer));
    if random.once_in(3) {
        let scratch = programs::scratch(random);
        ops.extend(scripts::write_file(Rc::clone(&scratch), A, CREATE));
        ops.push(Op::Unlink(scratch));
    }
    if random.once_in(40) {
        ops.push(Op::EventFd { into: C });
        ops.push(Op::Close(C));
        ops.push(Op::Epoll { into: C });
        ops.push(Op::Close(C));
        ops.push(Op::Mkdir("/var/cache/app/new".into()));
        ops.push(Op::Chmod {
            name: "/var/cache/app/new".into(),
            mode: 0o750,
        });
        ops.push(Op::Thread {
            ops: vec![Op::Name("pool-worker".into())],
            role: super::role::Role::Idle,
        });
    }
    ops.push(Op::Sleep(25 * MILLISECOND));
    ops
}

/// Reads what /proc says of some processes.
pub(super) fn agent(random: &mut Random, pids: &[u32]) -> Vec<Op> {
    let mut ops = vec![Op::Open {
        name: "/proc".into(),
        flags: LIST,
        into: B,
    }];
    for _ in 0..20 {
        let pid = *random.pick(pids);
        for file in ["stat", "status", "cgroup"] {
            ops.extend(scripts::read_file(
                format!("/proc/{pid}/{file}").into(),
                A,
                1,
            ));
        }
    }
    ops.extend([Op::Close(B), Op::Sleep(400 * MILLISECOND)]);
    ops
}

/// A login over the network, with a few commands.
pub(super) fn login(random: &mut Random) -> Vec<Op> {
    let peer = programs::client(random);
    let mut session = vec![Op::SetSession];
    session.extend(scripts::look_up_user());
    session.extend(scripts::read_file("/etc/shadow".into(), A, 1));
    session.push(Op::SetUser(1000));
    session.push(Op::Chdir("/home/ada/".into()));
    session.extend(scripts::start(
        random,
        Program::of("/bin/bash", &["--login"]),
    ));
    session.extend(scripts::read_file("/home/ada/.profile".into(), A, 1));
    for _ in 0..1 + random.below(6) {
        let tool = programs::tool(random);
        session.push(Op::SetGroup);
        session.push(scripts::child(random, tool, Vec::new()));
        session.push(Op::Sleep(900 * MILLISECOND));
    }
    session.push(Op::Exit(0));
    vec![
        Op::Accept {
            listener: LASTING,
            peer,
            into: B,
        },
        Op::Fork(session),
        Op::Close(B),
        Op::Sleep(3_000 * MILLISECOND),
    ]
}

/// A short task in a container of its own, or a health check in one that is there.
pub(super) fn task(world: &mut World) -> Vec<Op> {
    let random = &mut world.random;
    let number = world.node.numbers.inode();
    let container = Rc::new(Container::new(
        "registry.example/shop/task:9",
        number,
        random,
        0,
    ));
    let mut ops = scripts::start(
        random,
        Program::of("/usr/bin/runc", &["run", "--detach", "task"]),
    );
    ops.extend(scripts::read_file("/proc/self/mountinfo".into(), A, 1));
    ops.push(Op::Enter(Rc::clone(&container)));
    let task = Program::of("/usr/bin/python3", &["/app/task.py"]);
    ops.extend(scripts::start(random, task));
    for _ in 0..4 {
        ops.extend(worker(random));
    }
    ops.extend([Op::Leave(container), Op::Exit(0)]);
    vec![Op::Fork(ops), Op::Kill, Op::Sleep(6_000 * MILLISECOND)]
}

/// What rules look for, once in a while.
pub(super) fn intrusion(random: &mut Random) -> Vec<Op> {
    let (program, secret) = *random.pick(&[
        ("/usr/bin/cat", "/etc/shadow"),
        ("/usr/bin/head", "/etc/sudoers"),
        ("/usr/bin/find", "/root/.ssh/id_rsa"),
    ]);
    let work = scripts::read_file(secret.into(), A, 1);
    let program = Program::of(program, &[secret]);
    vec![
        scripts::child(random, program, work),
        Op::Sleep(2_500 * MILLISECOND),
    ]
}

/// Opens and closes as fast as it can.
pub(super) fn opener(random: &mut Random) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..16 {
        let name = programs::resource(random);
        ops.extend(scripts::read_file(name, A, u64::from(random.once_in(8))));
    }
    ops
}
