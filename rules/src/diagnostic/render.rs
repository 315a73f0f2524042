//! Diagnostics as text: the excerpt, underlined, with the sentence above and the help below.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::shown::{drawn, written_out};
use super::{Diagnostic, Severity};

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
        let annotation = AnnotationKind::Primary.span(span.start as usize..span.end as usize);
        let snippet = Snippet::source(span.file.text())
            .path(written_out(span.file.name()))
            .annotation(annotation);
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(written_out(help)));
    }
    renderer.render(&[group])
}
