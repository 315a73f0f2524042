//! A capture at a moment: the state as the stream had it then.
//!
//! In: a capture and a moment. Out: the processes that lived, what they held, and how much of it is certain.
//! Reading begins with the last whole snapshot in front of the moment and stops behind it: of a long capture little is read.

use falco_format::text::{Lines, count};
use falco_format::{ClockMap, Item, Span, Tid, UnixNanos};

use super::{Descriptor, Process, Relative, kin};
use crate::alert::Origin;
use crate::completeness::{Completeness, Evidence};
use crate::pipeline::{
    Border, Cursor, Decoded, Demand, Flow, Input, InputOutline, Interest, LookAhead, Part,
    PassOptions, Standing, Tally, TimeRange,
};
use crate::sources::Recording;
use crate::state::{State, Thread};
use crate::time::{Zone, moment};

/// Why there is nothing to tell of a moment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// Nothing of the capture has a time.
    #[error("no event of the capture has a time")]
    NoTimes,
    /// The moment is not within the capture.
    #[error("the capture has nothing of {}: it spans {}", moment(*asked, &Zone::utc()), span.spelled(&Zone::utc()))]
    Outside {
        /// The moment.
        asked: UnixNanos,
        /// What the capture spans.
        span: TimeRange<UnixNanos>,
    },
}

/// The first and last moment of a capture; none where nothing of it has a time.
#[must_use]
pub fn span(input: &Input) -> Option<TimeRange<UnixNanos>> {
    InputOutline::of(input).times()
}

/// A capture at a moment.
pub struct Past {
    cursor: Cursor,
    at: UnixNanos,
    is_in_gap: bool,
    completeness: Completeness,
    /// What reading came across, from the snapshot to the moment.
    tally: Tally,
}

/// The part of a capture that a moment's state rests on.
///
/// # Errors
/// When the moment is not within the capture.
pub(super) fn part_of(input: &Input, at: UnixNanos) -> Result<Part, PastError> {
    let outline = InputOutline::of(input);
    let span = outline.times().ok_or(PastError::NoTimes)?;
    if at < span.first || at > span.last {
        return Err(PastError::Outside { asked: at, span });
    }
    // Where nothing tells which part to begin with, it is the beginning.
    Ok(match input.capture() {
        Some(_) => outline.part(moment_of(at), false),
        None => Part::whole(),
    })
}

/// A moment as a span.
fn moment_of(at: UnixNanos) -> Span {
    Span {
        since: Some(at),
        until: Some(at),
    }
}

impl Past {
    /// What was there at a moment: everything that had happened up to it, and nothing that came later.
    ///
    /// # Errors
    /// When the moment is not within the capture.
    pub fn at(input: &Input, at: UnixNanos) -> Result<Past, PastError> {
        let part = part_of(input, at)?;
        let read_for = [(Recording::Capture(input), &part)];
        let completeness = Completeness::of_parts(read_for, moment_of(at));
        let mut gaps = completeness.gaps.iter();
        let is_in_gap = gaps.any(|gap| gap.touches(Some(at), Some(at)));
        let (cursor, tally) = read(input, part, at);
        Ok(Past {
            cursor,
            at,
            is_in_gap,
            completeness,
            tally,
        })
    }

