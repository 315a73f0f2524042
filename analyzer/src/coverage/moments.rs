//! The events on which alerts may be others if a rule is: the second reading of a scenario.
//!
//! In: demanded events, and where mutants differ. Out: each event that some rule matches, or that some mutant would tell
//! otherwise, with the rules that match and the alerts of all rules that may have one to give.

use std::collections::HashMap;
use std::io;

use falco_rules::{
    Coverer, Differences, Differing, Mutating, Observed, RuleIndex, RuleMatching, RuleSet, Scanner,
};

use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Flow, Judge, Seen, Sink};

/// Of how many events with the same answers, of which no rule alerts, a mutant's alerts are made. An expectation that a
/// thousand more alerts do not break is broken by no more of them either, but for a golden file of as many.
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
}

impl<'r> Collector for Looking<'_, 'r> {
    type Harvest = Vec<Moment<'r>>;
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
            seen: Seldom::default(),
            moments: Vec::new(),
        }
    }
}

/// How often each difference was seen.
#[derive(Default)]
pub(super) struct Seldom(HashMap<Differing, u64>);

impl Seldom {
    /// Whether one of these was not seen so often that more of it tell nothing.
    fn admits(&mut self, differing: &[Differing]) -> bool {
        let mut is_admitted = false;
        for at in differing {
            let seen = self.0.entry(*at).or_default();
            is_admitted |= *seen < MOMENTS_EACH;
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
    moments: Vec<Moment<'r>>,
}

impl<'r> Child for OneLooking<'_, 'r> {
    type Harvest = Vec<Moment<'r>>;

    fn event(&mut self, seen: &Seen<'_>) {
        let (mut matches, mut differing) = (Vec::new(), Vec::new());
        if let Some(scanner) = &mut self.scanner {
            scanner.scan(seen.context, &mut matches);
        }
        self.coverer
            .differing(seen.context, self.looked_for, &mut differing);
        let is_admitted = self.seen.admits(&differing);
        if matches.is_empty() && !is_admitted {
            return;
        }
        let mut rules = matches.clone();
        rules.extend(differing.iter().map(|at| at.rule));
        rules.sort_unstable();
        rules.dedup();
        let alerts = rules.into_iter();
        let alerts = alerts.filter_map(|rule| Some((rule, self.judge.alert(rule, seen)?)));
        self.moments.push(Moment {
            number: seen.number,
            matches,
            differing,
            alerts: alerts.collect(),
        });
    }

    fn is_full(&mut self) -> bool {
        self.moments.len() >= MOMENTS_MAX
    }

    fn harvest(&mut self) -> Option<Vec<Moment<'r>>> {
        self.seen = Seldom::default();
        let moments = std::mem::take(&mut self.moments);
        (!moments.is_empty()).then_some(moments)
    }
}

/// All moments of a scenario, in order.
#[derive(Default)]
pub(super) struct Moments<'r> {
    pub(super) list: Vec<Moment<'r>>,
    seen: Seldom,
}

impl<'r> Sink<Vec<Moment<'r>>> for Moments<'r> {
    fn harvest(&mut self, moments: Vec<Moment<'r>>) -> io::Result<Flow> {
        for moment in moments {
            // Whatever a portion is: those that it left out were seen often enough in it alone.
            let is_admitted = self.seen.admits(&moment.differing);
            if is_admitted || !moment.matches.is_empty() {
                self.list.push(moment);
            }
        }
        Ok(Flow::Continue)
    }
}
