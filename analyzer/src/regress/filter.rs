//! Which of the scenarios are asked for: by name, tag, technique, rule.
//!
//! In: patterns as typed, and scenarios as they were found. Out: those that are meant, and a complaint of each pattern that means none.
//! A misspelt pattern would otherwise be a run without scenarios, which reads like good news.
//! What cannot be read stays among them: nobody knows what it is about.

use std::collections::BTreeSet;

use falco_rules::similar;

use super::expected;
use super::find::FoundScenario;
use super::problem::with_hint;
use super::scenario::Scenario;

/// What is asked for. Of each kind one must hold, where any is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Parts of names, or patterns for whole ones.
    pub names: Vec<String>,
    /// Tags, or patterns for them.
    pub tags: Vec<String>,
    /// ATT&CK techniques; one stands for its sub-techniques too.
    pub techniques: Vec<String>,
    /// Names of rules that are expected to fire or not to, or patterns for them.
    pub rules: Vec<String>,
}

/// One pattern of a filter.
struct Asked<'f> {
    option: &'static str,
    pattern: &'f str,
    values: fn(&Scenario) -> Vec<String>,
    means: fn(&str, &str) -> bool,
}

impl Filter {
    /// Leaves the scenarios that are meant.
    ///
    /// # Errors
    /// Each pattern that means no scenario, or that all together leave none, in words.
    pub fn choose(&self, found: Vec<FoundScenario>) -> Result<Vec<FoundScenario>, Vec<String>> {
        let kinds = self.kinds();
        if kinds.iter().all(Vec::is_empty) {
            return Ok(found);
        }
        let readable: Vec<&Scenario> = found
            .iter()
            .filter_map(|one| one.scenario.as_ref().ok())
            .collect();
        let asked = kinds.iter().flatten();
        let nothing = asked.filter(|asked| !readable.iter().any(|one| asked.holds(one)));
        let complaints: Vec<_> = nothing.map(|asked| asked.complaint(&readable)).collect();
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let is_meant = |scenario: &Scenario| {
            let mut kinds = kinds.iter().filter(|asked| !asked.is_empty());
            kinds.all(|asked| asked.iter().any(|asked| asked.holds(scenario)))
        };
        if !readable.iter().any(|scenario| is_meant(scenario)) {
            return Err(vec![
                "the options that select scenarios leave none".to_owned(),
            ]);
        }
        let found = found.into_iter();
        Ok(found
            .filter(|one| one.scenario.as_ref().map_or(true, is_meant))
            .collect())
    }

    fn kinds(&self) -> [Vec<Asked<'_>>; 4] {
        fn asked<'f>(
            option: &'static str,
            patterns: &'f [String],
            values: fn(&Scenario) -> Vec<String>,
            means: fn(&str, &str) -> bool,
        ) -> Vec<Asked<'f>> {
            let patterns = patterns.iter();
            let asked = patterns.map(|pattern| Asked {
                option,
                pattern,
                values,
                means,
            });
            asked.collect()
        }
        [
            asked(
                "--name",
                &self.names,
                |one| vec![one.name.clone()],
                means_part,
            ),
            asked("--tag", &self.tags, |one| one.tags.clone(), means_all),
            asked(
                "--technique",
                &self.techniques,
                |one| one.techniques.clone(),
                means_technique,
            ),
            asked("--rule", &self.rules, rules_of, means_all),
        ]
    }
}

impl Asked<'_> {
    fn holds(&self, scenario: &Scenario) -> bool {
        let values = (self.values)(scenario);
        values.iter().any(|value| (self.means)(self.pattern, value))
    }

    fn complaint(&self, scenarios: &[&Scenario]) -> String {
        let known: BTreeSet<String> = scenarios
            .iter()
            .flat_map(|one| (self.values)(one))
            .collect();
        let what = match self.option {
            "--name" => "no scenario is called",
            "--tag" => "no scenario has the tag",
            "--technique" => "no scenario shows the technique",
            _ => "no scenario expects anything of the rule",
        };
        let words = format!("{what} '{}' ({})", self.pattern, self.option);
        let wanted = self.pattern.trim_matches('*').to_lowercase();
        let same = known.iter().find(|name| name.to_lowercase() == wanted);
        let near = same.map(String::as_str);
        let near = near.or_else(|| similar(self.pattern, known.iter().map(String::as_str)));
        with_hint(words, near)
    }
}

/// The rules that a scenario names.
fn rules_of(scenario: &Scenario) -> Vec<String> {
    let golden = scenario
        .golden
        .as_ref()
        .and_then(|golden| expected::read(golden).ok());
    let golden = golden.into_iter().flatten().map(|line| line.alert.rule);
    let expected = scenario.expectations.iter().map(|one| one.rule.clone());
    let budgets = scenario.budgets.iter().filter_map(|one| one.rule.as_ref());
    let budgets = budgets.map(|(rule, _)| rule.clone());
    let all: BTreeSet<String> = golden.chain(expected).chain(budgets).collect();
    all.into_iter().collect()
}

/// Whether a pattern means a whole name; `*` stands for any characters, and nothing else is special.
#[must_use]
pub fn means_all(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(first) else {
        return false;
    };
    let (between, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let mut name = name;
    for part in between.split('*') {
        let Some((_, behind)) = name.split_once(part) else {
            return false;
        };
        name = behind;
    }
    name.ends_with(last)
}

/// Whether a pattern means a name, or a word stands in it.
fn means_part(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') {
        means_all(pattern, name)
    } else {
        name.contains(pattern)
    }
}

fn means_technique(pattern: &str, technique: &str) -> bool {
    let (pattern, technique) = (pattern.to_uppercase(), technique.to_uppercase());
    let of = technique.split_once('.').map(|(of, _)| of);
    means_all(&pattern, &technique) || of == Some(&pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names() {
        let check = |means: fn(&str, &str) -> bool, pattern, name, expected| {
            assert_eq!(means(pattern, name), expected, "{pattern} and {name}");
        };
        for (pattern, name, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("*b", "abc", false),
            ("a*c", "abc", true),
            ("a*a", "a", false),
            ("a*b*c", "axbxc", true),
            ("a*b*c", "axxc", false),
            ("*shell*", "Terminal shell in", true),
            ("**", "a", true),
            ("[ab]?", "[ab]?", true),
            ("[ab]*", "a", false),
        ] {
            check(means_all, pattern, name, expected);
        }
        check(means_part, "light", "first-light", true);
        check(means_part, "light*", "first-light", false);
        check(means_technique, "T1059", "T1059.004", true);
        check(means_technique, "t1059", "T1059", true);
        check(means_technique, "T1059.004", "T1059", false);
        check(means_technique, "T105", "T1059", false);
    }
}
