//! `falco-analyze-sql`: SQL over captures; what `falco-analyze sql` runs.
//!
//! ```text
//! args        the command line
//! asked       what is to be answered: -c, -f, standard input, or whoever sits at the terminal
//! runner      statements and commands, one after the other
//! query       one statement: asked, and its rows written
//! command/    commands of the shell: \d, \timing …
//! shell/      the interactive shell: lines, history, completion
//! out/        where results go: standard output, a pager, a file
//! interrupt   Ctrl-C ends a query
//! progress    that a query runs, and how far it is
//! notice      all that goes to standard error
//! ```

mod args;
mod asked;
mod command;
mod interrupt;
mod notice;
mod out;
mod parse;
mod progress;
mod query;
mod runner;
mod shell;

use std::process::ExitCode;

use anyhow::Result;
use args::Args;
use asked::Asked;
use falco_sql::{Evidence, open_sources};
use out::Out;
use runner::{Ended, Runner};

/// Exit code of an answer that rests on evidence of which something is missing.
const INCOMPLETE: u8 = 3;
/// Exit code of what gave no answer.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let args = parse::parse::<Args>();
    match run(&args) {
        Ok(Ended::Answered(evidence)) => verdict(&args, evidence),
        Ok(Ended::Left) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::from(FAILED),
        Err(error) => {
            notice::complain(message(&error));
            ExitCode::from(FAILED)
        }
    }
}

fn run(args: &Args) -> Result<Ended> {
    let asked = Asked::of(args)?;
    let out = Out::open(args.output.as_deref())?;
    let open = || open_sources(&args.sources, args.threads());
    let sources = progress::during("opening", open)?;
    sources.notes().iter().for_each(notice::complain);
    let runner = Runner::open(args, sources, out, asked == Asked::Shell)?;
    match asked {
        Asked::Shell => shell::run(runner),
        asked => runner.answer(&asked),
    }
}

/// What the evidence makes of an answer.
fn verdict(args: &Args, evidence: Evidence) -> ExitCode {
    if !evidence.is_complete() || (args.strict && evidence.pauses > 0) {
        notice::incomplete(evidence);
        return ExitCode::from(INCOMPLETE);
    }
    if evidence.pauses > 0 {
        notice::complain(format_args!("recording paused: {evidence}"));
    }
    ExitCode::SUCCESS
}

/// The whole chain as one line; a cause that its parent already prints is not printed again.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
