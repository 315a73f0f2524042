//! Which events rules are explained for: the collector of a pass that looks for them.
//!
//! In: questions, each of one rule, and demanded events. Out: for each question what was found, the same for any number of
//! threads. Several questions share one pass.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use falco_format::UnixNanos;
use falco_rules::{Event as _, EventTypeId, EventTypeSet, Filter, Gauge, Rule, RuleIndex, RuleSet};

use super::event::line_template;
use super::nearest::Nearest;
use super::reason::{Explainer, Why};
use crate::fields::{event_ids_of, event_type_by_name};
use crate::pipeline::{
    Child, Collector, Demand, Flow, Input, Part, PassOptions, Seen, Shown, Sink, Tally, collect,
};

/// How many explanations a portion holds at most: each has all parts of a condition.
const WHYS_MAX: usize = 64;

/// The type of events that every rule is given.
pub const ASYNC_EVENT: &str = "asyncevent";

/// Which events a rule is explained for.
#[derive(Debug)]
pub enum Wanted {
    /// The one of this number.
    Number(u64),
    /// Those that match a condition.
    Where(Box<Filter>),
    /// Of those of the rule's types, the one whose time is nearest to this; it is found, and not explained.
    At(UnixNanos),
    /// Those that the rule's condition holds for, and those that came nearest to it.
    Nearest,
}

/// What is asked of a rule.
#[derive(Debug)]
pub struct Question {
    /// The rule.
    pub rule: RuleIndex,
    /// Which events.
    pub wanted: Wanted,
    /// How many of them are explained; the others are counted.
    pub limit: usize,
}

/// What was found for a question.
#[derive(Debug, Default)]
pub struct Found {
    /// How many events were looked at: those of the rule's types, or those that may match the condition.
    pub looked_at: u64,
    /// How many are what was wanted; of the nearest, how many the condition holds for.
    pub matched: u64,
    /// The first of those, explained.
    pub whys: Vec<Why>,
    /// The events that came nearest, where they are wanted.
    pub nearest: Nearest,
    /// Of a time: how far the nearest event is from it, in nanoseconds, the place of its input, and its number.
    pub at: Option<(u64, usize, u64)>,
}

/// Looks for the events of some questions.
pub struct Search<'r> {
    rules: &'r RuleSet,
    questions: &'r [Question],
    /// The type of events that every rule is given.
    of_all: Option<EventTypeId>,
    /// By question: farther events are not wanted by anybody any more.
    farthest: Vec<AtomicU32>,
    /// By question: whether as many as are wanted are explained.
    has_enough: Vec<AtomicBool>,
}

impl<'r> Search<'r> {
    /// For these questions of rules for system calls.
    #[must_use]
    pub fn new(rules: &'r RuleSet, questions: &'r [Question]) -> Self {
        let each = questions.iter();
        Search {
            rules,
            questions,
            of_all: event_type_by_name(ASYNC_EVENT),
            farthest: each.clone().map(|_| AtomicU32::new(u32::MAX)).collect(),
            has_enough: each.map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// What must be shown and decoded for them.
    #[must_use]
    pub fn demand(&self) -> Demand {
        let types = |question: &Question| match &question.wanted {
            Wanted::Number(_) => None,
            Wanted::Where(filter) => Some(filter.event_types().clone()),
            Wanted::At(_) | Wanted::Nearest => {
                Some(self.rules.rule(question.rule)?.event_types.clone())
            }
        };
        let shown: Option<Vec<EventTypeSet>> = self.questions.iter().map(types).collect();
        let shown = shown.map_or(Shown::Every, |sets| {
            let ids = sets.iter().flat_map(EventTypeSet::iter);
            Shown::Only(ids.flat_map(event_ids_of).collect())
        });
        let of_conditions = self
            .questions
            .iter()
            .flat_map(|question| match &question.wanted {
                Wanted::Where(filter) => filter.slots(),
                _ => &[],
            });
        let line = line_template();
        let of_line = line.fields().map(|(_, field)| field);
        let fields = self
            .rules
            .slots()
            .iter()
            .chain(of_conditions)
            .chain(of_line);
        Demand::new(shown, fields)
    }

    /// Looks through parts of captures, one after the other.
    ///
    /// # Errors
    /// A fault of the program in a pass; captures cannot make it fail.
    pub fn over<'i>(
        &self,
        inputs: impl IntoIterator<Item = (&'i Input, &'i Part)>,
        options: &PassOptions,
    ) -> io::Result<(Vec<Found>, Tally)> {
        let (demand, mut answers) = (self.demand(), self.answers());
        let mut tally = Tally::default();
        for (input, part) in inputs {
            let options = PassOptions {
                part: part.clone(),
                ..options.clone()
            };
            tally.add(&collect(input, &demand, options, self, &mut answers)?);
            if answers.is_done() {
                break;
            }
            answers.next_input();
        }
        Ok((answers.found(), tally))
    }

    /// What takes the answers, before anything is read.
    #[must_use]
    pub fn answers(&self) -> Answers<'_> {
        Answers {
            search: self,
            found: self.questions.iter().map(|_| Found::default()).collect(),
            input: 0,
        }
    }
}

impl<'r> Collector for Search<'r> {
    type Harvest = Vec<Found>;
    type Child<'c>
        = Searching<'c>
    where
        Self: 'c;

    fn child(&self) -> Searching<'_> {
        let begin = |question: &Question| Begun {
            gauge: match question.wanted {
                Wanted::Nearest => self.rules.gauge(question.rule),
                _ => None,
            },
            found: Found::default(),
        };
        Searching {
            search: self,
            explainer: Explainer::new(self.rules),
            begun: self.questions.iter().map(begin).collect(),
            is_empty: true,
        }
    }
}

