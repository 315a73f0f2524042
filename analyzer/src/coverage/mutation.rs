//! Who notices a mutant: the expectations of a scenario, held against the alerts that the mutant gives.
//!
//! In: a scenario's moments, and where mutants differ. Out: the fate of each mutant in it.

use falco_rules::{Differences, Differing, Mutant, MutantKind, RuleIndex, RuleMatching};

use super::model::MutantFate;
use super::moments::{Moment, Moments};
use crate::alert::Alert;
use crate::regress::Trial;

/// What names a mutant among several rule sets: what is done, where in which file, and what stands there instead.
pub(super) type MutantKey = (String, u32, u32, MutantKind, String);

pub(super) fn key_of(mutant: &Mutant) -> MutantKey {
    let span = &mutant.span;
    let file = span.file.name().to_owned();
    (
        file,
        span.start,
        span.end,
        mutant.kind,
        mutant.after.clone(),
    )
}

/// The place of a mutant in the order of a seed. The digest is the same on every machine and for ever.
pub(super) fn order_of(seed: u64, key: &MutantKey) -> [u8; 32] {
    let (file, start, end, kind, after) = key;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&start.to_le_bytes());
    hasher.update(&end.to_le_bytes());
    hasher.update(format!("{kind:?}").as_bytes());
    hasher.update(after.as_bytes());
    // Of the path its last part: the same files in another directory are tried in the same order.
    let name = file.rsplit('/').next().unwrap_or(file);
    hasher.update(name.as_bytes());
    *hasher.finalize().as_bytes()
}

/// A scenario whose expectations are asked.
pub(super) struct Asked<'a, 'r> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) name: &'a str,
    pub(super) moments: &'a Moments<'r>,
    pub(super) differences: &'a Differences,
    pub(super) matching: RuleMatching,
}

impl<'r> Asked<'_, 'r> {
    /// What becomes of a mutant.
    pub(super) fn fate(&self, mutant: usize) -> MutantFate {
        if !self.differences.is_different(mutant) {
            return MutantFate::Same;
        }
        let mut watched = self.trial.watch();
        let mut is_other = false;
        for moment in &self.moments.list {
            let before = self.alerting(&moment.matches);
            let after = self.mutated(moment, mutant);
            let after = after
                .as_deref()
                .map_or(before, |after| self.alerting(after));
            is_other |= before != after;
            for rule in after {
                if let Some((number, alert)) = moment.alert(*rule) {
                    watched.take(*rule, number, alert);
                }
            }
        }
        for (differing, times) in &self.moments.left_out {
            let mut rules = self.changed(differing, mutant);
            rules.sort_unstable();
            for rule in self.alerting(&rules) {
                watched.count(*rule, *times);
                is_other = true;
            }
        }
        if !is_other {
            return MutantFate::Shadowed;
        }
        if self.trial.findings(&watched).is_empty() {
            return MutantFate::Admitted;
        }
        MutantFate::Noticed(self.name.to_owned())
    }

    /// The rules that are other there by a mutant.
    fn changed(&self, differing: &[Differing], mutant: usize) -> Vec<RuleIndex> {
        let differing = differing.iter();
        let changed = differing.filter(|at| self.differences.differs(mutant, **at));
        changed.map(|at| at.rule).collect()
    }

    /// The rules that match once a mutant stands in their place; nothing where they are the same.
    fn mutated(&self, moment: &Moment<'r>, mutant: usize) -> Option<Vec<RuleIndex>> {
        let changed = self.changed(&moment.differing, mutant);
        if changed.is_empty() {
            return None;
        }
        let kept = moment.matches.iter().filter(|rule| !changed.contains(rule));
        let added = changed.iter().filter(|rule| !moment.matches.contains(rule));
        let mut matches: Vec<RuleIndex> = kept.chain(added).copied().collect();
        matches.sort_unstable();
        Some(matches)
    }

    /// Those of the rules that match which alert.
    fn alerting<'m>(&self, matches: &'m [RuleIndex]) -> &'m [RuleIndex] {
        match self.matching {
            RuleMatching::All => matches,
            RuleMatching::First => matches.get(..1).unwrap_or(matches),
        }
    }
}

impl<'r> Moment<'r> {
    fn alert(&self, rule: RuleIndex) -> Option<(u64, &Alert<'r>)> {
        let found = self.alerts.iter().find(|(known, _)| *known == rule);
        found.map(|(_, alert)| (self.number, alert))
    }
}
