//! `falco-analyze`: reads the command line, runs one subcommand, ends with its exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
