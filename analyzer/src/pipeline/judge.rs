//! The rule pass: an event in, the alerts of the rules that match it out.
//!
//! In: demanded events with their state. Out: alerts, in rule order for each event.
//! A judge has its own scanner and shares the rules: one judge per thread is the way this becomes parallel.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use falco_rules::{
    BoundField, Event as _, FieldDef, Priority, Rule, RuleIndex, RuleMatching, RuleSet, Scanner,
    Schema, Value,
};
use serde_json::Value as Json;

use super::Seen;
use crate::alert::{Alert, evidence, evidence_id};
use crate::fields::{TimeKind, nature};

/// What one key of `output_fields` takes its value from.
enum Key {
    /// A field of the rule's output.
    Field(BoundField, FieldDef),
    /// The event's time in nanoseconds, which every alert carries.
    Time,
    Boot,
    Boottime,
    Complete,
    Cpu,
    /// Those of the rule's fields whose values were healed, of those that runtimes tell.
    Healed(Vec<(String, BoundField)>),
    /// The alert's name, which the rule's is part of.
    Id(String),
    Node,
}

/// How often rules alerted.
#[derive(Clone, Debug, Default)]
pub struct JudgeTally {
    /// Events the rules looked at.
    pub judged: u64,
    /// Alerts by rule, in place order.
    pub by_rule: Vec<u64>,
    /// Alerts of evidence that was not complete.
    pub incomplete: u64,
}

impl JudgeTally {
    /// Nothing, of these rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        JudgeTally {
            by_rule: vec![0; rules.rules().len()],
            ..JudgeTally::default()
        }
    }

    /// Adds what was counted of another part of the stream, by the same rules.
    pub fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.incomplete += other.incomplete;
        for (sum, alerts) in self.by_rule.iter_mut().zip(&other.by_rule) {
            *sum += alerts;
        }
    }

    /// All alerts.
    #[must_use]
    pub fn alerts(&self) -> u64 {
        self.by_rule.iter().sum()
    }

    /// Alerts by priority, the gravest first.
    #[must_use]
    pub fn by_priority(&self, rules: &RuleSet) -> BTreeMap<Priority, u64> {
        let mut counts = BTreeMap::new();
        for (rule, alerts) in rules.rules().iter().zip(&self.by_rule) {
            if *alerts > 0 {
                *counts.entry(rule.priority).or_default() += alerts;
            }
        }
        counts
    }
}

/// Runs a rule set over events.
pub struct Judge<'r> {
    rules: &'r RuleSet,
    scanner: Scanner<'r>,
    /// The keys of each rule's alerts, in their final order.
    keys: Vec<Vec<(String, Key)>>,
    /// Kept between events so that judging does not allocate.
    matches: Vec<RuleIndex>,
    tally: JudgeTally,
}

impl<'r> Judge<'r> {
    /// A judge for one thread.
    #[must_use]
    pub fn new(rules: &'r RuleSet, schema: &dyn Schema, matching: RuleMatching) -> Self {
        let keys = rules
            .rules()
            .iter()
            .map(|rule| {
                let mut keys = keys_of(rule.output.fields(), schema);
                keys.insert(evidence::ID.to_owned(), Key::Id(rule.name.clone()));
                keys.insert(evidence::HEALED.to_owned(), healed_of(rule, rules, schema));
                keys.into_iter().collect()
            })
            .collect();
        Self {
            rules,
            scanner: rules.scanner(matching),
            keys,
            matches: Vec::new(),
            tally: JudgeTally::of(rules),
        }
    }

    /// Judges one event and hands over its alerts in rule order.
    ///
    /// # Errors
    /// What `emit` fails with.
    pub fn judge(
        &mut self,
        seen: &Seen<'_>,
        mut emit: impl FnMut(&Alert<'r>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut emitted = Ok(());
        self.each(seen, |alert| {
            if emitted.is_ok() {
                emitted = emit(&alert);
            }
        });
        emitted
    }

    /// Judges one event and gives away its alerts in rule order.
    pub fn each(&mut self, seen: &Seen<'_>, mut take: impl FnMut(Alert<'r>)) {
        self.tally.judged += 1;
        self.matches.clear();
        self.scanner.scan(seen.context, &mut self.matches);
        for index in &self.matches {
            let Some(alert) = alert(self.rules, &self.keys, *index, seen) else {
                continue;
            };
            if let Some(count) = self.tally.by_rule.get_mut(index.0 as usize) {
                *count += 1;
            }
            self.tally.incomplete += u64::from(!alert.complete);
            take(alert);
        }
    }

    /// The same since it was taken the last time.
    pub(super) fn take_tally(&mut self) -> JudgeTally {
        let next = JudgeTally::of(self.rules);
        std::mem::replace(&mut self.tally, next)
    }

