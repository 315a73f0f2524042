//! Expected alerts as they stand in a file, one on each line.
//!
//! In: a scenario's golden file. Out: alerts with their lines, or what is wrong with the file.

use std::io;

use serde::Deserialize;

use super::compare::ExpectedAlert;
use super::problem::{CannotRun, Place, Problem};
use super::scenario::Golden;
use crate::text_file;

/// The longest file of expected alerts, in bytes: a million alerts, which nobody reviews.
pub(super) const MAX_EXPECTED_BYTES: usize = 512 << 20;

/// An expected alert and where it stands.
#[derive(Clone, Debug)]
pub(super) struct ExpectedLine {
    /// Its number among the expected alerts, from 1.
    pub(super) number: usize,
    pub(super) place: Place,
    pub(super) alert: ExpectedAlert,
}

/// Reads the expected alerts.
pub(super) fn read(golden: &Golden) -> Result<Vec<ExpectedLine>, CannotRun> {
    let path = golden.path.display();
    let text = text_file::read_text(&golden.path, MAX_EXPECTED_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CannotRun::because(format!(
            "nothing is expected: {path} does not exist; run with --bless to write the alerts that come as the ones expected, or say in scenario.toml what is expected ([[expect]])"
        )),
        _ => CannotRun::because(format!("cannot read the expected alerts {path}: {error}")),
    })?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let (mut alerts, mut problems) = (Vec::new(), Vec::new());
    for (index, line) in lines {
        let place = Place::of_line(&golden.path, index + 1);
        match parsed(line) {
            Ok(alert) => alerts.push(ExpectedLine {
                number: alerts.len() + 1,
                place,
                alert,
            }),
            Err(error) => problems.push(Problem {
                place: Some(Place {
                    column: error.column().max(1),
                    ..place
                }),
                message: format!("not an expected alert: {error}"),
            }),
        }
    }
    if problems.is_empty() {
        return Ok(alerts);
    }
    let message = format!("{path} does not hold expected alerts");
    Err(CannotRun::of_problems(message, problems))
}

fn parsed(line: &str) -> Result<ExpectedAlert, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(line);
    let alert = ExpectedAlert::deserialize(&mut json)?;
    json.end()?;
    Ok(alert)
}
