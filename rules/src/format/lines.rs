//! Writing the planned lines.

use super::plan::{Line, Plan, Role, indentation};

/// The whole text.
pub(super) fn render(plan: &Plan<'_>) -> String {
    let next_nodes = next_nodes(plan);
    let mut writer = Writer {
        plan,
        lines: Vec::new(),
        comments_from: None,
        last_node: None,
        has_blank: false,
    };
    for (line, next) in plan.lines.iter().zip(next_nodes) {
        writer.write(line, next);
    }
    let mut out = writer.lines.join("\n");
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Old and new indentation of a line that begins with a node.
type Indents = (usize, usize);

/// For each line, the indentation of the nearest line below that begins with a node.
fn next_nodes(plan: &Plan<'_>) -> Vec<Option<Indents>> {
    let mut next = None;
    let mut all: Vec<_> = plan
        .lines
        .iter()
        .rev()
        .map(|line| {
            let below = next;
            if is_marker(line) {
                next = None;
            } else if let Some(indents) = indents(line) {
                next = Some(indents);
            }
            below
        })
        .collect();
    all.reverse();
    all
}

fn indents(line: &Line<'_>) -> Option<Indents> {
    match line.role {
        Role::Node { indent, .. } => Some((leading(line.text), indent)),
        _ => None,
    }
}

/// Between documents, or a directive.
fn is_marker(line: &Line<'_>) -> bool {
    line.role == Role::Other && line.text.starts_with(['-', '.', '%'])
}

/// Bytes of white space that a line begins with.
fn leading(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

struct Writer<'p, 't> {
    plan: &'p Plan<'t>,
    lines: Vec<String>,
    /// Where the comments begin that stand directly above the next line, without indentation.
    comments_from: Option<usize>,
    last_node: Option<Indents>,
    /// Whether blank lines stand before the next line.
    has_blank: bool,
}

impl Writer<'_, '_> {
    fn write(&mut self, line: &Line<'_>, next: Option<Indents>) {
        match line.role {
            Role::Block { old, new } => {
                self.flush_blank();
                self.push(block_line(line.text, old, new));
            }
            Role::Continuation {
                first,
                floor,
                is_quoted,
            } => self.continuation(line.text, first, floor, is_quoted),
            Role::Node { indent, is_item } => {
                if is_item {
                    self.separate();
                }
                self.flush_blank();
                self.push(format!("{}{}", " ".repeat(indent), edited(line)));
                self.last_node = indents(line);
            }
            Role::Other if line.text.trim().is_empty() => self.has_blank = true,
            Role::Other if line.text.trim_start().starts_with('#') => {
                self.comment(line.text, next);
            }
            Role::Other => {
                self.flush_blank();
                self.push(line.text.trim_end().to_owned());
                self.last_node = None;
            }
        }
    }

    fn push(&mut self, line: String) {
        self.lines.push(line);
        self.comments_from = None;
    }

    /// One blank line for any number, none at the start of the file.
    fn flush_blank(&mut self) {
        if std::mem::take(&mut self.has_blank) && !self.lines.is_empty() {
            self.push(String::new());
        }
    }

    /// A blank line before an item and the comments directly above it.
    fn separate(&mut self) {
        let from = match self.comments_from {
            Some(from) if !self.has_blank => from,
            _ => self.lines.len(),
        };
        let follows_blank = match from.checked_sub(1) {
            Some(above) => self.lines.get(above).is_some_and(String::is_empty),
            None => true,
        };
        if from == self.lines.len() {
            self.has_blank |= !follows_blank;
        } else if !follows_blank {
            self.lines.insert(from, String::new());
        }
    }

    /// A comment goes with the line below, unless it is indented deeper; then it goes with the one above.
    fn comment(&mut self, text: &str, next: Option<Indents>) {
        let column = leading(text);
        let above = self.last_node.filter(|(old, _)| {
            column > 0 && column >= *old && next.is_none_or(|(below, _)| column > below)
        });
        let indent = above.or(next).map_or(0, |(_, new)| new);
        self.flush_blank();
        let from = self.comments_from.unwrap_or(self.lines.len());
        self.push(format!("{}{}", " ".repeat(indent), text.trim()));
        self.comments_from = (indent == 0).then_some(from);
    }

    fn continuation(&mut self, text: &str, first: usize, floor: usize, is_quoted: bool) {
        self.flush_blank();
        if text.trim().is_empty() {
            self.push(String::new());
            return;
        }
        let begun = self.plan.lines.get(first);
        let (old, new) = begun.and_then(indents).unwrap_or_default();
        let column = leading(text);
        let indent = (column + new).saturating_sub(old).max(column.min(floor));
        let content = if is_quoted {
            text.trim_start()
        } else {
            text.trim()
        };
        self.push(format!("{}{content}", " ".repeat(indent)));
    }
}

/// A line of a block scalar; one of blanks only loses those that are indentation.
fn block_line(text: &str, old: usize, new: usize) -> String {
    let content = text.get(old.min(indentation(text))..).unwrap_or_default();
    if content.is_empty() {
        String::new()
    } else {
        format!("{}{content}", " ".repeat(new))
    }
}

/// A line's text without indentation, its edits made.
fn edited(line: &Line<'_>) -> String {
    let mut out = String::new();
    let mut at = leading(line.text);
    for (from, to, replacement) in &line.edits {
        out.push_str(line.text.get(at..*from).unwrap_or_default());
        out.push_str(replacement);
        at = *to;
    }
    out.push_str(line.text.get(at..).unwrap_or_default());
    out.truncate(out.trim_end().len());
    out
}
