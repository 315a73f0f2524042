//! A rotation under way: the snapshot that another thread takes, and what is held back for the segment that it begins.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crate::compress::Message;
use crate::snapshot;
use crate::state_blocks;

/// How long blocks are held back at most: with the age of a batch still below a second, which is what `kill -9` may cost.
pub(super) const HOLD_MAX: Duration = Duration::from_millis(400);
/// How long a snapshot may take before it is given up.
const SNAPSHOT_MAX: Duration = Duration::from_secs(120);
/// How many bytes of blocks are held back at most: half of those that may wait, or the worker would wait for what nobody writes.
const HOLD_BYTES: usize = crate::compress::BLOCKS_BYTES / 2;

/// The niceness of a snapshot: below what the host is for, but not so far that a busy host never lets it end.
const NICENESS: i32 = 5;

/// A rotation under way.
#[derive(Debug)]
pub(super) struct Rotation {
    /// When the snapshot was asked for, nanoseconds of `CLOCK_BOOTTIME`.
    begun: u64,
    since: Instant,
    held: VecDeque<Message>,
    held_bytes: usize,
    has_given_up: bool,
}

impl Rotation {
    /// Has a snapshot taken, at low priority; it arrives among the messages.
    pub(super) fn begin(
        options: &snapshot::Options,
        level: i32,
        out: &SyncSender<Message>,
    ) -> Rotation {
        let mut options = options.clone();
        options.origin = snapshot::Origin::Rotation;
        let begun = (options.now)();
        let out = out.clone();
        thread::spawn(move || {
            // On Linux this is the thread's own priority; without it the snapshot is only less polite.
            let _ = rustix::process::setpriority_process(None, NICENESS);
            let taken = state_blocks::take(&options, level);
            // A recording that has ended meanwhile needs it no more.
            let _ = out.send(Message::Snapshot(Box::new(taken)));
        });
        Rotation::since(begun)
    }

    /// One whose snapshot has been under way for too long already to hold anything back for it.
    pub(super) fn awaited() -> Rotation {
        Rotation {
            has_given_up: true,
            ..Rotation::since(0)
        }
    }

    fn since(begun: u64) -> Rotation {
        Rotation {
            begun,
            since: Instant::now(),
            held: VecDeque::new(),
            held_bytes: 0,
            has_given_up: false,
        }
    }

    /// Holds a message back that belongs behind the snapshot; gives others back.
    pub(super) fn hold(&mut self, message: Message) -> Option<Message> {
        if self.has_given_up {
            return Some(message);
        }
        let is_older = match &message {
            Message::Events(block, _) => block.last_time <= self.begun,
            _ => false,
        };
        if is_older && self.held.is_empty() {
            return Some(message);
        }
        if let Message::Events(block, _) = &message {
            self.held_bytes = self.held_bytes.saturating_add(block.bytes.len());
        }
        self.held.push_back(message);
        None
    }

    /// Whether what is held back must be written now.
    pub(super) fn is_too_long(&self) -> bool {
        let is_over = self.held_bytes > HOLD_BYTES || self.since.elapsed() >= HOLD_MAX;
        !self.has_given_up && is_over && !self.held.is_empty()
    }

    /// Whether the snapshot will not come any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.held.is_empty() && self.since.elapsed() >= SNAPSHOT_MAX
    }

    /// From now on nothing is held back: what was goes to the old segment.
    pub(super) fn give_up(&mut self) -> VecDeque<Message> {
        self.has_given_up = true;
        std::mem::take(&mut self.held)
    }

    /// What was held back, for the new segment.
    pub(super) fn into_held(self) -> VecDeque<Message> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_abi::events::close;
    use falco_format::{BlockBuilder, BlockLimits, RowMeta, RowOrder};

    fn events(time: u64) -> Message {
        let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
        let meta = RowMeta {
            time,
            ..RowMeta::default()
        };
        builder.push(close::EVENT, &meta, &[]).expect("a row");
        Message::Events(Box::new(builder.finish(1).expect("a block")), None)
    }

    #[test]
    fn what_is_younger_than_the_snapshot_waits_and_so_does_what_follows() {
        let mut rotation = Rotation::since(100);
        let mut check = |message, passes| {
            assert_eq!(rotation.hold(message).is_some(), passes);
        };
        check(events(99), true);
        check(events(100), true);
        check(events(101), false);
        check(Message::Lost(Vec::new()), false);
        check(events(50), false);
        assert_eq!(rotation.into_held().len(), 3);
    }

    #[test]
    fn what_is_held_too_long_goes_to_the_old_segment() {
        let mut rotation = Rotation::since(100);
        assert!(rotation.hold(events(101)).is_none());
        assert!(!rotation.is_too_long());
        rotation.since = Instant::now()
            .checked_sub(HOLD_MAX)
            .expect("a machine that has run that long");
        assert!(rotation.is_too_long());
        assert_eq!(rotation.give_up().len(), 1);
        assert!(!rotation.is_too_long());
        assert!(rotation.hold(events(102)).is_some());
        assert!(!rotation.is_abandoned());
    }
}
