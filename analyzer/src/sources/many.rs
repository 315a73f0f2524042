//! Several inputs judged at the same time, each in a world of its own; the sink is told what it is told of one after the other.
//!
//! ```text
//! workers      take the inputs in order, each one whole, and hand over what rules say of it
//! this thread  takes what came of the oldest input to the sink, then of the next one
//! ```
//!
//! Inputs are taken in the order in which their alerts are told, so the oldest one is always being worked on: a worker that waits until its alerts are taken waits for inputs in front of its own alone.
//! What waits is bounded by the number of threads, however many inputs there are and however much rules say of them.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use falco_format::Block;

use super::recording::{Judgement, Recording};
use crate::pipeline::{Flow, Interest, Judged, Part, Sink, Tally};

/// How many alerts of an input whose turn has not come are handed over at once: some megabytes with the longest outputs.
const ALERTS_TOGETHER: usize = 1_024;
/// How many such portions of an input wait until its worker does.
const PORTIONS_WAITING: usize = 2;
/// How many inputs for each thread are begun, or done, before their turn: enough that a large one holds nobody up behind whom there are small ones.
const INPUTS_PER_THREAD: usize = 4;
/// How often the sink is told how far the workers are, while they say nothing else.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// What comes of an input.
enum Portion<'r> {
    Judged(Judged<'r>),
    /// Nothing more.
    End(io::Result<Tally>),
}

/// What all threads share.
struct Common<'c> {
    /// Bytes that were read since the sink was told.
    bytes: AtomicU64,
    /// The place of the input whose turn it is.
    turn: AtomicUsize,
    /// Whether nobody wants any more.
    is_stopped: AtomicBool,
    is_wanted: &'c (dyn Fn() -> bool + Sync),
}

impl Common<'_> {
    fn is_wanted(&self) -> bool {
        !self.is_stopped.load(Ordering::Relaxed) && (self.is_wanted)()
    }
}

impl<'r> Judgement<'r> {
    /// Judges parts of inputs, several at the same time where there are threads for it, and tells what was read of them.
    ///
    /// The sink is told of portions and of progress alone, in the order of the inputs and then of their events, whatever the number of threads. `is_wanted` is asked now and then whether to go on.
    ///
    /// # Errors
    /// What the sink fails with; inputs cannot make it fail.
    pub fn of(
        &self,
        recordings: &[(Recording<'_>, &Part)],
        is_wanted: &(dyn Fn() -> bool + Sync),
        sink: &mut impl Sink<Judged<'r>>,
    ) -> io::Result<Tally> {
        let threads = self.threads();
        if threads > NonZeroUsize::MIN && recordings.len() > 1 {
            return judge(self, recordings, threads, is_wanted, sink);
        }
        let mut tally = Tally::default();
        for recording in recordings {
            tally.add(&self.with(*recording, threads, sink)?);
        }
        Ok(tally)
    }
}

/// Judges inputs on several threads. `is_wanted` is asked now and then whether to go on, by all of them.
fn judge<'r>(
    judgement: &Judgement<'r>,
    recordings: &[(Recording<'_>, &Part)],
    threads: NonZeroUsize,
    is_wanted: &(dyn Fn() -> bool + Sync),
    sink: &mut impl Sink<Judged<'r>>,
) -> io::Result<Tally> {
    let common = Common {
        bytes: AtomicU64::new(0),
        turn: AtomicUsize::new(0),
        is_stopped: AtomicBool::new(false),
        is_wanted,
    };
    let workers = threads.get().min(recordings.len());
    let bytes = bytes_of(recordings);
    let (begun, order) = sync_channel(workers.saturating_mul(INPUTS_PER_THREAD));
    // The receiver of each input goes into the order while the lock is held, or another worker could begin the next one before.
    let rest = Mutex::new((recordings.iter().copied().enumerate(), Some(begun)));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((place, recording, portions)) = begin(&rest) {
                    let bytes = bytes.get(place).copied().unwrap_or_default();
                    let threads = share(threads, bytes);
                    work(judgement, (place, recording, threads), &common, &portions);
                }
            });
        }
        let taken = deliver(order, &common, sink);
        common.is_stopped.store(true, Ordering::Relaxed);
        taken
    })
}

