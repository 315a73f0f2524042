//! The events on which alerts may be others if a rule is: the second reading of a scenario.
//!
//! In: demanded events, and where mutants differ. Out: each event that some rule matches, or that some mutant would tell
//! otherwise, with the rules that match and the alerts of all rules that may have one to give.

use std::collections::HashMap;
use std::io;

use falco_rules::{
    Coverer, Differences, Differing, Mutating, Observed, RuleIndex, RuleMatching, RuleSet, Scanner,
};

use super::budget::Mutation;
use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Flow, Judge, Seen, Sink};

/// Of how many events with the same answers, of which no rule alerts, a mutant's alerts are made at least. Those beyond are
/// counted alone, for budgets: golden alerts and numbers of times are broken by those before them.
const MOMENTS_EACH: u64 = 1_000;

/// How many moments a portion holds: some megabytes with the longest outputs.
const MOMENTS_MAX: usize = 1_024;

/// One event.
pub(super) struct Moment<'r> {
    pub(super) number: u64,
    /// The rules that match it, in place order.
    pub(super) matches: Vec<RuleIndex>,
    /// Where some mutant is another.
    pub(super) differing: Vec<Differing>,
    /// The alerts of these rules and of those that match.
    pub(super) alerts: Vec<(RuleIndex, Alert<'r>)>,
}

/// What is looked for.
pub(super) struct Looking<'l, 'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) mutating: &'l Mutating<'r>,
    pub(super) observed: &'l Observed,
    pub(super) differences: &'l Differences,
    /// As many as the scenario's expectations tell apart.
    pub(super) most: u64,
}

impl<'r> Collector for Looking<'_, 'r> {
    type Harvest = Looked<'r>;
    type Child<'c>
        = OneLooking<'c, 'r>
    where
        Self: 'c;

    fn child(&self) -> OneLooking<'_, 'r> {
        let of_source = self.rules.of_source(falco_rules::Schema::source(&SCHEMA));
        OneLooking {
            coverer: self.mutating.covering().coverer(),
            scanner: of_source.map(|rules| rules.scanner(RuleMatching::All)),
            judge: Judge::new(self.rules, &SCHEMA, RuleMatching::All),
            looked_for: (self.observed, self.differences),
            seen: Seldom::of(self.most),
            looked: Looked::default(),
        }
    }
}

/// How often each difference was seen.
pub(super) struct Seldom {
    seen: HashMap<Differing, u64>,
    most: u64,
}

/// Where mutants differ on events that were left out, and how many of these there are.
pub(super) type LeftOut = HashMap<Vec<Differing>, u64>;

/// What one portion gave.
#[derive(Default)]
pub(super) struct Looked<'r> {
    moments: Vec<Moment<'r>>,
    left_out: LeftOut,
}

impl Seldom {
    fn of(most: u64) -> Self {
        Seldom {
            seen: HashMap::new(),
            most: most.saturating_add(1).max(MOMENTS_EACH),
        }
    }

    /// Whether one of these was not seen so often that more of it tell nothing.
    fn admits(&mut self, differing: &[Differing]) -> bool {
        let mut is_admitted = false;
        for at in differing {
            let seen = self.seen.entry(*at).or_default();
            is_admitted |= *seen < self.most;
            *seen += 1;
        }
        is_admitted
    }
}

/// One worker's part.
pub(super) struct OneLooking<'c, 'r> {
    coverer: Coverer<'c>,
    scanner: Option<Scanner<'r>>,
    judge: Judge<'r>,
    looked_for: (&'c Observed, &'c Differences),
    /// Within the portion.
    seen: Seldom,
    looked: Looked<'r>,
}

impl<'r> Child for OneLooking<'_, 'r> {
    type Harvest = Looked<'r>;

    fn event(&mut self, seen: &Seen<'_>) {
        let (mut matches, mut differing) = (Vec::new(), Vec::new());
        if let Some(scanner) = &mut self.scanner {
            scanner.scan(seen.context, &mut matches);
        }
        self.coverer
            .differing(seen.context, self.looked_for, &mut differing);
        let is_admitted = self.seen.admits(&differing);
        if matches.is_empty() && !is_admitted {
            if !differing.is_empty() {
                *self.looked.left_out.entry(differing).or_default() += 1;
            }
            return;
        }
        let mut rules = matches.clone();
        rules.extend(differing.iter().map(|at| at.rule));
        rules.sort_unstable();
        rules.dedup();
        let alerts = rules.into_iter();
        let alerts = alerts.filter_map(|rule| Some((rule, self.judge.alert(rule, seen)?)));
        self.looked.moments.push(Moment {
            number: seen.number,
            matches,
            differing,
            alerts: alerts.collect(),
        });
    }

    fn is_full(&mut self) -> bool {
        self.looked.moments.len() >= MOMENTS_MAX
    }

    fn harvest(&mut self) -> Option<Looked<'r>> {
        self.seen.seen.clear();
        let looked = std::mem::take(&mut self.looked);
        let is_empty = looked.moments.is_empty() && looked.left_out.is_empty();
        (!is_empty).then_some(looked)
    }
}

/// All moments of a scenario, in order.
pub(super) struct Moments<'r> {
    pub(super) list: Vec<Moment<'r>>,
    pub(super) left_out: LeftOut,
    seen: Seldom,
    mutation: Mutation,
}

impl Moments<'_> {
    pub(super) fn of(most: u64, mutation: Mutation) -> Self {
        Moments {
            list: Vec::new(),
            left_out: HashMap::new(),
            seen: Seldom::of(most),
            mutation,
        }
    }
}

impl<'r> Sink<Looked<'r>> for Moments<'r> {
    fn harvest(&mut self, looked: Looked<'r>) -> io::Result<Flow> {
        // Of a part of the events nothing is judged: once the time is over no mutant is.
        if !self.mutation.has_time() {
            return Ok(Flow::Stop);
        }
        for moment in looked.moments {
            // Whatever a portion is: those that it left out were seen often enough in it alone.
            let is_admitted = self.seen.admits(&moment.differing);
            if is_admitted || !moment.matches.is_empty() {
                self.list.push(moment);
            } else if !moment.differing.is_empty() {
                *self.left_out.entry(moment.differing).or_default() += 1;
            }
        }
        for (differing, times) in looked.left_out {
            *self.left_out.entry(differing).or_default() += times;
        }
        Ok(Flow::Continue)
    }
}
