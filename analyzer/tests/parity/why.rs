//! Why each stock rule alerts or does not, held against what a replay says, over a real capture.

use std::collections::BTreeMap;

use falco_analyze::pipeline::Demand;
use falco_analyze::rule_files::read_rule_files;
use falco_analyze::why::{Explainer, Verdict};
use falco_rules::{Event as _, RuleIndex, RuleMatching, Selection, Selector};

use super::reference::Reference;
use super::replay::{each_event, rules_of};

/// Captures with alerts of several rules.
const CAPTURES: [&str; 2] = ["live-small-default", "live-medium-default"];
const FILES: [&str; 3] = [
    "rules/falco_rules.yaml",
    "rules/falco-incubating_rules.yaml",
    "rules/falco-sandbox_rules.yaml",
];
/// Of the events that a rule does not match, every so manieth is explained: all of them take minutes without optimization.
const EVERY: u64 = 401;

#[test]
fn reasons_agree_with_replay_for_all_stock_rules() {
    let Some(reference) = Reference::open("reasons_agree_with_replay_for_all_stock_rules") else {
        return;
    };
    let paths: Vec<_> = FILES.iter().map(|file| reference.path(file)).collect();
    let texts = read_rule_files(&paths).expect("the rules can be read");
    let every_rule = Selection::default().enable(Selector::Name("*".to_owned()));
    let rules = rules_of(&texts, &every_rule);
    assert_eq!(rules.rules().len(), 93);
    let (mut explained, mut shadowed, mut alerts) = (vec![0_u64; 93], 0, 0);
    for name in CAPTURES {
        let path = reference.capture(name).expect("the capture is there");
        let mut scanner = rules.scanner(RuleMatching::All);
        let mut explainer = Explainer::new(&rules);
        let mut gauges: BTreeMap<_, _> = (0..93)
            .map(RuleIndex)
            .map(|index| (index, rules.gauge(index).expect("there are 93 rules")))
            .collect();
        each_event(&path, &Demand::of_rules(&rules), |seen| {
            let mut matches = Vec::new();
            scanner.scan(seen.context, &mut matches);
            for (index, rule) in (0..).map(RuleIndex).zip(rules.rules()) {
                let holds = matches.contains(&index);
                let is_asked = rule.event_types.contains(seen.context.event_type());
                let is_sampled = is_asked && (seen.number + u64::from(index.0)) % EVERY == 0;
                // Each rule is explained for some event, be it of another type.
                let is_first = explained[index.0 as usize] == 0;
                if !holds && !is_sampled && !is_first {
                    continue;
                }
                let why = explainer.why(index, seen).expect("there are 93 rules");
                let told = format!("{name} #{} {}", seen.number, rule.name);
                let expected = match matches.first() {
                    _ if !holds => Verdict::DoesNotHold,
                    Some(first) if *first != index => Verdict::Shadowed(*first),
                    _ => Verdict::Alerts,
                };
                assert_eq!(
                    (why.explanation.holds, why.verdict),
                    (holds, expected),
                    "{told}"
                );
                let deciding: Vec<_> = why.explanation.deciding().collect();
                assert!(!deciding.is_empty(), "{told}");
                assert_eq!(why.provenance.len(), why.explanation.parts.len(), "{told}");
                let lacking = why.explanation.lacking().count();
                let gauge = gauges.get_mut(&index).expect("there are 93 rules");
                let distance = gauge.measure(seen.context, u32::MAX);
                assert_eq!(
                    distance.map(|distance| distance as usize),
                    Some(lacking),
                    "{told}"
                );
                explained[index.0 as usize] += 1;
                alerts += u64::from(expected == Verdict::Alerts);
                shadowed += u64::from(matches!(expected, Verdict::Shadowed(_)));
            }
        });
    }
    println!(
        "{} reasons for 93 rules: {alerts} alerts, {shadowed} shadowed",
        explained.iter().sum::<u64>()
    );
    assert!(!explained.contains(&0) && alerts > 0 && shadowed > 0);
}
