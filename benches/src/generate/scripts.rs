//! What short-lived processes do from their first step to their end, and what many do again and again.

use std::rc::Rc;

use super::node::CLOEXEC;
use super::op::{Op, Peer, Reg};
use super::program::Program;
use super::programs;
use super::random::Random;

const O_WRONLY: u32 = 1;
const O_CREAT: u32 = 0o100;
const O_TRUNC: u32 = 0o1000;
const O_APPEND: u32 = 0o2000;
const O_DIRECTORY: u32 = 0o200_000;
/// Creates a file, or empties it.
pub(super) const CREATE: u32 = O_WRONLY | O_CREAT | O_TRUNC | CLOEXEC;
/// Writes behind the end of a file.
pub(super) const APPEND: u32 = O_WRONLY | O_APPEND | CLOEXEC;
/// Lists a directory.
pub(super) const LIST: u32 = O_DIRECTORY | CLOEXEC;

/// Registers: what is at work, a second one, a third one; the listening socket or lasting connection; the log; the poll.
pub(super) const A: Reg = 0;
pub(super) const B: Reg = 1;
pub(super) const C: Reg = 2;
pub(super) const LASTING: Reg = 4;
pub(super) const LOG: Reg = 5;

pub(super) fn read_file(name: Rc<str>, reg: Reg, reads: u64) -> Vec<Op> {
    let mut ops = vec![Op::Open {
        name,
        flags: CLOEXEC,
        into: reg,
    }];
    ops.extend((0..reads).map(|_| Op::Read { reg, size: 4_096 }));
    ops.push(Op::Close(reg));
    ops
}

pub(super) fn write_file(name: Rc<str>, reg: Reg, flags: u32) -> Vec<Op> {
    vec![
        Op::Open {
            name,
            flags,
            into: reg,
        },
        Op::Write { reg, size: 2_048 },
        Op::Close(reg),
    ]
}

/// An exec, with what the dynamic loader and the C library do.
pub(super) fn start(random: &mut Random, program: Program) -> Vec<Op> {
    let mut ops = vec![Op::Exec(program)];
    ops.extend(read_file("/etc/ld.so.cache".into(), A, 0));
    for _ in 0..2 + random.below(4) {
        ops.extend(read_file(programs::library(random), A, 1));
    }
    if random.once_in(2) {
        ops.push(Op::Miss {
            name: "/usr/lib/locale/locale-archive".into(),
        });
        ops.push(Op::Limit);
    }
    ops
}

/// Runs a program found along `PATH`, in a child of its own.
pub(super) fn child(random: &mut Random, program: Program, work: Vec<Op>) -> Op {
    let mut ops = Vec::new();
    for _ in 0..random.below(3) {
        ops.push(Op::ExecMiss(programs::elsewhere(random, &program.comm)));
    }
    ops.extend(start(random, program));
    ops.extend(work);
    ops.push(Op::Exit(i32::from(random.once_in(20))));
    Op::Fork(ops)
}

/// A shell that runs a few tools, some of them with pipes between.
pub(super) fn shell(random: &mut Random, script: &str) -> Vec<Op> {
    let mut ops = start(random, Program::of("/usr/bin/sh", &["-c", script]));
    for _ in 0..1 + random.below(4) {
        if random.once_in(2) {
            ops.extend(pipeline(random));
        } else {
            let work = read_file("/srv/data/input.txt".into(), A, 2);
            let tool = programs::tool(random);
            ops.push(child(random, tool, work));
            ops.push(Op::Sleep(2_000_000));
        }
    }
    ops.push(Op::Exit(0));
    ops
}

fn pipeline(random: &mut Random) -> Vec<Op> {
    let mut ops = vec![Op::Pipe { read: A, write: B }];
    for (end, other, number) in [(B, A, 1), (A, B, 0)] {
        let mut stage = vec![
            Op::DupOnto { reg: end, number },
            Op::Close(end),
            Op::Close(other),
        ];
        let tool = programs::tool(random);
        stage.extend(start(random, tool));
        stage.extend(read_file("/srv/data/input.txt".into(), A, 1));
        stage.push(Op::Exit(0));
        ops.push(Op::Fork(stage));
    }
    ops.extend([Op::Close(A), Op::Close(B), Op::Sleep(3_000_000)]);
    ops
}

/// One compilation: a driver, the compiler with its headers, the assembler.
pub(super) fn compilation(random: &mut Random) -> Vec<Op> {
    let (part, number) = (random.below(40), random.below(4_000));
    let source = format!("/home/build/project/src/part{part}/file{number}.c");
    let object = format!("/home/build/project/obj/part{part}/file{number}.o");
    let assembly: Rc<str> = format!("/var/tmp/cc{:06x}.s", random.below(1 << 24)).into();
    let mut work = read_file(source.as_str().into(), A, 2);
    for _ in 0..20 + random.below(60) {
        let name = programs::header(random);
        if random.below(5) < 3 {
            work.push(Op::Miss { name });
        } else {
            work.extend(read_file(name, A, 0));
        }
    }
    work.extend(write_file(Rc::clone(&assembly), A, CREATE));
    let compiler = Program::of("/usr/lib/gcc/x86_64-linux-gnu/12/cc1", &["-quiet", &source]);
    let mut assemble = read_file(Rc::clone(&assembly), A, 2);
    assemble.extend(write_file(object.as_str().into(), A, CREATE));
    let assembler = Program::of("/usr/bin/as", &["-o", &object]);
    let mut ops = start(
        random,
        Program::of("/usr/bin/gcc", &["-c", &source, "-o", &object]),
    );
    ops.push(child(random, compiler, work));
    ops.push(Op::Sleep(30_000_000));
    ops.push(child(random, assembler, assemble));
    ops.extend([Op::Sleep(6_000_000), Op::Unlink(assembly), Op::Exit(0)]);
    ops
}

/// A question to the name server, then a request to a service.
pub(super) fn request(random: &mut Random, peer: Peer) -> Vec<Op> {
    let mut ops = Vec::new();
    if random.once_in(3) {
        ops.extend(read_file("/etc/resolv.conf".into(), A, 1));
        ops.extend([
            Op::Socket {
                datagram: true,
                into: A,
            },
            Op::Connect {
                reg: A,
                peer: programs::NAME_SERVER,
            },
            Op::Send { reg: A, size: 42 },
            Op::Receive { reg: A, size: 512 },
            Op::Close(A),
        ]);
    }
    ops.extend([
        Op::Socket {
            datagram: false,
            into: A,
        },
        Op::CloseAtExec(A),
        Op::Connect { reg: A, peer },
        Op::Send { reg: A, size: 600 },
        Op::Receive {
            reg: A,
            size: 8_192,
        },
        Op::Receive {
            reg: A,
            size: 8_192,
        },
        Op::Shutdown(A),
        Op::Close(A),
    ]);
    ops
}

/// What the C library does to find a user's name.
pub(super) fn look_up_user() -> Vec<Op> {
    let mut ops = vec![
        Op::ConnectUnix {
            path: "/var/run/nscd/socket".into(),
            into: A,
        },
        Op::Close(A),
    ];
    ops.extend(read_file("/etc/nsswitch.conf".into(), A, 1));
    ops.extend(read_file("/etc/passwd".into(), A, 1));
    ops
}
