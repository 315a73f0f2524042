//! Lists, macros and rules as the files have them, after appends and overrides.

use std::collections::{BTreeSet, HashMap};

use super::MappedText;
use crate::Priority;
use crate::check::SourceIndex;
use crate::diagnostic::Context;

/// The order of a definition: its place is that of the first, what it sees is decided by the last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    /// Number of the first definition.
    pub(crate) index: u32,
    /// Number of the last definition, append or override.
    pub(crate) visibility: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct ListItem {
    pub(crate) name: String,
    pub(crate) items: Vec<MappedText>,
    pub(crate) context: Context,
    pub(crate) order: Order,
}

#[derive(Clone, Debug)]
pub(crate) struct MacroItem {
    pub(crate) name: String,
    pub(crate) condition: MappedText,
    pub(crate) condition_context: Context,
    pub(crate) context: Context,
    pub(crate) order: Order,
}

#[derive(Clone, Debug)]
pub(crate) struct RuleItem {
    pub(crate) name: String,
    pub(crate) condition: MappedText,
    pub(crate) condition_context: Context,
    pub(crate) output: MappedText,
    pub(crate) output_context: Context,
    pub(crate) description: String,
    pub(crate) priority: Priority,
    pub(crate) source: String,
    /// Which of the offered sources that is; rules of others are kept aside.
    pub(crate) known_source: Option<SourceIndex>,
    pub(crate) enabled: bool,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration_ms: Option<u32>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) exceptions: Exceptions,
    pub(crate) context: Context,
    pub(crate) order: Order,
}

/// The exceptions of a rule, in the order in which they were first named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exceptions {
    members: Vec<Exception>,
    /// The first of each name.
    by_name: HashMap<String, usize>,
}

impl Exceptions {
    pub(crate) fn push(&mut self, exception: Exception) {
        let place = self.members.len();
        self.by_name.entry(exception.name.clone()).or_insert(place);
        self.members.push(exception);
    }

    pub(crate) fn named(&mut self, name: &str) -> Option<&mut Exception> {
        let place = self.by_name.get(name)?;
        self.members.get_mut(*place)
    }
}

impl From<Vec<Exception>> for Exceptions {
    fn from(members: Vec<Exception>) -> Self {
        let mut exceptions = Self::default();
        members
            .into_iter()
            .for_each(|exception| exceptions.push(exception));
        exceptions
    }
}

impl std::ops::Deref for Exceptions {
    type Target = [Exception];

    fn deref(&self) -> &[Exception] {
        &self.members
    }
}

impl std::ops::DerefMut for Exceptions {
    fn deref_mut(&mut self) -> &mut [Exception] {
        &mut self.members
    }
}

/// A rule's exception; fields and operators may be missing where values are appended only.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) fields: Option<Entry>,
    pub(crate) comparisons: Option<Entry>,
    pub(crate) values: Vec<Entry>,
    pub(crate) context: Context,
}

/// A scalar or a sequence of an exception.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Item(MappedText),
    List(Vec<Entry>),
}

/// What an append or an override brings for a rule.
#[derive(Clone, Debug)]
pub(crate) struct RuleUpdate {
    pub(crate) name: String,
    pub(crate) condition: Option<MappedText>,
    pub(crate) output: Option<MappedText>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Option<BTreeSet<String>>,
    pub(crate) exceptions: Option<Vec<Exception>>,
    pub(crate) priority: Option<Priority>,
    pub(crate) enabled: Option<bool>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown_filter: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration_ms: Option<u32>,
    pub(crate) source: Option<String>,
    pub(crate) context: Context,
}

impl RuleUpdate {
    pub(crate) fn new(name: &str, context: Context) -> Self {
        Self {
            name: name.to_owned(),
            condition: None,
            output: None,
            description: None,
            tags: None,
            exceptions: None,
            priority: None,
            enabled: None,
            warn_evttypes: None,
            skip_if_unknown_filter: None,
            capture: None,
            capture_duration_ms: None,
            source: None,
            context,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.condition.is_none()
            && self.output.is_none()
            && self.description.is_none()
            && self.tags.is_none()
            && self.exceptions.is_none()
            && self.priority.is_none()
            && self.enabled.is_none()
            && self.warn_evttypes.is_none()
            && self.skip_if_unknown_filter.is_none()
            && self.capture.is_none()
            && self.capture_duration_ms.is_none()
    }
}
