//! A second source beside system calls: a schema, a reader and a state of its own, and one line where sources are listed.

mod reader;
mod schema;
mod state;

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::{alert_to_json, push_alert_text};
use falco_analyze::pipeline::Judge;
use falco_analyze::rule_files::{RuleText, load_rules_of};
use falco_analyze::source::Source;
use falco_analyze::time::Zone;
use falco_rules::{RuleMatching, RuleSet, Schema, Selection};
use serde_json::json;

use reader::read;
use schema::Doors;
use state::{House, Opened};

/// Every source there is.
const SOURCES: [&dyn Source; 2] = [
    &SCHEMA, &Doors, // The line.
];

const RULES: &str = "\
- list: known
  items: [ada, ben]
- rule: Stranger
  desc: Somebody who is not known opens a door
  source: doors
  condition: evt.type = opened and not door.by in (known)
  output: '%door.by at %door.name, %door.inside inside'
  priority: WARNING
- rule: Program started
  desc: Any program is started
  condition: evt.type = execve
  output: Started %proc.name
  priority: INFO
";

const LINES: &str = r#"{"ns":1000000000,"door":"front","by":"ada","in":true}
{"ns":2000000000,"door":"front","by":"eve","in":true}
{"ns":3000000000,"door":"back","by":"ada","in":false}
no door
{"ns":4000000000,"door":"back","by":"eve","in":false}
"#;

fn rules() -> RuleSet {
    let text = RuleText {
        name: "rules.yaml".to_owned(),
        text: RULES.to_owned(),
    };
    let schemas = SOURCES.map(|source| source as &dyn Schema);
    let loaded = load_rules_of(&schemas, &[text], &Selection::default());
    loaded.rules.expect("the rules load")
}

#[test]
fn a_second_source_is_judged_and_alerts_as_the_first() {
    let rules = rules();
    let mut judge = Judge::new(&rules, &Doors, RuleMatching::First);
    let (mut house, mut alerts, mut text) = (House::default(), Vec::new(), String::new());
    for opening in read(LINES) {
        let Some(opening) = opening else {
            house.is_damaged = true;
            continue;
        };
        house.apply(&opening);
        judge.each(&Opened(&opening, &house), |alert| {
            push_alert_text(&alert, &Zone::utc(), &mut text);
            alerts.push(alert_to_json(&alert, &Zone::utc()));
        });
    }
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (&alert["rule"], &alert["source"], &alert["output_fields"]))
        .collect();
    let fields = |time: u64, door: &str, inside: u64, line: u64| json!({"door.by": "eve", "door.inside": inside, "door.name": door, "evidence.line": line, "evt.time": time});
    let (rule, source) = (json!("Stranger"), json!("doors"));
    assert_eq!(
        told,
        [
            (&rule, &source, &fields(2_000_000_000, "front", 2, 2)),
            (&rule, &source, &fields(4_000_000_000, "back", 0, 5)),
        ]
    );
    assert!(text.contains("eve at front, 2 inside"), "{text}");
    let tally = judge.tally();
    assert_eq!((tally.judged, tally.alerts(), tally.incomplete), (4, 2, 1));
}
