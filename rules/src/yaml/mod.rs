//! YAML documents as trees that remember where every node stood and how every scalar was written.
//!
//! In: a rule file. Out: one [`Node`] tree per document, or the place and sentence of a syntax error.
//! Knows nothing of rules; scalars stay text (`010`, `yes` and `1.10` are what the file says).

mod build;
mod place;

use std::rc::Rc;

pub(crate) use build::parse_documents;
pub(crate) use place::scalar_text;

/// One node of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    /// First byte of the node: its quote, its block indicator, its first key, its first dash or bracket.
    pub(crate) start: u32,
    /// One past the last byte of a scalar's source; the start for collections.
    pub(crate) end: u32,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Null,
    Scalar(Scalar),
    Sequence(Vec<Rc<Node>>),
    /// Entries in the order of the file; a repeated key's first entry counts, as in Falco.
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
}

/// A scalar's text after YAML's own unfolding and unescaping.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
    /// Where the content begins in the file: after the indicator of a block scalar, at the quote of a quoted one.
    pub(crate) content_start: u32,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Block,
}

impl Node {
    /// The value of `key` in a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        self.entries()
            .iter()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// A mapping's entries; none for every other node.
    pub(crate) fn entries(&self) -> &[(Rc<Self>, Rc<Self>)] {
        match &self.content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// A scalar's text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }

    pub(crate) fn is_mapping(&self) -> bool {
        matches!(self.content, Content::Mapping(_))
    }

    /// The elements of a sequence.
    pub(crate) fn sequence(&self) -> Option<&[Rc<Self>]> {
        match &self.content {
            Content::Sequence(items) => Some(items),
            _ => None,
        }
    }
}

/// A document that is no YAML.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) at: u32,
}
