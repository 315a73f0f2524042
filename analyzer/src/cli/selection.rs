//! Options that select rules: each must select something.
//!
//! In: options as typed, and the rules that were loaded. Out: a selection, and complaints of what selects nothing.
//! A misspelt name would otherwise be a replay without alerts, which reads like good news.

use clap::Args;
use falco_rules::{Priority, Rule, RuleSet, Selection, Selector, similar};

/// Which of the loaded rules to run.
#[derive(Args)]
pub(crate) struct SelectionArgs {
    /// Only rules at least this grave: emergency, alert, critical, error, warning, notice, informational, debug
    #[arg(long, value_name = "MIN")]
    priority: Option<Priority>,
    /// Only rules whose name matches: case counts, `*` stands for any characters; repeatable
    #[arg(long = "rule", value_name = "GLOB")]
    names: Vec<String>,
    /// Only rules that carry the tag; repeatable
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Not the rules whose name matches, as for --rule; repeatable
    #[arg(long = "disable-rule", value_name = "GLOB")]
    disabled_names: Vec<String>,
    /// Not the rules that carry the tag; repeatable
    #[arg(long = "disable-tag", value_name = "TAG")]
    disabled_tags: Vec<String>,
}

impl SelectionArgs {
    /// The steps in the order in which they are taken: first what is wanted, then what is not.
    fn steps(&self) -> Vec<(&'static str, Selector)> {
        let name = |option| move |name: &String| (option, Selector::Name(name.clone()));
        let tag = |option| move |tag: &String| (option, Selector::Tag(tag.clone()));
        let wanted = self.names.iter().map(name("--rule"));
        let wanted = wanted.chain(self.tags.iter().map(tag("--tag")));
        let not = self.disabled_names.iter().map(name("--disable-rule"));
        let not = not.chain(self.disabled_tags.iter().map(tag("--disable-tag")));
        wanted.chain(not).collect()
    }

    /// What they select.
    pub(crate) fn selection(&self) -> Selection {
        let mut selection = Selection::default();
        if !self.names.is_empty() || !self.tags.is_empty() {
            selection = selection.disable(Selector::Name("*".to_owned()));
        }
        for (option, selector) in self.steps() {
            selection = if option.starts_with("--disable") {
                selection.disable(selector)
            } else {
                selection.enable(selector)
            };
        }
        match self.priority {
            Some(priority) => selection.at_least(priority),
            None => selection,
        }
    }

    /// What selects nothing of these rules, a line each; that nothing is left, if that is so.
    pub(crate) fn complaints(&self, rules: &RuleSet) -> Vec<String> {
        self.complaints_of(&[rules])
    }

    /// What selects nothing of any of several rule sets.
    pub(crate) fn complaints_of(&self, sets: &[&RuleSet]) -> Vec<String> {
        let rules: Vec<&Rule> = sets.iter().flat_map(|set| set.rules()).collect();
        let steps = self.steps();
        let complaints: Vec<_> = steps
            .iter()
            .filter(|(_, selector)| !rules.iter().any(|rule| selector.names(rule)))
            .map(|(option, selector)| complaint(option, selector, &rules))
            .collect();
        let is_asked = !steps.is_empty() || self.priority.is_some();
        let is_left = rules.iter().any(|rule| rule.enabled);
        if complaints.is_empty() && is_asked && !is_left {
            return vec![
                "the options that select rules leave none; nothing was replayed".to_owned(),
            ];
        }
        complaints
    }
}

fn complaint(option: &str, selector: &Selector, rules: &[&Rule]) -> String {
    let (what, wanted) = match selector {
        Selector::Name(name) => ("no rule has the name", name),
        Selector::Tag(tag) => ("no rule carries the tag", tag),
    };
    let bare = wanted.trim_matches('*').to_lowercase();
    let known: Vec<&str> = match selector {
        Selector::Name(_) => rules.iter().map(|rule| rule.name.as_str()).collect(),
        Selector::Tag(_) => {
            let tags = rules.iter().flat_map(|rule| &rule.tags);
            tags.map(String::as_str).collect()
        }
    };
    let near = meant(&bare, &known);
    let hint = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
    format!("{what} '{wanted}' ({option}){hint}")
}

/// The name that was probably meant by one that nothing has.
pub(crate) fn meant<'n>(wanted: &str, known: &[&'n str]) -> Option<&'n str> {
    let wanted = wanted.to_lowercase();
    // Whoever knows a name by heart errs in its capitals first.
    let lower: Vec<String> = known.iter().map(|name| name.to_lowercase()).collect();
    let near = similar(&wanted, lower.iter().map(String::as_str));
    let near = near.and_then(|near| {
        let place = lower.iter().position(|name| name == near)?;
        known.get(place)
    });
    let holding = || {
        let mut holding = known.iter().zip(&lower);
        let found = holding.find(|(_, name)| !wanted.is_empty() && name.contains(&wanted));
        found.map(|(name, _)| name)
    };
    near.or_else(holding).copied()
}
