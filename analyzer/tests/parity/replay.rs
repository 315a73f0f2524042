//! A capture through the library, as `falco-analyze` sends it.
//!
//! In: a path and rules, or a closure. Out: alerts with all that is compared of them, or calls with each event.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::push_alert_text;
use falco_analyze::pipeline::{
    Demand, Flow, Judge, Observer, PassOptions, Seen, Tally, open_inputs, run_pass,
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

/// An alert with all that is compared.
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

/// Replays rules over a capture.
pub(crate) fn alerts_of(path: &Path, rules: &RuleSet, matching: RuleMatching) -> Replayed {
    let mut judge = Judge::new(rules, &SCHEMA, matching);
    let always = Template::compile(&SCHEMA, ALWAYS_COMPARED).expect("fields that there are");
    let mut alerts = Vec::new();
    let tally = each_event(path, &Demand::of_rules(rules), |seen| {
        judge
            .judge(seen, |alert| {
                let mut text = String::new();
                push_alert_text(alert, &Zone::utc(), &mut text);
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
                    always: values(&always, seen),
                    text,
                });
                Ok(())
            })
            .expect("collecting does not fail");
    });
    Replayed {
        alerts,
        events: tally.events,
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
