//! Exit codes: the one place where outcomes and errors become numbers.

use std::io;
use std::process::ExitCode;

use super::notice::{self, Drawn};

/// How a subcommand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, nothing to report.
    Clean,
    /// Found what was asked for: alerts under `--exit-code`, differences of a scenario, warnings under `--deny-warnings`.
    Findings,
    /// The question was not answered, and the reason is printed already.
    Failed,
    /// Done, but evidence is missing or damaged.
    Incomplete,
}

/// The exit code of a subcommand; prints the error if there is one.
///
/// A closed pipe is success: whoever read the output has what they wanted.
pub(crate) fn code(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Failed) => ExitCode::from(2),
        Ok(Outcome::Incomplete) => ExitCode::from(3),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            notice::complain(message(&error));
            if let Some(drawn) = error.downcast_ref::<Drawn>() {
                notice::diagnostics(&drawn.diagnostics);
            }
            ExitCode::from(2)
        }
    }
}

/// The whole chain as one line; a cause that its parent already prints is not printed again.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
