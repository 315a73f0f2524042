//! Act files, `corpus/acts/*.act`: what each scenario of a rule does.
//!
//! In: the files. Out: rules, and of each scenario its name, its place, what it shows and its lines. How a scenario is recorded from them is said by `corpus/machine/split`.

use std::fs;
use std::path::Path;

use crate::programs::root;

/// An act file.
pub(super) struct Acts {
    /// The directory of its scenarios.
    pub(super) name: String,
    /// The rule that it is about; none for a baseline.
    pub(super) rule: Option<String>,
    /// The ATT&CK technique that it shows.
    pub(super) technique: Option<String>,
    /// Its scenarios in order.
    pub(super) scenarios: Vec<Act>,
}

/// A scenario of an act file.
pub(super) struct Act {
    pub(super) name: String,
    /// Where it runs: on the host, in a container, with privileges, on a terminal.
    pub(super) place: String,
    pub(super) lines: Vec<String>,
}

impl Acts {
    /// The scenario of a name.
    pub(super) fn scenario(&self, name: &str) -> Option<&Act> {
        self.scenarios.iter().find(|act| act.name == name)
    }
}

/// All act files, by their names.
pub(super) fn all() -> Vec<Acts> {
    let listed = fs::read_dir(root().join("corpus/acts")).expect("the acts");
    let paths = listed.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "act"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Acts {
    let text = fs::read_to_string(path).expect("an act file");
    let (mut rule, mut technique) = (None, None);
    let (mut usual, mut scenarios) = (String::new(), Vec::<Act>::new());
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("=== ") {
            let (head, _) = head.split_once(": ").expect("what it shows");
            let (name, place) = head.split_once(" @").unwrap_or((head, &usual));
            scenarios.push(Act {
                name: name.to_owned(),
                place: place.to_owned(),
                lines: Vec::new(),
            });
        } else if let Some(act) = scenarios.last_mut() {
            act.lines.push(line.to_owned());
        } else if let Some(("rule", name)) = line.split_once(": ") {
            rule = Some(name.to_owned());
        } else if let Some(("technique", id)) = line.split_once(": ") {
            technique = Some(id.to_owned());
        } else if let Some(("where", place)) = line.split_once(": ") {
            place.clone_into(&mut usual);
        }
    }
    let stem = path.file_stem().expect("a name");
    Acts {
        name: stem.to_string_lossy().into_owned(),
        rule,
        technique,
        scenarios,
    }
}
