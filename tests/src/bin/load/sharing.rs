//! Who shares what with whom in this process.
//!
//! Alone, a process does what it likes with any number.
//! Who shares a table only touches what it opened itself, and does not copy the table while others use it:
//! otherwise two calls could be under way for one number, and nobody, not even the kernel, could say in which order they were meant.
//! What remains is the race that honest programs have too: a number that one frees is given to another before the first has returned.

use std::sync::atomic::{AtomicBool, Ordering};

/// Threads or processes share the descriptors.
static FILES: AtomicBool = AtomicBool::new(false);
/// Other processes do.
static FILES_WITH_PROCESSES: AtomicBool = AtomicBool::new(false);
/// Threads or processes share the directories.
static DIRECTORIES: AtomicBool = AtomicBool::new(false);
/// This process has had more than one thread.
static THREADED: AtomicBool = AtomicBool::new(false);

/// What a birth shares.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    pub(crate) files: bool,
    pub(crate) directories: bool,
}

/// A thread is born.
pub(crate) fn add_thread(shares: Shares) {
    THREADED.store(true, Ordering::SeqCst);
    FILES.fetch_or(shares.files, Ordering::SeqCst);
    DIRECTORIES.fetch_or(shares.directories, Ordering::SeqCst);
}

/// A process is going to be born: both sides share from now on.
pub(crate) fn add_process(shares: Shares) {
    FILES.fetch_or(shares.files, Ordering::SeqCst);
    FILES_WITH_PROCESSES.fetch_or(shares.files, Ordering::SeqCst);
    DIRECTORIES.fetch_or(shares.directories, Ordering::SeqCst);
}

/// A child's own view: it has one thread, and shares what it was born with.
pub(crate) fn begin(shares: Shares) {
    THREADED.store(false, Ordering::SeqCst);
    FILES.store(shares.files, Ordering::SeqCst);
    FILES_WITH_PROCESSES.store(shares.files, Ordering::SeqCst);
    DIRECTORIES.store(shares.directories, Ordering::SeqCst);
}

pub(crate) fn files() -> bool {
    FILES.load(Ordering::SeqCst)
}

pub(crate) fn files_with_processes() -> bool {
    FILES_WITH_PROCESSES.load(Ordering::SeqCst)
}

pub(crate) fn directories() -> bool {
    DIRECTORIES.load(Ordering::SeqCst)
}

pub(crate) fn threaded() -> bool {
    THREADED.load(Ordering::SeqCst)
}
