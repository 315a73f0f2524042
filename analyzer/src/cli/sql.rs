//! `falco-analyze sql`: hands its arguments to the separate program `falco-analyze-sql`.
//!
//! DataFusion takes longer to build than everything else together, so it lives in a program of its own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Result, anyhow};

use super::exit::Outcome;

const PROGRAM: &str = "falco-analyze-sql";

/// Answer SQL over captures and Parquet exports, or ask in a shell; `falco-analyze sql --help` is that program's own help
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Arguments for falco-analyze-sql, which says what they are
    // All of them are declared there and nowhere else: help and refusals come from the program that keeps to them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<OsString>,
}

/// Becomes the other program; returns only when that fails.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(PROGRAM)));
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        let mut files = std::env::split_paths(&folders).map(|folder| folder.join(PROGRAM));
        files.find(|path| path.is_file())
    };
    // Looked for by hand: an `exec` that finds nothing leaves this program with signals as the other would have had them.
    let Some(program) = beside.filter(|path| path.is_file()).or_else(on_path) else {
        return Err(anyhow!(
            "the program {PROGRAM} is neither beside falco-analyze nor on PATH; build it with `cargo build --release -p falco-sql`"
        ));
    };
    let error = Command::new(&program).args(&args.arguments).exec();
    Err(anyhow!(error).context(format!("cannot run {}", program.display())))
}
