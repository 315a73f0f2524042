//! Parts of rule files: what a rule's author wrote and may ask of whether it was ever tried.
//!
//! In: nodes of conditions with their places. Out: each place once, however many rules it serves through a macro or a
//! list, with the rule, macro or list that it is written in.

use std::collections::HashMap;
use std::sync::Arc;

use crate::explain::{Item, Items};
use crate::source::Span;

/// What a part is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A rule's condition or exceptions.
    Rule,
    /// A macro's condition.
    Macro,
    /// A list.
    List,
}

/// A rule, a macro or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverItem {
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverKind {
    /// One comparison.
    Check,
    /// A macro's name in a condition.
    Macro,
    /// A member of `or` that is a group.
    Alternative,
    /// A group behind `not`.
    Group,
    /// An exception of a rule, or one of the tuples of its values where it has one alone.
    Exception,
    /// A value of a list, written in a condition, a list or an exception.
    Value,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverPart {
    /// What it is.
    pub kind: CoverKind,
    /// The item it is written in, by its place among the items.
    pub item: u32,
    /// Where.
    pub span: Span,
    /// Whether some rule needs it to hold: it stands under no `not`, or under an even number of them.
    pub is_for: bool,
    /// Whether it keeps some rule from alerting: it stands under an odd number of `not`s.
    pub is_against: bool,
    /// Whether it asks for the type of events: a rule is shown those that it can match alone, so nothing proves that such
    /// a part does not hold.
    pub names_types: bool,
    /// The exception that it is, by its name.
    pub exception: Option<String>,
}

/// What names a part: its item, kind and place, and what tells apart those that share a place, since an exception's
/// fields stand once and are compared with each tuple of its values.
type Key = (u32, CoverKind, usize, u32, u32, u64);

/// How a part stands in a rule.
#[derive(Clone, Copy)]
pub(crate) struct Stands {
    /// The item it is written in.
    pub(crate) item: u32,
    /// Whether the rule needs it to hold.
    pub(crate) is_for: bool,
    /// Whether it asks for the type of events.
    pub(crate) names_types: bool,
    /// What it asks, where several parts share a place.
    pub(crate) asks: u64,
}

/// All parts and items so far.
pub(crate) struct Parts<'w> {
    items: Vec<CoverItem>,
    parts: Vec<CoverPart>,
    known_items: HashMap<(ItemKind, String), u32>,
    known_parts: HashMap<Key, u32>,
    /// Where things are written.
    written: &'w Items,
}

fn file_of(span: &Span) -> usize {
    Arc::as_ptr(&span.file).addr()
}

impl<'w> Parts<'w> {
    pub(crate) fn new(written: &'w Items) -> Self {
        Self {
            items: Vec::new(),
            parts: Vec::new(),
            known_items: HashMap::new(),
            known_parts: HashMap::new(),
            written,
        }
    }

    /// The number of an item.
    pub(crate) fn item(&mut self, kind: ItemKind, name: &str, span: Option<&Span>) -> u32 {
        let items = &mut self.items;
        let known = self.known_items.entry((kind, name.to_owned()));
        *known.or_insert_with(|| {
            items.push(CoverItem {
                kind,
                name: name.to_owned(),
                span: span.cloned(),
            });
            crate::source::place(items.len() - 1)
        })
    }

    /// The number of a part.
    pub(crate) fn part(
        &mut self,
        stands: Stands,
        kind: CoverKind,
        span: &Span,
        exception: Option<String>,
    ) -> u32 {
        let Stands {
            item, is_for, asks, ..
        } = stands;
        let parts = &mut self.parts;
        let key = (item, kind, file_of(span), span.start, span.end, asks);
        let number = *self.known_parts.entry(key).or_insert_with(|| {
            parts.push(CoverPart {
                kind,
                item,
                span: span.trimmed(),
                is_for: false,
                is_against: false,
                names_types: stands.names_types,
                exception,
            });
            crate::source::place(parts.len() - 1)
        });
        if let Some(part) = parts.get_mut(number as usize) {
            part.is_for |= is_for;
            part.is_against |= !is_for;
        }
        number
    }

    /// The number of the part that a value is, of the list that it stands in, if it does.
    pub(crate) fn value(&mut self, stands: Stands, check: &Span, value: &Span) -> u32 {
        let is_written_there = Arc::ptr_eq(&check.file, &value.file)
            && (check.start..check.end).contains(&value.start);
        let written = (!is_written_there).then(|| self.written.of(value));
        let item = match written.flatten() {
            Some(Item::List(name)) => self.item(ItemKind::List, &name, Some(value)),
            _ => stands.item,
        };
        self.part(Stands { item, ..stands }, CoverKind::Value, value, None)
    }

    /// The exception of a rule that a place is in.
    pub(crate) fn exception(&self, span: &Span) -> Option<String> {
        match self.written.of(span)? {
            Item::Exception { name, .. } => Some(name),
            Item::List(_) | Item::Macro(_) | Item::Rule(_) => None,
        }
    }

    pub(crate) fn items(&self) -> &[CoverItem] {
        &self.items
    }

    pub(crate) fn parts(&self) -> &[CoverPart] {
        &self.parts
    }
}
