//! Expected and observed alerts, or lines of text, compared.
//!
//! In: both lists in order. Out: what is missing and what was not expected, with the place where each belongs.
//! Equal means: the same rule, priority and chosen fields, and where the scenario asks for it the same time and thread, in the same order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// An alert as a scenario expects it: a line of its expected alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// The rule's name.
    pub rule: String,
    /// The rule's priority, as Falco prints it.
    pub priority: String,
    /// The event's time, where times are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The event's thread, where threads are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u32>,
    /// The chosen fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub output_fields: BTreeMap<String, Json>,
}

/// How two lists differ at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference<T = ExpectedAlert> {
    /// Expected, and did not come. The number counts what is expected from 1.
    Missing(usize, T),
    /// Came, and was not expected. The number counts what came from 1.
    Unexpected(usize, T),
}

/// The smallest set of what is missing and what was not expected that explains how `observed` differs, in order.
///
/// What only moved appears as missing at the one place and unexpected at the other.
#[must_use]
pub fn compare<T: Clone + PartialEq>(expected: &[T], observed: &[T]) -> Vec<Difference<T>> {
    let same_start = expected
        .iter()
        .zip(observed)
        .take_while(|(expected, observed)| expected == observed)
        .count();
    let expected_rest = expected.get(same_start..).unwrap_or_default();
    let observed_rest = observed.get(same_start..).unwrap_or_default();
    let same_end = expected_rest
        .iter()
        .rev()
        .zip(observed_rest.iter().rev())
        .take_while(|(expected, observed)| expected == observed)
        .count();
    let expected_middle = expected_rest
        .get(..expected_rest.len() - same_end)
        .unwrap_or_default();
    let observed_middle = observed_rest
        .get(..observed_rest.len() - same_end)
        .unwrap_or_default();
    differing(expected_middle, observed_middle, same_start)
}

/// The most cells of the table below: 4 million, 16 MiB. Beyond it the whole middle is reported instead of its smallest difference.
const TABLE_CELLS_MAX: usize = 4 << 20;

/// Differences between two lists that share neither start nor end, by their longest common subsequence.
fn differing<T: Clone + PartialEq>(
    expected: &[T],
    observed: &[T],
    offset: usize,
) -> Vec<Difference<T>> {
    let missing = |index: usize, one: &T| Difference::Missing(offset + index + 1, one.clone());
    let unexpected =
        |index: usize, one: &T| Difference::Unexpected(offset + index + 1, one.clone());
    let width = observed.len() + 1;
    let cells = width.saturating_mul(expected.len() + 1);
    if cells > TABLE_CELLS_MAX {
        let missing = expected
            .iter()
            .enumerate()
            .map(|(index, alert)| missing(index, alert));
        return missing
            .chain(
                observed
                    .iter()
                    .enumerate()
                    .map(|(index, alert)| unexpected(index, alert)),
            )
            .collect();
    }
    // common[i * width + j]: length of the longest common subsequence of expected[i..] and observed[j..].
    let mut common = vec![0_u32; cells];
    let cell = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, expected) in expected.iter().enumerate().rev() {
        for (j, observed) in observed.iter().enumerate().rev() {
            let value = if expected == observed {
                cell(&common, i + 1, j + 1) + 1
            } else {
                cell(&common, i + 1, j).max(cell(&common, i, j + 1))
            };
            if let Some(place) = common.get_mut(i * width + j) {
                *place = value;
            }
        }
    }
    let mut differences = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (expected.get(i), observed.get(j)) {
            (Some(left), Some(right)) if left == right => (i, j) = (i + 1, j + 1),
            (Some(left), right)
                if right.is_none() || cell(&common, i + 1, j) >= cell(&common, i, j + 1) =>
            {
                differences.push(missing(i, left));
                i += 1;
            }
            (_, Some(right)) => {
                differences.push(unexpected(j, right));
                j += 1;
            }
            _ => return differences,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(rules: &str) -> Vec<ExpectedAlert> {
        let alert = |rule: char| ExpectedAlert {
            rule: rule.to_string(),
            priority: "Notice".to_owned(),
            time: None,
            thread: None,
            output_fields: BTreeMap::new(),
        };
        rules.chars().map(alert).collect()
    }

    /// Each letter is an alert's rule; differences are written `-a1` and `+b2`.
    fn check(expected: &str, observed: &str, differences: &str) {
        let found: Vec<String> = compare(&alerts(expected), &alerts(observed))
            .into_iter()
            .map(|difference| match difference {
                Difference::Missing(place, alert) => format!("-{}{place}", alert.rule),
                Difference::Unexpected(place, alert) => format!("+{}{place}", alert.rule),
            })
            .collect();
        assert_eq!(
            found.join(" "),
            differences,
            "{expected} against {observed}"
        );
    }

    #[test]
    fn the_smallest_difference_is_found() {
        check("", "", "");
        check("abc", "abc", "");
        check("abc", "ac", "-b2");
        check("ac", "abc", "+b2");
        check("abc", "axc", "-b2 +x2");
        check("abcd", "bcda", "-a1 +a4");
        check("aab", "ab", "-a2");
        check("", "a", "+a1");
        check("a", "", "-a1");
    }
}