    /// How often rules alerted so far, since it was last taken.
    #[must_use]
    pub fn tally(&self) -> &JudgeTally {
        &self.tally
    }
}

fn alert<'r>(
    rules: &'r RuleSet,
    keys: &[Vec<(String, Key)>],
    index: RuleIndex,
    seen: &Seen<'_>,
) -> Option<Alert<'r>> {
    let rule = rules.rule(index)?;
    let mut message = String::new();
    rule.output.render(seen.context, &mut message);
    let fields = keys.get(index.0 as usize)?;
    let fields = fields
        .iter()
        .filter_map(|(name, key)| Some((name.clone(), key.value(seen)?)))
        .collect();
    Some(Alert {
        time_ns: seen.time_ns,
        origin: Arc::clone(seen.origin),
        rule,
        message,
        fields,
        complete: seen.is_complete(),
    })
}

/// The keys of a rule's alerts: those of its output and the provenance, sorted, each once.
fn keys_of<'f>(
    output: impl Iterator<Item = (&'f str, &'f BoundField)>,
    schema: &dyn Schema,
) -> BTreeMap<String, Key> {
    let mut keys: BTreeMap<String, Key> = output
        .filter_map(|(name, field)| {
            let def = schema.fields().get(usize::from(field.field.0))?;
            let key = if nature(field.field).time == Some(TimeKind::OfEvent) {
                Key::Time
            } else {
                Key::Field(field.clone(), *def)
            };
            Some((name.to_owned(), key))
        })
        .collect();
    // Rules may print the time in another form; the key always has the number.
    keys.insert(evidence::TIME.to_owned(), Key::Time);
    keys.insert(evidence::BOOT.to_owned(), Key::Boot);
    keys.insert(evidence::BOOTTIME.to_owned(), Key::Boottime);
    keys.insert(evidence::COMPLETE.to_owned(), Key::Complete);
    keys.insert(evidence::CPU.to_owned(), Key::Cpu);
    keys.insert(evidence::NODE.to_owned(), Key::Node);
    keys
}

/// The fields of a rule that runtimes tell: those of its output, and those that its condition compares.
fn healed_of(rule: &Rule, rules: &RuleSet, schema: &dyn Schema) -> Key {
    let name = |field: &BoundField| {
        let def = schema.fields().get(usize::from(field.field.0));
        def.map_or("", |def| def.name)
    };
    let is_told = |field: &BoundField| nature(field.field).is_told_by_runtimes();
    let in_output = rule.output.fields();
    let in_output = in_output.map(|(text, field)| (text.to_owned(), field.clone()));
    let in_condition = rules.slots().iter().filter_map(|field| {
        let compares = |text: &&String| {
            let rest = text.strip_prefix(name(field));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
        };
        let text = rule.condition_fields.iter().find(compares)?;
        Some((text.clone(), field.clone()))
    });
    let fields = in_output.chain(in_condition);
    let mut fields: Vec<_> = fields.filter(|(_, field)| is_told(field)).collect();
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    Key::Healed(fields)
}

/// The names of the fields that have another value than the stream knew. None where nothing is healed.
fn healed(fields: &[(String, BoundField)], seen: &Seen<'_>) -> Option<Json> {
    let unhealed = seen.unhealed()?;
    let differs = |field: &BoundField| seen.context.extract(field) != unhealed.extract(field);
    let mut names: Vec<&str> = fields
        .iter()
        .filter(|(_, field)| differs(field))
        .map(|(name, _)| name.as_str())
        .collect();
    names.dedup();
    (!names.is_empty()).then(|| Json::from(names))
}

impl Key {
    /// None where the key is left out.
    fn value(&self, seen: &Seen<'_>) -> Option<Json> {
        Some(match self {
            Self::Field(field, def) => {
                let value = match seen.context.extract(field) {
                    Value::Absent => Value::Absent,
                    _ => seen.context.printed(field),
                };
                falco_rules::value_to_json(value, def)
            }
            Self::Time => Json::from(seen.time_ns),
            Self::Boot => Json::from(seen.origin.boot_id.as_str()),
            Self::Boottime => Json::from(seen.view.meta().time),
            Self::Complete => Json::from(seen.is_complete()),
            Self::Cpu => Json::from(seen.view.meta().cpu),
            Self::Healed(fields) => return healed(fields, seen),
            Self::Id(rule) => {
                let meta = seen.view.meta();
                Json::from(evidence_id(&seen.origin.boot_id, meta.cpu, meta.time, rule))
            }
            Self::Node => Json::from(seen.origin.node.as_str()),
        })
    }
}
