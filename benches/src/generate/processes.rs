//! Births, execs and ends, and what else changes who a thread is.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::rc::Rc;

use anyhow::Result;
use falco_abi::events::{
    cgroup_attach_task, clone, container, execve, kill, prctl, prlimit, procexit, setpgid, setsid,
    setuid, unshare,
};

use super::World;
use super::container::Container;
use super::facts;
use super::node::{CLOEXEC, Credentials, Process, Thread};
use super::op::Op;
use super::program::Program;
use super::recording::CPUS;
use super::role::Role;
use super::step::Step;

/// `CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID`: what `fork` of the C library asks for.
const FORK: u64 = 0x0120_0000;
/// `CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID`: what makes a thread.
const THREAD: u64 = 0x003d_0f00;
/// Those of them that a birth tells: what is shared with the parent.
const SHARED: u32 = 0x0001_0f00;
const ENOENT: i64 = -2;
/// `CLONE_NEWNS | NEWPID | NEWNET | NEWUTS | NEWIPC`.
const NEW_NAMESPACES: u32 = 0x6c02_0000;
/// `PR_SET_NAME`, `RLIMIT_NOFILE`, `SIGTERM`.
const PR_SET_NAME: u32 = 15;
const RLIMIT_NOFILE: u32 = 7;
const SIGTERM: u32 = 15;
/// A child first runs after so many nanoseconds.
const FIRST_RUN: u64 = 60_000;

impl World {
    /// A process is born, or a thread; it will do these steps, then what its role is.
    pub(super) fn born(
        &mut self,
        tid: u32,
        ops: Vec<Op>,
        role: Option<Role>,
        time: u64,
    ) -> Result<u64> {
        let child = self.node.tid();
        let mut ops = VecDeque::from(ops);
        let flags = if role.is_some() { THREAD } else { FORK };
        ops.push_front(Op::Born { flags });
        let parent = &self.node.threads[&tid];
        let mut process = self.node.processes[&parent.pid].clone();
        let mut thread = Thread {
            tid: child,
            pid: if role.is_some() { parent.pid } else { child },
            start: time,
            cpu: parent.cpu,
            role: role.unwrap_or(Role::Done),
            ops,
            registers: parent.registers,
        };
        if role.is_none() {
            process.ppid = parent.pid;
            process.pid = child;
            process.start = time;
            process.children.clear();
            process.threads = vec![child];
        }
        let shared = if role.is_some() { SHARED } else { 0 };
        let parents = (&self.node.processes[&parent.pid], parent);
        facts::birth(
            &mut self.recording.row,
            parents,
            (&process, &thread),
            shared,
        );
        let subject = super::recording::Subject {
            tid: child,
            pid: thread.pid,
            start: time,
        };
        let time = self.recording.event(subject, parent.cpu, time)?;
        thread.cpu = self.random.below(CPUS as u64) as usize;
        let parent_pid = parent.pid;
        if let Some(parent) = self.node.processes.get_mut(&parent_pid) {
            match role {
                Some(_) => parent.threads.push(child),
                None => parent.children.push(child),
            }
        }
        if role.is_none() {
            self.node.processes.insert(child, process);
        }
        let first = time + self.random.around(FIRST_RUN);
        self.due.push(Reverse((first, child, thread.start)));
        self.node.threads.insert(child, thread);
        self.with_step(tid, time, |step| {
            let row = &mut step.recording.row;
            row.begin(clone::EVENT)
                .int(clone::res, child)
                .int(clone::flags, flags);
            step.emit()
        })
    }

    /// A process ends, with all its threads; whom it leaves goes to the first process.
    pub(super) fn exit(&mut self, tid: u32, status: i32, time: u64) -> Result<()> {
        let pid = self.node.threads[&tid].pid;
        let Some(process) = self.node.processes.remove(&pid) else {
            return Ok(());
        };
        let mut at = time;
        for (index, tid) in process.threads.iter().enumerate().rev() {
            let Some(thread) = self.node.threads.remove(tid) else {
                continue;
            };
            let row = &mut self.recording.row;
            row.begin(procexit::EVENT)
                .int(procexit::status, status << 8)
                .text(procexit::comm, &process.program.comm)
                .int(procexit::threads_live, index as u32);
            let subject = super::recording::Subject {
                tid: *tid,
                pid,
                start: thread.start,
            };
            at = self.recording.event(subject, thread.cpu, at)?;
        }
        if let Some(parent) = self.node.processes.get_mut(&process.ppid) {
            parent.children.retain(|child| *child != pid);
        }
        for child in process.children {
            if let Some(orphan) = self.node.processes.get_mut(&child) {
                orphan.ppid = 1;
            }
            if let Some(init) = self.node.processes.get_mut(&1) {
                init.children.push(child);
            }
        }
        Ok(())
    }

    /// A container begins, told by the recorder.
    pub(super) fn describe(&mut self, about: &Container, time: u64) -> Result<()> {
        let row = &mut self.recording.row;
        row.begin(container::EVENT)
            .text(container::json, &about.json);
        self.recording.own(time)
    }
}

