//! Sources whose inputs are logs, an event in each line: what such a source says of itself, and how its events are judged.
//!
//! In: a [`LogReader`] with its [`EventState`], which are the source's own, and the bytes of a file, unpacked. Out: what rules say of its events, portion by portion, and a tally.
//! A line that is no event is damage: it is told and passed over, and the state is told as well, since something may have changed that nobody saw.

use std::io::{self, BufRead, BufReader};
use std::marker::PhantomData;
use std::path::PathBuf;

use falco_format::{Damage, DamageKind, Span, UnixNanos};
use falco_rules::{RuleMatching, RuleSet};

use super::lines::{Line, Lines, Place};
use crate::pipeline::{Alerts, Child as _, Collector as _, Flow, Judged, Judging, Sink, Tally};
use crate::scap::source::{ByteSource, Plain, Progress};
use crate::source::{Evidence, Source};
use crate::time::TimeRange;

/// How many lines make a portion: few enough that a signal ends the reading soon, and that alerts come as they are read.
const PORTION_LINES: u64 = 1_024;

/// The reader of a source, by which the list knows the rest of it.
pub trait LogReader: 'static {
    /// An event as it is read.
    type Event;
    /// What is known around it.
    type State: EventState<Self::Event>;

    /// Its fields, its event types, and what its alerts say of their evidence.
    const SCHEMA: &'static dyn Source;
    /// What its inputs are, in words: several, for a message.
    const READS: &'static str;

    /// Whether a file that begins with these bytes is one of its inputs.
    fn recognises(head: &[u8]) -> bool;

    /// The event in a line; `None` where it is none.
    fn event(line: Line<'_>) -> Option<Self::Event>;
}

/// What is known around the events of a source, from those that were read.
pub trait EventState<E>: Default {
    /// An event with the state around it.
    type Seen<'s>: Evidence
    where
        Self: 's,
        E: 's;

    /// Takes an event, before rules see it.
    fn apply(&mut self, event: &E);

    /// Takes that a line stood here that is no event.
    fn damaged(&mut self);

    /// The event that was just taken, as rules see it.
    fn seen<'s>(&'s self, event: &'s E) -> Self::Seen<'s>;
}

/// An opened file of a source.
pub struct LogInput {
    /// The path as the user typed it.
    pub path: PathBuf,
    pub(crate) bytes: ByteSource,
    pub(crate) log: &'static dyn AnyLog,
}

impl LogInput {
    /// How much there is to read, for those who show how far they are: bytes as they lie there.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.stored_bytes()
    }

    /// The bytes from their start, unpacked.
    pub(crate) fn unpacked(&self) -> io::Result<Plain> {
        self.bytes.read(&Progress::default())
    }

    /// When the first event was; `None` where there is none.
    pub(crate) fn first_time(&self) -> Option<UnixNanos> {
        let bytes = self.unpacked().ok()?;
        self.log.first_time(&mut BufReader::new(bytes))
    }

    /// When the first and the last event were; `None` where there is none.
    pub(super) fn times(&self) -> Option<TimeRange<UnixNanos>> {
        let bytes = self.unpacked().ok()?;
        self.log.times(&mut BufReader::new(bytes))
    }

    /// Judges its events of a span of time.
    pub(super) fn judge<'r>(
        &self,
        rules: (&'r RuleSet, RuleMatching),
        span: Span,
        sink: &mut dyn Sink<Judged<'r>>,
    ) -> io::Result<Tally> {
        let progress = Progress::default();
        let mut bytes = BufReader::new(self.bytes.read(&progress)?);
        let file = LogFile {
            name: self.path.display().to_string(),
            bytes: &mut bytes,
            progress,
        };
        self.log.judge(file, rules, span, sink)
    }
}

/// A file on its way.
pub struct LogFile<'b> {
    name: String,
    bytes: &'b mut dyn BufRead,
    progress: Progress,
}

/// A [`LogReader`], whatever its events are.
pub trait AnyLog: Sync {
    /// When the first event was.
    fn first_time(&self, bytes: &mut dyn BufRead) -> Option<UnixNanos>;

    /// When the first and the last event were.
    fn times(&self, bytes: &mut dyn BufRead) -> Option<TimeRange<UnixNanos>>;

    /// Judges the events of a span of time.
    ///
    /// # Errors
    /// What the sink fails with; bytes cannot make it fail.
    fn judge<'r>(
        &self,
        file: LogFile<'_>,
        rules: (&'r RuleSet, RuleMatching),
        span: Span,
        sink: &mut dyn Sink<Judged<'r>>,
    ) -> io::Result<Tally>;
}

