//! Filters: which events of a capture a condition matches.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Seen};
use falco_rules::Filter;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::ledger::{Comparison, Difference};
use super::reference::{Reference, is_wanted, text_of};
use super::replay::each_event;
use super::several::by_several;

#[test]
fn filters_match_the_same_events() {
    let Some(reference) = Reference::open("filters_match_the_same_events") else {
        return;
    };
    let mut by_capture: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for case in reference.cases("truth/filters.jsonl") {
        let capture = text_of(&case, "capture").to_owned();
        if is_wanted(&capture) {
            by_capture.entry(capture).or_default().push(case);
        }
    }
    let mut table =
        "| capture | filters | Falco's matches | ours | filters that differ |\n|---|---|---|---|---|\n"
            .to_owned();
    let mut differences = Vec::new();
    for (capture, cases) in &by_capture {
        let matches = matches_of(&reference, capture, cases);
        let before = differences.len();
        for (case, ours) in cases.iter().zip(&matches) {
            differences.extend(difference(capture, case, ours.as_deref()));
        }
        let falcos: u64 = cases
            .iter()
            .filter_map(|case| case["matches"].as_u64())
            .sum();
        let ours: usize = matches.iter().flatten().map(Vec::len).sum();
        let _ = writeln!(
            table,
            "| {capture} | {} | {falcos} | {ours} | {} |",
            cases.len(),
            differences.len() - before
        );
    }
    Comparison {
        set: "filters",
        table,
        differences,
    }
    .settle();
}

/// The numbers of the events that each filter matches; `None` for one that does not compile.
fn matches_of(reference: &Reference, capture: &str, cases: &[Json]) -> Vec<Option<Vec<u64>>> {
    let path = reference.capture(capture).expect("the capture is there");
    let filters: Vec<_> = cases
        .iter()
        .map(|case| Filter::compile(&SCHEMA, text_of(case, "filter")).ok())
        .collect();
    let mut matches: Vec<_> = filters
        .iter()
        .map(|filter| filter.as_ref().map(|_| Vec::new()))
        .collect();
    let matching = |seen: &Seen<'_>| {
        let matches = |filter: &Option<Filter>| {
            let filter = filter.as_ref();
            filter.is_some_and(|filter| filter.matches(seen.context))
        };
        let places = (0..filters.len()).filter(|place| matches(&filters[*place]));
        (seen.number, places.collect::<Vec<_>>())
    };
    let mut by_one = Vec::new();
    each_event(&path, &Demand::everything(), |seen| {
        by_one.push(matching(seen))
    });
    let by_several = by_several(&path, &Demand::everything(), matching);
    assert!(
        by_one == by_several,
        "{capture}: filters match other events by several threads than by one"
    );
    for (number, places) in by_one {
        for place in places {
            matches[place]
                .iter_mut()
                .for_each(|matches| matches.push(number));
        }
    }
    matches
}

fn difference(capture: &str, case: &Json, ours: Option<&[u64]>) -> Option<Difference> {
    let expected = text_of(case, "sha256");
    let got = ours.map(digest);
    if got.as_deref() == Some(expected) {
        return None;
    }
    let first: Vec<u64> = case["first"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_u64)
        .collect();
    let first_ours: Vec<u64> = ours
        .into_iter()
        .flatten()
        .copied()
        .take(first.len().max(20))
        .collect();
    Some(Difference {
        place: capture.to_owned(),
        what: text_of(case, "filter").to_owned(),
        at: "matches and the first of them".to_owned(),
        expected: format!("{}: {first:?}", case["matches"]),
        got: match ours {
            Some(ours) => format!("{}: {first_ours:?}", ours.len()),
            None => "does not compile".to_owned(),
        },
    })
}

/// The truth's digest: the numbers, each but the last followed by a newline, then one more newline.
fn digest(numbers: &[u64]) -> String {
    let lines: Vec<_> = numbers.iter().map(u64::to_string).collect();
    let digest = Sha256::digest(format!("{}\n", lines.join("\n")));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
