//! The broad capture: a recorded intrusion, and 180 fields of 46,366 of its events as live Falco saw them.
//!
//! One rule per type of event prints the fields of a group; groups are apart because some fields change what Falco answers to others.
//! In: the group's rules and Falco's alerts. Out: one difference per value that is not Falco's, as JSON has it and as text prints it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::push_alert_text;
use falco_analyze::pipeline::{Demand, Judge};
use falco_analyze::rule_files::{RuleText, read_rule_files};
use falco_analyze::time::Zone;
use falco_rules::{Filter, RuleMatching, Selection, Selector};
use serde_json::Value as Json;

use super::ledger::{Comparison, Difference};
use super::reference::{Reference, is_wanted, text_of};
use super::replay::{alerts_of, each_event, rules_of};

const CAPTURE: &str = "broad/intrusion-broad.scap.gz";
/// Fields whose values say nothing: Falco's probe reads times of files wrongly on this kernel, and distances are from the event that a rule showed last.
const NOT_COMPARED: [&str; 5] = [
    "evt.deltatime.ns",
    "evt.num",
    "proc.exe_ino.ctime",
    "proc.exe_ino.mtime",
    "proc.exe_ino.ctime_duration_proc_start",
];
/// What differs where only one side alerts.
const ALERT: &str = "the alert itself";

#[test]
#[ignore = "five times 105 thousand events take minutes without optimization: run with --ignored"]
fn fields_of_the_broad_capture() {
    let Some(reference) = Reference::open("fields_of_the_broad_capture") else {
        return;
    };
    let mut table =
        "| fields | Falco's alerts | values compared | differences |\n|---|---|---|---|\n"
            .to_owned();
    let mut differences = Vec::new();
    let groups = ["fdproc", "fspath", "abspath", "args", "evt"];
    for group in groups.into_iter().filter(|group| is_wanted(group)) {
        let mut compared = Compared::of(&reference, group);
        compared.run(&reference);
        let _ = writeln!(
            table,
            "| {group} | {} | {} | {} |",
            compared.alerts,
            compared.values,
            compared.differences.len()
        );
        differences.append(&mut compared.differences);
    }
    Comparison {
        set: "broad",
        table,
        differences,
    }
    .settle();
}

#[test]
fn conditions_match_as_often_as_in_falco() {
    let Some(reference) = Reference::open("conditions_match_as_often_as_in_falco") else {
        return;
    };
    let page = reference.text("broad/README.md").expect("its page");
    let row = |line: &str| {
        let (condition, count) = line.strip_prefix("| `")?.split_once("` | ")?;
        let count = count.trim_end_matches(" |").parse::<u64>().ok()?;
        Some((condition.to_owned(), count))
    };
    let expected: Vec<(String, u64)> = page.lines().filter_map(row).collect();
    assert!(expected.len() > 8, "the page has its table");
    let compile = |(condition, _): &(String, u64)| {
        // The page counts these of opens.
        let condition = if condition.starts_with("fd.dev") {
            &format!("evt.type=openat and {condition}")
        } else {
            condition
        };
        Filter::compile(&SCHEMA, condition).unwrap_or_else(|_| panic!("{condition} compiles"))
    };
    let filters: Vec<Filter> = expected.iter().map(compile).collect();
    let mut counts = vec![0; filters.len()];
    each_event(&reference.path(CAPTURE), &Demand::everything(), |seen| {
        for (filter, count) in filters.iter().zip(&mut counts) {
            *count += u64::from(filter.matches(seen.context));
        }
    });
    for ((condition, expected), count) in expected.iter().zip(counts) {
        assert_eq!(count, *expected, "{condition}");
    }
}

#[test]
fn sockets_without_a_port_give_falcos_alerts() {
    let Some(reference) = Reference::open("sockets_without_a_port_give_falcos_alerts") else {
        return;
    };
    let files = [
        "falco_rules",
        "falco-incubating_rules",
        "falco-sandbox_rules",
    ];
    let paths = files.map(|file| reference.path(&format!("rules/{file}.yaml")));
    let texts = read_rule_files(&paths).expect("the rules can be read");
    // Falco ran every rule, also those that are off as they come.
    let every = Selection::default().enable(Selector::Name("*".to_owned()));
    let rules = rules_of(&texts, &every);
    let path = reference.path("broad/port0.scap.gz");
    let mut ours: Vec<String> = alerts_of(&path, &rules, RuleMatching::All)
        .alerts
        .into_iter()
        .map(|alert| format!("{}: {}", alert.rule, alert.text))
        .collect();
    let expected = reference.cases("broad/port0.replayed.jsonl");
    let line = |alert: &Json| format!("{}: {}", text_of(alert, "rule"), text_of(alert, "output"));
    let mut expected: Vec<String> = expected.iter().map(line).collect();
    assert!(!expected.is_empty(), "Falco alerts");
    ours.sort();
    expected.sort();
    assert_eq!(ours, expected);
}

