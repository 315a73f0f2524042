//! Scenario files: found, read, checked.
//!
//! In: a directory. Out: scenarios with their paths resolved against the scenario's own directory, never against the current one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use falco_rules::Priority;
use serde::Deserialize;

/// The file that makes a directory a scenario.
const SCENARIO_FILE: &str = "scenario.toml";
/// Where the expected alerts are unless the scenario says otherwise.
const EXPECTED_FILE: &str = "expected.jsonl";

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of its directory.
    pub name: String,
    /// What it shows, in its author's words.
    pub description: String,
    /// The capture.
    pub capture: PathBuf,
    /// Rule files or directories, in order.
    pub rules: Vec<PathBuf>,
    /// Its directory.
    pub directory: PathBuf,
    /// The expected alerts.
    pub expected: PathBuf,
    /// The expected alerts as the scenario names them, below its directory or elsewhere.
    pub expected_name: PathBuf,
    /// Which of the rules that match an event alert.
    pub matching: Matching,
    /// Only rules at least this grave.
    pub priority: Option<Priority>,
    /// Output fields that must be equal, beside rule and priority.
    pub fields: Vec<String>,
    /// Whether times must be equal.
    pub compares_time: bool,
    /// Whether threads must be equal.
    pub compares_thread: bool,
    /// Whether the capture must be complete: no losses, no damage.
    pub complete: bool,
}

/// Falco's `rule_matching`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// The first rule in order of definition.
    #[default]
    First,
    /// Every rule.
    All,
}

/// The file as written. Unknown keys are errors: a misspelt key would compare less than its author thinks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    #[serde(default)]
    description: String,
    capture: PathBuf,
    rules: Vec<PathBuf>,
    expected: Option<PathBuf>,
    #[serde(default)]
    rule_matching: Matching,
    priority: Option<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    compare_time: bool,
    #[serde(default)]
    compare_thread: bool,
    #[serde(default = "complete_by_default")]
    complete: bool,
}

const fn complete_by_default() -> bool {
    true
}

/// A scenario that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file or directory cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no scenario.
    #[error("{} is not a valid scenario", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The priority is none of Falco's.
    #[error("{}: there is no priority '{priority}'", path.display())]
    Priority {
        /// The file.
        path: PathBuf,
        /// As written.
        priority: String,
    },
    /// Neither the directory nor its children are scenarios.
    #[error("{} holds no scenario: neither it nor a directory in it has a {SCENARIO_FILE}", path.display())]
    NoScenario {
        /// The directory.
        path: PathBuf,
    },
}

/// A scenario's name, and the scenario unless it cannot be read: one that cannot does not stop the others.
pub type FoundScenario = (String, Result<Scenario, ScenarioError>);

/// The scenarios of a directory: itself, or its children in the order of their names. What holds none is one that cannot be read.
#[must_use]
pub fn find_scenarios(directory: &Path) -> Vec<FoundScenario> {
    let found = |directory: &Path| (name_of(directory), read(directory));
    match scenario_directories(directory) {
        Ok(directories) => directories.iter().map(|child| found(child)).collect(),
        Err(error) => vec![(name_of(directory), Err(error))],
    }
}

fn scenario_directories(directory: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    if directory.join(SCENARIO_FILE).is_file() {
        return Ok(vec![directory.to_owned()]);
    }
    let failed = |source| ScenarioError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut children = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let child = entry.map_err(failed)?.path();
        if child.join(SCENARIO_FILE).is_file() {
            children.push(child);
        }
    }
    if children.is_empty() {
        return Err(ScenarioError::NoScenario {
            path: directory.to_owned(),
        });
    }
    children.sort();
    Ok(children)
}

/// What a scenario is called: its directory's own name.
fn name_of(directory: &Path) -> String {
    let path = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    path.file_name().map_or_else(
        || directory.display().to_string(),
        |name| name.display().to_string(),
    )
}

fn read(directory: &Path) -> Result<Scenario, ScenarioError> {
    let path = directory.join(SCENARIO_FILE);
    let text = fs::read_to_string(&path).map_err(|source| ScenarioError::Read {
        path: path.clone(),
        source,
    })?;
    let file: ScenarioFile = toml::from_str(&text).map_err(|source| ScenarioError::Invalid {
        path: path.clone(),
        source: Box::new(source),
    })?;
    let priority = file.priority.map(|priority| {
        priority
            .parse::<Priority>()
            .map_err(|_| ScenarioError::Priority {
                path: path.clone(),
                priority,
            })
    });
    let expected_name = file.expected.unwrap_or_else(|| EXPECTED_FILE.into());
    Ok(Scenario {
        name: name_of(directory),
        description: file.description,
        capture: directory.join(file.capture),
        rules: file
            .rules
            .iter()
            .map(|rules| directory.join(rules))
            .collect(),
        expected: directory.join(&expected_name),
        expected_name,
        directory: directory.to_owned(),
        matching: file.rule_matching,
        priority: priority.transpose()?,
        fields: file.fields,
        compares_time: file.compare_time,
        compares_thread: file.compare_thread,
        complete: file.complete,
    })
}
