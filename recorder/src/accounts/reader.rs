//! The thread that reads: questions in, rows of users and groups out.
//!
//! A process that is gone is replaced by another of its mount namespace, if there is one among the first that are looked at.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use falco_abi::events::{groupadded, useradded};

use super::file::{read_below, root_of};
use super::{Question, Shared};
use crate::privilege::{self, Work};
use crate::snapshot::{self, Row};

/// How many processes are looked at for one of a mount namespace: more than most nodes have.
const PROCESSES_MAX: usize = 4096;
/// How many accounts of one kind are taken of a container: more than any image has.
const ACCOUNTS_MAX: usize = 2048;

/// The thread's state.
pub(super) struct Reader {
    proc: PathBuf,
    shared: Arc<Shared>,
    answers: SyncSender<Arc<Vec<Row>>>,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, answers: SyncSender<Arc<Vec<Row>>>) -> Reader {
        Reader {
            proc: "/proc".into(),
            shared,
            answers,
        }
    }

    /// Reads until nobody asks any more.
    pub(super) fn run(self, questions: &Receiver<Question>) {
        privilege::keep_for(Work::ReadAccounts);
        for question in questions {
            self.answer(&question);
            self.shared.done.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn answer(&self, question: &Question) {
        let Some(root) = self.root(question) else {
            return;
        };
        let rows = rows(&root, &question.container, question.time);
        if rows.is_empty() {
            return;
        }
        let rows = Arc::new(rows);
        if let Some(rows) = self.shared.learn(&question.container, &rows) {
            // Where nobody takes them the next segment's snapshot has them all the same.
            let _ = self.answers.try_send(rows);
        }
    }

    /// The root of the process, or of another in its mount namespace.
    fn root(&self, question: &Question) -> Option<OwnedFd> {
        let is_same = |pid: u32| {
            let own = mount_namespace(&self.proc, &pid.to_string());
            question.mnt_ns.is_none() || own == question.mnt_ns
        };
        if is_same(question.pid)
            && let Ok(root) = root_of(&self.proc, question.pid)
        {
            return Some(root);
        }
        question.mnt_ns?;
        let entries = std::fs::read_dir(&self.proc).ok()?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut others = numbers.take(PROCESSES_MAX).filter(|pid| is_same(*pid));
        others.find_map(|pid| root_of(&self.proc, pid).ok())
    }
}

/// The inode of a process's mount namespace.
fn mount_namespace(proc: &Path, process: &str) -> Option<u64> {
    let link = std::fs::read_link(proc.join(process).join("ns/mnt")).ok()?;
    let text = link.to_str()?;
    text.split_once('[')?.1.trim_end_matches(']').parse().ok()
}

/// The accounts below a root, as events.
fn rows(root: &OwnedFd, container: &str, time: u64) -> Vec<Row> {
    let lines = |name: &str| {
        let bytes = read_below(root, name).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (users, groups) = (lines("etc/passwd"), lines("etc/group"));
    let user = |line| snapshot::user_row(useradded::EVENT, line, time, container);
    let group = |line| snapshot::group_row(groupadded::EVENT, line, time, container);
    let users = users.lines().filter_map(user).take(ACCOUNTS_MAX);
    let groups = groups.lines().filter_map(group).take(ACCOUNTS_MAX);
    users.chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{Mode, OFlags, open};

    #[test]
    fn accounts_of_a_root_are_events_of_its_container() {
        let folder = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(folder.path().join("etc")).expect("a directory");
        let passwd = "app:x:7:8:App:/srv:/bin/app\nodd\n\u{1b}[31m:x:9:9::/:/\n";
        std::fs::write(folder.path().join("etc/passwd"), passwd).expect("a file");
        std::fs::write(folder.path().join("etc/group"), b"apps:x:8:\n\xff:x:z:\n").expect("a file");
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(folder.path(), flags, Mode::empty()).expect("a directory");
        let rows = rows(&root, "c1", 5);
        assert_eq!(rows.len(), 3);
        let value = |row: &Row, param: usize| row.values[param].bytes.clone();
        assert_eq!(rows[0].event, useradded::EVENT);
        assert_eq!(value(&rows[0], useradded::name), b"app");
        assert_eq!(value(&rows[0], useradded::container_id), b"c1");
        assert_eq!(rows[2].event, groupadded::EVENT);
        assert_eq!(value(&rows[2], groupadded::name), b"apps");
        assert_eq!(value(&rows[2], groupadded::gid), [8, 0, 0, 0]);
    }
}
