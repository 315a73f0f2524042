//! What becomes of every line of a file: decided from the YAML parser's events and their places.

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

/// Columns that a level is indented by; what a dash and its blank take, too.
pub(super) const STEP: usize = 2;

/// A file's lines and what becomes of each.
pub(super) struct Plan<'t> {
    pub(super) lines: Vec<Line<'t>>,
}

/// A line as it stands, without its line break.
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    pub(super) role: Role,
    /// Parts to be written otherwise: from, to (in bytes of the line), and what replaces them. In order.
    pub(super) edits: Vec<(usize, usize, &'static str)>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Blank, a comment, a marker between documents.
    Other,
    /// It begins with a key, a dash or a value.
    Node {
        /// Its new indentation.
        indent: usize,
        /// Whether it is the first line of an item of the file.
        is_item: bool,
    },
    /// It goes on with what an earlier line began: a quoted or plain scalar, or a collection in brackets.
    Continuation {
        /// The line where that began.
        first: usize,
        /// Columns it keeps where it has them.
        floor: usize,
        /// Blanks at its end are kept.
        is_quoted: bool,
    },
    /// Text of a block scalar, of which `old` columns are indentation and become `new`.
    Block { old: usize, new: usize },
}

/// A text that is no YAML.
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) at: usize,
}

/// A block collection whose end has not come yet.
struct Frame {
    is_mapping: bool,
    old_indent: usize,
    new_indent: usize,
    /// In a mapping: whether the next node is a value.
    expects_value: bool,
    /// Where the last node inside ended.
    last_end: usize,
}

struct Planner<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    plan: Plan<'t>,
    frames: Vec<Frame>,
    /// Collections in brackets that are open; where the outermost begins.
    flow_depth: usize,
    flow_start: usize,
}

/// Decides about every line.
pub(super) fn plan(text: &str) -> Result<Plan<'_>, SyntaxError> {
    let mut planner = Planner::new(text);
    let mut options = Options::default();
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| SyntaxError {
            message: error.info(),
            at: error.marker().byte_offset().unwrap_or(text.len()),
        })?;
        planner.take(&event, &span);
    }
    Ok(planner.plan)
}

