//! `falco-analyze test --bless`: shows how golden alerts change, and writes them.
//!
//! What changes is a result and goes to stdout; what was written, and what was not and why, is told on stderr.

use std::io::Write as _;
use std::num::NonZeroUsize;

use anyhow::Result;
use falco_analyze::regress::{
    Finding, FoundScenario, Scenario, Unblessed, blessing, means_all, told_apart,
};
use falco_format::text::{Lines, count};
use falco_rules::similar;

use super::super::args::writer;
use super::super::exit::Outcome;
use super::super::{notice, progress};
use super::complain;

/// What stands for every scenario that has golden alerts.
pub(super) const ALL: &str = "*";

/// How many of the expectations that still fail are shown: whoever wants all of them tests the scenario.
const FAILING_SHOWN_MAX: usize = 20;

/// Blesses every scenario that can be: one that cannot does not keep the others from it.
pub(super) fn run(
    chosen: &[FoundScenario],
    patterns: &[String],
    threads: NonZeroUsize,
) -> Result<Outcome> {
    let complaints = complaints(chosen, patterns);
    if !complaints.is_empty() {
        complaints.iter().for_each(notice::complain);
        notice::complain("nothing was written");
        return Ok(Outcome::Failed);
    }
    let mut outcomes = Vec::new();
    for (one, name) in chosen.iter().zip(told_apart(chosen)) {
        let is_meant = patterns.iter().any(|pattern| means_all(pattern, &one.name));
        match &one.scenario {
            Err(error) if is_meant => {
                complain(&name, error);
                outcomes.push(Outcome::Failed);
            }
            Ok(scenario) if is_meant && scenario.golden.is_some() => {
                outcomes.push(bless(scenario, &name, threads)?);
            }
            _ => {}
        }
    }
    Ok(Outcome::of(outcomes))
}

/// Patterns that mean no scenario with golden alerts, and names that mean several.
fn complaints(chosen: &[FoundScenario], patterns: &[String]) -> Vec<String> {
    let mut complaints = nothing_meant(chosen, patterns);
    let names = patterns.iter().filter(|pattern| !pattern.contains('*'));
    complaints.extend(names.filter_map(|name| {
        let meant = chosen.iter().filter(|one| one.name == *name);
        let directories = meant.map(|one| one.directory().display().to_string());
        let directories: Vec<_> = directories.collect();
        (directories.len() > 1).then(|| {
            format!(
                "{} scenarios are called '{name}' (--bless): {}; name the directory of the one that is meant",
                directories.len(),
                directories.join(", ")
            )
        })
    }));
    complaints
}

fn nothing_meant(chosen: &[FoundScenario], patterns: &[String]) -> Vec<String> {
    let nothing = patterns.iter().filter_map(|pattern| {
        let mut meant = chosen.iter().filter(|one| means_all(pattern, &one.name));
        let first = meant.clone().next();
        let has_golden = |one: &FoundScenario| {
            let scenario = one.scenario.as_ref();
            scenario.map_or(true, |scenario| scenario.golden.is_some())
        };
        if meant.any(has_golden) {
            return None;
        }
        let words = match first {
            Some(_) if pattern == ALL => {
                "no scenario that is selected has golden alerts".to_owned()
            }
            Some(one) => format!(
                "'{}' has no golden alerts; expected = \"expected.jsonl\" in its scenario.toml says that it shall",
                one.name
            ),
            None => {
                let names = chosen.iter().map(|one| one.name.as_str());
                let near = similar(pattern, names);
                let hint = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                format!("no scenario is called '{pattern}' (--bless){hint}")
            }
        };
        Some(words)
    });
    nothing.collect()
}

fn bless(scenario: &Scenario, name: &str, threads: NonZeroUsize) -> Result<Outcome> {
    let blessing = progress::during("replaying", name, || blessing(scenario, threads));
    let blessing = match blessing {
        Ok(blessing) => blessing,
        Err(Unblessed::CannotRun(error)) => {
            complain(name, &error);
            return Ok(Outcome::Failed);
        }
        Err(Unblessed::Incomplete(missing)) => {
            notice::complain(format_args!(
                "{name}: not blessed, since what came is not all that happened; where that is what the scenario shows, complete = false in its scenario.toml says so"
            ));
            let mut text = Lines::new();
            missing
                .lines()
                .for_each(|line| text.line(format_args!("    {line}")));
            notice::tell(&text);
            return Ok(Outcome::Incomplete);
        }
    };
    let alerts = count(blessing.alerts as u64, "alert");
    let mut told = Lines::new();
    if blessing.difference.is_empty() {
        told.line(format_args!("{name}: expects {alerts} as before"));
        return Ok(beside(name, &blessing.failing, told));
    }
    let mut shown = Lines::new();
    shown.text(&blessing.difference);
    let mut writer = writer();
    writer.write_all(shown.as_str().as_bytes())?;
    writer.flush()?;
    if let Err(error) = blessing.write(scenario) {
        complain(name, &error);
        return Ok(Outcome::Failed);
    }
    told.line(format_args!("{name}: expects {alerts} now"));
    Ok(beside(name, &blessing.failing, told))
}

/// Tells what was done, and what of the scenario fails all the same: no golden alerts make up for that.
fn beside(name: &str, failing: &[Finding], mut told: Lines) -> Outcome {
    if !failing.is_empty() {
        let (number, verb) = match failing.len() {
            1 => (count(1, "expectation"), "fails"),
            several => (count(several as u64, "expectation"), "fail"),
        };
        told.line(format_args!(
            "{name}: {number} of scenario.toml still {verb}, which --bless does not write"
        ));
        let shown = failing.iter().take(FAILING_SHOWN_MAX);
        shown.for_each(|one| told.line(format_args!("    {}: {}", one.place, one.message)));
        let more = failing.len().saturating_sub(FAILING_SHOWN_MAX);
        if more > 0 {
            told.line(format_args!("    and {more} more"));
        }
    }
    notice::tell(&told);
    Outcome::found(!failing.is_empty())
}
