//! Programs as the optimiser makes them: `tests/programs/NAME.yaml` gives `NAME.program`.
//!
//! With `UPDATE_EXPECTED=1` in the environment the expected texts are written anew.

use std::path::Path;

use crate::Loader;
use crate::optimize::MAX_CLASS_PARTS;
use crate::testing::TestSchema;

/// Compiles the rules of a file into classes of so many parts at most.
fn check(name: &str, most_class_parts: usize) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let file = directory.join(name).with_extension("yaml");
    let text = std::fs::read_to_string(file).expect("the fixture can be read");
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load(name, &text);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let rules = loader.finish().expect("the file has no errors");
    let found = rules.dump(&TestSchema, most_class_parts);
    let expected_file = directory.join(name).with_extension("program");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&expected_file, &found).expect("the expected text can be written");
    }
    let expected = std::fs::read_to_string(&expected_file).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn programs_are_as_expected() {
    for name in ["alternatives", "guards", "lookups", "types"] {
        check(name, MAX_CLASS_PARTS);
    }
    check("types_that_are_tested", 0);
}
