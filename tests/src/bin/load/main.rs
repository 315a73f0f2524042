//! A tree of processes that never rests, until it is told to: what the live test compares with /proc.
//!
//! Processes fork, share descriptors, exec and end; threads start and exec; all of them open, duplicate and close descriptors of every kind, on numbers they pick blindly.
//! Everyone stops when the file `stop` appears in the directory it was given, writes `settled-TID` there, and stays as it is until the directory is gone.
//! It knows nothing of captures, state or /proc.

mod acts;
mod kernel;
mod sharing;
mod sockets;

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "Usage: load DIRECTORY SEED DEPTH SHARES_DIRECTORIES";

/// How long one waits between two acts: a load, and still room for others on the machine.
const PAUSE: Duration = Duration::from_millis(4);
/// How often those who have settled look whether it is over.
const SETTLED_PAUSE: Duration = Duration::from_millis(20);
/// When a load that nobody ends goes by itself.
const SETTLED_LOOKS: u32 = 15_000;
/// How long it may work without being told to stop, in acts.
const ACTS_MAX: u32 = 50_000;

/// Where it works, and how.
#[derive(Clone)]
pub(crate) struct Load {
    /// The directory.
    pub(crate) directory: PathBuf,
    /// How many generations may still come.
    pub(crate) depth: u32,
}

impl Load {
    /// A path in the directory, for calls that want a NUL at its end.
    pub(crate) fn path(&self, name: &str) -> CString {
        let path: OsString = self.directory.join(name).into();
        CString::new(path.into_vec()).expect("a path without a NUL")
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, seed, depth, directories] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (Ok(seed), Ok(depth)) = (seed.parse(), depth.parse()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    sharing::begin(sharing::Shares {
        files: false,
        directories: directories == "1",
    });
    let load = Load {
        directory: Path::new(directory).to_owned(),
        depth,
    };
    work(load, seed);
    ExitCode::SUCCESS
}

/// What every process and thread does: acts until the stop, and then nothing.
pub(crate) fn work(mut load: Load, seed: u64) {
    let mut random = Random::new(seed);
    let stop = load.path("stop");
    let mut acts = acts::Acts::default();
    for _ in 0..ACTS_MAX {
        if kernel::exists(&stop) {
            break;
        }
        if acts.act(&mut load, &mut random) == acts::Then::End {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    settle(&load);
}

fn settle(load: &Load) {
    let name = load.path(&format!("settled-{}", kernel::thread_id()));
    let fd = kernel::open_file(&name, kernel::O_RDWR_CREAT | kernel::O_CLOEXEC);
    if fd >= 0 {
        kernel::close_fd(fd);
    }
    let stop = load.path("stop");
    for _ in 0..SETTLED_LOOKS {
        if !kernel::exists(&stop) {
            break;
        }
        std::thread::sleep(SETTLED_PAUSE);
    }
}

/// A generator of numbers, so that a seed tells the whole story of a process (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    /// One of `count`.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.next() % count.max(1)
    }
}
