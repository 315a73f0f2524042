//! What runtimes say of containers: image, name, mounts, labels, pod.
//!
//! Cgroup paths come in, from the stream ([`ContainerTracker`]) and from snapshots ([`Containers`]); JSON goes out, as events where it arrives and as rows of STATE.
//! All of it happens beside recording: a thread of low priority asks the [`runtimes`], every wait has an end, every queue and answer has a limit, and what finds no room is counted.
//! Nothing that a runtime says is believed further than its form: it is text that goes into the capture, within the limits of [`metadata`].

mod asker;
mod containerd;
mod cri;
mod disk;
mod engine;
pub mod error;
mod find;
pub mod grpc;
mod http;
mod json;
mod known;
mod messages;
pub mod metadata;
mod oci;
mod rootfs;
pub mod runtimes;
mod socket;
pub(crate) mod subject;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

pub use disk::Directories;
pub use known::Counts;
pub use runtimes::{Interface, Settings};
pub use subject::Subject;

use falco_abi::events::container;
use falco_abi::view::FrameView;

use crate::accounts::{Accounts, BundleRoot, ContainerHome, MOVED, Question, UnplacedExec, Watch};
use crate::clock;
use crate::row::{self, Row};
use asker::Asker;
use find::Finder;
use known::{Known, add};

/// How many questions wait: more containers than one node runs.
const QUESTIONS_MAX: usize = 1024;
/// How many answers wait until the next look at the rings.
const ANSWERS_MAX: usize = 256;
/// How long the first snapshot waits for the runtimes' answers, so that a recording begins with what is known; and how long its end does.
pub const SETTLE_MAX: Duration = Duration::from_millis(500);

/// Where questions are put, and what was learned; as many copies as are needed.
#[derive(Clone, Debug)]
pub struct Containers {
    questions: SyncSender<Subject>,
    known: Arc<Known>,
    /// Who reads the users of containers, if anybody does.
    accounts: Option<Accounts>,
}

/// The containers of a snapshot, by their full ids.
pub type Subjects = BTreeMap<String, Subject>;

impl Containers {
    /// Starts the thread that asks; it ends when the last copy is gone.
    pub fn start(
        settings: Settings,
        notice: fn(&str),
    ) -> io::Result<(Containers, ContainerTracker)> {
        let (questions, put) = sync_channel(QUESTIONS_MAX);
        let (sender, answers) = sync_channel(ANSWERS_MAX);
        let known = Arc::new(Known::default());
        let directories = settings.directories.clone();
        let bundles: BundleRoot = Box::new(move |subject| rootfs::root(&directories, subject));
        let asker = Asker::new(settings, Arc::clone(&known), sender, notice);
        let builder = thread::Builder::new().name("containers".to_owned());
        builder.spawn(move || asker.run(&put))?;
        let (accounts, accounts_read) = Accounts::start(bundles)?;
        let containers = Containers {
            questions,
            known,
            accounts: Some(accounts),
        };
        let tracker = ContainerTracker {
            finder: Finder::default(),
            containers: containers.clone(),
            answers,
            watch: Watch::default(),
            accounts_read: Some(accounts_read),
            rest: VecDeque::new(),
        };
        Ok((containers, tracker))
    }

    /// Asks about a container, or counts that there was no room for the question. Returns whether there was.
    fn ask(&self, subject: Subject) -> bool {
        self.known.question_put();
        let has_room = self.questions.try_send(subject).is_ok();
        if !has_room {
            self.known.question_done();
            add(&self.known.dropped, 1);
        }
        has_room
    }

    /// Asks about the containers of a snapshot; returns what is known of them, if asked so after waiting a little for the answers.
    pub fn of_snapshot(&self, subjects: &Subjects, wait: bool) -> Vec<Arc<str>> {
        for subject in subjects.values() {
            self.ask(subject.clone());
        }
        if wait {
            self.known.settle(SETTLE_MAX);
        }
        let known = subjects.keys().filter_map(|id| self.known.json(id));
        known.collect()
    }

    /// Asks for the users and groups of a container, which a process of it was seen in.
    pub(crate) fn ask_accounts(&self, subject: &Subject, pid: u32, time: u64) {
        if let Some(accounts) = &self.accounts {
            // Where there is no room the container's next program asks again.
            accounts.ask(Question {
                home: home(subject.clone()),
                pid,
                mnt_ns: None,
                is_arriving: false,
                time,
            });
        }
    }

    /// The users and groups that are known of the containers of a snapshot, as events.
    pub(crate) fn accounts_of(&self, subjects: &Subjects, wait: bool) -> Vec<Row> {
        let Some(accounts) = &self.accounts else {
            return Vec::new();
        };
        if wait {
            accounts.settle(SETTLE_MAX);
        }
        let known = subjects.values();
        let known = known.filter_map(|subject| accounts.known(&subject.id));
        known.flat_map(|rows| rows.to_vec()).collect()
    }

    /// How it went so far.
    pub fn counts(&self) -> Counts {
        self.known.counts()
    }
}

/// Nobody is asked; the roots of containers are told by this.
#[cfg(test)]
pub(crate) fn with_bundles(bundles: BundleRoot) -> (Containers, ContainerTracker) {
    let (accounts, accounts_read) = Accounts::start(bundles).expect("a thread");
    let containers = Containers {
        questions: sync_channel(QUESTIONS_MAX).0,
        known: Arc::new(Known::default()),
        accounts: Some(accounts),
    };
    let tracker = ContainerTracker {
        finder: Finder::default(),
        containers: containers.clone(),
        answers: sync_channel(ANSWERS_MAX).1,
        watch: Watch::default(),
        accounts_read: Some(accounts_read),
        rest: VecDeque::new(),
    };
    (containers, tracker)
}

