//! Why something is not as expected: what the captures are asked once more, when there is something to ask.
//!
//! In: findings. Out: the same with reasons: for what did not come the events that came nearest and what they lacked; for what came unasked what made it so.
//! One more reading of the captures answers for all findings of a scenario, and where nothing failed there is none.

use std::collections::BTreeMap;

use falco_rules::{Filter, RuleIndex, RuleSet};

use super::compare::Difference;
use super::observe::EventName;
use super::problem::CannotRun;
use super::scenario::Scenario;
use super::verdict::{Finding, Kind};
use super::window::Parts;
use crate::fields::SCHEMA;
use crate::inputs::{Inputs, open_inputs_of};
use crate::pipeline::{Input, Part, PassOptions};
use crate::sources::{Recording, SOURCES};
use crate::why::{Found, Question, Search, Verdict, Wanted, Why, brief_nearest, brief_why};

/// How many findings of a scenario are explained: more are of one cause, and nobody reads on.
const EXPLAINED_MAX: usize = 16;
/// How many groups of near events are told for each.
const GROUPS_TOLD: usize = 2;
/// How many events are looked at more closely that the condition of a rule holds for, and that another rule took.
const HELD_TOLD: usize = 2;

/// How many events of one moment are looked at for the one that is meant.
const EVENTS_AT_ONCE: usize = 16;

/// What is asked for findings.
#[derive(Clone, Copy)]
enum Asked {
    /// What came nearest to a rule.
    Nearest(RuleIndex),
    /// What happened at the time of an expected alert of a rule, in nanoseconds since 1970, in its thread.
    At(RuleIndex, u64, Option<u32>),
    /// What made a rule alert on an event.
    Event(RuleIndex, EventName),
}

/// Adds reasons to findings. What cannot be found out is left out: the findings stand without it.
pub(super) fn explain(
    scenario: &Scenario,
    rules: &RuleSet,
    findings: &mut [Finding],
    options: &PassOptions,
) {
    if findings.is_empty() {
        return;
    }
    if let Ok(reasons) = reasons(scenario, rules, findings, options) {
        for (place, lines) in reasons {
            if let Some(finding) = findings.get_mut(place) {
                finding.why.extend(lines);
            }
        }
    }
}

fn reasons(
    scenario: &Scenario,
    rules: &RuleSet,
    findings: &[Finding],
    options: &PassOptions,
) -> Result<BTreeMap<usize, Vec<String>>, CannotRun> {
    let by_name: BTreeMap<&str, RuleIndex> = (0..)
        .zip(rules.rules())
        .map(|(place, rule)| (rule.name.as_str(), RuleIndex(place)))
        .collect();
    let asked = findings.iter().enumerate().filter_map(|(place, finding)| {
        let (rule, _) = finding.rule.as_ref()?;
        Some((place, asked(finding, *by_name.get(rule.as_str())?)?))
    });
    let asked: Vec<(usize, Asked)> = asked.take(EXPLAINED_MAX).collect();
    let mut lines = BTreeMap::new();
    if asked.is_empty() {
        return Ok(lines);
    }
    let inputs = open_inputs_of(SOURCES, &scenario.captures)
        .map_err(|error| CannotRun::from_error(&error))?;
    let parts = Parts::of(&scenario.window, &inputs.recordings(), false)?;
    let captures = captures(&inputs, &parts);
    let all: Vec<Question> = asked
        .iter()
        .flat_map(|(_, asked)| questions(asked))
        .collect();
    let search = Search::new(rules, &all);
    let search = search.over(captures.iter().copied(), options);
    let (found, _) = search.map_err(|error| CannotRun::because(error.to_string()))?;
    let mut found = found.iter();
    for (place, asked) in &asked {
        let answers: Vec<_> = questions(asked)
            .iter()
            .zip(&mut found)
            .map(|(_, found)| found)
            .collect();
        lines.insert(*place, told(asked, &answers, rules));
    }
    Ok(lines)
}

fn captures<'a>(inputs: &'a Inputs, parts: &'a Parts) -> Vec<(&'a Input, &'a Part)> {
    let of_each = parts.of_each(&inputs.recordings()).into_iter();
    let captures = of_each.filter_map(|(recording, part)| match recording {
        Recording::Capture(input) => Some((input, part)),
        Recording::Log(_) => None,
    });
    captures.collect()
}

/// What is to be found out for a finding.
fn asked(finding: &Finding, rule: RuleIndex) -> Option<Asked> {
    match finding.kind {
        Kind::Missing => {
            let alert = match &finding.difference {
                Some(Difference::Missing(_, alert)) => Some(alert),
                _ => None,
            };
            let time = alert.and_then(|alert| alert.time.as_ref());
            let time = time.and_then(|time| time.parse::<jiff::Timestamp>().ok());
            let time = time.and_then(|time| u64::try_from(time.as_nanosecond()).ok());
            let thread = alert.and_then(|alert| alert.thread);
            Some(time.map_or(Asked::Nearest(rule), |time| Asked::At(rule, time, thread)))
        }
        Kind::Unexpected | Kind::OverBudget => {
            let event = finding.events.first()?;
            Some(Asked::Event(rule, *event))
        }
        Kind::Priority | Kind::Evidence => None,
    }
}

/// The questions of a search, always as many for the same.
fn questions(asked: &Asked) -> Vec<Question> {
    let nearest = |rule| Question {
        rule,
        wanted: Wanted::Nearest,
        limit: HELD_TOLD,
    };
    // Numbers of events are those of one capture, and there may be several: an event is asked for by its time.
    let at = |rule, time: u64| {
        let filter = Filter::compile(&SCHEMA, &format!("evt.rawtime = {time}")).ok();
        filter.map(|filter| Question {
            rule,
            wanted: Wanted::Where(Box::new(filter)),
            limit: EVENTS_AT_ONCE,
        })
    };
    match asked {
        Asked::Nearest(rule) => vec![nearest(*rule)],
        Asked::At(rule, time, _) => at(*rule, *time)
            .into_iter()
            .chain([nearest(*rule)])
            .collect(),
        Asked::Event(rule, event) => at(*rule, event.time.0).into_iter().collect(),
    }
}

/// What was found out, in lines.
fn told(asked: &Asked, answers: &[&Found], rules: &RuleSet) -> Vec<String> {
    let nearest = |answers: &[&Found]| {
        let found = answers.last().copied();
        found.map_or_else(Vec::new, |found| brief_nearest(found, rules, GROUPS_TOLD))
    };
    let whys = answers
        .first()
        .map(|found| found.whys.as_slice())
        .unwrap_or_default();
    match asked {
        Asked::Nearest(_) => nearest(answers),
        Asked::At(_, _, thread) => {
            let mut at = whys.iter();
            let is_meant = |why: &&Why| thread.is_none_or(|thread| thread == why.event.thread);
            match at.find(is_meant) {
                Some(why) if why.verdict == Verdict::Alerts => vec![format!(
                    "event {}: the rule alerts there, with other values than expected",
                    why.event.number
                )],
                Some(why) => brief_why(why, rules),
                None => nearest(answers),
            }
        }
        Asked::Event(_, event) => {
            let is_meant = |why: &&Why| {
                why.event.number == event.number && why.event.origin.boot_id == event.boot
            };
            let why = whys.iter().find(is_meant);
            why.map_or_else(Vec::new, |why| brief_why(why, rules))
        }
    }
}
