//! The threads beside the driver.
//!
//! In: windows, to be decoded or walked. Out: portions of those that are walked, to whoever holds their other end.
//! A thread is started when there is something to do for it, and ends when no job can come any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope};

use super::said;
use super::window::{Portion, Window};
use crate::pipeline::stats::Asked;
use crate::pipeline::{Collector, Cursor, Flow};

/// What a worker does.
enum Job<H> {
    Decode(Arc<Window>),
    Walk(Arc<Window>, Box<Cursor>, SyncSender<Portion<H>>),
}

/// What workers share.
pub(super) struct Shop<'d, C: Collector> {
    collector: &'d C,
    asked: Asked<'d>,
    waiting: Mutex<Receiver<Job<C::Harvest>>>,
    /// Windows that wait to be walked, or are.
    walking: AtomicUsize,
}

/// The other end of it.
pub(super) struct Jobs<H>(Sender<Job<H>>);

impl<'d, C: Collector> Shop<'d, C> {
    /// A shop where nobody works yet.
    pub(super) fn new(collector: &'d C, asked: Asked<'d>) -> (Self, Jobs<C::Harvest>) {
        let (jobs, waiting) = channel();
        let shop = Shop {
            collector,
            asked,
            waiting: Mutex::new(waiting),
            walking: AtomicUsize::new(0),
        };
        (shop, Jobs(jobs))
    }

    /// Works until no job can come any more.
    fn work(&self) {
        let mut child = self.collector.child();
        loop {
            // Nobody dies holding the lock.
            let job = self
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            match job {
                // What shows a fault shows it again to whoever needs the rows.
                Ok(Job::Decode(window)) => {
                    let decode = || window.decode(self.asked);
                    let _ = catch_unwind(AssertUnwindSafe(decode));
                }
                Ok(Job::Walk(window, cursor, portions)) => {
                    if !self.walk(&window, *cursor, &mut child, &portions) {
                        // What was not taken must not be part of another window's.
                        child = self.collector.child();
                    }
                    self.walking.fetch_sub(1, Ordering::Relaxed);
                }
                Err(_) => return,
            }
        }
    }

    /// False where the child may hold something.
    fn walk<'c>(
        &self,
        window: &Window,
        mut cursor: Cursor,
        child: &mut C::Child<'c>,
        portions: &SyncSender<Portion<C::Harvest>>,
    ) -> bool
    where
        C: 'c,
    {
        let mut hand_over = |portion| {
            // Where nobody takes them, the pass has ended.
            let sent = portions.send(portion);
            Ok(sent.map_or(Flow::Stop, |()| Flow::Continue))
        };
        let walk = || window.walk(&mut cursor, self.asked, child, &mut hand_over);
        match catch_unwind(AssertUnwindSafe(walk)) {
            Ok(walked) => walked.is_ok_and(|flow| flow == Flow::Continue),
            Err(panic) => {
                let _ = portions.send(Portion::Fault(said(&*panic)));
                false
            }
        }
    }
}

/// Those who work there, and how they are given something to do.
pub(super) struct Workers<'scope, 'env, 'd, C: Collector> {
    scope: &'scope Scope<'scope, 'env>,
    shop: &'env Shop<'d, C>,
    jobs: Jobs<C::Harvest>,
    started: usize,
    started_max: usize,
}

impl<'scope, 'env, 'd: 'env, C: Collector> Workers<'scope, 'env, 'd, C> {
    /// Nobody yet, and so many at most.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        shop: &'env Shop<'d, C>,
        jobs: Jobs<C::Harvest>,
        started_max: usize,
    ) -> Self {
        Workers {
            scope,
            shop,
            jobs,
            started: 0,
            started_max,
        }
    }

    /// How many work.
    pub(super) fn started(&self) -> usize {
        self.started
    }

    /// Windows that wait to be walked, or are.
    pub(super) fn walking(&self) -> usize {
        self.shop.walking.load(Ordering::Relaxed)
    }

    /// Has a window decoded. Each is given to one more thread, as long as there may be more.
    pub(super) fn decode(&mut self, window: &Arc<Window>) {
        if self.started < self.started_max {
            let shop = self.shop;
            let name = format!("worker {}", self.started + 1);
            let spawned = Builder::new().name(name);
            match spawned.spawn_scoped(self.scope, || shop.asked.watch.thread(|| shop.work())) {
                Ok(_) => self.started += 1,
                // The machine gives no more threads: it is done with those that there are.
                Err(_) => self.started_max = self.started,
            }
        }
        if self.started > 0 {
            self.send(Job::Decode(Arc::clone(window)));
        }
    }

    /// Has a window walked from where a cursor is.
    pub(super) fn walk(
        &self,
        window: &Arc<Window>,
        cursor: Box<Cursor>,
        portions: SyncSender<Portion<C::Harvest>>,
    ) {
        self.shop.walking.fetch_add(1, Ordering::Relaxed);
        self.send(Job::Walk(Arc::clone(window), cursor, portions));
    }

    /// The other end lives as long as the shop.
    fn send(&self, job: Job<C::Harvest>) {
        let _ = self.jobs.0.send(job);
    }
}
