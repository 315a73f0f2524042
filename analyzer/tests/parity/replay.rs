//! A capture through the library, as `falco-analyze` sends it.
//!
//! In: a path and rules, or a closure. Out: alerts with all that is compared of them, the same by one thread and by several, or calls with each event.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::push_alert_text;
use falco_analyze::pipeline::{
    Child, Collector, Demand, Flow, Judge, Observer, PassOptions, Seen, Sink, Spread, Tally,
    collect_items, cursor_of, open_inputs, run_pass,
};
use falco_analyze::rule_files::{RuleText, load_rules};
use falco_analyze::time::Zone;
use falco_rules::{
    Event as _, RuleMatching, RuleSet, Schema as _, Selection, Template, value_to_json,
};
use serde_json::Value as Json;

/// Compared of every alert, whether its rule prints them or not.
const ALWAYS_COMPARED: &str = "%container.id %thread.tid";
/// Keys of an alert that tell where its evidence lies; Falco has none.
const EVIDENCE: &str = "evidence.";

/// Over how many threads captures are replayed beside one.
pub(crate) const THREADS: NonZeroUsize = NonZeroUsize::new(3).expect("it is not 0");
/// Rows after which their windows end: few, so that small captures have several.
pub(crate) const WINDOW_ROWS: u64 = 500;
/// Who walks which of them.
pub(crate) const SEED: u64 = 0x0A11_CE11;

/// An alert with all that is compared.
#[derive(Debug, PartialEq)]
pub(crate) struct Alerted {
    pub(crate) rule: String,
    pub(crate) priority: String,
    pub(crate) time_ns: u64,
    pub(crate) event: u64,
    /// The fields of the rule's own output and the time.
    pub(crate) own: BTreeMap<String, Json>,
    /// [`ALWAYS_COMPARED`].
    pub(crate) always: BTreeMap<String, Json>,
    /// The line that is printed.
    pub(crate) text: String,
}

/// What a replay with rules gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Replayed {
    pub(crate) alerts: Vec<Alerted>,
    pub(crate) events: u64,
}

/// Rules from texts.
pub(crate) fn rules_of(texts: &[RuleText], selection: &Selection) -> RuleSet {
    let loaded = load_rules(&SCHEMA, texts, selection);
    let diagnostics = falco_rules::render(&loaded.diagnostics(), false);
    loaded
        .rules
        .unwrap_or_else(|| panic!("the rules do not load\n{diagnostics}"))
}

/// Replays rules over a capture, by one thread and by several.
pub(crate) fn alerts_of(path: &Path, rules: &RuleSet, matching: RuleMatching) -> Replayed {
    let judging = Judging {
        rules,
        matching,
        always: Template::compile(&SCHEMA, ALWAYS_COMPARED).expect("fields that there are"),
    };
    let replayed = judging.replay(path, NonZeroUsize::MIN.into());
    let by_several = judging.replay(path, Spread::by_chance(THREADS, WINDOW_ROWS, SEED));
    assert!(
        replayed == by_several,
        "{}: several threads give other alerts than one",
        path.display()
    );
    replayed
}

/// Rules, and what is compared of their alerts.
struct Judging<'r> {
    rules: &'r RuleSet,
    matching: RuleMatching,
    always: Template,
}

impl Judging<'_> {
    fn replay(&self, path: &Path, spread: Spread) -> Replayed {
        let (demand, options) = (Demand::of_rules(self.rules), PassOptions::default());
        let mut replayed = Replayed::default();
        for input in open_inputs(&[path]).expect("the capture opens") {
            let (items, cursor) = (input.items(), cursor_of(&input, &options));
            let read = collect_items(items, cursor, &demand, (self, spread), &mut replayed);
            replayed.events += read.expect("the pass ends").events;
        }
        replayed
    }
}

impl Collector for Judging<'_> {
    type Harvest = Vec<Alerted>;
    type Child<'c>
        = Judged<'c>
    where
        Self: 'c;

    fn child(&self) -> Judged<'_> {
        Judged {
            judge: Judge::new(self.rules, &SCHEMA, self.matching),
            always: &self.always,
            alerts: Vec::new(),
        }
    }
}

/// One thread's part of it.
struct Judged<'c> {
    judge: Judge<'c>,
    always: &'c Template,
    alerts: Vec<Alerted>,
}

impl Child for Judged<'_> {
    type Harvest = Vec<Alerted>;

    fn event(&mut self, seen: &Seen<'_>) {
        let Self {
            judge,
            always,
            alerts,
        } = self;
        judge.each(seen, |alert| {
            let mut text = String::new();
            push_alert_text(&alert, &Zone::utc(), &mut text);
            let own = alert.fields.iter();
            alerts.push(Alerted {
                rule: alert.rule.name.clone(),
                priority: alert.rule.priority.to_string(),
                time_ns: alert.time.0,
                event: seen.number,
                own: own
                    .filter(|(key, _)| !key.starts_with(EVIDENCE))
                    .cloned()
                    .collect(),
                always: values(always, seen),
                text,
            });
        });
    }

    fn harvest(&mut self) -> Option<Vec<Alerted>> {
        (!self.alerts.is_empty()).then(|| std::mem::take(&mut self.alerts))
    }
}

impl Sink<Vec<Alerted>> for Replayed {
    fn harvest(&mut self, mut alerts: Vec<Alerted>) -> io::Result<Flow> {
        self.alerts.append(&mut alerts);
        Ok(Flow::Continue)
    }
}

/// The values of a template's fields.
fn values(template: &Template, seen: &Seen<'_>) -> BTreeMap<String, Json> {
    template
        .fields()
        .filter_map(|(key, field)| {
            let def = SCHEMA.fields().get(usize::from(field.field.0))?;
            let value = value_to_json(seen.context.extract(field), def);
            Some((key.to_owned(), value))
        })
        .collect()
}

/// Calls with each event that is demanded.
pub(crate) fn each_event(path: &Path, demand: &Demand, each: impl FnMut(&Seen<'_>)) -> Tally {
    let mut observer = Each(each);
    let mut tally = Tally::default();
    for input in open_inputs(&[path]).expect("the capture opens") {
        let read = run_pass(&input, demand, PassOptions::default(), &mut observer);
        tally.add(&read.expect("the pass ends"));
    }
    tally
}

struct Each<F>(F);

impl<F: FnMut(&Seen<'_>)> Observer for Each<F> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        (self.0)(seen);
        Ok(Flow::Continue)
    }
}