/// Performs the step if it is one of these; says whether it was.
pub(super) fn perform(step: &mut Step<'_>, op: &Op) -> Result<bool> {
    match op {
        Op::Born { flags } => {
            let row = &mut step.recording.row;
            row.begin(clone::EVENT)
                .int(clone::res, 0)
                .int(clone::flags, *flags);
            step.emit()?;
        }
        Op::Exec(program) => exec(step, program)?,
        Op::ExecMiss(path) => {
            let comm = Rc::clone(&step.process.program.comm);
            let row = &mut step.recording.row;
            row.begin(execve::EVENT)
                .int(execve::res, ENOENT)
                .text(execve::filename, path)
                .bytes(execve::argv, path.as_bytes())
                .text(execve::comm, &comm);
            step.emit()?;
        }
        Op::SetUser(uid) => set_user(step, *uid)?,
        Op::SetSession => {
            step.process.sid = step.process.pid;
            step.process.pgid = step.process.pid;
            let sid = step.process.sid;
            let row = &mut step.recording.row;
            row.begin(setsid::EVENT)
                .int(setsid::res, sid)
                .int(setsid::sid, sid);
            step.emit()?;
        }
        Op::SetGroup => {
            step.process.pgid = step.process.pid;
            let row = &mut step.recording.row;
            row.begin(setpgid::EVENT)
                .int(setpgid::res, 0)
                .int(setpgid::pid, 0)
                .int(setpgid::pgid, 0);
            step.emit()?;
        }
        Op::Enter(container) => enter(step, container)?,
        _ => return small(step, op),
    }
    Ok(true)
}

fn small(step: &mut Step<'_>, op: &Op) -> Result<bool> {
    match op {
        Op::Name(name) => {
            let row = &mut step.recording.row;
            row.begin(prctl::EVENT)
                .int(prctl::res, 0)
                .int(prctl::option, PR_SET_NAME)
                .text(prctl::arg2_str, name)
                .int(prctl::arg2_int, 0x7fff_0000)
                .text(prctl::comm, name);
        }
        Op::Limit => {
            let row = &mut step.recording.row;
            row.begin(prlimit::EVENT)
                .int(prlimit::res, 0)
                .int(prlimit::pid, 0)
                .int(prlimit::resource, RLIMIT_NOFILE)
                .int(prlimit::oldcur, 1_048_576)
                .int(prlimit::oldmax, 1_048_576);
        }
        Op::Kill => {
            let pid = step.process.children.last().copied().unwrap_or(1);
            let row = &mut step.recording.row;
            row.begin(kill::EVENT)
                .int(kill::res, 0)
                .int(kill::pid, pid)
                .int(kill::sig, SIGTERM);
        }
        _ => return Ok(false),
    }
    step.emit()?;
    Ok(true)
}

fn exec(step: &mut Step<'_>, program: &Program) -> Result<()> {
    step.process.program = program.clone();
    for slot in &mut step.process.fds {
        if slot.as_ref().is_some_and(|fd| fd.flags & CLOEXEC != 0) {
            *slot = None;
        }
    }
    if step.process.credentials.uid == 0 && step.process.container.is_host() {
        step.process.credentials.capabilities = Credentials::user(0).capabilities;
    }
    facts::exec(&mut step.recording.row, step.process, step.thread);
    step.emit()
}

fn set_user(step: &mut Step<'_>, uid: u32) -> Result<()> {
    let before = step.process.credentials;
    step.process.credentials = Credentials {
        loginuid: before.loginuid,
        ..Credentials::user(uid)
    };
    let row = &mut step.recording.row;
    row.begin(setuid::EVENT)
        .int(setuid::res, 0)
        .int(setuid::uid, uid)
        .int(setuid::after_ruid, uid)
        .int(setuid::after_euid, uid)
        .int(setuid::after_suid, uid);
    step.emit()
}

/// Into a container's cgroup and namespaces.
fn enter(step: &mut Step<'_>, container: &Rc<Container>) -> Result<()> {
    step.process.container = Rc::clone(container);
    let row = &mut step.recording.row;
    row.begin(cgroup_attach_task::EVENT)
        .int(cgroup_attach_task::hierarchy, 0)
        .text(cgroup_attach_task::path, &container.cgroup)
        .int(cgroup_attach_task::threadgroup, 1);
    step.emit()?;
    let [mounts, _, network] = container.namespaces;
    let row = &mut step.recording.row;
    row.begin(unshare::EVENT)
        .int(unshare::res, 0)
        .int(unshare::flags, NEW_NAMESPACES)
        .int(unshare::mnt_ns, mounts)
        .int(unshare::net_ns, network);
    step.emit()
}

/// Whose descriptors a process begins with: standard input, output and error.
pub(super) fn standard(process: &mut Process) {
    let null: Rc<str> = "/dev/null".into();
    for (number, flags) in [(0, 0), (1, 1), (2, 1)] {
        process.put(number, super::files::file(&null, flags));
    }
}
