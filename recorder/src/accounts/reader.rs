//! The thread that reads: questions in, rows of users and groups out.
//!
//! A process that is gone is replaced by another of its container and mount namespace, if there is one among the first that are looked at, and where none is left by the root of the container's bundle.
//! Where there is no bundle either, one that had the machine's mounts when it executed a program had the machine's accounts.
//! One that still has the machine's root, in a container that has another, is on its way into it: the bundle's root counts.
//! Roots are held open no longer than it takes to read two files: who removes a container must not find it busy.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use falco_abi::events::{groupadded, useradded};

use super::file::{Process, is_same, open_root, read_below};
use super::lines::{group_row, user_row};
use super::{BundleRoot, Question, Shared};
use crate::containers::subject::Subject;
use crate::privilege::{self, Work};
use crate::row::Row;

/// How many processes are looked at for one of a mount namespace: more than most nodes have.
const PROCESSES_MAX: usize = 4096;
/// How many accounts of one kind are taken of a container: more than any image has.
const ACCOUNTS_MAX: usize = 2048;

/// The thread's state.
pub(super) struct Reader {
    proc: PathBuf,
    shared: Arc<Shared>,
    answers: SyncSender<Arc<Vec<Row>>>,
    bundle_root: BundleRoot,
}

impl Reader {
    pub(super) fn new(
        shared: Arc<Shared>,
        answers: SyncSender<Arc<Vec<Row>>>,
        bundle_root: BundleRoot,
    ) -> Reader {
        Reader {
            proc: "/proc".into(),
            shared,
            answers,
            bundle_root,
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
        let rows = rows(&root, &question.home.container, question.time);
        if rows.is_empty() {
            return;
        }
        let rows = Arc::new(rows);
        if let Some(rows) = self.shared.learn(&question.home.container, &rows) {
            // Where nobody takes them the next segment's snapshot has them all the same.
            let _ = self.answers.try_send(rows);
        }
    }

    /// The root of the container, by whatever can still tell it.
    fn root(&self, question: &Question) -> Option<OwnedFd> {
        let found = self.of_process(question.pid, question);
        let found = found.or_else(|| self.of_another(question));
        let own = Process::open(&self.proc, std::process::id()).ok();
        let machine = own.as_ref().and_then(|own| own.root().ok());
        let is_machines =
            |root: &OwnedFd| machine.as_ref().is_some_and(|other| is_same(root, other));
        if found.as_ref().is_some_and(|root| !is_machines(root)) {
            return found;
        }
        let of_bundle = (self.bundle_root)(&question.home.subject);
        let of_bundle = of_bundle.and_then(|path| open_root(&path).ok());
        if of_bundle.is_some() || question.is_arriving {
            // Who was moved and has the machine's root may still get another; who executes a program has it.
            return of_bundle;
        }
        // Of one that is gone the kernel still said at its exec whose mounts it had.
        let shares_mounts = own.is_some_and(|own| {
            question.mnt_ns.is_some() && own.mount_namespace() == question.mnt_ns
        });
        found.or(machine.filter(|_| shares_mounts))
    }

    /// The root of a process, if it is in the container and in the mount namespace.
    ///
    /// Numbers of processes and of namespaces are given anew as soon as they are free, so neither says alone who it is.
    fn of_process(&self, pid: u32, question: &Question) -> Option<OwnedFd> {
        let process = Process::open(&self.proc, pid).ok()?;
        if question.mnt_ns.is_some() && process.mount_namespace() != question.mnt_ns {
            return None;
        }
        let root = process.root().ok()?;
        let cgroups = process.cgroups().ok()?;
        let paths = cgroups.split(|byte| *byte == b'\n');
        let mut paths = paths.filter_map(|line| line.splitn(3, |byte| *byte == b':').nth(2));
        let is_there = |path| {
            let subject = Subject::of_path(path);
            subject.is_some_and(|subject| subject.id == question.home.container)
        };
        paths.any(is_there).then_some(root)
    }

    /// The root of another process of the container in the same mount namespace.
    fn of_another(&self, question: &Question) -> Option<OwnedFd> {
        question.mnt_ns?;
        let entries = std::fs::read_dir(&self.proc).ok()?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut numbers = numbers.take(PROCESSES_MAX);
        numbers.find_map(|pid| self.of_process(pid, question))
    }
}

/// The accounts below a root, as events.
fn rows(root: &OwnedFd, container: &str, time: u64) -> Vec<Row> {
    let lines = |name: &str| {
        let bytes = read_below(root, name).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (users, groups) = (lines("etc/passwd"), lines("etc/group"));
    let user = |line| user_row(useradded::EVENT, line, time, container);
    let group = |line| group_row(groupadded::EVENT, line, time, container);
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
