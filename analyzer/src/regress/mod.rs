//! Tests of rules: a scenario names a capture, rule files and the alerts that must come.
//!
//! ```text
//! scenario   DIR/scenario.toml → what to replay and what to compare
//! run        the same pass and judge as replay → observed alerts
//! compare    expected and observed → what is missing, what was not expected
//! golden     the expected alerts, written inside of the scenario alone
//! selections names that select nothing
//! report     text, JSON, JUnit
//! ```
//!
//! Expectations are the alerts themselves, one JSON object per line, so that a difference reads like an alert.

mod compare;
mod golden;
mod report;
mod run;
mod scenario;
mod selections;

pub use compare::{Difference, ExpectedAlert, compare};
pub use report::{junit, report_json, report_text};
pub use run::{RegressError, Report, Verdict, bless, run_scenario};
pub use scenario::{FoundScenario, Matching, Scenario, ScenarioError, find_scenarios};
