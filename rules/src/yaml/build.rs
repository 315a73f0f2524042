//! From the YAML parser's events to trees.
//!
//! An alias shares the node of its anchor, so that a file of nested aliases stays as small as it is written.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};

use super::{Content, Node, Scalar, Style, SyntaxError};
use crate::source::offset;

/// Most nodes of one file; far beyond any real one, it bounds the memory a hostile file can claim.
const MAX_NODES: usize = 8_000_000;

/// Most bytes that aliases of one file may repeat: what is named a thousand times is read a thousand times.
const MAX_REPEATED_BYTES: usize = 64 << 20;

/// Parses every document of a file.
pub(crate) fn parse_documents(text: &str) -> Result<Vec<Rc<Node>>, SyntaxError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut builder = Builder {
        text,
        open: Vec::new(),
        anchors: HashMap::new(),
        documents: Vec::new(),
        nodes: 0,
        repeated_bytes: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => builder.take(event, &span)?,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                return Err(SyntaxError {
                    message: error.info(),
                    at: offset(at.min(text.len())),
                });
            }
        }
    }
    Ok(builder.documents)
}

/// A collection whose end has not come yet.
struct Open {
    start: u32,
    anchor: usize,
    is_mapping: bool,
    /// Elements, or keys and values in turn.
    children: Vec<Rc<Node>>,
    /// How many bytes its children have, those of aliases included.
    bytes: usize,
}

struct Builder<'t> {
    text: &'t str,
    open: Vec<Open>,
    /// Each with its size in bytes.
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    documents: Vec<Rc<Node>>,
    nodes: usize,
    repeated_bytes: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), SyntaxError> {
        let start = offset(span.start.byte_offset().unwrap_or(0));
        let end = offset(span.end.byte_offset().unwrap_or(0));
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let bytes = value.len() + 1;
                let node = self.scalar(value.into_owned(), style, tag.is_some(), (start, end));
                self.finish(Rc::new(node), anchor, bytes)
            }
            Event::SequenceStart(_, anchor, _) => self.push(start, anchor, false),
            Event::MappingStart(_, anchor, _) => self.push(start, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).cloned();
                let (target, bytes) = target.unwrap_or_else(|| {
                    let content = Content::Null;
                    (
                        Rc::new(Node {
                            content,
                            start,
                            end,
                        }),
                        1,
                    )
                });
                self.repeated_bytes = self.repeated_bytes.saturating_add(bytes);
                if self.repeated_bytes > MAX_REPEATED_BYTES {
                    let most = MAX_REPEATED_BYTES >> 20;
                    return Err(SyntaxError {
                        message: format!("aliases repeat more than {most} MiB"),
                        at: start,
                    });
                }
                self.finish(target, 0, bytes)
            }
            _ => Ok(()),
        }
    }

    fn push(&mut self, start: u32, anchor: usize, is_mapping: bool) -> Result<(), SyntaxError> {
        self.open.push(Open {
            start,
            anchor,
            is_mapping,
            children: Vec::new(),
            bytes: 1,
        });
        Ok(())
    }

    fn close(&mut self, end: u32) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = if open.is_mapping {
            let mut children = open.children.into_iter();
            let mut entries = Vec::new();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                entries.push((key, value));
            }
            Content::Mapping(entries)
        } else {
            Content::Sequence(open.children)
        };
        self.finish(
            Rc::new(Node {
                content,
                start: open.start,
                end,
            }),
            open.anchor,
            open.bytes,
        )
    }

    fn finish(&mut self, node: Rc<Node>, anchor: usize, bytes: usize) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(SyntaxError {
                message: format!("more than {MAX_NODES} YAML nodes"),
                at: node.start,
            });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), bytes));
        }
        match self.open.last_mut() {
            Some(open) => {
                open.bytes = open.bytes.saturating_add(bytes);
                open.children.push(node);
            }
            None => self.documents.push(node),
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: String,
        style: ScalarStyle,
        tagged: bool,
        (start, end): (u32, u32),
    ) -> Node {
        let is_empty = start == end;
        let is_null_word = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        if style == ScalarStyle::Plain && !tagged && (is_empty || is_null_word) {
            return Node {
                content: Content::Null,
                start,
                end,
            };
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            _ => Style::Block,
        };
        let node_start = if style == Style::Block {
            self.block_indicator(start)
        } else {
            start
        };
        let scalar = Scalar {
            text,
            style,
            content_start: start,
        };
        Node {
            content: Content::Scalar(scalar),
            start: node_start,
            end,
        }
    }

    /// The parser gives the content of a block scalar; its node begins at the `|` or `>` of an earlier line.
    fn block_indicator(&self, content_start: u32) -> u32 {
        let before = self.text.get(..content_start as usize).unwrap_or_default();
        let header_end = before.trim_end().len();
        let header_start = before
            .get(..header_end)
            .and_then(|text| text.rfind('\n'))
            .map_or(0, |at| at + 1);
        let header = before.get(header_start..header_end).unwrap_or_default();
        let is_indicator = |(at, _): &(usize, &str)| {
            let rest = header.get(at + 1..).unwrap_or_default();
            let rest =
                rest.trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
            rest.is_empty()
                || (rest.starts_with([' ', '\t'])
                    && matches!(rest.trim_start().chars().next(), None | Some('#')))
        };
        header
            .match_indices(['|', '>'])
            .find(is_indicator)
            .map_or(content_start, |(at, _)| offset(header_start + at))
    }
}
