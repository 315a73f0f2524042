//! Golden alerts written anew: first what would change, then the change.
//!
//! In: a scenario. Out: the difference between the alerts that were expected and those that came; written when it is asked for. What else the scenario expects is no matter of writing, so what of it fails is told beside.
//! A capture that lost events in its window is refused: what came is not what happened, and a golden file would say it was.

use std::num::NonZeroUsize;

use falco_format::text::{json_text, plain};

use super::golden;
use super::problem::CannotRun;
use super::rules::RuleCache;
use super::scenario::Scenario;
use super::suite::whatever_happens;
use super::trial::Trial;
use super::unified::unified;
use super::verdict::Finding;

/// What blessing a scenario means.
#[derive(Clone, Debug)]
pub struct Blessing {
    /// How many alerts are expected from now on.
    pub alerts: usize,
    /// How the file changes, as a unified difference; nothing where it does not.
    pub difference: String,
    /// What else is not as the scenario expects, whatever its golden alerts are.
    pub failing: Vec<Finding>,
    text: String,
}

/// Why a scenario is not blessed.
#[derive(Clone, Debug)]
pub enum Unblessed {
    /// It cannot be run.
    CannotRun(CannotRun),
    /// Its captures lack something: what, in lines.
    Incomplete(String),
}

impl From<CannotRun> for Unblessed {
    fn from(error: CannotRun) -> Self {
        Unblessed::CannotRun(error)
    }
}

/// Replays a scenario and tells what blessing it would write.
///
/// # Errors
/// When it cannot be run, has no golden alerts, or lacks evidence.
pub fn blessing(scenario: &Scenario, threads: NonZeroUsize) -> Result<Blessing, Unblessed> {
    let Some(golden) = &scenario.golden else {
        return Err(CannotRun::because("it has no golden alerts").into());
    };
    // The old expectations decide nothing here, so what is wrong with them is no hindrance.
    let beside = Scenario {
        golden: None,
        ..scenario.clone()
    };
    let (seen, missing, failing) = whatever_happens(|| {
        let rules = RuleCache::default().of(scenario)?;
        let mut trial = Trial::expecting(scenario, &rules, Vec::new())?;
        let seen = trial.replay(threads)?;
        let failing = trial.judged(&beside, &seen);
        Ok((seen, trial.evidence(), failing))
    })?;
    if let Some(missing) = missing {
        return Err(Unblessed::Incomplete(missing));
    }
    let mut text = String::new();
    for (alert, _) in &seen.golden {
        let line = serde_json::to_string(alert)
            .map_err(|error| CannotRun::because(format!("an alert is no JSON: {error}")))?;
        text.push_str(&json_text(&line));
        text.push('\n');
    }
    let old = golden::current(&scenario.directory, &golden.name).map_err(|error| {
        let path = golden.path.display();
        CannotRun::because(format!("cannot read the expected alerts {path}: {error}"))
    })?;
    let is_new = old.is_none();
    let old = old.unwrap_or_default();
    let name = plain(&golden.path).to_string();
    let mut difference = unified(&name, &old, &text);
    if difference.is_empty() && (old != text || is_new) {
        difference = format!("--- {name}\n+++ {name}\n");
    }
    Ok(Blessing {
        alerts: seen.golden.len(),
        difference,
        failing,
        text,
    })
}

impl Blessing {
    /// Writes the alerts as the ones expected, inside of the scenario's directory alone.
    ///
    /// # Errors
    /// When the file lies elsewhere, or cannot be written.
    pub fn write(&self, scenario: &Scenario) -> Result<(), CannotRun> {
        let Some(golden) = &scenario.golden else {
            return Err(CannotRun::because("it has no golden alerts"));
        };
        golden::write(&scenario.directory, &golden.name, &self.text).map_err(|error| {
            let path = golden.path.display();
            CannotRun::because(format!("cannot write the expected alerts {path}: {error}"))
        })
    }
}
