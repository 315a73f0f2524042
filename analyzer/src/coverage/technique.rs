//! ATT&CK techniques: what rules and scenarios claim, and what captures prove.
//!
//! In: rules with their tags, scenarios with their techniques, and what came of them. Out: each technique once.
//! A rule claims the techniques among its tags, and proves them by alerting in some scenario; a scenario claims those that
//! it names, and proves them if all that it expects holds, its evidence is whole, and an alert came that an `[[expect]]` of
//! it wants to come: an alert of just any rule shows nothing of them.

use std::collections::BTreeMap;

use super::model::CoverReport;

/// A technique with who claims it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Technique {
    /// Its name: T1059 or T1059.004.
    pub id: String,
    /// Rules that claim it and alerted, with the scenarios in which they did.
    pub proven_rules: Vec<(String, Vec<String>)>,
    /// Rules that claim it and never alerted.
    pub silent_rules: Vec<String>,
    /// Scenarios that claim it, pass, and expect an alert that came.
    pub proven_scenarios: Vec<String>,
    /// Scenarios that claim it and fail, expect no alert, or could not be run.
    pub silent_scenarios: Vec<String>,
}

impl Technique {
    /// Whether anything proves it.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        !self.proven_rules.is_empty() || !self.proven_scenarios.is_empty()
    }

    /// The share of those who claim it that prove it, in percent.
    #[must_use]
    pub fn score(&self) -> u64 {
        let proven = self.proven_rules.len() + self.proven_scenarios.len();
        let all = proven + self.silent_rules.len() + self.silent_scenarios.len();
        let share = (proven * 100).checked_div(all).unwrap_or(0);
        u64::try_from(share).unwrap_or(0)
    }
}

/// A tag as the name of a technique, if it is one.
#[must_use]
pub fn technique(tag: &str) -> Option<String> {
    let name = tag.to_ascii_uppercase();
    let (of, sub) = name.split_once('.').unwrap_or((&name, "000"));
    let is_number = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_technique = of
        .strip_prefix('T')
        .is_some_and(|number| is_number(number, 4));
    (is_technique && is_number(sub, 3)).then_some(name)
}

/// The techniques, by name.
#[must_use]
pub fn techniques(report: &CoverReport) -> Vec<Technique> {
    let mut found: BTreeMap<String, Technique> = BTreeMap::new();
    fn entry(found: &mut BTreeMap<String, Technique>, id: String) -> &mut Technique {
        found.entry(id.clone()).or_insert_with(|| Technique {
            id,
            ..Technique::default()
        })
    }
    for (item, facts) in report.rules() {
        for id in facts.tags.iter().filter_map(|tag| technique(tag)) {
            let technique = entry(&mut found, id);
            if facts.tally.alerts > 0 {
                let names = facts.scenarios.iter();
                let names = names.filter_map(|place| report.scenarios.get(*place));
                let names = names.map(|scenario| scenario.name.clone()).collect();
                technique.proven_rules.push((item.name.clone(), names));
            } else {
                technique.silent_rules.push(item.name.clone());
            }
        }
    }
    for scenario in &report.scenarios {
        let is_proven = scenario.result.as_ref().is_ok_and(|proven| {
            proven.is_passing() && proven.evidence.is_none() && proven.meant > 0
        });
        for id in scenario.techniques.iter().filter_map(|tag| technique(tag)) {
            let technique = entry(&mut found, id);
            let list = if is_proven {
                &mut technique.proven_scenarios
            } else {
                &mut technique.silent_scenarios
            };
            list.push(scenario.name.clone());
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_told_from_other_tags() {
        let check = |tag: &str, expected: Option<&str>| {
            assert_eq!(technique(tag).as_deref(), expected, "{tag}");
        };
        check("T1059", Some("T1059"));
        check("t1059.004", Some("T1059.004"));
        check("T1059.4", None);
        check("T105", None);
        check("T10590", None);
        check("TA0002", None);
        check("mitre_execution", None);
        check("", None);
        check("T1059.004.1", None);
    }
}
