//! What an explanation consists of.
//!
//! Owns the types and the ways through the tree; how it comes about is decided beside it.

use crate::BoundField;
use crate::source::Span;

/// What a part of a condition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// `and`
    And,
    /// `or`
    Or,
    /// `not`
    Not,
    /// One comparison.
    Check,
    /// A macro, by name; its body is the part below.
    Macro(String),
    /// One of the values of the check above that has a list of them: whether the field passes it alone.
    Value,
}

/// In which item of a rule file something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// In a list's items.
    List(String),
    /// In a macro.
    Macro(String),
    /// In a rule, or in what another file adds to it.
    Rule(String),
    /// In an exception of a rule.
    Exception {
        /// The rule.
        rule: String,
        /// The exception.
        name: String,
    },
}

/// Where a part is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOrigin {
    /// The place.
    pub span: Span,
    /// In which item of the file that is; nothing for a file that is not read as one of rules.
    pub item: Option<Item>,
}

/// A value of an event, as outputs print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundValue {
    /// The text; `<NA>` where there is none and no word for that.
    pub text: String,
    /// Whether the event has no such value, whatever is printed: every comparison with it is false.
    pub is_absent: bool,
}

/// One part of a condition with what became of it for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// How deep it stands; a part's members follow it, one level deeper.
    pub depth: u32,
    /// The place of the first part that is not below it.
    pub end: usize,
    /// Of a check or a value: its text, to be pasted into a filter. Of others nothing: [`Explanation::text`] puts it together.
    pub text: String,
    /// Of a check: what the event has of its left side.
    pub found: Option<FoundValue>,
    /// Of a check whose right side is computed: what the event has of that.
    pub compared: Option<FoundValue>,
    /// Of a check: the fields that it reads, the left side's first.
    pub fields: Vec<BoundField>,
    /// Where it is written, through macros, lists and exceptions; nothing for text the engine made.
    pub origin: Option<PartOrigin>,
    /// Whether it holds.
    pub holds: bool,
    /// Whether it is among the fewest parts that made the whole what it is, or leads to some of them.
    pub decides: bool,
    /// Whether it is among the fewest parts that would have to be otherwise for the whole to hold, or leads to some.
    pub is_lacking: bool,
}

impl Part {
    /// Whether it has no parts that could decide in its place: a check, or a macro that is not opened.
    #[must_use]
    pub fn is_leaf(&self, at: usize) -> bool {
        match self.kind {
            PartKind::Check => true,
            PartKind::Macro(_) => self.end == at + 1,
            PartKind::And | PartKind::Or | PartKind::Not | PartKind::Value => false,
        }
    }
}

/// Why a condition holds for an event, or does not: its parts as a tree, each before its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the condition holds.
    pub holds: bool,
    /// The parts, the whole first. Beyond 100,000 the bodies of macros that were met before, and values that do not hold, are left out.
    pub parts: Vec<Part>,
}

/// Most bytes of one printed part: macros may double at every level, and nobody pastes that.
const MAX_TEXT_BYTES: usize = 1 << 20;

impl Explanation {
    /// The text of a part, to be pasted into a filter, macros opened; nothing where it would be too long to be read.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<String> {
        let mut out = String::new();
        self.push(at, &mut out).then_some(out)
    }

    /// Appends a part; false where it has become too long, or a macro in it is not opened.
    fn push(&self, at: usize, out: &mut String) -> bool {
        let Some(part) = self.parts.get(at) else {
            return false;
        };
        match part.kind {
            PartKind::And => self.push_members(at, " and ", out),
            PartKind::Or => self.push_members(at, " or ", out),
            PartKind::Not => {
                out.push_str("not ");
                self.push_members(at, "", out)
            }
            PartKind::Macro(_) => !part.is_leaf(at) && self.push(at + 1, out),
            PartKind::Check | PartKind::Value => {
                out.push_str(&part.text);
                out.len() <= MAX_TEXT_BYTES
            }
        }
    }

    /// Appends the parts below one, groups in parentheses.
    fn push_members(&self, at: usize, word: &str, out: &mut String) -> bool {
        for (index, member) in self.members(at).enumerate() {
            if index > 0 {
                out.push_str(word);
            }
            let is_bare = match self.kind_within(member) {
                Some(PartKind::Check) => true,
                // One `not` behind another would be read as none.
                Some(PartKind::Not) => !word.is_empty(),
                _ => false,
            };
            if !is_bare {
                out.push('(');
            }
            if !self.push(member, out) {
                return false;
            }
            if !is_bare {
                out.push(')');
            }
        }
        true
    }

    /// What a part is, or what stands in the macro that it is.
    fn kind_within(&self, at: usize) -> Option<&PartKind> {
        let mut at = at;
        while matches!(self.parts.get(at)?.kind, PartKind::Macro(_)) {
            at += 1;
        }
        self.parts.get(at).map(|part| &part.kind)
    }

    /// The places of the parts right below one.
    pub fn members(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.parts.get(at).map_or(at, |part| part.end);
        let next = move |at: &usize| self.parts.get(*at).map(|part| part.end.max(at + 1));
        std::iter::successors(Some(at + 1), next).take_while(move |at| *at < end)
    }

    /// The parts around one, the whole first.
    #[must_use]
    pub fn above(&self, at: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut here = 0;
        while here < at {
            path.push(here);
            let Some(below) = self.members(here).find(|member| {
                let end = self.parts.get(*member).map_or(0, |part| part.end);
                (*member..end).contains(&at)
            }) else {
                break;
            };
            here = below;
        }
        path
    }

    /// The names of the macros around a part, the outermost first.
    #[must_use]
    pub fn macros_above(&self, at: usize) -> Vec<&str> {
        let name = |at: usize| match &self.parts.get(at)?.kind {
            PartKind::Macro(name) => Some(name.as_str()),
            _ => None,
        };
        self.above(at).into_iter().filter_map(name).collect()
    }

    /// The leaves that decided: the fewest that made the whole true, or false, whatever the others are.
    pub fn deciding(&self) -> impl Iterator<Item = usize> + '_ {
        self.leaves(|part| part.decides)
    }

    /// The leaves that would have to be otherwise for the whole to hold, as few as may be; none where it holds.
    pub fn lacking(&self) -> impl Iterator<Item = usize> + '_ {
        self.leaves(|part| part.is_lacking)
    }

    fn leaves(&self, is_wanted: fn(&Part) -> bool) -> impl Iterator<Item = usize> + '_ {
        let numbered = self.parts.iter().enumerate();
        numbered
            .filter(move |(at, part)| is_wanted(part) && part.is_leaf(*at))
            .map(|(at, _)| at)
    }
}
