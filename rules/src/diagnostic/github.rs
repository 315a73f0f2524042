//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the changed lines.

use super::{Diagnostic, Severity};

/// One line for each diagnostic: `::error file=…,line=…,col=…,title=…::message`.
#[must_use]
pub fn to_github_annotations(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let title = escape_property(diagnostic.code.as_str());
        let place = diagnostic.span.as_ref().map_or_else(String::new, |span| {
            let start = span.position();
            let end = span.file.position(span.end);
            format!(
                "file={},line={},col={},endLine={},endColumn={},",
                escape_property(span.file.name()),
                start.line,
                start.column,
                end.line,
                end.column
            )
        });
        let help = diagnostic
            .help
            .as_deref()
            .map_or_else(String::new, |help| format!("\n{help}"));
        let message = escape_data(&format!("{}{help}", diagnostic.message));
        out.push_str(&format!("::{command} {place}title={title}::{message}\n"));
    }
    out
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
