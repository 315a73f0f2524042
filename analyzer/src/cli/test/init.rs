//! `falco-analyze test init`: a scenario from a capture.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use falco_analyze::regress::{Wish, propose};
use falco_format::text::{Lines, count, plain};

use super::super::exit::Outcome;
use super::super::jobs::JobsArgs;
use super::super::{notice, progress};
use super::complain;

const EXAMPLES: &str = "\
The scenario names captures and rules by the way from its directory; move them into it first where they shall stay together. What it expects is proposed from what the rules say today: read it before you keep it.
Exit codes: 0 written, 2 error, 3 written, and the captures lack something.

Examples:
  falco-analyze test init corpus/shell/capture -r rules/ -o corpus/shell-in-container
  falco-analyze test init trace.scap.gz -r falco_rules.yaml --name baseline";

/// Write a scenario from a capture: what its rules say today is what is expected
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, or directories of either
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Rule file, or a directory of them; repeatable, read in this order
    #[arg(short = 'r', long = "rules", value_name = "FILE|DIR", required = true)]
    rules: Vec<PathBuf>,
    /// The scenario's directory, which is made; by default it has the scenario's name, or that of the capture
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// What the scenario is called; by default as its directory
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    jobs: JobsArgs,
}

/// Writes the scenario.
pub(super) fn run(args: &Args) -> Result<Outcome> {
    let named = args.name.as_ref().map(PathBuf::from);
    if let Some(name) = named.as_ref().filter(|_| args.output.is_none())
        && !is_plain(name)
    {
        bail!(
            "'{}' is no name that a directory could have here: give the directory with -o",
            plain(name)
        );
    }
    let directory = args
        .output
        .clone()
        .or(named)
        .or_else(|| of_capture(&args.captures));
    let Some(directory) = directory else {
        bail!("the capture has no name that a directory could have: give one with -o");
    };
    let wish = Wish {
        directory,
        name: args.name.clone(),
        captures: args.captures.clone(),
        rules: args.rules.clone(),
    };
    let (threads, shown) = (args.jobs.threads(), plain(&wish.directory));
    let proposal = progress::during("replaying for", shown, || propose(&wish, threads));
    let proposal = proposal.and_then(|proposal| {
        proposal.write(&wish.directory)?;
        Ok(proposal)
    });
    let proposal = match proposal {
        Ok(proposal) => proposal,
        Err(error) => {
            complain("no scenario was written", &error);
            return Ok(Outcome::Failed);
        }
    };
    let mut told = Lines::new();
    told.line(format_args!(
        "{shown}: expects {} of {}, and nothing else",
        count(proposal.alerts, "alert"),
        count(proposal.rules as u64, "rule"),
    ));
    notice::tell(&told);
    if proposal.is_whole {
        return Ok(Outcome::Clean);
    }
    notice::complain(
        "the captures lack something, so the scenario will be inconclusive; where that is what it shows, complete = false says so",
    );
    Ok(Outcome::Incomplete)
}

/// Whether a name is one of a directory below the current one, and no way to elsewhere.
fn is_plain(name: &Path) -> bool {
    name.file_name() == Some(name.as_os_str())
}

/// The name of the first capture without what stands behind its first dot.
fn of_capture(captures: &[PathBuf]) -> Option<PathBuf> {
    let whole = captures.first()?.canonicalize().ok()?;
    let name = whole.file_name()?.to_str()?;
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    Some(Path::new(name).to_owned())
}
