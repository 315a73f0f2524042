//! A scenario: what there is to run and to compare.
//!
//! It owns the type alone: it is read elsewhere, and whoever runs it asks it.

use std::fs;
use std::path::{Path, PathBuf};

use falco_rules::Priority;

use super::expectation::{Budget, Expectation};
use super::problem::Place;
use crate::time::Moment;

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called: the name of its directory unless its file says otherwise.
    pub name: String,
    /// What it shows, in its author's words.
    pub description: String,
    /// What it is about.
    pub tags: Vec<String>,
    /// The ATT&CK techniques that it shows.
    pub techniques: Vec<String>,
    /// The captures, in the order in which they are given.
    pub captures: Vec<PathBuf>,
    /// Rule files or directories, in order.
    pub rules: Vec<PathBuf>,
    /// Where its file names them.
    pub rules_place: Option<Place>,
    /// Its directory.
    pub directory: PathBuf,
    /// Its file.
    pub file: PathBuf,
    /// Which time of the captures it is about.
    pub window: Window,
    /// Its golden alerts.
    pub golden: Option<Golden>,
    /// What rules fire, how often, with what.
    pub expectations: Vec<Expectation>,
    /// How many alerts there may be.
    pub budgets: Vec<Budget>,
    /// Where it says that nothing else fires.
    pub nothing_else: Option<Place>,
    /// Which of the rules that match an event alert.
    pub matching: Matching,
    /// Only rules at least this grave.
    pub priority: Option<Priority>,
    /// Whether the captures must be complete: no losses, no damage.
    pub complete: bool,
}

/// Alerts that must come, each of them, in this order, and no others.
#[derive(Clone, Debug)]
pub struct Golden {
    /// The file that holds them.
    pub path: PathBuf,
    /// The same as the scenario names it, below its directory or elsewhere.
    pub name: PathBuf,
    /// Output fields that must be equal, beside rule and priority.
    pub fields: Vec<String>,
    /// Where the scenario chooses what is compared.
    pub fields_place: Option<Place>,
    /// Whether times must be equal.
    pub compares_time: bool,
    /// Whether threads must be equal.
    pub compares_thread: bool,
}

/// A span of time.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// From when on.
    pub since: Option<Moment>,
    /// Up to when.
    pub until: Option<Moment>,
    /// Whether state begins with the capture, and not with the last snapshot before the span.
    pub is_exact: bool,
}

/// Falco's `rule_matching`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// The first rule in order of definition.
    #[default]
    First,
    /// Every rule.
    All,
}

/// What a scenario is called that says nothing: its directory's own name.
pub(in crate::regress) fn name_of(directory: &Path) -> String {
    let path = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    path.file_name().map_or_else(
        || directory.display().to_string(),
        |name| name.display().to_string(),
    )
}
