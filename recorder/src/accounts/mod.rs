//! Users and groups inside containers: the names in the container's own `/etc/passwd` and `/etc/group`.
//!
//! Containers come in, each with a process of it, from the stream ([`Watch`] finds them) and from snapshots; rows go out, as events where they were read and as rows of STATE.
//! All reading happens on a thread of its own: what lies in a container belongs to whoever runs it, and a file system of his may answer never.
//! Such a thread costs names and nothing else: nobody waits for it longer than a bound, every queue and file has a limit, and what finds no room is not asked for again at once.

mod file;
pub(crate) mod lines;
mod reader;
mod watch;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use falco_abi::ParamStatus;
use falco_abi::events::{groupadded, useradded};

use crate::containers::subject::Subject;
use crate::row::{Row, Value};

use reader::Reader;
pub(crate) use watch::{MOVED, UnplacedExec, Watch};

/// How many questions wait: more containers than one node runs.
const QUESTIONS_MAX: usize = 1024;
/// How many answers wait, each the accounts of one container.
const ANSWERS_MAX: usize = 64;
/// Of how many containers accounts are kept for later segments, the oldest going first.
const CONTAINERS_MAX: usize = 1024;
/// How many bytes of rows are kept in all: a hundred containers with the largest files that are read.
const KEPT_BYTES_MAX: usize = 16 << 20;
/// How often it is looked whether the questions were answered.
const SETTLE_POLL: Duration = Duration::from_millis(2);

/// A container whose accounts are read, as whoever asks knows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ContainerHome {
    /// The container's id as `container.id` shows it.
    pub(crate) container: String,
    /// By what its bundle is found on disk.
    pub(crate) subject: Subject,
}

/// Where the root of a container lies by its bundle, if it has one.
pub(crate) type BundleRoot = Box<dyn Fn(&Subject) -> Option<PathBuf> + Send>;

/// A process in a container whose accounts are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The container.
    pub(crate) home: Arc<ContainerHome>,
    /// The process, which may be gone by now.
    pub(crate) pid: u32,
    /// Its mount namespace by inode, where known: another process of it answers as well.
    pub(crate) mnt_ns: Option<u64>,
    /// Whether it was only moved into the container's cgroup: it may have the machine's root yet, and get another.
    pub(crate) is_arriving: bool,
    /// When it was seen, nanoseconds of `CLOCK_BOOTTIME`: what is read counts from then on.
    pub(crate) time: u64,
}

/// What was read of each container, for the snapshots of later segments.
#[derive(Debug, Default)]
struct KeptAccounts {
    by_container: HashMap<String, Arc<Vec<Row>>>,
    order: VecDeque<String>,
    bytes: usize,
}

/// Shared between the reader's thread and those that ask.
#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<KeptAccounts>,
    put: AtomicU64,
    done: AtomicU64,
}

/// Where questions are put; as many copies as are needed.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    questions: SyncSender<Question>,
    shared: Arc<Shared>,
}

impl Accounts {
    /// Starts the thread that reads; it ends when the last copy is gone. Hands back where its answers come.
    pub(crate) fn start(
        bundle_root: BundleRoot,
    ) -> io::Result<(Accounts, Receiver<Arc<Vec<Row>>>)> {
        let (questions, put) = sync_channel(QUESTIONS_MAX);
        let (sender, answers) = sync_channel(ANSWERS_MAX);
        let shared = Arc::new(Shared::default());
        let reader = Reader::new(Arc::clone(&shared), sender, bundle_root);
        let builder = thread::Builder::new().name("accounts".to_owned());
        builder.spawn(move || reader.run(&put))?;
        Ok((Accounts { questions, shared }, answers))
    }

    /// Asks for the accounts of a container. Returns whether there was room for the question.
    pub(crate) fn ask(&self, question: Question) -> bool {
        let has_room = self.questions.try_send(question).is_ok();
        if has_room {
            self.shared.put.fetch_add(1, Ordering::AcqRel);
        }
        has_room
    }

    /// How many questions were put so far.
    pub(crate) fn asked(&self) -> u64 {
        self.shared.put.load(Ordering::Acquire)
    }

    /// Whether so many questions were answered: they are answered in their order, and what was read stands in the channel before.
    pub(crate) fn has_answered(&self, asked: u64) -> bool {
        self.shared.done.load(Ordering::Acquire) >= asked
    }

    /// Waits until every question that was put is answered, but no longer than this.
    pub(crate) fn settle(&self, at_most: Duration) {
        let begun = Instant::now();
        let put = self.asked();
        while !self.has_answered(put) && begun.elapsed() < at_most {
            thread::sleep(SETTLE_POLL);
        }
    }