/// For each input the bytes that are read of it, and of all from it on.
fn bytes_of(recordings: &[(Recording<'_>, &Part)]) -> Vec<(u64, u64)> {
    let own = recordings.iter().map(|(input, part)| input.bytes_of(part));
    let mut bytes: Vec<_> = own.map(|own| (own, 0)).collect();
    let mut sum = 0u64;
    for (own, left) in bytes.iter_mut().rev() {
        sum = sum.saturating_add(*own);
        *left = sum;
    }
    bytes
}

/// The threads for an input: as many as its part of the bytes that were not begun, so that a long one is not left to one thread when all others are done. The last one has all.
fn share(threads: NonZeroUsize, (own, left): (u64, u64)) -> NonZeroUsize {
    let all = threads.get() as u128;
    let part = (all * u128::from(own)).checked_div(u128::from(left));
    let part = usize::try_from(part.unwrap_or(all).clamp(1, all)).unwrap_or(1);
    NonZeroUsize::new(part).unwrap_or(NonZeroUsize::MIN)
}

/// The inputs that were not begun, and where the receivers of those go that are.
type Rest<'r, I> = Mutex<(I, Option<SyncSender<Receiver<Portion<'r>>>>)>;

/// Begins the next input; `None` where there is none, or nobody wants it.
fn begin<'i, 'r>(
    rest: &Rest<'r, impl Iterator<Item = (usize, (Recording<'i>, &'i Part))>>,
) -> Option<(usize, (Recording<'i>, &'i Part), SyncSender<Portion<'r>>)> {
    let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
    let (inputs, begun) = &mut *rest;
    let Some((place, recording)) = inputs.next() else {
        // The order ends here.
        *begun = None;
        return None;
    };
    let (portions, receiver) = sync_channel(PORTIONS_WAITING);
    begun.as_ref()?.send(receiver).ok()?;
    Some((place, recording, portions))
}

fn work<'r>(
    judgement: &Judgement<'r>,
    (place, recording, threads): (usize, (Recording<'_>, &Part), NonZeroUsize),
    common: &Common<'_>,
    portions: &SyncSender<Portion<'r>>,
) {
    let mut waiting = Waiting {
        common,
        place,
        portions,
        held: None,
    };
    let judged = catch_unwind(AssertUnwindSafe(|| {
        judgement.with(recording, threads, &mut waiting)
    }));
    let done = judged.unwrap_or_else(|_| Err(io::Error::other("a thread that judged died")));
    let done = done.and_then(|tally| waiting.hand_over().map(|_| tally));
    // Where nobody takes it any more, nobody wants it.
    let _ = portions.send(Portion::End(done));
}

/// The sink of one input: what it holds back until there is enough, or its turn has come.
struct Waiting<'w, 'r> {
    common: &'w Common<'w>,
    place: usize,
    portions: &'w SyncSender<Portion<'r>>,
    held: Option<Judged<'r>>,
}

impl Waiting<'_, '_> {
    fn hand_over(&mut self) -> io::Result<Flow> {
        if let Some(judged) = self.held.take() {
            let sent = self.portions.send(Portion::Judged(judged));
            sent.map_err(|_| io::Error::other("nobody takes the alerts"))?;
        }
        Ok(self.flow())
    }

    fn flow(&self) -> Flow {
        if self.common.is_wanted() {
            Flow::Continue
        } else {
            Flow::Stop
        }
    }
}

impl<'r> Sink<Judged<'r>> for Waiting<'_, 'r> {
    fn block(&mut self, _: &Block) -> Interest {
        if self.common.is_wanted() {
            Interest::Rows
        } else {
            Interest::Nothing
        }
    }

    fn harvest(&mut self, mut judged: Judged<'r>) -> io::Result<Flow> {
        match &mut self.held {
            Some(held) => {
                held.tally.add(&judged.tally);
                held.alerts.append(&mut judged.alerts);
            }
            None => self.held = Some(judged),
        }
        let alerts = self.held.as_ref().map_or(0, |held| held.alerts.len());
        let is_turn = self.common.turn.load(Ordering::Relaxed) == self.place;
        if alerts >= ALERTS_TOGETHER || (is_turn && alerts > 0) {
            return self.hand_over();
        }
        Ok(self.flow())
    }

    fn progress(&mut self, bytes: u64) {
        self.common.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Takes what comes of the inputs to the sink, one input after the other.
fn deliver<'r>(
    order: Receiver<Receiver<Portion<'r>>>,
    common: &Common<'_>,
    sink: &mut impl Sink<Judged<'r>>,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    for (place, portions) in order.into_iter().enumerate() {
        common.turn.store(place, Ordering::Relaxed);
        loop {
            let portion = portions.recv_timeout(TOLD_EVERY);
            sink.progress(common.bytes.swap(0, Ordering::Relaxed));
            match portion {
                Ok(Portion::Judged(judged)) => {
                    if sink.harvest(judged)? == Flow::Stop {
                        common.is_stopped.store(true, Ordering::Relaxed);
                    }
                }
                Ok(Portion::End(done)) => {
                    tally.add(&done?);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("a thread that judged died"));
                }
            }
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_input_has_the_threads_that_others_will_not_need() {
        let check = |threads, bytes, expected| {
            let threads = NonZeroUsize::new(threads).expect("some");
            assert_eq!(share(threads, bytes).get(), expected, "{threads} {bytes:?}");
        };
        check(8, (10, 10), 8);
        check(8, (10, 20), 4);
        check(8, (10, 1_000), 1);
        check(8, (900, 1_000), 7);
        check(1, (1, 1), 1);
        check(2, (0, 0), 2);
        check(3, (u64::MAX, u64::MAX), 3);
    }
}
