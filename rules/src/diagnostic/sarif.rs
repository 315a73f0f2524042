//! Diagnostics as SARIF 2.1.0, the format in which code scanners hand over their results.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{Diagnostic, Severity};

/// One run with every diagnostic; `tool` and `version` name who says so.
#[must_use]
pub fn to_sarif(diagnostics: &[Diagnostic], tool: &str, version: &str) -> Json {
    let codes: BTreeSet<_> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.as_str())
        .collect();
    let rules: Vec<_> = codes.iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<_> = diagnostics.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": tool, "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(diagnostic: &Diagnostic) -> Json {
    let level = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let help = diagnostic
        .help
        .as_deref()
        .map_or_else(String::new, |help| format!(" ({help})"));
    let locations: Vec<_> = diagnostic
        .span
        .iter()
        .map(|span| {
            let (start, end) = (span.position(), span.file.position(span.end));
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": span.file.name() },
                    "region": {
                        "startLine": start.line,
                        "startColumn": start.column,
                        "endLine": end.line,
                        "endColumn": end.column,
                    },
                },
            })
        })
        .collect();
    json!({
        "ruleId": diagnostic.code.as_str(),
        "level": level,
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": locations,
        "properties": { "falcoCode": diagnostic.falco_code.map(|code| code.as_str()) },
    })
}
