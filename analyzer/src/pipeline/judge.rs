//! The rule pass: an event in, the alerts of the rules that match it out.
//!
//! In: events of one source, as their [`Evidence`]. Out: alerts, in rule order for each event.
//! A judge has its own scanner and shares the rules: one judge per thread is the way this becomes parallel.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use falco_rules::{
    BoundField, Event as _, FieldDef, Priority, Rule, RuleIndex, RuleMatching, RuleSet, Scanner,
    Value,
};
use serde_json::Value as Json;

use crate::alert::{Alert, evidence};
use crate::fields::TimeKind;
use crate::source::{Evidence, JudgedRule, Source};

/// What one key of `output_fields` takes its value from.
enum Key {
    /// A field of the rule's output.
    Field(BoundField, FieldDef),
    /// The event's time in nanoseconds, which every alert carries.
    Time,
    /// What the source says of the event's evidence.
    Evidence(&'static str),
}

/// The keys of one rule's alerts, in their final order.
struct Keys {
    keys: Vec<(String, Key)>,
    rule: JudgedRule,
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
    /// None where no rules were loaded for the source.
    scanner: Option<Scanner<'r>>,
    /// By rule; none for those of other sources.
    keys: Vec<Option<Keys>>,
    /// Kept between events so that judging does not allocate.
    matches: Vec<RuleIndex>,
    tally: JudgeTally,
}

impl<'r> Judge<'r> {
    /// A judge for one thread, by those of the rules that are of the source.
    #[must_use]
    pub fn new(rules: &'r RuleSet, source: &dyn Source, matching: RuleMatching) -> Self {
        let of_source = rules.of_source(source.source());
        let slots = of_source.map_or(&[][..], |of_source| of_source.slots());
        let keys = rules.rules().iter().map(|rule| {
            (rule.source == source.source()).then(|| Keys {
                keys: keys_of(rule.output.fields(), source),
                rule: JudgedRule {
                    name: rule.name.clone(),
                    told: told_by_runtimes(rule, slots, source),
                },
            })
        });
        Self {
            rules,
            scanner: of_source.map(|of_source| of_source.scanner(matching)),
            keys: keys.collect(),
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
        seen: &impl Evidence,
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
    pub fn each(&mut self, seen: &impl Evidence, mut take: impl FnMut(Alert<'r>)) {
        self.tally.judged += 1;
        self.matches.clear();
        if let Some(scanner) = &mut self.scanner {
            scanner.scan(seen.event(), &mut self.matches);
        }
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

    /// The alert of one rule for an event that it matches, whatever other rules do; it is not counted.
    #[must_use]
    pub fn alert(&self, index: RuleIndex, seen: &impl Evidence) -> Option<Alert<'r>> {
        alert(self.rules, &self.keys, index, seen)
    }

    /// The same since it was taken the last time.
    pub(crate) fn take_tally(&mut self) -> JudgeTally {
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
    keys: &[Option<Keys>],
    index: RuleIndex,
    seen: &impl Evidence,
) -> Option<Alert<'r>> {
    let rule = rules.rule(index)?;
    let mut message = String::new();
    rule.output.render(seen.event(), &mut message);
    let of_rule = keys.get(index.0 as usize)?.as_ref()?;
    let fields = of_rule.keys.iter();
    let fields = fields
        .filter_map(|(name, key)| Some((name.clone(), key.value(seen, &of_rule.rule)?)))
        .collect();
    Some(Alert {
        time: seen.time(),
        origin: Arc::clone(seen.origin()),
        thread: seen.thread(),
        rule,
        message,
        fields,
        complete: seen.is_complete(),
    })
}

/// The keys of a rule's alerts: those of its output and the evidence, sorted, each once.
fn keys_of<'f>(
    output: impl Iterator<Item = (&'f str, &'f BoundField)>,
    source: &dyn Source,
) -> Vec<(String, Key)> {
    let mut keys: BTreeMap<String, Key> = output
        .filter_map(|(name, field)| {
            let def = source.fields().get(usize::from(field.field.0))?;
            let key = if source.nature(field.field).time == Some(TimeKind::OfEvent) {
                Key::Time
            } else {
                Key::Field(field.clone(), *def)
            };
            Some((name.to_owned(), key))
        })
        .collect();
    // Rules may print the time in another form; the key always has the number.
    keys.insert(evidence::TIME.to_owned(), Key::Time);
    let of_source = source.evidence_keys().iter();
    keys.extend(of_source.map(|key| ((*key).to_owned(), Key::Evidence(key))));
    keys.into_iter().collect()
}

/// The fields of a rule that runtimes tell: those of its output, and those that its condition compares.
fn told_by_runtimes(
    rule: &Rule,
    slots: &[BoundField],
    source: &dyn Source,
) -> Vec<(String, BoundField)> {
    let name = |field: &BoundField| {
        let def = source.fields().get(usize::from(field.field.0));
        def.map_or("", |def| def.name)
    };
    let is_told = |field: &BoundField| source.nature(field.field).is_told_by_runtimes();
    let in_output = rule.output.fields();
    let in_output = in_output.map(|(text, field)| (text.to_owned(), field.clone()));
    let in_condition = slots.iter().filter_map(|field| {
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
    fields
}

impl Key {
    /// None where the key is left out.
    fn value(&self, seen: &impl Evidence, rule: &JudgedRule) -> Option<Json> {
        Some(match self {
            Self::Field(field, def) => {
                let value = match seen.event().extract(field) {
                    Value::Absent => Value::Absent,
                    _ => seen.event().printed(field),
                };
                falco_rules::value_to_json(value, def)
            }
            Self::Time => Json::from(seen.time().0),
            Self::Evidence(key) => return seen.evidence(key, rule),
        })
    }
}
