//! Containers in the stream whose accounts are to be read: processes that are moved into one, and programs that are executed there, each user of it anew.
//!
//! Who is moved or executes where in, whether to ask out. It runs on the thread that drains, so it compares and counts and nothing else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Home;

/// The user of a process that is moved: whoever it is, it is asked about as a user of its own.
pub(crate) const MOVED: u32 = u32::MAX;
/// How many users in containers are remembered. When there are more all are forgotten, which does no harm.
const SEEN_MAX: usize = 4096;
/// How many processes in containers are remembered. When there are more all are forgotten: their next moves tell of them again.
const MEMBERS_MAX: usize = 16_384;
/// How often a user in a container is asked about before it is left alone for a while: a process may be gone, or not yet where it belongs.
const TIMES: u8 = 3;
/// After this time accounts are read again: they may have changed.
const REFRESH: Duration = Duration::from_secs(60);

/// Remembers who was asked about.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: HashMap<(String, u32), (Instant, u8)>,
    /// Processes that were moved into containers, and those they gave birth to: an exec tells the cgroup of version 2 alone.
    members: HashMap<u32, Arc<Home>>,
}

impl Watch {
    /// Takes note of a process that was moved, into a container or elsewhere.
    ///
    /// Version 1 has a hierarchy per controller, and a move in one that knows no containers says nothing.
    pub(crate) fn moved(&mut self, pid: u32, home: Option<&Arc<Home>>) {
        if self.members.len() >= MEMBERS_MAX {
            self.members.clear();
        }
        if let Some(home) = home {
            self.members.insert(pid, Arc::clone(home));
        }
    }

    /// Takes note of the end of a process: its number may be another's next.
    pub(crate) fn ended(&mut self, pid: u32) {
        self.members.remove(&pid);
    }

    /// The container of a process that executes a program, by its own moves or its parent's.
    pub(crate) fn member(&mut self, pid: u32, parent: u32) -> Option<Arc<Home>> {
        let own = self.members.get(&pid).cloned();
        let home = own.or_else(|| self.members.get(&parent).cloned())?;
        self.moved(pid, Some(&home));
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
        let home = Arc::new(Home {
            container: subject.id.clone(),
            subject,
        });
        let mut watch = Watch::default();
        watch.moved(5, Some(&home));
        watch.moved(5, None);
        for (pid, parent) in [(5, 1), (6, 5), (7, 6)] {
            assert_eq!(watch.member(pid, parent).as_ref(), Some(&home));
        }
        assert_eq!(watch.member(8, 1), None);
        watch.ended(7);
        assert_eq!(watch.member(7, 1), None);
        for pid in 0..3 * MEMBERS_MAX {
            watch.moved(u32::try_from(pid).expect("small"), Some(&home));
            assert!(watch.members.len() <= MEMBERS_MAX);
        }
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
