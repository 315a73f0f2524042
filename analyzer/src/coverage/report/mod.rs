//! Reports of what scenarios prove.
//!
//! ```text
//! text       for people: a summary, a table of rules, what is not proven, mutants that nobody notices
//! json       everything, for machines
//! lcov       lines and branches of rule files, for what shows the coverage of programs
//! html       one page: the rule files, coloured
//! navigator  a layer of the ATT&CK Navigator
//! words      what parts and mutants are called
//! ```
//!
//! In: a report. Out: text. Everything in a report was written by others: control characters never leave as they are.

mod html;
mod json;
mod lcov;
mod navigator;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use html::html;
pub use json::json;
pub use lcov::lcov;
pub use navigator::navigator;
pub use text::text;
