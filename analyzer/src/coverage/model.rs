//! What is told of rules: items with their parts, scenarios, mutants.
//!
//! In: filled by who collects. Out: read by every report. Percentages are computed here, so that all reports say the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use falco_rules::{CoverKind, Edit, ItemKind, MutantKind, PartTally, RuleTally, SourceFile};

use crate::regress::CannotRun;

/// What scenarios prove.
#[derive(Debug, Default)]
pub struct CoverReport {
    /// Every scenario, in order.
    pub scenarios: Vec<CoveredScenario>,
    /// Rules, macros and lists, by file and line.
    pub items: Vec<ItemReport>,
    /// The rule files that they stand in, by name.
    pub files: Vec<Arc<SourceFile>>,
    /// What becomes of mutants, where that was asked.
    pub mutation: Option<MutationReport>,
    /// Evaluations whose answers were of so many kinds that they were not kept; counted for each rule.
    pub left_out: u64,
}

/// A scenario and what came of it.
#[derive(Debug)]
pub struct CoveredScenario {
    /// What it is called.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The ATT&CK techniques that it claims to show.
    pub techniques: Vec<String>,
    /// What was seen of it, or why it cannot be run.
    pub result: Result<Proven, CannotRun>,
}

/// What a scenario gave.
#[derive(Clone, Debug, Default)]
pub struct Proven {
    /// Events that were read.
    pub events: u64,
    /// Alerts.
    pub alerts: u64,
    /// What is missing of captures that should be whole.
    pub evidence: Option<String>,
    /// How many alerts are of those that an expectation wants to come.
    pub meant: u64,
    /// What is not as expected of the rules as they are: its expectations notice no mutant then.
    pub differs: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

/// A rule, a macro or a list.
#[derive(Clone, Debug)]
pub struct ItemReport {
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Where it is defined: the file and the line, from 1.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What is known of a rule.
    pub rule: Option<RuleFacts>,
    /// Its parts, in the order of their places.
    pub parts: Vec<PartReport>,
}

/// What is known of a rule beside its parts.
#[derive(Clone, Debug, Default)]
pub struct RuleFacts {
    /// Its tags.
    pub tags: Vec<String>,
    /// How often it was asked, held and alerted.
    pub tally: RuleTally,
    /// The scenarios in which it alerted, by their places.
    pub scenarios: Vec<usize>,
}

/// A part of a rule file.
#[derive(Clone, Debug)]
pub struct PartReport {
    /// What it is.
    pub kind: CoverKind,
    /// Its file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// Its bytes in the file.
    pub bytes: std::ops::Range<usize>,
    /// The text, on one line.
    pub text: String,
    /// The exception that it is.
    pub exception: Option<String>,
    /// Whether some rule needs it to hold.
    pub is_for: bool,
    /// Whether it keeps some rule from alerting.
    pub is_against: bool,
    /// Whether it asks for the type of events, which a rule is never shown others of.
    pub names_types: bool,
    /// What is known of it.
    pub tally: PartTally,
    /// What is known of it by scenarios whose expectations hold.
    pub by_passing: PartTally,
}

impl Proven {
    /// Whether its expectations hold.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.differs.is_empty()
    }
}

/// What becomes of mutants.
#[derive(Clone, Debug, Default)]
pub struct MutationReport {
    /// Every mutant that was tried, by file and place.
    pub mutants: Vec<MutantReport>,
    /// How many there are beside.
    pub untried: usize,
    /// The number that mutants were chosen and ordered by.
    pub seed: u64,
}

/// A mutant and what became of it.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// What was done.
    pub kind: MutantKind,
    /// The rule, macro or list that was changed.
    pub item: String,
    /// The text that was changed, on one line.
    pub text: String,
    /// The change.
    pub edit: Edit,
    /// What became of it.
    pub fate: MutantFate,
}

/// What becomes of a mutant; of several scenarios the last here counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MutantFate {
    /// There was no time for it.
    Untried,
    /// It is no other than the rule on any event of the captures.
    Same,
    /// It is another, and the alerts are the same: other rules alert first.
    Shadowed,
    /// The alerts are others, and every expectation holds.
    Admitted,
    /// An expectation of this scenario fails.
    Noticed(String),
}