    /// What is known of a container's accounts, as events.
    pub(crate) fn known(&self, container: &str) -> Option<Arc<Vec<Row>>> {
        self.shared.kept().by_container.get(container).cloned()
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, KeptAccounts> {
        // Rows are put in whole: a thread that died left nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was read. Hands back the rows to tell: what is new, and without a name what is there no more; none where nothing changed.
    fn learn(&self, container: &str, rows: &Arc<Vec<Row>>) -> Option<Arc<Vec<Row>>> {
        let mut kept = self.kept();
        let old = kept.by_container.get(container);
        if old.is_some_and(|old| says_the_same(old, rows)) {
            return None;
        }
        let mut told = rows.to_vec();
        told.extend(old.into_iter().flat_map(|old| gone(old, rows)));
        let old_bytes = old.map_or(0, |old| bytes(old));
        let is_known = kept
            .by_container
            .insert(container.to_owned(), Arc::clone(rows))
            .is_some();
        if !is_known {
            kept.order.push_back(container.to_owned());
        }
        kept.bytes = kept
            .bytes
            .saturating_add(bytes(rows))
            .saturating_sub(old_bytes);
        while kept.order.len() > CONTAINERS_MAX || kept.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            let gone = kept.by_container.remove(&oldest);
            kept.bytes = kept
                .bytes
                .saturating_sub(gone.map_or(0, |gone| bytes(&gone)));
        }
        stand_before(&mut told);
        Some(Arc::new(told))
    }
}

/// Gives rows times of their own, one after the other, the last before the event that led to them: that event shows the names already.
fn stand_before(rows: &mut [Row]) {
    for (behind, row) in (1..).zip(rows.iter_mut().rev()) {
        row.time = row.time.saturating_sub(behind);
    }
}

/// Accounts that were there and are not any more, without their names: such as the machine's, which a process has that is only on its way into its container.
fn gone<'a>(old: &'a [Row], new: &'a [Row]) -> impl Iterator<Item = Row> + 'a {
    // The number of an account is its first parameter, for users and groups alike.
    const ID: usize = useradded::uid;
    const _: () = assert!(ID == groupadded::gid);
    let id = |row: &Row| {
        (
            row.event,
            row.values.get(ID).map(|value| value.bytes.clone()),
        )
    };
    let kept: BTreeSet<_> = new.iter().map(id).collect();
    let time = new.first().map_or(0, |row| row.time);
    let gone = old.iter().filter(move |row| !kept.contains(&id(row)));
    gone.map(move |row| {
        let mut row = Row {
            time,
            ..row.clone()
        };
        let name = if row.event == useradded::EVENT {
            useradded::name
        } else {
            groupadded::name
        };
        if let Some(name) = row.values.get_mut(name) {
            *name = Value {
                status: ParamStatus::Absent,
                bytes: Vec::new(),
            };
        }
        row
    })
}

/// Whether both say the same of the same accounts, whenever they were read.
fn says_the_same(one: &[Row], other: &[Row]) -> bool {
    let same = |(one, other): (&Row, &Row)| one.event == other.event && one.values == other.values;
    one.len() == other.len() && one.iter().zip(other).all(same)
}

fn bytes(rows: &[Row]) -> usize {
    let values = rows.iter().flat_map(|row| &row.values);
    let text: usize = values.map(|value| value.bytes.len()).sum();
    text.saturating_add(size_of_val(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn rows(name: &str) -> Arc<Vec<Row>> {
        let mut row = Row::new(useradded::EVENT, row::Subject::default(), 5);
        row.uint(useradded::uid, 5).text(useradded::name, name);
        Arc::new(vec![row])
    }

    #[test]
    fn only_news_is_handed_on_and_memory_is_bounded() {
        let shared = Shared::default();
        assert_eq!(shared.learn("a", &rows("x")).expect("news").len(), 1);
        assert!(shared.learn("a", &rows("x")).is_none());
        assert_eq!(shared.learn("a", &rows("y")).expect("news").len(), 1);
        // Another root has other accounts: those of the first go.
        let mut other = rows("z").to_vec();
        other[0].uint(useradded::uid, 7);
        let told = shared.learn("a", &Arc::new(other)).expect("news");
        let name = |place: usize| told[place].values[useradded::name].clone();
        assert_eq!(name(0).bytes, b"z");
        assert_eq!((told.len(), name(1).status), (2, ParamStatus::Absent));
        let times: Vec<u64> = told.iter().map(|row| row.time).collect();
        assert_eq!(times, [3, 4], "before the event of time 5");
        for number in 0..CONTAINERS_MAX {
            shared.learn(&number.to_string(), &rows("x"));
        }
        assert!(!shared.kept().by_container.contains_key("a"));
        let large = rows(&"x".repeat(4000));
        let many = Arc::new(vec![large.first().expect("a row").clone(); 3000]);
        for container in ["large", "larger"] {
            shared.learn(container, &many);
        }
        let kept = shared.kept();
        assert!(kept.bytes <= KEPT_BYTES_MAX && kept.by_container.contains_key("larger"));
        assert!(!kept.by_container.contains_key("large"));
    }
}
