//! The result of loading in the shape of `falco --validate` with JSON output.

use serde_json::{Value as Json, json};

use super::FileReport;
use crate::{Diagnostic, Mark};

/// Most characters of an excerpt, as in Falco's own output.
const MAX_SNIPPET_CHARS: usize = 160;

/// `{"falco_load_results": […]}` for a list of files, in their order.
#[must_use]
pub fn load_results_to_json(reports: &[FileReport]) -> Json {
    let results: Vec<_> = reports.iter().map(report_to_json).collect();
    json!({ "falco_load_results": results })
}

fn report_to_json(report: &FileReport) -> Json {
    let all = |diagnostics: &[Diagnostic]| -> Json {
        diagnostics
            .iter()
            .map(|diagnostic| diagnostic_to_json(diagnostic, &report.name))
            .collect()
    };
    json!({
        "name": report.name,
        "successful": report.errors.is_empty(),
        "schema_valid": report.is_schema_valid(),
        "schema_warnings": report.schema_breaks().map(schema_warning).collect::<Json>(),
        "errors": all(&report.errors),
        "warnings": all(&report.warnings),
    })
}

/// One line of text, as Falco has it; lines count from one here.
fn schema_warning(diagnostic: &Diagnostic) -> Json {
    let place = diagnostic.span.as_ref().map_or_else(String::new, |span| {
        format!("line {}: ", span.position().line)
    });
    Json::from(place + &diagnostic.message)
}

fn diagnostic_to_json(diagnostic: &Diagnostic, file: &str) -> Json {
    let position = |mark: &Mark| json!({ "name": file, "line": mark.line, "column": mark.column, "offset": mark.offset });
    let locations: Vec<_> = diagnostic
        .locations
        .iter()
        .map(|location| {
            json!({
                "item_type": location.item_type,
                "item_name": location.item_name,
                "position": position(&location.mark),
            })
        })
        .collect();
    let snippet: String = diagnostic
        .span
        .as_ref()
        .map(|span| span.text().chars().take(MAX_SNIPPET_CHARS).collect())
        .unwrap_or_default();
    json!({
        "code": diagnostic.falco_code.map_or(diagnostic.code.as_str(), |code| code.as_str()),
        "codedesc": diagnostic.falco_code.map_or("Lint", |code| code.description()),
        "message": diagnostic.message,
        "our_code": diagnostic.code.as_str(),
        "help": diagnostic.help,
        "context": { "locations": locations, "snippet": snippet },
    })
}