impl MutantFate {
    fn rank(&self) -> u8 {
        match self {
            Self::Untried => 0,
            Self::Same => 1,
            Self::Shadowed => 2,
            Self::Admitted => 3,
            Self::Noticed(_) => 4,
        }
    }

    /// Takes what becomes of it in a further scenario.
    pub(super) fn become_of(&mut self, other: &Self) {
        if other.rank() > self.rank() {
            self.clone_from(other);
        }
    }
}

/// A share in percent. There is none of nothing: neither all of it was done, nor too little.
#[must_use]
pub fn percent(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

impl PartReport {
    /// Whether it is asked of it that it does not hold: not of values of lists, and not of types of events.
    #[must_use]
    pub fn asks_failing(&self) -> bool {
        self.kind != CoverKind::Value && !self.names_types
    }

    /// What is asked of it: that it holds, and that it does not.
    #[must_use]
    pub fn goals(&self) -> Vec<bool> {
        self.goals_in(&self.tally)
    }

    fn goals_in(&self, tally: &PartTally) -> Vec<bool> {
        let held = tally.proven_held > 0;
        if self.asks_failing() {
            vec![held, tally.proven_failed > 0]
        } else {
            vec![held]
        }
    }
}

impl ItemReport {
    /// How many of its goals are proven, and how many it has.
    #[must_use]
    pub fn goals(&self) -> (usize, usize) {
        let goals: Vec<bool> = self.parts.iter().flat_map(PartReport::goals).collect();
        (goals.iter().filter(|goal| **goal).count(), goals.len())
    }
}

impl CoverReport {
    /// How many goals of all parts are proven, and how many there are.
    #[must_use]
    pub fn goals(&self) -> (usize, usize) {
        let goals = self.items.iter().map(ItemReport::goals);
        goals.fold((0, 0), |(proven, all), (more, of)| {
            (proven + more, all + of)
        })
    }

    /// How many goals are proven by scenarios alone whose expectations fail.
    #[must_use]
    pub fn proven_by_failing(&self) -> usize {
        let parts = self.items.iter().flat_map(|item| &item.parts);
        let doubtful = parts.map(|part| {
            let sound = part.goals_in(&part.by_passing);
            let goals = part.goals().into_iter().zip(sound);
            goals.filter(|(all, sound)| *all && !*sound).count()
        });
        doubtful.sum()
    }

    /// The share of goals that are proven, in percent.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        let (proven, all) = self.goals();
        percent(proven, all)
    }

    /// Its rules.
    pub fn rules(&self) -> impl Iterator<Item = (&ItemReport, &RuleFacts)> {
        let items = self.items.iter();
        items.filter_map(|item| Some((item, item.rule.as_ref()?)))
    }
}

impl MutationReport {
    /// How many mutants were tried.
    #[must_use]
    pub fn tried(&self) -> usize {
        let tried = self.mutants.iter();
        tried
            .filter(|mutant| mutant.fate != MutantFate::Untried)
            .count()
    }

    /// How many were not tried.
    #[must_use]
    pub fn not_tried(&self) -> usize {
        self.untried + (self.mutants.len() - self.tried())
    }

    /// How many of them somebody notices.
    #[must_use]
    pub fn noticed(&self) -> usize {
        let mutants = self.mutants.iter();
        let noticed = mutants.filter(|mutant| matches!(mutant.fate, MutantFate::Noticed(_)));
        noticed.count()
    }

    /// Those that nobody notices.
    pub fn unnoticed(&self) -> impl Iterator<Item = &MutantReport> {
        let is_unnoticed = |mutant: &&MutantReport| {
            !matches!(mutant.fate, MutantFate::Noticed(_) | MutantFate::Untried)
        };
        self.mutants.iter().filter(is_unnoticed)
    }

    /// The score: the share of those tried that somebody notices, in percent.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        percent(self.noticed(), self.tried())
    }
}
