//! What a scenario expects beside golden alerts: how often rules fire and with what, and how often they may at most.
//!
//! In: read from a scenario's file. Out: asked of each alert whether it is one of those meant, and of counts whether they are as expected.
//! The words are those of the event generator's `expectedOutcome`, with more ways to say what a value is.

use std::fmt::Write as _;

use falco_rules::{Priority, similar};
use regex_automata::meta::Regex;
use serde_json::Value as Json;

use super::problem::Place;
use crate::alert::evidence;

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

/// One thing that a value is.
#[derive(Clone, Debug)]
pub enum ValueTest {
    /// It is this one.
    Equal(Json),
    /// Its text has this in it.
    Contains(String),
    /// Its text begins with this.
    StartsWith(String),
    /// Its text ends with this.
    EndsWith(String),
    /// Somewhere in its text this matches.
    Regex(String, Box<Regex>),
    /// It is one of these.
    OneOf(Vec<Json>),
    /// It is there, or it is not.
    Present(bool),
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

impl ValueTest {
    /// Whether a value is so. Lists are asked whether any of their values is.
    #[must_use]
    pub fn holds(&self, value: Option<&Json>) -> bool {
        match (self, value) {
            (Self::Present(wanted), value) => *wanted == value.is_some(),
            (_, None) => false,
            (Self::Equal(wanted), Some(value)) => is_same(value, wanted),
            (Self::OneOf(wanted), Some(value)) => any(value, &|value| {
                wanted.iter().any(|wanted| is_same(value, wanted))
            }),
            (Self::Contains(part), Some(value)) => any_text(value, &|text| text.contains(part)),
            (Self::StartsWith(part), Some(value)) => {
                any_text(value, &|text| text.starts_with(part))
            }
            (Self::EndsWith(part), Some(value)) => any_text(value, &|text| text.ends_with(part)),
            (Self::Regex(_, regex), Some(value)) => any_text(value, &|text| regex.is_match(text)),
        }
    }

    /// The condition of events whose field is so, in the language of rules; nothing where that has no words for it.
    #[must_use]
    pub fn condition(&self, field: &str) -> Option<String> {
        if field == evidence::TIME || field.starts_with("evidence.") {
            return None;
        }
        Some(match self {
            Self::Equal(value) => format!("{field} = {}", literal(value)?),
            Self::Contains(part) => format!("{field} contains {}", quoted(part)?),
            Self::StartsWith(part) => format!("{field} startswith {}", quoted(part)?),
            Self::EndsWith(part) => format!("{field} endswith {}", quoted(part)?),
            Self::OneOf(values) => {
                let values: Option<Vec<_>> = values.iter().map(literal).collect();
                format!("{field} in ({})", values?.join(", "))
            }
            Self::Regex(..) | Self::Present(_) => return None,
        })
    }