    /// Whether everything is there that the answer rests on, from the snapshot to the moment.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let evidence = self.completeness.evidence(&self.tally);
        if self.cursor.is_damaged() {
            return Evidence::Incomplete;
        }
        evidence
    }

    /// What is missing of that, in words; that nothing is, where nothing is.
    pub fn push_missing(&self, out: &mut Lines) {
        self.completeness.push(&self.tally, out);
        if self.is_in_gap {
            out.line("Nobody recorded at this moment: what is told is what was known before");
        }
        if let unreadable @ 1.. = self.unreadable() {
            out.line(format_args!(
                "The snapshot could not read {}; processes that end while it looks are among them",
                count(unreadable, "thing")
            ));
        }
    }

    /// How many things the snapshot could not read, that the state rests on.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.state().unreadable()
    }

    /// The moment.
    #[must_use]
    pub fn time(&self) -> UnixNanos {
        self.at
    }

    /// The node and boot.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.cursor.origin()
    }

    /// When the snapshot was taken that the state rests on; none where that is the beginning of the capture or of the boot.
    #[must_use]
    pub fn state_from(&self) -> Option<UnixNanos> {
        self.cursor.began()
    }

    /// Whether something is missing that everything rests on: nobody recorded at the moment, or what was read was damaged.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.is_in_gap || self.cursor.is_damaged()
    }

    /// The place in the stream, for who tells what lives and is held there.
    pub(crate) fn standing(&self) -> Standing<'_> {
        self.cursor.standing()
    }

    pub(super) fn state(&self) -> &State {
        self.cursor.state()
    }

    fn clock(&self) -> &ClockMap {
        self.cursor.clock()
    }

    fn process_of<'s>(&'s self, thread: &'s Thread) -> Process<'s> {
        Process::of(self.state(), self.clock(), thread, self.is_doubtful())
    }

    /// The process that a thread of this number belonged to; none where there was no such thread.
    #[must_use]
    pub fn process(&self, tid: u32) -> Option<Process<'_>> {
        let thread = self.state().thread_of_tid(Tid(tid))?;
        Some(self.process_of(thread))
    }

    /// Every process, in the order of numbers.
    #[must_use]
    pub fn processes(&self) -> Vec<Process<'_>> {
        let tids = self.state().tids().into_iter();
        let threads = tids.filter_map(|tid| self.state().thread_of_tid(tid));
        // Falco makes an entry for whoever is named: of many nothing but the number is known.
        let known = threads.filter(|thread| thread.pid != crate::state::UNKNOWN_PID);
        let mut processes: Vec<Process<'_>> = known.map(|thread| self.process_of(thread)).collect();
        processes.sort_by_key(|process| (process.thread().pid, process.thread().tid));
        processes.dedup_by_key(|process| process.thread().pid);
        processes
    }

    /// What every process holds, in the order of processes and numbers.
    pub fn descriptors(&self) -> impl Iterator<Item = Descriptor<'_>> {
        let processes = self.processes().into_iter();
        processes.flat_map(|process| process.descriptors())
    }

    /// The process of a thread and its ancestors, the process itself at level 0; none where there was no such thread.
    #[must_use]
    pub fn lineage(&self, tid: u32) -> Option<Vec<Relative<'_>>> {
        Some(kin::lineage(self.process(tid)?))
    }

    /// The processes that descend from that of a thread, children at level 1; none where there was no such thread.
    #[must_use]
    pub fn descendants(&self, tid: u32) -> Option<Vec<Relative<'_>>> {
        Some(kin::descendants(self.process(tid)?, self.processes()))
    }
}

/// A cursor that has come to a moment.
fn read(input: &Input, part: Part, at: UnixNanos) -> (Cursor, Tally) {
    let demand = Demand::of_whole_state();
    let options = PassOptions {
        part,
        ..PassOptions::default()
    };
    let mut cursor = Cursor::new(&options, None);
    let mut items = LookAhead::new(input.items_of(&options.part));
    let mut border = Border::default();
    // Where another world begins, this one counts until something of the other has happened.
    let mut before: Option<Cursor> = None;
    let mut tally = Tally::default();
    while let Some(item) = items.next() {
        if let Item::Segment(header) = &item
            && border.is_crossed(header)
            && border.place() > 0
        {
            before = before.or_else(|| Some(cursor.clone()));
        }
        if let Some(foresight) = items.foresight() {
            cursor.foresee(foresight);
        }
        let Item::Events(block) = &item else {
            tally.item(&item);
            // What does not decode marks the cursor, and so every answer.
            if let Some(damage) = cursor.item(&item) {
                tally.damaged(damage);
            }
            continue;
        };
        if cursor.when(block).0 > at {
            if let Some(before) = before {
                return (before, tally);
            }
        } else {
            before = None;
        }
        tally.item(&item);
        let decoded = Decoded::new(block, &demand, cursor.dialect(), Interest::State);
        if cursor.advance_until(block, &decoded, at) == Flow::Stop {
            break;
        }
    }
    (before.unwrap_or(cursor), tally)
}
