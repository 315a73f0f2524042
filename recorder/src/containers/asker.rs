//! The thread that asks: questions come in, answers go out, both over bounded channels.
//!
//! Its priority is low and its privilege small; whoever waits for it waits for a bounded time.
//! What is not known yet, because a runtime is still making the container, is asked again a few times.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::find::REFRESH;
use super::known::{Known, Trust, add};
use super::metadata::to_json;
use super::runtimes::{REST, Runtimes, Settings};
use super::subject::Subject;
use crate::privilege::{self, Work};

/// How long to wait before each further attempt: a container is made within tenths of a second, a busy runtime takes seconds.
/// The last comes when a runtime that rested is asked again: else what began while it rested would never be known.
const RETRIES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    REST,
];
/// How many containers wait for a further attempt.
const WAITING_MAX: usize = 1024;
/// How long the thread sleeps when nothing is to be done; a question wakes it.
const IDLE: Duration = Duration::from_secs(60);
/// The niceness: this is the least urgent work of the recorder.
const NICENESS: i32 = 10;

/// A container that is asked about again.
struct Waiting {
    subject: Subject,
    due: Instant,
    attempts: usize,
}

/// The thread's state.
pub(super) struct Asker {
    runtimes: Runtimes,
    known: Arc<Known>,
    answers: SyncSender<Arc<str>>,
    waiting: VecDeque<Waiting>,
    notice: fn(&str),
}

impl Asker {
    pub(super) fn new(
        settings: Settings,
        known: Arc<Known>,
        answers: SyncSender<Arc<str>>,
        notice: fn(&str),
    ) -> Asker {
        Asker {
            runtimes: Runtimes::new(settings),
            known,
            answers,
            waiting: VecDeque::new(),
            notice,
        }
    }

