//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the changed lines.
//!
//! What they say is text of others and stands in a log as well, so every character that hides or reorders text is written out.

use super::shown::written_out;
use super::{Diagnostic, Severity};
use crate::source::Position;

/// One annotation: what is said, and beside which line.
#[derive(Clone, Copy, Debug)]
pub struct Annotation<'a> {
    /// `error`, `warning` or `notice`.
    pub command: &'a str,
    /// The file, by its way from the repository's root.
    pub file: &'a str,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, if that is known.
    pub end: Option<Position>,
    /// What it is about.
    pub title: &'a str,
    /// What is wrong, in lines.
    pub message: &'a str,
}

/// The line of one annotation: `::error file=…,line=…,col=…,title=…::message`.
#[must_use]
pub fn to_github_annotation(annotation: &Annotation<'_>) -> String {
    let (file, start) = (escape_property(annotation.file), annotation.start);
    let end = annotation.end.map_or_else(String::new, |end| {
        format!("endLine={},endColumn={},", end.line, end.column)
    });
    let place = format!("file={file},line={},col={},{end}", start.line, start.column);
    command(
        annotation.command,
        &place,
        annotation.title,
        annotation.message,
    )
}

/// One line for each diagnostic; `path_of` gives the path of a file from the repository's root on, by its name.
#[must_use]
pub fn to_github_annotations(
    diagnostics: &[Diagnostic],
    path_of: &dyn Fn(&str) -> String,
) -> String {
    let annotations = diagnostics.iter().map(|diagnostic| {
        let severity = match diagnostic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let title = diagnostic.code.as_str();
        let help = diagnostic
            .help
            .as_deref()
            .map_or_else(String::new, |help| format!("\n{help}"));
        let message = format!("{}{help}", diagnostic.message);
        match &diagnostic.span {
            Some(span) => to_github_annotation(&Annotation {
                command: severity,
                file: &path_of(span.file.name()),
                start: span.position(),
                end: Some(span.file.position(span.end)),
                title,
                message: &message,
            }),
            None => command(severity, "", title, &message),
        }
    });
    annotations.collect()
}

fn command(command: &str, place: &str, title: &str, message: &str) -> String {
    let lines: Vec<_> = message.split('\n').map(written_out).collect();
    let (title, message) = (escape_property(title), escape_data(&lines.join("\n")));
    format!("::{command} {place}title={title}::{message}\n")
}

/// What would end a command, or be taken for an escape.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(&written_out(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
