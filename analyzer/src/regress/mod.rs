//! Tests of rules: a scenario names captures, rule files and what must come of them.
//!
//! ```text
//! scenario    what there is to run and to compare       file        scenario.toml, read key by key
//! find        scenarios in directories                  filter      which of them are meant
//! problem     what keeps one from being run, with its place
//! suite       several at the same time                  rules       loaded once for those that have the same
//! run         one scenario, from its captures to a verdict
//! observe     alerts, as far as they are asked for      verdict     held against what is expected
//! reasons     why it did not come, or came unasked: one more reading of the captures, where something failed
//! expectation a rule fires so often with such fields    compare     golden alerts and those that came
//! value_test  what a value of such a field is
//! names       rules and fields that are named are there  nodes       and so are nodes
//! bless       golden alerts written anew                golden      inside of the scenario alone
//! propose     a scenario made from captures
//! trial       names are there, a window, the same pass and judge as replay; or alerts of changed rules, held against the same
//! count       how many events a part has
//! report      text, JSON, JUnit, SARIF, GitHub, TAP
//! ```
//!
//! In: directories. Out: what became of each scenario in them.

mod bless;
mod compare;
mod count;
mod expectation;
mod expected;
mod file;
mod filter;
mod find;
mod golden;
mod names;
mod nodes;
mod observe;
mod problem;
mod propose;
mod reasons;
mod report;
mod rules;
mod run;
mod scenario;
mod suite;
mod trial;
mod unified;
mod value_test;
mod verdict;
mod window;

pub use bless::{Blessing, Unblessed, blessing};
pub use compare::{Difference, ExpectedAlert, compare};
pub use expectation::{Budget, Expectation, FieldTest, Observed, Times};
pub use filter::{Filter, means_all};
pub use find::{FoundScenario, find_scenarios, told_apart};
pub use observe::{EventName, SeenAlert};
pub use problem::{CannotRun, Place, Problem};
pub use propose::{Proposal, Wish, propose};
pub use report::{Form, Summary, report, step_summary};
pub use run::{Report, Verdict, run_with};
pub use scenario::{Golden, Matching, Scenario, Window};
pub use suite::{Tested, run_all};
pub(crate) use suite::{each, whatever_happens};
pub(crate) use trial::cannot_replay;
pub use trial::{Trial, Watched};
pub use value_test::ValueTest;
pub use verdict::{Finding, Kind};
