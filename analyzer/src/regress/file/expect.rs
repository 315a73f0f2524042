//! The keys of `[[expect]]` and `[[budget]]`.
//!
//! In: their tables. Out: expectations and budgets, or what is wrong with them.

use falco_rules::{Priority, similar};
use regex_automata::meta::Regex;
use serde_json::Value as Json;
use toml::de::DeValue;

use super::super::expectation::{Budget, Expectation, FieldTest, Times};
use super::super::problem::{Place, with_hint};
use super::super::value_test::{VALUE_TESTS, ValueTest, is_nearly_test};
use super::keys::{Document, Keys, Placed};

/// How deep a field's name may be taken apart by dots that were not quoted: no field has more parts.
const PARTS_MAX: usize = 8;

/// The tables headed `[[expect]]`.
pub(super) fn expectations(keys: &mut Keys<'_, '_>) -> Vec<Expectation> {
    let tables = keys.tables("expect").into_iter();
    tables.filter_map(expectation).collect()
}

fn expectation(mut keys: Keys<'_, '_>) -> Option<Expectation> {
    let place = keys.place.clone();
    let rule = keys.text("rule");
    if !keys.has("rule") {
        let words = "an expectation names its rule: rule = \"…\"";
        keys.document.complain(Some(place.clone()), words);
    }
    let times = times(&mut keys);
    let priority = keys.text("priority");
    let document = keys.document;
    let priority = priority.and_then(|text| priority_of(document, &text.value, text.place));
    let source = keys.text("source").map(|text| text.value);
    let hostname = keys.text("hostname").map(|text| (text.value, text.place));
    let mut fields = Vec::new();
    if let Some(table) = keys.table("output_fields") {
        read_fields(&table, "", &mut fields, PARTS_MAX);
    }
    fields.sort_by(|one: &FieldTest, other| one.place.cmp(&other.place));
    keys.finish("an expectation");
    let Placed {
        value: rule,
        place: rule_place,
    } = rule?;
    Some(Expectation {
        place,
        rule,
        rule_place,
        times: times?,
        priority,
        source,
        hostname,
        fields,
    })
}

/// How often: at least once where nothing is said.
fn times(keys: &mut Keys<'_, '_>) -> Option<Times> {
    let never = keys.flag("never");
    let exactly = keys.count("exactly");
    let least = keys.count("at_least");
    let most = keys.count("at_most");
    let given = [
        never.is_some(),
        exactly.is_some(),
        least.is_some() || most.is_some(),
    ];
    let place = Some(keys.place.clone());
    if given.iter().filter(|given| **given).count() > 1 {
        let words = "give one of `never`, `exactly`, and `at_least` with `at_most`";
        keys.document.complain(place, words);
        return None;
    }
    let value = |count: &Option<Placed<u64>>| count.as_ref().map(|count| count.value);
    let exactly = value(&exactly).or(never.as_ref().filter(|never| never.value).map(|_| 0));
    if never.as_ref().is_some_and(|never| !never.value) {
        let words = "`never` is true or left out";
        keys.document.complain(place, words);
        return None;
    }
    let times = match (exactly, value(&least), value(&most)) {
        (Some(exactly), ..) => Times {
            least: exactly,
            most: Some(exactly),
        },
        (None, None, Some(most)) => Times {
            least: 0,
            most: Some(most),
        },
        (None, least, most) => Times {
            least: least.unwrap_or(1),
            most,
        },
    };
    let is_everything = times.least == 0 && times.most.is_none();
    if is_everything || times.most.is_some_and(|most| most < times.least) {
        let words = if is_everything {
            "a rule that fires at least 0 times is no expectation"
        } else {
            "`at_least` is more than `at_most`"
        };
        keys.document.complain(place, words);
        return None;
    }
    Some(times)
}

/// The fields below a table. `proc.name = "sh"` without quotes is a table `proc` with a key `name` in TOML, and means the field all the same.
fn read_fields(keys: &Keys<'_, '_>, prefix: &str, fields: &mut Vec<FieldTest>, parts: usize) {
    for (key, place, value) in keys.all() {
        let field = format!("{prefix}{key}");
        let table = value.get_ref().as_table();
        if let (Some(table), Some(left)) = (table, parts.checked_sub(1)) {
            let inner = Keys::new(keys.document, table, &value.span());
            let mut names = inner.all();
            let is_tests = field.contains('.') && names.any(|(name, ..)| is_nearly_test(name));
            if !is_tests && !table.is_empty() {
                read_fields(&inner, &format!("{field}."), fields, left);
                continue;
            }
        }
        let document = keys.document;
        if let Some(tests) = value_tests(document, &field, &place, value.get_ref()) {
            fields.push(FieldTest {
                field,
                place,
                tests,
            });
        }
    }
}

