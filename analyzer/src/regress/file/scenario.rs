//! The keys of a scenario.
//!
//! In: a directory. Out: the scenario with its paths resolved against the scenario's own directory, never against the current one; or every mistake of its file.

use std::path::{Path, PathBuf};

use falco_rules::{Priority, similar};
use toml::de::DeTable;

use super::super::problem::{CannotRun, with_hint};
use super::super::scenario::{Golden, Matching, Scenario, Window, name_of};
use super::expect;
use super::keys::{Document, Keys, Placed};
use crate::rule_files::each_rule_file;
use crate::text_file;
use crate::time::{Moment, Zone};

/// The file that makes a directory a scenario.
pub(in super::super) const SCENARIO_FILE: &str = "scenario.toml";
/// The longest file of a scenario, in bytes: ten thousand expectations, which nobody reviews.
const MAX_SCENARIO_BYTES: usize = 1 << 20;
/// Where the expected alerts are unless the scenario says otherwise.
const EXPECTED_FILE: &str = "expected.jsonl";

/// The scenario of a directory.
pub(in super::super) fn read(directory: &Path) -> Result<Scenario, CannotRun> {
    let path = directory.join(SCENARIO_FILE);
    let text = text_file::read_text(&path, MAX_SCENARIO_BYTES)
        .map_err(|error| CannotRun::because(format!("cannot read {}: {error}", path.display())))?;
    parse(directory, path, text)
}

/// The scenario that a text describes.
pub(super) fn parse(directory: &Path, path: PathBuf, text: String) -> Result<Scenario, CannotRun> {
    let message = format!("{} is not a valid scenario", path.display());
    let document = Document::new(path, text);
    let text = document.text.clone();
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        let place = error.span().map(|span| document.place(&span));
        document.complain(place, error.message());
    }
    // What a mistake of the grammar leaves is no whole file: more would be told than is wrong.
    let scenario = if errors.is_empty() {
        let mut keys = Keys::new(&document, table.get_ref(), &table.span());
        let scenario = scenario(directory, &mut keys);
        keys.finish("a scenario");
        scenario
    } else {
        None
    };
    let problems = document.into_problems();
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(CannotRun::of_problems(message, problems)),
    }
}

fn scenario(directory: &Path, keys: &mut Keys<'_, '_>) -> Option<Scenario> {
    let name = keys.text("name").map(|name| name.value);
    let description = keys.text("description").map(|text| text.value);
    let captures = captures(directory, keys);
    let rules = keys.texts("rules");
    let is_empty = rules.as_ref().is_some_and(Vec::is_empty);
    if is_empty || !keys.has("rules") {
        let place = Some(keys.place.clone());
        let words = "a scenario names its rule files or directories: rules = [\"rules.yaml\"]";
        keys.document.complain(place, words);
    }
    let rules = rules.unwrap_or_default();
    let expectations = expect::expectations(keys);
    let budgets = expect::budgets(keys);
    let nothing_else = keys.flag("nothing_else");
    let nothing_else = nothing_else
        .filter(|flag| flag.value)
        .map(|flag| flag.place);
    let expects_more = !expectations.is_empty() || !budgets.is_empty() || nothing_else.is_some();
    let golden = golden(directory, keys, expects_more);
    let rule_files: Vec<_> = rules
        .iter()
        .map(|rules| directory.join(&rules.value))
        .collect();
    if let Some(golden) = &golden {
        refuse_inputs(directory, keys, golden, (&captures, &rule_files));
    }
    Some(Scenario {
        name: name.unwrap_or_else(|| name_of(directory)),
        description: description.unwrap_or_default(),
        tags: values(keys.texts("tags")),
        techniques: techniques(keys),
        captures,
        rules: rule_files,
        rules_place: rules.into_iter().map(|rules| rules.place).next(),
        file: directory.join(SCENARIO_FILE),
        directory: directory.to_owned(),
        window: window(keys),
        golden,
        expectations,
        budgets,
        nothing_else,
        matching: matching(keys),
        priority: priority(keys),
        complete: keys.flag("complete").is_none_or(|flag| flag.value),
    })
}

fn values(list: Option<Vec<Placed<String>>>) -> Vec<String> {
    let list = list.unwrap_or_default().into_iter();
    list.map(|one| one.value).collect()
}

fn captures(directory: &Path, keys: &mut Keys<'_, '_>) -> Vec<PathBuf> {
    let one = keys.text("capture");
    let several = keys.texts("captures");
    let captures = match (one, several) {
        (Some(one), Some(_)) => {
            let words = "give `capture` or `captures`, not both";
            keys.document.complain(Some(one.place.clone()), words);
            vec![one]
        }
        (Some(one), None) => vec![one],
        (None, Some(several)) => several,
        (None, None) => Vec::new(),
    };
    let is_given = keys.has("capture") || keys.has("captures");
    if captures.is_empty() && !is_given {
        let words = "a scenario names what it replays: capture = \"capture\"";
        keys.document.complain(Some(keys.place.clone()), words);
    }
    let captures = captures.iter();
    captures.map(|one| directory.join(&one.value)).collect()
}

