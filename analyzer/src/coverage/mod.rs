//! What scenarios prove of rules: which parts of them were ever tried, and which changes of them would be noticed.
//!
//! ```text
//! run        scenarios → what was observed of each, several at the same time
//! observe    a capture → patterns of answers, by rule
//! moments    a capture → the events on which some mutant is another, with the alerts that come of it
//! budget     how many mutants are tried
//! mutation   mutants → who notices them
//! collect    rule sets of several scenarios → each part of a rule file once
//! model      what is told: items, parts, scenarios, mutants, with percentages
//! technique  ATT&CK techniques: claimed, and proven
//! report/    text, JSON, lcov, one page of HTML, a layer of the ATT&CK Navigator
//! ```
//!
//! What counts as proven is defined with the rule engine (`PartTally`), and nowhere else: a part is proven to hold by an
//! alert that had it, and proven not to hold by an event on which it alone kept the rule from alerting; under `not` the
//! other way round. A mutant is noticed if the expectations of some scenario fail of the alerts that it gives.
//!
//! In: scenarios, as `test` finds them. Out: a [`CoverReport`]. Nothing is judged otherwise than `test` judges it.

mod budget;
mod collect;
mod model;
mod moments;
mod mutation;
mod observe;
mod report;
mod run;
mod technique;

pub use budget::{Budget, Mutation};
pub use model::{
    CoverReport, CoveredScenario, ItemReport, MutantFate, MutantReport, MutationReport, PartReport,
    Proven, RuleFacts, percent,
};
pub use report::{html, json, lcov, navigator, text};
pub use run::{CoverOptions, cover};
pub use technique::{Technique, technique, techniques};
