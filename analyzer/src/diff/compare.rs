//! Both rule sets over one pass: what either says of each event, and where that differs.
//!
//! In: demanded events. Out: for each portion how often what was so of which rule, and its first examples.
//! One program judges by both sets; an alert is made only where there is something to show or to compare.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use falco_rules::{PairScanner, RuleIndex, RuleMatching, RulePair, RuleSet};

use super::example::{Example, Told, told};
use super::kinds::{Fact, Kind, Reason};
use super::rules::{Entry, entries, entry_of};
use super::sides::{Both, Side};
use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Demand, Judge, Seen, Shown};

/// How many examples a portion holds: some megabytes with the longest outputs.
const EXAMPLES_MAX: usize = 256;
/// How many examples are kept in all, of the first rules that differ: a megabyte or two as a rule.
pub const EXAMPLES_IN_ALL_MAX: usize = 4_096;

/// What was found of a portion, or of all of them.
#[derive(Debug, Default)]
pub struct Differences {
    /// How often what was so of which entry.
    pub facts: BTreeMap<(u32, Fact), u64>,
    /// Examples, in the order of their events.
    pub examples: Vec<Example>,
    /// How many events were judged.
    pub judged: u64,
}

/// What is compared, shared by all threads.
pub struct Comparison<'r> {
    /// The two rule sets.
    pub rules: Both<&'r RuleSet>,
    /// Their rules, beside each other.
    pub entries: Vec<Entry>,
    pair: &'r RulePair,
    entry_of: Both<Vec<u32>>,
    matching: RuleMatching,
    /// Of which entries and kinds there are enough examples, which those who make them need not know at once.
    has_enough: Vec<[AtomicBool; 3]>,
    examples: usize,
}

impl<'r> Comparison<'r> {
    /// Compares two rule sets by the program of both, with so many examples for each rule and kind.
    #[must_use]
    pub fn new(
        rules: Both<&'r RuleSet>,
        pair: &'r RulePair,
        matching: RuleMatching,
        examples: usize,
    ) -> Self {
        let entries = entries(rules, pair);
        let entry_of = Both {
            old: entry_of(&entries, Side::Old, rules.old),
            new: entry_of(&entries, Side::New, rules.new),
        };
        let has_enough = entries.iter().map(|_| Default::default()).collect();
        Comparison {
            rules,
            entries,
            pair,
            entry_of,
            matching,
            has_enough,
            examples,
        }
    }

    /// What both sets together ask of a pass.
    #[must_use]
    pub fn demand(&self) -> Demand {
        Demand::new(Shown::of_types(self.pair.event_types()), self.pair.slots())
    }

    /// The name of an entry: the new one where it has one.
    #[must_use]
    pub fn name(&self, entry: u32) -> &'r str {
        let Some(entry) = self.entries.get(entry as usize) else {
            return "";
        };
        let of = |side: Side| {
            let place = (*entry.places.of(side))?;
            self.rules.of(side).rule(place)
        };
        of(Side::New)
            .or_else(|| of(Side::Old))
            .map_or("", |rule| rule.name.as_str())
    }

    /// How many examples of a kind are kept for each rule.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Says that there are enough examples.
    pub(super) fn enough(&self, entry: u32, kind: Kind) {
        if let Some(enough) = self.enough_of(entry, kind) {
            enough.store(true, Ordering::Relaxed);
        }
    }

    fn enough_of(&self, entry: u32, kind: Kind) -> Option<&AtomicBool> {
        self.has_enough.get(entry as usize)?.get(kind.place())
    }

    fn entry_of(&self, side: Side, rule: RuleIndex) -> u32 {
        let of = self.entry_of.of(side).get(rule.0 as usize);
        *of.expect("every rule of a side has an entry")
    }

    /// Those of the rules that hold which alert.
    fn alerting<'m>(&self, holding: &'m [RuleIndex]) -> &'m [RuleIndex] {
        match self.matching {
            RuleMatching::All => holding,
            RuleMatching::First => holding.get(..1).unwrap_or_default(),
        }
    }

    /// Why a side gives no alert of an entry.
    fn reason(&self, entry: &Entry, side: Side, holding: &[RuleIndex]) -> Reason {
        let Some(place) = *entry.places.of(side) else {
            return Reason::NoRule;
        };
        if let (true, Some(first)) = (holding.contains(&place), holding.first()) {
            return Reason::Shadowed(self.entry_of(side, *first));
        }
        let rule = self.rules.of(side).rule(place);
        if rule.is_some_and(|rule| rule.enabled) {
            Reason::Condition
        } else {
            Reason::Disabled
        }
    }
}

impl<'r> Collector for Comparison<'r> {
    type Harvest = Differences;
    type Child<'c>
        = Comparing<'c>
    where
        Self: 'c;

    fn child(&self) -> Comparing<'_> {
        Comparing {
            comparison: self,
            scanner: self.pair.scanner(),
            holding: Both::default(),
            judges: Both {
                old: None,
                new: None,
            },
            found: Differences::default(),
            made: BTreeMap::new(),
        }
    }
}

