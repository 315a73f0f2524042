//! The rules of scenarios, loaded once for all scenarios that have the same.
//!
//! In: a scenario's rule files and priority. Out: its rules, shared; or what is wrong with them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use falco_rules::{Priority, RuleSet, Selection};

use super::problem::CannotRun;
use super::scenario::Scenario;
use crate::rule_files::load_rule_files;
use crate::sources::{SOURCES, schemas};

type Shared = Result<Arc<RuleSet>, CannotRun>;
type Key = (Vec<PathBuf>, Option<Priority>);

/// Rules that were loaded.
#[derive(Default)]
pub(super) struct RuleCache {
    loaded: Mutex<HashMap<Key, Arc<OnceLock<Shared>>>>,
}

impl RuleCache {
    /// The rules of a scenario. Whoever asks for the same at the same time waits until they are loaded.
    pub(super) fn of(&self, scenario: &Scenario) -> Shared {
        let files = scenario.rules.iter();
        // Scenarios name the same files from different directories.
        let files = files.map(|file| file.canonicalize().unwrap_or_else(|_| file.clone()));
        let key = (files.collect(), scenario.priority);
        let cell = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(loaded.entry(key).or_default())
        };
        cell.get_or_init(|| load(&scenario.rules, scenario.priority).map(Arc::new))
            .clone()
    }
}

/// Loads rule files, directories expanded; of the rules only those at least so grave are enabled.
pub(super) fn load(files: &[PathBuf], priority: Option<Priority>) -> Result<RuleSet, CannotRun> {
    let mut selection = Selection::default();
    if let Some(priority) = priority {
        selection = selection.at_least(priority);
    }
    let loaded = load_rule_files(&schemas(SOURCES), files, &selection);
    loaded.rules.ok_or_else(|| {
        let errors = loaded.reports.iter().flat_map(|report| &report.errors);
        let errors: Vec<_> = errors.cloned().collect();
        CannotRun::of_rules(&errors)
    })
}
