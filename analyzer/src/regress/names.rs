//! What a scenario and its expected alerts name must be there: a name that selects nothing compares nothing.
//!
//! In: the rules, the scenario, the expected alerts with their lines. Out: each name that nothing has, with the one that it may have meant.

use std::collections::{BTreeMap, BTreeSet};

use falco_rules::{Rule, RuleSet, similar};

use super::expectation::Expectation;
use super::expected::ExpectedLine;
use super::problem::{Place, Problem, with_hint};
use super::scenario::Scenario;
use crate::alert::evidence;

/// What every alert has beside the fields of its rule's output.
const OF_EVERY_ALERT: [&str; 8] = [
    evidence::TIME,
    evidence::BOOT,
    evidence::BOOTTIME,
    evidence::COMPLETE,
    evidence::CPU,
    evidence::HEALED,
    evidence::ID,
    evidence::NODE,
];

/// How many expected alerts with names that nothing has are told: one line of a golden file tells what the others would.
const LINES_TOLD_MAX: usize = 5;

/// Each name that selects nothing.
pub(super) fn missing(
    rules: &RuleSet,
    scenario: &Scenario,
    expected: &[ExpectedLine],
) -> Vec<Problem> {
    let names = Names::of(rules);
    let mut problems = Vec::new();
    if !rules.rules().iter().any(|rule| rule.enabled) {
        problems.push(Problem {
            place: scenario.rules_place.clone(),
            message: "no rule is enabled: there is nothing that could fire".to_owned(),
        });
        return problems;
    }
    let fields = scenario.golden.iter().flat_map(|golden| {
        let place = golden.fields_place.clone();
        golden
            .fields
            .iter()
            .map(move |field| (field, place.clone()))
    });
    problems.extend(fields.filter_map(|(field, place)| names.compared(field, place)));
    let lines = expected.iter().filter_map(|line| {
        let whose = format!("expected alert {} is of", line.number);
        names.rule(&line.alert.rule, &whose, &line.place).err()
    });
    problems.extend(lines.take(LINES_TOLD_MAX));
    for expectation in &scenario.expectations {
        names.expectation(expectation, &mut problems);
    }
    for (rule, place) in scenario
        .budgets
        .iter()
        .filter_map(|budget| budget.rule.as_ref())
    {
        problems.extend(names.rule(rule, "the budget is of", place).err());
    }
    problems
}

/// The names that there are.
struct Names<'r> {
    rules: BTreeMap<&'r str, &'r Rule>,
    fields: BTreeSet<&'r str>,
}

impl<'r> Names<'r> {
    fn of(rules: &'r RuleSet) -> Self {
        let outputs = rules.rules().iter().flat_map(|rule| rule.output.fields());
        let all = rules.rules().iter();
        Names {
            rules: all.map(|rule| (rule.name.as_str(), rule)).collect(),
            fields: outputs.map(|(key, _)| key).chain(OF_EVERY_ALERT).collect(),
        }
    }

    fn compared(&self, field: &str, place: Option<Place>) -> Option<Problem> {
        if self.fields.contains(field) {
            return None;
        }
        let words = format!("`fields` names '{field}', which no rule's output has");
        let message = with_hint(words, similar(field, self.fields.iter().copied()));
        Some(Problem { place, message })
    }

    /// The rule of a name, which must be there and enabled.
    fn rule(&self, name: &str, whose: &str, place: &Place) -> Result<&'r Rule, Problem> {
        let problem = |message| Problem {
            place: Some(place.clone()),
            message,
        };
        match self.rules.get(name) {
            Some(rule) if rule.enabled => Ok(rule),
            Some(_) => Err(problem(format!(
                "{whose} '{name}', which is disabled, by its file or by `priority`: it can never fire"
            ))),
            None => {
                let words = format!("{whose} '{name}', and there is no such rule");
                Err(problem(with_hint(words, self.near(name))))
            }
        }
    }

    /// The rule's name that is like this one: whoever knows it by heart errs in its capitals first.
    fn near(&self, name: &str) -> Option<&'r str> {
        let lower = name.to_lowercase();
        let mut names = self.rules.keys().copied();
        let same = names.find(|known| known.to_lowercase() == lower);
        same.or_else(|| similar(name, self.rules.keys().copied()))
    }

    fn expectation(&self, expectation: &Expectation, problems: &mut Vec<Problem>) {
        let place = &expectation.rule_place;
        let rule = match self.rule(&expectation.rule, "the expectation is of", place) {
            Ok(rule) => rule,
            Err(problem) => return problems.push(problem),
        };
        if let Some(source) = expectation.source.as_ref().filter(|it| **it != rule.source) {
            problems.push(Problem {
                place: Some(expectation.place.clone()),
                message: format!(
                    "'{}' is a rule of the source '{}', and never of '{source}'",
                    rule.name, rule.source
                ),
            });
        }
        let of_rule = rule.output.fields().map(|(key, _)| key);
        let of_rule: BTreeSet<&str> = of_rule.chain(OF_EVERY_ALERT).collect();
        let unknown = expectation.fields.iter();
        let unknown = unknown.filter(|field| !of_rule.contains(field.field.as_str()));
        problems.extend(unknown.map(|field| {
            let words = format!("the output of '{}' has no '{}'", rule.name, field.field);
            let near = similar(&field.field, of_rule.iter().copied());
            Problem {
                place: Some(field.place.clone()),
                message: with_hint(words, near),
            }
        }));
    }
}
