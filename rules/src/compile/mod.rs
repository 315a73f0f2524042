//! Comparisons made fast: the data structures that test one value against the constants of many checks.
//!
//! In: an operator and constants of one type. Out: a [`Matcher`] that tests a [`crate::Value`] without allocating and
//! without failing, and a [`Lookup`] that tests it for many checks at once. Which checks share one is decided in
//! [`crate::optimize`].

mod glob;
mod lookup;
mod matcher;
mod path;
mod strings;

pub(crate) use glob::Glob;
pub(crate) use lookup::{Lookup, MAX_PREFIX_BYTES};
pub(crate) use matcher::{Matcher, compare_values, text_of};
pub(crate) use path::PathSet;
