//! How a reader knows that a segment without an end is still being written.
//!
//! A writer holds a lock (flock) on the file of its segment as long as it has it open; the kernel takes the lock away when the writer dies, however it dies.
//! A copy of the file, or the same file on another machine, has no lock: there the end is simply missing.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

/// How often a writer asks for its lock. A reader that looks at the very moment holds it for some microseconds.
const HOLD_ATTEMPTS: u32 = 10;
/// How long a writer waits between two attempts.
const HOLD_PAUSE_MS: u64 = 1;

/// Marks a segment as being written, for as long as the file stays open. Best effort: a file system without locks has its segments told as unfinished.
pub(crate) fn hold(file: &File) {
    for _ in 0..HOLD_ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(HOLD_PAUSE_MS)),
            _ => return,
        }
    }
}

/// Whether a writer has the segment open.
pub(crate) fn is_held(file: &File) -> bool {
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => true,
        Ok(()) => {
            // A mapping keeps the open file, and with it the lock, so it is given back at once.
            let _ = file.unlock();
            false
        }
        Err(TryLockError::Error(_)) => false,
    }
}
