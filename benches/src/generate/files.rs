//! Calls on files and descriptors: what they do to the process, and their rows.

use std::rc::Rc;

use anyhow::Result;
use falco_abi::events::{
    chdir, chmod, close, dup, dup2, epoll_create1, eventfd2, fcntl, mkdir, openat, pipe2, read,
    rename, unlink, write,
};

use super::node::{CLOEXEC, Fd};
use super::op::Op;
use super::program::inode_of;
use super::step::Step;

/// `AT_FDCWD`.
const AT_FDCWD: i32 = -100;
/// `F_SETFD`, and what it sets.
const F_SETFD: u32 = 2;
const FD_CLOEXEC: u32 = 1;
const ENOENT: i64 = -2;
const EBADF: i64 = -9;
const O_CREAT: u32 = 0o100;
/// The device of the file system that nearly all files are on, and of /proc.
const DISK: u32 = 0x0080_0001;
const PROC: u32 = 22;

/// An open file.
pub(super) fn file(name: &Rc<str>, flags: u32) -> Fd {
    Fd {
        name: Rc::clone(name),
        flags,
        mode: 0o100_644,
        ino: inode_of(name),
        dev: if name.starts_with("/proc/") {
            PROC
        } else {
            DISK
        },
        tuple: Rc::from([]),
    }
}

/// A descriptor without a name of its own, as /proc shows it.
fn nameless(name: String, flags: u32, ino: u64) -> Fd {
    Fd {
        name: name.into(),
        flags,
        mode: 0o10_600,
        ino,
        dev: 14,
        tuple: Rc::from([]),
    }
}

/// Performs the step if it is one of these; says whether it was.
pub(super) fn perform(step: &mut Step<'_>, op: &Op) -> Result<bool> {
    match op {
        Op::Open { name, flags, into } => open(step, name, *flags, *into)?,
        Op::Miss { name } => {
            let row = &mut step.recording.row;
            row.begin(openat::EVENT)
                .int(openat::fd, ENOENT)
                .int(openat::dirfd, AT_FDCWD)
                .text(openat::name, name)
                .int(openat::flags, CLOEXEC)
                .int(openat::mode, 0);
            step.emit()?;
        }
        Op::Close(reg) => {
            let fd = step.thread.registers[*reg];
            let res = if step.process.close(fd) { 0 } else { EBADF };
            let row = &mut step.recording.row;
            row.begin(close::EVENT)
                .int(close::res, res)
                .int(close::fd, fd);
            step.emit()?;
        }
        Op::Chdir(path) => {
            step.process.cwd = Rc::clone(path);
            let row = &mut step.recording.row;
            row.begin(chdir::EVENT)
                .int(chdir::res, 0)
                .text(chdir::path, path);
            step.emit()?;
        }
        Op::Unlink(path) => {
            let row = &mut step.recording.row;
            row.begin(unlink::EVENT)
                .int(unlink::res, 0)
                .text(unlink::path, path);
            step.emit()?;
        }
        Op::Rename { from, to } => {
            let row = &mut step.recording.row;
            row.begin(rename::EVENT)
                .int(rename::res, 0)
                .text(rename::oldpath, from)
                .text(rename::newpath, to);
            step.emit()?;
        }
        Op::Mkdir(path) => {
            let row = &mut step.recording.row;
            row.begin(mkdir::EVENT)
                .int(mkdir::res, 0)
                .text(mkdir::path, path)
                .int(mkdir::mode, 0o755);
            step.emit()?;
        }
        Op::Chmod { name, mode } => {
            let row = &mut step.recording.row;
            row.begin(chmod::EVENT)
                .int(chmod::res, 0)
                .text(chmod::filename, name)
                .int(chmod::mode, *mode);
            step.emit()?;
        }
        _ => return descriptors(step, op),
    }
    Ok(true)
}