/// What one worker knows of a question.
struct Begun {
    gauge: Option<Gauge>,
    found: Found,
}

/// One worker's search.
pub struct Searching<'s> {
    search: &'s Search<'s>,
    explainer: Explainer<'s>,
    begun: Vec<Begun>,
    is_empty: bool,
}

impl Child for Searching<'_> {
    type Harvest = Vec<Found>;

    fn event(&mut self, seen: &Seen<'_>) {
        let Self {
            search, explainer, ..
        } = self;
        self.is_empty = false;
        let hints = search.farthest.iter().zip(&search.has_enough);
        let questions = search.questions.iter().zip(&mut self.begun).zip(hints);
        for ((question, begun), (farthest, has_enough)) in questions {
            let Some(rule) = search.rules.rule(question.rule) else {
                continue;
            };
            let most = farthest.load(Ordering::Relaxed);
            if begun.look(question, rule, seen, (most, search.of_all, explainer)) {
                begun.found.matched += 1;
                let has_room = begun.found.whys.len() < question.limit;
                if has_room && !has_enough.load(Ordering::Relaxed) {
                    let why = explainer.why(question.rule, seen);
                    begun.found.whys.extend(why);
                }
            }
        }
    }

    fn is_full(&mut self) -> bool {
        let whys = self.begun.iter().map(|begun| begun.found.whys.len());
        whys.sum::<usize>() >= WHYS_MAX
    }

    fn harvest(&mut self) -> Option<Vec<Found>> {
        if std::mem::replace(&mut self.is_empty, true) {
            return None;
        }
        let begun = self.begun.iter_mut();
        Some(
            begun
                .map(|begun| std::mem::take(&mut begun.found))
                .collect(),
        )
    }
}

impl Begun {
    /// Looks at an event; whether it is one that is wanted.
    fn look(
        &mut self,
        question: &Question,
        rule: &Rule,
        seen: &Seen<'_>,
        (most, of_all, explainer): (u32, Option<EventTypeId>, &Explainer<'_>),
    ) -> bool {
        let event_type = seen.context.event_type();
        // Falco gives some to every rule, whatever types it asks for.
        let is_asked_for = Some(event_type) != of_all;
        let found = &mut self.found;
        match &question.wanted {
            Wanted::Number(number) => {
                found.looked_at += 1;
                seen.number == *number
            }
            Wanted::Where(filter) => {
                if !filter.event_types().contains(event_type) {
                    return false;
                }
                found.looked_at += 1;
                filter.matches(seen.context)
            }
            Wanted::At(time) => {
                if is_asked_for && rule.event_types.contains(event_type) {
                    found.looked_at += 1;
                    let distance = seen.time.0.abs_diff(time.0);
                    let is_nearer = found.at.is_none_or(|(known, ..)| distance < known);
                    if is_nearer {
                        found.at = Some((distance, 0, seen.number));
                    }
                }
                false
            }
            Wanted::Nearest => {
                if !rule.event_types.contains(event_type) {
                    return false;
                }
                found.looked_at += u64::from(is_asked_for);
                let Some(gauge) = &mut self.gauge else {
                    return false;
                };
                let most = most.min(found.nearest.farthest());
                match gauge.measure(seen.context, most) {
                    Some(0) => return true,
                    Some(cost) if is_asked_for => {
                        let name = || explainer.event(seen);
                        found.nearest.add(cost, gauge, seen, name);
                    }
                    _ => {}
                }
                false
            }
        }
    }
}

/// Takes what was found, in the order of the stream.
pub struct Answers<'s> {
    search: &'s Search<'s>,
    found: Vec<Found>,
    input: usize,
}

impl Answers<'_> {
    /// What comes from now on is of the next input.
    pub fn next_input(&mut self) {
        self.input += 1;
    }

    /// Whether nothing that is still to come changes an answer: each is an event of one number, and was found.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let mut both = self.search.questions.iter().zip(&self.found);
        both.all(|(question, found)| {
            matches!(question.wanted, Wanted::Number(_)) && found.matched > 0
        })
    }

    /// By question.
    #[must_use]
    pub fn found(self) -> Vec<Found> {
        self.found
    }

    fn join(&mut self, later: Vec<Found>) {
        let input = self.input;
        let hints = self.search.farthest.iter().zip(&self.search.has_enough);
        let all = self
            .found
            .iter_mut()
            .zip(later)
            .zip(self.search.questions)
            .zip(hints);
        for (((found, later), question), (farthest, has_enough)) in all {
            found.looked_at += later.looked_at;
            found.matched += later.matched;
            let left = question.limit.saturating_sub(found.whys.len());
            let whys = later.whys.into_iter().take(left);
            found.whys.extend(whys.map(|mut why| {
                why.event.input = input;
                why
            }));
            if found.whys.len() >= question.limit {
                has_enough.store(true, Ordering::Relaxed);
            }
            found.nearest.join(later.nearest, input);
            farthest.store(found.nearest.farthest(), Ordering::Relaxed);
            let at = later
                .at
                .map(|(distance, _, number)| (distance, input, number));
            let is_nearer =
                |at: &(u64, usize, u64)| found.at.is_none_or(|(known, ..)| at.0 < known);
            if let Some(at) = at.filter(is_nearer) {
                found.at = Some(at);
            }
        }
    }
}

impl Sink<Vec<Found>> for Answers<'_> {
    fn harvest(&mut self, harvest: Vec<Found>) -> io::Result<Flow> {
        self.join(harvest);
        Ok(if self.is_done() {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}
