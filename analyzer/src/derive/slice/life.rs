//! One process, from birth to end: what is known of it in as few bytes as may be, since a capture of a day has millions.

use std::num::NonZeroU32;

use falco_format::{Pid, UnixNanos};

/// A process, from its birth or its first row to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LifeId(NonZeroU32);

impl LifeId {
    /// The first and the last that there is.
    pub(super) const MIN: LifeId = LifeId(NonZeroU32::MIN);
    pub(super) const MAX: LifeId = LifeId(NonZeroU32::MAX);

    /// The life at a place among all; of more than four thousand million lives the last ones count as one.
    pub(super) fn at(place: usize) -> LifeId {
        let number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
        NonZeroU32::new(number).map_or(LifeId::MAX, LifeId)
    }

    pub(super) fn place(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// What is known of a life. What few lives have more of stands beside them all.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// The boot that it is of, counted along the stream.
    pub(super) world: u32,
    pub(super) pid: Pid,
    /// When it began and when it ended, in real time; 0 where nobody knows.
    pub(super) begun: UnixNanos,
    pub(super) ended: UnixNanos,
    /// Start of its leader, as the state has it.
    pub(super) leader_start: u64,
    /// The life that had the number before it.
    pub(super) before: Option<LifeId>,
    /// Whose child it was first, as far as anybody saw; its state rests on that one's.
    pub(super) parent: Option<LifeId>,
    /// Whose facts its own events look at, where those are kept: mostly the leaders of its session and of its group.
    pub(super) looks_at: [Option<LifeId>; 2],
    /// The last name that it was seen with, and the container and the mount namespace that it was in, by their numbers.
    pub(super) name: Option<NonZeroU32>,
    pub(super) surroundings: Option<NonZeroU32>,
    /// The version of the table of threads at which it was last looked at, and one; 0 before.
    pub(super) seen_at: u64,
    /// How many of its rows are asked for, whosever they are, and the last of those.
    pub(super) asked: u64,
    pub(super) last_asked: u64,
    /// Whether its end was seen.
    pub(super) has_ended: bool,
    /// Whether it has any rows, those of its threads too.
    pub(super) has_rows: bool,
}

impl Life {
    pub(super) fn new(world: u32, pid: Pid, leader_start: u64, before: Option<LifeId>) -> Life {
        Life {
            world,
            pid,
            begun: UnixNanos(0),
            ended: UnixNanos(0),
            leader_start,
            before,
            parent: None,
            looks_at: [None; 2],
            name: None,
            surroundings: None,
            seen_at: 0,
            asked: 0,
            last_asked: 0,
            has_ended: false,
            has_rows: false,
        }
    }
}

/// A life as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldLife {
    /// By what it is asked for.
    pub id: LifeId,
    /// Its process id.
    pub pid: Pid,
    /// When it began, where anybody knows.
    pub start: Option<UnixNanos>,
    /// When it ended, where that was seen.
    pub end: Option<UnixNanos>,
    /// The last name that it was seen with: text of the capture.
    pub name: String,
}
