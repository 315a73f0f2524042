//! Which threads share their tables of descriptors or their directories: what the kernel says of two of them.
//!
//! The one system call that answers it, a child that has ended to be compared with, and the only `unsafe` of the snapshot.
//! Which tables there are and whose, `owners` finds.

use std::cmp::Ordering;

/// `KCMP_FILES`: compare the tables of descriptors.
const KCMP_FILES: libc::c_int = 2;

/// `KCMP_FS`: compare working and root directories.
const KCMP_FS: libc::c_int = 3;

/// The stack of a child that does nothing.
const STACK_BYTES: usize = 64 << 10;

/// How a stack is aligned.
const STACK_ALIGNMENT: usize = 16;

/// How the tables of two threads stand in the kernel's own order, equal where they are one. None where the kernel does not say.
pub(super) fn order_files(one: u32, other: u32) -> Option<Ordering> {
    order(KCMP_FILES, one, other)
}

/// Whether two threads surely have directories of their own.
pub(super) fn other_directories(one: u32, other: u32) -> bool {
    order(KCMP_FS, one, other).is_some_and(Ordering::is_ne)
}

fn order(kind: libc::c_int, one: u32, other: u32) -> Option<Ordering> {
    let (Ok(one), Ok(other)) = (libc::pid_t::try_from(one), libc::pid_t::try_from(other)) else {
        return None;
    };
    // SAFETY: kcmp takes five integers and neither reads nor writes memory of this process.
    match unsafe { libc::syscall(libc::SYS_kcmp, one, other, kind, 0_u64, 0_u64) } {
        0 => Some(Ordering::Equal),
        1 => Some(Ordering::Less),
        2 => Some(Ordering::Greater),
        _ => None,
    }
}

/// A child of ours that has ended and that nobody has waited for yet: it has no table, so whoever has the same as it has none either.
///
/// A thread that ends gives its table away long before it is gone, and until then the kernel compares it like any other: all that have none would share one, and stand elsewhere in the order than before.
#[derive(Debug)]
pub(super) struct Ended(Option<libc::pid_t>);

impl Ended {
    /// Makes one. Where the kernel makes none, nothing is known to have no table.
    ///
    /// It has the memory of this process and not a copy of it, of which every page that others write meanwhile would be one more to hold.
    pub(super) fn new() -> Ended {
        let mut stack = vec![0_u8; STACK_BYTES];
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: the child runs one function that touches nothing, on a stack of its own that outlives it: this thread goes on when it has ended.
        let child = unsafe {
            let top = stack.as_mut_ptr().add(STACK_BYTES - STACK_ALIGNMENT);
            let top = top.add(top.align_offset(STACK_ALIGNMENT));
            libc::clone(ends_at_once, top.cast(), flags, std::ptr::null_mut())
        };
        let ended = Ended((child > 0).then_some(child));
        ended.wait(libc::WEXITED | libc::WNOWAIT);
        ended
    }

    /// Nobody, who is like none.
    pub(super) fn none() -> Ended {
        Ended(None)
    }

    /// Whether a thread has surely no table of descriptors.
    pub(super) fn is_like(&self, tid: u32) -> bool {
        let child = self.0.and_then(|child| u32::try_from(child).ok());
        child.is_some_and(|child| order_files(child, tid) == Some(Ordering::Equal))
    }

    fn wait(&self, options: libc::c_int) {
        let Some(child) = self.0.and_then(|child| libc::id_t::try_from(child).ok()) else {
            return;
        };
        // SAFETY: the kernel writes what it says of the child to a place of ours, or nothing.
        unsafe {
            let mut said: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, child, &raw mut said, options);
        }
    }
}

/// What the child does; its result is its exit code.
extern "C" fn ends_at_once(_: *mut libc::c_void) -> libc::c_int {
    0
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.wait(libc::WEXITED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_shares_with_itself_and_nothing_is_said_of_nobody() {
        let own = std::process::id();
        let said = order_files(own, own);
        assert!(
            said == Some(Ordering::Equal)
                || std::io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS)
        );
        assert_eq!(order_files(own, u32::MAX), None);
        assert!(!other_directories(own, own));
    }

    #[test]
    fn who_has_ended_has_no_table() {
        let (ended, other) = (Ended::new(), Ended::new());
        let of = |ended: &Ended| ended.0.and_then(|child| u32::try_from(child).ok());
        let other_child = of(&other).expect("a child");
        let is_said = order_files(other_child, other_child).is_some();
        assert_eq!(ended.is_like(other_child), is_said);
        assert!(!ended.is_like(std::process::id()));
        drop(other);
        assert!(!ended.is_like(other_child));
    }
}
