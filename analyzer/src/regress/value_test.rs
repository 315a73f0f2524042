//! What the value of one field is: this, or one of these, or something with such text in it.
//!
//! In: read from a scenario's file. Out: asked of values whether they are so; the same as a condition of the language of rules, where that has words for it.

use falco_rules::similar;
use regex_automata::meta::Regex;
use serde_json::Value as Json;

use crate::alert::evidence;

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

    /// What the value is, in words.
    pub(super) fn spelled(&self) -> String {
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
}
