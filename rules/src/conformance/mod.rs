//! What Falco does with the same conditions and rule files, held against what this crate does.
//!
//! The reference data is named by the environment variable `FALCO_REFERENCE`; without it these tests say so and pass.
//! Every case must agree or stand in [`deviations`] with its reason; the table of `LANGUAGE.md` comes from there.

mod compiler;
mod deviations;
mod layout;
mod loader;
mod parser;
mod reference;
mod regression;
mod semantic;
mod speed;
mod stock;

use reference::Reference;

/// How many cases of a set agree, and which do not.
#[derive(Default)]
struct Tally {
    cases: usize,
    differing: Vec<(String, String)>,
}

impl Tally {
    /// Counts one case; `difference` says what is different, if anything is.
    fn count(&mut self, case: &str, difference: Option<String>) {
        self.cases += 1;
        self.differing
            .extend(difference.map(|difference| (case.to_owned(), difference)));
    }

    /// Prints the figures and fails if a case differs without a reason.
    fn finish(self, set: &str) {
        let unexplained: Vec<_> = self
            .differing
            .iter()
            .filter(|(case, _)| deviations::reason(set, case).is_none())
            .map(|(case, difference)| format!("{case}\n    {difference}"))
            .collect();
        let agreed = self.cases - self.differing.len();
        println!(
            "conformance {set}: {} cases, {agreed} agree, {} differ",
            self.cases,
            self.differing.len()
        );
        assert!(
            unexplained.is_empty(),
            "{} cases differ without a reason:\n{}",
            unexplained.len(),
            unexplained.join("\n")
        );
    }
}

/// The reference data, or nothing with a printed reason.
fn open_reference(test: &str) -> Option<Reference> {
    let found = Reference::open();
    if found.is_none() {
        println!("{test} skipped: FALCO_REFERENCE names no reference data");
    }
    found
}

/// The table of `LANGUAGE.md`: how many cases agree, and why the others do not.
fn table(reference: &Reference) -> String {
    let sets = [
        (
            "filter_parser",
            "conditions parsed",
            parser::tally(reference),
        ),
        (
            "filter_compiler",
            "conditions compiled",
            compiler::tally(reference),
        ),
        ("rule_loader", "rule files loaded", loader::tally(reference)),
        (
            "plugin_requirements",
            "plugin requirements",
            loader::plugin_tally(reference),
        ),
        (
            "old_falco_regression",
            "rule files of 2016 to 2023",
            regression::tally(reference),
        ),
        (
            "semantic (compilation)",
            "expressions of the libraries' tests",
            semantic::tally(reference),
        ),
    ];
    let mut out = "| set | what | cases | agree | differ |\n|---|---|---|---|---|\n".to_owned();
    for (set, what, tally) in &sets {
        let differ = tally.differing.len();
        let agree = tally.cases - differ;
        out += &format!(
            "| {set} | {what} | {} | {agree} | {differ} |\n",
            tally.cases
        );
    }
    out += "\n| set | case | why it differs |\n|---|---|---|\n";
    for (set, case, reason) in deviations::DEVIATIONS {
        out += &format!("| {set} | `{case}` | {reason} |\n");
    }
    out
}

#[test]
fn the_table_of_the_language_page_is_current() {
    let Some(reference) = open_reference("the_table_of_the_language_page_is_current") else {
        return;
    };
    let page_file = concat!(env!("CARGO_MANIFEST_DIR"), "/LANGUAGE.md");
    let page = std::fs::read_to_string(page_file).expect("the page can be read");
    let (start, end) = ("<!-- conformance -->\n", "<!-- end of conformance -->");
    let before = page.split(start).next().unwrap_or_default();
    let after = page.split(end).nth(1).unwrap_or_default();
    let current = format!("{before}{start}{}{end}{after}", table(&reference));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(page_file, &current).expect("the page can be written");
    }
    assert!(
        page == current || std::env::var_os("UPDATE_EXPECTED").is_some(),
        "write the table anew"
    );
}