/// The container as its accounts are asked for.
fn home(subject: Subject) -> Arc<ContainerHome> {
    Arc::new(ContainerHome {
        container: subject.id.clone(),
        subject,
    })
}

/// The side of the stream: finds containers in frames, and takes what was learned.
#[derive(Debug)]
pub struct ContainerTracker {
    finder: Finder,
    containers: Containers,
    answers: Receiver<Arc<str>>,
    watch: Watch,
    accounts_read: Option<Receiver<Arc<Vec<Row>>>>,
    /// Accounts that were read and not yet taken.
    rest: VecDeque<Row>,
}

/// Asks for the accounts of a container in which a user executes a program, unless that was asked lately.
fn ask_of_exec(
    watch: &mut Watch,
    accounts: &Accounts,
    home: &Arc<ContainerHome>,
    exec: UnplacedExec,
) {
    if watch.is_due(&home.container, exec.uid, Instant::now()) {
        accounts.ask(Question {
            home: Arc::clone(home),
            pid: exec.pid,
            mnt_ns: exec.mnt_ns,
            is_arriving: false,
            time: exec.time,
        });
    }
}

impl ContainerTracker {
    /// Looks at a frame. Most are passed over at once; none makes the caller wait.
    pub fn look(&mut self, frame: &[u8]) {
        let Ok(frame) = FrameView::new(frame) else {
            return;
        };
        // The clock is read for every frame by the probe already; here only for those that tell a cgroup.
        if let Some(path) = self.finder.look(&frame, Instant::now)
            && let Some(subject) = Subject::of_path(path)
            && !self.containers.ask(subject)
        {
            // The next event that tells of it asks again: nobody must stay unknown because others came in crowds.
            self.finder.forget(path);
        }
        self.look_for_users(&frame);
    }

    /// Asks for the accounts of a container in which a program is executed.
    fn look_for_users(&mut self, frame: &FrameView<'_>) {
        let Some(accounts) = &self.containers.accounts else {
            return;
        };
        if let Some(moved) = find::moved(frame) {
            let home = Subject::of_path(moved.cgroup).map(home);
            self.watch.moved(moved.pid, moved.time, home.as_ref());
            // The bundle is there by now: who lives for milliseconds will be gone when somebody looks for him.
            let Some(home) = home else {
                return;
            };
            if self.watch.is_due(&home.container, MOVED, Instant::now()) {
                accounts.ask(Question {
                    home: Arc::clone(&home),
                    pid: moved.pid,
                    mnt_ns: None,
                    is_arriving: true,
                    time: moved.time,
                });
            }
            for exec in self.watch.after_move(moved.pid, moved.time) {
                self.watch.moved(exec.pid, exec.time, Some(&home));
                ask_of_exec(&mut self.watch, accounts, &home, exec);
            }
            return;
        }
        if let Some(pid) = find::ended(frame) {
            self.watch.ended(pid);
            return;
        }
        let Some(exec) = find::exec(frame) else {
            return;
        };
        let told = Subject::of_path(exec.cgroup).map(home);
        let home = told.or_else(|| self.watch.member(exec.pid, exec.parent, exec.time));
        let exec = UnplacedExec {
            pid: exec.pid,
            parent: exec.parent,
            uid: exec.uid,
            mnt_ns: exec.mnt_ns,
            time: exec.time,
        };
        match home {
            Some(home) => ask_of_exec(&mut self.watch, accounts, &home, exec),
            None => self.watch.unplaced(exec),
        }
    }

    /// What was learned since the last call, as events: of containers at the time at which it came, of users just before that of the event that asked.
    pub fn take_rows(&mut self, most: usize) -> Vec<Row> {
        let time = clock::boottime_ns();
        let described = self.answers.try_iter().take(ANSWERS_MAX.min(most));
        let mut rows: Vec<Row> = described
            .map(|json| {
                let mut row = Row::new(container::EVENT, row::Subject::default(), time);
                row.text(container::json, &json);
                row
            })
            .collect();
        let room = most.saturating_sub(rows.len());
        while self.rest.len() < room
            && let Some(read) = self
                .accounts_read
                .as_ref()
                .and_then(|read| read.try_recv().ok())
        {
            self.rest.extend(read.iter().cloned());
        }
        let taken = room.min(self.rest.len());
        rows.extend(self.rest.drain(..taken));
        rows
    }

    /// How many questions about users were put so far.
    pub fn asked(&self) -> u64 {
        let accounts = self.containers.accounts.as_ref();
        accounts.map_or(0, Accounts::asked)
    }

    /// Whether so many of them were answered, and the answers can be taken.
    pub fn has_answered(&self, asked: u64) -> bool {
        let accounts = self.containers.accounts.as_ref();
        accounts.is_none_or(|accounts| accounts.has_answered(asked))
    }

    /// Counts that a batch did not wait for answers.
    pub fn is_late(&self) {
        add(&self.containers.known.names_late, 1);
    }

    /// Waits a little for the answers to what was asked last.
    pub fn settle(&self) {
        self.containers.known.settle(SETTLE_MAX);
        if let Some(accounts) = &self.containers.accounts {
            accounts.settle(SETTLE_MAX);
        }
    }
}

impl Drop for ContainerTracker {
    fn drop(&mut self) {
        // What nobody took before the end.
        let left = self.answers.try_iter().count() as u64;
        add(&self.containers.known.dropped, left);
    }
}
