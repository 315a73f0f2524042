//! The ends of a part of a capture: what a reader of it does not ask, since it lies in front or behind.
//!
//! In: where a part begins and stops. Out: for [`Items`](super::Items), which seams, ends and bytes are none of its.

use super::segment::Segment;
use crate::lost::LostInterval;

/// Where a part of a capture begins and stops; by default it is all of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cut {
    /// Whether segments lie in front that are not read.
    is_begun_late: bool,
    /// Whether something lies behind that is not read: the rest of the last segment from an offset on, or what follows it.
    end: Option<Option<usize>>,
    /// Losses that are told behind the end.
    lost: Vec<LostInterval>,
}

impl Cut {
    pub(super) fn new(is_begun_late: bool, end: Option<Option<usize>>) -> Cut {
        Cut {
            is_begun_late,
            end,
            lost: Vec::new(),
        }
    }

    pub(super) fn with_lost(self, lost: &[LostInterval]) -> Cut {
        let lost = lost.to_vec();
        Cut { lost, ..self }
    }

    /// The bytes that are read of a segment.
    pub(super) fn bytes<'a>(&self, segment: &'a Segment, is_last: bool) -> &'a [u8] {
        let bytes = segment.bytes.as_slice();
        let stop = self.end.flatten().filter(|_| is_last);
        stop.and_then(|stop| bytes.get(..stop)).unwrap_or(bytes)
    }

    /// Whether a segment is read to its end.
    pub(super) fn reaches_end(&self, is_last: bool) -> bool {
        !is_last || self.end.flatten().is_none()
    }

    /// Whether what lies between two segments is part of it; in front of the first nothing is that is passed over.
    pub(super) fn has_seam(&self, is_first: bool) -> bool {
        !(is_first && self.is_begun_late)
    }

    /// Whether it has the capture's end.
    pub(super) fn has_tail(&self) -> bool {
        self.end.is_none()
    }

    /// The losses that are told behind it, once.
    pub(super) fn take_lost(&mut self) -> Vec<LostInterval> {
        std::mem::take(&mut self.lost)
    }
}
