//! The nodes that a scenario's captures are of: an expectation of another node compares nothing.
//!
//! In: a scenario, and its captures opened. Out: each expectation of a node that no capture is of, with the name that may have been meant.
//! Which nodes they are says the front of each segment; a `.scap` file tells it at the begin of each section, so such a file is read, and no more of it than it takes to find the name.

use std::collections::BTreeSet;

use falco_format::Item;
use falco_rules::similar;
use serde_json::Value as Json;

use super::expectation::Expectation;
use super::problem::{CannotRun, Problem, with_hint};
use super::scenario::Scenario;
use crate::alert::evidence;
use crate::inputs::Inputs;
use crate::pipeline::{Input, Opened};
use crate::sources::Recording;

/// Refuses a scenario with expectations of nodes that none of its captures is of.
pub(super) fn admit(scenario: &Scenario, inputs: &Inputs) -> Result<(), CannotRun> {
    let problems = missing(scenario, inputs);
    if problems.is_empty() {
        return Ok(());
    }
    let message = "the scenario names what is not there";
    Err(CannotRun::of_problems(message, problems))
}

fn missing(scenario: &Scenario, inputs: &Inputs) -> Vec<Problem> {
    let mut wanted: Vec<&Expectation> = scenario.expectations.iter().collect();
    let recordings = inputs.recordings();
    // Whose a log of another source is, each of its events may say for itself.
    let is_log = |recording: &Recording<'_>| matches!(recording, Recording::Log(_));
    wanted.retain(|expectation| names_a_node(expectation));
    if wanted.is_empty() || recordings.iter().any(is_log) {
        return Vec::new();
    }
    let mut known = BTreeSet::new();
    for input in inputs.iter() {
        for node in nodes_of(input) {
            if known.insert(node.clone()) {
                wanted.retain(|expectation| !may_be_of(expectation, &node));
            }
            if wanted.is_empty() {
                return Vec::new();
            }
        }
    }
    let wanted = wanted.into_iter();
    wanted
        .map(|expectation| problem(expectation, &known))
        .collect()
}

/// The nodes of an input, one after the other, some of them more than once.
fn nodes_of(input: &Input) -> Box<dyn Iterator<Item = String> + '_> {
    match &input.opened {
        Opened::Capture(capture) => {
            let segments = capture.segments().iter();
            let read = segments.filter(|segment| segment.why_passed_over().is_none());
            let headers = read.filter_map(|segment| segment.header());
            Box::new(headers.map(|header| header.node.clone()))
        }
        Opened::Scap(_) => Box::new(input.items().filter_map(|item| match item {
            Item::Segment(header) => Some(header.node.clone()),
            _ => None,
        })),
    }
}

fn names_a_node(expectation: &Expectation) -> bool {
    let mut fields = expectation.fields.iter();
    expectation.hostname.is_some() || fields.any(|field| field.field == evidence::NODE)
}

/// Whether an alert of a node may be meant, as far as the node decides.
fn may_be_of(expectation: &Expectation, node: &str) -> bool {
    let is_named = |(name, _): &(String, _)| name == node;
    let value = Json::from(node);
    let of_node = |field: &str| field == evidence::NODE;
    let mut fields = expectation.fields.iter().filter(|one| of_node(&one.field));
    expectation.hostname.as_ref().is_none_or(is_named)
        && fields.all(|field| field.tests.iter().all(|test| test.holds(Some(&value))))
}

fn problem(expectation: &Expectation, known: &BTreeSet<String>) -> Problem {
    let names = known.iter().map(String::as_str);
    let of_field = || {
        let mut fields = expectation.fields.iter();
        fields.find(|field| field.field == evidence::NODE)
    };
    let hostname = expectation.hostname.as_ref();
    match (
        hostname.filter(|(name, _)| !known.contains(name)),
        of_field(),
    ) {
        (Some((name, place)), _) => {
            let words = format!("no capture of the scenario is of a node '{name}'");
            let near = similar(name, names.clone());
            Problem {
                place: Some(place.clone()),
                message: match near {
                    Some(_) => with_hint(words, near),
                    None => format!("{words}: {}", spelled(known)),
                },
            }
        }
        (None, field) => Problem {
            place: Some(
                field
                    .map_or(&expectation.place, |field| &field.place)
                    .clone(),
            ),
            message: format!(
                "no capture of the scenario is of a node that is meant: {}",
                spelled(known)
            ),
        },
    }
}

/// Which nodes there are.
fn spelled(known: &BTreeSet<String>) -> String {
    let first: Vec<_> = known
        .iter()
        .take(NODES_TOLD_MAX)
        .map(|node| format!("'{node}'"))
        .collect();
    let more = if known.len() > first.len() {
        ", …"
    } else {
        ""
    };
    match first.as_slice() {
        [] => "what they are of is not known".to_owned(),
        some => format!("they are of {}{more}", some.join(", ")),
    }
}

/// How many nodes are told: as many as a line takes.
const NODES_TOLD_MAX: usize = 5;
