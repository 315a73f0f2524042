//! Diagnostics as SARIF 2.1.0, the format in which code scanners hand over their results.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Diagnostic, Severity};

/// One run with every diagnostic; `tool` and `version` name who says so, and `path_of` gives the path of a file from the repository's root on, by its name.
#[must_use]
pub fn to_sarif(
    diagnostics: &[Diagnostic],
    (tool, version): (&str, &str),
    path_of: &dyn Fn(&str) -> String,
) -> Json {
    let codes: BTreeSet<_> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.as_str())
        .collect();
    let rules: Vec<_> = codes.iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| result(diagnostic, path_of))
        .collect();
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

/// A path as a reference of RFC 3986: what is neither a letter, a digit nor harmless is written as its bytes.
#[must_use]
pub fn path_to_uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a `String` cannot fail, so the result carries no information.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

fn result(diagnostic: &Diagnostic, path_of: &dyn Fn(&str) -> String) -> Json {
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
                    "artifactLocation": { "uri": path_to_uri(&path_of(span.file.name())) },
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