/// One worker's part of a comparison.
pub struct Comparing<'c> {
    comparison: &'c Comparison<'c>,
    scanner: PairScanner<'c>,
    /// The rules that hold, kept between events so that judging does not allocate.
    holding: Both<Vec<RuleIndex>>,
    /// Who makes alerts, from the first one on that is needed.
    judges: Both<Option<Judge<'c>>>,
    found: Differences,
    /// How many examples of an entry and a kind this portion has.
    made: BTreeMap<(u32, Kind), usize>,
}

impl<'c> Comparing<'c> {
    fn count(&mut self, entry: u32, fact: Fact) {
        *self.found.facts.entry((entry, fact)).or_default() += 1;
    }

    fn compare(&mut self, holding: &Both<Vec<RuleIndex>>, seen: &Seen<'_>) {
        let comparison = self.comparison;
        for side in [Side::Old, Side::New] {
            let holding = holding.of(side);
            let alerting = comparison.alerting(holding);
            for rule in alerting {
                self.count(comparison.entry_of(side, *rule), Fact::Alert(side));
            }
            if let Some(first) = alerting.first() {
                let by = comparison.entry_of(side, *first);
                for rule in holding.get(alerting.len()..).unwrap_or_default() {
                    self.count(comparison.entry_of(side, *rule), Fact::Shadowed(side, by));
                }
            }
        }
        let of = |side: Side| {
            let alerting = comparison.alerting(holding.of(side)).iter();
            alerting.map(move |rule| comparison.entry_of(side, *rule))
        };
        for number in of(Side::Old) {
            if of(Side::New).any(|other| other == number) {
                self.both(number, seen);
            } else {
                self.only(number, Side::Old, holding, seen);
            }
        }
        for number in of(Side::New) {
            if !of(Side::Old).any(|other| other == number) {
                self.only(number, Side::New, holding, seen);
            }
        }
    }

    /// Both sides alert.
    fn both(&mut self, number: u32, seen: &Seen<'_>) {
        let entry = self.comparison.entries.get(number as usize);
        let Some(entry) = entry.filter(|entry| !entry.says_the_same()) else {
            return;
        };
        let alerts = Both {
            old: self.alert(Side::Old, entry, seen),
            new: self.alert(Side::New, entry, seen),
        };
        let (Some(old), Some(new)) = (&alerts.old, &alerts.new) else {
            return;
        };
        let told = told(old, new);
        if told.is_empty() {
            return;
        }
        self.count(number, Fact::Differs(Kind::Changed, None));
        if self.wants_example(number, Kind::Changed) {
            let example = Example::of(seen, number, (Kind::Changed, None), &alerts);
            self.found.examples.push(Example { told, ..example });
        }
    }

    /// One side alerts alone.
    fn only(&mut self, number: u32, side: Side, holding: &Both<Vec<RuleIndex>>, seen: &Seen<'_>) {
        let Some(entry) = self.comparison.entries.get(number as usize) else {
            return;
        };
        let kind = match side {
            Side::Old => Kind::Lost,
            Side::New => Kind::Gained,
        };
        let other = side.other();
        let reason = self.comparison.reason(entry, other, holding.of(other));
        self.count(number, Fact::Differs(kind, Some(reason)));
        if !self.wants_example(number, kind) {
            return;
        }
        let mut alerts = Both::default();
        *alerts.of_mut(side) = self.alert(side, entry, seen);
        let mut example = Example::of(seen, number, (kind, Some(reason)), &alerts);
        example.decide(self.comparison.rules, entry, seen);
        self.found.examples.push(example);
    }

    /// Whether this portion's examples of a kind may be among the first.
    fn wants_example(&mut self, entry: u32, kind: Kind) -> bool {
        let enough = self.comparison.enough_of(entry, kind);
        if enough.is_none_or(|enough| enough.load(Ordering::Relaxed)) {
            return false;
        }
        let made = self.made.entry((entry, kind)).or_default();
        *made += 1;
        *made <= self.comparison.examples
    }

    fn alert(&mut self, side: Side, entry: &Entry, seen: &Seen<'_>) -> Option<Alert<'c>> {
        let place = (*entry.places.of(side))?;
        let (comparison, judge) = (self.comparison, self.judges.of_mut(side));
        let judge = judge.get_or_insert_with(|| {
            Judge::new(comparison.rules.of(side), &SCHEMA, comparison.matching)
        });
        judge.alert(place, seen)
    }
}

impl Child for Comparing<'_> {
    type Harvest = Differences;

    fn event(&mut self, seen: &Seen<'_>) {
        self.found.judged += 1;
        let Both { old, new } = &mut self.holding;
        self.scanner.scan(seen.context, old, new);
        if old.is_empty() && new.is_empty() {
            return;
        }
        let holding = std::mem::take(&mut self.holding);
        self.compare(&holding, seen);
        self.holding = holding;
    }

    fn is_full(&mut self) -> bool {
        self.found.examples.len() >= EXAMPLES_MAX
    }

    fn harvest(&mut self) -> Option<Differences> {
        self.made.clear();
        let found = std::mem::take(&mut self.found);
        (found.judged > 0).then_some(found)
    }
}

/// What of two alerts is not the same, and whether anything is.
impl Told {
    fn is_empty(&self) -> bool {
        !self.is_renamed
            && !self.has_other_priority
            && !self.has_other_tags
            && !self.has_other_output
            && self.fields.is_empty()
    }
}