/// A reader, of which there is no value.
pub(super) struct Typed<R>(PhantomData<fn() -> R>);

impl<R> Typed<R> {
    pub(super) const NEW: Self = Typed(PhantomData);
}

impl<R: LogReader> AnyLog for Typed<R> {
    fn first_time(&self, bytes: &mut dyn BufRead) -> Option<UnixNanos> {
        let mut lines = Lines::new(bytes);
        while let Ok(Some((place, line))) = lines.next() {
            if let Some(event) = event_of::<R>(&place, line) {
                let mut state = R::State::default();
                state.apply(&event);
                let time = state.seen(&event).time();
                return Some(time);
            }
        }
        None
    }

    fn times(&self, bytes: &mut dyn BufRead) -> Option<TimeRange<UnixNanos>> {
        let (mut lines, mut state) = (Lines::new(bytes), R::State::default());
        let mut range = None;
        while let Ok(Some((place, line))) = lines.next() {
            if let Some(event) = event_of::<R>(&place, line) {
                state.apply(&event);
                let time = state.seen(&event).time();
                range = Some(TimeRange::extended(range, time, time));
            }
        }
        range
    }

    fn judge<'r>(
        &self,
        file: LogFile<'_>,
        (rules, matching): (&'r RuleSet, RuleMatching),
        span: Span,
        sink: &mut dyn Sink<Judged<'r>>,
    ) -> io::Result<Tally> {
        let alerts = Alerts::new(rules, R::SCHEMA, matching);
        let mut child = alerts.child();
        let mut read = SoFar::<R>::new(file.name, span);
        let (mut lines, mut told) = (Lines::new(file.bytes), 0);
        loop {
            let is_last = match lines.next() {
                Ok(Some((place, line))) => {
                    read.line(&place, line, &mut child);
                    if place.number % PORTION_LINES != 0 && !child.is_full() {
                        continue;
                    }
                    false
                }
                Ok(None) => true,
                // Whatever was read until then is evidence all the same.
                Err(error) => {
                    read.damaged(lines.offset(), 0, DamageKind::Unreadable(error.to_string()));
                    true
                }
            };
            let flow = match child.harvest() {
                Some(judged) => sink.harvest(judged)?,
                None => Flow::Continue,
            };
            if is_last || flow == Flow::Stop {
                return Ok(read.tally);
            }
            let done = file.progress.bytes();
            sink.progress(done.saturating_sub(std::mem::replace(&mut told, done)));
        }
    }
}

/// What was read of a file so far.
struct SoFar<R: LogReader> {
    name: String,
    /// The time of the events that are judged.
    span: Span,
    state: R::State,
    tally: Tally,
}

impl<R: LogReader> SoFar<R> {
    fn new(name: String, span: Span) -> Self {
        // A log is a file of its own, with no end that could be missing.
        let tally = Tally {
            segments: 1,
            sealed: 1,
            ..Tally::default()
        };
        SoFar {
            name,
            span,
            state: R::State::default(),
            tally,
        }
    }

    fn line(&mut self, place: &Place, line: Line<'_>, child: &mut Judging<'_>) {
        if let Some(event) = event_of::<R>(place, line) {
            self.state.apply(&event);
            self.tally.events += 1;
            let seen = self.state.seen(&event);
            if self.span.contains(seen.time()) {
                child.judge(self.tally.events, &seen);
            }
        } else if !line.bytes.trim_ascii().is_empty() {
            self.state.damaged();
            self.damaged(place.offset, place.length, what_is_wrong(place));
        }
    }

    fn damaged(&mut self, offset: u64, bytes_skipped: u64, what: DamageKind) {
        self.tally.damaged(Damage {
            segment: self.name.clone(),
            offset,
            bytes_skipped,
            what,
        });
    }
}

/// The event in a line, if all of the line is there.
fn event_of<R: LogReader>(place: &Place, line: Line<'_>) -> Option<R::Event> {
    if place.is_too_long {
        return None;
    }
    R::event(line)
}

fn what_is_wrong(place: &Place) -> DamageKind {
    let number = place.number;
    DamageKind::Foreign(if place.is_too_long {
        format!("line {number} is longer than any event")
    } else if place.is_cut {
        format!("the file ends within line {number}")
    } else {
        format!("line {number} is no event")
    })
}
