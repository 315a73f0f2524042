//! The table of fields in `FIELDS.md`: every field of Falco's, whether it is here, and which test asks for it.
//!
//! `FALCO_BLESS=1` writes the table; without it the table must be what is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use falco_rules::{FieldDef, Schema as _};

use super::reference::{OURS, UNLISTED, reference_fields, type_name};
use crate::fields::{SCHEMA, UNSUPPORTED};

/// What stands in the description of a field that only imported captures have values for.
const IMPORTED_ONLY: &str = "Imported captures only.";

/// Fields that Falco's own values are at hand for: a column for every event of its captures (`events`), or single values (`synthetic`).
const REFERENCE: &str = include_str!("reference_fields.txt");

const HEAD: &str = "\
# Fields

Every field of source `syscall` that Falco 0.44.1 lists, and whether rules, filters, outputs and tables can use it here.
This table is written by a test (`FALCO_BLESS=1 cargo test -p falco-analyze --lib table`) and checked by it.
`falco-analyze rules fields` prints the descriptions.

Columns: *unit test* names the file whose test asks for the field; *Falco's values* says where they are compared with what Falco says: for every event of its captures (`events`), on single events of synthetic captures (`synthetic`), or in filters (`filters`).
";

/// The files with tests, by path in the package.
fn test_sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = vec![root.join("src"), root.join("tests/analyze")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(root).expect("below the package");
            let name = name.to_string_lossy().replace('\\', "/");
            if !name.ends_with(".rs") || name.ends_with("fields/tests/table.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            let is_test = name
                .split('/')
                .any(|part| matches!(part, "tests" | "tests.rs"));
            let tests = if is_test {
                Some(text.as_str())
            } else {
                text.split_once("#[cfg(test)]").map(|(_, tests)| tests)
            };
            if let Some(tests) = tests {
                sources.insert(name, tests.to_owned());
            }
        }
    }
    sources
}

/// Whether a test asks for a field, with an argument or without.
fn asks_for(tests: &str, name: &str) -> bool {
    ["\"", "[", "."]
        .iter()
        .any(|end| tests.contains(&format!("(\"{name}{end}")))
        || tests.contains(&format!("\n            \"{name}\",\n"))
}

/// Where Falco's own values of a field are at hand.
fn reference_kinds(name: &str) -> &'static str {
    let mut lines = REFERENCE.lines().filter_map(|line| line.split_once(' '));
    lines
        .find(|(field, _)| *field == name)
        .map_or("", |(_, kinds)| kinds)
}

fn row(def: &FieldDef, sources: &BTreeMap<String, String>) -> (String, bool) {
    // The nearest test says most: those of the fields before those of other parts.
    let mut places: Vec<&String> = sources
        .iter()
        .filter(|(_, tests)| asks_for(tests, def.name))
        .map(|(name, _)| name)
        .collect();
    places.sort_by_key(|name| (!name.starts_with("src/fields"), (*name).clone()));
    let place = places.first().map_or("", |name| name.as_str());
    let kinds = reference_kinds(def.name);
    let status = if def.doc.contains(IMPORTED_ONLY) {
        "imported captures only"
    } else {
        "yes"
    };
    let row = format!(
        "| `{}` | {} | {status} | {place} | {kinds} |\n",
        def.name,
        type_name(def.ty)
    );
    (row, !place.is_empty() || !kinds.is_empty())
}

/// The page, and the fields that nothing tests.
fn page() -> (String, Vec<&'static str>) {
    let sources = test_sources();
    let (ours, falcos): (Vec<&FieldDef>, Vec<&FieldDef>) = SCHEMA
        .fields()
        .iter()
        .partition(|def| OURS.contains(&def.name));
    let (listed, unlisted): (Vec<&FieldDef>, Vec<&FieldDef>) = falcos
        .into_iter()
        .partition(|def| !UNLISTED.contains(&def.name));
    let mut out = HEAD.to_owned();
    let mut untested = Vec::new();
    let _ = writeln!(
        out,
        "\n{} fields: {} supported, {} not.\n",
        listed.len() + UNSUPPORTED.len(),
        listed.len(),
        UNSUPPORTED.len()
    );
    let heading =
        "| field | type | supported | unit test | Falco's values |\n|---|---|---|---|---|\n";
    let mut rows = |defs: &[&'static FieldDef], out: &mut String| {
        out.push_str(heading);
        for def in defs {
            let (row, is_tested) = row(def, &sources);
            out.push_str(&row);
            if !is_tested {
                untested.push(def.name);
            }
        }
    };
    rows(&listed, &mut out);
    out.push_str("\n## Not supported\n\n| field | why |\n|---|---|\n");
    for field in UNSUPPORTED {
        let _ = writeln!(out, "| `{}` | {} |", field.name, field.reason);
    }
    out.push_str(
        "\n## Beside the list\n\nFalco takes these in rules and does not list them; so do we.\n\n",
    );
    rows(&unlisted, &mut out);
    out.push_str(
        "\n## Ours\n\nFalco has none of these; what they say is in `rules/LANGUAGE.md`.\n\n",
    );
    rows(&ours, &mut out);
    (out, untested)
}

#[test]
fn the_table_of_fields_is_what_is_written() {
    let (page, untested) = page();
    assert!(untested.is_empty(), "no test asks for {untested:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FIELDS.md");
    if std::env::var_os("FALCO_BLESS").is_some() {
        fs::write(&path, &page).expect("the table can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == written,
        "FIELDS.md is not what the declarations say: run this test with FALCO_BLESS=1"
    );
}

#[test]
fn what_falco_says_is_where_the_table_says() {
    let Some(fields) = reference_fields() else {
        return;
    };
    let found = super::reference::fields_with_values(&fields);
    if std::env::var_os("FALCO_BLESS").is_some() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fields/tests/reference_fields.txt");
        fs::write(&path, &found).expect("the list can be written");
        return;
    }
    assert!(
        found == REFERENCE,
        "run this test with FALCO_BLESS=1, and the other one after it"
    );
}
