//! Where the stream stands between two events: the state there, the clock, and whose boot it is.
//!
//! In: lent by a cursor. Out: what tables need that tell what lives, not what happened. Nothing is changed here.

use std::sync::Arc;

use falco_format::{ClockMap, SegmentHeader, Span, UnixNanos};

use super::Border;
use crate::alert::Origin;
use crate::state::{State, Thread};

/// A place between two events, or between an event and an item.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    pub(super) state: &'a State,
    pub(super) clock: &'a ClockMap,
    /// The node and boot.
    pub origin: &'a Arc<Origin>,
    pub(super) border: &'a Border,
    pub(super) span: Span,
    /// Whether the stream was damaged since the last whole snapshot.
    pub(super) damaged: bool,
    /// Boot time up to which the stream has come.
    pub(super) reached: Option<u64>,
}

impl<'a> Standing<'a> {
    /// The state here.
    pub(crate) fn state(&self) -> &'a State {
        self.state
    }

    /// The clock here.
    pub(crate) fn clock(&self) -> &'a ClockMap {
        self.clock
    }

    /// Whether the stream was damaged since the last whole snapshot.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// The same place with another state of it, such as the one before a snapshot.
    pub(crate) fn with_state<'s>(&'s self, state: &'s State) -> Standing<'s> {
        Standing { state, ..*self }
    }

    /// Whether a boot time lies in front of the time that is asked for.
    pub(crate) fn is_before_span(&self, boottime_ns: u64) -> bool {
        let since = self.span.since;
        since.is_some_and(|since| self.realtime(boottime_ns) < since)
    }

    /// A time of boot as nanoseconds since the epoch.
    #[must_use]
    pub fn realtime(&self, boottime_ns: u64) -> UnixNanos {
        self.clock.realtime(boottime_ns)
    }

    /// The time up to which the stream has come; none before its first block.
    #[must_use]
    pub fn last_time(&self) -> UnixNanos {
        self.reached
            .map_or_else(UnixNanos::default, |reached| self.realtime(reached))
    }

    /// Whether what lasted from one time of boot to another touches the span that is asked for; without an end, it still lasts.
    #[must_use]
    pub fn is_within(&self, first: u64, last: Option<u64>) -> bool {
        if self.span.is_open() {
            return true;
        }
        let last = last.map_or(UnixNanos(u64::MAX), |last| self.realtime(last));
        self.span.touches(self.realtime(first), last)
    }

    /// Whether an event of a time of boot lies in the span, and so is shown.
    #[must_use]
    pub fn shows(&self, boottime_ns: u64) -> bool {
        self.span.contains(self.realtime(boottime_ns))
    }

    /// Whether a time of boot lies behind the span.
    #[must_use]
    pub fn is_beyond(&self, boottime_ns: u64) -> bool {
        !self.span.is_begun(self.realtime(boottime_ns))
    }

    /// Whether the segment of this header begins another world, and so ends this one.
    #[must_use]
    pub fn ends_with(&self, header: &SegmentHeader) -> bool {
        self.border.is_known() && self.border.clone().is_crossed(header)
    }

    /// Whether nothing was lost that the facts of a thread may rest on.
    #[must_use]
    pub fn is_complete(&self, thread: &Thread) -> bool {
        !self.damaged && !self.state.doubt_of_whom(thread).thread
    }
}