/// The golden alerts: those that the file names, those that are there, and where nothing else is expected, those that are to be written.
fn golden(directory: &Path, keys: &mut Keys<'_, '_>, expects_more: bool) -> Option<Golden> {
    let named = keys.text("expected");
    let fields = keys.texts("fields");
    let time = keys.flag("compare_time");
    let thread = keys.flag("compare_thread");
    let name = named.as_ref().map_or(EXPECTED_FILE, |name| &name.value);
    let path = directory.join(name);
    let is_wanted = named.is_some() || !expects_more || path.exists();
    let chosen = fields.as_ref().and_then(|fields| fields.first());
    let chosen = chosen.map(|field| &field.place);
    let chosen = chosen.or(time.as_ref().map(|time| &time.place));
    let chosen = chosen
        .or(thread.as_ref().map(|thread| &thread.place))
        .cloned();
    if let Some(place) = chosen.clone().filter(|_| !is_wanted) {
        let words = format!(
            "`fields`, `compare_time` and `compare_thread` choose what is compared of golden alerts, and there are none: name them (expected = \"{EXPECTED_FILE}\") and let --bless write them"
        );
        keys.document.complain(Some(place), words);
    }
    is_wanted.then(|| Golden {
        name: PathBuf::from(name),
        path,
        fields_place: chosen,
        fields: values(fields),
        compares_time: time.is_some_and(|flag| flag.value),
        compares_thread: thread.is_some_and(|flag| flag.value),
    })
}

/// Expected alerts are written anew by --bless, and what the scenario is made of must not be lost to that.
fn refuse_inputs(
    directory: &Path,
    keys: &Keys<'_, '_>,
    golden: &Golden,
    (captures, rules): (&[PathBuf], &[PathBuf]),
) {
    let Ok(path) = golden.path.canonicalize() else {
        return;
    };
    let is = |file: &Path| file.canonicalize().is_ok_and(|file| file == path);
    let folder = directory.canonicalize().ok();
    // A scenario's own folder may be the capture, and has the expected alerts beside the segments.
    let is_beside = path.extension().is_some_and(|kind| kind == "jsonl");
    let is_of_capture = captures.iter().any(|capture| {
        capture.canonicalize().is_ok_and(|capture| {
            let is_own = folder.as_ref() == Some(&capture) && is_beside;
            path.starts_with(&capture) && !is_own
        })
    });
    let mut rule_files = each_rule_file(rules).into_iter().flatten();
    if is(&directory.join(SCENARIO_FILE)) || is_of_capture || rule_files.any(|file| is(&file)) {
        let words = format!(
            "`expected` names {}, which the scenario itself is made of, and --bless would write over it",
            golden.name.display()
        );
        keys.document.complain(Some(keys.place.clone()), words);
    }
}

fn techniques(keys: &mut Keys<'_, '_>) -> Vec<String> {
    let techniques = keys.texts("techniques").unwrap_or_default();
    for technique in &techniques {
        if !is_technique(&technique.value) {
            let words = format!(
                "'{}' is no ATT&CK technique: they are written T1059, and T1059.004 for a sub-technique",
                technique.value
            );
            keys.document.complain(Some(technique.place.clone()), words);
        }
    }
    values(Some(techniques))
}

/// Four digits, and three for a sub-technique.
fn is_technique(text: &str) -> bool {
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('T')
        .is_some_and(|number| match number.split_once('.') {
            Some((technique, sub)) => is_number(technique, 4) && is_number(sub, 3),
            None => is_number(number, 4),
        })
}

fn window(keys: &mut Keys<'_, '_>) -> Window {
    let mut moment = |key| {
        let text = keys.text(key)?;
        match Moment::parse(&text.value, &Zone::utc()) {
            Ok(moment) => Some(moment),
            Err(error) => {
                let words = format!("`{key}`: {error}");
                keys.document.complain(Some(text.place), words);
                None
            }
        }
    };
    let (since, until) = (moment("since"), moment("until"));
    Window {
        since,
        until,
        is_exact: keys.flag("exact_state").is_some_and(|flag| flag.value),
    }
}

fn matching(keys: &mut Keys<'_, '_>) -> Matching {
    let Some(text) = keys.text("rule_matching") else {
        return Matching::First;
    };
    match text.value.as_str() {
        "first" => Matching::First,
        "all" => Matching::All,
        other => {
            let words = format!("`rule_matching` is \"first\" or \"all\", and not '{other}'");
            let words = with_hint(words, similar(other, ["first", "all"]));
            keys.document.complain(Some(text.place), words);
            Matching::First
        }
    }
}

fn priority(keys: &mut Keys<'_, '_>) -> Option<Priority> {
    let text = keys.text("priority")?;
    expect::priority_of(keys.document, &text.value, text.place)
}
