//! What a scenario expects beside golden alerts: how often rules fire and with what, and how often they may at most.
//!
//! In: read from a scenario's file. Out: asked of each alert whether it is one of those meant, and of counts whether they are as expected.
//! The words are those of the event generator's `expectedOutcome`; what a value is has more ways to be said than there, in `value_test`.

use std::fmt::Write as _;

use falco_rules::Priority;
use serde_json::Value as Json;

use super::problem::Place;
use super::value_test::ValueTest;

/// A rule fires so often, with alerts like this.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Where it stands.
    pub place: Place,
    /// The rule's name.
    pub rule: String,
    /// Where the name stands.
    pub rule_place: Place,
    /// How often.
    pub times: Times,
    /// The priority of its alerts.
    pub priority: Option<Priority>,
    /// The source of its events.
    pub source: Option<String>,
    /// The node that they are of.
    pub hostname: Option<(String, Place)>,
    /// What the fields of its output are.
    pub fields: Vec<FieldTest>,
}

/// How often a rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// At least so often.
    pub least: u64,
    /// And at most so often.
    pub most: Option<u64>,
}

impl Times {
    /// Whether so often is as expected.
    #[must_use]
    pub fn admits(self, times: u64) -> bool {
        self.least <= times && self.most.is_none_or(|most| times <= most)
    }

    /// In words: `exactly twice` is `exactly 2 times`.
    #[must_use]
    pub fn spelled(self) -> String {
        let times = |number: u64| match number {
            1 => "once".to_owned(),
            number => format!("{number} times"),
        };
        match self.most {
            Some(0) => "never".to_owned(),
            Some(most) if most == self.least => format!("exactly {}", times(most)),
            Some(most) if self.least == 0 => format!("at most {}", times(most)),
            Some(most) => format!("{} to {most} times", self.least),
            None => format!("at least {}", times(self.least)),
        }
    }
}

/// What one field of an output is.
#[derive(Clone, Debug)]
pub struct FieldTest {
    /// The field, as outputs name it.
    pub field: String,
    /// Where it stands.
    pub place: Place,
    /// All of these hold.
    pub tests: Vec<ValueTest>,
}

/// A rule's false alarms may be so many.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Where it stands.
    pub place: Place,
    /// The rule, and where its name stands; all rules together where there is none.
    pub rule: Option<(String, Place)>,
    /// At most so many alerts for a million events.
    pub per_million_events: Option<f64>,
    /// At most so many alerts for an hour of recording.
    pub per_hour: Option<f64>,
}

/// An alert, as far as expectations ask for it.
pub struct Observed<'a> {
    /// The rule's name.
    pub rule: &'a str,
    /// The rule's priority.
    pub priority: Priority,
    /// The source of its event.
    pub source: &'a str,
    /// The node.
    pub node: &'a str,
    /// The fields of the output and the evidence.
    pub fields: &'a [(String, Json)],
}

impl Observed<'_> {
    /// The value of a field; absent is none.
    fn value(&self, field: &str) -> Option<&Json> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(name, _)| name == field);
        found
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }
}

impl Expectation {
    /// What of an alert of its rule is other than expected, in words; nothing where it is one of those meant.
    #[must_use]
    pub fn misses(&self, alert: &Observed<'_>) -> Vec<String> {
        let mut misses = Vec::new();
        if let Some(priority) = self.priority.filter(|wanted| *wanted != alert.priority) {
            misses.push(format!("priority is {}, not {priority}", alert.priority));
        }
        let mut word = |what, wanted: Option<&String>, found: &str| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
                misses.push(format!("{what} is {found:?}, not {wanted:?}"));
            }
        };
        word("source", self.source.as_ref(), alert.source);
        let hostname = self.hostname.as_ref().map(|(name, _)| name);
        word("hostname", hostname, alert.node);
        for field in &self.fields {
            let value = alert.value(&field.field);
            let failed = field.tests.iter().find(|test| !test.holds(value));
            if let Some(test) = failed {
                let value = value.map_or_else(|| "absent".to_owned(), Json::to_string);
                misses.push(format!(
                    "{} is {value}, not {}",
                    field.field,
                    test.spelled()
                ));
            }
        }
        misses
    }

    /// Whether an alert of its rule is one of those meant.
    #[must_use]
    pub fn is_met_by(&self, alert: &Observed<'_>) -> bool {
        self.misses(alert).is_empty()
    }

    /// What is expected, in words.
    #[must_use]
    pub fn spelled(&self) -> String {
        let mut text = format!("'{}' fires {}", self.rule, self.times.spelled());
        let mut details = Vec::new();
        if let Some(priority) = self.priority {
            details.push(format!("priority {priority}"));
        }
        if let Some(source) = &self.source {
            details.push(format!("source {source:?}"));
        }
        if let Some((hostname, _)) = &self.hostname {
            details.push(format!("hostname {hostname:?}"));
        }
        for field in &self.fields {
            let tests = field.tests.iter().map(ValueTest::spelled);
            let tests: Vec<_> = tests.collect();
            details.push(format!("{} {}", field.field, tests.join(" and ")));
        }
        if !details.is_empty() {
            let _ = write!(text, " with {}", details.join(", "));
        }
        text
    }
}

impl Budget {
    /// What it admits, in words.
    #[must_use]
    pub fn spelled(&self) -> String {
        let whose = match &self.rule {
            Some((rule, _)) => format!("'{rule}' alerts"),
            None => "all rules together alert".to_owned(),
        };
        let million = self.per_million_events;
        let million = million.map(|most| format!("at most {most} times for a million events"));
        let hour = self.per_hour;
        let hour = hour.map(|most| format!("at most {most} times an hour"));
        let limits: Vec<_> = million.into_iter().chain(hour).collect();
        format!("{whose} {}", limits.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_spelled_and_held() {
        let check = |least, most, words: &str, admitted: &[u64], refused: &[u64]| {
            let times = Times { least, most };
            assert_eq!(times.spelled(), words);
            assert!(
                admitted.iter().all(|number| times.admits(*number)),
                "{words}"
            );
            assert!(
                !refused.iter().any(|number| times.admits(*number)),
                "{words}"
            );
        };
        check(0, Some(0), "never", &[0], &[1, 9]);
        check(1, None, "at least once", &[1, 9], &[0]);
        check(2, Some(2), "exactly 2 times", &[2], &[0, 1, 3]);
        check(1, Some(1), "exactly once", &[1], &[0, 2]);
        check(0, Some(3), "at most 3 times", &[0, 3], &[4]);
        check(1, Some(3), "1 to 3 times", &[1, 3], &[0, 4]);
    }
}
