//! How urgent the recorder's own work is to the scheduler.
//!
//! A niceness, never a real-time class: whoever is at -10 gets nine tenths of a processor where it is contended for, and only what is needed of it.

use std::io;

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::CapabilitySet;

use crate::privilege;

/// By how much the priority is raised where nobody says otherwise.
pub const DEFAULT: Priority = Priority(10);
/// The most that the kernel has.
pub const MAX: i32 = 20;

/// By how much the priority of the recorder's threads is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority(pub i32);

impl Priority {
    /// Raises that of the calling thread; on Linux each thread has its own. Where that is not permitted it stays as it is.
    pub fn raise(self) {
        let _ = self.try_raise();
    }

    fn try_raise(self) -> io::Result<()> {
        let now = getpriority_process(None)?;
        let wanted = now.saturating_sub(self.0).max(-MAX);
        if wanted < now {
            setpriority_process(None, wanted)?;
        }
        Ok(())
    }
}

/// Whether this process may raise the priority of its threads.
pub fn is_permitted() -> bool {
    privilege::lacking(&[("CAP_SYS_NICE", CapabilitySet::SYS_NICE)]).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_raised_for_one_thread_where_that_is_permitted_and_never_lowered() {
        let niceness = || getpriority_process(None).expect("a niceness");
        let before = niceness();
        let raised = std::thread::spawn(move || {
            Priority(5).raise();
            let once = niceness();
            Priority(100).raise();
            (once, niceness())
        });
        let (once, most) = raised.join().expect("a thread");
        if is_permitted() {
            assert_eq!((once, most), ((before - 5).max(-MAX), -MAX));
        } else {
            assert_eq!((once, most), (before, before));
        }
        assert_eq!(niceness(), before, "another thread's stays");
        Priority(0).raise();
        assert_eq!(niceness(), before);
    }
}
