//! Which threads share their tables of descriptors or their directories.
//!
//! The one system call that answers it, and the only `unsafe` of the snapshot.

use std::cmp::Ordering;

/// `KCMP_FILES`: compare the tables of descriptors.
const KCMP_FILES: libc::c_int = 2;

/// `KCMP_FS`: compare working and root directories.
const KCMP_FS: libc::c_int = 3;

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

/// Threads that have tables of descriptors, one for each table, in the kernel's order.
#[derive(Debug, Default)]
pub(super) struct Owners(Vec<u32>);

impl Owners {
    /// The thread that was first seen with the table of this one: itself, where it is the first.
    pub(super) fn of(&mut self, tid: u32) -> u32 {
        self.search(|one| order_files(one, tid), || order_files(tid, tid), tid)
    }

    /// The search alone: those that the kernel cannot compare any more have ended, and go.
    fn search(
        &mut self,
        compare: impl Fn(u32) -> Option<Ordering>,
        itself: impl Fn() -> Option<Ordering>,
        tid: u32,
    ) -> u32 {
        let (mut low, mut high) = (0, self.0.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(&known) = self.0.get(middle) else {
                break;
            };
            match compare(known) {
                Some(Ordering::Equal) => return known,
                Some(Ordering::Less) => low = middle + 1,
                Some(Ordering::Greater) => high = middle,
                None if itself().is_none() => return tid,
                None => {
                    self.0.remove(middle);
                    high -= 1;
                }
            }
        }
        if itself().is_some() {
            self.0.insert(low, tid);
        }
        tid
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
        assert_eq!(Owners::default().of(own), own);
    }

    #[test]
    fn owners_are_found_in_any_order_and_the_dead_make_room() {
        // Threads 10 to 19 have tables 0 to 4, two each; 13 ends in between.
        let table = |tid: u32| (tid != 93).then_some(tid % 5);
        let mut owners = Owners::default();
        let mut of = |tid: u32| {
            let compare = |one: u32| Some(table(one)?.cmp(&table(tid)?));
            owners.search(compare, || table(tid).map(|_| Ordering::Equal), tid)
        };
        let found: Vec<u32> = [14, 10, 12, 13, 11, 15, 19, 18, 17, 16, 93]
            .map(&mut of)
            .into();
        assert_eq!(found, [14, 10, 12, 13, 11, 10, 14, 13, 12, 11, 93]);
        owners.0[2] = 93;
        let compare = |one: u32| Some(table(one)?.cmp(&3));
        assert_eq!(owners.search(compare, || Some(Ordering::Equal), 23), 13);
    }
}
