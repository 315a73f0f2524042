//! Containers in the stream whose accounts are to be read: processes that are moved into one, and programs that are executed there, each user of it anew.
//!
//! Who is moved or executes where in, whether to ask out. It runs on the thread that drains, so it compares and counts and nothing else.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ContainerHome;

/// The user of a process that is moved: whoever it is, it is asked about as a user of its own.
pub(crate) const MOVED: u32 = u32::MAX;
/// How many users in containers are remembered. When there are more all are forgotten, which does no harm.
const SEEN_MAX: usize = 4096;
/// How many processes in containers are remembered. When there are more all are forgotten: their next moves tell of them again.
const MEMBERS_MAX: usize = 16_384;
/// How many processes that ended are still members, and how many execs in no container are remembered: rings of CPUs are drained one after the other, so that an end may be seen before what came before it, and an exec before the move.
const OUT_OF_ORDER_MAX: usize = 256;
/// How often a user in a container is asked about before it is left alone for a while: a process may be gone, or not yet where it belongs.
const TIMES: u8 = 3;
/// After this time accounts are read again: they may have changed.
const REFRESH: Duration = Duration::from_secs(60);

/// Remembers who was asked about.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: HashMap<(String, u32), (Instant, u8)>,
    /// Processes that were moved into containers, and those they gave birth to: an exec tells the cgroup of version 2 alone.
    /// Each with the time from which it is one: what it did before is nothing of the container.
    members: HashMap<u32, (Arc<ContainerHome>, u64)>,
    /// Processes that ended, members or not, the latest last.
    ended: VecDeque<u32>,
    /// Execs of processes that are not known to be in a container, the latest last.
    unplaced: VecDeque<UnplacedExec>,
}

/// An exec whose container may still be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnplacedExec {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) uid: u32,
    pub(crate) mnt_ns: Option<u64>,
    /// Nanoseconds of `CLOCK_BOOTTIME`.
    pub(crate) time: u64,
}

impl Watch {
    /// Takes note of a process that was moved, into a container or elsewhere.
    ///
    /// Version 1 has a hierarchy per controller, and a move in one that knows no containers says nothing.
    pub(crate) fn moved(&mut self, pid: u32, time: u64, home: Option<&Arc<ContainerHome>>) {
        if self.members.len() >= MEMBERS_MAX {
            self.members.clear();
        }
        if let Some(home) = home {
            self.members.insert(pid, (Arc::clone(home), time));
        }
    }

    /// Takes note of the end of any process: a member's number is no member's any more when so many others have ended, long before the kernel gives it to another.
    pub(crate) fn ended(&mut self, pid: u32) {
        self.ended.push_back(pid);
        if self.ended.len() > OUT_OF_ORDER_MAX
            && let Some(pid) = self.ended.pop_front()
        {
            self.members.remove(&pid);
        }
    }

    /// Takes note of an exec whose container is not known, or not yet.
    pub(crate) fn unplaced(&mut self, exec: UnplacedExec) {
        if self.unplaced.len() >= OUT_OF_ORDER_MAX {
            self.unplaced.pop_front();
        }
        self.unplaced.push_back(exec);
    }

    /// The execs of a process and its children that came after it was moved and were seen before.
    pub(crate) fn after_move(&mut self, pid: u32, time: u64) -> Vec<UnplacedExec> {
        let (mut found, mut movers) = (Vec::new(), vec![pid]);
        self.unplaced.retain(|exec| {
            let is_its =
                exec.time > time && (movers.contains(&exec.pid) || movers.contains(&exec.parent));
            if is_its {
                movers.push(exec.pid);
                found.push(*exec);
            }
            !is_its
        });
        found
    }

    /// The container of a process that executes a program, by its own moves or its parent's.
    pub(crate) fn member(
        &mut self,
        pid: u32,
        parent: u32,
        time: u64,
    ) -> Option<Arc<ContainerHome>> {
        let of = |pid| self.members.get(&pid).filter(|(_, since)| *since < time);
        if let Some((home, _)) = of(pid) {
            return Some(Arc::clone(home));
        }
        let home = Arc::clone(&of(parent)?.0);
        self.moved(pid, time, Some(&home));
        Some(home)
    }

    /// Whether to ask for the accounts of a container in which a user executes a program.
    pub(crate) fn is_due(&mut self, container: &str, uid: u32, now: Instant) -> bool {
        if self.seen.len() >= SEEN_MAX {
            self.seen.clear();
        }
        let key = (container.to_owned(), uid);
        let (since, times) = self.seen.entry(key).or_insert((now, 0));
        if now.saturating_duration_since(*since) >= REFRESH {
            (*since, *times) = (now, 0);
        }
        *times = times.saturating_add(1);
        *times <= TIMES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::subject::Subject;

    #[test]
    fn children_of_members_are_members() {
        let subject = Subject::of_path(b"/default/a").expect("a container");
        let home = Arc::new(ContainerHome {
            container: subject.id.clone(),
            subject,
        });
        let mut watch = Watch::default();
        watch.moved(5, 10, Some(&home));
        watch.moved(5, 11, None);
        assert_eq!(watch.member(5, 1, 9), None, "it was moved later");
        for (pid, parent, time) in [(5, 1, 11), (6, 5, 12), (7, 6, 13)] {
            assert_eq!(watch.member(pid, parent, time).as_ref(), Some(&home));
        }
        assert_eq!(watch.member(8, 1, 14), None);
        // What came before the end may be seen behind it, but not for ever: others end that are no members.
        watch.ended(7);
        assert_eq!(watch.member(7, 1, 14).as_ref(), Some(&home));
        (0..OUT_OF_ORDER_MAX).for_each(|_| watch.ended(100));
        assert_eq!(watch.member(7, 1, 14), None);
        for pid in 0..3 * MEMBERS_MAX {
            watch.moved(u32::try_from(pid).expect("small"), 1, Some(&home));
            assert!(watch.members.len() <= MEMBERS_MAX);
        }
    }

    #[test]
    fn execs_that_are_seen_before_the_move_are_found_by_it() {
        let exec = |pid, parent, time| UnplacedExec {
            pid,
            parent,
            uid: 1,
            mnt_ns: None,
            time,
        };
        let mut watch = Watch::default();
        let later = [exec(6, 5, 20), exec(6, 5, 21), exec(7, 6, 22)];
        for exec in [exec(6, 5, 9), exec(8, 1, 20)].into_iter().chain(later) {
            watch.unplaced(exec);
        }
        assert_eq!(watch.after_move(5, 10), later);
        assert_eq!(watch.after_move(5, 10), []);
        for time in 0..3 * OUT_OF_ORDER_MAX as u64 {
            watch.unplaced(exec(9, 9, time));
        }
        assert_eq!(watch.unplaced.len(), OUT_OF_ORDER_MAX);
    }

    #[test]
    fn each_user_is_asked_about_a_few_times() {
        let mut watch = Watch::default();
        let now = Instant::now();
        let mut asked = |container, uid, now| watch.is_due(container, uid, now);
        for _ in 0..TIMES {
            assert!(asked("a", 0, now));
        }
        assert!(!asked("a", 0, now) && asked("a", 1, now) && asked("b", 0, now));
        assert!(asked("a", 0, now + REFRESH));
    }
}
