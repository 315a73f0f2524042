//! Why something is not as expected: what the captures are asked once more, when there is something to ask.
//!
//! In: findings. Out: the same with reasons: for what did not come the events that came nearest and what they lacked; for what came unasked what made it so.
//! One more reading of the captures answers for all findings of a scenario, and where nothing failed there is none.

use std::collections::BTreeMap;

use falco_rules::{Filter, Rule, RuleIndex, RuleSet, Schema as _};

use super::compare::{Difference, ExpectedAlert};
use super::observe::EventName;
use super::problem::CannotRun;
use super::scenario::Scenario;
use super::value_test::ValueTest;
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

/// How many events are looked at more closely that are like those that were expected.
const ALIKE_MAX: usize = 32;

/// How an answer is told.
#[derive(Clone, Copy)]
enum Ask {
    /// What happened at the moment of an expected alert, in its thread.
    At(Option<u32>),
    /// Which events have what was expected of the alert, and why the rule let them pass.
    Alike,
    /// What came nearest to the rule.
    Nearest,
    /// What made the rule alert on an event.
    Event(EventName),
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
        let (name, _) = finding.rule.as_ref()?;
        let index = *by_name.get(name.as_str())?;
        let asked = asked(scenario, finding, (index, rules.rule(index)?));
        (!asked.is_empty()).then_some((place, asked))
    });
    let asked: Vec<(usize, Vec<(Ask, Question)>)> = asked.take(EXPLAINED_MAX).collect();
    let mut lines = BTreeMap::new();
    if asked.is_empty() {
        return Ok(lines);
    }
    let inputs = open_inputs_of(SOURCES, &scenario.captures)
        .map_err(|error| CannotRun::from_error(&error))?;
    let parts = Parts::of(&scenario.window, &inputs.recordings(), false)?;
    let captures = captures(&inputs, &parts);
    let (places, all): (Vec<_>, Vec<_>) = asked
        .into_iter()
        .flat_map(|(place, asked)| asked.into_iter().map(move |(ask, one)| ((place, ask), one)))
        .unzip();
    let search = Search::new(rules, &all);
    let search = search.over(captures.iter().copied(), options);
    let (found, _) = search.map_err(|error| CannotRun::because(error.to_string()))?;
    for ((place, ask), found) in places.into_iter().zip(&found) {
        // The first answer that says something is the closest to what was asked.
        let told: &mut Vec<String> = lines.entry(place).or_default();
        if told.is_empty() {
            *told = tell(ask, found, rules);
        }
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

/// What is to be found out for a finding, what says most first.
fn asked(
    scenario: &Scenario,
    finding: &Finding,
    (index, rule): (RuleIndex, &Rule),
) -> Vec<(Ask, Question)> {
    let question = |wanted, limit| Question {
        rule: index,
        wanted,
        limit,
    };
    let where_is = |condition: &str, limit| {
        let filter = Filter::compile(&SCHEMA, condition).ok()?;
        Some(question(Wanted::Where(Box::new(filter)), limit))
    };
    // Numbers of events are those of one capture, and there may be several: an event is asked for by its time.
    let at = |time: u64| where_is(&format!("evt.rawtime = {time}"), EVENTS_AT_ONCE);
    match finding.kind {
        Kind::Missing => {
            let alert = match &finding.difference {
                Some(Difference::Missing(_, alert)) => Some(alert),
                _ => None,
            };
            let then = alert.and_then(|alert| {
                let question = at(time_of(alert)?)?;
                Some((Ask::At(alert.thread), question))
            });
            let alike = alike(scenario, finding, alert, rule);
            let alike = alike.and_then(|condition| where_is(&condition, ALIKE_MAX));
            let alike = alike.map(|question| (Ask::Alike, question));
            let nearest = (Ask::Nearest, question(Wanted::Nearest, HELD_TOLD));
            then.into_iter().chain(alike).chain([nearest]).collect()
        }
        Kind::Unexpected | Kind::OverBudget => {
            let event = finding.events.first();
            let asked = event.and_then(|event| Some((Ask::Event(*event), at(event.time.0)?)));
            asked.into_iter().collect()
        }
        Kind::Priority | Kind::Evidence => Vec::new(),
    }
}

/// The time of an expected alert, in nanoseconds since 1970.
fn time_of(alert: &ExpectedAlert) -> Option<u64> {
    let time: jiff::Timestamp = alert.time.as_ref()?.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok()
}

/// The condition of events that are of the rule's types and have what is expected of its alerts; nothing where nothing is.
fn alike(
    scenario: &Scenario,
    finding: &Finding,
    alert: Option<&ExpectedAlert>,
    rule: &Rule,
) -> Option<String> {
    let of_alert = alert.iter().flat_map(|alert| &alert.output_fields);
    let mut conditions: Vec<String> = of_alert
        .filter_map(|(field, value)| ValueTest::Equal(value.clone()).condition(field))
        .collect();
    if alert.is_none() {
        let mut expectations = scenario.expectations.iter();
        let expectation = expectations.find(|one| one.place == finding.place)?;
        let tests = expectation.fields.iter();
        let tests = tests.flat_map(|field| field.tests.iter().map(move |test| (field, test)));
        conditions.extend(tests.filter_map(|(field, test)| test.condition(&field.field)));
    }
    if conditions.is_empty() {
        return None;
    }
    let types = rule.event_types.iter();
    let names = types.filter_map(|id| SCHEMA.event_types().get(usize::from(id.0)));
    let names: Vec<_> = names.map(|event_type| event_type.name).collect();
    conditions.push(format!("evt.type in ({})", names.join(", ")));
    Some(conditions.join(" and "))
}

/// What was found out, in lines.
fn tell(ask: Ask, found: &Found, rules: &RuleSet) -> Vec<String> {
    let mut whys = found.whys.iter();
    match ask {
        Ask::Nearest => brief_nearest(found, rules, GROUPS_TOLD),
        Ask::At(thread) => {
            let is_meant = |why: &&Why| thread.is_none_or(|thread| thread == why.event.thread);
            match whys.find(is_meant) {
                Some(why) if why.verdict == Verdict::Alerts => vec![format!(
                    "event {}: the rule alerts there, with other values than expected",
                    why.event.number
                )],
                Some(why) => brief_why(why, rules),
                None => Vec::new(),
            }
        }
        Ask::Alike => {
            let passed = whys.filter(|why| why.verdict != Verdict::Alerts);
            let mut passed: Vec<&Why> = passed.collect();
            passed.sort_by_key(|why| why.explanation.lacking().count());
            let told = passed.into_iter().take(GROUPS_TOLD);
            told.flat_map(|why| brief_why(why, rules)).collect()
        }
        Ask::Event(event) => {
            let is_meant = |why: &&Why| {
                why.event.number == event.number && why.event.origin.boot_id == event.boot
            };
            let why = whys.find(is_meant);
            why.map_or_else(Vec::new, |why| brief_why(why, rules))
        }
    }
}
