//! What runtimes say of containers: image, name, mounts, labels, pod.
//!
//! Cgroup paths come in, from the stream ([`Learner`]) and from snapshots ([`Containers`]); JSON goes out, as events where it arrives and as rows of STATE.
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
pub mod runtimes;
mod socket;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

pub use disk::Directories;
pub use known::Counts;
pub use runtimes::{Interface, Settings};
pub use subject::Subject;

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
}

/// The containers of a snapshot, by their full ids.
pub type Subjects = BTreeMap<String, Subject>;

impl Containers {
    /// Starts the thread that asks; it ends when the last copy is gone.
    pub fn start(settings: Settings, notice: fn(&str)) -> io::Result<(Containers, Learner)> {
        let (questions, put) = sync_channel(QUESTIONS_MAX);
        let (sender, answers) = sync_channel(ANSWERS_MAX);
        let known = Arc::new(Known::default());
        let asker = Asker::new(settings, Arc::clone(&known), sender, notice);
        let builder = thread::Builder::new().name("containers".to_owned());
        builder.spawn(move || asker.run(&put))?;
        let containers = Containers { questions, known };
        let learner = Learner {
            finder: Finder::default(),
            containers: containers.clone(),
            answers,
        };
        Ok((containers, learner))
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

    /// How it went so far.
    pub fn counts(&self) -> Counts {
        self.known.counts()
    }
}

/// The side of the stream: finds containers in frames, and takes what was learned.
#[derive(Debug)]
pub struct Learner {
    finder: Finder,
    containers: Containers,
    answers: Receiver<Arc<str>>,
}

impl Learner {
    /// Looks at a frame. Most are passed over at once; none makes the caller wait.
    pub fn look(&mut self, frame: &[u8]) {
        // The clock is read for every frame by the probe already; here only for those that tell a cgroup.
        if let Some(path) = self.finder.look(frame, Instant::now)
            && let Some(subject) = Subject::of_path(path)
            && !self.containers.ask(subject)
        {
            // The next event that tells of it asks again: nobody must stay unknown because others came in crowds.
            self.finder.forget(path);
        }
    }

    /// What was learned since the last call.
    pub fn learned(&self) -> impl Iterator<Item = Arc<str>> {
        self.answers.try_iter().take(ANSWERS_MAX)
    }

    /// Waits a little for the answers to what was asked last.
    pub fn settle(&self) {
        self.containers.known.settle(SETTLE_MAX);
    }
}

impl Drop for Learner {
    fn drop(&mut self) {
        // What nobody took before the end.
        let left = self.answers.try_iter().count() as u64;
        add(&self.containers.known.dropped, left);
    }
}
