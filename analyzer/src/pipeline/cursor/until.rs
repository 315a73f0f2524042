//! A cursor that stops at a moment, for who asks what was there then.
//!
//! In: a block, and a moment. Out: the state after everything that happened up to it, and whether the stream went on.
//! A cursor that has stopped stands within a block and goes no further.

use falco_format::{Block, ClockMap, UnixNanos};

use super::Cursor;
use crate::alert::Origin;
use crate::dialect::UNKNOWN_TYPE;
use crate::pipeline::{Decoded, Flow};

impl Cursor {
    /// Goes over the rows of a block up to a moment, showing none. Stops before the first row that is later.
    pub(crate) fn advance_until(
        &mut self,
        block: &Block,
        decoded: &Decoded,
        until: UnixNanos,
    ) -> Flow {
        let (earliest, latest) = self.when(block);
        if earliest > until {
            self.reach_until(block.first_time(), until);
            return Flow::Stop;
        }
        let Some(rows) = decoded.rows().filter(|_| latest > until) else {
            self.advance(block, decoded);
            return Flow::Continue;
        };
        for view in rows.iter() {
            if self.clock.realtime(view.time()) > until {
                self.reach_until(view.time(), until);
                return Flow::Stop;
            }
            if view.event() != UNKNOWN_TYPE {
                self.state.before(&view);
                self.state.after(&view);
            }
        }
        Flow::Continue
    }

    /// The first and last time of a block.
    pub(crate) fn when(&self, block: &Block) -> (UnixNanos, UnixNanos) {
        let clock = &self.clock;
        clock.realtime_range(block.first_time(), block.last_time())
    }

    /// The stream has come to a moment before a boot time: what a snapshot saw up to then holds.
    fn reach_until(&mut self, later: u64, until: UnixNanos) {
        let ahead = self.clock.realtime(later).since(until);
        self.state.reach(later.saturating_sub(ahead));
    }

    /// The clock at this place.
    pub(crate) fn clock(&self) -> &ClockMap {
        &self.clock
    }

    /// The node and boot at this place.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// When the snapshot was taken that the state began with; none where it began with the boot or the capture.
    pub(crate) fn began(&self) -> Option<UnixNanos> {
        self.state_from
    }

    /// Whether the stream was damaged since the last whole snapshot.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged
    }
}
