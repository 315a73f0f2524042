//! Diagnostics as text: the excerpt, underlined, with the sentence above and the help below.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::shown::{drawn, written_out};
use super::{Diagnostic, Severity};
use crate::Span;

/// Longest excerpt in bytes. The renderer works through all it is given, for each of what may be thousands of problems;
/// lines that nobody reads are named by their place alone.
const MAX_EXCERPT_BYTES: usize = 16 << 10;

/// Renders diagnostics one below the other, each with the excerpt it is about; colours only if asked for.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&drawn(&render_one(diagnostic, &renderer), color));
        out.push_str("\n\n");
    }
    out
}

fn render_one(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let id = match diagnostic.falco_code {
        Some(falco) => format!("{} {falco}", diagnostic.code),
        None => diagnostic.code.to_string(),
    };
    let mut group = Group::with_title(
        level
            .primary_title(written_out(&diagnostic.message))
            .id(id.as_str()),
    );
    if let Some(span) = &diagnostic.span {
        let name = written_out(span.file.name());
        group = match excerpt(span) {
            Some((text, line, range)) => group.element(
                Snippet::source(text)
                    .line_start(line)
                    .path(name)
                    .annotation(AnnotationKind::Primary.span(range)),
            ),
            None => {
                let position = span.position();
                let place = Origin::path(name)
                    .line(position.line as usize)
                    .char_column(position.column as usize);
                group.element(place)
            }
        };
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(written_out(help)));
    }
    renderer.render(&[group])
}

/// The lines that a span covers, the number of the first, and the span within them; nothing where they are too long.
fn excerpt(span: &Span) -> Option<(&str, usize, Range<usize>)> {
    let text = span.file.text();
    let (start, end) = (span.start as usize, span.end as usize);
    let (line, line_start) = span.file.line_of(span.start);
    let line_start = line_start as usize;
    let limit = line_start + MAX_EXCERPT_BYTES;
    let rest = text.as_bytes().get(end..text.len().min(limit))?;
    let line_end = match memchr::memchr(b'\n', rest) {
        Some(at) => end + at,
        None if text.len() <= limit => text.len(),
        None => return None,
    };
    let lines = text.get(line_start..line_end)?;
    let range = start - line_start..end - line_start;
    Some((lines, line as usize + 1, range))
}
