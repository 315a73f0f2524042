//! The command line: one file per subcommand.
//!
//! Results go to stdout, notices and the summary to stderr.

mod config;
mod containers;
mod doctor;
mod events;
mod generate;
mod keygen;
mod list;
mod notice;
mod parse;
mod pin;
mod place;
mod run;
mod seal;
mod status;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use notice::notice;

use crate::causes::with_sources;
use crate::exit;

const ABOUT: &str =
    "Records what the processes of this machine do, in segment files that falco-analyze reads";

const EXIT_CODES: &str = "\
Exit codes:
  0  recorded and sealed, nothing lost
  1  of `status`: no recorder is at work
  2  nothing could be recorded, or the command line is wrong
  3  recorded, but not everything: events were lost or the disk was full
  With `-- COMMAND` the exit code is the command's own (128 and the number for a signal,
  127 when it is not found, 126 when it cannot be executed); the summary tells of losses.

Examples:
  falco-record doctor
  falco-record run -o /var/lib/falco/capture --budget 2G --max-age 7d
  falco-record run -o build.capture -- cargo build
  falco-record status /var/lib/falco/capture
  falco-record pin /var/lib/falco/capture --last 15m --reason 'case 4711'";

#[derive(Debug, Parser)]
#[command(name = "falco-record", version, about = ABOUT, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Record into a directory, until a signal, a duration or the end of a command
    Run(Box<run::Arguments>),
    /// Make a key that segments are signed with
    Keygen(keygen::Arguments),
    /// Tell whether a recorder is at work, and how it goes
    Status(status::Arguments),
    /// List the segments that are kept
    List(list::Arguments),
    /// Keep segments, whatever the budget and the age
    Pin(pin::PinArguments),
    /// Give segments back to the budget and the age
    Unpin(pin::UnpinArguments),
    /// Have the segment that is being written sealed, and the next begun
    Seal(seal::Arguments),
    /// Tell whether this host can record, what is missing, and what would be recorded
    Doctor(doctor::Arguments),
    /// List the events and sets that can be recorded
    Events(events::Arguments),
    /// Write manual pages and completions
    #[command(hide = true)]
    Generate(generate::Arguments),
}

/// How something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    // Clap's own code for a wrong command line is 2, as ours.
    let result = match parsed() {
        Err(error) => Err(error),
        Ok(Command::Run(arguments)) => run::run(*arguments),
        Ok(Command::Keygen(arguments)) => keygen::run(&arguments),
        Ok(Command::Status(arguments)) => status::run(&arguments),
        Ok(Command::List(arguments)) => list::run(&arguments),
        Ok(Command::Pin(arguments)) => pin::pin(&arguments),
        Ok(Command::Unpin(arguments)) => pin::unpin(&arguments),
        Ok(Command::Seal(arguments)) => seal::run(&arguments),
        Ok(Command::Doctor(arguments)) => doctor::run(&arguments),
        Ok(Command::Events(arguments)) => events::run(&arguments),
        Ok(Command::Generate(arguments)) => generate::run(&arguments, Arguments::command()),
    };
    result.unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        notice(&with_sources(error.as_ref()));
        ExitCode::from(exit::ERROR)
    })
}

/// The command line, with what its configuration file says.
fn parsed() -> anyhow::Result<Command> {
    let typed = parse::typed();
    let command = parse::parse::<Arguments>(&typed).command;
    let Command::Run(run) = &command else {
        return Ok(command);
    };
    let Some(path) = run.config() else {
        return Ok(command);
    };
    let mut program = Arguments::command();
    program.build();
    let matches = program.clone().try_get_matches_from(&typed)?;
    let merged = config::merge(&program, &matches, path, &typed)?;
    Ok(parse::parse::<Arguments>(&merged).command)
}

/// A reader that has seen enough is no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
