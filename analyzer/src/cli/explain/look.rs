//! The passes over the captures: one for an event, two where it is given by its time.

use std::io;
use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use falco_analyze::completeness::Completeness;
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Flow, Interest, Part, PassOptions, Sink, Tally, collect};
use falco_analyze::sources::RecordingOutline;
use falco_analyze::time::{Moment, TimeRange, Zone};
use falco_analyze::why::{Answers, Found, Question, Search, Wanted};
use falco_format::{Block, Span, UnixNanos};
use falco_rules::{RuleIndex, RuleSet};

use crate::cli::output::Results;
use crate::cli::progress::{self, Bar};
use crate::cli::span::Parts;
use crate::cli::stop::Stop;

/// Where is looked, and for which rule.
pub(super) struct Looking<'l> {
    pub(super) rules: &'l RuleSet,
    pub(super) rule: RuleIndex,
    pub(super) inputs: &'l Inputs,
    pub(super) parts: &'l Parts,
    pub(super) limit: usize,
    pub(super) zone: Zone,
    pub(super) heals: bool,
    pub(super) threads: NonZeroUsize,
}

/// What came of it.
pub(super) struct Looked {
    pub(super) found: Found,
    pub(super) tally: Tally,
    pub(super) stop: Stop,
    pub(super) writer: Results,
    /// Whether events that are none of the rule's types count as well.
    pub(super) is_nearest: bool,
    /// Of an event's number, the captures that have such an event, by their places.
    pub(super) captures: Vec<usize>,
}

impl Looked {
    /// Whether there is something to be told.
    pub(super) fn has_answer(&self) -> bool {
        let is_near = self.is_nearest && self.found.looked_at > 0;
        !self.found.whys.is_empty() || is_near
    }
}

impl Looking<'_> {
    /// Looks through all captures.
    pub(super) fn look(&self, wanted: Wanted, writer: Results) -> Result<Looked> {
        let stop = Stop::catch()?.or_unread(writer.unread());
        self.through(wanted, None, writer, stop)
    }

    /// Looks for the event of a number in each capture: each counts its own, and which is meant is not for us to choose.
    pub(super) fn look_in_each(&self, number: u64, writer: Results) -> Result<Looked> {
        let stop = Stop::catch()?.or_unread(writer.unread());
        let mut all = Looked {
            found: Found::default(),
            tally: Tally::default(),
            stop,
            writer,
            is_nearest: false,
            captures: Vec::new(),
        };
        for place in 0..self.inputs.len() {
            let wanted = Wanted::Number(number);
            let one = self.through(wanted, Some(place), all.writer, all.stop)?;
            (all.writer, all.stop) = (one.writer, one.stop);
            all.tally.add(&one.tally);
            if !one.found.whys.is_empty() {
                all.captures.push(place);
            }
            all.found.matched += one.found.matched;
            all.found.looked_at += one.found.looked_at;
            all.found.whys.extend(one.found.whys);
            if all.stop.is_wanted() {
                break;
            }
        }
        Ok(all)
    }

    /// Looks for an event of the number in what the time that was asked for leaves out: the first such event.
    ///
    /// It costs a pass up to the event, and only whoever asked for an event that is not there pays for it.
    pub(super) fn look_outside(&self, number: u64, looked: Looked) -> Result<(Looked, Found)> {
        let parts = Parts::whole(self.inputs.len());
        let whole = Looking {
            parts: &parts,
            zone: self.zone.clone(),
            ..*self
        };
        let outside = whole.through(Wanted::Number(number), None, looked.writer, looked.stop)?;
        let looked = Looked {
            found: looked.found,
            tally: looked.tally,
            stop: outside.stop,
            writer: outside.writer,
            ..looked
        };
        Ok((looked, outside.found))
    }

    /// Looks for the event that is nearest to a moment, and then for why.
    pub(super) fn look_at(&self, moment: &Moment, writer: Results) -> Result<Looked> {
        let time = self.resolved(moment)?;
        let stop = Stop::catch()?.or_unread(writer.unread());
        let looked = self.through(Wanted::At(time), None, writer, stop)?;
        match looked.found.at {
            Some((_, input, number)) if !looked.stop.is_wanted() => {
                let found = self.through(
                    Wanted::Number(number),
                    Some(input),
                    looked.writer,
                    looked.stop,
                )?;
                // What was missing in the whole decides what the answer is worth.
                Ok(Looked {
                    tally: looked.tally,
                    ..found
                })
            }
            _ => Ok(looked),
        }
    }

    /// The moment, completed from the time that the captures span.
    fn resolved(&self, moment: &Moment) -> Result<UnixNanos> {
        let recordings = self.inputs.recordings();
        let times = recordings.iter().map(RecordingOutline::of);
        let times = times.filter_map(|outline| outline.times());
        let all = times.reduce(|all, times| TimeRange {
            first: all.first.min(times.first),
            last: all.last.max(times.last),
        });
        let Some(all) = all else {
            bail!("no event of the captures has a time: --time has nothing to choose from");
        };
        let time = moment.resolve(all)?;
        if !(all.first..=all.last).contains(&time) {
            let spans = all.spelled(&self.zone);
            let at = Span {
                since: Some(time),
                until: Some(time),
            };
            let beside = Completeness::beside(&recordings, at).appended();
            bail!(
                "--time {}: the captures span {spans}{beside}",
                moment.text()
            );
        }
        Ok(time)
    }

    /// One pass over each capture, or over one of them.
    fn through(
        &self,
        wanted: Wanted,
        only: Option<usize>,
        writer: Results,
        stop: Stop,
    ) -> Result<Looked> {
        let is_nearest = matches!(wanted, Wanted::Nearest);
        let questions = [Question {
            rule: self.rule,
            wanted,
            limit: self.limit,
        }];
        let search = Search::new(self.rules, &questions);
        let demand = search.demand();
        let mut sink = Watched {
            answers: search.answers(),
            stop: stop.clone(),
            bar: progress::over(self.parts.bytes(&self.inputs.recordings())),
        };
        let mut tally = Tally::default();
        let each = self.parts.of(&**self.inputs).enumerate();
        for (place, (input, part)) in each {
            if only.is_none_or(|only| only == place) {
                let options = self.options(part);
                tally.add(&collect(input, &demand, options, &search, &mut sink)?);
            }
            if sink.answers.is_done() || stop.is_wanted() {
                break;
            }
            sink.answers.next_input();
        }
        sink.bar.finish_and_clear();
        let found = sink.answers.found().pop().unwrap_or_default();
        Ok(Looked {
            found,
            tally,
            stop,
            writer,
            is_nearest,
            captures: Vec::new(),
        })
    }

    fn options(&self, part: &Part) -> PassOptions {
        PassOptions {
            zone: self.zone.clone(),
            heal_containers: self.heals,
            threads: self.threads,
            part: part.clone(),
            ..PassOptions::default()
        }
    }
}

/// The answers on their way, with a bar and an ear for signals.
struct Watched<'s> {
    answers: Answers<'s>,
    stop: Stop,
    bar: Bar,
}

impl Sink<Vec<Found>> for Watched<'_> {
    fn harvest(&mut self, harvest: Vec<Found>) -> io::Result<Flow> {
        match self.answers.harvest(harvest)? {
            Flow::Continue => Ok(self.stop.flow()),
            Flow::Stop => Ok(Flow::Stop),
        }
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}
