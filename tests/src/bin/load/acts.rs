//! What one process or thread of the load does at a time.
//!
//! Alone, numbers of descriptors are picked blindly from a small range: most acts hit something that is there, many hit what was just opened, and some hit nothing.
//! Where the table is shared, everyone keeps to what it opened itself.

use std::ffi::{CString, c_int};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::mpsc;

use crate::kernel::{self, CLONE_FILES, CLONE_FS, O_CLOEXEC, O_RDWR_CREAT};
use crate::sharing::{self, Shares};
use crate::{Load, Random, sockets, work};

/// Descriptors that acts pick from: above the standard three, few enough to collide.
const FDS: std::ops::Range<u64> = 3..40;
/// How many descriptors one keeps where the table is shared.
const MINE_MAX: usize = 24;
/// How many children a process may have, and how many threads.
const CHILDREN_MAX: u32 = 4;
const THREADS_MAX: u32 = 3;
/// A user without rights.
const NOBODY: u32 = 65_534;
const F_DUPFD: c_int = 0;
const F_SETFD: c_int = 2;
const F_DUPFD_CLOEXEC: c_int = 1030;
const CLOSE_RANGE_CLOEXEC: c_int = 4;
const O_DIRECTORY: c_int = if cfg!(target_arch = "aarch64") {
    0o40_000
} else {
    0o200_000
};

/// Whether one goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Act,
    End,
}

/// What one has done that bounds what it may still do.
#[derive(Default)]
pub(crate) struct Acts {
    children: u32,
    threads: u32,
    /// What it opened itself, and has not closed.
    mine: Vec<c_int>,
}

impl Acts {
    /// Does one thing.
    pub(crate) fn act(&mut self, load: &mut Load, random: &mut Random) -> Then {
        match random.below(100) {
            0..=19 => self.open(load, random),
            20..=37 => self.close(random),
            38..=49 => self.duplicate(random),
            50..=57 => self.make(random),
            58..=64 => {
                let made = sockets::make(load, random);
                self.mine.extend(made);
            }
            65..=71 if !sharing::directories() => go(load, random),
            72..=73 if !sharing::files() => close_some(random),
            74..=84 => return self.multiply(load, random),
            85 if !sharing::files() => kernel::part(CLONE_FILES | CLONE_FS),
            86 if random.below(16) == 0 => kernel::new_session(),
            87 if random.below(4) == 0 => kernel::adopt_orphans(),
            88 if load.depth == 0 && random.below(32) == 0 => kernel::become_user(NOBODY),
            89 if load.depth < 2 && random.below(16 << load.depth) == 0 => return Then::End,
            90 if load.depth < 2 && random.below(16) == 0 => exec(load, random),
            // Who has ended makes room for another.
            _ => self.children = self.children.saturating_sub(kernel::reap()),
        }
        if sharing::files() && self.mine.len() > MINE_MAX {
            self.close(random);
        }
        Then::Act
    }

    /// A number to work on.
    fn any(&self, random: &mut Random) -> c_int {
        if !sharing::files() {
            return (FDS.start + random.below(FDS.end - FDS.start)) as c_int;
        }
        let place = random.below(self.mine.len() as u64) as usize;
        self.mine.get(place).copied().unwrap_or(-1)
    }

    fn close(&mut self, random: &mut Random) {
        let fd = self.any(random);
        self.mine.retain(|mine| *mine != fd);
        kernel::close_fd(fd);
    }

    fn open(&mut self, load: &Load, random: &mut Random) {
        let number = random.below(6);
        let (name, flags) = match random.below(3) {
            0 => (format!("d{number}"), O_DIRECTORY),
            _ => (format!("f{number}"), O_RDWR_CREAT),
        };
        let path = match random.below(3) {
            // Against the working directory, which is anyone's guess.
            0 if flags != O_DIRECTORY && !sharing::directories() => {
                CString::new(name).expect("a name without a NUL")
            }
            _ => load.path(&name),
        };
        self.mine
            .push(kernel::open_file(&path, flags | cloexec(random)));
    }

    fn duplicate(&mut self, random: &mut Random) {
        let (old, new) = (self.any(random), self.any(random));
        let made = match random.below(6) {
            0 => kernel::duplicate(old),
            1 => return kernel::duplicate_onto(old, new, None),
            2 => return kernel::duplicate_onto(old, new, Some(cloexec(random))),
            3 => kernel::control(old, F_DUPFD, FDS.start as c_int),
            4 => kernel::control(old, F_DUPFD_CLOEXEC, FDS.start as c_int),
            _ => {
                kernel::control(old, F_SETFD, random.below(2) as c_int);
                return;
            }
        };
        self.mine.push(made);
    }

