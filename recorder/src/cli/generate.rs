//! `falco-record generate`: manual pages and completions, for those who make packages.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use clap_complete::Shell;

/// What is made.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  made
  2  the directory cannot be written

Examples:
  falco-record generate man /usr/share/man/man1
  falco-record generate completions bash > /usr/share/bash-completion/completions/falco-record")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write a manual page for the program and each of its commands
    Man {
        /// The directory that they go to; it must exist
        directory: PathBuf,
    },
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

pub(super) fn run(arguments: &Arguments, mut program: clap::Command) -> Result<ExitCode> {
    match &arguments.what {
        What::Man { directory } => clap_mangen::generate_to(program, directory)
            .with_context(|| format!("cannot write manual pages to {}", directory.display()))?,
        What::Completions { shell } => {
            let name = program.get_name().to_owned();
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut program, name, &mut text);
            std::io::stdout().lock().write_all(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
