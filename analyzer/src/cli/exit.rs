//! Exit codes: the one place where outcomes and errors become numbers.

use std::process::ExitCode;

use falco_analyze::completeness::Evidence;

use super::notice::{self, DiagnosedError};

/// How a subcommand ended; of two, the later one here counts.
///
/// No answer (2) counts before an answer (1), since nobody may take the first for the second; and an answer before doubts about it (3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Done, nothing to report.
    Clean,
    /// Done, but evidence is missing or damaged.
    Incomplete,
    /// Found what was asked for: alerts under `--exit-code`, differences of a scenario, warnings under `--deny-warnings`.
    Findings,
    /// The question was not answered, and the reason is printed already.
    Failed,
}

impl Outcome {
    /// Of several things that happened, the one that the exit code tells: 2 before 1 before 3 before 0.
    pub(crate) fn of(all: impl IntoIterator<Item = Outcome>) -> Outcome {
        all.into_iter().max().unwrap_or(Outcome::Clean)
    }

    /// That something was found, if it was.
    pub(crate) fn found(is_found: bool) -> Outcome {
        if is_found {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

/// How strictly evidence is judged.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct EvidenceArgs {
    /// End with 3 also where recording paused: it ended in order, and began again later
    #[arg(long)]
    strict: bool,
}

impl EvidenceArgs {
    /// What evidence makes of an answer that rests on it.
    pub(crate) fn outcome(self, evidence: Evidence) -> Outcome {
        match evidence {
            Evidence::Whole => Outcome::Clean,
            Evidence::Paused if !self.strict => Outcome::Clean,
            Evidence::Paused | Evidence::Incomplete => Outcome::Incomplete,
        }
    }
}

/// The exit code of a subcommand; prints the error if there is one.
pub(crate) fn code(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Failed) => ExitCode::from(2),
        Ok(Outcome::Incomplete) => ExitCode::from(3),
        Err(error) => {
            notice::complain(message(&error));
            if let Some(drawn) = error.downcast_ref::<DiagnosedError>() {
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

#[cfg(test)]
mod tests {
    use super::Outcome::{Clean, Failed, Findings, Incomplete};
    use super::*;

    #[test]
    fn two_before_one_before_three_before_nothing() {
        let check = |all: &[Outcome], expected| {
            assert_eq!(Outcome::of(all.iter().copied()), expected, "{all:?}");
            assert_eq!(Outcome::of(all.iter().rev().copied()), expected, "{all:?}");
        };
        check(&[], Clean);
        check(&[Clean, Clean], Clean);
        check(&[Clean, Incomplete], Incomplete);
        check(&[Clean, Findings], Findings);
        check(&[Incomplete, Findings], Findings);
        check(&[Incomplete, Failed], Failed);
        check(&[Findings, Failed], Failed);
        check(&[Clean, Incomplete, Findings, Failed], Failed);
        check(&[Clean, Incomplete, Findings, Incomplete], Findings);
    }

    #[test]
    fn a_pause_is_told_and_leaves_nothing_unless_asked_for() {
        let check = |evidence, strict, expected| {
            assert_eq!(EvidenceArgs { strict }.outcome(evidence), expected);
        };
        check(Evidence::Whole, true, Clean);
        check(Evidence::Paused, false, Clean);
        check(Evidence::Paused, true, Incomplete);
        check(Evidence::Incomplete, false, Incomplete);
    }
}