/// One group of fields.
pub(super) struct Compared {
    group: &'static str,
    /// The rules that are compared; all where none is named.
    rules: &'static [&'static str],
    /// Which of Falco's alerts are compared, by their fields.
    is_compared: fn(&Json) -> bool,
    /// Falco's alerts by event and rule, in the order of the stream.
    expected: HashMap<String, VecDeque<String>>,
    /// The fields in the order in which the group's rules print them.
    columns: Vec<String>,
    alerts: usize,
    values: u64,
    /// How often Falco has a value, by field.
    told: BTreeMap<String, usize>,
    differences: Vec<Difference>,
}

impl Compared {
    fn of(reference: &Reference, group: &'static str) -> Self {
        Self::some(reference, group, &[], |_| true)
    }

    /// Some of a group's alerts.
    pub(super) fn some(
        reference: &Reference,
        group: &'static str,
        rules: &'static [&'static str],
        is_compared: fn(&Json) -> bool,
    ) -> Self {
        let text = unpacked(
            reference,
            &format!("broad/intrusion-broad.{group}.jsonl.xz"),
        );
        let mut expected: HashMap<String, VecDeque<String>> = HashMap::new();
        let mut alerts = 0;
        // Most of a group's lines are of other rules: they are not read where few are wanted.
        let quoted: Vec<String> = rules.iter().map(|rule| format!("\"{rule}\"")).collect();
        let is_named = |line: &&str| quoted.is_empty() || quoted.iter().any(|q| line.contains(q));
        for line in text.lines().filter(is_named) {
            let alert: Json = serde_json::from_str(line).expect("a line is JSON");
            let fields = &alert["output_fields"];
            let rule = text_of(&alert, "rule");
            if !rules.is_empty() && !rules.contains(&rule) || !is_compared(fields) {
                continue;
            }
            let key = key(&fields["evt.time"], &fields["thread.tid"], rule);
            let waiting = expected.entry(key).or_default();
            // One of the files has every alert twice.
            if waiting.iter().all(|known| known != line) {
                waiting.push_back(line.to_owned());
                alerts += 1;
            }
        }
        Self {
            group,
            rules,
            is_compared,
            expected,
            columns: Vec::new(),
            alerts,
            values: 0,
            told: BTreeMap::new(),
            differences: Vec::new(),
        }
    }

    /// How many of Falco's alerts are compared.
    pub(super) fn alerts(&self) -> usize {
        self.alerts
    }

    /// How often Falco has a value for a field.
    pub(super) fn told(&self, field: &str) -> usize {
        self.told.get(field).copied().unwrap_or(0)
    }

    /// What differs in a field, or in whether there is an alert at all.
    pub(super) fn differences_of(&self, field: &str) -> Vec<String> {
        let is_of = |difference: &&Difference| {
            let rest = difference.what.strip_prefix(field);
            difference.what == ALERT || rest.is_some_and(|rest| rest.starts_with(" of "))
        };
        let told = |difference: &Difference| {
            let Difference {
                at, expected, got, ..
            } = difference;
            format!("{at}: Falco {expected}, ours {got}")
        };
        self.differences.iter().filter(is_of).map(told).collect()
    }

    fn selection(&self) -> Selection {
        let every = Selection::default();
        if self.rules.is_empty() {
            return every;
        }
        let none = every.disable(Selector::Name("*".to_owned()));
        let named = self.rules.iter();
        named.fold(none, |some, rule| {
            some.enable(Selector::Name((*rule).to_owned()))
        })
    }

    pub(super) fn run(&mut self, reference: &Reference) {
        let path = reference.path(&format!("broad/r3_{}.yaml", self.group));
        let texts = read_rule_files(&[path]).expect("the rules can be read");
        self.columns = printed_fields(&texts);
        let rules = rules_of(&texts, &self.selection());
        let mut judge = Judge::new(&rules, &SCHEMA, RuleMatching::All);
        each_event(
            &reference.path(CAPTURE),
            &Demand::of_rules(&rules),
            |seen| {
                judge
                    .judge(seen, |alert| {
                        let mut text = String::new();
                        push_alert_text(alert, &Zone::utc(), &mut text);
                        let fields = alert.fields.iter();
                        let fields: BTreeMap<&str, &Json> =
                            fields.map(|(key, value)| (&**key, value)).collect();
                        let thread = fields.get("thread.tid").copied().unwrap_or(&Json::Null);
                        let key = key(&Json::from(alert.time.0), thread, &alert.rule.name);
                        self.alert(&format!("#{} {key}", seen.number), &key, &fields, &text);
                        Ok(())
                    })
                    .expect("collecting does not fail");
            },
        );
        for line in std::mem::take(&mut self.expected).into_values().flatten() {
            self.differ(ALERT, &line, "an alert".to_owned(), "none".to_owned());
        }
    }

    fn alert(&mut self, at: &str, key: &str, ours: &BTreeMap<&str, &Json>, text: &str) {
        let waiting = self.expected.get_mut(key);
        let Some(line) = waiting.and_then(VecDeque::pop_front) else {
            let is_compared = |fields: &BTreeMap<&str, &Json>| {
                let fields = fields.iter();
                let fields = fields.map(|(key, value)| ((*key).to_owned(), (*value).clone()));
                (self.is_compared)(&fields.collect::<serde_json::Map<_, _>>().into())
            };
            if !is_compared(ours) {
                return;
            }
            let at = format!("{at} {text}");
            return self.differ(ALERT, &at, "none".to_owned(), "an alert".to_owned());
        };
        let theirs: Json = serde_json::from_str(&line).expect("a line is JSON");
        let ty = text_of(&theirs["output_fields"], "evt.type");
        let (theirs_printed, ours_printed) = (columns(text_of(&theirs, "output")), columns(text));
        let at = format!("{at} {}", text_of(&theirs, "output"));
        for (index, name) in self.columns.clone().iter().enumerate() {
            if NOT_COMPARED.contains(&&**name) {
                continue;
            }
            self.values += 1;
            let what = format!("{name} of {ty}");
            let expected = theirs["output_fields"].get(name).unwrap_or(&Json::Null);
            let got = ours.get(&**name).copied().unwrap_or(&Json::Null);
            if !expected.is_null() {
                *self.told.entry(name.clone()).or_default() += 1;
            }
            let (expected, got) = (comparable(name, expected), comparable(name, got));
            if expected != got {
                self.differ(&what, &at, expected.to_string(), got.to_string());
                continue;
            }
            let expected = theirs_printed.get(index).copied().unwrap_or_default();
            let got = ours_printed.get(index).copied().unwrap_or_default();
            let [expected, got] = [expected, got].map(|text| without_environment(name, text));
            if expected != got {
                self.differ(&format!("{what}, printed"), &at, expected, got);
            }
        }
    }

    fn differ(&mut self, what: &str, at: &str, expected: String, got: String) {
        self.differences.push(Difference {
            place: self.group.to_owned(),
            what: what.to_owned(),
            at: at.to_owned(),
            expected,
            got,
        });
    }
}

