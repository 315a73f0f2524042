//! The corpus as a whole: what its scenarios prove of the rules we ship, how large they are, and that their exports say the same.
//!
//! ```text
//! acts       the act files: of which rule they are, and their scenarios
//! kept       the scenarios that lie in `corpus/`, each with its capture
//! alerts     what the rules say of every scenario, and of its export
//! privacy    nothing tells who recorded
//! proofs     every rule has a positive, a near miss and the edit between them
//! budgets    sizes, false alarms of the baselines, what the scenarios prove of the rules
//! damaged    what is damaged is no pass
//! forever    a recording that was kept once
//! kinds      one capture for each kind of damage, and what every command says of it
//! record     the script that makes a scenario of a command
//! page       the table of scenarios in `corpus/README.md`, written and checked
//! ```
//!
//! Nothing here records: the captures were made by `corpus/machine`.

mod acts;
mod alerts;
mod budgets;
mod damaged;
mod forever;
mod kept;
mod kinds;
mod page;
mod privacy;
mod proofs;
mod record;

use std::io::Write as _;

/// Prints figures past the capture of the test runner, which hides what passing tests print.
fn tell(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
