//! What is true of a field stands in its declaration: nothing else of this program or of the one for SQL knows fields by their names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use falco_rules::Schema as _;

use crate::fields::SCHEMA;

/// Where a name is no list of fields: the key of every alert that Falco names like a field, and the types that a query asks for, which are told to the pass by themselves.
const KEYS: [(&str, &str); 2] = [
    ("src/alert.rs", "evt.time"),
    ("sql/src/conditions.rs", "evt.type"),
];

/// Who asks fields for their values, as a query does, and knows nothing else of them: the tables that are made of events.
const ASKERS: [&str; 5] = [
    "src/past/removed.rs",
    "src/past/touched.rs",
    "src/tables/descriptors.rs",
    "src/tables/files.rs",
    "src/tops/kinds.rs",
];

/// A source of a test's, whose fields are its own.
const TOY: &str = "src/cli/second_source/";

/// The texts in quotes of a line that is no comment.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let code = line.trim_start();
    let is_code = !code.starts_with("//");
    code.split('"').skip(1).step_by(2).filter(move |_| is_code)
}

#[test]
fn no_list_of_fields_stands_elsewhere() {
    let names: BTreeSet<&str> = SCHEMA.fields().iter().map(|def| def.name).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut complaints, mut files) = (Vec::new(), 0);
    let mut waiting: Vec<PathBuf> = vec![root.join("src"), root.join("sql/src")];
    while let Some(place) = waiting.pop() {
        if place.is_dir() {
            let entries = fs::read_dir(&place).expect("a folder of sources");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let name = place.strip_prefix(root).expect("below the package");
        let name = name.to_string_lossy();
        let is_test = name.contains("tests") || name.starts_with(TOY);
        if name.starts_with("src/fields/") || is_test || ASKERS.contains(&&*name) {
            continue;
        }
        files += 1;
        let text = fs::read_to_string(&place).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in (1..).zip(code.lines()) {
            for field in quoted(line).filter(|word| names.contains(word)) {
                if !KEYS.contains(&(&*name, field)) {
                    complaints.push(format!("{name}:{number}: \"{field}\""));
                }
            }
        }
    }
    assert!(files > 100, "{files} files were read");
    assert!(
        complaints.is_empty(),
        "make it a property of the field's declaration:\n{}",
        complaints.join("\n")
    );
}
