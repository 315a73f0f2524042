//! From the items of rule files to conditions as text: definitions, appends, overrides, exceptions, lists, macros.
//!
//! In: YAML trees. Out: rules, macros and lists in place order, and the text of each condition with its origins.
//! Conditions are looked at as text only; their syntax and types are checked elsewhere.

mod collect;
mod exception;
mod item;
mod lists;
mod mapped_text;
mod override_keys;
mod read;
mod substitute;
mod values;
mod version;

pub(crate) use collect::{Collector, Named};
pub(crate) use exception::condition_with_exceptions;
pub(crate) use item::{Entry, Exception, ListItem, MacroItem, RuleItem};
pub(crate) use lists::{Lists, Substituted, is_odd, words};
pub(crate) use mapped_text::MappedText;
pub(crate) use read::{Reader, read_file};
pub use version::{ENGINE_VERSION, Version};
