//! No rule file may make the loader panic, hang or grow without bound, and every diagnostic must render.

#![no_main]

#[path = "../../tests/schema/mod.rs"]
mod schema;

use falco_rules::{Loader, load_results_to_json, render, to_github_annotations, to_sarif};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut loader = Loader::new(&schema::TestSchema);
    let report = loader.load("fuzz.yaml", text);
    let mut all = report.errors.clone();
    all.extend(report.warnings.iter().cloned());
    all.extend(loader.lint(&[]));
    let _ = render(&all, false);
    let _ = to_github_annotations(&all, &str::to_owned);
    let _ = to_sarif(&all, ("fuzz", "0"), &str::to_owned);
    let _ = load_results_to_json(&[report]);
    let _ = loader.finish();
});
