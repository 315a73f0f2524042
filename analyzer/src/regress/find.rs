//! Scenarios are found: a directory is one, or stands for those below it.
//!
//! In: directories, or files of scenarios, which mean theirs. Out: scenarios, and those that cannot be read, in the order of their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{SCENARIO_FILE, read};
use super::problem::CannotRun;
use super::scenario::{Scenario, name_of};

/// How deep scenarios are looked for: a tree that somebody sorted by subject has three or four levels.
const DEPTH_MAX: usize = 16;

/// What was found where a scenario is looked for.
#[derive(Clone, Debug)]
pub struct FoundScenario {
    /// What it is called, as far as that is known.
    pub name: String,
    /// Its file, or the directory that has none.
    pub file: PathBuf,
    /// The scenario, or why it cannot be read: one that cannot does not stop the others.
    pub scenario: Result<Scenario, CannotRun>,
}

impl FoundScenario {
    /// The directory that it is, or that has none.
    #[must_use]
    pub fn directory(&self) -> &Path {
        match &self.scenario {
            Ok(scenario) => &scenario.directory,
            Err(_) if self.file.ends_with(SCENARIO_FILE) => {
                self.file.parent().unwrap_or(&self.file)
            }
            Err(_) => &self.file,
        }
    }
}

/// The scenarios of directories: themselves, or those below them in the order of their paths, each once. A directory that holds none is one that cannot be read.
#[must_use]
pub fn find_scenarios<P: AsRef<Path>>(directories: &[P]) -> Vec<FoundScenario> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for given in directories.iter().map(AsRef::as_ref) {
        let directory = meant(given);
        let mut here = Vec::new();
        collect(directory, DEPTH_MAX, &mut here);
        if here.is_empty() {
            let words = format!(
                "{} holds no scenario: neither it nor a directory below it has a {SCENARIO_FILE}",
                directory.display()
            );
            here.push(unreadable(directory, CannotRun::because(words)));
        }
        // Two directories may have one file for both, by links, and are two scenarios: what it names lies in each of them.
        let new = here.into_iter().filter(|one| {
            let directory = one.directory();
            known.insert(fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned()))
        });
        found.extend(new);
    }
    found
}

/// What each of these scenarios is called in reports: by its name, and where several have that, by its directory too.
#[must_use]
pub fn told_apart(found: &[FoundScenario]) -> Vec<String> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for one in found {
        *times.entry(&one.name).or_default() += 1;
    }
    let names = found.iter().map(|one| {
        let is_shared = times.get(one.name.as_str()).is_some_and(|times| *times > 1);
        if is_shared {
            format!("{} ({})", one.name, one.directory().display())
        } else {
            one.name.clone()
        }
    });
    names.collect()
}

/// The directory that is meant: whoever completes a path, or hands over what changed, names the file in it.
fn meant(given: &Path) -> &Path {
    let is_file = given.ends_with(SCENARIO_FILE) && given.is_file();
    match given.parent().filter(|_| is_file) {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => given,
    }
}

/// The scenarios below a directory. One that cannot be listed is told as one that cannot be read, since nobody knows what it holds. Names with a dot in front are not looked into.
fn collect(directory: &Path, depth: usize, found: &mut Vec<FoundScenario>) {
    if is_scenario(directory) {
        return found.push(found_in(directory));
    }
    let children = match directories_in(directory) {
        Ok(children) => children,
        Err(error) => {
            let words = format!("cannot read {}: {error}", directory.display());
            return found.push(unreadable(directory, CannotRun::because(words)));
        }
    };
    match depth.checked_sub(1) {
        Some(depth) => {
            let children = children.iter();
            children.for_each(|child| collect(child, depth, found));
        }
        None if children.is_empty() => {}
        None => {
            let words = format!(
                "{} lies {DEPTH_MAX} directories deep, and scenarios below it are not looked for",
                directory.display()
            );
            found.push(unreadable(directory, CannotRun::because(words)));
        }
    }
}

/// The directories in a directory, in order. Links are not followed, so that no way leads back, but to a scenario itself.
fn directories_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut children = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let is_entered = entry.file_type()?.is_dir() || is_scenario(&entry.path());
        if is_entered && !is_hidden {
            children.push(entry.path());
        }
    }
    children.sort();
    Ok(children)
}

/// Whether a directory is a scenario: something has the name of its file, be it one that cannot be read, or nobody may look.
fn is_scenario(directory: &Path) -> bool {
    match fs::symlink_metadata(directory.join(SCENARIO_FILE)) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

fn found_in(directory: &Path) -> FoundScenario {
    let scenario = read(directory);
    let name = scenario.as_ref().map(|scenario| scenario.name.clone());
    FoundScenario {
        name: name.unwrap_or_else(|_| name_of(directory)),
        file: directory.join(SCENARIO_FILE),
        scenario,
    }
}

fn unreadable(directory: &Path, error: CannotRun) -> FoundScenario {
    FoundScenario {
        name: name_of(directory),
        file: directory.to_owned(),
        scenario: Err(error),
    }
}