    fn spelled(&self) -> String {
        match self {
            Self::Equal(value) => value.to_string(),
            Self::Contains(part) => format!("something that contains {part:?}"),
            Self::StartsWith(part) => format!("something that starts with {part:?}"),
            Self::EndsWith(part) => format!("something that ends with {part:?}"),
            Self::Regex(text, _) => format!("something that matches /{text}/"),
            Self::OneOf(values) => {
                let values: Vec<_> = values.iter().map(Json::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            Self::Present(true) => "there".to_owned(),
            Self::Present(false) => "absent".to_owned(),
        }
    }
}

/// A value in the language of rules.
fn literal(value: &Json) -> Option<String> {
    match value {
        Json::Null | Json::Array(_) | Json::Object(_) => None,
        value => quoted(&text_of(value)),
    }
}

/// A quoted text. One that ends with a backslash has no such form: Falco takes the quote behind it for a part of the text.
fn quoted(text: &str) -> Option<String> {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    (!text.ends_with('\\')).then(|| format!("\"{escaped}\""))
}

/// Whether a value is the one that was written. The event generator writes all of them as strings, so 22 and "22" are the same.
fn is_same(value: &Json, wanted: &Json) -> bool {
    if value == wanted {
        return true;
    }
    match (value, wanted) {
        (Json::Array(values), Json::Array(wanted)) => {
            values.len() == wanted.len()
                && values
                    .iter()
                    .zip(wanted)
                    .all(|(value, wanted)| is_same(value, wanted))
        }
        (Json::Array(_), _) | (_, Json::Array(_)) => false,
        _ => text_of(value) == text_of(wanted),
    }
}

fn any(value: &Json, holds: &dyn Fn(&Json) -> bool) -> bool {
    match value {
        Json::Array(values) => values.iter().any(holds),
        value => holds(value),
    }
}

fn any_text(value: &Json, holds: &dyn Fn(&str) -> bool) -> bool {
    any(value, &|value| holds(&text_of(value)))
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        value => value.to_string(),
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

/// The names of tests of values, as files write them.
pub(super) const VALUE_TESTS: [&str; 7] = [
    "equal",
    "contains",
    "starts_with",
    "ends_with",
    "regex",
    "one_of",
    "present",
];

/// Whether a key is the name of a test, or nearly.
pub(super) fn is_nearly_test(key: &str) -> bool {
    VALUE_TESTS.contains(&key) || similar(key, VALUE_TESTS).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(test: &ValueTest, value: Json, expected: bool) {
        let value = Some(&value).filter(|value| !value.is_null());
        assert_eq!(test.holds(value), expected, "{test:?} of {value:?}");
    }

    #[test]
    fn values_are_what_tests_say() {
        let text = |text: &str| text.to_owned();
        let regex = |text: &str| {
            ValueTest::Regex(
                text.to_owned(),
                Box::new(Regex::new(text).expect("a regex")),
            )
        };
        for (test, value, expected) in [
            (ValueTest::Equal(json!("sh")), json!("sh"), true),
            (ValueTest::Equal(json!("sh")), json!("bash"), false),
            (ValueTest::Equal(json!("sh")), Json::Null, false),
            // The event generator writes numbers as strings.
            (ValueTest::Equal(json!("22")), json!(22), true),
            (ValueTest::Equal(json!(22)), json!(22), true),
            (ValueTest::Equal(json!(22)), json!(220), false),
            (ValueTest::Equal(json!(true)), json!(true), true),
            (ValueTest::Equal(json!("true")), json!(true), true),
            (ValueTest::Equal(json!(["a", "b"])), json!(["a", "b"]), true),
            (ValueTest::Equal(json!(["a"])), json!(["a", "b"]), false),
            (ValueTest::Equal(json!("a")), json!(["a"]), false),
            (ValueTest::Contains(text("-c")), json!("sh -c x"), true),
            (ValueTest::Contains(text("-d")), json!("sh -c x"), false),
            (ValueTest::Contains(text("a")), json!(["b", "xay"]), true),
            (ValueTest::Contains(text("")), Json::Null, false),
            (
                ValueTest::StartsWith(text("/etc/")),
                json!("/etc/shadow"),
                true,
            ),
            (
                ValueTest::StartsWith(text("etc")),
                json!("/etc/shadow"),
                false,
            ),
            (
                ValueTest::EndsWith(text("shadow")),
                json!("/etc/shadow"),
                true,
            ),
            (
                ValueTest::EndsWith(text("shado")),
                json!("/etc/shadow"),
                false,
            ),
            (regex("^[0-9a-f]{4}$"), json!("12af"), true),
            (regex("^[0-9a-f]{4}$"), json!("12afe"), false),
            (regex("af"), json!("12afe"), true),
            (regex("^2+$"), json!(22), true),
            (
                ValueTest::OneOf(vec![json!("a"), json!(2)]),
                json!("2"),
                true,
            ),
            (
                ValueTest::OneOf(vec![json!("a"), json!(2)]),
                json!("b"),
                false,
            ),
            (ValueTest::OneOf(Vec::new()), json!("b"), false),
            (ValueTest::Present(true), json!(""), true),
            (ValueTest::Present(true), Json::Null, false),
            (ValueTest::Present(false), Json::Null, true),
            (ValueTest::Present(false), json!(0), false),
        ] {
            check(&test, value, expected);
        }
    }

    #[test]
    fn tests_are_conditions_where_the_language_has_words_for_them() {
        let check = |test: ValueTest, expected: Option<&str>| {
            let condition = test.condition("fd.name");
            assert_eq!(condition.as_deref(), expected, "{test:?}");
            if let Some(condition) = condition {
                assert!(falco_rules::Filter::compile(&crate::fields::SCHEMA, &condition).is_ok());
            }
        };
        let text = |text: &str| text.to_owned();
        check(
            ValueTest::Equal(json!("a\"b\\c")),
            Some("fd.name = \"a\\\"b\\\\c\""),
        );
        check(ValueTest::Equal(json!("a\\")), None);
        check(ValueTest::Equal(json!(22)), Some("fd.name = \"22\""));
        check(ValueTest::Equal(json!(["a"])), None);
        check(
            ValueTest::Contains(text("a b")),
            Some("fd.name contains \"a b\""),
        );
        check(
            ValueTest::StartsWith(text("/")),
            Some("fd.name startswith \"/\""),
        );
        check(
            ValueTest::EndsWith(text("x")),
            Some("fd.name endswith \"x\""),
        );
        let several = ValueTest::OneOf(vec![json!("a"), json!("b")]);
        check(several, Some("fd.name in (\"a\", \"b\")"));
        check(ValueTest::Present(true), None);
        assert_eq!(ValueTest::Equal(json!(1)).condition("evidence.cpu"), None);
    }

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
