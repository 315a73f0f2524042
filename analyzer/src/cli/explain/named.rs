//! The rule that a name stands for.
//!
//! In: rule files and a name as it was typed. Out: the rules, and which of them is meant; or what is wrong, told.

use anyhow::Result;
use falco_analyze::sources::SYSCALLS;
use falco_format::text::plain;
use falco_rules::{Rule, RuleIndex, RuleSet, Selection};

use crate::cli::args::RuleFileArgs;
use crate::cli::notice;
use crate::cli::selection::meant;

/// Most rules that are listed where a name stands for several.
const LISTED_MAX: usize = 8;

/// Loads the rules and finds the one of the name. `None` where there are errors, or no such rule; that is told.
pub(super) fn load(files: &RuleFileArgs, name: &str) -> Result<Option<(RuleSet, RuleIndex)>> {
    let Some(rules) = files.load(&[SYSCALLS], &Selection::default(), "explained")? else {
        return Ok(None);
    };
    match find(rules.rules(), name) {
        Ok((index, note)) => {
            note.iter().for_each(notice::complain);
            Ok(Some((rules, index)))
        }
        Err(reason) => {
            notice::complain(reason);
            Ok(None)
        }
    }
}

/// The rule of a name: by the name itself, else the only one of this name whatever the case, or that begins with it, or
/// that has it within; with what is to be said of that.
fn find(rules: &[Rule], name: &str) -> Result<(RuleIndex, Option<String>), String> {
    let lower = name.to_lowercase();
    let is_it: [&dyn Fn(&str) -> bool; 4] = [
        &|known| known == name,
        &|known| known.to_lowercase() == lower,
        &|known| known.to_lowercase().starts_with(&lower),
        &|known| known.to_lowercase().contains(&lower),
    ];
    for (step, is_it) in is_it.iter().enumerate() {
        let numbered = (0..).map(RuleIndex).zip(rules);
        let found: Vec<_> = numbered.filter(|(_, rule)| is_it(&rule.name)).collect();
        match found.as_slice() {
            [] => {}
            [(index, rule)] => {
                let note = format!("--rule '{name}' is taken for '{}'", rule.name);
                return Ok((*index, (step > 0).then_some(note)));
            }
            several => {
                let names: Vec<_> = several.iter().map(|(_, rule)| rule.name.as_str()).collect();
                return Err(ambiguous(name, &names));
            }
        }
    }
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let near = meant(name, &names);
    let hint = near.map_or_else(
        || "; rules of other sources than system calls are passed over here".to_owned(),
        |near| format!("; did you mean '{near}'?"),
    );
    Err(format!(
        "no rule has the name '{}' (--rule){hint}",
        plain(name)
    ))
}

fn ambiguous(name: &str, names: &[&str]) -> String {
    let listed: Vec<_> = names
        .iter()
        .take(LISTED_MAX)
        .map(|name| format!("'{name}'"))
        .collect();
    let more = if names.len() > LISTED_MAX {
        ", …"
    } else {
        ""
    };
    format!(
        "--rule '{name}' stands for {} rules: {}{more}",
        names.len(),
        listed.join(", ")
    )
}