impl<'t> Planner<'t> {
    fn new(text: &'t str) -> Self {
        let mut line_starts = Vec::new();
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            line_starts.push(at);
            at += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            lines.push(Line {
                text: line.strip_suffix('\r').unwrap_or(line),
                role: Role::Other,
                edits: Vec::new(),
            });
        }
        Self {
            text,
            line_starts,
            plan: Plan { lines },
            frames: Vec::new(),
            flow_depth: 0,
            flow_start: 0,
        }
    }

    fn take(&mut self, event: &Event<'_>, span: &Span) {
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start);
        match event {
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let is_mapping = matches!(event, Event::MappingStart(..));
                if self.flow_depth > 0 || *style == StructureStyle::Flow {
                    self.open_flow(start);
                } else {
                    self.open_block(is_mapping, start);
                }
            }
            Event::SequenceEnd | Event::MappingEnd if self.flow_depth > 0 => self.close_flow(end),
            Event::SequenceEnd | Event::MappingEnd => {
                self.frames.pop();
                self.finish(end);
            }
            Event::Scalar(value, style, ..) if self.flow_depth == 0 => {
                self.scalar(value, *style, start, end);
            }
            Event::Alias(_) if self.flow_depth == 0 => {
                self.place(start);
                self.space_value(start);
                self.finish(end);
            }
            _ => {}
        }
    }

    fn open_flow(&mut self, start: usize) {
        if self.flow_depth == 0 {
            self.place(start);
            self.space_value(start);
            self.flow_start = start;
        }
        self.flow_depth += 1;
    }

    fn close_flow(&mut self, end: usize) {
        self.flow_depth -= 1;
        if self.flow_depth == 0 {
            self.continue_from(self.flow_start, end, false);
            self.finish(end);
        }
    }

    fn open_block(&mut self, is_mapping: bool, start: usize) {
        self.place(start);
        let (_, column) = self.position(start);
        let frame = Frame {
            is_mapping,
            old_indent: column,
            new_indent: self.child_indent(),
            expects_value: false,
            last_end: start,
        };
        self.frames.push(frame);
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, start: usize, end: usize) {
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                self.block_scalar(value, start);
            }
            // An absent value has no place of its own.
            ScalarStyle::Plain if start == end => {}
            _ => {
                self.place(start);
                self.space_value(start);
                self.continue_from(start, end, style != ScalarStyle::Plain);
            }
        }
        self.finish(end);
    }

    /// A node has ended: in a mapping, values follow keys.
    fn finish(&mut self, end: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.expects_value = frame.is_mapping && !frame.expects_value;
            frame.last_end = end;
        }
    }

    /// The indentation of a block collection that begins here.
    fn child_indent(&self) -> usize {
        self.frames.last().map_or(0, |frame| {
            if frame.is_mapping && !frame.expects_value {
                frame.new_indent
            } else {
                frame.new_indent + STEP
            }
        })
    }

    /// The node at `start` gives its line its indentation, if nothing before it on the line did.
    fn place(&mut self, start: usize) {
        let (line, column) = self.position(start);
        if self.role(line) != Role::Other {
            return;
        }
        let prefix = self.line(line).get(..column).unwrap_or_default();
        let has_dash = is_dash(prefix.trim_start());
        let in_sequence = self.frames.last().filter(|frame| !frame.is_mapping);
        let Some(frame) = in_sequence else {
            let indent = self.child_indent();
            self.set(line, indent);
            self.space_dashes(line);
            return;
        };
        let indent = frame.new_indent;
        if has_dash {
            self.set(line, indent);
            self.space_dashes(line);
        } else {
            self.set_lone_dash(line, indent);
            self.set(line, indent + STEP);
        }
    }

    /// An element may begin on a line below its dash.
    fn set_lone_dash(&mut self, below: usize, indent: usize) {
        let mut line = below;
        while let Some(above) = line.checked_sub(1) {
            line = above;
            let text = self.line(line).trim();
            if self.role(line) != Role::Other || !(text.is_empty() || text.starts_with(['#', '-']))
            {
                return;
            }
            if is_dash(text) {
                self.set(line, indent);
                return;
            }
        }
    }

    /// One blank after each dash that a line begins with.
    fn space_dashes(&mut self, line: usize) {
        let text = self.line(line);
        let mut at = text.len() - text.trim_start().len();
        let mut edits = Vec::new();
        while text.get(at..).is_some_and(is_dash) {
            let rest = text.get(at + 1..).unwrap_or_default();
            let next = at + 1 + (rest.len() - rest.trim_start().len());
            let is_last = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
            if !is_last && next > at + 2 {
                edits.push((at + 1, next, " "));
            }
            if is_last {
                break;
            }
            at = next;
        }
        if let Some(line) = self.plan.lines.get_mut(line) {
            line.edits = edits;
        }
    }

    /// One blank between a key and its value on the same line.
    fn space_value(&mut self, start: usize) {
        let Some(frame) = self.frames.last().filter(|frame| frame.expects_value) else {
            return;
        };
        let key_end = frame.last_end;
        let between = self.text.get(key_end..start).unwrap_or_default();
        let is_plain = between.trim() == ":" && !between.contains(['\n', '\r']);
        if is_plain && between != ": " {
            let (line, column) = self.position(key_end);
            let length = start - key_end;
            if let Some(line) = self.plan.lines.get_mut(line) {
                line.edits.push((column, column + length, ": "));
            }
        }
    }

    /// The lines below `start` as far as `end` belong to what began there.
    fn continue_from(&mut self, start: usize, end: usize, is_quoted: bool) {
        let (first, _) = self.position(start);
        let (last, _) = self.position(end.max(start + 1) - 1);
        let floor = self.child_indent();
        for line in self
            .plan
            .lines
            .iter_mut()
            .take(last + 1)
            .skip(first + 1)
            .filter(|line| line.role == Role::Other)
        {
            line.role = Role::Continuation {
                first,
                floor,
                is_quoted,
            };
        }
    }

    /// A block scalar, of which the parser gives the place of the content.
    fn block_scalar(&mut self, value: &str, content: usize) {
        let Some(header_at) = self.header(content) else {
            return;
        };
        let (header, _) = self.position(header_at);
        self.place(header_at);
        self.space_value(header_at);
        let options = self.text.get(header_at + 1..).unwrap_or_default();
        let options: String = options
            .chars()
            .take_while(|c| c.is_ascii_digit() || matches!(c, '+' | '-'))
            .collect();
        let first = self
            .plan
            .lines
            .iter()
            .skip(header + 1)
            .find(|line| !line.text.trim_matches(' ').is_empty());
        let (old, new) = match (
            options.chars().find(char::is_ascii_digit),
            self.frames.last(),
        ) {
            (Some(digit), frame) => {
                let depth = digit.to_digit(10).unwrap_or(1) as usize;
                frame.map_or((depth, depth), |frame| {
                    (frame.old_indent + depth, frame.new_indent + depth)
                })
            }
            (None, _) => {
                let indent = first.map_or(0, |line| indentation(line.text));
                (indent, self.child_indent().max(STEP))
            }
        };
        if !value.is_empty() {
            self.block_lines(header + 1, (old, new), options.contains('+'));
        }
    }

    fn block_lines(&mut self, from: usize, (old, new): (usize, usize), keeps_end: bool) {
        let is_blank = |text: &str| text.bytes().all(|byte| byte == b' ') && text.len() <= old;
        let inside = self
            .plan
            .lines
            .iter()
            .skip(from)
            .take_while(|line| is_blank(line.text) || indentation(line.text) >= old);
        let texts: Vec<_> = inside.map(|line| line.text).collect();
        let count = if keeps_end {
            texts.len()
        } else {
            texts
                .iter()
                .rposition(|text| !is_blank(text))
                .map_or(0, |at| at + 1)
        };
        for line in self.plan.lines.iter_mut().skip(from).take(count) {
            line.role = Role::Block { old, new };
        }
    }

    /// Where the `|` or `>` of a block scalar with this content stands: on the last line before that is not blank.
    fn header(&self, content: usize) -> Option<usize> {
        let before = self.text.get(..content)?.trim_end();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.get(line_start..)?;
        let is_header = |(at, _): &(usize, &str)| {
            let rest = line.get(at + 1..).unwrap_or_default();
            let rest =
                rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
            let comment = rest.trim_start();
            comment.is_empty() || (comment.len() < rest.len() && comment.starts_with('#'))
        };
        line.match_indices(['|', '>'])
            .find(is_header)
            .map(|(at, _)| line_start + at)
    }

    fn set(&mut self, line: usize, indent: usize) {
        let is_item = self.frames.len() == 1 && self.frames.iter().all(|frame| !frame.is_mapping);
        // The sequence of all items begins with its first item.
        let is_first = self.frames.is_empty() && is_dash(self.line(line).trim_start());
        if let Some(line) = self.plan.lines.get_mut(line) {
            let is_item = (is_item || is_first) && is_dash(line.text.trim_start());
            line.role = Role::Node { indent, is_item };
        }
    }

    fn role(&self, line: usize) -> Role {
        self.plan
            .lines
            .get(line)
            .map_or(Role::Other, |line| line.role)
    }

    fn line(&self, line: usize) -> &'t str {
        self.plan.lines.get(line).map_or("", |line| line.text)
    }

    /// Line and byte column of an offset.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self
            .line_starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        (line, at.saturating_sub(start))
    }
}

/// Whether the text begins with the dash of a sequence's element.
fn is_dash(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// How many blanks a line begins with.
pub(super) fn indentation(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}