fn key(time: &Json, thread: &Json, rule: &str) -> String {
    format!("{time} tid {thread} {rule}")
}

/// The fields that the rules print, in order: ` 0=%proc.pid 1=…`. All rules of a group print the same.
fn printed_fields(texts: &[RuleText]) -> Vec<String> {
    let mut lines = texts.iter().flat_map(|text| text.text.lines());
    let output = lines.find_map(|line| line.trim().strip_prefix("output: '"));
    let output = output.expect("a rule prints").trim_end_matches('\'');
    let field = |value: &str| value.trim_start_matches('%').to_owned();
    columns(output).into_iter().map(field).collect()
}

/// The values of a line, which are numbered: ` 0=… 1=…`.
fn columns(line: &str) -> Vec<&str> {
    let mut columns = Vec::new();
    let Some((_, mut rest)) = line.split_once(" 0=") else {
        return columns;
    };
    for next in 1.. {
        let Some((value, after)) = rest.split_once(&format!(" {next}=")) else {
            columns.push(rest);
            break;
        };
        columns.push(value);
        rest = after;
    }
    columns
}

/// A value as far as it can be compared.
fn comparable(name: &str, value: &Json) -> Json {
    match value {
        Json::String(text) => Json::from(without_environment(name, text)),
        other => other.clone(),
    }
}

/// Arguments that are not compared: the environment, which is blanked in the capture and was not when Falco saw it, and times of
/// files. Nor are the names of users and groups, of which Falco has none in arguments when it replays.
fn without_environment(name: &str, text: &str) -> String {
    if name != "evt.args" {
        return text.to_owned();
    }
    let skips = [(" env=", " tty="), (" exe_ino_ctime=", " uid=")];
    let mut text = text.to_owned();
    for (from, to) in skips {
        let parts = text
            .split_once(from)
            .and_then(|(before, rest)| Some((before, rest.split_once(to)?.1)));
        if let Some((before, after)) = parts {
            text = format!("{before}{to}{after}");
        }
    }
    let words = text.split(' ').map(|word| match word.split_once("id=") {
        Some(("u" | "g" | "ru" | "eu" | "su" | "rg" | "eg" | "sg" | "loginu", value)) => {
            let name = word.find('(').filter(|_| value.ends_with(')'));
            &word[..name.unwrap_or(word.len())]
        }
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn unpacked(reference: &Reference, path: &str) -> String {
    let file = File::open(reference.path(path)).expect("the file opens");
    let mut text = String::new();
    liblzma::read::XzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("the file unpacks");
    text
}