fn value_tests(
    document: &Document,
    field: &str,
    place: &Place,
    value: &DeValue<'_>,
) -> Option<Vec<ValueTest>> {
    let complain = |words: String| {
        document.complain(Some(place.clone()), words);
        None
    };
    match value {
        DeValue::Table(table) => {
            let keys = table.iter().map(|(key, value)| (key.get_ref(), value));
            let tests = keys.map(|(key, value)| {
                let test = value_test(field, key, value.get_ref());
                let place = document.place(&value.span());
                test.map_err(|words| document.complain(Some(place), words))
                    .ok()
            });
            // Each mistake is told, not the first alone.
            let tests: Vec<Option<ValueTest>> = tests.collect();
            match tests.into_iter().collect::<Option<Vec<_>>>() {
                Some(tests) if tests.is_empty() => complain(format!(
                    "'{field}' is to be nothing: give a value or a test"
                )),
                tests => tests,
            }
        }
        DeValue::Array(_) => complain(format!(
            "'{field}' is one value: write {{ one_of = […] }} for several that it may be, or {{ equal = […] }} for a field that is a list"
        )),
        value => match json(value) {
            Some(value) => Some(vec![ValueTest::Equal(value)]),
            None => complain(format!("'{field}' is no {}", value.type_str())),
        },
    }
}

fn value_test(field: &str, test: &str, value: &DeValue<'_>) -> Result<ValueTest, String> {
    let text = || match value.as_str() {
        Some("") => Err(format!("`{test}` of nothing holds for any '{field}'")),
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("`{test}` of '{field}' is a string")),
    };
    match test {
        "equal" => match json(value) {
            Some(value) => Ok(ValueTest::Equal(value)),
            None => Err(format!("'{field}' is no {}", value.type_str())),
        },
        "contains" => text().map(ValueTest::Contains),
        "starts_with" => text().map(ValueTest::StartsWith),
        "ends_with" => text().map(ValueTest::EndsWith),
        "regex" => {
            let text = text()?;
            match Regex::new(&text) {
                Ok(regex) => Ok(ValueTest::Regex(text, Box::new(regex))),
                Err(error) => Err(regex_error(&text, &error)),
            }
        }
        "one_of" => {
            let values = value.as_array().map(|values| values.iter());
            let values = values.map(|values| values.map(|value| json(value.get_ref())));
            let values = values.and_then(Iterator::collect::<Option<Vec<_>>>);
            let values = values.filter(|values| !values.is_empty());
            let values = values.ok_or_else(|| format!("`one_of` of '{field}' is a list of values"));
            values.map(ValueTest::OneOf)
        }
        "present" => match value.as_bool() {
            Some(value) => Ok(ValueTest::Present(value)),
            None => Err(format!("`present` of '{field}' is true or false")),
        },
        other => {
            let words = format!("there is no test '{other}' of a value");
            Err(with_hint(words, similar(other, VALUE_TESTS)))
        }
    }
}

/// Why an expression does not compile, in one line.
fn regex_error(text: &str, error: &regex_automata::meta::BuildError) -> String {
    let why = error.syntax_error().map_or_else(
        || error.to_string(),
        |syntax| {
            let syntax = syntax.to_string();
            let last = syntax.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        },
    );
    format!("/{text}/ is no regular expression: {why}")
}

fn json(value: &DeValue<'_>) -> Option<Json> {
    Some(match value {
        DeValue::String(text) => Json::String(text.as_ref().to_owned()),
        DeValue::Boolean(value) => Json::Bool(*value),
        DeValue::Integer(number) => {
            let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
            let value = value.map(Json::from);
            value.or_else(|| {
                let value = u64::from_str_radix(number.as_str(), number.radix()).ok();
                value.map(Json::from)
            })?
        }
        DeValue::Float(number) => {
            let value = number.as_str().parse().ok()?;
            Json::Number(serde_json::Number::from_f64(value)?)
        }
        DeValue::Array(values) => {
            let values = values.iter().map(|value| json(value.get_ref()));
            Json::Array(values.collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

/// The tables headed `[[budget]]`.
pub(super) fn budgets(keys: &mut Keys<'_, '_>) -> Vec<Budget> {
    let tables = keys.tables("budget").into_iter();
    tables.map(budget).collect()
}

fn budget(mut keys: Keys<'_, '_>) -> Budget {
    let rule = keys.text("rule").map(|rule| (rule.value, rule.place));
    let per_million_events = keys.rate("per_million_events");
    let per_hour = keys.rate("per_hour");
    let place = keys.place.clone();
    if !keys.has("per_million_events") && !keys.has("per_hour") {
        let words = "a budget says how much: per_million_events = … or per_hour = …";
        keys.document.complain(Some(place.clone()), words);
    }
    keys.finish("a budget");
    Budget {
        place,
        rule,
        per_million_events: per_million_events.map(|rate| rate.value),
        per_hour: per_hour.map(|rate| rate.value),
    }
}

/// A priority as it is typed.
pub(super) fn priority_of(document: &Document, text: &str, place: Place) -> Option<Priority> {
    let priority = text.parse().ok();
    if priority.is_none() {
        let names = [
            "emergency",
            "alert",
            "critical",
            "error",
            "warning",
            "notice",
            "informational",
            "debug",
        ];
        let words = format!("there is no priority '{text}'");
        let near = similar(&text.to_lowercase(), names);
        document.complain(Some(place), with_hint(words, near));
    }
    priority
}
