//! Locks (flock) by which readers know that a writer is at work.
//!
//! A writer holds one on the file of the segment that it writes and one on the directory, as long as it has them open; the kernel takes them away when the writer dies, however it dies.
//! A copy of the files, or the same files on another machine, have none: there an end that is not there is simply missing.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

/// How often a writer asks for its lock. A reader that looks at the very moment holds it for some microseconds.
const HOLD_ATTEMPTS: u32 = 10;
/// How long a writer waits between two attempts.
const HOLD_PAUSE: Duration = Duration::from_millis(1);

/// Takes the lock for as long as the file stays open.
pub(crate) fn hold(file: &File) -> Result<(), TryLockError> {
    for _ in 1..HOLD_ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(HOLD_PAUSE),
            taken => return taken,
        }
    }
    file.try_lock()
}

/// Whether a writer holds the lock.
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