    fn make(&mut self, random: &mut Random) {
        let flags = cloexec(random);
        match random.below(4) {
            0 => self.mine.extend(kernel::make_pipe(flags)),
            1 => self.mine.extend(kernel::make_socket_pair(flags)),
            _ => self.mine.push(kernel::make_special(random.next(), flags)),
        }
    }

    /// A child, a child that shares, a thread, or another program.
    fn multiply(&mut self, load: &mut Load, random: &mut Random) -> Then {
        match random.below(10) {
            9 if self.threads > 0 && random.below(12) == 0 => {
                // Its threads go on without their leader.
                kernel::exit_thread();
            }
            7..=9 => self.add_thread(load, random),
            kind if self.children < CHILDREN_MAX && load.depth > 0 => {
                let shares = Shares {
                    files: matches!(kind, 4 | 5),
                    directories: matches!(kind, 5 | 6),
                };
                self.add_process(shares, load, random);
            }
            _ => {}
        }
        Then::Act
    }

    fn add_thread(&mut self, load: &Load, random: &mut Random) {
        // The first generations have children, the last but one has threads too.
        if self.threads == THREADS_MAX || load.depth != 1 {
            return;
        }
        self.threads += 1;
        let mut load = load.clone();
        load.depth -= 1;
        let seed = random.next();
        // Only the first may part from this one, while this one waits: nothing is copied that is used.
        let parts = !sharing::files() && random.below(4) == 0;
        sharing::add_thread(Shares {
            files: true,
            directories: true,
        });
        let (begun, began) = mpsc::channel();
        let thread = std::thread::Builder::new().spawn(move || {
            if parts {
                kernel::part(CLONE_FILES | CLONE_FS);
            }
            // The other side may have gone without waiting.
            let _ = begun.send(());
            work(load, seed);
        });
        if thread.is_ok() {
            let _ = began.recv();
        }
    }

    fn add_process(&mut self, shares: Shares, load: &mut Load, random: &mut Random) {
        let copies = sharing::files() && !shares.files;
        // Only the C library's own fork keeps memory usable where another thread may be allocating.
        if copies || sharing::threaded() {
            return;
        }
        self.children += 1;
        let seed = random.next();
        let flags = (CLONE_FILES * c_int::from(shares.files))
            | (CLONE_FS * c_int::from(shares.directories));
        sharing::add_process(shares);
        let is_child = match flags {
            0 => kernel::fork_process() == 0,
            flags => kernel::clone_process(flags) == 0,
        };
        if is_child {
            *self = Acts::default();
            sharing::begin(shares);
            *random = Random::new(seed);
            load.depth -= 1;
            if random.below(3) == 0 {
                exec(load, random);
            }
        }
    }
}

/// Half of them are inherited by programs.
fn cloexec(random: &mut Random) -> c_int {
    if random.below(2) == 0 { O_CLOEXEC } else { 0 }
}

fn close_some(random: &mut Random) {
    // Those that nobody picks would grow for ever.
    kernel::close_between(FDS.end as u32, u32::MAX, 0);
    let first = FDS.start + random.below(FDS.end - FDS.start);
    let last = first + random.below(6);
    let flags = if random.below(2) == 0 {
        CLOSE_RANGE_CLOEXEC
    } else {
        0
    };
    kernel::close_between(first as u32, last as u32, flags);
}

fn go(load: &Load, random: &mut Random) {
    let number = random.below(6);
    match random.below(4) {
        0 => kernel::change_directory(&load.path(&format!("d{number}"))),
        1 => kernel::change_directory(c".."),
        2 => kernel::change_directory_to((FDS.start + random.below(FDS.end - FDS.start)) as c_int),
        _ => kernel::change_directory(&load.path("")),
    }
}

/// Becomes this program again, by one of its other names. From a thread it ends all others. What it shares with other processes but descriptors it goes on sharing.
fn exec(load: &Load, random: &mut Random) {
    if sharing::files_with_processes() {
        return;
    }
    let program = load.directory.join(format!("load-{}", random.below(3)));
    let shares = if sharing::directories() { "1" } else { "0" };
    let _ = Command::new(program)
        .arg(&load.directory)
        .args([&random.next().to_string(), &load.depth.to_string(), shares])
        .exec();
}