fn descriptors(step: &mut Step<'_>, op: &Op) -> Result<bool> {
    match op {
        Op::Read { reg, size } => {
            let fd = step.thread.registers[*reg];
            let got = step.random.below(u64::from(*size) + 1);
            let row = &mut step.recording.row;
            row.begin(read::EVENT)
                .int(read::res, got)
                .int(read::fd, fd)
                .int(read::size, *size);
            step.emit()?;
        }
        Op::Write { reg, size } => {
            let fd = step.thread.registers[*reg];
            let row = &mut step.recording.row;
            row.begin(write::EVENT)
                .int(write::res, *size)
                .int(write::fd, fd)
                .int(write::size, *size);
            step.emit()?;
        }
        Op::CloseAtExec(reg) => close_at_exec(step, *reg)?,
        Op::Dup { reg, into } => {
            let old = step.thread.registers[*reg];
            let copy = step.process.fd(old).cloned();
            let new = copy.map_or(EBADF as i32, |fd| step.process.add(without_cloexec(fd)));
            step.thread.registers[*into] = new;
            let row = &mut step.recording.row;
            row.begin(dup::EVENT)
                .int(dup::res, new)
                .int(dup::oldfd, old);
            step.emit()?;
        }
        Op::DupOnto { reg, number } => duplicate_onto(step, *reg, *number)?,
        Op::Pipe { read, write } => pipe(step, *read, *write)?,
        Op::EventFd { into } => {
            let fd = anonymous(step, "eventfd", *into);
            let row = &mut step.recording.row;
            row.begin(eventfd2::EVENT)
                .int(eventfd2::res, fd)
                .int(eventfd2::flags, CLOEXEC)
                .int(eventfd2::initval, 0);
            step.emit()?;
        }
        Op::Epoll { into } => {
            let fd = anonymous(step, "eventpoll", *into);
            let row = &mut step.recording.row;
            row.begin(epoll_create1::EVENT)
                .int(epoll_create1::res, fd)
                .int(epoll_create1::flags, CLOEXEC);
            step.emit()?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn close_at_exec(step: &mut Step<'_>, reg: usize) -> Result<()> {
    let number = step.thread.registers[reg];
    let slot = usize::try_from(number).ok();
    if let Some(Some(fd)) = slot.and_then(|slot| step.process.fds.get_mut(slot)) {
        fd.flags |= CLOEXEC;
    }
    let row = &mut step.recording.row;
    row.begin(fcntl::EVENT)
        .int(fcntl::res, 0)
        .int(fcntl::fd, number)
        .int(fcntl::cmd, F_SETFD)
        .int(fcntl::arg, FD_CLOEXEC);
    step.emit()
}

/// A descriptor of the kernel's that is no file.
fn anonymous(step: &mut Step<'_>, kind: &str, into: usize) -> i32 {
    let ino = step.numbers.inode();
    let name = format!("anon_inode:[{kind}]");
    let fd = step.process.add(nameless(name, CLOEXEC, ino));
    step.thread.registers[into] = fd;
    fd
}

fn without_cloexec(mut fd: Fd) -> Fd {
    fd.flags &= !CLOEXEC;
    fd
}

fn open(step: &mut Step<'_>, name: &Rc<str>, flags: u32, into: usize) -> Result<()> {
    let opened = match name.starts_with('/') {
        true => file(name, flags),
        false => file(&format!("{}{name}", step.process.cwd).into(), flags),
    };
    let (dev, ino) = (opened.dev, opened.ino);
    let fd = step.process.add(opened);
    step.thread.registers[into] = fd;
    let is_created = flags & O_CREAT != 0 && step.random.once_in(2);
    let mode = if flags & O_CREAT != 0 { 0o644 } else { 0 };
    let row = &mut step.recording.row;
    row.begin(openat::EVENT)
        .int(openat::fd, fd)
        .int(openat::dirfd, AT_FDCWD)
        .text(openat::name, name)
        .int(openat::flags, flags)
        .int(openat::mode, mode)
        .int(openat::dev, dev)
        .int(openat::ino, ino)
        .int(openat::opened, u8::from(is_created));
    step.emit()
}

fn duplicate_onto(step: &mut Step<'_>, reg: usize, number: i32) -> Result<()> {
    let old = step.thread.registers[reg];
    let copy = step.process.fd(old).cloned();
    let res = if copy.is_some() {
        i64::from(number)
    } else {
        EBADF
    };
    if let Some(fd) = copy {
        step.process.put(number, without_cloexec(fd));
    }
    let row = &mut step.recording.row;
    row.begin(dup2::EVENT)
        .int(dup2::res, res)
        .int(dup2::oldfd, old)
        .int(dup2::newfd, number);
    step.emit()
}

fn pipe(step: &mut Step<'_>, read_end: usize, write_end: usize) -> Result<()> {
    let ino = step.numbers.inode();
    let name = format!("pipe:[{ino}]");
    let first = step.process.add(nameless(name.clone(), 0, ino));
    let second = step.process.add(nameless(name, 1, ino));
    step.thread.registers[read_end] = first;
    step.thread.registers[write_end] = second;
    let row = &mut step.recording.row;
    row.begin(pipe2::EVENT)
        .int(pipe2::res, 0)
        .int(pipe2::fd1, first)
        .int(pipe2::fd2, second)
        .int(pipe2::flags, 0)
        .int(pipe2::ino, ino);
    step.emit()
}
