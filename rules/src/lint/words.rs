//! Names of lists: words that were probably meant to be one, and macros of the same name.
//!
//! A set's word that is no list stands for itself, so that a slip of the pen makes a rule silent for ever.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::similar;
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode};
use crate::resolve::Collector;
use crate::source::Span;
use crate::{Code, Diagnostic, Rule};

/// Shortest word that is held against the names of lists: shorter ones are near to too much.
const MIN_WORD_BYTES: usize = 5;

/// From this length on two letters may differ, below it one.
const LONG_WORD_BYTES: usize = 8;

/// How the names of lists end in the files that everybody uses, and no program's name does.
const LIST_ENDINGS: &[&str] = &[
    "_binaries",
    "_programs",
    "_processes",
    "_procs",
    "_images",
    "_directories",
    "_list",
];

/// Most words that are compared; beyond, the lint is silent rather than slow.
const MAX_COMPARED: usize = 20_000_000;

/// Reports words of sets that were meant to be lists, and lists and macros of one name.
pub(super) fn look(collector: &Collector, rules: &[&(Rule, IrNode)], found: &mut Vec<Diagnostic>) {
    for list in collector.lists.iter() {
        if let Some(same) = collector.macros.get(&list.name) {
            let message = format!(
                "'{}' is a list and a macro: wherever the name stands alone the list's items take its place",
                list.name
            );
            let place = same.context.span.as_ref().map(|span| {
                format!(
                    "the macro is at {}:{}",
                    span.file.name(),
                    span.position().line
                )
            });
            let diagnostic = Diagnostic::new(Code::AmbiguousName, message).under(&list.context);
            found.push(diagnostic.help(place));
        }
    }
    let names: Vec<&str> = collector
        .lists
        .iter()
        .map(|list| list.name.as_str())
        .filter(|name| name.len() >= MIN_WORD_BYTES)
        .collect();
    let mut words = Words {
        collector,
        names,
        seen: HashSet::new(),
        compared: 0,
        found,
    };
    rules
        .iter()
        .for_each(|(_, condition)| words.node(condition));
}

struct Words<'w> {
    collector: &'w Collector,
    names: Vec<&'w str>,
    seen: HashSet<*const IrNode>,
    compared: usize,
    found: &'w mut Vec<Diagnostic>,
}

impl Words<'_> {
    fn node(&mut self, node: &IrNode) {
        match &node.kind {
            IrKind::And(members) | IrKind::Or(members) => {
                members.iter().for_each(|member| self.node(member));
            }
            IrKind::Not(member) => self.node(member),
            IrKind::Macro { body, .. } => {
                if self.seen.insert(Arc::as_ptr(body)) {
                    self.node(body);
                }
            }
            IrKind::Check(check) => {
                if let Comparison::Set { values, .. } = &check.comparison {
                    for (value, origin) in values.iter().zip(&node.value_origins) {
                        self.word(value, origin.as_ref());
                    }
                }
            }
        }
    }

    /// One word of a set; what stands in quotes is meant as it stands.
    fn word(&mut self, value: &Literal, origin: Option<&Span>) {
        let Literal::Text(text) = value else { return };
        let (Some(origin), Ok(word)) = (origin, std::str::from_utf8(text)) else {
            return;
        };
        let is_bare = origin.text() == word;
        if !is_bare || word.len() < MIN_WORD_BYTES || !word.bytes().all(is_name_byte) {
            return;
        }
        self.compared += self.names.len();
        if self.compared > MAX_COMPARED {
            return;
        }
        let Some((message, help)) = self.verdict(word) else {
            return;
        };
        let diagnostic = Diagnostic::new(Code::WordLikeList, message).at(Some(origin.clone()));
        self.found.push(diagnostic.help(help));
    }

    fn verdict(&self, word: &str) -> Option<(String, Option<String>)> {
        if self.collector.lists.get(word).is_some() {
            let message = format!(
                "'{word}' is a list's name and stands for itself here: lists are put in once, in the order they are defined"
            );
            return Some((message, None));
        }
        let most = if word.len() < LONG_WORD_BYTES { 1 } else { 2 };
        let near =
            |name: &&str| name.len().abs_diff(word.len()) <= most && differ_by(word, name, most);
        let close = self.names.iter().copied().filter(near);
        if let Some(name) = similar(word, close) {
            let place = self.collector.lists.get(name)?.context.span.as_ref()?;
            let message = format!("'{word}' is no list and stands for itself");
            let help = format!(
                "the list `{name}` is at {}:{}; put the word in quotes if it is meant",
                place.file.name(),
                place.position().line
            );
            return Some((message, Some(help)));
        }
        let reads_like = LIST_ENDINGS.iter().any(|ending| word.ends_with(ending));
        reads_like.then(|| {
            let message =
                format!("'{word}' reads like a list's name, is none and stands for itself");
            let help = "is a file with its list missing? Put the word in quotes if it is meant";
            (message, Some(help.to_owned()))
        })
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether at most so many letters are left on either side once what both begin and end with is taken away.
fn differ_by(word: &str, name: &str, most: usize) -> bool {
    let (word, name) = (word.as_bytes(), name.as_bytes());
    let same = |left: &mut dyn Iterator<Item = (&u8, &u8)>| {
        left.take_while(|(left, right)| left == right).count()
    };
    let start = same(&mut word.iter().zip(name));
    let end = same(&mut word.iter().rev().zip(name.iter().rev()));
    let longest = word.len().max(name.len());
    longest.saturating_sub((start + end).min(word.len().min(name.len()))) <= most
}