    /// Asks until nobody puts questions any more.
    pub(super) fn run(mut self, questions: &Receiver<Subject>) {
        privilege::keep_for(Work::Ask);
        // On Linux this is the thread's own priority; without it the thread is only less polite.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        loop {
            let now = Instant::now();
            let due = self.waiting.iter().map(|waiting| waiting.due).min();
            let pause = due.map_or(IDLE, |due| due.saturating_duration_since(now).min(IDLE));
            match questions.recv_timeout(pause) {
                Ok(subject) => {
                    self.first(subject);
                    self.known.question_done();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.again();
        }
    }

    fn first(&mut self, subject: Subject) {
        let is_waiting = |waiting: &Waiting| waiting.subject.full_id == subject.full_id;
        if self.known.is_fresh(&subject.full_id, REFRESH) || self.waiting.iter().any(is_waiting) {
            return;
        }
        add(&self.known.asked, 1);
        self.ask(subject, 0);
    }

    /// Asks once more about one container whose time has come; questions come between.
    fn again(&mut self) {
        let now = Instant::now();
        let due = self.waiting.iter().position(|waiting| waiting.due <= now);
        if let Some(waiting) = due.and_then(|place| self.waiting.remove(place)) {
            self.ask(waiting.subject, waiting.attempts);
        }
    }

    fn ask(&mut self, subject: Subject, attempts: usize) {
        let asked = self.runtimes.ask(&subject);
        add(&self.known.failures, asked.failures);
        asked
            .notices
            .iter()
            .for_each(|notice| (self.notice)(notice));
        let retry = RETRIES.get(attempts).filter(|_| asked.may_know_more_later);
        let is_known = match asked.metadata {
            Some(metadata) => {
                let json = to_json(&metadata);
                let said_by = metadata.said_by.as_deref().unwrap_or_default();
                let trust = match (retry, said_by) {
                    (Some(_), _) => Trust::Provisional,
                    (None, "cgroup") => Trust::FromName,
                    (None, "disk") => Trust::FromDisk,
                    (None, _) => Trust::FromRuntime,
                };
                if let Some(answer) = self.known.learn(&subject.full_id, json, trust) {
                    self.tell(answer, said_by);
                }
                true
            }
            None => self.known.json(&subject.full_id).is_some(),
        };
        match retry {
            Some(pause) if self.has_room(attempts) => {
                let now = Instant::now();
                self.waiting.push_back(Waiting {
                    subject,
                    due: now.checked_add(*pause).unwrap_or(now),
                    attempts: attempts + 1,
                });
            }
            _ if !is_known => add(&self.known.unanswered, 1),
            _ => {}
        }
    }

    /// Hands on what was learned.
    /// Where there is no room, what a runtime or the disk told waits, as nobody waits for this thread.
    /// What the name of a cgroup tells can be made up thousands of times a second: it makes nothing else wait, and is counted.
    fn tell(&self, answer: Arc<str>, said_by: &str) {
        let is_told = match said_by {
            "cgroup" => self.answers.try_send(answer).is_ok(),
            _ => self.answers.send(answer).is_ok(),
        };
        if !is_told {
            add(&self.known.dropped, 1);
        }
    }

    /// Whether another container may wait that was asked about so often already.
    /// One that was asked about more often makes room for it: made-up names, of which nobody ever knows, must not keep out a container that is being made.
    fn has_room(&mut self, attempts: usize) -> bool {
        if self.waiting.len() < WAITING_MAX {
            return true;
        }
        let places = self.waiting.iter().enumerate();
        let hopeless = places.max_by_key(|(_, waiting)| waiting.attempts);
        let hopeless = hopeless.filter(|(_, waiting)| waiting.attempts > attempts + 1);
        let Some(gone) = hopeless
            .map(|(place, _)| place)
            .and_then(|place| self.waiting.remove(place))
        else {
            return false;
        };
        if self.known.json(&gone.subject.full_id).is_none() {
            add(&self.known.unanswered, 1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::sync_channel;

    use super::super::disk::Directories;
    use super::*;

    fn asker(below: &Path, room: usize) -> (Asker, Receiver<Arc<str>>) {
        let none = below.join("none");
        let directories = Directories {
            containerd: Vec::new(),
            docker: below.to_owned(),
            storage: Vec::new(),
            runc: none.clone(),
            crun: none,
        };
        let settings = Settings {
            sockets: Vec::new(),
            directories,
        };
        let (answers, told) = sync_channel(room);
        (Asker::new(settings, Arc::default(), answers, |_| ()), told)
    }

    fn subject(path: &str) -> Subject {
        Subject::of_path(path.as_bytes()).expect("a container")
    }

    /// Asks about containers where one answer has room; expects how many are handed on, and how many are dropped.
    fn check(paths: &[String], below: &Path, expected: (usize, u64)) {
        let (asker, told) = asker(below, 1);
        let known = Arc::clone(&asker.known);
        let (questions, put) = sync_channel(paths.len());
        for path in paths {
            questions.send(subject(path)).expect("room");
        }
        drop(questions);
        let thread = std::thread::spawn(move || asker.run(&put));
        if expected.1 > 0 {
            // Nobody takes an answer before all were given.
            thread.join().expect("the thread");
        } else {
            // Not before the second finds no room.
            while known.counts().described < 2 {
                std::thread::yield_now();
            }
        }
        assert_eq!(told.iter().count(), expected.0);
        assert_eq!(known.counts().dropped, expected.1);
    }

    #[test]
    fn answers_wait_for_room_unless_anybody_can_make_them_up() {
        let folder = tempfile::tempdir().expect("a directory");
        let mut paths = Vec::new();
        for number in 0..5 {
            let place = folder.path().join(format!("containers/{number:064x}"));
            std::fs::create_dir_all(&place).expect("a directory");
            std::fs::write(place.join("config.v2.json"), "{}").expect("a file");
            paths.push(format!("/docker/{number:064x}"));
        }
        check(&paths, folder.path(), (5, 0));
        let made_up: Vec<_> = (0..5).map(|number| format!("/a/lxc/{number}")).collect();
        check(&made_up, folder.path(), (1, 4));
    }

    #[test]
    fn a_new_container_finds_room_among_names_that_nobody_knows() {
        let folder = tempfile::tempdir().expect("a directory");
        let (mut asker, _told) = asker(folder.path(), 1);
        let waiting = |attempts| Waiting {
            subject: subject("/docker/web"),
            due: Instant::now(),
            attempts,
        };
        asker.waiting.extend((0..WAITING_MAX).map(|_| waiting(3)));
        assert!(asker.has_room(0) && asker.has_room(1));
        assert_eq!(asker.waiting.len(), WAITING_MAX - 1);
        asker.waiting.push_back(waiting(1));
        assert!(!asker.has_room(3) && asker.has_room(0));
        assert_eq!(asker.known.counts().unanswered, 2);
    }
}
